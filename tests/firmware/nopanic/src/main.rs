//! Calls every public function of the core with inputs the compiler cannot know. Its panic handler
//! calls a function that does not exist, so the image links only if no panic can be reached.
//! `tests/firmware/nopanic.sh` links it and looks at its symbols; it is never run.
#![no_std]
#![no_main]

mod client;
mod driver;
mod frame;
mod host;
mod liveness;
mod logger;
mod message;
mod modes;
mod reconnect;
mod replay;
mod scan;
mod strip;
mod time;
mod verdict;

use core::fmt::Write;
use core::hint::black_box;
use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn stillwire_a_panic_can_be_reached() -> !;
    }
    // SAFETY: never linked, so never called.
    unsafe { stillwire_a_panic_can_be_reached() }
}

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    loop {
        client::all();
        frame::all();
        host::all();
        liveness::all();
        message::all();
        modes::all();
        reconnect::all();
        replay::all();
        scan::all();
        strip::all();
        time::all();
        verdict::all();
        #[cfg(feature = "canary")]
        black_box(bytes()[number() as usize]);
    }
}

/// Some bytes, of some length.
fn bytes() -> &'static [u8] {
    static BYTES: [u8; 64] = [0; 64];
    black_box(&BYTES)
}

/// Room for some bytes.
fn buffer() -> &'static mut [u8] {
    static mut ROOM: [u8; 64] = [0; 64];
    // SAFETY: never run, so never two references at once.
    let room = unsafe { &mut *core::ptr::addr_of_mut!(ROOM) };
    black_box(room)
}

/// Some text.
fn text() -> &'static str {
    black_box("text")
}

/// Some number.
fn number() -> u64 {
    black_box(0)
}

/// Somewhere to write to, that may be full.
struct Sink;

impl Write for Sink {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        black_box(text);
        if black_box(true) { Ok(()) } else { Err(core::fmt::Error) }
    }
}

/// Uses each value, through `defmt::Format` too where that is on.
#[macro_export]
macro_rules! show {
    ($($value:expr),* $(,)?) => {$({
        let value = core::hint::black_box($value);
        #[cfg(feature = "defmt")]
        defmt::info!("{}", value);
        let _ = value;
    })*};
}

/// As [`show!`], and through `Display`.
#[macro_export]
macro_rules! display {
    ($($value:expr),* $(,)?) => {$({
        let value = $value;
        let _ = core::fmt::write(&mut $crate::Sink, format_args!("{value}"));
        $crate::show!(value);
    })*};
}
