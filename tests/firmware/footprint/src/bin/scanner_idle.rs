//! The whole monitor: scanner, novelty, idle verdict, sticky modes, keys.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::ptr::addr_of_mut;

use footprint as _;
use stillwire::Instant;
use stillwire::monitor::{Config, Monitor};

#[unsafe(no_mangle)]
static mut STATE: Monitor = Monitor::new(Config::DEFAULT, Instant::ZERO);

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    // SAFETY: one thread, and the only reference.
    let monitor = unsafe { &mut *addr_of_mut!(STATE) };
    let mut buffer = [0; 64];
    loop {
        let now = Instant::from_micros(black_box(0));
        drop(monitor.handle_output(now, black_box(&mut buffer)));
        monitor.handle_input(now, black_box(&mut buffer));
        while let Some(event) = monitor.poll(now) {
            black_box(event);
        }
        black_box(monitor.poll_at());
    }
}
