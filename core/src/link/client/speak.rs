//! What a client says, a frame at a time, when its link has room.
//!
//! In this order: why it is closed; hello; pong; ping; the role that is wanted; how much output may come; the size that is wanted; what
//! was typed; requests.
//! Before the welcome the hello is all. Behind a ping nothing is said until that has been written: so it is known *when*
//! it was, though the driver only knows that all has been written.

use super::connection::{Answer, Connection, Hello, Phase};
use super::{Client, Credentials};
use crate::link::frame::{Frame, MAX_BODY, MIN_BODY, MINOR, Role};
use crate::link::host::Link;
use crate::link::late::Patience;
use crate::link::reconnect::Generation;
use crate::link::replay::Follower;
use crate::time::{Duration, Instant};

/// Fields of an input, in bytes.
const INPUT: usize = 8;

impl<B: AsRef<[u8]> + AsMut<[u8]>> Client<B> {
    /// The next frame to send on this connection, if there is anything to say. It counts as said.
    ///
    /// Ask while the link has room, after [`poll`](Self::poll): `room` is the bytes of a body that it takes now, at least
    /// [`MIN_BODY`]; with less nothing is said. `credentials` are part of a hello.
    pub fn next_frame<'a>(
        &'a mut self,
        now: Instant,
        generation: Generation,
        credentials: &Credentials<'a>,
        room: usize,
    ) -> Option<Frame<'a>> {
        if room < MIN_BODY {
            return None;
        }
        if let Some(parting) = self.parting.as_mut().filter(|parting| parting.generation == generation) {
            let text = parting.text.take()?;
            return Some(Frame::Close { reason: parting.reason, text });
        }
        self.current(generation).ok()?;
        let now = self.clock.clamp(now);
        if self.hello_due() {
            return Some(self.hello(now, credentials));
        }
        if let Some(frame) = self.control() {
            return Some(frame);
        }
        self.content(room)
    }

    /// Whether [`next_frame`](Self::next_frame) has something to say on this connection, if there is room.
    pub fn wants_write(&self, generation: Generation) -> bool {
        if let Some(parting) = self.parting.as_ref().filter(|parting| parting.generation == generation) {
            return parting.text.is_some();
        }
        let Some(link) = self.connection.as_ref().filter(|_| self.counts(generation)) else { return false };
        let control = link.pong.is_some() || link.ping.is_some() || link.role_due || self.credit.is_due();
        let content = self.may_write() && (link.size_due || self.typed.is_waiting());
        let speaks = link.is_welcomed() && link.unflushed.is_none();
        self.hello_due() || speaks && (control || content || self.requests.is_due())
    }

    /// Whether what is typed, and the size that is wanted, may be sent.
    pub(super) fn may_write(&self) -> bool {
        let granted =
            self.connection.as_ref().is_some_and(|link| link.is_welcomed() && link.role == Role::Controller);
        granted && self.role == Role::Controller
    }

    fn hello_due(&self) -> bool {
        let Some(link) = &self.connection else { return false };
        link.phase != Phase::Dialing && link.unflushed.is_none() && matches!(link.hello, Hello::Due { .. })
    }

    fn hello<'a>(&mut self, now: Instant, credentials: &Credentials<'a>) -> Frame<'a> {
        if let Some(link) = &mut self.connection {
            let tries = match link.hello {
                Hello::Due { tries, .. } => tries,
                Hello::None | Hello::Said { .. } => 0,
            };
            let span = match (self.config.link, link.phase) {
                (Link::Lossy, _) => link.welcome_within(self.config.probe),
                (Link::Reliable, Phase::Welcomed) => self.config.reconnect.dial_timeout,
                (Link::Reliable, _) => Duration::MAX, // the dial has its own time
            };
            link.hello = Hello::Said { tries, patience: Patience::new(now, span) };
            link.role_due = false;
        }
        if core::mem::take(&mut self.cut) {
            self.shown = self.follower.place().or(self.shown);
            self.follower = Follower::new(); // only whoever has nothing gets the whole beginning again
        }
        let body = usize::from(self.config.max_body).clamp(MIN_BODY, MAX_BODY);
        Frame::Hello(crate::link::frame::Hello {
            minor: MINOR,
            role: self.role,
            max_body: u16::try_from(body).unwrap_or(u16::MAX),
            has: self.follower.place(),
            screen: self.config.screen,
            client: self.id,
            input: self.typed.sent(),
            token: credentials.token,
            session: credentials.session,
        })
    }

    /// Frames without payload, which have room in any body.
    fn control(&mut self) -> Option<Frame<'static>> {
        let writes = self.may_write();
        let link = speaker(&mut self.connection)?;
        if let Some(nonce) = link.pong.take() {
            return Some(Frame::Pong { nonce });
        }
        if let Some(nonce) = link.ping.take() {
            link.unflushed = Some(nonce);
            return Some(Frame::Ping { nonce, sent: self.typed.next_number() });
        }
        if core::mem::take(&mut link.role_due) {
            return Some(Frame::Role { role: self.role });
        }
        if let Some(limit) = self.credit.next() {
            return Some(Frame::Credit { limit });
        }
        let size = self.size.wanted.filter(|_| writes && link.size_due)?;
        (link.size_due, link.size_open) = (false, true);
        Some(Frame::Resize { columns: size.columns, rows: size.rows })
    }

    /// Frames with a payload of at most `room` bytes of body.
    fn content(&mut self, room: usize) -> Option<Frame<'_>> {
        let writes = self.may_write();
        let link = speaker(&mut self.connection)?;
        let room = room.min(link.max_body);
        if writes && self.typed.is_waiting() {
            let chunk = self.typed.next(room.saturating_sub(INPUT))?;
            if link.typed == Answer::None {
                link.typed = Answer::Unflushed;
            }
            return Some(Frame::Input { number: chunk.offset, bytes: chunk.bytes });
        }
        let request = self.requests.next(room)?;
        Some(Frame::Message { channel: request.channel, id: request.id, bytes: request.bytes })
    }
}

/// The connection, if it may say more than hello now.
fn speaker(link: &mut Option<Connection>) -> Option<&mut Connection> {
    link.as_mut().filter(|link| link.is_welcomed() && link.unflushed.is_none())
}
