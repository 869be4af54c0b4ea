//! The driver of a client: one loop, which hands over what came, does what the core says, and sleeps.
//!
//! The loop is that of docs/ARCHITECTURE.md.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::io::Errno;
use rustix::process::WaitOptions;
use signal_hook::consts::{SIGCHLD, SIGCONT, SIGTSTP, SIGWINCH};
use stillwire::Instant;
use stillwire::input::Keys;
use stillwire::link::client::{Client, Config, Event};
use stillwire::link::frame::Role;
use stillwire::link::history::Size;
use stillwire::link::host::Link;
use stillwire::link::reconnect::{Generation, Reason};

use super::keyboard::{Keyboard, Wish};
use super::screen::Screen;
use super::target::Target;
use crate::cli::Notify;
use crate::limits;
use crate::link::Connection;
use crate::os::{self, Interest, Nap, Network, Poller, Ready, Source};
use crate::port::Background;
use crate::signals::Signals;
use crate::terminal::{self, Raw};
use crate::token::random;

const SIGNAL: u64 = 1;
const KEYS: u64 = 2;
const SCREEN: u64 = 3;
const NETWORK: u64 = 4;
/// Of connections, and dials: their generation is in the lower half.
pub(super) const LINK: u64 = 1 << 32;
pub(super) const DIAL: u64 = 2 << 32;

/// Why it is over.
#[derive(Debug)]
pub(super) enum End {
    Exited(u8),
    Detached,
    /// The first dial has failed.
    Unreachable(io::Error),
    Refused(Reason),
}

/// This terminal and its client.
#[derive(Debug)]
pub(super) struct Attach {
    pub(super) client: Client<Vec<u8>>,
    pub(super) target: Target,
    pub(super) poller: Poller,
    nap: Nap,
    /// None: the session is on this machine, or nobody tells.
    network: Option<Network>,
    signals: Signals,
    pub(super) screen: Screen,
    pub(super) notify: Option<Notify>,
    /// None: it has ended.
    input: Option<(OwnedFd, Source)>,
    /// A file cannot be waited for; it can be read at any time.
    always: bool,
    pub(super) raw: Option<Raw>,
    pub(super) keyboard: Keyboard,
    /// Tells keys from the terminal's own answers.
    keys: Keys,
    /// Typed, and not taken yet.
    typed: Vec<u8>,
    pub(super) dial: Option<(Generation, Background<Connection>, Source)>,
    pub(super) link: Option<(Generation, Connection)>,
    /// Whether there ever was a link.
    pub(super) was_live: bool,
    /// What the title says until the next key.
    pub(super) notice: Option<String>,
    /// What this terminal wants to be, which the host may not have granted yet.
    pub(super) wants: Role,
    /// Who took over, as far as the host told.
    pub(super) successor: Option<String>,
    /// How large the session is, by the host.
    pub(super) size: Option<Size>,
    /// What the session waits for, if what is behind it is not there.
    pub(super) trouble: Option<String>,
    /// Why there was no link, as far as standard error was told.
    pub(super) told: Option<Reason>,
    pub(super) was_idle: bool,
    pub(super) buffer: Vec<u8>,
    pub(super) end: Option<End>,
}

impl Attach {
    /// This terminal, attached to nothing yet.
    ///
    /// # Errors
    /// If no descriptor is left.
    pub(super) fn new(target: Target, role: Role, notify: Option<Notify>) -> io::Result<Self> {
        let stdin = rustix::stdio::stdin();
        let screen = Screen::new()?;
        let raw = if rustix::termios::isatty(stdin) { Some(Raw::enter(stdin)?) } else { None };
        let link = if target.is_line() { Link::Lossy } else { Link::Reliable };
        let config = Config { role, link, screen: screen.is_terminal(), ..Config::DEFAULT };
        let (id, seed) = (u64::from_ne_bytes(random()?), u64::from_ne_bytes(random()?));
        let (typed, requests) = (vec![0; limits::TYPED], vec![0; limits::ASKED]);
        let network = if target.stays_here() { None } else { Network::watch().ok() };
        Ok(Self {
            client: Client::new(config, id, seed, typed, requests, os::now()),
            target,
            poller: Poller::new()?,
            nap: Nap::new(),
            network,
            signals: Signals::new()?,
            screen,
            notify,
            input: Some((stdin.try_clone_to_owned()?, Source::new(KEYS))),
            always: false,
            raw,
            keyboard: Keyboard::default(),
            keys: Keys::new(),
            typed: Vec::new(),
            dial: None,
            link: None,
            was_live: false,
            notice: None,
            wants: role,
            successor: None,
            size: None,
            trouble: None,
            told: None,
            was_idle: false,
            buffer: vec![0; limits::BITE],
            end: None,
        })
    }

