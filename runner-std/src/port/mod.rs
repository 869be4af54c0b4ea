//! Where a session's bytes come from and go to: a command in a PTY, a serial port, a console behind TCP.
//!
//! ```text
//!   Pty      Up ──the child ended──▶ over
//!   Serial   Away ◀──unplugged, ──▶ Up      Away: looks again when something appears in the folder
//!   Console  Away ◀──closed──────▶ Up       Away: dials again, at the pace of the backoff
//! ```
//!
//! All of them read and write without blocking, and keep their own place in the poller: what is behind
//! a session may change its descriptor, and nobody else needs to know.

mod background;
mod console;
pub mod pty;
mod serial;

use std::io;
use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use rustix::termios::Winsize;
use stillwire::Instant;

pub use background::Background;
pub use console::Console;
pub use serial::{Line, Serial};

use crate::os::{Interest, Poller, Source};
use crate::plain::plain;
use pty::{Outcome, Pty};

/// What is behind a session.
#[derive(Debug)]
pub enum Port {
    /// A command.
    Pty(Command),
    /// A serial port.
    Serial(Serial),
    /// A console behind TCP.
    Console(Console),
}

/// What a read found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// So many bytes; there may be more.
    Bytes(usize),
    /// Nothing for now.
    Nothing,
}

/// A command in a PTY, and how it is asked to end.
#[derive(Debug)]
pub struct Command {
    /// The terminal and its leader.
    pub pty: Pty,
    source: Source,
    /// When it is killed, if it was asked to end.
    kill: Option<Instant>,
}

impl Port {
    /// A command that runs already; `token` names it in the poller.
    pub const fn pty(pty: Pty, token: u64) -> Self {
        Self::Pty(Command { pty, source: Source::new(token), kill: None })
    }

    /// Declares what to wait for.
    ///
    /// # Errors
    /// As [`Poller::set`].
    pub fn watch(&mut self, poller: &mut Poller, want: Interest) -> io::Result<()> {
        match self {
            Self::Pty(Command { pty, source, .. }) => poller.set(pty.master(), source, want),
            Self::Serial(serial) => serial.watch(poller, want),
            Self::Console(console) => console.watch(poller, want),
        }
    }

    /// Takes what came, as much as fits and is there, in few large bites.
    pub fn read(&mut self, now: Instant, poller: &mut Poller, buffer: &mut [u8]) -> Came {
        match self {
            // The slave side is held open here, so there is no end of file; what ends is the child.
            Self::Pty(Command { pty, .. }) => take(pty.master(), buffer).unwrap_or(Came::Nothing),
            Self::Serial(serial) => serial.read(now, poller, buffer),
            Self::Console(console) => console.read(now, poller, buffer),
        }
    }

    /// Hands over what was typed; returns how much of it was taken. What was not has to be offered again when
    /// the port is ready for writing.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::Pty(Command { pty, .. }) => give(pty.master(), bytes),
            Self::Serial(serial) => serial.write(bytes),
            Self::Console(console) => console.write(bytes),
        }
    }

    /// Tells a program its terminal's size; others have none.
    pub fn resize(&self, size: Winsize) {
        if let Self::Pty(Command { pty, .. }) = self {
            pty.resize(size);
        }
    }

    /// Begins a break on a serial line, which ends by itself.
    ///
    /// # Errors
    /// There is none, or it is not there now.
    pub fn send_break(&mut self, now: Instant) -> io::Result<()> {
        match self {
            Self::Serial(serial) => serial.send_break(now),
            _ => Err(io::Error::new(io::ErrorKind::Unsupported, "this session has no serial line")),
        }
    }

    /// Asks a command to end, with SIGHUP; what is left of it at `kill` is killed.
    pub fn stop(&mut self, kill: Instant) {
        if let Self::Pty(command) = self
            && command.kill.is_none()
        {
            command.pty.signal(rustix::process::Signal::HUP);
            command.pty.signal(rustix::process::Signal::CONT);
            command.kill = Some(kill);
        }
    }

    /// How it ended, if it did: to be asked after a SIGCHLD. Serial ports and consoles do not.
    pub fn outcome(&mut self) -> Option<Outcome> {
        if let Self::Pty(command) = self { command.pty.outcome() } else { None }
    }

    /// What is behind it and why that is not there now, if it is not. A command always is.
    pub fn trouble(&self) -> Option<(String, String)> {
        let (what, why) = match self {
            Self::Pty(_) => return None,
            Self::Serial(serial) => (serial.device().display().to_string(), serial.trouble()?),
            Self::Console(console) => (console.address().to_owned(), console.trouble()?),
        };
        let why = match (self, why.kind(), why.raw_os_error()) {
            (Self::Serial(_), io::ErrorKind::UnexpectedEof, _) | (Self::Serial(_), _, Some(libc::EIO)) => {
                "it was unplugged".into()
            }
            (_, io::ErrorKind::UnexpectedEof, _) => "it has closed the connection".into(),
            _ => why.to_string(),
        };
        let why = why.split(" (os error ").next().unwrap_or_default();
        Some((plain(&what), plain(why)))
    }

    /// When to poll next.
    pub fn poll_at(&self) -> Option<Instant> {
        match self {
            Self::Pty(command) => command.kill,
            Self::Serial(serial) => serial.poll_at(),
            Self::Console(console) => console.poll_at(),
        }
    }

    /// Does what is due.
    pub fn poll(&mut self, now: Instant, poller: &mut Poller) {
        match self {
            Self::Pty(command) => {
                if command.kill.is_some_and(|at| at <= now) {
                    command.pty.signal(rustix::process::Signal::KILL);
                    command.kill = None;
                }
            }
            Self::Serial(serial) => serial.poll(now, poller),
            Self::Console(console) => console.poll(now, poller),
        }
    }
}

/// A read that gave so much may have left some; one that gave less is hardly worth another to find out.
const MORE: usize = 1 << 10;

/// Reads until nothing is left or the buffer is full: a terminal hands over 4 KiB at a time.
///
/// # Errors
/// The other side has gone. What was read before that is not lost: the error comes again.
fn take(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Came> {
    let mut filled = 0;
    while let Some(space) = buffer.get_mut(filled..).filter(|space| !space.is_empty()) {
        match rustix::io::read(fd, space) {
            Ok(0) if filled == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if filled == 0 && error != Errno::AGAIN && error != Errno::INTR => {
                return Err(error.into());
            }
            Ok(count) if count >= MORE => filled += count,
            Ok(count) if count > 0 => {
                filled += count;
                break;
            }
            Err(Errno::INTR) => {}
            Ok(_) | Err(_) => break,
        }
    }
    Ok(if filled == 0 { Came::Nothing } else { Came::Bytes(filled) })
}

/// Writes what is taken without blocking.
fn give(fd: BorrowedFd<'_>, bytes: &[u8]) -> usize {
    let mut given = 0;
    while let Some(rest) = bytes.get(given..).filter(|rest| !rest.is_empty()) {
        match rustix::io::write(fd, rest) {
            Ok(count) if count > 0 => given += count,
            Err(Errno::INTR) => {}
            Ok(_) | Err(_) => break,
        }
    }
    given
}
