//! `attach`, run in the place of the list.

use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use signal_hook::consts::{SIGCHLD, SIGCONT, SIGTSTP, SIGWINCH};

use crate::roster::session::plain;
use crate::signals::Signals;

/// A child that has the terminal.
#[derive(Debug)]
pub(super) struct Errand(Child);

/// How it went.
#[derive(Debug, Default)]
pub(super) struct End {
    /// Its last word.
    pub said: String,
    /// We were asked to end meanwhile.
    pub signal: Option<i32>,
}

impl Errand {
    /// Attaches this terminal to a session of this machine, or a URL.
    ///
    /// # Errors
    /// If this program is not where it was.
    pub(super) fn start(target: &str, token: Option<&Path>) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        // What it says at its end would be hidden by the list at once.
        command.arg("attach");
        if let Some(file) = token {
            command.arg("--token-file").arg(file);
        }
        command.args(["--", target]).stderr(Stdio::piped());
        command.spawn().map(Self)
    }

    /// Waits until it is back. What it is told by a signal we pass on; where it stops, we stop.
    ///
    /// # Errors
    /// If the system cannot wait.
    pub(super) fn wait(mut self, signals: &mut Signals) -> io::Result<End> {
        let mut end = End::default();
        let pid = Pid::from_child(&self.0);
        loop {
            match rustix::process::waitpid(Some(pid), WaitOptions::NOHANG | WaitOptions::UNTRACED)? {
                Some((_, status)) if status.stopped() => {
                    Signals::stop_here();
                    let _ = rustix::process::kill_process(pid, Signal::CONT);
                }
                Some((_, status)) => {
                    let mut said = String::new();
                    if let Some(stderr) = &mut self.0.stderr {
                        let _ = stderr.take(4096).read_to_string(&mut said);
                    }
                    end.said = word(status, &said);
                    return Ok(end);
                }
                None => {
                    let fd = signals.fd();
                    match rustix::event::poll(&mut [PollFd::new(&fd, PollFlags::IN)], None) {
                        Ok(_) | Err(rustix::io::Errno::INTR) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
            for signal in signals.take() {
                if !matches!(signal, SIGCHLD | SIGCONT | SIGWINCH | SIGTSTP) {
                    end.signal = Some(signal);
                    let _ = rustix::process::kill_process(pid, Signal::TERM);
                } else if signal == SIGTSTP {
                    let _ = rustix::process::kill_process(pid, Signal::TSTP);
                }
            }
        }
    }
}

/// What is worth telling: what it complained about, or how the session ended.
fn word(status: WaitStatus, said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let said = plain(lines.join("; ").trim_start_matches("error: "));
    match status.exit_status() {
        Some(0) => String::new(),
        Some(code) if said.is_empty() => format!("the session ended with {code}"),
        _ => said,
    }
}
