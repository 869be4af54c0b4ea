//! Plain substitutes for systems that are not Linux.

use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::time::{ClockId, clock_gettime};
use stillwire::idle::{Due, Hint};
use stillwire::{Duration, Instant};

use crate::pty::Pty;

/// Microseconds of `CLOCK_MONOTONIC`, which on macOS goes on while the machine sleeps.
pub fn now() -> Instant {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    Instant::from_micros(seconds * 1_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000)
}

/// Zero: nothing tells.
pub const fn asleep() -> Duration {
    Duration::ZERO
}

/// Does nothing: what Rust opens is close-on-exec already.
pub const fn keep_standard_descriptors() {}

/// Never: `/dev/fd` shares the open file description here, and its flags with it.
pub const fn reopen_nonblocking(_: BorrowedFd<'_>, _write: bool) -> Option<OwnedFd> {
    None
}

/// Has no opinion.
#[derive(Debug, Default)]
pub struct Hints;

impl Hints {
    /// Nothing.
    pub fn sample(&mut self, _: &Pty, _now: Instant, _: Due) -> Option<Hint> {
        None
    }
}
