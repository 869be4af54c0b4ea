//! Instructions that a byte costs, on QEMU's `mps2-an386` with `-icount shift=0`: one instruction is one nanosecond of the
//! board's time, and its timer counts 25 MHz. Beside ours, vte without std does what it can on the same bytes.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;
use core::ptr::{read_volatile, write_volatile};

use cortex_m as _; // its critical section
use cortex_m_semihosting::{debug, hprintln};
use stillwire::link::heartbeat::{self, Heartbeat};
use stillwire::monitor::{self, Monitor};
use stillwire::scan::{self, Scanner};
use stillwire::{Duration, Instant};

const TEXT: &[u8] =
    b"Starting kernel ... the quick brown fox jumps over the lazy dog, and over what else there is\r\n";
const COLOURED: &[u8] = b"\x1b[32m[  OK  ]\x1b[0m Reached target \x1b[0;1;39mMulti-User System\x1b[0m.\r\n\x1b[1;31merror\x1b[0m: it\r\n";
const FLOOD: &[u8] =
    b"\x1b[1;1H\x1b[38;5;196m\x1b[2K\x1b[?25l\x1b[10;20H\x1b[m\x1b]0;t\x07\x1b[1A\x1b[K\x1b[?25h";
/// Bytes of one run, about.
const RUN: usize = 16 * 1024;
/// Instructions in a tick.
const TICK: u64 = 40;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    debug::exit(debug::EXIT_FAILURE);
    loop {}
}

/// A vte user who wants to know as little as there is.
struct Ignore(u32);

impl vte::Perform for Ignore {
    fn print(&mut self, _: char) {
        self.0 = self.0.wrapping_add(1);
    }
    fn execute(&mut self, _: u8) {
        self.0 = self.0.wrapping_add(1);
    }
}

#[cortex_m_rt::entry]
fn main() -> ! {
    // SAFETY: the board's first timer.
    unsafe {
        write_volatile(0x4000_0008 as *mut u32, u32::MAX);
        write_volatile(0x4000_0000 as *mut u32, 1);
    }
    for (name, text) in [("text", TEXT), ("coloured", COLOURED), ("flood", FLOOD)] {
        let mut scanner = Scanner::new(scan::Config::DEFAULT);
        let scanned = per_byte(text, |bytes| {
            let mut tokens = scanner.scan(bytes);
            while let Some(token) = &tokens.next() {
                black_box(token);
            }
        });
        let mut monitor = Monitor::new(monitor::Config::DEFAULT, Instant::ZERO);
        let watched = per_byte(text, |bytes| drop(monitor.handle_output(Instant::ZERO, bytes)));
        let (mut parser, mut ignore) = (vte::Parser::<1024>::new_with_size(), Ignore(0));
        let parsed = per_byte(text, |bytes| parser.advance(&mut ignore, bytes));
        black_box(ignore.0);
        hprintln!("{} scanner {} monitor {} vte {}", name, scanned, watched, parsed);
    }
    hprintln!("heartbeat {}", heartbeat());
    debug::exit(debug::EXIT_SUCCESS);
    loop {}
}

fn ticks() -> u32 {
    // SAFETY: its value.
    !unsafe { read_volatile(0x4000_0004 as *const u32) }
}

/// Instructions per byte, given 64 bytes at a time.
fn per_byte(text: &[u8], mut take: impl FnMut(&[u8])) -> u64 {
    let rounds = RUN / text.len();
    let begin = ticks();
    for _ in 0..rounds {
        for chunk in black_box(text).chunks(64) {
            take(chunk);
        }
    }
    u64::from(ticks().wrapping_sub(begin)) * TICK / (rounds * text.len()) as u64
}

/// Instructions of one beat: the ping falls due, is written, and answered.
fn heartbeat() -> u64 {
    let mut now = Instant::ZERO;
    let mut heartbeat = Heartbeat::new(heartbeat::Config::DEFAULT, now);
    heartbeat.handle_authenticated(now);
    let begin = ticks();
    for _ in 0..1_000 {
        if let Some(due) = heartbeat.poll_at() {
            now = due.at;
        }
        while let Some(event) = heartbeat.poll(black_box(now)) {
            if let heartbeat::Event::SendPing { nonce } = event {
                heartbeat.handle_flushed(now, nonce);
                now += Duration::from_millis(20);
                heartbeat.handle_received(now);
                heartbeat.handle_pong(now, nonce);
            }
        }
    }
    u64::from(ticks().wrapping_sub(begin)) * TICK / 1_000
}
