//! The core at work on a Cortex-M under QEMU; it prints through semihosting, and
//! `tests/firmware/smoke.sh` compares that with `smoke/expected.txt`.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use cortex_m as _; // its critical section
use cortex_m_semihosting::{debug, hprint, hprintln};
use stillwire::Instant;
use stillwire::scan::{Config, Scanner, Token};

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
    debug::exit(debug::EXIT_SUCCESS);
    loop {}
}

/// A boot log, three bytes at a time, as a UART would bring it.
fn scan() {
    let mut scanner = Scanner::new(Config::DEFAULT);
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
