//! Where the event lines go.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::BorrowedFd;

use rustix::event::Timespec;
use stillwire::Instant;

use crate::failure::Failure;
use crate::lines;
use crate::os;
use crate::outlet::Outlet;

/// Bytes of event lines that wait for a slow reader; what comes while they do is counted and not kept.
const LIMIT: usize = 256 << 10;

/// Writes event lines, and never waits for whoever reads them.
#[derive(Debug)]
pub(crate) struct EventLog {
    out: Outlet,
    lost: u64,
    /// Why nothing is written any more; empty if that is nobody's fault.
    broken: Option<String>,
}

impl EventLog {
    /// Opens what `--events` names: a file (emptied first), `-`, or the number of an inherited descriptor.
    ///
    /// # Errors
    /// If it cannot be opened; for `-` if standard output is a terminal, where the session would be.
    pub(crate) fn open(target: &OsStr) -> Result<Self, Failure> {
        let shown = target.to_string_lossy();
        let out = if target == "-" {
            if rustix::termios::isatty(rustix::stdio::stdout()) {
                return Err(Failure::usage("--events - would mix the events into the session's screen")
                    .hint(
                        "pipe standard output somewhere, or write --events FILE and follow it with tail -f",
                    ));
            }
            let stdout = rustix::stdio::stdout().try_clone_to_owned();
            Outlet::new(stdout.map_err(|error| Failure::io("use standard output", error))?)
        } else if let Ok(fd) = shown.parse() {
            let file = os::inherited(fd).map_err(|error| {
                Failure::io(format!("write events to descriptor {fd}"), error)
                    .hint(format!("open one for it: runner-std watch --events 3 … 3>events.jsonl (a file named {fd} is ./{fd})"))
            })?;
            Outlet::file(file)
        } else {
            let file = File::create(target);
            Outlet::file(file.map_err(|error| Failure::io(format!("write events to {shown}"), error))?)
        };
        Ok(Self { out, lost: 0, broken: None })
    }

    /// Writes one line, or counts it as lost.
    pub(crate) fn line(&mut self, now: Instant, line: &str) {
        if self.broken.is_some() {
            return;
        }
        if self.out.len() + line.len() > LIMIT {
            self.lost += 1;
            return;
        }
        if self.lost > 0 {
            let lost = lines::lost(now, std::mem::take(&mut self.lost));
            self.put(lost.as_bytes());
        }
        self.put(line.as_bytes());
    }

    /// The descriptor.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.out.fd()
    }

    /// The descriptor to wait for, if lines wait for it.
    pub(crate) fn waits_for(&self) -> Option<BorrowedFd<'_>> {
        (self.broken.is_none() && !self.out.is_empty()).then(|| self.out.fd())
    }

    /// Writes what waits.
    pub(crate) fn flush(&mut self) {
        self.put(&[]);
    }

    /// Writes what waits, if its reader takes it within a second.
    pub(crate) fn finish(&mut self) {
        let second = Timespec { tv_sec: 1, tv_nsec: 0 };
        if self.broken.is_none() && self.out.drain_for(Some(second)).is_ok() && !self.out.is_empty() {
            self.broken = Some("their reader is too slow".into());
        }
    }

    /// What to tell the user at the end, if events could not be written.
    pub(crate) fn complaint(&self) -> Option<String> {
        let lost =
            (self.lost > 0).then(|| format!("{} events were lost, their reader was too slow", self.lost));
        match self.broken.as_deref() {
            Some("") => None,
            Some(error) => Some(format!("events could not be written: {error}")),
            None => lost,
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        match self.out.write(bytes) {
            Ok(()) => {}
            // The reader has seen enough: `| head -3`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.broken = Some(String::new());
            }
            Err(error) => self.broken = Some(error.to_string()),
        }
    }
}
