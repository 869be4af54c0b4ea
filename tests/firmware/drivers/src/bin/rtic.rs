//! A watcher of a console in RTIC, on QEMU's `mps2-an386`: the interrupt of the UART notes bytes and their time, the idle task does
//! the rest and sleeps. It says through semihosting when the console has gone still, and why, and ends.
//! A whole gateway is `tests/firmware/gateway`, whose turn would stand where this one's is.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use cortex_m_rt as _; // what starts the part
use cortex_m_semihosting::{debug, hprintln};

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    debug::exit(debug::EXIT_FAILURE);
    loop {}
}

/// What a peripheral access crate has.
pub mod device {
    pub use Interrupt as interrupt;
    pub const NVIC_PRIO_BITS: u8 = 3;

    #[derive(Clone, Copy)]
    #[repr(u16)]
    pub enum Interrupt {
        UART0RX = 0,
        TIMER1 = 9,
    }

    // SAFETY: the numbers of the board's interrupts.
    unsafe impl cortex_m::interrupt::InterruptNumber for Interrupt {
        fn number(self) -> u16 {
            self as u16
        }
    }

    unsafe extern "C" {
        fn UART0RX();
        fn TIMER1();
    }

    #[unsafe(link_section = ".vector_table.interrupts")]
    #[unsafe(no_mangle)]
    pub static __INTERRUPTS: [Option<unsafe extern "C" fn()>; 10] =
        [Some(UART0RX), None, None, None, None, None, None, None, None, Some(TIMER1)];
}

/// Arm's CMSDK: its UART and its timers.
mod board {
    use core::num::NonZeroU32;
    use core::ptr::{read_volatile, write_volatile};

    pub const HZ: NonZeroU32 = NonZeroU32::new(25_000_000).unwrap();
    const UART: usize = 0x4000_4000;
    const COUNTER: usize = 0x4000_0000;
    const ALARM: usize = 0x4000_1000;
    const RX: u32 = 2;

    pub fn start() {
        write(COUNTER + 0x8, u32::MAX); // from where it counts down
        write(COUNTER, 1);
        write(UART + 0x10, HZ.get() / 115_200);
        write(UART + 0x8, 0b1010); // receiver, and its interrupt
    }

    /// The byte that came, if one did.
    pub fn byte() -> Option<u8> {
        write(UART + 0xC, RX);
        (read(UART + 0x4) & RX != 0).then(|| read(UART) as u8)
    }

    /// A counter that goes up and wraps.
    pub fn ticks() -> u32 {
        !read(COUNTER + 0x4)
    }

    /// An interrupt after so many ticks.
    pub fn wake_after(ticks: u32) {
        write(ALARM + 0x8, ticks);
        write(ALARM + 0x4, ticks);
        write(ALARM, 0b1001);
    }

    pub fn quieten() {
        write(ALARM, 0);
        write(ALARM + 0xC, 1);
    }

    fn read(register: usize) -> u32 {
        // SAFETY: only called with registers of this board.
        unsafe { read_volatile(register as *const u32) }
    }

    fn write(register: usize, value: u32) {
        // SAFETY: only called with registers of this board, none of which gives away memory.
        unsafe { write_volatile(register as *mut u32, value) }
    }
}

#[rtic::app(device = crate::device, peripherals = false)]
mod app {
    use cortex_m_semihosting::{debug, hprintln};
    use stillwire::idle::Status;
    use stillwire::isr::Ring;
    use stillwire::monitor::{Config, Monitor};
    use stillwire::ticks::Widener;
    use stillwire::{Duration, Instant};

    use crate::board;

    /// Between the interrupt and the idle task.
    static RECEIVED: Ring<256> = Ring::new();

    #[shared]
    struct Shared {}

    #[local]
    struct Local {
        monitor: Monitor,
        clock: Widener,
    }

    #[init]
    fn init(_: init::Context) -> (Shared, Local) {
        board::start();
        let monitor = Monitor::new(Config::DEFAULT, Instant::ZERO);
        (Shared {}, Local { monitor, clock: Widener::new(board::HZ, board::ticks()) })
    }

    #[idle(local = [monitor, clock])]
    fn idle(context: idle::Context) -> ! {
        let (monitor, clock) = (context.local.monitor, context.local.clock);
        let mut bytes = [0; 64];
        loop {
            let taken = RECEIVED.take(&mut bytes);
            if taken.len > 0 {
                drop(monitor.handle_output(clock.at(taken.at), &bytes[..taken.len]));
            }
            while let Some(event) = monitor.poll(clock.at(board::ticks())) {
                tell(event.status);
            }
            let due = monitor.poll_at().map_or(Instant::MAX, |due| due.at).min(clock.poll_at());
            cortex_m::interrupt::free(|_| {
                let span = due - clock.at(board::ticks());
                if RECEIVED.is_empty() && span > Duration::ZERO {
                    board::wake_after(u32::try_from(span.times(25).as_micros()).unwrap_or(u32::MAX));
                    rtic::export::wfi(); // an interrupt that waits ends it, though it is held off
                }
            });
        }
    }

    #[task(binds = UART0RX)]
    fn received(_: received::Context) {
        while let Some(byte) = board::byte() {
            RECEIVED.push(byte, board::ticks());
        }
    }

    #[task(binds = TIMER1)]
    fn alarm(_: alarm::Context) {
        board::quieten();
    }

    fn tell(status: Status) {
        match status {
            Status::Idle(reason) => {
                hprintln!("idle: {}", reason.as_str());
                debug::exit(debug::EXIT_SUCCESS);
            }
            _ => hprintln!("running"),
        }
    }
}
