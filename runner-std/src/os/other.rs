//! Plain substitutes for systems that are not Linux.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::time::{ClockId, clock_gettime};
use stillwire::idle::{Due, Hint};
use stillwire::{Duration, Instant};

use crate::port::pty::Pty;

/// Microseconds of `CLOCK_MONOTONIC`, which on macOS goes on while the machine sleeps.
pub fn now() -> Instant {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    Instant::from_micros(seconds * 1_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000)
}

/// Never tells; the backoff decides when to look again.
#[derive(Debug)]
pub struct Appear(OwnedFd);

impl Appear {
    /// Unsupported.
    ///
    /// # Errors
    /// Always.
    pub fn near(_: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Nothing to forget.
    pub const fn drain(&self) {}
}

impl AsFd for Appear {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Never tells; a link that is dead is found out by its silence.
#[derive(Debug)]
pub struct Network(OwnedFd);

impl Network {
    /// Unsupported.
    ///
    /// # Errors
    /// Always.
    pub fn watch() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Nothing to forget.
    pub const fn drain(&self) {}

    /// Nobody can tell.
    pub const fn is_there(&self) -> bool {
        true
    }
}

impl AsFd for Network {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Cannot be done here.
pub const fn hide_argument(_secret: &str) {}

/// There is no systemd to tell.
#[derive(Debug)]
pub struct Notify(OwnedFd);

impl Notify {
    /// Unsupported.
    ///
    /// # Errors
    /// Always.
    pub fn connect(_: &OsStr) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Nobody is told.
    pub const fn send(&self, _state: &str) -> bool {
        true
    }
}

impl AsFd for Notify {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Nobody can tell.
pub const fn peer_terminal(_: BorrowedFd<'_>) -> Option<String> {
    None
}

/// Nobody can tell.
pub const fn terminal_of(_pid: u32) -> Option<String> {
    None
}

/// Our own: the folder of the socket lets nobody else in.
pub fn peer_uid(_: BorrowedFd<'_>) -> Option<u32> {
    Some(rustix::process::geteuid().as_raw())
}

/// Leaves it to the kernel.
pub const fn keep_little_unsent(_: BorrowedFd<'_>, _bytes: u32) {}

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
pub struct Hints(());

impl Hints {
    /// Nothing.
    pub fn sample(&mut self, _: &Pty, _now: Instant, _: Due) -> Option<Hint> {
        None
    }
}
