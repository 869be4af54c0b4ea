//! The driver of a client: one loop, which hands over what came, does what the core says, and sleeps.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::io::Errno;
use signal_hook::consts::{SIGCHLD, SIGCONT, SIGTSTP, SIGWINCH};
use stillwire::idle::{self, Status as Session};
use stillwire::input::Keys;
use stillwire::link::client::{Client, Config, Event};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::Role;
use stillwire::link::history::Size;
use stillwire::link::reconnect::{Generation, Reason, Status};
use stillwire::{Duration, Instant};

use super::keyboard::{Keyboard, Wish};
use super::screen::Screen;
use super::target::Target;
use crate::cli::Notify;
use crate::limits;
use crate::link::Connection;
use crate::os::{self, Interest, Nap, Network, Poller, Source};
use crate::port::Background;
use crate::port::pty::exit_code;
use crate::signals::Signals;
use crate::terminal::{self, Raw};
use crate::token::random;
use crate::watch::notify;

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
    notify: Option<Notify>,
    /// None: it has ended.
    input: Option<(OwnedFd, Source)>,
    /// A file cannot be waited for; it can be read at any time.
    always: bool,
    raw: Option<Raw>,
    keyboard: Keyboard,
    /// Tells keys from the terminal's own answers.
    keys: Keys,
    /// Typed, and not taken yet.
    typed: Vec<u8>,
    pub(super) dial: Option<(Generation, Background<Connection>, Source)>,
    pub(super) link: Option<(Generation, Connection)>,
    /// Whether there ever was a link.
    pub(super) was_live: bool,
    /// What this terminal wants to be, which the host may not have granted yet.
    wants: Role,
    /// Another terminal took over, and this one watches until somebody types.
    superseded: bool,
    was_idle: bool,
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
        let config = Config { role, screen: screen.is_terminal(), ..Config::DEFAULT };
        let (id, seed) = (u64::from_ne_bytes(random()?), u64::from_ne_bytes(random()?));
        let (typed, requests) = (vec![0; limits::TYPED], Vec::new());
        let network = if target.is_local() { None } else { Network::watch().ok() };
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
            wants: role,
            superseded: false,
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
        loop {
            self.watch(&mut screen)?;
            ready.clear();
            let until = self.poll_at();
            ready.extend_from_slice(self.poller.wait(until)?);
            let now = os::now();
            if self.nap.is_over() {
                self.client.handle_wake(now);
            }
            for ready in &ready {
                self.ready(now, ready.token)?;
            }
            if self.always && self.typed.len() < limits::TYPED {
                self.read_keys(now)?;
            }
            self.speak(now); // what could not be written while we were stopped is no silence of the host
            self.poll(now);
            self.offer(now);
            self.speak(now);
            self.poll(now);
            self.retitle(now);
            self.screen.flush()?;
            if let Some(end) = self.end.take() {
                return Ok(end);
            }
        }
    }

    /// Tells the host, and gives the terminal back.
    pub(super) fn leave(&mut self) {
        let now = os::now();
        self.client.handle_leave(now);
        self.poll(now);
        self.screen.leave();
        self.raw = None;
    }

    fn poll_at(&self) -> Option<Instant> {
        let now = || Some(Instant::ZERO);
        let always = self.always && self.input.is_some() && self.typed.len() < limits::TYPED;
        // While there is no link the title counts the seconds.
        let counts = self.client.status() == Status::Syncing && self.was_live && self.screen.is_terminal();
        let tick = || {
            let micros = self.client.silence(os::now())?.as_micros();
            Some(os::now().after(Duration::from_micros(1_000_000 - micros % 1_000_000)))
        };
        let ours = if always {
            now()
        } else if counts {
            tick()
        } else {
            None
        };
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
                if let Some(network) = &self.network {
                    network.drain();
                }
                self.client.handle_online(now);
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
                SIGCHLD => {}
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
        let before = self.typed.len();
        let wishes = if self.raw.is_some() {
            self.keyboard.handle(keys, &mut self.typed)
        } else {
            self.typed.extend_from_slice(keys);
            Vec::new()
        };
        let human = self.keys.handle(now, self.typed.get(before..).unwrap_or_default());
        if self.superseded && human {
            self.control(now);
        } else if self.wants == Role::Viewer {
            self.typed.truncate(before);
        }
        for wish in wishes {
            match wish {
                Wish::Detach => self.end = Some(End::Detached),
                Wish::Control => self.control(now),
                Wish::View => self.want(now, Role::Viewer),
                Wish::Reconnect => self.client.handle_user(now),
            }
        }
        Ok(())
    }

    fn control(&mut self, now: Instant) {
        self.superseded = false;
        self.want(now, Role::Controller);
    }

    fn want(&mut self, now: Instant, role: Role) {
        self.wants = role;
        self.client.handle_role(now, role);
    }

    /// Hands over what was typed, as far as there is room.
    fn offer(&mut self, now: Instant) {
        let count = self.typed.len().min(self.client.wants_input());
        if count > 0 && self.client.handle_typed(now, self.typed.get(..count).unwrap_or_default()).is_ok() {
            self.typed.drain(..count);
        }
    }

    /// Does what the client says.
    fn poll(&mut self, now: Instant) {
        while let Some(event) = self.client.poll(now) {
            match event {
                Event::Dial(generation) => self.start_dial(now, generation),
                Event::Close(generation, _) => self.close(now, generation),
                Event::Status(status) => self.status(now, status),
                Event::TypedLost(_) => self.screen.notify(b"\x07"),
                _ => {}
            }
        }
    }

    fn status(&mut self, now: Instant, status: Status) {
        match status {
            Status::Ended => {
                let code = match self.client.session_status() {
                    Some((Session::Exited(exit), _)) => exit_code(exit),
                    _ => 0,
                };
                self.end = Some(End::Exited(code));
            }
            // Whoever took over is not to be fought; but one may watch, until the user wants it back.
            Status::Disconnected(Reason::Closed(CloseReason::Superseded)) => {
                self.superseded = true;
                self.want(now, Role::Viewer);
                self.client.handle_user(now);
            }
            Status::Disconnected(reason @ Reason::Closed(closed)) => {
                let over = self.target.is_local() && closed == CloseReason::GoingAway;
                if over || closed.next() == stillwire::link::close::Next::Park {
                    self.end = Some(End::Refused(reason));
                }
            }
            _ => {}
        }
    }

    /// What the title says of the link and the session.
    fn retitle(&mut self, now: Instant) {
        if !self.screen.is_terminal() {
            return;
        }
        let name = self.target.to_string();
        let session = self.client.session_status().map(|(status, _)| status);
        let idle = session.and_then(Session::reason).map(idle::Reason::as_str);
        let spoken = idle.map(|reason| format!("{name} is idle ({})", reason.replace('_', " ")));
        let title = match self.client.status() {
            _ if self.keyboard.is_menu() => {
                Some("d detach · c control · v view · r reconnect · Ctrl-] itself".into())
            }
            Status::Live if self.superseded => {
                Some(format!("{name}: another terminal took over; type to take it back"))
            }
            Status::Live => spoken.clone(),
            Status::Syncing if !self.was_live => None,
            Status::Syncing => {
                let silence = self.client.silence(now).map_or(0, Duration::as_secs);
                Some(format!("{name}: syncing, last contact {silence} s ago"))
            }
            Status::Disconnected(reason) => Some(format!("{name}: disconnected ({})", reason_text(reason))),
            Status::Ended => None,
        };
        self.screen.title(title);
        let was_idle = std::mem::replace(&mut self.was_idle, idle.is_some());
        if let (Some(how), Some(spoken), false) = (self.notify, spoken, was_idle) {
            self.screen.notify(&notify::notification(how, &spoken));
        }
    }
}

fn reason_text(reason: Reason) -> String {
    reason.as_str().replace('_', " ")
}
