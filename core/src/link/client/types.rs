//! The words of a client: what it is told, what it says.

use crate::idle;
use crate::link::close::CloseReason;
use crate::link::frame::{MAX_BODY, Outcome, Role, Token};
use crate::link::history::Size;
use crate::link::host::Link;
use crate::link::message::Unanswered;
use crate::link::reconnect::{self, Generation};
use crate::link::{probe, watchdog};
use crate::time::Duration;

/// How a client keeps its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// When to dial.
    pub reconnect: reconnect::Config,
    /// How long to wait for an answer when in doubt.
    pub probe: probe::Config,
    /// What to be, until [`handle_role`](super::Client::handle_role) says otherwise. Default controller.
    pub role: Role,
    /// The longest body that this client can receive, [`MIN_BODY`](crate::link::frame::MIN_BODY) to [`MAX_BODY`] bytes;
    /// anything else is taken as the nearer of the two. Default the most; smaller: less memory for a noisy link, more
    /// frames.
    pub max_body: u16,
    /// What the connections run over.
    pub link: Link,
    /// It shows a terminal: if it comes new or too late, it gets the screen rather than old output. Default off.
    pub screen: bool,
    /// The host may be so many bytes of output ahead of [`handle_shown`](super::Client::handle_shown). Default 0: the link holds it back.
    /// For links that take in whatever comes, such as those of pages; larger: more waits in memory, and a stop is seen later;
    /// smaller than what is on its way: the output is slower.
    pub window: u32,
}

/// What lets a client in, and to what. Not kept: hand it in whenever a frame is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Credentials<'a> {
    /// The secret, at most [`MAX_TOKEN`](crate::link::frame::MAX_TOKEN) bytes.
    pub token: Token<'a>,
    /// The name of the session, at most [`MAX_NAME`](crate::link::frame::MAX_NAME) bytes; empty: the only one.
    pub session: &'a str,
}

/// What a frame means to whoever shows the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Heard<'a> {
    /// Nothing more: the client has seen to it.
    Nothing,
    /// The host let this client in.
    Welcome {
        /// What it may do.
        role: Role,
        /// Whether what follows belongs to another life of the session than what came before. Then the terminal is to be
        /// reset, and what was retained forgotten.
        anew: bool,
    },
    /// Output that was not seen before: show it.
    Output {
        /// Of the first byte.
        offset: u64,
        /// It.
        bytes: &'a [u8],
    },
    /// The output goes on at another place: reset the terminal, then show these bytes, which are not output but modes
    /// and perhaps a screen.
    Restart {
        /// Bytes of output that this client will never see.
        lost: u64,
        /// It had seen none yet, so these were printed before its time: no reason to alarm anybody.
        first: bool,
        /// Where the output goes on.
        offset: u64,
        /// Escape sequences and text.
        bytes: &'a [u8],
        /// Whether these are all; else a [`Heard::Snapshot`] continues them.
        last: bool,
    },
    /// More of what [`Heard::Restart`] began with.
    Snapshot {
        /// Escape sequences and text.
        bytes: &'a [u8],
        /// Whether these are the last.
        last: bool,
    },
    /// The output that follows was printed for this size.
    Resize(Size),
    /// The session does this now.
    Status {
        /// This.
        status: idle::Status,
        /// For so long; [`Client::session_status`](super::Client::session_status) says since when.
        age: Duration,
    },
    /// What this client may do from now on.
    Role(Role),
    /// What everyone is told about `key`, or a part of it; it replaces what was told before.
    Retained {
        /// What it is about.
        key: u32,
        /// The application's.
        bytes: &'a [u8],
        /// Bytes of it in the parts before; those count only if this connection brings the rest, too.
        at: usize,
        /// Bytes of it in the parts that still come.
        rest: usize,
    },
    /// The host's application says something by itself.
    Message {
        /// Who is meant.
        channel: &'a str,
        /// The host's.
        id: u64,
        /// The application's, or a part of it.
        bytes: &'a [u8],
        /// As of [`Heard::Retained`].
        at: usize,
        /// As of [`Heard::Retained`].
        rest: usize,
    },
    /// The answer to a request, or a part of it. The last part comes once for each request.
    Reply {
        /// Of the request.
        id: u64,
        /// What became of it.
        outcome: Outcome,
        /// The application's.
        bytes: &'a [u8],
        /// As of [`Heard::Retained`].
        at: usize,
        /// As of [`Heard::Retained`].
        rest: usize,
    },
    /// The host closes the connection; [`Event::Close`] follows.
    Closed {
        /// Why.
        reason: CloseReason,
        /// For people. Not stripped: do so before it is shown.
        text: &'a str,
    },
}

/// What the driver has to do, or to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event {
    /// Dial; say [`handle_connected`](super::Client::handle_connected) when frames can be sent, under this generation.
    Dial(Generation),
    /// Close this connection, or stop dialing it, after one more [`next_frame`](super::Client::next_frame), which may tell
    /// the host why. Whatever else it brings is stale.
    Close(Generation, CloseReason),
    /// This is the status now.
    Status(reconnect::Status),
    /// So many typed bytes are dropped, because nobody knows whether the session was given them, or because it is
    /// another. Tell the person.
    TypedLost(u64),
    /// Nobody will answer this request.
    RequestLost(Unanswered),
}

/// What [`super::Client`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Due {
    /// There is news already: poll at once.
    News,
    /// Dialing.
    Reconnect(reconnect::Due),
    /// The host must have been heard by then.
    Watchdog(watchdog::Due),
    /// A link in doubt.
    Probe(probe::Due),
    /// What was typed must have had an answer by then.
    Typed,
    /// The answer to a hello that was said again.
    Welcome,
}

impl Config {
    /// As a controller over a reliable link, with the largest frames.
    pub const DEFAULT: Self = Self {
        reconnect: reconnect::Config::DEFAULT,
        probe: probe::Config::DEFAULT,
        role: Role::Controller,
        max_body: MAX_BODY as u16,
        link: Link::Reliable,
        screen: false,
        window: 0,
    };
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}
