//! What the link costs: nanoseconds for each event, and for asking a host when it wants to be polled.
//!
//! `cargo bench -p stillwire-tests --bench link`; what it means is in `docs/BENCHMARKS.md`.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use stillwire::link::frame::{Frame, Hello, MAX_BODY, Role};
use stillwire::link::host::{Config, Host, Peer, PeerId};
use stillwire::link::linger;
use stillwire::{Duration, Instant};
use stillwire_tests::desk::{Desk, hello, session};

fn main() {
    divan::main();
}

/// A host with so many viewers, who have been told all there is.
fn desk(peers: usize) -> (Desk, Vec<PeerId>) {
    let linger = linger::Config { timeout: None, strict: false };
    let mut desk = Desk::with(Config { linger, ..Config::DEFAULT }, peers.max(1), 64 << 10);
    let joined = (0..peers).map(|client| desk.join(Hello { role: Role::Viewer, ..hello(client as u64) }));
    let joined: Vec<_> = joined.collect();
    for &peer in &joined {
        desk.told(peer);
    }
    desk.events();
    (desk, joined)
}

/// One interval of one peer: the deadline, the poll, the ping, its flush, the pong.
#[divan::bench(args = [1, 4, 64])]
fn heartbeat_of_each_peer(bencher: Bencher<'_, '_>, peers: usize) {
    let (mut desk, joined) = desk(peers);
    desk.until(Instant::from_secs(10)); // the session is idle
    let mut nonce = 0;
    bencher.counter(ItemsCount::new(peers)).bench_local(|| {
        desk.now += Duration::from_secs(15);
        let now = desk.now;
        nonce += 1;
        let _ = black_box(desk.host.poll_at());
        while desk.host.poll(now).is_some() {}
        for &peer in &joined {
            while let Some(frame) = desk.host.next_frame(now, peer, MAX_BODY) {
                black_box(frame);
            }
            desk.host.handle_flushed(now, peer).unwrap();
            desk.hear(peer, Frame::Pong { nonce });
        }
    });
}

/// 64 bytes of output through scanner, novelty, verdict and history, to two peers.
#[divan::bench(args = [0, 2, 64])]
fn chunk_of_64_bytes_to_peers(bencher: Bencher<'_, '_>, peers: usize) {
    let (mut desk, joined) = desk(peers);
    let chunk = b"\x1b[32m  Compiling\x1b[0m stillwire v0.1.0 (core) \x1b[2m[112/204]\x1b[0m\r\n";
    assert_eq!(chunk.len(), 64);
    bencher.bench_local(|| {
        desk.now += Duration::from_millis(10);
        let now = desk.now;
        drop(desk.host.handle_output(now, 0, black_box(chunk)));
        while desk.host.poll(now).is_some() {}
        for &peer in &joined {
            while let Some(frame) = desk.host.next_frame(now, peer, MAX_BODY) {
                black_box(frame);
            }
        }
        desk.host.poll_at()
    });
}

/// A read from a pseudo-terminal in a flood, told to nobody: what the session costs.
#[divan::bench(args = ["plain", "coloured", "repainted", "yes"])]
fn output_of_4_kilobytes(bencher: Bencher<'_, '_>, kind: &str) {
    let (mut desk, _) = desk(0);
    let line: &[u8] = match kind {
        "yes" => b"y\r\n",
        "plain" => b"   1234567 info  the quick brown fox jumps over the lazy dog and goes on\r\n",
        "coloured" => b"\x1b[32m  Compiling\x1b[0m stillwire v0.1.0 (core) \x1b[2m[112/204]\x1b[0m\r\n",
        _ => b"\x1b[5;3Hload 0.71 \x1b[7mmem\x1b[27m 41%\x1b[6;3H\x1b[2Kcpu 3% idle 97% \x1b[38;5;208m####\x1b[m",
    };
    let chunk: Vec<u8> = line.iter().copied().cycle().take(4_095).collect();
    bencher.counter(BytesCount::of_slice(&chunk)).bench_local(|| {
        desk.now += Duration::from_micros(100);
        drop(desk.host.handle_output(desk.now, 0, black_box(&chunk)));
    });
}

/// A connection, its hello, all it is told, and its end.
#[divan::bench]
fn attach(bencher: Bencher<'_, '_>) {
    let mut desk = Desk::with(Config::DEFAULT, 4, 64 << 10);
    desk.print("$ ");
    bencher.bench_local(|| {
        let peer = desk.connect();
        desk.hear(peer, Frame::Hello(hello(1)));
        while let Some(frame) = desk.host.next_frame(desk.now, peer, MAX_BODY) {
            black_box(frame);
        }
        desk.host.handle_closed(desk.now, peer, stillwire::link::close::CloseReason::GoingAway).unwrap();
        while desk.host.poll(desk.now).is_some() {}
    });
}

/// A turn of a host with so many sessions, one of which prints, each time another: output, poll, who speaks, when next.
#[divan::bench(args = [1, 64, 1_024])]
fn turn_with_sessions(bencher: Bencher<'_, '_>, sessions: usize) {
    let linger = linger::Config { timeout: None, strict: false };
    let all: Vec<_> = (0..sessions).map(|_| session(4 << 10)).collect();
    let config = Config { linger, ..Config::DEFAULT };
    let mut host = Host::new(config, vec![Peer::new(); 64], all, vec![0; 256], Instant::ZERO);
    let (mut now, mut next) = (Instant::ZERO, 0);
    bencher.bench_local(|| {
        now += Duration::from_micros(100);
        next = (next + 1) % sessions;
        drop(host.handle_output(now, next, black_box(b"x")));
        while host.poll(now).is_some() {}
        while let Some(peer) = host.next_speaker() {
            black_box(peer);
        }
        host.poll_at()
    });
}

/// When does the host want to be polled?
#[divan::bench(args = [1, 4, 16, 64, 256, 1_024])]
fn poll_at_with_peers(bencher: Bencher<'_, '_>, peers: usize) {
    let (desk, _) = desk(peers);
    bencher.bench_local(|| black_box(&desk.host).poll_at());
}
