//! One turn of a driver for a [`Host`], over any [`embedded_io`] port: [`Uplink`] and [`Console`].
//!
//! ```text
//!   console port ── Console::receive ──▶ ┌──────┐ ◀── Uplink::receive ── port of a peer
//!                ◀── Console::send ───── │ Host │ ─── Uplink::send ────▶
//!                                        └──────┘ ◀──▶ poll: Uplink::handle_event
//! ```
//!
//! The loop of a driver, which `tests/firmware/gateway` is an example of:
//!
//! 1. `receive` from each console and uplink;
//! 2. [`Host::poll`] until None, and [`Uplink::handle_event`] with each event;
//! 3. `send` to each console and uplink;
//! 4. if anything has moved, go to 1; else sleep until [`Host::poll_at`], or until a port has or takes something.
//!
//! Nothing waits for a port, whatever [`Read::read`] would do: it is asked whether it is ready first. The bounds are small: a
//! call moves [`BURST`] times its buffer at the most, so that a busy port starves nobody.

mod codec;
mod console;
mod uplink;

pub use codec::Codec;
pub use console::Console;
pub use uplink::{Gone, Uplink};

#[allow(unused_imports, reason = "for the documentation")]
use {crate::link::host::Host, embedded_io::Read};

/// Bytes that are read at once.
const CHUNK: usize = 64;
/// So often one call reads, or fills its buffer, at the most.
pub const BURST: usize = 4;
