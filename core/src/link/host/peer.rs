//! One connection of a host: [`Peer`].
//!
//! ```text
//!                        ┌───────────────── refused, broken, Due::Authentication ──────────────┐
//!                        │                                                                    ▼
//!   Free ── connect ──▶ New ── admit ──▶ Attached ── superseded, broken, over, shutdown ──▶ Closing ── flushed,
//!    ▲                   │                │     heartbeat: dead                               │        Due::Closing
//!    │                   ▼                ▼                                                   ▼
//!    └──── told ────── Gone ◀──────── closed by the other side, or broken off ────────────────┘
//! ```
//!
//! A peer has no queue: it knows what it has told, and is asked what it has to say when there is room.

use super::slots::{Links, Node, Timed};
use super::types::{Config, Due, Link, PeerId};
use crate::deadline::Deadline;
use crate::link::bootstrap::Joining;
use crate::link::close::CloseReason;
use crate::link::frame::{Hello, MIN_BODY, Role};
use crate::link::heartbeat::{self, Heartbeat};
use crate::link::history::{History, Size};
use crate::link::late::{comes, end};
use crate::link::message::Handled;
use crate::link::replay::{Attach, Replay};
use crate::link::typed::Applied;
use crate::scan::Modes;
use crate::time::Instant;

/// A slot for one connection, and what is remembered of the client that had it last. At most 512 bytes.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Peer {
    /// Of the connection that has the slot, or had it last.
    pub(super) generation: u32,
    pub(super) phase: Phase,
    pub(super) link: Link,
    pub(super) heartbeat: Heartbeat,
    /// A ping that was handed out and is not known to be written.
    pub(super) unflushed: Option<u32>,
    /// Outlives the connection, so that whoever comes back goes on.
    pub(super) client: Option<Client>,
    pub(super) seat: Seat,
    pub(super) owed: Owed,
    /// Its place among all by time,
    #[cfg_attr(
        not(any(feature = "many", feature = "defmt")),
        expect(dead_code, reason = "a few have no order to have a place in")
    )]
    pub(super) node: Node,
    /// and among those who watch the same, or have something to say.
    pub(super) links: Links,
}

/// A client, as far as it has to be remembered when it has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Client {
    pub(super) id: u64,
    /// Of which session.
    pub(super) session: usize,
    pub(super) applied: Applied,
    pub(super) handled: Handled,
    /// The generation of the connection that it was new on.
    pub(super) since: u32,
    /// When it went.
    pub(super) left: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Phase {
    Free,
    New {
        since: Instant,
    },
    Attached,
    /// To be closed; its client has been told why or not.
    Closing {
        reason: CloseReason,
        since: Instant,
        said: bool,
        attached: bool,
    },
    /// Over; the driver has to be told.
    Gone {
        reason: CloseReason,
        attached: bool,
    },
}

/// What a client has in its session.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Seat {
    pub(super) session: usize,
    pub(super) role: Role,
    /// What it may be at the most.
    pub(super) most: Role,
    /// Whether the message that is coming in parts is a new one.
    pub(super) hears: bool,
    pub(super) attach: Attach,
    /// The longest body that the client can receive.
    pub(super) max_body: u16,
    pub(super) replay: Replay,
    pub(super) restart: Option<Restart>,
    /// Rather than old output it gets a screen.
    pub(super) screen: bool,
    /// It has been told no beginning yet.
    pub(super) first: bool,
    pub(super) joining: Joining,
    /// Typed bytes before this number may be sent.
    pub(super) limit: u64,
    /// Output before this offset may be sent.
    pub(super) credit: u64,
}

/// A new beginning that has not been told to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Restart {
    pub(super) offset: u64,
    pub(super) modes: Modes,
    /// The size that is still to be told.
    pub(super) size: Option<Size>,
    /// What is told there.
    pub(super) text: Text,
    /// So much of it has been told.
    pub(super) at: usize,
}

/// What a new beginning is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Text {
    Modes,
    /// The driver has to be asked for a screen.
    Wanted,
    /// It has been asked.
    Asked,
    /// Its screen has so many bytes.
    Screen(usize),
}

/// What the other side has to be told, beside what is told by comparing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Owed {
    /// The driver: that it is in.
    pub(super) attached: bool,
    /// Yes: the host knew the client.
    pub(super) welcome: bool,
    pub(super) ack: bool,
    pub(super) again: bool,
    /// Where input was asked for again last; it is not asked for twice.
    pub(super) asked: Option<u64>,
    pub(super) pong: Option<u32>,
    pub(super) ping: Option<u32>,
    pub(super) role: bool,
    /// The last change of the status that was told; 0: none.
    pub(super) change: u32,
}

