//! A day of a gateway with a desktop at its line, on QEMU's virtual time, which does not pass for those who sleep: the board's
//! counter wraps 503 times, 5,760 heartbeats fall due, the console prints once an hour.
//!
//! It prints what happened through semihosting; `tests/firmware/day.sh` compares that with `day/expected.txt`.
#![no_std]
#![no_main]

#[allow(dead_code, reason = "this image has no use for the ports")]
#[path = "../../gateway/src/board.rs"]
mod board;
mod desktop;

use core::panic::PanicInfo;

use cortex_m_semihosting::{debug, hprintln};
use desktop::Desktop;
use stillwire::idle::Status;
use stillwire::link::frame::{MIN_BODY, Role};
use stillwire::link::history::History;
use stillwire::link::host::{Config, Event, Heard, Host, Peer, Session};
use stillwire::link::linger;
use stillwire::pump::Uplink;
use stillwire::ticks::Widener;
use stillwire::{Duration, Instant, monitor};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Instant = Instant::from_secs(24 * 3_600);
/// What the console prints.
const BURST: &[u8] = b"cron: the log is rotated\r\n# ";

type Lent<'a> = &'a mut [u8];
type Gateway<'a> = Host<&'a mut [Peer], &'a mut [Session<Lent<'a>>], Lent<'a>>;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    debug::exit(debug::EXIT_FAILURE);
    loop {}
}

/// What there is to tell in the evening.
#[derive(Default)]
struct Report {
    bursts: u32,
    ran: u32,
    rested: u32,
    detached: u32,
    /// Turns of the main loop: each is a wake-up.
    turns: u32,
}

#[cortex_m_rt::entry]
fn main() -> ! {
    board::start();
    let (mut history, mut inbox, mut answers) = ([0; 2_048], [0; 64], [0; 64]);
    let (mut packet, mut out) = ([0; MIN_BODY + 8], [0; MIN_BODY + 16]);
    let history = History::new(&mut history[..], 7, None);
    let session = Session::new(monitor::Config::DEFAULT, history, &mut inbox[..], &mut [][..], Instant::ZERO);
    let (mut sessions, mut peers) = ([session], [const { Peer::new() }; 1]);
    let config = Config {
        linger: linger::Config { timeout: None, strict: false },
        max_body: MIN_BODY as u16,
        ..Config::DEFAULT
    };
    let mut host = Host::new(config, &mut peers[..], &mut sessions[..], &mut answers[..], Instant::ZERO);
    let (mut typed, mut requests, mut storage) = ([0; 16], [0; 16], [0; 1_024]);
    let mut desktop = Desktop::new(&mut typed, &mut requests, &mut storage);
    let report = day(&mut host, &mut Uplink::line(&mut packet, &mut out), &mut desktop);
    hprintln!("{} bursts, {} bytes shown, {} lost", report.bursts, desktop.shown, desktop.lost);
    hprintln!("{} times running, {} times idle", report.ran, report.rested);
    hprintln!("{} connections, {} lost", desktop.connections, report.detached);
    // A heartbeat and its answer are two; nothing polls in between.
    hprintln!("{} wake-ups in a day", if report.turns < 15_000 { "few" } else { "many" });
    debug::exit(debug::EXIT_SUCCESS);
    loop {}
}

fn day(host: &mut Gateway<'_>, uplink: &mut Uplink<'_>, desktop: &mut Desktop<'_>) -> Report {
    let (mut report, mut next) = (Report::default(), Instant::ZERO + HOUR);
    let mut clock = Widener::new(board::HZ, board::ticks());
    loop {
        let now = clock.at(board::ticks());
        if now >= DAY {
            return report;
        }
        if now >= next {
            drop(host.handle_output(now, 0, BURST));
            (next, report.bursts) = (next + HOUR, report.bursts + 1);
        }
        while turn(now, host, uplink, desktop, &mut report) {}
        report.turns += 1;
        let due = [host.poll_at().map(|due| due.at), desktop.client.poll_at().map(|due| due.at)];
        let due = due.into_iter().flatten().fold(next.min(clock.poll_at()).min(DAY), Instant::min);
        board::sleep_until(due, &mut clock, || false);
    }
}

/// One turn of everything; whether anything moved.
fn turn(
    now: Instant,
    host: &mut Gateway<'_>,
    uplink: &mut Uplink<'_>,
    desktop: &mut Desktop<'_>,
    report: &mut Report,
) -> bool {
    while let Some(event) = host.poll(now) {
        report.detached += u32::from(uplink.handle_event(&event));
        match event {
            Event::Status { event, .. } if event.status == Status::Running => report.ran += 1,
            Event::Status { .. } => report.rested += 1,
            _ => {}
        }
    }
    let said = uplink.outgoing(now, host);
    let count = said.len();
    desktop.receive(now, said);
    uplink.handle_taken(now, host, count);
    let mut buffer = [0; 1_024];
    let mut input = desktop.send(now, &mut buffer);
    let moved = count + input.len() > 0;
    if !input.is_empty() {
        uplink.handle_received(now, host);
    }
    while let Some((peer, heard)) = uplink.next(now, host, &mut input) {
        if let (Some(peer), Heard::Hello(hello)) = (peer, heard) {
            let _stale = host.admit(now, peer, &hello, 0, Role::Controller);
        }
    }
    moved
}
