//! The terminal's side of `attach`.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use signal_hook::consts::{SIGCHLD, SIGCONT, SIGTSTP, SIGWINCH};
use stillwire::scan::{Config, Modes, Scanner};

use super::frame::{self, kind};
use super::runtime;
use crate::cli::AttachArgs;
use crate::failure::Failure;
use crate::outlet::Outlet;
use crate::signals::Signals;
use crate::terminal::{self, Raw};

/// Ctrl-], as in telnet.
const DETACH: u8 = 0x1D;

/// Attaches this terminal to a session until it ends or the user detaches.
///
/// # Errors
/// If there is no such session, or standard input is no terminal.
pub fn run(args: &AttachArgs) -> Result<u8, Failure> {
    let name = match &args.name {
        Some(name) => name.clone(),
        None => only_session()?,
    };
    if !rustix::termios::isatty(rustix::stdio::stdin()) {
        return Err(Failure::usage("attach needs a terminal on standard input"));
    }
    let stream = UnixStream::connect(runtime::socket(&name)?).map_err(|_| {
        let known = runtime::sessions().unwrap_or_default();
        let hint = if known.is_empty() {
            "start one: runner-std host -- bash".into()
        } else {
            format!("there is: {}", known.join(", "))
        };
        Failure::new(format!("there is no session named {name}")).hint(hint)
    })?;
    let failed = |error: io::Error| Failure::io(format!("stay attached to {name}"), error);
    let mut signals = Signals::new().map_err(failed)?;
    let screen = rustix::stdio::stdout().try_clone_to_owned().map_err(failed)?;
    let raw = Raw::enter(rustix::stdio::stdin()).map_err(failed)?;
    let mut screen =
        Screen { out: Outlet::new(screen), scanner: Scanner::new(Config::DEFAULT), modes: Modes::DEFAULT };
    let end = relay(&stream, &mut signals, &mut screen, &raw).map_err(failed);
    screen.leave();
    drop(raw);
    match end? {
        End::Exited(code) => Ok(code),
        End::Detached => {
            eprintln!("[detached from {name}; back with: runner-std attach {name}]");
            Ok(0)
        }
        End::Lost => Err(Failure::new(format!("the host of {name} has gone, or another terminal took over"))),
    }
}

/// The terminal, and the modes the session has set in it.
struct Screen {
    out: Outlet,
    scanner: Scanner,
    modes: Modes,
}

impl Screen {
    fn show(&mut self, output: &[u8]) -> io::Result<()> {
        self.scanner.scan(output).for_each(|token| self.modes.handle(&token));
        self.out.write(output)?;
        self.out.drain()
    }

    /// The session goes on without this terminal: its modes must not stay behind.
    fn leave(&mut self) {
        let cancel: &[u8] = if self.scanner.is_ground() { b"" } else { b"\x18" };
        let _ = self.show(&[cancel, &terminal::calm(&self.modes)].concat());
    }
}

enum End {
    Exited(u8),
    Detached,
    Lost,
}

fn only_session() -> Result<String, Failure> {
    let mut names = runtime::sessions()?;
    match names.len() {
        1 => Ok(names.remove(0)),
        0 => Err(Failure::new("there is no session to attach to").hint("start one: runner-std host -- bash")),
        _ => Err(Failure::usage("there is more than one session")
            .hint(format!("name one of: {}", names.join(", ")))),
    }
}

fn relay(stream: &UnixStream, signals: &mut Signals, screen: &mut Screen, raw: &Raw) -> io::Result<End> {
    let mut inbox = Vec::new();
    send_size(stream)?;
    loop {
        let mut fds = [
            PollFd::from_borrowed_fd(signals.fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(rustix::stdio::stdin(), PollFlags::IN),
            PollFd::from_borrowed_fd(stream.as_fd(), PollFlags::IN),
        ];
        match rustix::event::poll(&mut fds, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let [_, keys, host] = fds.map(|fd| !fd.revents().is_empty());
        for signal in signals.take() {
            match signal {
                SIGWINCH => send_size(stream)?,
                SIGTSTP => {
                    raw.pause();
                    Signals::stop_here();
                }
                SIGCONT => {
                    raw.resume();
                    send_size(stream)?;
                }
                SIGCHLD => {}
                _ => return Ok(End::Detached),
            }
        }
        if keys && send_keys(stream)? {
            return Ok(End::Detached);
        }
        if host && let Some(end) = receive(stream, &mut inbox, screen)? {
            return Ok(end);
        }
    }
}

/// Sends what was typed; true if it was the wish to leave.
fn send_keys(mut stream: &UnixStream) -> io::Result<bool> {
    let mut bytes = [0; 4096];
    let count = rustix::io::read(rustix::stdio::stdin(), &mut bytes)?;
    let typed = &bytes[..count];
    let detach = typed.iter().position(|&byte| byte == DETACH);
    let mut wire = Vec::new();
    frame::put(&mut wire, kind::KEYS, &typed[..detach.unwrap_or(count)]);
    io::Write::write_all(&mut stream, &wire)?;
    Ok(count == 0 || detach.is_some())
}

fn send_size(mut stream: &UnixStream) -> io::Result<()> {
    let size = terminal::size();
    let mut wire = Vec::new();
    frame::put(&mut wire, kind::SIZE, &[size.ws_col.to_le_bytes(), size.ws_row.to_le_bytes()].concat());
    io::Write::write_all(&mut stream, &wire)
}

fn receive(mut stream: &UnixStream, inbox: &mut Vec<u8>, screen: &mut Screen) -> io::Result<Option<End>> {
    let mut bytes = [0; 16 << 10];
    let count = io::Read::read(&mut stream, &mut bytes)?;
    if count == 0 {
        return Ok(Some(End::Lost));
    }
    inbox.extend_from_slice(&bytes[..count]);
    while let Some((kind, payload)) = frame::take(inbox).map_err(io::Error::other)? {
        match (kind, payload.as_slice()) {
            (kind::OUTPUT, output) => {
                screen.show(output)?;
            }
            (kind::EXIT, &[code]) => return Ok(Some(End::Exited(code))),
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
    Ok(None)
}
