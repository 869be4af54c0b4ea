//! The core for C, and for pages: `docs/EMBEDDING.md` says how to build and use it.
//!
//! Every machine is placed into storage that the caller lends, so nothing is allocated; what a machine has to say is asked for,
//! so nothing calls back; there are no globals. Functions return [`sw_error`], and what they give goes through pointers.
//!
//! This is the one place beside the core's SIMD where code is `unsafe`: each function says in its documentation, and so in the
//! header, what its pointers have to be.
#![no_std]
#![allow(non_camel_case_types, reason = "the names that C sees")]
#![warn(clippy::missing_safety_doc)]

mod client;
mod client_types;
mod clock;
mod error;
mod event;
mod heard;
mod host;
mod lent;
mod monitor;
mod scanner;
mod session;
mod signal;
mod status;
mod uplink;

pub use client::*;
pub use client_types::*;
pub use clock::*;
pub use error::sw_error;
pub use event::*;
pub use heard::*;
pub use host::*;
pub use monitor::*;
pub use scanner::*;
pub use session::*;
pub use signal::*;
pub use status::*;
pub use uplink::*;

/// The version of the interface that this header describes. Another one than [`sw_abi_version`] says is another interface:
/// sizes, layouts or meanings differ.
pub const SW_ABI_VERSION: u32 = 1;

/// The version of the interface that the library has: [`SW_ABI_VERSION`] of its header.
#[unsafe(no_mangle)]
pub extern "C" fn sw_abi_version() -> u32 {
    SW_ABI_VERSION
}

#[cfg(all(feature = "panic-handler", panic = "abort"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn stillwire_a_panic_can_be_reached() -> !;
    }
    // SAFETY: never linked, so never called.
    unsafe { stillwire_a_panic_can_be_reached() }
}
