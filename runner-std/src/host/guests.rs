//! Connections of peers, as the driver sees them.

use stillwire::Instant;
use stillwire::link::close::CloseReason;
use stillwire::link::frame::{Frame, Hello, Outcome, Role};
use stillwire::link::host::{Heard, Link, Peer, PeerId};

use super::log::{self, Gap};
use super::seats::Seat;
use super::server::{Core, Server, kind};
use crate::door::Door;
use crate::door::http::Asked;
use crate::limits;
use crate::link::{Connection, Input, Written, takeover};

/// A peer's connection.
#[derive(Debug)]
pub(super) struct Guest {
    pub peer: PeerId,
    connection: Connection,
    /// The offset behind the output that it was handed.
    shown: u64,
    /// When an acknowledgement is sent that waits for company.
    hold: Option<Instant>,
    /// What it was let in to.
    session: Option<usize>,
    /// It waits for the screen of this session; whether it has seen nothing of it yet.
    pub waits: Option<(usize, bool)>,
    /// What it is being shown.
    pub screen: Vec<u8>,
    /// Output that it never got.
    gap: Gap,
}

/// What was put into a connection's buffer.
#[derive(Clone, Copy, Debug, Default)]
struct Filled {
    /// Somebody waits for it.
    urgent: bool,
    /// Bytes of output that are told to be lost.
    lost: u64,
    /// It could not be encoded.
    broken: bool,
}

impl Guest {
    const fn new(peer: PeerId, connection: Connection) -> Self {
        Self {
            peer,
            connection,
            session: None,
            shown: 0,
            hold: None,
            waits: None,
            screen: Vec::new(),
            gap: Gap::NONE,
        }
    }

    /// Asks the core for frames while there is room. Whoever is superseded is told by whom, if that is known.
    fn fill(&mut self, now: Instant, core: &mut Core, newest: Option<&str>) -> Filled {
        let mut filled = Filled::default();
        while let Some(mut frame) = core.next_frame_with(now, self.peer, self.connection.room(), &self.screen)
        {
            let mut painted = false;
            match (&mut frame, newest) {
                (Frame::Output { offset, bytes }, _) => {
                    self.shown = offset.saturating_add(bytes.len() as u64);
                }
                (Frame::Snapshot { offset, last: true, .. }, _) => {
                    // Who has seen nothing yet has lost nothing.
                    filled.lost += offset.saturating_sub(self.shown) * u64::from(self.shown > 0);
                    self.shown = *offset;
                    painted = true;
                }
                (Frame::Close { reason: CloseReason::Superseded, text }, Some(newest)) => *text = newest,
                _ => {}
            }
            filled.urgent |= !matches!(frame, Frame::InputAck { again: false, .. });
            filled.broken |= self.connection.send(&frame).is_err();
            if painted {
                self.screen = Vec::new();
            }
        }
        filled
    }
}

impl Server {
    /// Lets in whoever knocks.
    pub(super) fn knocked(&mut self, now: Instant, door: usize) {
        for _ in 0..limits::ACCEPTS {
            let Some(mut connection) = self.doors.get_mut(door).and_then(Door::accept) else { return };
            let mut peer = self.core.handle_connect(now, Link::Reliable);
            if peer == Err(CloseReason::Full) && self.make_room(now) {
                peer = self.core.handle_connect(now, Link::Reliable);
            }
            // Without a slot the connection is closed: a client dials again.
            let Ok(peer) = peer else { continue };
            let token = kind::GUEST | u64::from(peer.generation) << 16 | u64::from(peer.slot);
            let watched = connection.watch(&mut self.poller, token, true);
            match self.guests.get_mut(usize::from(peer.slot)) {
                Some(slot) if watched.is_ok() => *slot = Some(Guest::new(peer, connection)),
                _ => {
                    let _ = self.core.handle_closed(now, peer, CloseReason::Full);
                }
            }
        }
    }

    /// Gives up the oldest of those who have not said yet who they are, strangers first: so nobody who only
    /// knocks keeps others out.
    fn make_room(&mut self, now: Instant) -> bool {
        let attached = |guest: &&Guest| {
            self.core.peers().get(usize::from(guest.peer.slot)).is_some_and(Peer::is_attached)
        };
        let strangers = self.guests.iter().flatten().filter(|guest| !attached(guest));
        let oldest = strangers.min_by_key(|guest| (guest.connection.is_known(), guest.peer.generation));
        let Some(peer) = oldest.map(|guest| guest.peer) else { return false };
        let _ = self.core.handle_closed(now, peer, CloseReason::Full);
        self.settle(now);
        true
    }