    /// Runs until the session ends or the user leaves.
    ///
    /// # Errors
    /// If the system cannot wait any more, or nobody reads standard output.
    pub(super) fn run(&mut self) -> io::Result<End> {
        let (mut signals, mut screen) = (Source::new(SIGNAL), Source::new(SCREEN));
        self.poller.set(self.signals.fd(), &mut signals, Interest::READ)?;
        if let Some(network) = &self.network {
            self.poller.set(network.as_fd(), &mut Source::new(NETWORK), Interest::READ)?;
        }
        self.resized(os::now());
        let mut ready = Vec::new();
        self.watch(&mut screen)?;
        loop {
            ready.clear();
            let until = self.poll_at();
            ready.extend_from_slice(self.poller.wait(until)?);
            let now = os::now();
            if self.nap.is_over() {
                self.client.handle_wake(now);
            }
            self.take(now, &ready)?;
            self.due(now);
            self.give(now);
            self.speak(now);
            self.tell(now)?;
            if let Some(end) = self.end.take() {
                return Ok(end);
            }
            self.watch(&mut screen)?;
        }
    }

    /// Hands over what came.
    fn take(&mut self, now: Instant, ready: &[Ready]) -> io::Result<()> {
        for ready in ready {
            self.ready(now, ready.token)?;
        }
        if self.always && self.typed.len() < limits::TYPED {
            self.read_keys(now)?;
        }
        Ok(())
    }

    /// Everything whose time has come.
    fn due(&mut self, now: Instant) {
        if self.client.poll_at().is_some_and(|due| due.at <= now) {
            self.speak(now); // what could not be written while we were stopped is no silence of the host
        }
        self.settle(now);
    }

    /// Tells whoever sits here.
    fn tell(&mut self, now: Instant) -> io::Result<()> {
        self.retitle(now);
        self.screen.flush()
    }

    /// Tells the host, and gives the terminal back.
    pub(super) fn leave(&mut self) {
        let now = os::now();
        self.client.handle_leave(now);
        self.settle(now);
        self.screen.leave();
        self.raw = None;
    }

    fn poll_at(&self) -> Option<Instant> {
        let now = || Some(Instant::ZERO);
        let always = self.always && self.input.is_some() && self.typed.len() < limits::TYPED;
        let ours = if always { now() } else { self.tick_at() };
        [self.client.poll_at().map(|due| due.at), ours].into_iter().flatten().min()
    }

    /// Declares what to wait for.
    fn watch(&mut self, screen: &mut Source) -> io::Result<()> {
        let full = !self.screen.out().is_empty();
        let want = Interest { read: false, write: full };
        // A file takes everything at once, and cannot be waited for.
        let _ = self.poller.set(self.screen.out().fd(), screen, want);
        if let Some((fd, source)) = self.input.as_mut().filter(|_| !self.always) {
            let want = Interest { read: self.typed.len() < limits::TYPED, write: false };
            self.always = self.poller.set(fd.as_fd(), source, want).is_err();
        }
        if let Some((generation, link)) = &mut self.link {
            link.watch(&mut self.poller, LINK | u64::from(generation.get()), !full)?;
        }
        Ok(())
    }

    fn ready(&mut self, now: Instant, token: u64) -> io::Result<()> {
        match token {
            SIGNAL => self.heed(now),
            KEYS => self.read_keys(now)?,
            SCREEN => {}
            NETWORK => {
                let network = self.network.as_ref().inspect(|network| network.drain());
                if network.is_none_or(Network::is_there) {
                    self.client.handle_online(now);
                } else {
                    self.client.handle_offline(now);
                }
            }
            _ if token & DIAL != 0 => self.dialed(now),
            _ => self.hear(now, token),
        }
        Ok(())
    }

