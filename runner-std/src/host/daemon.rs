//! A host that goes to the background, and the terminal that waits until it serves.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;

use rustix::process::{Pid, WaitOptions};

use crate::failure::Failure;

/// Which of the two this process is now.
#[derive(Debug)]
pub(super) enum Fork {
    /// The host, in a session of its own.
    Host(Ready),
    /// Where it was started.
    Terminal(Started),
}

/// How the host says that it serves, or why it does not.
#[derive(Debug)]
pub(super) struct Ready(UnixStream);

/// A host that was started.
#[derive(Debug)]
pub(super) struct Started {
    word: UnixStream,
    host: Option<Pid>,
}

/// Splits this process in two.
///
/// # Errors
/// If the system has no room for another.
pub(super) fn fork() -> io::Result<Fork> {
    let (word, tell) = UnixStream::pair()?;
    // SAFETY: this process has one thread until here (a command starts none before it has decided to be a host or not),
    // so the child may do whatever its parent might have done.
    let pid = unsafe { libc::fork() };
    match pid {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            drop(word);
            let _ = rustix::process::setsid();
            Ok(Fork::Host(Ready(tell)))
        }
        pid => Ok(Fork::Terminal(Started { word, host: Pid::from_raw(pid) })),
    }
}

impl Ready {
    /// Sessions run and doors are open. From here on this process has no terminal.
    pub(super) fn serving(mut self, hello: &str) {
        if let Ok(null) = File::options().read(true).write(true).open("/dev/null") {
            let _ = rustix::stdio::dup2_stdin(null.as_fd());
            let _ = rustix::stdio::dup2_stdout(null.as_fd());
            let _ = rustix::stdio::dup2_stderr(null.as_fd());
        }
        let _ = self.0.write_all(b"+").and_then(|()| self.0.write_all(hello.as_bytes()));
    }

    /// Nothing is served. Returns the exit code.
    pub(super) fn failed(mut self, failure: &Failure) -> u8 {
        let hint = failure.hint.as_deref().unwrap_or_default();
        let _ = write!(self.0, "-{}\0{}\0{hint}", failure.code, failure.message);
        failure.code
    }
}

impl Started {
    /// What the host says when it serves.
    ///
    /// # Errors
    /// What it says when it does not.
    pub(super) fn wait(mut self) -> Result<String, Failure> {
        let mut word = String::new();
        let _ = self.word.read_to_string(&mut word);
        if let Some(hello) = word.strip_prefix('+') {
            return Ok(hello.to_owned());
        }
        let _ = rustix::process::waitpid(self.host, WaitOptions::empty());
        let mut parts = word.trim_start_matches('-').splitn(3, '\0');
        let (code, message, hint) = (parts.next(), parts.next(), parts.next());
        let failure = Failure::new(message.unwrap_or("the host has died at its start"));
        let failure = failure.code(code.and_then(|code| code.parse().ok()).unwrap_or(crate::failure::FAILED));
        Err(match hint.filter(|hint| !hint.is_empty()) {
            Some(hint) => failure.hint(hint),
            None => failure,
        })
    }
}
