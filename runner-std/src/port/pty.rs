//! A command in a pseudo-terminal of its own.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, Winsize};
use stillwire::idle::Exit;

use crate::os;

/// Variables that concern this process and not the session: secrets, and what systemd tells a service.
pub(crate) const PRIVATE: [&str; 7] = [
    "STILLWIRE_TOKEN",
    "NOTIFY_SOCKET",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
    "LISTEN_PID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
];

/// What to start, and the terminal it finds itself in.
#[derive(Debug)]
pub struct Spawn<'a> {
    /// The program and its arguments; never empty.
    pub command: &'a [OsString],
    /// Told to the child as `STILLWIRE_SESSION`.
    pub session: &'a str,
    /// Modes of the new terminal; `None` takes the kernel's.
    pub modes: Option<Termios>,
    /// Whether somebody types: what comes through a pipe is not echoed.
    pub keyboard: bool,
    /// Whether it hears signals that whoever started us wants ignored: it is not his job, but a session of its own.
    pub hears: bool,
    /// Size of the new terminal.
    pub size: Winsize,
}

/// The master side of a pseudo-terminal and the process that leads the session in it.
///
/// The slave side stays open here as well. So a child that closes its terminal for a while does not look like
/// one that has gone, and after the child's death "nothing left to read" is an answer and not a race. Dropping
/// the value (or dying) still hangs up: the kernel sends SIGHUP when the *master* closes.
#[derive(Debug)]
pub struct Pty {
    master: OwnedFd,
    slave: OwnedFd,
    device: OsString,
    child: Child,
    exited: Option<ExitStatus>,
    /// Whether the terminal echoed at the start.
    echoes: bool,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The command returned this code.
    Code(u8),
    /// The command was killed by this signal.
    Signal(u8),
}

impl Outcome {
    /// The code a shell would report: the command's own, or 128 + signal.
    pub const fn code(self) -> u8 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128_u8.saturating_add(signal),
        }
    }

    /// The same for the core.
    pub const fn exit(self) -> Exit {
        match self {
            Self::Code(code) => Exit::Code(code as i32),
            Self::Signal(signal) => Exit::Signal(signal as i32),
        }
    }

    fn from_status(status: ExitStatus) -> Self {
        let byte = |value: i32| u8::try_from(value & 0xFF).unwrap_or(u8::MAX);
        status
            .signal()
            .map_or_else(|| Self::Code(byte(status.code().unwrap_or(0))), |signal| Self::Signal(byte(signal)))
    }
}

/// What a shell reports for a session that ended so.
pub fn exit_code(exit: Exit) -> u8 {
    match exit {
        Exit::Code(code) => u8::try_from(code & 0xFF).unwrap_or(u8::MAX),
        Exit::Signal(signal) => 128_u8.saturating_add(u8::try_from(signal & 0x7F).unwrap_or(0)),
    }
}

