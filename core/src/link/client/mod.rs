//! The side that shows a session: [`Client`].
//!
//! ```text
//!   person, system                 Client                             connection
//!   handle_online, handle_wake ─▶ Reconnect ── Event::Dial, Close ──▶ (driver)
//!                                  │    ▲                              │ handle_connected, handle_closed
//!                                  ▼    │ silent                       ▼
//!                                 Probe, Watchdog ◀── handle_received, handle_flushed
//!   handle_typed, request ──────▶ Typed, Requests ──── next_frame ──▶ hello, ping, input, …
//!   Heard::Output, Restart ◀───── Follower ◀────────── handle_part ── welcome, output, …
//! ```
//!
//! The loop of a driver: hand over what came, and after a stop write what the link takes, so that a wait in our own
//! buffer is not taken for the host's; [`Client::poll`] until None and do what it says; while the link has room
//! write what [`Client::next_frame`] says until None; sleep until [`Client::poll_at`], or until something comes.
//!
//! What is known of a connection is void with it. The place in the output, what was typed, requests and wishes outlive it;
//! a session with another epoch gets none of what was typed for the one before.

mod connection;
mod credit;
mod hear;
mod saved;
mod speak;
mod types;
mod watch;

use crate::deadline::{Clock, Deadline, earliest};
use crate::idle;
use crate::link::close::CloseReason;
use crate::link::frame::{MAX_SIDE, Role};
use crate::link::history::Size;
use crate::link::host::Link;
use crate::link::message::{Refused, Requests};
use crate::link::probe::Doubt;
use crate::link::reconnect::{self, Generation, Reconnect, Stale, Status};
use crate::link::replay::{Follower, Place};
use crate::link::rtt::Rtt;
use crate::link::typed::{Full, Typed};
use crate::time::{Duration, Instant};
use connection::Connection;
use credit::Credit;
pub use saved::Saved;
pub use types::{Config, Credentials, Due, Event, Heard};

/// Keeps a link to one session of a host, and everything that has to survive the loss of one. Less than 1 KiB, and
/// the storage for what is typed and asked.
///
/// `B` is that storage: an array, a lent slice or a vector.
///
/// - **Inputs** of a connection, each under its generation: [`handle_connected`](Self::handle_connected),
///   [`handle_received`](Self::handle_received), [`handle_part`](Self::handle_part), [`handle_broken`](Self::handle_broken),
///   [`handle_written`](Self::handle_written), [`handle_flushed`](Self::handle_flushed), [`handle_closed`](Self::handle_closed).
/// - **Inputs** of the world: [`handle_online`](Self::handle_online), [`handle_offline`](Self::handle_offline),
///   [`handle_wake`](Self::handle_wake), [`handle_visible`](Self::handle_visible).
/// - **Inputs** of the person: [`handle_typed`](Self::handle_typed), [`handle_resize`](Self::handle_resize),
///   [`handle_shown`](Self::handle_shown), [`handle_role`](Self::handle_role), [`request`](Self::request), [`handle_user`](Self::handle_user), [`handle_leave`](Self::handle_leave).
/// - **Outputs**: [`poll`](Self::poll) until it says None (at most [`Client::EVENTS`] events, and one for each lost request),
///   then [`next_frame`](Self::next_frame), then sleep until [`poll_at`](Self::poll_at). Hand over what came before polling.
/// - **Getters**: [`status`](Self::status), [`silence`](Self::silence), [`next_dial`](Self::next_dial), [`role`](Self::role),
///   [`session_status`](Self::session_status), [`place`](Self::place), [`wants_input`](Self::wants_input), [`rtt`](Self::rtt).
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Client<B> {
    config: Config,
    /// Names this client to the host.
    id: u64,
    clock: Clock,
    reconnect: Reconnect,
    /// What the driver was told to dial, until it closes it.
    connection: Option<Connection>,
    /// The connection before, which is closed.
    parting: Option<Parting>,
    follower: Follower,
    /// How far the output was shown, if it has to begin anew for a snapshot that was lost in part.
    shown: Option<Place>,
    /// Nothing of this life of the session was shown yet.
    first: bool,
    /// A new beginning was not shown to its end.
    cut: bool,
    /// Of the last welcome: the epoch of the session, and since which connection its host knows this client.
    known: Option<(u64, u32)>,
    typed: Typed<B>,
    /// Typed bytes that were dropped and not told yet.
    typed_lost: u64,
    requests: Requests<B>,
    /// The role that is wanted.
    role: Role,
    size: Wish,
    credit: Credit,
    /// The last byte of the host.
    heard: Option<Instant>,
    session: Option<(idle::Status, Instant)>,
}

/// A connection that does not count any more.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Parting {
    generation: Generation,
    reason: CloseReason,
    /// What the host is still to be told.
    text: Option<&'static str>,
    /// The driver has to be told.
    due: bool,
}

