//! The client's side: is the host still there? [`Watchdog`].
//!
//! ```text
//!               handle_welcome             Due::Silence, polled in time
//!   Unwelcomed ───────────────▶ Watching ──────────────────────────────▶ Dead
//!                                │  ▲  │ Due::Silence, polled late, or      ▲
//!                 handle_received└──┘  └─ handle_wake: Watching, the last wait
//! ```
//!
//! A host that lives sends at least a ping each heartbeat, so silence for much longer says that nobody is
//! there, or that the way is gone. What is late is in [`super::late`]. On waking or on another network one
//! need not wait so long: that is what [`super::probe`] is for.

use super::late::{Patience, Verdict};
use crate::deadline::{Clock, Deadline};
use crate::time::{Duration, Instant};

/// Declares a silent host dead. 64 bytes at most; one for each connection.
///
/// - **Inputs**: [`handle_welcome`](Self::handle_welcome), [`handle_received`](Self::handle_received),
///   [`handle_wake`](Self::handle_wake). Hand over what came *before* you poll.
/// - **Outputs**: [`poll`](Self::poll) until it says None (at most one event), then sleep until
///   [`poll_at`](Self::poll_at).
/// - **Getters**: [`status`](Self::status), [`heard`](Self::heard).
///
/// ```
/// use stillwire::link::watchdog::{Event, Status, Watchdog};
/// use stillwire::{Duration, Instant};
///
/// let mut watchdog = Watchdog::new(Instant::ZERO);
/// assert_eq!(watchdog.poll_at(), None); // the host has not said yet what it promises
/// watchdog.handle_welcome(Instant::from_secs(1), Duration::from_secs(15), Duration::from_secs(35));
/// watchdog.handle_received(Instant::from_secs(16));
/// let deadline = watchdog.poll_at().unwrap();
/// assert_eq!(deadline.at, Instant::from_secs(16 + 35));
/// assert_eq!(watchdog.poll(deadline.at), Some(Event::Dead));
/// assert_eq!(watchdog.status(), Status::Dead);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Watchdog {
    clock: Clock,
    heard: Option<Instant>,
    phase: Phase,
}

/// What the client knows of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Status {
    /// No welcome yet; the deadline for that is not this machine's.
    Unwelcomed,
    /// It promised to be heard, and silence has not been too long.
    Watching,
    /// It was silent for too long. Nothing changes that: the connection is to be closed.
    Dead,
}

/// What [`Watchdog`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Due {
    /// Without a sign of life until then the host is dead.
    Silence,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event {
    /// The host is dead: close the connection, dial again.
    Dead,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Phase {
    Unwelcomed,
    Watching { timeout: Duration, chance: Duration, patience: Patience },
    Dead,
}

impl Watchdog {
    /// A connection that begins at `now`. It has no deadline before the welcome.
    pub const fn new(now: Instant) -> Self {
        Self { clock: Clock::new(now), heard: None, phase: Phase::Unwelcomed }
    }

    /// The host said how often it pings, and for how long it may be silent: its values, not ours. 15 s and
    /// 35 s by default ([`super::heartbeat::Config::timeout`]); a larger `timeout` finds a dead host later, a
    /// smaller one kills on a lossy link. Less than two heartbeats is taken as two. Zero or [`Duration::MAX`]
    /// for either: the host does not ping, so its silence means nothing. A welcome is a sign of life.
    pub fn handle_welcome(&mut self, now: Instant, heartbeat: Duration, timeout: Duration) {
        let now = self.clock.clamp(now);
        if self.phase == Phase::Dead {
            return;
        }
        let pings = ![heartbeat, timeout].iter().any(|&span| span.is_zero() || span == Duration::MAX);
        let timeout = if pings { timeout.max(heartbeat.times(2)) } else { Duration::MAX };
        // After our own lateness: one heartbeat, and what `timeout` allows beyond two for the way.
        let chance = if pings { timeout - heartbeat } else { Duration::MAX };
        self.heard = Some(now);
        self.phase = Phase::Watching { timeout, chance, patience: Patience::new(now, timeout) };
    }

    /// A byte came, any byte.
    pub fn handle_received(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        self.heard = Some(now);
        if let Phase::Watching { timeout, patience, .. } = &mut self.phase {
            *patience = Patience::new(now, *timeout);
        }
    }

    /// We slept, and have not listened: one more chance, as if polled late.
    pub fn handle_wake(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        if let Phase::Watching { chance, patience, .. } = &mut self.phase {
            *patience = patience.at_least(now, *chance);
        }
    }

    /// When to poll next, and why. None: only input can change anything.
    pub fn poll_at(&self) -> Option<Deadline<Due>> {
        match self.phase {
            Phase::Watching { patience, .. } => Some(Deadline { at: patience.end()?, reason: Due::Silence }),
            Phase::Unwelcomed | Phase::Dead => None,
        }
    }

    /// What is due, once.
    pub fn poll(&mut self, now: Instant) -> Option<Event> {
        let now = self.clock.clamp(now);
        let Phase::Watching { chance, patience, .. } = &mut self.phase else {
            return None;
        };
        match patience.judge(now) {
            Verdict::TooEarly => None,
            Verdict::WeWereLate => {
                *patience = Patience::last(now, *chance);
                None
            }
            Verdict::Silent => {
                self.phase = Phase::Dead;
                Some(Event::Dead)
            }
        }
    }

    /// The status as of the last call.
    pub const fn status(&self) -> Status {
        match self.phase {
            Phase::Unwelcomed => Status::Unwelcomed,
            Phase::Watching { .. } => Status::Watching,
            Phase::Dead => Status::Dead,
        }
    }

    /// The last sign of life; None: there was none yet.
    pub const fn heard(&self) -> Option<Instant> {
        self.heard
    }
}
