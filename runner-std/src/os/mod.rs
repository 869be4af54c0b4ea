//! What only one operating system can do, behind functions that exist on all of them.
//!
//! On Linux: a clock that goes on while the machine sleeps, files that are opened a second time so that
//! `O_NONBLOCK` stays ours, and the look into `/proc` that tells *busy* from *waiting for you*. Elsewhere each
//! of them has a plain substitute and [`Hints`] never has an opinion.

#[cfg(all(target_os = "linux", not(feature = "portable")))]
mod linux;
#[cfg(all(target_os = "linux", not(feature = "portable")))]
mod procfs;
#[cfg(all(target_os = "linux", not(feature = "portable")))]
pub use linux::{
    Appear, Network, Notify, asleep, hide_argument, keep_little_unsent, keep_standard_descriptors, now,
    peer_terminal, peer_uid, reopen_nonblocking, terminal_of,
};
#[cfg(all(target_os = "linux", not(feature = "portable")))]
pub use procfs::Hints;

#[cfg(not(all(target_os = "linux", not(feature = "portable"))))]
mod other;
#[cfg(not(all(target_os = "linux", not(feature = "portable"))))]
pub use other::{
    Appear, Hints, Network, Notify, asleep, hide_argument, keep_little_unsent, keep_standard_descriptors,
    now, peer_terminal, peer_uid, reopen_nonblocking, terminal_of,
};

#[cfg(all(target_os = "linux", not(feature = "portable")))]
pub mod epoll;
pub mod pollset;
mod wait;
#[cfg(all(target_os = "linux", not(feature = "portable")))]
pub use epoll::Poller;
#[cfg(not(all(target_os = "linux", not(feature = "portable"))))]
pub use pollset::Poller;
pub use wait::{Interest, Nap, Ready, Source};

use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};

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

/// How long this thread has been computing. On a machine with much else to do that is less than the time that passes.
pub fn worked() -> stillwire::Duration {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(used.tv_sec).unwrap_or(0);
    stillwire::Duration::from_micros(seconds * 1_000_000 + u64::try_from(used.tv_nsec).unwrap_or(0) / 1_000)
}

/// The descriptors above 2 that are open now.
pub fn descriptors() -> Vec<RawFd> {
    let Ok(entries) = std::fs::read_dir("/dev/fd") else { return Vec::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut all: Vec<RawFd> = numbers.filter(|&fd| fd > libc::STDERR_FILENO).collect();
    // The one that looked is closed again.
    // SAFETY: it is only asked for its flags, and `fcntl` answers EBADF if it is not open.
    all.retain(|&fd| rustix::io::fcntl_getfd(unsafe { BorrowedFd::borrow_raw(fd) }).is_ok());
    all
}

/// Closes descriptors that were open when this process began, and that nobody in here has taken over: whoever waits for their
/// end must not wait for a host in the background.
pub fn close(descriptors: &[RawFd]) {
    for &fd in descriptors {
        // SAFETY: it came with this process, so no value in here owns it; the caller leaves out what was taken over.
        drop(unsafe { OwnedFd::from_raw_fd(fd) });
    }
}

/// The sockets that systemd opened for this process (sd_listen_fds(3)); to be asked for once, before anything is opened.
pub fn activated() -> Vec<OwnedFd> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u32>().ok();
    let ours = number("LISTEN_PID") == Some(std::process::id());
    let count =
        number("LISTEN_FDS").filter(|_| ours).and_then(|count| RawFd::try_from(count).ok()).unwrap_or(0);
    (3..)
        .take(usize::try_from(count).unwrap_or(0))
        .filter_map(|fd| inherited(fd).ok())
        .map(OwnedFd::from)
        .collect()
}

