//! The core at work on a Cortex-M under QEMU; it prints through semihosting, and
//! `tests/firmware/smoke.sh` compares that with `smoke/expected.txt`.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use cortex_m as _; // its critical section
use cortex_m_semihosting::{debug, hprint, hprintln};
use stillwire::monitor::{self, Monitor};
use stillwire::scan::{self, Scanner, Token};
use stillwire::{Duration, Instant};

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    debug::exit(debug::EXIT_FAILURE);
    loop {}
}

#[cortex_m_rt::entry]
fn main() -> ! {
    hprintln!("instant {}", Instant::from_millis(4_500));
    scan();
    verdict();
    debug::exit(debug::EXIT_SUCCESS);
    loop {}
}

/// A boot log, three bytes at a time, as a UART would bring it.
fn scan() {
    let mut scanner = Scanner::new(scan::Config::DEFAULT);
    for piece in "\x1b]0;console\x07\x1b[32mgrün\x1b[m 日本\x07\n".as_bytes().chunks(3) {
        for token in scanner.scan(piece) {
            match token {
                Token::Text(text) => hprint!("{}", text),
                Token::Char(char) => hprint!("{}", char),
                Token::Control(control) => hprint!("<{:02x}>", control),
                _ => {}
            }
            if let Some(signal) = token.signal() {
                hprint!("[{:?}]", signal);
            }
        }
    }
    hprintln!("");
}

/// A session that prints, falls still, and goes on, in virtual time.
fn verdict() {
    let mut monitor = Monitor::new(monitor::Config::DEFAULT, Instant::ZERO);
    let mut at = Instant::from_secs(1);
    for output in ["compiling", "linking\n\x1b]133;A\x07$ \x1b]133;B\x07"] {
        drop(monitor.handle_output(at, output.as_bytes()));
        while let Some(deadline) = monitor.poll_at() {
            at = deadline.at;
            tell(&mut monitor, at);
        }
        at += Duration::from_secs(60);
    }
}

fn tell(monitor: &mut Monitor, now: Instant) {
    while let Some(event) = monitor.poll(now) {
        let reason = event.status.reason().map_or("-", |reason| reason.as_str());
        hprintln!("{} {} {}", event.at, event.status.as_str(), reason);
    }
}
