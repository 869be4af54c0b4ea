//! The scanner alone: bytes of a UART into tokens and signals.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::ptr::addr_of_mut;

use footprint as _;
use stillwire::scan::{Config, Scanner};

#[unsafe(no_mangle)]
static mut STATE: Scanner = Scanner::new(Config::DEFAULT);

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    // SAFETY: one thread, and the only reference.
    let scanner = unsafe { &mut *addr_of_mut!(STATE) };
    let mut buffer = [0; 64];
    loop {
        for token in scanner.scan(black_box(&mut buffer)) {
            black_box(token.signal());
            black_box(token);
        }
    }
}