/// A child of this process that has ended and was not asked for its outcome yet. It stays so until somebody does.
pub fn ended() -> Option<u32> {
    let mut info = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: waitid fills in one siginfo_t, which lives here; all zeroes, which it leaves if there is no such child, are a
    // valid value of the type, and of what a child's end says the process is part.
    let pid = unsafe {
        libc::waitid(libc::P_ALL, 0, info.as_mut_ptr(), options);
        info.assume_init().si_pid()
    };
    u32::try_from(pid).ok().filter(|pid| *pid > 0)
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

/// Gives a process that is about to become a command all signals as a login would: none ignored, none held back. Only system
/// calls, and nothing is allocated.
pub fn default_signals() {
    for signal in (1..=libc::SIGSYS).filter(|signal| !matches!(*signal, libc::SIGKILL | libc::SIGSTOP)) {
        // SAFETY: the default action is no function of this process; the call is async-signal-safe, and a failure (there is no
        // such signal) changes nothing.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let mut none = std::mem::MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: sigemptyset fills in the set that lives here, and sigprocmask reads it; both are async-signal-safe.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
    }
}

/// The name of this machine.
pub fn machine() -> String {
    crate::plain::plain(&rustix::system::uname().nodename().to_string_lossy())
}

/// An instant as people here tell it: the time of day, or the day and the time if that is not the present day.
pub fn local_time(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and localtime refuses what is no date")]
    let read = |seconds: f64| {
        let time = seconds.floor() as libc::time_t;
        let mut parts = std::mem::MaybeUninit::<libc::tm>::zeroed();
        // SAFETY: localtime_r reads one time_t and fills in one tm, both of which live here; it returns null and writes
        // nothing if it cannot, and all zeroes are a valid tm.
        unsafe {
            libc::localtime_r(&raw const time, parts.as_mut_ptr());
            parts.assume_init()
        }
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let (then, today) = (read(seconds), read(now.as_secs_f64()));
    let time = format!("{:02}:{:02}:{:02}", then.tm_hour, then.tm_min, then.tm_sec);
    if (then.tm_year, then.tm_yday) == (today.tm_year, today.tm_yday) {
        time
    } else {
        format!("{:02}-{:02} {:02}:{:02}", then.tm_mon + 1, then.tm_mday, then.tm_hour, then.tm_min)
    }
}

#[cfg(test)]
mod tests {
    #[cfg(all(target_os = "linux", not(feature = "portable")))]
    use super::epoll::Poller as Epoll;
    use super::pollset::Poller as PollSet;
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;
    use stillwire::{Duration, Instant};

    /// The same for both pollers.
    macro_rules! tells {
        ($name:ident, $poller:ty) => {
            #[test]
            fn $name() {
                let mut poller = <$poller>::new().unwrap();
                let (mut near, far) = UnixStream::pair().unwrap();
                let mut source = Source::new(7);
                assert!(poller.wait(Some(Instant::ZERO)).unwrap().is_empty());
                poller.set(far.as_fd(), &mut source, Interest::READ).unwrap();
                let before = now();
                assert!(poller.wait(Some(before.after(Duration::from_millis(20)))).unwrap().is_empty());
                assert!(now().since(before) >= Duration::from_millis(20), "a deadline is not too early");
                near.write_all(b"x").unwrap();
                let input = Ready { token: 7, read: true, write: false };
                assert_eq!(poller.wait(None).unwrap(), [input]);
                assert_eq!(poller.wait(None).unwrap(), [input], "what was not read is told again");
                (&far).read_exact(&mut [0]).unwrap();
                poller.set(far.as_fd(), &mut source, Interest { read: true, write: true }).unwrap();
                assert_eq!(poller.wait(None).unwrap(), [Ready { token: 7, read: false, write: true }]);
                near.shutdown(std::net::Shutdown::Both).unwrap();
                assert!(poller.wait(None).unwrap()[0].read, "a hangup is something to read");
                poller.set(far.as_fd(), &mut source, Interest::NONE).unwrap();
                assert!(poller.wait(Some(Instant::ZERO)).unwrap().is_empty(), "nobody wants to know");
            }
        };
    }

    #[test]
    fn a_time_is_told_as_people_do() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
        assert_eq!(local_time(now).len(), "12:34:56".len());
        assert_eq!(local_time(now - 3.0 * 86_400.0).len(), "11-21 12:34".len());
    }

    #[cfg(all(target_os = "linux", not(feature = "portable")))]
    tells!(epoll_tells_what_is_ready, Epoll);
    tells!(poll_tells_what_is_ready, PollSet);
}
