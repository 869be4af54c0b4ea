//! When to dial again, and when to leave it: [`Reconnect`].
//!
//! ```text
//!                                      ┌── Due::Stuck, dialed again
//!                                      ▼   │
//!   new ──▶ Down ── Due::Dial ──────▶ Dialing ── handle_open ──▶ Up ── online, wake, visible: Event::Probe
//!            ▲      online, wake,      │                         │
//!            │      visible, user      │                         │
//!            ├── Due::DialTimeout ─────┤                         │
//!            └── handle_closed, to be retried ── handle_silent ──┤── handle_silent, asked by us: Dialing
//!                                                                │
//!   any ── handle_closed, not to be retried; handle_leave ──▶ Parked ── user ──▶ Dialing
//! ```
//!
//! The machine says what to dial and what to close; the driver holds the connections. Each attempt has a
//! [`Generation`], and what comes from an older one is refused before anything is changed.
//!
//! *Online*, *wake* and *visible* are news of the network: they are acted on at once, and then ignored for a moment,
//! because they come in bursts. They never tear down a link, and never trust one that says it is open. *Offline* is
//! a hint and no fact (a loopback host is reached without a network, and some systems never say *online* again):
//! it changes what is told, and dialing goes on at the pace of the backoff.

mod types;

use crate::deadline::{Clock, Deadline};
use crate::link::backoff::Backoff;
use crate::link::close::{CloseReason, Next};
use crate::link::late::comes;
use crate::time::{Duration, Instant};
pub use types::{Config, Due, Event, Generation, Reason, Stale, Status};

/// A dial that timed out and the next one: more cannot fall due without an input between them.
const MAX_DUE: usize = 2;
/// No dial is given up sooner, whatever the configuration says.
const SHORTEST: Duration = Duration::from_millis(1);

/// Keeps one link to one host: dials, waits, and knows when not to.
///
/// - **Inputs** of a connection, each under its generation: [`handle_open`](Self::handle_open),
///   [`handle_alive`](Self::handle_alive), [`handle_closed`](Self::handle_closed), [`handle_silent`](Self::handle_silent).
/// - **Inputs** of the world: [`handle_online`](Self::handle_online), [`handle_offline`](Self::handle_offline),
///   [`handle_wake`](Self::handle_wake), [`handle_visible`](Self::handle_visible), [`handle_user`](Self::handle_user),
///   [`handle_leave`](Self::handle_leave).
/// - **Outputs**: [`poll`](Self::poll) until it says None (at most three events), then sleep
///   until [`poll_at`](Self::poll_at). Hand in what the connections say before polling.
/// - **Getters**: [`status`](Self::status), [`silence`](Self::silence), [`generation`](Self::generation).
///
/// ```
/// use stillwire::Instant;
/// use stillwire::link::close::CloseReason;
/// use stillwire::link::reconnect::{Config, Event, Reconnect, Status};
///
/// let mut reconnect = Reconnect::new(Config::DEFAULT, 42, Instant::ZERO);
/// let Some(Event::Dial(first)) = reconnect.poll(Instant::ZERO) else { panic!() };
/// reconnect.handle_open(Instant::from_secs(1), first).unwrap();
/// assert_eq!(reconnect.poll(Instant::from_secs(1)), Some(Event::Status(Status::Live)));
///
/// reconnect.handle_closed(Instant::from_secs(60), first, CloseReason::Abnormal).unwrap();
/// assert_eq!(reconnect.poll(Instant::from_secs(60)), Some(Event::Status(Status::Syncing)));
/// let due = reconnect.poll_at().unwrap().at; // a driver sleeps until then
/// let Some(Event::Dial(second)) = reconnect.poll(due) else { panic!() };
/// assert!(reconnect.handle_open(due, first).is_err()); // a late callback of the old connection
/// assert!(reconnect.handle_open(due, second).is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Reconnect {
    config: Config,
    clock: Clock,
    backoff: Backoff,
    phase: Phase,
    /// Of the last attempt.
    generation: Generation,
    /// The attempt that the driver was told to make and still holds.
    held: Option<Generation>,
    /// News of the network is ignored before this.
    deaf_until: Instant,
    /// The last sign of life of the host.
    alive: Option<Instant>,
    /// What went wrong since there was a link.
    trouble: Option<Reason>,
    /// The status that was told last.
    told: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Phase {
    /// Waits. News of the network cuts the wait short, but not to before `earliest`.
    Down { until: Instant, earliest: Instant },
    /// Dials, and has heard or not that the network came back since.
    Dialing { since: Instant, nudged: bool },
    /// The link is open. In doubt: what was known of it is void until the next sign of life.
    Up { since: Instant, doubt: bool, probe: Probe },
    /// Waits for the user.
    Parked,
}

/// Whether the link is to be probed for the sake of news of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Probe {
    None,
    Wanted,
    /// It was told, and no sign of life came since.
    Asked,
}

