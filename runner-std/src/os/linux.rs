//! The clock, and descriptors.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::FileType;
use rustix::time::{ClockId, clock_gettime};
use stillwire::{Duration, Instant};

/// Microseconds since boot, the time the machine slept included (`CLOCK_BOOTTIME`).
pub fn now() -> Instant {
    read(ClockId::Boottime)
}

/// How long the machine slept since boot, up to the difference of two readings.
pub fn asleep() -> Duration {
    let awake = read(ClockId::Monotonic);
    now().since(awake)
}

fn read(clock: ClockId) -> Instant {
    let now = clock_gettime(clock);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    Instant::from_micros(seconds * 1_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000)
}

/// Marks every open descriptor above 2 as close-on-exec, so that no child inherits what was not meant for it.
pub fn keep_standard_descriptors() {
    // SAFETY: only the close-on-exec flag of this process's own descriptors changes; no memory is touched.
    // An old kernel answers ENOSYS, and then only descriptors inherited from our own parent are passed on.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
}

/// Opens the terminal or pipe behind `fd` once more, with `O_NONBLOCK`.
///
/// The flag belongs to the open file description, which `fd` shares with the shell that started us; setting it
/// there is how programs break their parents' terminals. `None` for regular files (which never block in the
/// sense of poll), sockets, and whatever may not be opened again.
pub fn reopen_nonblocking(fd: BorrowedFd<'_>, write: bool) -> Option<OwnedFd> {
    let kind = FileType::from_raw_mode(rustix::fs::fstat(fd).ok()?.st_mode);
    if !matches!(kind, FileType::Fifo) && !rustix::termios::isatty(fd) {
        return None;
    }
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    let opened: io::Result<_> = OpenOptions::new()
        .read(!write)
        .write(write)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC)
        .open(path);
    opened.ok().map(OwnedFd::from)
}
