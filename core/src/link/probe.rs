//! On a strong doubt the client asks at once instead of waiting for its watchdog: [`Probe`].
//!
//! ```text
//!             handle_doubt             Due::Ping: SendPing          handle_flushed
//!   Trusting ─────────────▶ Doubting ────────────────────▶ Queued ─────────────────▶ Waiting
//!      ▲                                                    │  ▲                      │ │ │
//!      │                               its own pong already │  │ Due::Silence, polled │ │ │
//!      ├────────────────────────────────────────────────────┘  │ late: SendPing again │ │ │
//!      │                                                       └──────────────────────┘ │ │
//!      └────────────────────────── handle_received, handle_pong ────────────────────────┘ │
//!   Replaced ◀── Due::Stall ── Queued                      Replaced ◀── Due::Silence ─────┘
//! ```
//!
//! A link that lives is never torn down on suspicion, one that says it is open is never believed, and the wait
//! is measured: a fixed 3 s kills links that would have lived (vscode-remote-release #11463). Only a byte that comes
//! after the flush resolves a doubt: what the system had received before the machine slept says nothing
//! about now. What is late is in [`super::late`].

use super::late::{Patience, Verdict};
use super::rtt::{self, Rtt};
use crate::deadline::{Clock, Deadline};
use crate::time::{Duration, Instant};

/// How long to wait for an answer: SRTT + 4·RTTVAR within these bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// Never less. Default 1 s; larger: a dead link is replaced later, smaller: a stutter replaces one.
    pub shortest: Duration,
    /// Never more, and the wait while nothing was measured; also how long a ping may stay queued while no byte
    /// comes or goes. Default 5 s; larger: a dead link is replaced later, smaller: a slow one is never kept.
    pub longest: Duration,
}

/// Asks a doubtful link for a sign of life and says when to replace it. About 120 bytes; one for each
/// connection.
///
/// - **Inputs**: [`handle_doubt`](Self::handle_doubt), [`handle_flushed`](Self::handle_flushed),
///   [`handle_written`](Self::handle_written), [`handle_received`](Self::handle_received),
///   [`handle_pong`](Self::handle_pong). Hand over what came *before* you poll.
/// - **Outputs**: [`poll`](Self::poll) until it says None (at most two events), then sleep until
///   [`poll_at`](Self::poll_at).
/// - **Getters**: [`status`](Self::status), [`budget`](Self::budget), [`rtt`](Self::rtt).
///
/// ```
/// use stillwire::link::probe::{Config, Doubt, Event, Probe, Status};
/// use stillwire::Instant;
///
/// let mut probe = Probe::new(Config::DEFAULT, Instant::ZERO);
/// let woke = Instant::from_secs(3_600);
/// probe.handle_doubt(woke, Doubt::Wake);
/// assert_eq!(probe.poll(woke), Some(Event::SendPing { nonce: 1 }));
/// probe.handle_flushed(woke, 1);
/// let deadline = probe.poll_at().unwrap();
/// assert_eq!(deadline.at, Instant::from_secs(3_605));
/// probe.handle_received(Instant::from_secs(3_604)); // any byte keeps the connection
/// assert_eq!(probe.poll(deadline.at), None);
/// assert_eq!(probe.status(), Status::Trusting);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Probe {
    config: Config,
    clock: Clock,
    rtt: Rtt,
    phase: Phase,
}

/// What makes a link doubtful.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Doubt {
    /// The machine has another network, or its old one again.
    Network,
    /// The machine slept.
    Wake,
    /// A key was not answered.
    Unanswered,
    /// The link is new and was never measured: a ping now gives the first sample.
    New,
}

/// What is thought of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Status {
    /// Nothing speaks against it.
    Trusting,
    /// It has been asked, for this reason; of several the first.
    Doubting(Doubt),
    /// It did not answer. Nothing changes that: the connection is to be replaced.
    Replaced(Doubt),
}

