//! Stripping alone, a byte at a time.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::ptr::addr_of_mut;

use footprint as _;
use stillwire::scan::strip::{Config, Stripper};

#[unsafe(no_mangle)]
static mut STATE: Stripper = Stripper::scalar(Config::DEFAULT);

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    // SAFETY: one thread, and the only reference.
    let stripper = unsafe { &mut *addr_of_mut!(STATE) };
    let (input, mut output) = ([0; 64], [0; 64]);
    loop {
        black_box(stripper.strip(black_box(&input), black_box(&mut output)));
    }
}
