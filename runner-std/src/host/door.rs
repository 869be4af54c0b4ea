//! The host's side of `attach`: one guest at a time, the newest wins.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags};
use rustix::termios::Winsize;
use stillwire::scan::{Mode, Modes};

use super::frame::{self, kind};
use crate::outlet::Outlet;
use crate::port::pty::Pty;
use crate::terminal;

/// Output that waits for a slow guest; one that is further behind is sent away.
const BEHIND: usize = 4 << 20;
/// Output that a guest is shown at first: a screen full of it.
const RECENT: usize = 4 << 10;

/// A listening socket and whoever came through it.
#[derive(Debug)]
pub struct Door {
    listener: UnixListener,
    path: PathBuf,
    guest: Option<Guest>,
    /// The last output, for a guest to begin with.
    recent: Vec<u8>,
}

#[derive(Debug)]
struct Guest {
    stream: UnixStream,
    out: Outlet,
    inbox: Vec<u8>,
}

impl Door {
    /// Serves a socket that `runtime::listen` opened.
    pub const fn new(listener: UnixListener, path: PathBuf) -> Self {
        Self { listener, path, guest: None, recent: Vec::new() }
    }

    /// Adds what is to be waited for; no keys while the session has not taken the last ones.
    pub fn interest<'a>(&'a self, fds: &mut Vec<PollFd<'a>>, keys: bool) {
        fds.push(PollFd::new(&self.listener, PollFlags::IN));
        if let Some(guest) = &self.guest {
            let mut events = PollFlags::empty();
            events.set(PollFlags::IN, keys);
            events.set(PollFlags::OUT, !guest.out.is_empty());
            fds.push(PollFd::new(&guest.stream, events));
        }
    }

    /// Lets people in and takes what they send: keys, and a new size that has been applied.
    pub fn serve(&mut self, pty: &Pty, modes: &Modes) -> (Vec<u8>, Option<Winsize>) {
        if let Ok((stream, _)) = self.listener.accept() {
            self.guest = Guest::new(stream).ok();
            self.welcome(modes);
        }
        let (mut keys, mut size) = (Vec::new(), None);
        if let Some(guest) = &mut self.guest
            && guest.receive(&mut keys, &mut size).is_err()
        {
            self.guest = None;
        }
        if let Some(size) = size {
            // A size that differs makes every program repaint, even if this guest's is the one before it.
            pty.resize(Winsize { ws_row: size.ws_row.saturating_sub(1).max(1), ..size });
            pty.resize(size);
        }
        (keys, size)
    }

    /// The session printed this.
    pub fn show(&mut self, bytes: &[u8]) {
        self.recent.extend_from_slice(bytes);
        self.recent.drain(..self.recent.len().saturating_sub(RECENT));
        self.send(bytes);
    }

    /// A guest begins with the modes in force and the last lines; a full screen is repainted for its size anyway.
    fn welcome(&mut self, modes: &Modes) {
        self.send(&terminal::stir(modes));
        if !modes.is_on(Mode::AlternateScreen) {
            let line = self.recent.iter().position(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            let begin = if self.recent.len() < RECENT { 0 } else { line };
            let recent = self.recent.split_off(begin);
            self.send(&recent);
            self.recent = recent;
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        if let Some(guest) = &mut self.guest
            && guest.send(kind::OUTPUT, bytes).is_err()
        {
            self.guest = None;
        }
    }

    /// The session is over.
    pub fn close(&mut self, code: u8) {
        if let Some(mut guest) = self.guest.take() {
            let _ = guest.send(kind::EXIT, &[code]);
            let _ = guest.stream.set_nonblocking(false);
            let _ = guest.stream.set_write_timeout(Some(std::time::Duration::from_secs(1)));
            let _ = guest.out.flush();
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Guest {
    fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let out = Outlet::nonblocking(stream.as_fd().try_clone_to_owned()?);
        Ok(Self { stream, out, inbox: Vec::new() })
    }

    fn send(&mut self, kind: u8, payload: &[u8]) -> io::Result<()> {
        let mut wire = Vec::with_capacity(payload.len() + 3);
        frame::put(&mut wire, kind, payload);
        self.out.write(&wire)?;
        if self.out.len() > BEHIND { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    fn receive(&mut self, keys: &mut Vec<u8>, size: &mut Option<Winsize>) -> io::Result<()> {
        self.out.flush()?;
        let mut bytes = [0; 4096];
        match rustix::io::read(&self.stream, &mut bytes) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => self.inbox.extend_from_slice(&bytes[..count]),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        while let Some((kind, payload)) = frame::take(&mut self.inbox).map_err(io::Error::other)? {
            match (kind, payload.as_slice()) {
                (kind::KEYS, typed) => keys.extend_from_slice(typed),
                (kind::SIZE, &[a, b, c, d]) => {
                    let (ws_col, ws_row) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
                    *size = Some(Winsize { ws_col, ws_row, ws_xpixel: 0, ws_ypixel: 0 });
                }
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        Ok(())
    }
}