impl Pty {
    /// Starts a command as the leader of a new session whose controlling terminal is a new pseudo-terminal.
    ///
    /// # Errors
    /// Whatever opening the terminal or starting the program says; `NotFound` if there is no such program.
    pub fn spawn(spawn: &Spawn<'_>) -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        // Not a flag of the opening everywhere; there is no other thread that could fork in between.
        rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let device = ptsname(&master, Vec::new())?;
        let slave =
            rustix::fs::open(&device, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        let mut modes = spawn.modes.clone().map_or_else(|| rustix::termios::tcgetattr(&slave), Ok)?;
        if !spawn.keyboard {
            modes.local_modes.remove(LocalModes::ECHO);
        }
        let echoes = modes.local_modes.contains(LocalModes::ECHO);
        rustix::termios::tcsetattr(&slave, OptionalActions::Now, &modes)?;
        rustix::termios::tcsetwinsize(&slave, spawn.size)?;
        rustix::io::ioctl_fionbio(&master, true)?;
        let stdio = || slave.try_clone().map(Stdio::from);
        let mut command = Command::new(spawn.command.first().map_or(OsStr::new(""), OsString::as_os_str));
        command.args(spawn.command.iter().skip(1)).env("STILLWIRE_SESSION", spawn.session);
        for private in PRIVATE {
            command.env_remove(private);
        }
        if std::env::var_os("TERM").is_none_or(|term| term.is_empty()) {
            command.env("TERM", "xterm-256color");
        }
        command.stdin(stdio()?).stdout(stdio()?).stderr(stdio()?);
        let hears = spawn.hears;
        // SAFETY: between fork and exec only system calls are made, all async-signal-safe, and nothing is allocated or
        // locked.
        unsafe {
            command.pre_exec(move || {
                if hears {
                    os::default_signals();
                }
                rustix::process::setsid()?;
                rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
                crate::descriptors::restore()?;
                Ok(())
            });
        }
        let child = command.spawn()?;
        let device = OsString::from(String::from_utf8_lossy(device.to_bytes()).into_owned());
        Ok(Self { master, slave, device, child, exited: None, echoes })
    }

    /// The side that carries output and takes input; non-blocking.
    pub fn master(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }

    /// The path of the slave side, such as `/dev/pts/4`.
    pub fn device(&self) -> &OsStr {
        &self.device
    }

    /// The process that leads the session.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The process group that owns the terminal at this moment.
    pub fn foreground(&self) -> Option<Pid> {
        rustix::termios::tcgetpgrp(&self.master).ok()
    }

    /// The terminal's modes as the session has set them.
    pub fn modes(&self) -> Option<Termios> {
        rustix::termios::tcgetattr(&self.slave).ok()
    }

    /// Tells the session that its terminal has a new size (SIGWINCH to its foreground group).
    pub fn resize(&self, size: Winsize) {
        // Nothing to do about a failure: the session keeps its old size and goes on.
        let _ = rustix::termios::tcsetwinsize(&self.slave, size);
    }

    /// The session's terminal size.
    pub fn size(&self) -> Option<Winsize> {
        rustix::termios::tcgetwinsize(&self.slave).ok()
    }

    /// Asks, without waiting, whether the child has ended; reaps it if so.
    pub fn outcome(&mut self) -> Option<Outcome> {
        if self.exited.is_none() {
            self.exited = self.child.try_wait().ok().flatten();
        }
        self.exited.map(Outcome::from_status)
    }

    /// Passes a signal on to the foreground job, as the terminal's driver does for `^C`.
    pub fn signal_foreground(&self, signal: Signal) {
        if let Some(group) = self.foreground() {
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }

    /// Whether a line is read without echo: somebody asks for a password.
    pub fn asks_for_password(&self) -> bool {
        self.echoes
            && self.modes().is_some_and(|modes| {
                modes.local_modes.contains(LocalModes::ICANON)
                    && !modes.local_modes.contains(LocalModes::ECHO)
            })
    }

    /// Passes a signal on to the foreground job and to the leader of the session.
    pub fn signal(&self, signal: Signal) {
        let leader = (self.exited.is_none()).then(|| Pid::from_child(&self.child));
        let foreground = self.foreground();
        self.signal_foreground(signal);
        if let Some(leader) = leader.filter(|leader| foreground != Some(*leader)) {
            let _ = rustix::process::kill_process(leader, signal);
        }
    }

    /// The bytes that say "end of file" to a reader of this terminal, given the last byte it was sent.
    ///
    /// In the middle of a line the first VEOF only hands over the line, so it takes two. In raw mode there is no
    /// such thing, and `^D` is what a person would press.
    pub fn end_of_file(&self, last: Option<u8>) -> Vec<u8> {
        let Some(modes) = self.modes() else { return vec![4] };
        let veof = modes.special_codes[SpecialCodeIndex::VEOF];
        let open_line = last.is_some_and(|byte| byte != b'\n' && byte != b'\r' && byte != veof);
        let times = if open_line && modes.local_modes.contains(LocalModes::ICANON) { 2 } else { 1 };
        vec![veof; times]
    }
}