impl Reconnect {
    /// A client that wants a link from `now` on. `seed` has to differ from client to client, see [`Backoff::new`].
    pub const fn new(config: Config, seed: u64, now: Instant) -> Self {
        Self {
            config,
            clock: Clock::new(now),
            backoff: Backoff::new(config.backoff, seed),
            phase: Phase::Down { until: now, earliest: now },
            generation: Generation::NONE,
            held: None,
            deaf_until: Instant::ZERO,
            alive: None,
            trouble: None,
            told: Status::Syncing,
        }
    }

    /// The link is open: the host's welcome is in, not only a socket's handshake. It is a sign of life.
    pub fn handle_open(&mut self, now: Instant, generation: Generation) -> Result<(), Stale> {
        self.check(generation)?;
        // A dial that ran out while nobody polled is not blamed for that.
        if let Phase::Dialing { .. } = self.phase {
            let since = self.clock.clamp(now);
            self.phase = Phase::Up { since, doubt: false, probe: Probe::None };
            self.trouble = None;
        }
        self.handle_alive(now, generation)
    }

    /// A sign of life: any byte came.
    pub fn handle_alive(&mut self, now: Instant, generation: Generation) -> Result<(), Stale> {
        self.check(generation)?;
        self.alive = Some(self.clock.clamp(now));
        if let Phase::Up { doubt, probe, .. } = &mut self.phase {
            (*doubt, *probe) = (false, Probe::None);
        }
        Ok(())
    }

    /// The connection is gone, or the dial has failed ([`CloseReason::Abnormal`] if nobody said why).
    pub fn handle_closed(
        &mut self,
        now: Instant,
        generation: Generation,
        reason: CloseReason,
    ) -> Result<(), Stale> {
        self.check(generation)?;
        let now = self.clock.clamp(now);
        self.held = None;
        match reason.next() {
            Next::Park => self.park(Reason::Closed(reason)),
            Next::Retry if matches!(self.phase, Phase::Up { .. }) => self.wait(now, Duration::ZERO, None),
            Next::Retry => self.wait(now, Duration::ZERO, Some(Reason::Closed(reason))),
            Next::RetryLater => self.wait(now, self.config.later, Some(Reason::Closed(reason))),
        }
        Ok(())
    }

    /// The link is silent beyond its measure: a watchdog ran out, or a probe. It is replaced: at once if we had asked
    /// for the probe and the link had been stable, else after the backoff, since others may have lost theirs at the same
    /// instant. A dial is given up.
    pub fn handle_silent(&mut self, now: Instant, generation: Generation) -> Result<(), Stale> {
        self.check(generation)?;
        let now = self.clock.clamp(now);
        match self.phase {
            Phase::Up { since, probe: Probe::Asked, .. } if now.since(since) >= self.config.stable => {
                self.backoff.reset();
                self.dial(now);
            }
            Phase::Up { .. } => self.wait(now, Duration::ZERO, None),
            _ => self.wait(now, Duration::ZERO, Some(Reason::Silent)),
        }
        Ok(())
    }

    /// The system says that there is a network, again or another one.
    pub fn handle_online(&mut self, now: Instant) {
        let now = self.advance(now);
        self.nudge(now);
    }

    /// The system says that there is no network.
    pub fn handle_offline(&mut self, now: Instant) {
        self.advance(now);
        if let Phase::Up { doubt, .. } = &mut self.phase {
            *doubt = true;
        }
    }

    /// The machine slept and woke: the clock of the time since boot ran ahead of that of the time awake by 2 s or more.
    pub fn handle_wake(&mut self, now: Instant) {
        let now = self.advance(now);
        if let Phase::Up { doubt, .. } = &mut self.phase {
            *doubt = true;
        }
        self.nudge(now);
    }

    /// The page is visible again: its timers may have stood still.
    pub fn handle_visible(&mut self, now: Instant) {
        let now = self.advance(now);
        self.nudge(now);
    }

    /// The user asks for the link: by a button, or a key while there is none. The only way out of Parked.
    pub fn handle_user(&mut self, now: Instant) {
        let now = self.advance(now);
        match &mut self.phase {
            Phase::Down { .. } => self.dial(now),
            Phase::Parked => {
                self.trouble = None;
                self.dial(now);
            }
            Phase::Dialing { nudged, .. } => *nudged = true,
            Phase::Up { probe, .. } => *probe = Probe::Wanted,
        }
        self.advance(now);
    }

    /// The user leaves: what there is, is closed, and nothing is dialed until they ask.
    pub fn handle_leave(&mut self, now: Instant) {
        self.advance(now);
        if self.phase != Phase::Parked {
            self.park(Reason::Left);
        }
    }

    /// When to poll next, and why. None: only input can change anything.
    pub fn poll_at(&self) -> Option<Deadline<Due>> {
        if self.has_news() {
            return Some(Deadline { at: self.clock.latest(), reason: Due::News });
        }
        self.due()
    }

