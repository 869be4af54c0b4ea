//! What the images that are weighed share. `tests/firmware/sizes.sh` weighs them; they are never run.
#![no_std]

use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}
