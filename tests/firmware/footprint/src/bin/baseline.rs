//! An image without the core, to be taken off the others.
#![no_std]
#![no_main]

use core::hint::black_box;
use footprint as _;

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    let mut buffer = [0; 64];
    loop {
        black_box(&mut buffer);
    }
}