/// What [`Probe`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Due {
    /// There is a ping to send: poll at once.
    Ping,
    /// Without a sign of life until then the link is replaced.
    Silence,
    /// Without a byte in or out until then the link is replaced.
    Stall,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event {
    /// Queue a ping; say [`Probe::handle_flushed`] when its last byte has been written.
    SendPing {
        /// The pong brings it back.
        nonce: u32,
    },
    /// The link is dead: close it and dial another.
    Replace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Phase {
    Trusting,
    Doubting(Doubt),
    Queued { doubt: Doubt, patience: Patience },
    Waiting { doubt: Doubt, patience: Patience },
    Replaced(Doubt),
}

impl Config {
    /// 1 s, 5 s.
    pub const DEFAULT: Self = Self { shortest: rtt::BUDGET_MIN, longest: rtt::BUDGET_MAX };
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Probe {
    /// A connection that begins at `now`, and that nobody doubts.
    pub const fn new(config: Config, now: Instant) -> Self {
        Self { config, clock: Clock::new(now), rtt: Rtt::new(config.longest, now), phase: Phase::Trusting }
    }

    /// Something makes the link doubtful. While it is already being asked, nothing changes, the first wait holds; but
    /// after a sleep it is asked anew.
    pub fn handle_doubt(&mut self, now: Instant, doubt: Doubt) {
        self.clock.clamp(now);
        // Whoever slept has not listened, and asks anew.
        let asked = matches!(self.phase, Phase::Queued { .. } | Phase::Waiting { .. });
        if self.phase == Phase::Trusting || (asked && doubt == Doubt::Wake) {
            self.phase = Phase::Doubting(doubt);
        }
    }

    /// The last byte of this ping has been written: its clock starts. Of an older ping it means nothing.
    pub fn handle_flushed(&mut self, now: Instant, nonce: u32) {
        let now = self.clock.clamp(now);
        if let Phase::Queued { doubt, patience } = self.phase
            && self.rtt.handle_flushed(now, nonce)
        {
            self.phase = Phase::Waiting { doubt, patience: patience.again(now, self.budget()) };
        }
    }

    /// The connection took some of the bytes that were queued for it: it does not stand still.
    pub fn handle_written(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        if let Phase::Queued { patience, .. } = &mut self.phase {
            *patience = patience.again(now, self.config.longest);
        }
    }

    /// A byte came, any byte.
    pub fn handle_received(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        match &mut self.phase {
            Phase::Queued { patience, .. } => *patience = Patience::new(now, self.config.longest),
            Phase::Waiting { .. } => self.phase = Phase::Trusting,
            Phase::Trusting | Phase::Doubting(_) | Phase::Replaced(_) => {}
        }
    }

    /// A pong came: a sign of life, and a sample if it answers the last ping in time.
    pub fn handle_pong(&mut self, now: Instant, nonce: u32) {
        let now = self.clock.clamp(now);
        let open = self.rtt.is_open(nonce);
        self.rtt.handle_pong(now, nonce);
        self.handle_received(now);
        if open && matches!(self.phase, Phase::Queued { .. }) {
            self.phase = Phase::Trusting; // it was flushed and answered before we were told
        }
    }

    /// When to poll next, and why. None: only input can change anything.
    pub fn poll_at(&self) -> Option<Deadline<Due>> {
        let (at, reason) = match self.phase {
            Phase::Doubting(_) => (Some(self.clock.latest()), Due::Ping),
            Phase::Queued { patience, .. } => (patience.end(), Due::Stall),
            Phase::Waiting { patience, .. } => (patience.end(), Due::Silence),
            Phase::Trusting | Phase::Replaced(_) => (None, Due::Ping),
        };
        at.map(|at| Deadline { at, reason })
    }

    /// What is due.
    pub fn poll(&mut self, now: Instant) -> Option<Event> {
        let now = self.clock.clamp(now);
        match self.phase {
            Phase::Doubting(doubt) => Some(self.ping(doubt, Patience::new(now, self.config.longest))),
            Phase::Queued { doubt, patience } => match patience.judge(now) {
                Verdict::TooEarly => None,
                Verdict::WeWereLate => {
                    self.phase = Phase::Queued { doubt, patience: Patience::last(now, self.config.longest) };
                    None
                }
                Verdict::Silent => Some(self.replace(doubt)),
            },
            Phase::Waiting { doubt, patience } => match patience.judge(now) {
                Verdict::TooEarly => None,
                Verdict::WeWereLate => Some(self.ping(doubt, Patience::last(now, self.config.longest))),
                Verdict::Silent => Some(self.replace(doubt)),
            },
            Phase::Trusting | Phase::Replaced(_) => None,
        }
    }

    /// The status as of the last call.
    pub const fn status(&self) -> Status {
        match self.phase {
            Phase::Trusting => Status::Trusting,
            Phase::Doubting(doubt) | Phase::Queued { doubt, .. } | Phase::Waiting { doubt, .. } => {
                Status::Doubting(doubt)
            }
            Phase::Replaced(doubt) => Status::Replaced(doubt),
        }
    }

    /// How long an answer may take, from the flush of the ping.
    pub fn budget(&self) -> Duration {
        self.rtt.budget_within(self.config.shortest, self.config.longest)
    }

    /// How long the way there and back takes.
    pub const fn rtt(&self) -> &Rtt {
        &self.rtt
    }

    fn ping(&mut self, doubt: Doubt, patience: Patience) -> Event {
        self.phase = Phase::Queued { doubt, patience };
        Event::SendPing { nonce: self.rtt.ping() }
    }

    fn replace(&mut self, doubt: Doubt) -> Event {
        self.phase = Phase::Replaced(doubt);
        Event::Replace
    }
}