    /// Does what the core says until it has nothing more to say.
    pub(super) fn settle(&mut self, now: Instant) {
        while let Some(event) = self.core.poll(now) {
            self.changed = true;
            self.handle(now, event);
        }
    }

    /// Takes what came from a peer.
    pub(super) fn hear(&mut self, now: Instant, peer: PeerId) {
        let slot = usize::from(peer.slot);
        let guest = self.guests.get_mut(slot).and_then(|slot| slot.take_if(|guest| guest.peer == peer));
        if let Some(mut guest) = guest {
            let mut buffer = std::mem::take(&mut self.buffer);
            let asked = self.hear_all(now, &mut guest, &mut buffer);
            self.buffer = buffer;
            if let Some(asked) = asked {
                let _ = self.core.handle_closed(now, peer, CloseReason::GoingAway);
                self.asked(now, guest.connection, &asked);
            } else if let Some(slot) = self.guests.get_mut(slot) {
                *slot = Some(guest);
            }
        }
        self.touch_session_of(peer);
    }

    /// Hands over all that is there; what somebody asks for who is no peer is given back.
    fn hear_all(&mut self, now: Instant, guest: &mut Guest, buffer: &mut [u8]) -> Option<Asked> {
        let Guest { peer, connection, session, .. } = guest;
        let mut budget = limits::BITE;
        loop {
            let mut input = match connection.read(buffer, &mut budget) {
                Input::Bytes(input) => input,
                Input::Nothing => return None,
                Input::Asked(asked) => return Some(asked),
                Input::Closed(why) => {
                    let reason = why.map_or(CloseReason::Abnormal, |(code, _)| CloseReason::from_code(code));
                    let _ = self.core.handle_closed(now, *peer, reason);
                    return None;
                }
            };
            let _ = self.core.handle_received(now, *peer);
            let known = connection.is_known();
            while let Some(part) = connection.wire.next(&mut input) {
                let heard = match part {
                    Ok(part) => self.core.handle_part(now, *peer, part),
                    Err(error) => self.core.handle_broken(now, *peer, error).map(|()| Heard::Nothing),
                };
                match heard {
                    Ok(Heard::Hello(hello)) => *session = self.let_in(now, *peer, known, &hello),
                    Ok(Heard::Message { client, session, id, channel, rest: 0, .. }) => {
                        self.answer_message(now, *peer, (client, session, id), channel);
                    }
                    Ok(_) => {}
                    Err(_) => return None,
                }
            }
        }
    }

    /// Somebody says who he is and what he wants; gives the session that he is let in to.
    fn let_in(&mut self, now: Instant, peer: PeerId, known: bool, hello: &Hello<'_>) -> Option<usize> {
        let trusted = known || self.token.as_ref().is_some_and(|token| token.matches(hello.token.0));
        let session = seat_of(&self.seats, hello.session).filter(|_| trusted);
        let is_other = |other: &&Peer| other.is_attached() && other.client() != Some(hello.client);
        let full = self.core.peers().iter().filter(is_other).count() >= self.max_peers;
        let _ = match session {
            Some(_) if full => self.core.refuse(now, peer, CloseReason::Full),
            Some(session) => self.core.admit(now, peer, hello, session, Role::Controller),
            None => self.core.refuse(now, peer, CloseReason::Unauthorised),
        };
        session
    }

    /// A request: for a break on the serial line. There is no application behind this host.
    fn answer_message(
        &mut self,
        now: Instant,
        peer: PeerId,
        (client, session, id): (u64, usize, u64),
        channel: &str,
    ) {
        let role = self.core.peers().get(usize::from(peer.slot)).and_then(Peer::role);
        let (outcome, answer) = match self.seats.get_mut(session) {
            _ if channel != limits::BREAK => (Outcome::NoHandler, String::new()),
            Some(seat) if role == Some(Role::Controller) => {
                let sent = seat.send_break(now);
                (Outcome::Done, log::sent_break(&seat.name, sent))
            }
            _ => (Outcome::Done, "only who controls may send a break".into()),
        };
        let _ = self.core.reply(client, id, outcome, answer.as_bytes());
    }

    /// Whatever a peer said is of its session.
    fn touch_session_of(&mut self, peer: PeerId) {
        let session = self.core.peers().get(usize::from(peer.slot)).and_then(Peer::session);
        if let Some(session) = session {
            self.agenda.touch(session);
        }
    }

