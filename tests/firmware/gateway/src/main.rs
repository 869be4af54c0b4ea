//! A serial-console gateway: the core's host on a Cortex-M4, without an allocator.
//!
//! ```text
//!   UART0: console of some device ──interrupt──▶ Ring ──▶ Host ◀──▶ Uplink ◀──▶ UART1: line to a desktop
//!                                                                   Uplink ◀──▶ UART2: another
//!   TIMER0 counts, TIMER1 wakes; between deadlines: WFI
//! ```
//!
//! It keeps what the console printed last, says what it is doing and why, finds dead peers, lets the newest controller take
//! over, and resumes where a cut line left off: all of it the core's. `tests/run embedded` runs it in QEMU
//! (`mps2-an386`). The image holds no panic: its panic handler calls what does not exist.
#![no_std]
#![no_main]

mod board;
mod stack;

use core::panic::PanicInfo;

#[cfg(not(feature = "one-line"))]
use board::UART2;
use board::{LINES, Line, UART0, UART1};
use cortex_m::singleton;
use stillwire::link::close::CloseReason;
use stillwire::link::frame::noisy::Receiver;
use stillwire::link::frame::{MIN_BODY, Outcome, Role};
use stillwire::link::history::History;
use stillwire::link::host::{Config, Heard, Host, Peer, PeerId, Session};
use stillwire::link::linger;
use stillwire::pump::{Console, Uplink};
use stillwire::ticks::Widener;
use stillwire::{Instant, monitor};

/// What the console printed last, in bytes.
const HISTORY: usize = 8 * 1024;
/// Whoever knows it may type. A product has one of its own, in its configuration.
const SECRET: &[u8] = b"gateway";
/// The channel on which a client asks how the gateway is.
const HEALTH: &str = "health";
/// One frame with a body of `MIN_BODY` bytes as it travels, and the zero before the first.
const OUT: usize = MIN_BODY + 16;

type Served = (Uplink<'static, Receiver<'static>>, &'static Line);
type Lent = &'static mut [u8];
type Gateway = Host<&'static mut [Peer], &'static mut [Session<Lent>], Lent>;

/// A line, with memory of its own.
macro_rules! uplink {
    () => {
        Uplink::new(
            Receiver::new(singleton!(: [u8; MIN_BODY + 8] = [0; MIN_BODY + 8])?),
            singleton!(: [u8; OUT] = [0; OUT])?,
        )
    };
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn stillwire_a_panic_can_be_reached() -> !;
    }
    // SAFETY: never linked, so never called.
    unsafe { stillwire_a_panic_can_be_reached() }
}

#[cortex_m_rt::entry]
fn main() -> ! {
    board::start();
    if let (Some(sessions), Some(peers)) = (sessions(), peers()) {
        serve(sessions, peers);
    }
    board::halt()
}

/// For ever, but for None: what is lent is lent already.
#[inline(never)]
fn serve(sessions: &'static mut [Session<Lent>], peers: &'static mut [Peer]) -> Option<()> {
    let answers = singleton!(: [u8; 64] = [0; 64])?;
    let mut host = Host::new(CONFIG, peers, sessions, &mut answers[..], Instant::ZERO);
    let uplinks = singleton!(: [Served; LINES] = [
        (uplink!(), &UART1),
        #[cfg(not(feature = "one-line"))]
        (uplink!(), &UART2),
    ])?;
    let mut clock = Widener::new(board::HZ, board::ticks());
    loop {
        if !turn(&mut host, uplinks, &mut clock) {
            let deadline = host.poll_at().map_or(Instant::MAX, |due| due.at).min(clock.poll_at());
            board::sleep_until(deadline, &mut clock, || has_news(uplinks));
        }
    }
}

#[inline(never)]
fn peers() -> Option<&'static mut [Peer]> {
    Some(singleton!(: [Peer; LINES] = [const { Peer::new() }; LINES])?)
}

/// Apart, so that what it takes of the stack is free again.
#[inline(never)]
fn sessions() -> Option<&'static mut [Session<Lent>]> {
    let history = singleton!(: [u8; HISTORY] = [0; HISTORY])?;
    let inbox = singleton!(: [u8; 64] = [0; 64])?;
    let history = History::new(&mut history[..], board::epoch(), None);
    let session = Session::new(monitor::Config::DEFAULT, history, &mut inbox[..], &mut [], Instant::ZERO);
    Some(singleton!(: [Session<Lent>; 1] = [session])?)
}

const CONFIG: Config = Config {
    linger: linger::Config { timeout: None, strict: false }, // it is at home here
    max_body: MIN_BODY as u16,
    ..Config::DEFAULT
};

/// One turn; whether anything moved.
#[inline(never)]
fn turn(host: &mut Gateway, uplinks: &mut [Served], clock: &mut Widener) -> bool {
    let mut moved = UART0.rings.received.feed(clock, host, 0);
    let now = clock.at(board::ticks());
    for (uplink, line) in uplinks.iter_mut() {
        let Ok((count, _)) =
            uplink.receive(now, &mut line.port(), host, |host, peer, heard| answer(now, host, peer, heard));
        moved = moved.saturating_add(count);
    }
    while let Some(event) = host.poll(now) {
        for (uplink, _) in uplinks.iter_mut() {
            uplink.handle_event(&event);
        }
    }
    for (uplink, line) in uplinks.iter_mut() {
        let Ok(count) = uplink.send(now, &mut line.port(), host);
        moved = moved.saturating_add(count);
    }
    let Ok(count) = Console { session: 0 }.send(now, &mut UART0.port(), host);
    moved.saturating_add(count) > 0
}

/// Whether an interrupt brought something, or made room for what waits, since the turn.
fn has_news(uplinks: &[Served]) -> bool {
    let moves = |(uplink, line): &Served| {
        !line.rings.received.is_empty() || (!uplink.is_empty() && line.rings.sending.room() > 0)
    };
    !UART0.rings.received.is_empty() || uplinks.iter().any(moves)
}

/// Whoever knows the secret is let in; whoever asks how the gateway is is told.
fn answer(now: Instant, host: &mut Gateway, peer: PeerId, heard: Heard<'_>) {
    match heard {
        Heard::Hello(hello) if hello.token.matches(SECRET) => {
            let _stale = host.admit(now, peer, &hello, 0, Role::Controller);
        }
        Heard::Hello(_) => {
            let _stale = host.refuse(now, peer, CloseReason::Unauthorised);
        }
        Heard::Message { client, id, channel: HEALTH, rest: 0, .. } => {
            let (stack, lost) = (stack::used().to_be_bytes(), UART0.rings.received.lost().to_be_bytes());
            let _gone = host.reply(client, id, Outcome::Done, [stack, lost].as_flattened());
        }
        Heard::Message { client, id, rest: 0, .. } => {
            let _gone = host.reply(client, id, Outcome::NoHandler, &[]);
        }
        _ => {}
    }
}
