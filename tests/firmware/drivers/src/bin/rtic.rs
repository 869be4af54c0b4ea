//! A watcher of a console in RTIC: the interrupt of the UART notes bytes and their time, the idle task does the rest and sleeps.
//! A whole gateway is `tests/firmware/gateway`, whose turn would stand where this one's is.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// What a peripheral access crate has: here of QEMU's mps2-an386.
pub mod device {
    pub use Interrupt as interrupt;
    pub const NVIC_PRIO_BITS: u8 = 3;

    #[derive(Clone, Copy)]
    #[repr(u16)]
    pub enum Interrupt {
        UART0RX = 0,
    }

    // SAFETY: the number of the board's interrupt.
    unsafe impl cortex_m::interrupt::InterruptNumber for Interrupt {
        fn number(self) -> u16 {
            self as u16
        }
    }

    unsafe extern "C" {
        fn UART0RX();
    }

    #[unsafe(link_section = ".vector_table.interrupts")]
    #[unsafe(no_mangle)]
    pub static __INTERRUPTS: [unsafe extern "C" fn(); 1] = [UART0RX];
}

#[rtic::app(device = crate::device, peripherals = false)]
mod app {
    use core::ptr::read_volatile;

    use stillwire::isr::Ring;
    use stillwire::monitor::{Config, Monitor};
    use stillwire::ticks::Widener;
    use stillwire::{Instant, idle::Status};

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
        let monitor = Monitor::new(Config::DEFAULT, Instant::ZERO);
        (Shared {}, Local { monitor, clock: Widener::micros(ticks()) })
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
            while let Some(event) = monitor.poll(clock.at(ticks())) {
                lamp(event.status == Status::Running);
            }
            // A part sets its alarm to `monitor.poll_at()` and `clock.poll_at()` here, as the gateway's board does.
            if RECEIVED.is_empty() {
                rtic::export::wfi();
            }
        }
    }

    #[task(binds = UART0RX)]
    fn received(_: received::Context) {
        // SAFETY: the UART's data register.
        let byte = unsafe { read_volatile(0x4000_4000 as *const u32) } as u8;
        RECEIVED.push(byte, ticks());
    }

    fn ticks() -> u32 {
        // SAFETY: the value of a timer that counts down.
        !unsafe { read_volatile(0x4000_0004 as *const u32) }
    }

    fn lamp(_on: bool) {}
}
