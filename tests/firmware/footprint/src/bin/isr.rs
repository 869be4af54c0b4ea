//! Bytes of an interrupt, handed to the main loop.
#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m as _; // the critical section
use footprint as _;
use stillwire::isr::Ring;

static RING: Ring<256> = Ring::new();

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    let mut bytes = [0; 64];
    loop {
        black_box(RING.push(black_box(0), black_box(0)));
        black_box(RING.take(black_box(&mut bytes)));
        black_box(&bytes);
    }
}