    /// What has to be done or told, in the order in which to do it.
    pub fn poll(&mut self, now: Instant) -> Option<Event> {
        self.advance(now);
        let wanted = self.wanted();
        if let Some(held) = self.held.filter(|held| Some(*held) != wanted) {
            self.held = None;
            return Some(Event::Close(held));
        }
        if let Some(wanted) = wanted.filter(|_| self.held.is_none()) {
            self.held = Some(wanted);
            return Some(Event::Dial(wanted));
        }
        if let Phase::Up { probe: probe @ Probe::Wanted, .. } = &mut self.phase {
            *probe = Probe::Asked;
            return Some(Event::Probe(self.generation));
        }
        let status = self.status();
        if status != self.told {
            self.told = status;
            return Some(Event::Status(status));
        }
        None
    }

    /// What the user is told.
    pub const fn status(&self) -> Status {
        match (self.phase, self.trouble) {
            (Phase::Up { doubt: false, .. }, _) => Status::Live,
            (Phase::Parked, Some(Reason::Closed(CloseReason::ChildExited))) => Status::Ended,
            (Phase::Up { .. }, _) | (_, None) => Status::Syncing,
            (_, Some(reason)) => Status::Disconnected(reason),
        }
    }

    /// The time since the last sign of life, whatever the status; None: there never was one.
    pub fn silence(&self, now: Instant) -> Option<Duration> {
        self.alive.map(|alive| now.since(alive))
    }

    /// The attempt or the link that counts now, if there is one.
    pub fn generation(&self) -> Option<Generation> {
        self.wanted()
    }

    /// Whoever speaks has to be of the attempt that counts.
    fn check(&self, generation: Generation) -> Result<(), Stale> {
        let current = self.held == Some(generation) && self.wanted() == self.held;
        if current { Ok(()) } else { Err(Stale(generation)) }
    }

    /// The attempt that the driver should hold.
    fn wanted(&self) -> Option<Generation> {
        matches!(self.phase, Phase::Dialing { .. } | Phase::Up { .. }).then_some(self.generation)
    }

    fn has_news(&self) -> bool {
        let probe = matches!(self.phase, Phase::Up { probe: Probe::Wanted, .. });
        probe || self.held != self.wanted() || self.told != self.status()
    }

    /// News of the network.
    fn nudge(&mut self, now: Instant) {
        // What was put in doubt within a burst is still asked for, once.
        let unasked = matches!(self.phase, Phase::Up { doubt: true, probe: Probe::None, .. });
        if now < self.deaf_until && !unasked {
            return;
        }
        self.deaf_until = now.after(self.config.burst);
        match &mut self.phase {
            Phase::Down { until, earliest } => *until = (*earliest).max(now).min(*until),
            Phase::Dialing { nudged, .. } => *nudged = true,
            Phase::Up { probe, .. } => *probe = Probe::Wanted,
            Phase::Parked => {}
        }
        self.advance(now);
    }

    /// Lets everything happen that was due by `now`. A dial that comes late begins now.
    fn advance(&mut self, now: Instant) -> Instant {
        let now = self.clock.clamp(now);
        for _ in 0..MAX_DUE {
            match self.due() {
                Some(due) if due.at <= now => match due.reason {
                    Due::DialTimeout => self.wait(now, Duration::ZERO, Some(Reason::DialTimeout)),
                    _ => self.dial(now),
                },
                _ => break,
            }
        }
        now
    }

    /// What time alone will change next.
    fn due(&self) -> Option<Deadline<Due>> {
        let (at, reason) = match self.phase {
            Phase::Down { until, .. } => (until, Due::Dial),
            Phase::Dialing { since, nudged } => {
                let timeout = self.config.dial_timeout.max(SHORTEST);
                let stuck = self.config.stuck.max(SHORTEST);
                if nudged && stuck < timeout {
                    (since.after(stuck), Due::Stuck)
                } else {
                    (since.after(timeout), Due::DialTimeout)
                }
            }
            Phase::Up { .. } | Phase::Parked => return None,
        };
        Some(Deadline { at: comes(at)?, reason })
    }

    /// A new attempt.
    fn dial(&mut self, now: Instant) {
        self.generation = self.generation.next();
        self.phase = Phase::Dialing { since: now, nudged: false };
    }

    /// There is no link: tries again, not before `later` and the backoff after it.
    fn wait(&mut self, now: Instant, later: Duration, trouble: Option<Reason>) {
        if let Phase::Up { since, .. } = self.phase
            && now.since(since) >= self.config.stable
        {
            self.backoff.reset();
        }
        let earliest = now.after(later);
        self.phase = Phase::Down { until: earliest.after(self.backoff.wait()), earliest };
        self.trouble = trouble.or(self.trouble);
    }

    fn park(&mut self, reason: Reason) {
        self.phase = Phase::Parked;
        self.trouble = Some(reason);
    }
}