const _: () = assert!(size_of::<Peer>() <= 512, "sixty-four of them are 32 KiB");

impl Peer {
    /// A slot that nobody has.
    pub const fn new() -> Self {
        Self {
            generation: 0,
            phase: Phase::Free,
            link: Link::Reliable,
            heartbeat: Heartbeat::new(heartbeat::Config::DEFAULT, Instant::ZERO),
            unflushed: None,
            client: None,
            seat: Seat::NONE,
            owed: Owed::NONE,
            node: Node::NEW,
            links: Links::NONE,
        }
    }

    /// Who has the slot, if anybody has.
    pub(super) fn id(&self, slot: usize) -> Option<PeerId> {
        let id = PeerId { slot: u16::try_from(slot).ok()?, generation: self.generation };
        (self.phase != Phase::Free).then_some(id)
    }

    /// Whether it is in.
    pub const fn is_attached(&self) -> bool {
        matches!(self.phase, Phase::Attached)
    }

    /// What its client may do; None: it is not in.
    pub fn role(&self) -> Option<Role> {
        self.is_attached().then_some(self.seat.role)
    }

    /// Its session; None: it is not in.
    pub fn session(&self) -> Option<usize> {
        self.is_attached().then_some(self.seat.session)
    }

    /// The number of its client; None: nobody has had the slot.
    pub fn client(&self) -> Option<u64> {
        self.client.map(|client| client.id)
    }

    /// Who lives, and for how long the way takes.
    pub const fn heartbeat(&self) -> &Heartbeat {
        &self.heartbeat
    }

    pub(super) fn connect(&mut self, generation: u32, config: &Config, link: Link, now: Instant) {
        self.generation = generation;
        self.phase = Phase::New { since: now };
        self.link = link;
        let heartbeat = if link == Link::Lossy { config.heartbeat.lossy() } else { config.heartbeat };
        self.heartbeat = Heartbeat::new(heartbeat, now);
        self.unflushed = None;
        self.seat = Seat::NONE;
        self.owed = Owed::NONE;
    }

    /// Lets `client` in. True: it was in before, on this connection.
    pub(super) fn admit<B: AsRef<[u8]>>(
        &mut self,
        now: Instant,
        hello: &Hello<'_>,
        client: Client,
        (history, role, most): (&History<B>, Role, Role),
    ) -> bool {
        let again = self.is_attached();
        let (replay, attach) = Replay::attach(history, hello.has);
        // Whoever was told a limit on this connection may have typed up to it.
        let told = if again && self.seat.session == client.session { self.seat.limit } else { 0 };
        self.phase = Phase::Attached;
        self.client = Some(client);
        self.heartbeat.handle_authenticated(now);
        self.seat = Seat {
            session: client.session,
            role,
            most,
            hears: false,
            attach,
            max_body: hello.max_body.max(MIN_BODY as u16),
            replay,
            restart: None,
            screen: hello.screen && self.link == Link::Reliable,
            first: attach == Attach::Reanchor,
            joining: Joining::new(),
            limit: client.applied.count().max(told),
            credit: u64::MAX,
        };
        let Owed { pong, ping, attached, .. } = self.owed;
        self.owed = Owed { attached: attached || !again, welcome: true, pong, ping, ..Owed::NONE };
        again
    }

    /// Tells its client why, and then no more.
    pub(super) fn close(&mut self, now: Instant, reason: CloseReason) {
        let attached = self.is_attached();
        if matches!(self.phase, Phase::New { .. } | Phase::Attached) {
            self.phase = Phase::Closing { reason, since: now, said: false, attached };
        }
    }

    /// It is over, without a word.
    pub(super) fn end(&mut self, reason: CloseReason) {
        self.phase = match self.phase {
            Phase::Free => Phase::Free,
            Phase::New { .. } => Phase::Gone { reason, attached: false },
            Phase::Attached => Phase::Gone { reason, attached: true },
            // Why it was to be closed is why it is over.
            Phase::Closing { reason, attached, .. } | Phase::Gone { reason, attached } => {
                Phase::Gone { reason, attached }
            }
        };
    }

