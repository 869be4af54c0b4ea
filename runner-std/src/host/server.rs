//! The driver of a host: one loop, which hands over what came, does what the core says, and sleeps.
//!
//! The loop is that of docs/ARCHITECTURE.md.

use std::io;

use stillwire::link::close::CloseReason;
use stillwire::link::host::{Config, Event, Host, Peer, PeerId, Session};
use stillwire::link::pace;
use stillwire::{Instant, idle, monitor};

use super::agenda::Agenda;
use super::doors::Kept;
use super::fleet::Fleet;
use super::guests::Guest;
use super::metrics::Metrics;
use super::reports::Reports;
use super::requests::Request;
use super::seats::Seat;
use super::supervisor::Supervisor;
use crate::door::Door;
use crate::limits;
use crate::os::{self, Interest, Nap, Poller, Ready, Source};
use crate::signals::Signals;
use crate::token::Token;

/// What a token of the poller stands for: its highest byte; the rest says which.
pub(super) mod kind {
    pub(crate) const SIGNAL: u64 = 1 << 56;
    pub(crate) const DOOR: u64 = 2 << 56;
    pub(crate) const PORT: u64 = 3 << 56;
    pub(crate) const GUEST: u64 = 4 << 56;
    pub(crate) const REQUEST: u64 = 5 << 56;
    pub(crate) const EVENTS: u64 = 6 << 56;
    pub(crate) const SUPERVISOR: u64 = 7 << 56;
    pub(crate) const FLEET: u64 = 9 << 56;
    pub(crate) const MASK: u64 = 0xFF << 56;
}

/// The core, with vectors for storage.
pub(super) type Core = Host<Vec<Peer>, Vec<Session<Vec<u8>>>, Vec<u8>>;

/// A host that runs.
#[derive(Debug)]
pub(super) struct Server {
    pub core: Core,
    /// When it began; all instants here count from then.
    pub zero: Instant,
    pub poller: Poller,
    /// Whether the machine slept.
    pub nap: Nap,
    pub signals: Signals,
    pub doors: Vec<Door>,
    /// One for each session of the core.
    pub seats: Vec<Seat>,
    /// One for each peer of the core, by its slot.
    pub guests: Vec<Option<Guest>>,
    /// Those who ask for something that is no session.
    pub requests: Vec<Option<Request>>,
    pub token: Option<Token>,
    /// So many clients may be in at the same time.
    pub max_peers: usize,
    /// Files that are there for as long as the host.
    pub kept: Kept,
    /// Who started this host, if he wants to know what becomes of it.
    pub supervisor: Option<Supervisor>,
    pub buffer: Vec<u8>,
    /// Those who watch from elsewhere.
    pub fleet: Option<Fleet>,
    /// Who is told what happens here.
    pub reports: Reports,
    pub metrics: Option<Metrics>,
    /// When somebody typed last.
    pub typed: Instant,
    /// Somebody had more to say than its turn was long.
    pub again: bool,
    /// What has to be looked at.
    pub agenda: Agenda,
    /// Sessions that are not over.
    pub open: usize,
    /// Bytes that all of them printed.
    pub printed: u64,
    /// Somebody may wait for a screen.
    pub waiting: bool,
    /// What lists of sessions show has changed.
    pub changed: bool,
    /// When those who follow output are told of it.
    pub news_at: Option<Instant>,
    /// Until when the terminal that it was started in may attach, though all is over.
    pub expects: Option<Instant>,
    /// Since when it ends, whatever happens, and with what code.
    pub leaving: Option<(Instant, u8)>,
}