/// A size.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Wish {
    wanted: Option<Size>,
    /// By the host.
    told: Option<Size>,
}

impl Wish {
    fn differs(self) -> bool {
        self.wanted.is_some() && self.wanted != self.told
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Client<B> {
    /// Events of one drain at the most, lost requests not counted: close twice, dial, two statuses' worth and dropped input.
    pub const EVENTS: usize = 5;

    /// A client that wants a link from `now` on.
    ///
    /// `id` is a random number that names it to hosts, other than that of every other client; `seed` another, which
    /// has to be none of those. `typed` and `requests` keep what the host has not acknowledged.
    pub const fn new(config: Config, id: u64, seed: u64, typed: B, requests: B, now: Instant) -> Self {
        Self {
            config,
            id,
            clock: Clock::new(now),
            reconnect: Reconnect::new(config.reconnect, seed, now),
            connection: None,
            parting: None,
            follower: Follower::new(),
            shown: None,
            first: true,
            cut: false,
            known: None,
            typed: Typed::new(typed),
            typed_lost: 0,
            requests: Requests::new(requests),
            role: config.role,
            size: Wish { wanted: None, told: None },
            credit: Credit::new(config.window),
            heard: None,
            session: None,
        }
    }

    /// The connection is there: frames can be sent. That the host lets the client in is another matter.
    ///
    /// # Errors
    /// It is not the connection that counts. Nothing has changed; so of all inputs that come from a connection.
    pub fn handle_connected(&mut self, now: Instant, generation: Generation) -> Result<(), Stale> {
        self.current(generation)?.connect();
        self.clock.clamp(now);
        Ok(())
    }

    /// Some bytes came: a sign of life, before it is known what they mean.
    ///
    /// # Errors
    /// See [`handle_connected`](Self::handle_connected).
    pub fn handle_received(&mut self, now: Instant, generation: Generation) -> Result<(), Stale> {
        let lossy = self.is_lossy();
        self.current(generation)?;
        let now = self.clock.clamp(now);
        self.heard = Some(now);
        if self.connection.as_mut().is_some_and(|link| link.received(now, lossy)) {
            self.reconnect.handle_alive(now, generation)?;
        }
        Ok(())
    }

    /// The connection took some of what was handed out.
    ///
    /// # Errors
    /// See [`handle_connected`](Self::handle_connected).
    pub fn handle_written(&mut self, now: Instant, generation: Generation) -> Result<(), Stale> {
        self.current(generation)?.probe.handle_written(now);
        self.clock.clamp(now);
        Ok(())
    }

    /// The connection took all that was handed out. (Which is also some.)
    ///
    /// # Errors
    /// See [`handle_connected`](Self::handle_connected).
    pub fn handle_flushed(&mut self, now: Instant, generation: Generation) -> Result<(), Stale> {
        self.current(generation)?;
        let now = self.clock.clamp(now);
        self.current(generation)?.flushed(now);
        Ok(())
    }

    /// The connection is gone, or could not be made ([`CloseReason::Abnormal`] if nobody said why).
    ///
    /// # Errors
    /// See [`handle_connected`](Self::handle_connected).
    pub fn handle_closed(
        &mut self,
        now: Instant,
        generation: Generation,
        reason: CloseReason,
    ) -> Result<(), Stale> {
        self.current(generation)?;
        let now = self.clock.clamp(now);
        self.connection = None;
        self.reconnect.handle_closed(now, generation, reason)
    }

    /// The system says that there is a network, again or another one.
    pub fn handle_online(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        self.reconnect.handle_online(now);
        self.doubt(now, Doubt::Network);
    }

    /// The system says that there is no network.
    pub fn handle_offline(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        self.reconnect.handle_offline(now);
    }

    /// The machine slept and woke: see [`Reconnect::handle_wake`]. To be told before [`poll`](Self::poll), which may
    /// otherwise take its sleep for the host's silence.
    pub fn handle_wake(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        if let Some(link) = &mut self.connection {
            link.watchdog.handle_wake(now);
        }
        self.reconnect.handle_wake(now);
        self.doubt(now, Doubt::Wake);
    }

    /// The page is visible again: its timers may have stood still.
    pub fn handle_visible(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        if let Some(link) = &mut self.connection {
            link.watchdog.handle_wake(now);
        }
        self.reconnect.handle_visible(now);
        self.doubt(now, Doubt::Network);
    }

    /// The user asks for the link: by a button, or a key while there is none. The only way out when parked.
    pub fn handle_user(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        self.reconnect.handle_user(now);
        self.doubt(now, Doubt::Network);
    }

    /// The user leaves: the connection is closed, and nothing is dialed until they ask.
    pub fn handle_leave(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        if let Some(link) = &mut self.connection {
            link.why = CloseReason::GoingAway;
        }
        self.reconnect.handle_leave(now);
    }

    /// Something was typed. It is kept until the host has it, whatever happens to the link; all or nothing.
    ///
    /// # Errors
    /// Too much waits already; or this is a viewer, who has no room at all.
    pub fn handle_typed(&mut self, now: Instant, bytes: &[u8]) -> Result<(), Full> {
        self.clock.clamp(now);
        if self.role() == Role::Viewer { Err(Full { room: 0 }) } else { self.typed.push(bytes) }
    }

    /// The terminal has this size now, and the session's is to be the same. Sides are at least 1 and at most [`MAX_SIDE`].
    pub fn handle_resize(&mut self, now: Instant, size: Size) {
        self.clock.clamp(now);
        let side = |side: u16| side.clamp(1, MAX_SIDE);
        self.size.wanted = Some(Size { columns: side(size.columns), rows: side(size.rows) });
        if let Some(link) = &mut self.connection {
            link.size_due = self.size.differs() || link.size_open;
        }
    }

    /// The terminal has shown the output up to `offset`, so of a client with a [`Config::window`] the host may send more: ask
    /// [`next_frame`](Self::next_frame).
    pub fn handle_shown(&mut self, now: Instant, offset: u64) {
        self.clock.clamp(now);
        self.credit.handle_shown(offset, self.follower.place().map_or(0, |place| place.offset));
    }

    /// What to be from now on. A viewer that wants to control supersedes whoever does.
    pub fn handle_role(&mut self, now: Instant, role: Role) {
        self.clock.clamp(now);
        self.role = role;
        if let Some(link) = &mut self.connection {
            link.role_due = true;
        }
    }

    /// Asks the application behind the host. The id comes back with the reply.
    ///
    /// # Errors
    /// Nothing of it was taken: it cannot be, or not now.
    pub fn request(&mut self, now: Instant, channel: &str, payload: &[u8]) -> Result<u64, Refused> {
        self.clock.clamp(now);
        self.requests.request(channel, payload)
    }

    /// When to poll next, and why. None: only input can change anything.
    pub fn poll_at(&self) -> Option<Deadline<Due>> {
        if self.has_news() {
            return Some(Deadline { at: self.clock.latest(), reason: Due::News });
        }
        let dialing = self.reconnect.poll_at().map(|at| at.map(Due::Reconnect));
        earliest([dialing, self.connection.as_ref().and_then(Connection::poll_at)])
    }

    /// What the user is told of the link.
    pub const fn status(&self) -> Status {
        self.reconnect.status()
    }

    /// The time since the last byte of the host, whatever the status; None: there never was one.
    pub fn silence(&self, now: Instant) -> Option<Duration> {
        self.heard.map(|heard| now.since(heard))
    }

    /// When the next connection is dialed, if that only takes time.
    pub fn next_dial(&self) -> Option<Instant> {
        let due = self.reconnect.poll_at()?;
        (due.reason == reconnect::Due::Dial).then_some(due.at)
    }

    /// What this client may do; until the host has said so, what it wants to.
    pub fn role(&self) -> Role {
        match &self.connection {
            Some(link) if link.is_welcomed() && self.role == Role::Controller => link.role,
            _ => self.role,
        }
    }

    /// What the session did when the host spoke of it last, and since when.
    pub const fn session_status(&self) -> Option<(idle::Status, Instant)> {
        self.session
    }

    /// The size that the session has, as far as is known.
    pub const fn size(&self) -> Option<Size> {
        self.size.told
    }

    /// What was shown of the output.
    pub const fn place(&self) -> Option<Place> {
        self.follower.place()
    }

    /// Bytes that [`handle_typed`](Self::handle_typed) would take. At 0 a driver stops reading what is typed.
    pub fn wants_input(&self) -> usize {
        if self.role() == Role::Viewer { 0 } else { self.typed.room() }
    }

    /// The connection that counts now, if there is one.
    pub fn generation(&self) -> Option<Generation> {
        self.connection.as_ref().map(|link| link.generation).filter(|&generation| self.counts(generation))
    }

    /// How long the way there and back takes on this connection.
    pub fn rtt(&self) -> Option<&Rtt> {
        self.connection.as_ref().map(|link| link.probe.rtt())
    }

    fn is_lossy(&self) -> bool {
        self.config.link == Link::Lossy
    }

    fn counts(&self, generation: Generation) -> bool {
        let held = self.connection.as_ref().map(|link| link.generation);
        held == Some(generation) && self.reconnect.generation() == held
    }

    /// Whoever speaks has to be of the connection that counts.
    fn current(&mut self, generation: Generation) -> Result<&mut Connection, Stale> {
        let counts = self.counts(generation);
        self.connection.as_mut().filter(|_| counts).ok_or(Stale(generation))
    }
}