    /// The host slept: nobody is judged by what it did not hear, or could not say.
    pub(super) fn wake(&mut self, now: Instant) {
        self.heartbeat.handle_wake(now);
        match &mut self.phase {
            Phase::New { since } | Phase::Closing { since, .. } => *since = now,
            Phase::Free | Phase::Attached | Phase::Gone { .. } => {}
        }
    }

    /// All that was handed out has been written.
    pub(super) fn flushed(&mut self, now: Instant) {
        if let Some(nonce) = self.unflushed.take() {
            self.heartbeat.handle_flushed(now, nonce);
        }
        if let Phase::Closing { said: true, reason, .. } = self.phase {
            self.end(reason);
        }
    }

    /// Whether the driver has to be told something.
    pub(super) const fn has_news(&self) -> bool {
        self.owed.attached || matches!(self.phase, Phase::Gone { .. }) || self.wants_screen()
    }

    /// Whether it may ever have something to say.
    pub(super) const fn speaks(&self) -> bool {
        !matches!(self.phase, Phase::Free | Phase::Gone { .. } | Phase::Closing { said: true, .. })
    }

    /// Whether the driver has to be asked for a screen.
    pub(super) const fn wants_screen(&self) -> bool {
        let wanted = matches!(self.seat.restart, Some(Restart { text: Text::Wanted, .. }));
        wanted && self.is_attached()
    }

    /// The driver has a screen of so many bytes, or none.
    pub(super) const fn show<B: AsRef<[u8]>>(&mut self, history: &History<B>, len: usize) {
        let Some(restart) = &mut self.seat.restart else { return };
        if !matches!(restart.text, Text::Wanted | Text::Asked) {
            return;
        }
        restart.text = Text::Modes;
        if len > 0 {
            restart.text = Text::Screen(len);
            (restart.offset, restart.size) = self.seat.replay.skip(history);
        }
        if self.seat.first {
            self.seat.replay.begin();
        }
    }

    pub(super) fn poll_at(&self, config: &Config, slot: u16) -> Option<Deadline<Due>> {
        let (since, span, reason) = match self.phase {
            Phase::New { since } => (since, config.authentication, Due::Authentication(slot)),
            Phase::Closing { since, .. } => (since, config.closing, Due::Closing(slot)),
            Phase::Attached => {
                return self.heartbeat.poll_at().map(|at| at.map(|due| Due::Heartbeat(slot, due)));
            }
            Phase::Free | Phase::Gone { .. } => return None,
        };
        Some(Deadline { at: comes(end(since, span))?, reason })
    }

    /// Lets happen what is due.
    pub(super) fn advance(&mut self, now: Instant, config: &Config) {
        let is_due = |since, span| comes(end(since, span)).is_some_and(|end| end <= now);
        match self.phase {
            Phase::New { since } if is_due(since, config.authentication) => {
                // Not that it may not: its hello may be stuck, and then it has to try again.
                self.close(now, CloseReason::HeartbeatLost);
            }
            Phase::Closing { since, reason, .. } if is_due(since, config.closing) => self.end(reason),
            Phase::Attached => match self.heartbeat.poll(now) {
                Some(heartbeat::Event::SendPing { nonce }) => {
                    self.owed.ping = Some(nonce);
                    if self.link == Link::Lossy {
                        // And the limit: whoever misses it types no more.
                        (self.owed.role, self.owed.ack, self.owed.change) = (true, true, 0);
                        self.seat.joining = Joining::new();
                    }
                }
                Some(heartbeat::Event::Dead(_)) => self.end(CloseReason::HeartbeatLost),
                None => {}
            },
            _ => {}
        }
    }
}

impl Timed for Peer {
    type Context = Config;

    fn due(&self, config: &Config) -> Option<Instant> {
        if self.has_news() { Some(Instant::ZERO) } else { Some(self.poll_at(config, 0)?.at) }
    }
}

impl Default for Peer {
    fn default() -> Self {
        Self::new()
    }
}

impl Seat {
    const NONE: Self = Self {
        session: 0,
        role: Role::Viewer,
        most: Role::Viewer,
        hears: false,
        attach: Attach::Reanchor,
        max_body: MIN_BODY as u16,
        replay: Replay::NONE,
        restart: None,
        screen: false,
        first: false,
        joining: Joining::new(),
        limit: 0,
        credit: u64::MAX,
    };
}

impl Owed {
    const NONE: Self = Self {
        attached: false,
        welcome: false,
        ack: false,
        again: false,
        asked: None,
        pong: None,
        ping: None,
        role: false,
        change: 0,
    };
}
