//! The host's side: is the peer still there? [`Heartbeat`].
//!
//! ```text
//!                   handle_authenticated           Due::Ping: SendPing           handle_flushed
//!   Unauthenticated ──────────────────▶ Resting ───────────────────▶ Queued ─────────────────▶ Waiting
//!                                          ▲                          │  ▲                      │ │ │
//!                                          │     its own pong already │  │ Due::Silence, polled │ │ │
//!                                          ├──────────────────────────┘  │ late: SendPing again │ │ │
//!                                          │                             └──────────────────────┘ │ │
//!                                          └────────────── handle_received, handle_pong ──────────┘ │
//!                                                  Waiting ── Due::Ping: SendPing again, the same wait ─▶ Waiting
//!   Dead(Stalled) ◀── Due::Stall ── Queued                       Dead(Silent) ◀── Due::Silence ─────┘
//! ```
//!
//! The clock of a ping starts when it has been *flushed*: behind a megabyte of output on a slow link it waits
//! in our own queue, and the peer cannot answer what it was not sent (sockjs-node #169). While it is queued
//! only a standstill counts, neither a byte in nor a byte out. What is late is in [`super::late`].

use super::late::{self, Patience, Verdict};
use super::rtt::Rtt;
use crate::deadline::{Clock, Deadline};
use crate::time::{Duration, Instant};

/// How often to ask, and how long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// From the flush of one ping to the next, and how long a peer may be silent after it. Default 15 s;
    /// larger: the dead keep their slot longer (two of it at most), fewer wake-ups. [`Duration::MAX`] or zero: never.
    pub interval: Duration,
    /// How long a ping may stay queued while no byte comes or goes. Default 15 s, so that a peer whose pipe is
    /// full is found dead as soon as one that is silent; larger: it keeps its slot longer, smaller: one behind a
    /// large, slow pipe is killed. An operating system says that there is room again only when much of its
    /// buffer has drained, so what it buffers has to drain within this time: keep its buffers small.
    pub stall: Duration,
    /// While a ping is not answered another is sent this often, without any more time for the answer. Default
    /// never; on a link that loses frames ([`Self::lossy`]) larger: more of those that live are called dead.
    pub again: Duration,
}

/// Pings a peer and declares a silent one dead. About 120 bytes; one for each connection.
///
/// - **Inputs**: [`handle_authenticated`](Self::handle_authenticated),
///   [`handle_flushed`](Self::handle_flushed), [`handle_written`](Self::handle_written),
///   [`handle_received`](Self::handle_received), [`handle_pong`](Self::handle_pong),
///   [`handle_wake`](Self::handle_wake). Hand over what came
///   *before* you poll.
/// - **Outputs**: [`poll`](Self::poll) until it says None (at most two events), then sleep until
///   [`poll_at`](Self::poll_at).
/// - **Getters**: [`status`](Self::status), [`heard`](Self::heard), [`rtt`](Self::rtt).
///
/// ```
/// use stillwire::link::heartbeat::{Cause, Config, Event, Heartbeat, Status};
/// use stillwire::Instant;
///
/// let mut heartbeat = Heartbeat::new(Config::DEFAULT, Instant::ZERO);
/// assert_eq!(heartbeat.poll_at(), None); // whoever is not authenticated has no timer of its own
/// heartbeat.handle_authenticated(Instant::from_secs(1));
/// assert_eq!(heartbeat.poll(Instant::from_secs(16)), Some(Event::SendPing { nonce: 1 }));
/// heartbeat.handle_flushed(Instant::from_secs(20), 1); // it was a slow link
/// let deadline = heartbeat.poll_at().unwrap();
/// assert_eq!(deadline.at, Instant::from_secs(35));
/// assert_eq!(heartbeat.poll(deadline.at), Some(Event::Dead(Cause::Silent)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Heartbeat {
    config: Config,
    clock: Clock,
    heard: Option<Instant>,
    rtt: Rtt,
    phase: Phase,
}