impl Server {
    /// A host with these sessions.
    ///
    /// # Errors
    /// If no descriptor is left.
    pub(super) fn new(
        config: Config,
        peers: u16,
        sessions: Vec<Session<Vec<u8>>>,
        seats: Vec<Seat>,
        zero: Instant,
    ) -> io::Result<Self> {
        let count = usize::from(peers) + limits::KNOCKS;
        let storage = vec![0; limits::ANSWERS];
        let (agenda, open) = (Agenda::new(seats.len()), seats.len());
        let core = Host::new(config, vec![Peer::new(); count], sessions, storage, Instant::ZERO);
        Ok(Self {
            core,
            zero,
            poller: Poller::new()?,
            nap: Nap::new(),
            signals: Signals::new()?,
            doors: Vec::new(),
            seats,
            guests: (0..count).map(|_| None).collect(),
            requests: Vec::new(),
            token: None,
            max_peers: usize::from(peers),
            kept: Kept::default(),
            supervisor: None,
            buffer: vec![0; limits::BITE],
            fleet: None,
            reports: Reports::default(),
            metrics: None,
            typed: Instant::ZERO,
            again: false,
            agenda,
            open,
            printed: 0,
            waiting: false,
            changed: false,
            news_at: None,
            expects: None,
            leaving: None,
        })
    }

    /// Serves until nobody is left to be served, and returns the exit code.
    ///
    /// # Errors
    /// If the system cannot wait any more, which no host survives.
    pub(super) fn run(&mut self) -> io::Result<u8> {
        let mut signals = Source::new(kind::SIGNAL);
        self.poller.set(self.signals.fd(), &mut signals, Interest::READ)?;
        for door in &mut self.doors {
            door.watch(&mut self.poller, Interest::READ)?;
        }
        // A command that was over before its end could be told.
        self.reap();
        self.again = true;
        // What a session prints is read from the start, whoever comes.
        self.watch_ports();
        let mut ready = Vec::new();
        loop {
            ready.clear();
            let until = self.poll_at().map(|at| self.zero.after(at.since(Instant::ZERO)));
            ready.extend_from_slice(self.poller.wait(until)?);
            let now = self.now();
            self.woke(now, until);
            self.take(now, &ready);
            self.due(now);
            self.give(now);
            self.speak(now);
            self.tell(now);
            if let Some(code) = self.over(now) {
                return Ok(code);
            }
            self.watch_ports();
        }
    }

    /// The wait is over, which was to end at `until`.
    fn woke(&mut self, now: Instant, until: Option<Instant>) {
        if let Some(metrics) = &self.metrics {
            metrics.woke(until, self.zero.after(now.since(Instant::ZERO)));
        }
        if self.nap.is_over() {
            self.core.handle_wake(now);
        }
    }

    /// Hands over what came. Keys first, and to the ports at once: what is printed meanwhile is told again.
    fn take(&mut self, now: Instant, ready: &[Ready]) {
        let is_port = |ready: &&Ready| ready.token & kind::MASK == kind::PORT;
        for ready in ready.iter().filter(|ready| !is_port(ready)) {
            self.ready(now, *ready);
        }
        // A new size comes before the keys that were typed behind it.
        if ready.iter().any(|ready| ready.token & kind::MASK == kind::GUEST) {
            self.settle(now);
        }
        self.give(now);
        let bite = self.bite(now, ready.iter().filter(is_port).count());
        for ready in ready.iter().filter(is_port) {
            self.port_ready(now, *ready, bite);
        }
    }

    /// Tells those who follow from elsewhere.
    fn tell(&mut self, now: Instant) {
        self.tell_fleet(now);
        self.tell_requests();
        if let Some(supervisor) = &mut self.supervisor {
            supervisor.poll(now, &mut self.poller);
        }
    }

    /// Time since the host began.
    pub(super) fn now(&self) -> Instant {
        Instant::ZERO.after(os::now().since(self.zero))
    }

    fn poll_at(&self) -> Option<Instant> {
        if self.again {
            return Some(Instant::ZERO);
        }
        let requests = self.requests.iter().flatten().filter_map(Request::poll_at);
        let core = self.core.poll_at().map(|due| due.at);
        requests
            .chain(core)
            .chain(self.agenda.poll_at())
            .chain(self.leaving.map(|(at, _)| at))
            .chain(self.expects)
            .chain(self.news_at)
            .chain(self.supervisor.as_ref().and_then(Supervisor::poll_at))
            .chain(self.screen_at())
            .chain(self.fleet.as_ref().and_then(Fleet::poll_at))
            .min()
    }