    /// Asks those for frames who may have something to say, or have room again, and writes them.
    pub(super) fn speak(&mut self, now: Instant) {
        self.show(now);
        for peer in self.agenda.take_asked(now) {
            self.speak_to(now, peer);
        }
        while let Some(peer) = self.core.next_speaker() {
            self.speak_to(now, peer);
        }
        // What was written or lost may have ended somebody.
        self.settle(now);
    }

    fn speak_to(&mut self, now: Instant, peer: PeerId) {
        let newest = self.successor(peer);
        let guest = self.guests.get_mut(usize::from(peer.slot)).and_then(Option::as_mut);
        let Some(guest) = guest.filter(|guest| guest.peer == peer) else { return };
        let before = guest.hold;
        let (mut turns, mut lost) = (limits::TURNS, 0);
        // Nobody waits for an acknowledgement alone: the echo of the key takes it along.
        let mut urgent = guest.connection.wants_write() && guest.hold.is_none_or(|at| at <= now);
        loop {
            let filled = guest.fill(now, &mut self.core, newest.as_deref());
            (urgent, lost) = (urgent || filled.urgent, lost + filled.lost);
            let connection = &mut guest.connection;
            if !connection.wants_write() {
                guest.hold = None;
                break;
            }
            guest.hold = if urgent { None } else { guest.hold.or(Some(now.after(limits::ACK))) };
            connection.hold(!urgent);
            if !urgent {
                break;
            }
            if turns == 0 {
                self.again = true;
                self.agenda.ask(peer);
                break;
            }
            turns -= 1;
            if filled.broken {
                let _ = self.core.handle_closed(now, peer, CloseReason::Abnormal);
                break;
            }
            let written = connection.flush();
            let told = match written {
                Ok(Written::All) => self.core.handle_flushed(now, peer),
                Ok(Written::Some) => self.core.handle_written(now, peer),
                // Whoever closed it may have said something before: that is still to be read, and behind it the end.
                Ok(Written::Nothing) | Err(_) => break,
            };
            if !matches!(written, Ok(Written::All)) || told.is_err() {
                break;
            }
        }
        if guest.hold != before {
            self.agenda.hold(peer, guest.hold);
        }
        if let Some(lost) = guest.gap.add(now, lost) {
            let seat = guest.session.and_then(|session| self.seats.get(session));
            log::gap(seat.map_or("host", |seat| seat.name.as_str()), peer, lost);
        }
        let _ = guest.connection.watch(&mut self.poller, 0, true);
        if guest.connection.is_done() {
            let _ = self.core.handle_closed(now, peer, CloseReason::GoingAway);
        }
    }

    /// What a peer that is to be closed is told, should another have taken over: who that is.
    fn successor(&self, peer: PeerId) -> Option<String> {
        let closing = !self.core.peers().get(usize::from(peer.slot))?.is_attached();
        let session = self.guests.get(usize::from(peer.slot))?.as_ref()?.session.filter(|_| closing)?;
        Some(takeover::text(&self.controls(session)?))
    }

    /// Where whoever controls a session comes from, in words.
    pub(super) fn controls(&self, session: usize) -> Option<String> {
        let controls = |peer: &Peer| peer.session() == Some(session) && peer.role() == Some(Role::Controller);
        let guest = self.guests.get(self.core.peers().iter().position(controls)?)?.as_ref()?;
        Some(guest.connection.whence())
    }

    /// Where a peer comes from, in words.
    pub(super) fn whence(&self, peer: PeerId) -> String {
        let guest = self.guests.get(usize::from(peer.slot)).and_then(Option::as_ref);
        guest.map_or_else(String::new, |guest| guest.connection.whence())
    }

    /// A peer is gone.
    pub(super) fn part(&mut self, peer: PeerId) {
        let slot = self.guests.get_mut(usize::from(peer.slot));
        if let Some(mut guest) = slot.and_then(|slot| slot.take_if(|guest| guest.peer == peer)) {
            guest.connection.forget(&mut self.poller);
            self.agenda.hold(peer, None);
        }
    }
}

/// The session of this name; without one, the only one.
fn seat_of(seats: &[Seat], name: &str) -> Option<usize> {
    if name.is_empty() && seats.len() == 1 {
        return Some(0);
    }
    seats.iter().position(|seat| seat.name == name)
}