/// What the host knows of the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Status {
    /// It has not said who it is; the deadline for that is not this machine's.
    Unauthenticated,
    /// It was heard since the last ping.
    Live,
    /// A ping is on its way, nothing was heard since.
    Asked,
    /// It is gone. Nothing changes that: the connection is to be closed.
    Dead(Cause),
}

/// Why a peer is taken to be dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Cause {
    /// No sign of life for an interval after a ping had been flushed.
    Silent,
    /// A ping could not be flushed, and for [`Config::stall`] no byte came or went.
    Stalled,
}

/// What [`Heartbeat`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Due {
    /// The next ping.
    Ping,
    /// Without a sign of life until then the peer is dead.
    Silence,
    /// Without a byte in or out until then the peer is dead.
    Stall,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event {
    /// Queue a ping; say [`Heartbeat::handle_flushed`] when its last byte has been written.
    SendPing {
        /// The pong brings it back.
        nonce: u32,
    },
    /// The peer is dead: close the connection.
    Dead(Cause),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Phase {
    Unauthenticated,
    Resting { ping: Instant },
    Queued { patience: Patience },
    Waiting { flushed: Instant, again: Instant, patience: Patience },
    Dead(Cause),
}

impl Config {
    /// 15 s, 15 s, never.
    pub const DEFAULT: Self =
        Self { interval: Duration::from_secs(15), stall: Duration::from_secs(15), again: Duration::MAX };

    /// The same for a link that loses frames: five pings within an interval, as one that is lost proves nothing.
    pub const fn lossy(self) -> Self {
        let interval = self.interval().as_micros();
        Self { again: Duration::from_micros(interval / 5), ..self }
    }

    /// For how long a client should bear silence, to be said in the welcome: two intervals and 5 s for the
    /// way, 35 s by default.
    pub const fn timeout(&self) -> Duration {
        let two = self.interval.times(2).as_micros();
        Duration::from_micros(two.saturating_add(5_000_000))
    }

    /// Zero is never, too.
    const fn interval(&self) -> Duration {
        if self.interval.is_zero() { Duration::MAX } else { self.interval }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Heartbeat {
    /// A connection that begins at `now`. It has no deadline before it is authenticated.
    pub const fn new(config: Config, now: Instant) -> Self {
        Self {
            config,
            clock: Clock::new(now),
            heard: None,
            rtt: Rtt::new(config.interval(), now),
            phase: Phase::Unauthenticated,
        }
    }

    /// The peer may be here. The first ping follows after an interval.
    pub fn handle_authenticated(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        if self.phase == Phase::Unauthenticated {
            self.heard = Some(now);
            self.rest(now);
        }
    }

    /// The last byte of this ping has been written: its clock starts. Of an older ping it means nothing.
    pub fn handle_flushed(&mut self, now: Instant, nonce: u32) {
        let now = self.clock.clamp(now);
        let newest = self.rtt.handle_flushed(now, nonce);
        if let Phase::Queued { patience } = self.phase
            && newest
        {
            let patience = patience.again(now, self.config.interval());
            self.phase = Phase::Waiting { flushed: now, again: late::end(now, self.config.again), patience };
        }
    }

    /// The connection took some of the bytes that were queued for it: it does not stand still.
    pub fn handle_written(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        if let Phase::Queued { patience } = &mut self.phase {
            *patience = patience.again(now, self.config.stall);
        }
    }

    /// A byte came, any byte.
    pub fn handle_received(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        self.heard = Some(now);
        match &mut self.phase {
            Phase::Queued { patience } => *patience = Patience::new(now, self.config.stall),
            Phase::Waiting { flushed, .. } => {
                let flushed = *flushed;
                self.rest(flushed);
            }
            Phase::Unauthenticated | Phase::Resting { .. } | Phase::Dead(_) => {}
        }
    }

    /// A pong came: a sign of life, and a sample if it answers the last ping in time.
    pub fn handle_pong(&mut self, now: Instant, nonce: u32) {
        let now = self.clock.clamp(now);
        let open = self.rtt.is_open(nonce);
        self.rtt.handle_pong(now, nonce);
        self.handle_received(now);
        if open && matches!(self.phase, Phase::Queued { .. }) {
            self.rest(now); // it was flushed and answered before we were told
        }
    }

    /// We slept, and have not listened: whoever has been asked is asked again.
    pub fn handle_wake(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        match &mut self.phase {
            Phase::Queued { patience } => *patience = Patience::last(now, self.config.stall),
            Phase::Waiting { .. } => self.phase = Phase::Resting { ping: now },
            Phase::Unauthenticated | Phase::Resting { .. } | Phase::Dead(_) => {}
        }
    }

    /// When to poll next, and why. None: only input can change anything.
    pub fn poll_at(&self) -> Option<Deadline<Due>> {
        let (at, reason) = match self.phase {
            Phase::Resting { ping } => (late::comes(ping), Due::Ping),
            Phase::Queued { patience } => (patience.end(), Due::Stall),
            Phase::Waiting { again, patience, .. } => match (patience.end(), late::comes(again)) {
                (end, Some(again)) if end.is_none_or(|end| again < end) => (Some(again), Due::Ping),
                (end, _) => (end, Due::Silence),
            },
            Phase::Unauthenticated | Phase::Dead(_) => (None, Due::Ping),
        };
        at.map(|at| Deadline { at, reason })
    }

    /// What is due.
    pub fn poll(&mut self, now: Instant) -> Option<Event> {
        let now = self.clock.clamp(now);
        match self.phase {
            Phase::Resting { ping } if late::comes(ping).is_some_and(|ping| ping <= now) => {
                Some(self.ping(Patience::new(now, self.config.stall)))
            }
            Phase::Queued { patience } => match patience.judge(now) {
                Verdict::TooEarly => None,
                Verdict::WeWereLate => {
                    self.phase = Phase::Queued { patience: Patience::last(now, self.config.stall) };
                    None
                }
                Verdict::Silent => Some(self.die(Cause::Stalled)),
            },
            Phase::Waiting { flushed, again, patience } => match patience.judge(now) {
                Verdict::TooEarly if late::comes(again).is_some_and(|again| again <= now) => {
                    let again = late::end(now, self.config.again);
                    self.phase = Phase::Waiting { flushed, again, patience };
                    Some(Event::SendPing { nonce: self.rtt.ping() })
                }
                Verdict::TooEarly => None,
                Verdict::WeWereLate => Some(self.ping(Patience::last(now, self.config.stall))),
                // It should have been asked again long ago: so we were late, though not for the verdict.
                Verdict::Silent if !patience.is_last() && now.since(again) > late::LATE => {
                    Some(self.ping(Patience::last(now, self.config.stall)))
                }
                Verdict::Silent => Some(self.die(Cause::Silent)),
            },
            _ => None,
        }
    }

    /// The status as of the last call.
    pub const fn status(&self) -> Status {
        match self.phase {
            Phase::Unauthenticated => Status::Unauthenticated,
            Phase::Resting { .. } => Status::Live,
            Phase::Queued { .. } | Phase::Waiting { .. } => Status::Asked,
            Phase::Dead(cause) => Status::Dead(cause),
        }
    }

    /// The last sign of life; None: there was none yet.
    pub const fn heard(&self) -> Option<Instant> {
        self.heard
    }

    /// How long the way there and back takes.
    pub const fn rtt(&self) -> &Rtt {
        &self.rtt
    }

    fn rest(&mut self, from: Instant) {
        self.phase = Phase::Resting { ping: late::end(from, self.config.interval()) };
    }

    fn ping(&mut self, patience: Patience) -> Event {
        self.phase = Phase::Queued { patience };
        Event::SendPing { nonce: self.rtt.ping() }
    }

    fn die(&mut self, cause: Cause) -> Event {
        self.phase = Phase::Dead(cause);
        Event::Dead(cause)
    }
}
