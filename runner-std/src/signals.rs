//! Unix signals as bytes on a pipe, so that one poll(2) sees them with everything else.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};

use crate::os;

/// Signals that somebody sends. Those that were ignored when we started stay so: `nohup runner-std watch …`.
const ASKED: [i32; 5] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP];
/// Signals that tell of something. Without them no end of a child would be heard, whoever ignored them before.
const TOLD: [i32; 3] = [SIGCHLD, SIGCONT, SIGWINCH];

/// Which of the signals came since they were last asked for.
#[derive(Debug)]
pub struct Signals {
    pipe: UnixStream,
    flags: Vec<(i32, Arc<AtomicBool>)>,
}

impl Signals {
    /// Takes over the signals of the whole process; SIGPIPE becomes an error of the write, as everywhere in Rust.
    ///
    /// # Errors
    /// If no descriptor is left for the pipe.
    pub fn new() -> io::Result<Self> {
        let (pipe, tell) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        let mut flags = Vec::with_capacity(ASKED.len() + TOLD.len());
        let asked = ASKED.into_iter().filter(|&signal| !os::is_ignored(signal));
        for signal in asked.chain(TOLD) {
            let flag = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
            signal_hook::low_level::pipe::register(signal, tell.try_clone()?)?;
            flags.push((signal, flag));
        }
        Ok(Self { pipe, flags })
    }

    /// Readable when a signal has come.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }

    /// The signals that have come, each once, and forgets them.
    pub fn take(&mut self) -> Vec<i32> {
        let mut bytes = [0; 64];
        while rustix::io::read(&self.pipe, &mut bytes).is_ok_and(|count| count == bytes.len()) {}
        let came = self.flags.iter().filter(|(_, flag)| flag.swap(false, Ordering::SeqCst));
        came.map(|(signal, _)| *signal).collect()
    }

    /// Stops this process as SIGTSTP would have; returns when somebody continues it.
    pub fn stop_here() {
        let _ = signal_hook::low_level::emulate_default_handler(SIGTSTP);
    }
}
