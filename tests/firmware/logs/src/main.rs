//! What a firmware that hosts a console logs with defmt: the events of a `Host`, signals, deadlines, counts. Semihosting carries the
//! frames, and `tests/firmware/logs.sh` decodes them with the formats that stayed behind in the image.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use cortex_m as _; // its critical section
use cortex_m_semihosting::debug;
use defmt_semihosting as _;
use stillwire::isr::Ring;
use stillwire::link::close::CloseReason;
use stillwire::link::frame::Token;
use stillwire::link::history::History;
use stillwire::link::host::{Config, Host, Link, Peer, Session};
use stillwire::ticks::Widener;
use stillwire::{Instant, monitor};

static RECEIVED: Ring<8> = Ring::new();

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    debug::exit(debug::EXIT_FAILURE);
    loop {}
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let (mut history, mut inbox, mut answers) = ([0; 256], [0; 16], [0; 16]);
    let history = History::new(&mut history[..], 7, None);
    let session = Session::new(monitor::Config::DEFAULT, history, &mut inbox[..], &mut [][..], Instant::ZERO);
    let (mut sessions, mut peers) = ([session], [const { Peer::new() }; 1]);
    let mut host =
        Host::new(Config::DEFAULT, &mut peers[..], &mut sessions[..], &mut answers[..], Instant::ZERO);
    if let Some(printed) = host.handle_output(Instant::from_secs(1), 0, b"\x1b]133;D;2\x07$ \x07") {
        for token in printed {
            if let Some(signal) = token.signal() {
                defmt::info!("{}", signal);
            }
        }
    }
    defmt::debug!("due {}", host.poll_at());
    while let Some(event) = host.poll(Instant::from_secs(5)) {
        defmt::info!("{}", event);
    }
    if let Ok(peer) = host.handle_connect(Instant::from_secs(6), Link::Lossy) {
        defmt::warn!(
            "refused {} {}",
            peer,
            host.refuse(Instant::from_secs(6), peer, CloseReason::Unauthorised)
        );
    }
    for (tick, byte) in b"overrun: 12".iter().enumerate() {
        RECEIVED.push(*byte, tick as u32);
    }
    defmt::error!("{} {}", RECEIVED, Widener::millis(5));
    defmt::trace!("{}", Token(b"a secret that nobody logs"));
    debug::exit(debug::EXIT_SUCCESS);
    loop {}
}
