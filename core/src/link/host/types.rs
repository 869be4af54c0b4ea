//! The words of a host: what it is told, what it says.

use crate::idle;
use crate::link::close::CloseReason;
use crate::link::frame::{Hello, Outcome, Role};
use crate::link::history::Size;
use crate::link::replay::Attach;
use crate::link::{heartbeat, linger, pace};
use crate::monitor;
use crate::time::Duration;

/// How a host treats those who come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// How to find out who is still there.
    pub heartbeat: heartbeat::Config,
    /// When to go.
    pub linger: linger::Config,
    /// So long a connection may take to say who it is. Default 5 s; larger: strangers keep a slot for longer,
    /// smaller: slow networks never get in.
    pub authentication: Duration,
    /// So long a connection that is to be closed may take to be told why. Default 5 s; larger: the slot of one that
    /// does not read is free later.
    pub closing: Duration,
    /// Several may control one session. Default off: the newest supersedes the one before.
    pub share: bool,
    /// The driver knows what is on the screen of its sessions: [`Event::Screen`]. Default off: who comes new or too late
    /// is told modes, and the output from a safe place on.
    pub screens: bool,
    /// The longest body that this host can receive, [`MIN_BODY`](crate::link::frame::MIN_BODY) to
    /// [`MAX_BODY`](crate::link::frame::MAX_BODY) bytes. Default the most.
    pub max_body: u16,
}

/// One connection: a slot, and a number that tells it from all that had the slot before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PeerId {
    /// Index of the slot.
    pub slot: u16,
    /// Never 0.
    pub generation: u32,
}

/// What was handed in came from a connection whose slot is free or another's. It changed nothing; the connection
/// has to be closed if it still is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "the driver closes that connection"]
pub struct Stale(pub PeerId);

/// What a connection runs over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Link {
    /// Every frame comes, in order, or the connection ends.
    #[default]
    Reliable,
    /// Frames get lost, though none comes out of order or changed (a UART behind a CRC). What is lost is asked
    /// for again, and what a host tells only once is told again with each ping.
    Lossy,
}

/// What a frame meant that the host cannot answer alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Heard<'a> {
    /// All is done.
    Nothing,
    /// Somebody wants in. Look at token and session, then call [`admit`](super::Host::admit) or
    /// [`refuse`](super::Host::refuse).
    Hello(Hello<'a>),
    /// A message to the application, heard once however often it comes. Answer it with
    /// [`reply`](super::Host::reply), to the client rather than to its connection.
    Message {
        /// Who asks.
        client: u64,
        /// Of which session.
        session: usize,
        /// What the reply names.
        id: u64,
        /// Who is meant.
        channel: &'a str,
        /// The payload, or a part of it.
        bytes: &'a [u8],
        /// Bytes of payload in the parts before.
        at: usize,
        /// Bytes of payload in the parts that still come.
        rest: usize,
    },
    /// A client answered what the application had asked.
    Reply {
        /// Who answers.
        client: u64,
        /// What it answers.
        id: u64,
        /// With what success.
        outcome: Outcome,
        /// The payload, or a part of it.
        bytes: &'a [u8],
        /// Bytes of payload in the parts before.
        at: usize,
        /// Bytes of payload in the parts that still come.
        rest: usize,
    },
}

/// What [`super::Host`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Due {
    /// There is news already: poll at once.
    News,
    /// Who holds this slot has to have said who it is.
    Authentication(u16),
    /// Who holds this slot has to have been told why it is closed.
    Closing(u16),
    /// The heartbeat of this slot.
    Heartbeat(u16, heartbeat::Due),
    /// The verdict of this session. At [`idle::Due::Confirm`] a driver looks at the foreground job first.
    Session(usize, monitor::Due),
    /// The patience of this session with whoever controls it.
    Pace(usize, pace::Due),
    /// The verdict on the host. A driver looks at the foreground jobs first.
    Linger(linger::Due),
}

/// What the driver has to do, or to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event {
    /// A client is in.
    Attached {
        /// Its connection.
        peer: PeerId,
        /// What it watches.
        session: usize,
        /// What it may do.
        role: Role,
        /// How it goes on.
        attach: Attach,
    },
    /// A connection is over: close it now, with this code if it can carry one. Its slot is free.
    Detached {
        /// The connection.
        peer: PeerId,
        /// What it watched; None: it was never let in.
        session: Option<usize>,
        /// Why.
        reason: CloseReason,
        /// Bytes of output that it was told are lost.
        lost: u64,
    },
    /// A peer waits for the screen of its session, as what made it so has been forgotten, or would be a detour. Say
    /// [`handle_screen`](super::Host::handle_screen), now or later: until then it gets no output.
    Screen {
        /// The connection.
        peer: PeerId,
        /// What it watches.
        session: usize,
        /// It has been told no beginning yet: lines above the screen are new to it.
        first: bool,
    },
    /// The session's terminal has this size now: tell the port.
    Resize {
        /// Which.
        session: usize,
        /// What the controller wants.
        size: Size,
    },
    /// The session's status changed. The peers are told by the host.
    Status {
        /// Which.
        session: usize,
        /// The change.
        event: idle::Event,
    },
    /// The session's output has to wait for whoever controls it, or no longer. Of one that is not
    /// [`paced`](super::Session::paced) this is never said.
    Pace {
        /// Which.
        session: usize,
        /// What to do with its port.
        event: pace::Event,
    },
    /// Nobody uses the host: end the sessions, let the peers be told, and exit with status 0.
    Exit(linger::Exit),
}

impl Config {
    /// 15 s, 10 m, 5 s, 5 s, takeover.
    pub const DEFAULT: Self = Self {
        heartbeat: heartbeat::Config::DEFAULT,
        linger: linger::Config::DEFAULT,
        authentication: Duration::from_secs(5),
        closing: Duration::from_secs(5),
        share: false,
        screens: false,
        max_body: crate::link::frame::MAX_BODY as u16,
    };
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}
