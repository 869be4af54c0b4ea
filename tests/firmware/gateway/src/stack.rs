//! How deep the stack has been: cortex-m-rt painted it before it was used.

use core::ptr::{addr_of, read_volatile};

/// What cortex-m-rt paints with.
const PAINT: u32 = 0xCCCC_CCCC;

unsafe extern "C" {
    static _stack_end: u32;
    static _stack_start: u32;
}

/// Bytes that were ever used.
pub fn used() -> u32 {
    let (mut deepest, top) = (addr_of!(_stack_end), addr_of!(_stack_start));
    // SAFETY: from the end of what is static to the top of the RAM, all of which can be read.
    while deepest < top && unsafe { read_volatile(deepest) } == PAINT {
        deepest = deepest.wrapping_add(1);
    }
    (top as u32).wrapping_sub(deepest as u32)
}
