//! A descriptor to write to that never stops the loop.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use crate::os;

/// What poll(2) promises to accept without blocking from a writable pipe (POSIX `PIPE_BUF` on Linux).
const CERTAIN: usize = 4096;

/// Bytes on their way to a descriptor: written as far as it takes them, the rest kept for later.
///
/// Whoever fills it looks at [`Outlet::is_empty`] or [`Outlet::len`] first; that is the back-pressure.
#[derive(Debug)]
pub struct Outlet {
    file: OwnedFd,
    blocking: bool,
    pending: Vec<u8>,
    written: usize,
}

impl Outlet {
    /// Writes to whatever is behind `file`, through a description of our own where that can be had.
    pub fn new(file: OwnedFd) -> Self {
        match os::reopen_nonblocking(file.as_fd(), true) {
            Some(own) => Self::nonblocking(own),
            None => Self { file, blocking: true, pending: Vec::new(), written: 0 },
        }
    }

    /// Writes to a descriptor that already is non-blocking.
    pub const fn nonblocking(file: OwnedFd) -> Self {
        Self { file, blocking: false, pending: Vec::new(), written: 0 }
    }

    /// Writes to a file of ours, which never makes anybody wait.
    pub fn file(file: File) -> Self {
        Self::new(file.into())
    }

    /// How many bytes wait.
    pub fn len(&self) -> usize {
        self.pending.len() - self.written
    }

    /// Whether everything has been written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The descriptor, to wait until it takes more.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Takes bytes, to be written by the next [`Outlet::flush`].
    pub fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// Takes bytes and writes what the descriptor accepts at once.
    ///
    /// # Errors
    /// As [`Outlet::flush`].
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(bytes);
        self.flush()
    }

    /// Writes what waits, as far as that works without blocking.
    ///
    /// # Errors
    /// When nothing can be written any more: the reader of the pipe or the terminal is gone.
    pub fn flush(&mut self) -> io::Result<()> {
        while let Some(rest) = self.pending.get(self.written..).filter(|rest| !rest.is_empty()) {
            let chunk = if self.blocking { rest.get(..CERTAIN).unwrap_or(rest) } else { rest };
            if self.blocking && !writable(self.file.as_fd()) {
                return Ok(());
            }
            match rustix::io::write(&self.file, chunk) {
                Ok(count) => self.written += count,
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.pending.clear();
        self.written = 0;
        Ok(())
    }

    /// Writes everything, waiting as long as it takes.
    ///
    /// # Errors
    /// As [`Outlet::flush`].
    pub fn drain(&mut self) -> io::Result<()> {
        self.drain_for(None)
    }

    /// Writes everything, or gives up after a pause of `patience` in which nothing was taken.
    ///
    /// # Errors
    /// As [`Outlet::flush`].
    pub fn drain_for(&mut self, patience: Option<Timespec>) -> io::Result<()> {
        self.flush()?;
        while !self.is_empty() {
            let ready =
                rustix::event::poll(&mut [PollFd::new(&self.file, PollFlags::OUT)], patience.as_ref());
            if ready == Ok(0) {
                break;
            }
            self.flush()?;
        }
        Ok(())
    }
}

fn writable(fd: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::new(&fd, PollFlags::OUT)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    rustix::event::poll(&mut fds, Some(&now)).is_ok_and(|count| count > 0)
}
