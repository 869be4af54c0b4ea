//! Counters of 32 bits, made microseconds: [`sw_clock`].

use core::ffi::c_void;
use core::num::NonZeroU32;

use stillwire::ticks::Widener;

use crate::error::sw_error;
use crate::lent;

/// Bytes of a clock.
pub const SW_CLOCK_SIZE: usize = 32;
/// Its alignment.
pub const SW_CLOCK_ALIGN: usize = 8;
const _: () = assert!(size_of::<sw_clock>() <= SW_CLOCK_SIZE);
const _: () = assert!(align_of::<sw_clock>() <= SW_CLOCK_ALIGN);

/// Makes microseconds of the readings of a counter that goes up and wraps after 2^32 ticks, without drift.
pub struct sw_clock(Widener);

/// Places a clock that is at 0: a counter with `hz` ticks in a second stands at `ticks` now.
///
/// # Safety
/// `storage` has `size` bytes, which are the clock's from now on; `clock` can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_clock_init(
    storage: *mut c_void,
    size: usize,
    hz: u32,
    ticks: u32,
    clock: *mut *mut sw_clock,
) -> sw_error {
    let place = || {
        let hz = NonZeroU32::new(hz).ok_or(sw_error::SW_E_ARGUMENT)?;
        // SAFETY: as asked for.
        unsafe { lent::put(storage, size, clock, || sw_clock(Widener::new(hz, ticks))) }
    };
    place().into()
}

/// When the counter stood, or stands, at `ticks`: a reading may be older than the latest by less than half of the range, if an
/// interrupt noted it and the main loop hands it over later. 0 for null.
///
/// # Safety
/// `clock` was placed, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_clock_at(clock: *mut sw_clock, ticks: u32) -> u64 {
    // SAFETY: as asked for.
    unsafe { clock.as_mut() }.map_or(0, |clock| clock.0.at(ticks).as_micros())
}

/// The counter has to be read by then, whatever happens. 0 for null.
///
/// # Safety
/// `clock` was placed, or is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sw_clock_poll_at(clock: *const sw_clock) -> u64 {
    // SAFETY: as asked for.
    unsafe { clock.as_ref() }.map_or(0, |clock| clock.0.poll_at().as_micros())
}