    fn ready(&mut self, now: Instant, Ready { token, read, write }: Ready) {
        let index = usize::try_from(token & 0xFFFF).unwrap_or(usize::MAX);
        match token & kind::MASK {
            kind::SIGNAL => self.heed(now),
            kind::DOOR => self.knocked(now, index),
            kind::GUEST => {
                let generation = u32::try_from(token >> 16 & 0xFFFF_FFFF).unwrap_or(0);
                let slot = u16::try_from(index).unwrap_or(u16::MAX);
                let peer = PeerId { slot, generation };
                self.agenda.ask(peer);
                if read {
                    self.hear(now, peer);
                    if let Some(metrics) = &mut self.metrics {
                        metrics.heard(peer, self.core.peers());
                    }
                }
            }
            kind::REQUEST if read => self.hear_request(index),
            kind::EVENTS if write => self.flush_events(),
            kind::SUPERVISOR => {
                if let Some(supervisor) = &mut self.supervisor {
                    supervisor.flush(&mut self.poller);
                }
            }
            kind::FLEET => {
                if let Some(fleet) = &mut self.fleet {
                    fleet.ready(now, &mut self.poller, Ready { token, read, write });
                }
            }
            _ => {} // what can be written is written in its turn
        }
    }

    /// A port has something, or takes something.
    fn port_ready(&mut self, now: Instant, Ready { token, read, .. }: Ready, bite: usize) {
        let index = usize::try_from(token & 0xFFFF).unwrap_or(usize::MAX);
        self.agenda.touch(index);
        if read {
            self.take_from(now, index, bite);
        }
    }

    /// Everything whose time has come. A foreground job is looked at only here, where a verdict is about to fall.
    fn due(&mut self, now: Instant) {
        while let Some(seat) = self.agenda.due(now).and_then(|session| self.seats.get_mut(session)) {
            seat.poll(now, &mut self.poller);
        }
        if self.core.poll_at().is_some_and(|due| due.at <= now) {
            self.look(now); // first: whatever is polled then falls
            self.speak(now); // what could not be written while we were stopped is no silence of a peer
        }
        self.settle(now);
    }

    /// Looks at the jobs that a verdict is about.
    fn look(&mut self, now: Instant) {
        let leaving = self.core.linger().poll_at().is_some_and(|due| due.at <= now);
        let due: Vec<(usize, idle::Due)> = if leaving {
            (0..self.seats.len()).map(|session| (session, idle::Due::Confirm)).collect()
        } else {
            let verdict = |due| match due {
                monitor::Due::Idle(due @ (idle::Due::Quiet | idle::Due::Confirm)) => Some(due),
                _ => None,
            };
            let due = self.core.due_sessions(now);
            due.filter_map(|(session, due)| Some((session, verdict(due)?))).collect()
        };
        for (session, due) in due {
            if let Some(hint) = self.seats.get_mut(session).and_then(|seat| seat.sample(now, due)) {
                self.core.handle_hint(now, session, hint);
            }
        }
    }

    pub(super) fn handle(&mut self, now: Instant, event: Event) {
        self.note(&event);
        self.note_fleet(now, &event);
        if let Some(metrics) = &mut self.metrics {
            metrics.note(now, &event, self.core.peers());
        }
        match event {
            Event::Attached { .. } => self.expects = None,
            Event::Screen { peer, session, first } => self.wanted(peer, session, first),
            Event::Detached { peer, .. } => self.part(peer),
            Event::Resize { session, size } => {
                if let Some(seat) = self.seats.get_mut(session) {
                    seat.resize(now, size);
                }
            }
            Event::Status { session, event } => {
                let evidence = self.core.session(session).map(Session::evidence);
                if let Some((seat, evidence)) = self.seats.get_mut(session).zip(evidence) {
                    seat.status(event, evidence);
                }
                self.tell_status(session, event);
            }
            Event::Pace { session, event } => {
                if let Some(seat) = self.seats.get_mut(session) {
                    seat.held = event == pace::Event::Hold;
                }
                self.agenda.touch(session);
            }
            Event::Exit(_) => self.leave(now, CloseReason::IdleExit),
            _ => {}
        }
    }
}