    fn heed(&mut self, now: Instant) {
        for signal in self.signals.take() {
            match signal {
                SIGWINCH => self.resized(now),
                SIGTSTP => {
                    if let Some(raw) = &self.raw {
                        raw.pause();
                    }
                    Signals::stop_here();
                }
                SIGCONT => {
                    if let Some(raw) = self.raw.as_ref().filter(|_| terminal::is_ours()) {
                        raw.resume();
                    }
                    self.resized(now);
                }
                // The host, if it was started here; how it ended it tells by itself.
                SIGCHLD => {
                    while rustix::process::wait(WaitOptions::NOHANG).is_ok_and(|ended| ended.is_some()) {}
                }
                _ => self.end = Some(End::Detached),
            }
        }
    }

    fn resized(&mut self, now: Instant) {
        if self.raw.is_some() || self.screen.is_terminal() {
            let size = terminal::size();
            self.client.handle_resize(now, Size { columns: size.ws_col, rows: size.ws_row });
        }
    }

    fn read_keys(&mut self, now: Instant) -> io::Result<()> {
        let Some((fd, source)) = &mut self.input else { return Ok(()) };
        let mut bytes = [0; 4096];
        let keys = match rustix::io::read(&*fd, &mut bytes) {
            Ok(count) if count > 0 => bytes.get(..count).unwrap_or_default(),
            Err(Errno::INTR | Errno::AGAIN) => return Ok(()),
            // The end of a script's input is no reason to leave: what it started goes on. A terminal that is gone is.
            Ok(_) | Err(_) => {
                let _ = self.poller.set(fd.as_fd(), source, Interest::NONE);
                self.input = None;
                if self.raw.is_some() {
                    self.end = Some(End::Detached);
                }
                return Ok(());
            }
        };
        let told = self.notice.take();
        let before = self.typed.len();
        let wishes = if self.raw.is_some() {
            self.keyboard.handle(keys, &mut self.typed)
        } else {
            self.typed.extend_from_slice(keys);
            Vec::new()
        };
        let human = self.keys.handle(now, self.typed.get(before..).unwrap_or_default());
        if self.is_superseded() || self.wants == Role::Viewer {
            self.typed.truncate(before);
            if human {
                self.screen.notify(b"\x07"); // the title says what would be heard
                let what = format!("{}: only watching · Ctrl-] t takes control", self.target);
                if self.raw.is_none() && told.is_none() {
                    eprintln!("[{}: only watching; what is typed goes nowhere]", self.target);
                }
                self.notice = Some(what);
            }
        }
        for wish in wishes {
            match wish {
                Wish::Detach => self.end = Some(End::Detached),
                Wish::Control => self.want(now, Role::Controller),
                Wish::View => self.want(now, Role::Viewer),
                Wish::Reconnect => self.client.handle_user(now),
                Wish::Break => self.ask_for_break(now),
            }
        }
        Ok(())
    }

    fn want(&mut self, now: Instant, role: Role) {
        self.wants = role;
        self.client.handle_role(now, role);
        if self.is_superseded() {
            self.client.handle_user(now);
        }
    }

    /// Hands over what was typed, as far as there is room.
    fn give(&mut self, now: Instant) {
        let count = self.typed.len().min(self.client.wants_input());
        if count > 0 && self.client.handle_typed(now, self.typed.get(..count).unwrap_or_default()).is_ok() {
            self.typed.drain(..count);
        }
    }

    /// Does what the client says until it has nothing more to say.
    fn settle(&mut self, now: Instant) {
        while let Some(event) = self.client.poll(now) {
            match event {
                Event::Dial(generation) => self.start_dial(now, generation),
                Event::Close(generation, _) => self.close(now, generation),
                Event::Status(status) => self.status(status),
                Event::TypedLost(_) => self.screen.notify(b"\x07"),
                _ => {}
            }
        }
    }
}
