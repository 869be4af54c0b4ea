//! What only one operating system can do, behind functions that exist on all of them.
//!
//! On Linux: a clock that goes on while the machine sleeps, files that are opened a second time so that
//! `O_NONBLOCK` stays ours, and the look into `/proc` that tells *busy* from *waiting for you*. Elsewhere each
//! of them has a plain substitute and [`Hints`] never has an opinion.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod procfs;
#[cfg(target_os = "linux")]
pub use linux::{keep_standard_descriptors, now, reopen_nonblocking};
#[cfg(target_os = "linux")]
pub use procfs::Hints;

#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(not(target_os = "linux"))]
pub use other::{Hints, keep_standard_descriptors, now, reopen_nonblocking};

use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, RawFd};

/// Takes over a descriptor that the caller of this process left open for it, as in `watch --events 3 3>log`.
///
/// # Errors
/// `EBADF` if nothing is open there; `InvalidInput` for the standard streams, which have owners already.
pub fn inherited(fd: RawFd) -> io::Result<File> {
    if fd <= libc::STDERR_FILENO {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "0, 1 and 2 are the session's own"));
    }
    // SAFETY: the descriptor is only asked for its flags here, and `fcntl` answers EBADF if it is not open.
    let open = unsafe { BorrowedFd::borrow_raw(fd) };
    rustix::io::fcntl_getfd(open)?;
    // SAFETY: it is open (just asked), it was open before `main` ran because the user names it on the command
    // line, and this runs before the runner opens anything of its own, so nobody else in here owns it.
    Ok(unsafe { File::from_raw_fd(fd) })
}

/// Whether whoever started us wants this signal ignored, as `nohup` does with SIGHUP.
pub fn is_ignored(signal: i32) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: with a null new action sigaction only writes the present one to the given place, which is large
    // enough; all zeroes are a valid value of the type should it fail.
    let action = unsafe {
        libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr());
        action.assume_init()
    };
    action.sa_sigaction == libc::SIG_IGN
}
