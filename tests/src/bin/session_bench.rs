//! How long text and keys take through a session, beside others that keep sessions, in one run.
//!
//! `cargo run --release -p stillwire-tests --features sessions --bin session_bench [-- MEGABYTES KEYS [NAME…]]`, with `runner-std` built by
//! `cargo build --release` in the PATH. Each peer runs the same command in a pseudo-terminal of 80 by 24 whose other end is read
//! here, so a figure is what a person's terminal would see. CPU is what the processes of the peer took for the text, the command in it left out, until
//! all of it had come. Peers that are not installed are left out, and named.

mod common;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::{PATIENCE, cpu, echoes, read, read_until, which};
use runner_std::port::pty::Pty;

/// What the command prints last.
const END: &[u8] = b"stillwire-end";
/// One way to keep a session.
struct Peer {
    name: &'static str,
    /// What runs a shell command in a session and shows it here; `@` is that command, `%` a name.
    command: &'static str,
    /// What ends it.
    end: &'static str,
}

const PEERS: [Peer; 6] = [
    Peer { name: "bare PTY", command: "sh -c @", end: "" },
    Peer { name: "stillwire", command: "runner-std host --name % -- sh -c @", end: "runner-std kill %" },
    Peer { name: "dtach", command: "dtach -A /tmp/% -E -z sh -c @", end: "pkill -f dtach.*/tmp/%" },
    Peer {
        name: "tmux",
        command: "tmux -L % -f /dev/null new-session sh -c @",
        end: "tmux -L % kill-server",
    },
    Peer { name: "screen", command: "screen -c /dev/null -S % sh -c @", end: "screen -S % -X quit" },
    Peer { name: "mosh", command: "sh tests/bench/mosh @", end: "pkill -f mosh-server" },
];

fn main() -> io::Result<()> {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<usize>().ok());
    let (megabytes, keys) = (numbers.next().unwrap_or(100), numbers.next().unwrap_or(2_000));
    let text = text_file(megabytes)?;
    println!(
        "| session | {megabytes} MB of text, MB/s | its CPU, s | key p50, µs | p99 | beside a flood p50 | p99 |"
    );
    println!("|---|---|---|---|---|---|---|");
    let named: Vec<String> = std::env::args().skip(1).filter(|arg| arg.parse::<usize>().is_err()).collect();
    let wanted = |peer: &Peer| named.is_empty() || named.iter().any(|name| name == peer.name);
    for peer in PEERS.into_iter().filter(wanted) {
        let program = peer.command.split(' ').next().unwrap_or_default();
        let needed = if peer.name == "mosh" { "mosh-server" } else { program };
        if which(needed).is_none() {
            println!("| {} | not installed | | | | | |", peer.name);
            continue;
        }
        let flow = throughput(&peer, &text);
        let idle = echo(&peer, keys, false);
        let flood = echo(&peer, keys, true);
        println!(
            "| {} | {} | {} | {} |",
            peer.name,
            match &flow {
                Ok((span, cpu)) => format!("{:.1} | {cpu:.2}", megabytes as f64 / span.as_secs_f64()),
                Err(error) => format!("{error} |"),
            },
            figure(&idle),
            figure(&flood)
        );
        io::stdout().flush()?;
    }
    fs::remove_file(text)
}

fn figure(values: &io::Result<Vec<f64>>) -> String {
    match values {
        Ok(values) => values.iter().map(|value| format!("{value:.0}")).collect::<Vec<_>>().join(" | "),
        Err(error) => format!("{error}"),
    }
}

/// Numbered lines, some of them coloured.
fn text_file(megabytes: usize) -> io::Result<PathBuf> {
    let file = std::env::temp_dir().join(format!("stillwire-bench-{}", std::process::id()));
    let mut out = io::BufWriter::new(fs::File::create(&file)?);
    let mut written = 0;
    for number in 0_u64.. {
        let line = match number % 8 {
            0 => format!("\x1b[32m{number:10}\x1b[0m ok    the quick brown fox jumps over the lazy dog\n"),
            _ => format!("{number:10} info  the quick brown fox jumps over the lazy dog and goes on\n"),
        };
        written += line.len();
        out.write_all(line.as_bytes())?;
        if written >= megabytes * 1_000_000 {
            return out.flush().map(|()| file);
        }
    }
    Ok(file)
}

fn begin(peer: &Peer, shell: &str, name: &str) -> io::Result<Pty> {
    let words = peer.command.split(' ').map(|word| match word {
        "@" => shell.to_owned(),
        word => word.replace('%', name),
    });
    common::start(words, name)
}

fn end(peer: &Peer, name: &str) {
    if !peer.end.is_empty() {
        let _ = std::process::Command::new("sh").args(["-c", &peer.end.replace('%', name)]).output();
    }
}

/// From the first byte of the text to the last, at the viewer's end, and the seconds of CPU that it took.
fn throughput(peer: &Peer, text: &Path) -> io::Result<(Duration, f64)> {
    let shell =
        format!("sleep 1; echo stillwire-go; cat {}; printf {}; sleep 1", text.display(), "stillwire-''end");
    let name = format!("bench-{}-t", std::process::id());
    let pty = begin(peer, &shell, &name)?;
    read_until(&pty, b"stillwire-go", PATIENCE)?;
    let (start, before) = (Instant::now(), cpu(&name));
    let done = read_until(&pty, END, PATIENCE);
    let (span, after) = (start.elapsed(), cpu(&name));
    end(peer, &name);
    done.map(|()| (span, after - before))
}

/// The median and the 99th percentile of the time from a key to its echo, in µs.
fn echo(peer: &Peer, keys: usize, flood: bool) -> io::Result<Vec<f64>> {
    let (name, other) =
        (format!("bench-{}-e", std::process::id()), format!("bench-{}-f", std::process::id()));
    let flooding = if flood { Some(begin(peer, "while :; do seq 1000000; done", &other)?) } else { None };
    let stop = std::sync::atomic::AtomicBool::new(false);
    let pty = begin(peer, "stty -icanon; printf stillwire-''end; exec cat >/dev/null", &name)?;
    let result = std::thread::scope(|scope| {
        if let Some(flooding) = &flooding {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    if read(flooding, 100).is_err() {
                        break;
                    }
                }
            });
        }
        let result = read_until(&pty, END, PATIENCE).and_then(|()| echoes(&pty, keys));
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        result
    });
    end(peer, &name);
    end(peer, &other);
    result.map(Vec::from)
}
