//! QEMU's `mps2-an386`: UARTs and timers of Arm's CMSDK (Cortex-M System Design Kit TRM, sections 4.2 and 4.3).

use core::num::NonZeroU32;
use core::ptr::{read_volatile, write_volatile};

use stillwire::Instant;
use stillwire::isr::{Port, Ring};
use stillwire::ticks::Widener;

/// Ticks of a second.
pub const HZ: NonZeroU32 = NonZeroU32::new(25_000_000).unwrap();

/// The console of the device.
pub static UART0: Line = Line { base: 0x4000_4000, rings: &RINGS[0] };
/// Where desktops are.
pub static UART1: Line = Line { base: 0x4000_5000, rings: &RINGS[1] };
/// And others.
#[cfg(not(feature = "one-line"))]
pub static UART2: Line = Line { base: 0x4000_6000, rings: &RINGS[2] };

/// Lines to desktops.
pub const LINES: usize = if cfg!(feature = "one-line") { 1 } else { 2 };

static RINGS: [Rings; LINES + 1] =
    [const { Rings { received: Ring::new(), sending: Ring::new() } }; LINES + 1];

/// A UART with what its interrupts fill and empty.
pub struct Line {
    base: usize,
    pub rings: &'static Rings,
}

/// Apart from their UARTs, as all zeros take no flash.
pub struct Rings {
    /// 22 ms at 115,200 baud.
    pub received: Ring<256>,
    /// Half of that is enough to keep the line busy while the main loop is at work elsewhere.
    pub sending: Ring<64>,
}

// Registers of a UART, and their bits.
const DATA: usize = 0x0;
const STATE: usize = 0x4;
const CTRL: usize = 0x8;
const INTERRUPT: usize = 0xC;
const DIVIDER: usize = 0x10;
const TX_FULL: u32 = 1;
const RX_FULL: u32 = 2;
const ENABLE: u32 = 0b1111; // sender, receiver, and their interrupts
const TX: u32 = 1;
const RX: u32 = 2;

// Timers, their registers and bits.
const COUNTER: usize = 0x4000_0000;
const ALARM: usize = 0x4000_1000;
const CONTROL: usize = 0x0;
const VALUE: usize = 0x4;
const RELOAD: usize = 0x8;
const CLEAR: usize = 0xC;
const RUN: u32 = 1;
const RUN_AND_WAKE: u32 = 0b1001;

/// Enables what an interrupt controller calls its first 32.
const NVIC_ENABLE: usize = 0xE000_E100;

impl Line {
    /// For whoever speaks `embedded-io`.
    pub fn port(&self) -> Port<'_, 256, 64, impl FnMut()> {
        Port::new(&self.rings.received, &self.rings.sending, || critical_section(|| self.transmit()))
    }

    fn start(&self) {
        write(self.base + DIVIDER, HZ.get() / 115_200);
        write(self.base + CTRL, ENABLE);
    }

    /// A byte came.
    fn receive(&self) {
        write(self.base + INTERRUPT, RX);
        while read(self.base + STATE) & RX_FULL != 0 {
            self.rings.received.push(read(self.base + DATA) as u8, ticks());
        }
    }

    /// The sender has room.
    fn transmit(&self) {
        write(self.base + INTERRUPT, TX);
        while read(self.base + STATE) & TX_FULL == 0 {
            let Some(byte) = self.rings.sending.pop() else { break };
            write(self.base + DATA, u32::from(byte));
        }
    }
}

/// Clocks run, interrupts come.
pub fn start() {
    write(COUNTER + RELOAD, u32::MAX);
    write(COUNTER + CONTROL, RUN);
    UART0.start();
    UART1.start();
    #[cfg(not(feature = "one-line"))]
    UART2.start();
    write(NVIC_ENABLE, 0b1_0011_1111);
    write(NVIC_ENABLE, 1 << 9);
}

/// A counter that goes up and wraps.
pub fn ticks() -> u32 {
    !read(COUNTER + VALUE)
}

/// A number that is another after every reset: what the RAM held that nobody has set, counted on.
///
/// That is as good as the noise of a RAM at power-up. A part with a random number generator uses that.
pub fn epoch() -> u64 {
    #[unsafe(link_section = ".uninit.BOOTS")]
    static mut BOOTS: core::mem::MaybeUninit<[u32; 8]> = core::mem::MaybeUninit::uninit();
    let place = core::ptr::addr_of_mut!(BOOTS).cast::<u32>();
    let mut hash = 0xCBF2_9CE4_8422_2325; // FNV-1a
    for word in 0..8 {
        // SAFETY: within the array, which nobody else uses; whatever it holds is a number.
        let noise = unsafe { read_volatile(place.wrapping_add(word)) };
        hash = (hash ^ u64::from(noise)).wrapping_mul(0x100_0000_01B3);
    }
    // SAFETY: as above.
    unsafe { write_volatile(place, hash as u32 ^ ticks()) };
    hash
}

/// Sleeps until `deadline` or an interrupt, unless there is news already.
pub fn sleep_until(deadline: Instant, clock: &mut Widener, has_news: impl Fn() -> bool) {
    critical_section(|| {
        let span = deadline.since(clock.at(ticks())).as_micros();
        if span == 0 || has_news() {
            return;
        }
        let ticks = span.saturating_mul(25).clamp(1, u64::from(u32::MAX));
        write(ALARM + RELOAD, ticks as u32);
        write(ALARM + VALUE, ticks as u32);
        write(ALARM + CONTROL, RUN_AND_WAKE);
        cortex_m::asm::wfi(); // an interrupt that waits ends it, though it is held off
        write(ALARM + CONTROL, 0);
    });
}

/// There is nothing left to do.
pub fn halt() -> ! {
    loop {
        cortex_m::asm::wfi();
    }
}

fn critical_section<T>(work: impl FnOnce() -> T) -> T {
    cortex_m::interrupt::free(|_| work())
}

fn read(register: usize) -> u32 {
    // SAFETY: only called with registers of this board.
    unsafe { read_volatile(register as *const u32) }
}

fn write(register: usize, value: u32) {
    // SAFETY: only called with registers of this board, none of which gives away memory.
    unsafe { write_volatile(register as *mut u32, value) }
}

extern "C" fn uart0_received() {
    UART0.receive();
}
extern "C" fn uart0_sent() {
    UART0.transmit();
}
extern "C" fn uart1_received() {
    UART1.receive();
}
extern "C" fn uart1_sent() {
    UART1.transmit();
}
extern "C" fn uart2_received() {
    #[cfg(not(feature = "one-line"))]
    UART2.receive();
}
extern "C" fn uart2_sent() {
    #[cfg(not(feature = "one-line"))]
    UART2.transmit();
}
extern "C" fn alarm() {
    write(ALARM + CONTROL, 0);
    write(ALARM + CLEAR, 1);
}
extern "C" fn nothing() {}

/// In the order of the board's interrupts.
#[unsafe(link_section = ".vector_table.interrupts")]
#[unsafe(no_mangle)]
pub static __INTERRUPTS: [extern "C" fn(); 10] = [
    uart0_received,
    uart0_sent,
    uart1_received,
    uart1_sent,
    uart2_received,
    uart2_sent,
    nothing,
    nothing,
    nothing,
    alarm,
];
