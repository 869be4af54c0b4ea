//! The words of reconnecting: what goes in, what comes out.

use crate::link::backoff;
use crate::link::close::CloseReason;
use crate::time::Duration;

/// When to dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// How long to wait between dials.
    pub backoff: backoff::Config,
    /// So long a dial may take until the link is open, its handshake included; then it has failed. Default 10 s: a
    /// lost SYN is sent again after 1, 3 and 7 s (RFC 6298 §5). Larger: a dial into nothing is given up later,
    /// smaller: slow networks never connect. Less than 1 ms is taken as 1 ms.
    pub dial_timeout: Duration,
    /// A dial that is this old when the network is back, or gets this old after, is made again: it may be stuck in a
    /// network that is gone. Default 3 s, by when a first SYN and a second were lost. Larger: a stuck dial is kept
    /// longer, smaller: one that would have succeeded is thrown away. Less than 1 ms is taken as 1 ms.
    pub stuck: Duration,
    /// A link that lasted so long is stable: the backoff begins anew. Default 10 s; larger: more caution after an
    /// outage, smaller: a host that takes connections and drops them is asked more often.
    pub stable: Duration,
    /// After one *online*, *wake* or *visible* further ones are ignored for so long. Default 200 ms; larger: a second
    /// change of networks may be missed, smaller: one change dials more than once.
    pub burst: Duration,
    /// A host that asked to be left alone (1012, 1013) is not dialed before this. Default 5 s.
    pub later: Duration,
}

/// One attempt to connect, and the link that came of it. Never 0; begins anew after 2³² − 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Generation(u32);

/// What was handed in came from an older generation. It changed nothing; whatever connection it is from has to be
/// closed if it still is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "the driver closes that connection"]
pub struct Stale(pub Generation);

/// What the user is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Status {
    /// There is a link, and nothing speaks against it.
    Live,
    /// There is none yet and nothing has gone wrong since the last, or there is one that must first show that it lives.
    Syncing,
    /// The session is over.
    Ended,
    /// There is none, and this is why. [`super::Reconnect::poll_at`] says when it dials next, if by itself.
    Disconnected(Reason),
}

/// Why there is no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Reason {
    /// The connection was closed, or refused.
    Closed(CloseReason),
    /// A dial neither opened nor failed in time.
    DialTimeout,
    /// The link was given up for its silence.
    Silent,
    /// The user left.
    Left,
}

/// What [`super::Reconnect`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Due {
    /// The wait is over: dial.
    Dial,
    /// The dial is given up.
    DialTimeout,
    /// The dial is made again, because the network came back while it was under way.
    Stuck,
    /// There is news already: poll at once.
    News,
}

/// What the driver has to do, or to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// Close this connection, or stop dialing it. Nothing of it counts any more.
    Close(Generation),
    /// Dial; and hand in what comes of it under this generation.
    Dial(Generation),
    /// Find out whether this link lives: begin a probe, unless one is under way.
    Probe(Generation),
    /// This is the status now.
    Status(Status),
}

impl Config {
    /// 500 ms to 30 s; 10 s, 3 s, 10 s, 200 ms, 5 s.
    pub const DEFAULT: Self = Self {
        backoff: backoff::Config::DEFAULT,
        dial_timeout: Duration::from_secs(10),
        stuck: Duration::from_secs(3),
        stable: Duration::from_secs(10),
        burst: Duration::from_millis(200),
        later: Duration::from_secs(5),
    };
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Generation {
    /// Before the first.
    pub(super) const NONE: Self = Self(0);

    /// The number of the attempt.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The one after.
    pub(super) const fn next(self) -> Self {
        match self.0.checked_add(1) {
            Some(next) => Self(next),
            None => Self(1),
        }
    }
}

impl Status {
    /// As in events: `live`, `syncing`, `ended`, `disconnected`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Syncing => "syncing",
            Self::Ended => "ended",
            Self::Disconnected(_) => "disconnected",
        }
    }
}

impl Reason {
    /// As in events: `dial_timeout`, `silent`, `left`, and the names of [`CloseReason`].
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed(reason) => reason.as_str(),
            Self::DialTimeout => "dial_timeout",
            Self::Silent => "silent",
            Self::Left => "left",
        }
    }
}
