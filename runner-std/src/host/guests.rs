//! Connections, as the driver sees them: peers of the core, and those who ask for something that is no session.

use stillwire::Instant;
use stillwire::link::close::CloseReason;
use stillwire::link::frame::{Frame, Outcome, Role};
use stillwire::link::host::{Heard, Link, Peer, PeerId};

use super::list::{self, Answer};
use super::log::{self, Gap};
use super::news::Follow;
use super::seats::Seat;
use super::server::{Server, kind};
use crate::door::Door;
use crate::door::http::Asked;
use crate::limits;
use crate::link::{Connection, Input, Written};

/// A peer's connection.
#[derive(Debug)]
pub(super) struct Guest {
    pub peer: PeerId,
    connection: Connection,
    /// The offset behind the output that it was handed.
    shown: u64,
    /// When an acknowledgement is sent that waits for company.
    hold: Option<Instant>,
    /// It waits for the screen of this session; whether it has seen nothing of it yet.
    pub waits: Option<(usize, bool)>,
    /// What it is being shown.
    pub screen: Vec<u8>,
    /// Output that it never got.
    gap: Gap,
}

impl Guest {
    const fn new(peer: PeerId, connection: Connection) -> Self {
        Self { peer, connection, shown: 0, hold: None, waits: None, screen: Vec::new(), gap: Gap::NONE }
    }
}

/// Somebody who asked, and is told.
#[derive(Debug)]
pub(super) struct Request {
    pub connection: Connection,
    /// What it is told from now on.
    pub follows: Option<Follow>,
    since: Instant,
}

impl Request {
    /// When it has to have taken its answer; None: it has no end.
    pub(super) fn poll_at(&self) -> Option<Instant> {
        self.follows.is_none().then(|| self.since.after(limits::ANSWERED))
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
        self.hear_all(now, peer);
        self.touch_session_of(peer);
    }

    fn hear_all(&mut self, now: Instant, peer: PeerId) {
        let slot = self.guests.get_mut(usize::from(peer.slot));
        let Some(guest) = slot.and_then(Option::as_mut).filter(|guest| guest.peer == peer) else { return };
        let connection = &mut guest.connection;
        let mut budget = limits::BITE;
        let asked = loop {
            match connection.read(&mut self.buffer, &mut budget) {
                Input::Nothing => return,
                Input::Closed(code) => {
                    let reason = code.map_or(CloseReason::Abnormal, CloseReason::from_code);
                    let _ = self.core.handle_closed(now, peer, reason);
                    return;
                }
                Input::Asked(asked) => break asked,
                Input::Bytes(mut input) => {
                    let _ = self.core.handle_received(now, peer);
                    let known = connection.is_known();
                    while let Some(part) = connection.wire.next(&mut input) {
                        let heard = match part {
                            Ok(part) => self.core.handle_part(now, peer, part),
                            Err(error) => self.core.handle_broken(now, peer, error).map(|()| Heard::Nothing),
                        };
                        match heard {
                            Ok(Heard::Hello(hello)) => {
                                let token = self.token.as_ref();
                                let trusted =
                                    known || token.is_some_and(|token| token.matches(hello.token.0));
                                let session = seat_of(&self.seats, hello.session).filter(|_| trusted);
                                let others = self.core.peers().iter().filter(|other| {
                                    other.is_attached() && other.client() != Some(hello.client)
                                });
                                let full = others.count() >= self.max_peers;
                                let _ = match session {
                                    Some(_) if full => self.core.refuse(now, peer, CloseReason::Full),
                                    Some(session) => {
                                        self.core.admit(now, peer, &hello, session, Role::Controller)
                                    }
                                    None => self.core.refuse(now, peer, CloseReason::Unauthorised),
                                };
                            }
                            Ok(Heard::Message {
                                client,
                                session,
                                id,
                                channel: limits::BREAK,
                                rest: 0,
                                ..
                            }) => {
                                let role = self.core.peers().get(usize::from(peer.slot)).and_then(Peer::role);
                                let seat = self.seats.get_mut(session);
                                let answer = match seat.filter(|_| role == Some(Role::Controller)) {
                                    Some(seat) => {
                                        let sent = seat.send_break(now);
                                        log::sent_break(&seat.name, sent)
                                    }
                                    None => "only who controls may send a break".into(),
                                };
                                let _ = self.core.reply(client, id, Outcome::Done, answer.as_bytes());
                            }
                            // There is no application behind this host.
                            Ok(Heard::Message { client, id, rest: 0, .. }) => {
                                let _ = self.core.reply(client, id, Outcome::NoHandler, &[]);
                            }
                            Ok(_) => {}
                            Err(_) => return,
                        }
                    }
                }
            }
        };
        let _ = self.core.handle_closed(now, peer, CloseReason::GoingAway);
        self.asked(now, peer, &asked);
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
        let guest = self.guests.get_mut(usize::from(peer.slot)).and_then(Option::as_mut);
        let Some(guest) = guest.filter(|guest| guest.peer == peer) else { return };
        let Guest { connection, hold, screen, shown, gap, .. } = guest;
        let before = *hold;
        let (mut turns, mut lost) = (limits::TURNS, 0);
        // Nobody waits for an acknowledgement alone: the echo of the key takes it along.
        let mut urgent = connection.wants_write() && hold.is_none_or(|at| at <= now);
        loop {
            let mut broken = false;
            while let Some(frame) = self.core.next_frame_with(now, peer, connection.room(), screen) {
                if let Frame::Output { offset, bytes } = &frame {
                    *shown = offset.saturating_add(bytes.len() as u64);
                }
                if let Frame::Snapshot { offset, last: true, .. } = &frame {
                    // Who has seen nothing yet has lost nothing.
                    lost += offset.saturating_sub(*shown) * u64::from(*shown > 0);
                    *shown = *offset;
                }
                urgent |= !matches!(frame, Frame::InputAck { again: false, .. });
                let painted = matches!(frame, Frame::Snapshot { last: true, .. });
                broken |= connection.send(&frame).is_err();
                if painted {
                    *screen = Vec::new();
                }
            }
            if !connection.wants_write() {
                *hold = None;
                break;
            }
            *hold = if urgent { None } else { hold.or(Some(now.after(limits::ACK))) };
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
            if broken {
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
        if *hold != before {
            self.agenda.hold(peer, *hold);
        }
        if let Some(lost) = gap.add(now, lost) {
            let session = self.core.peers().get(usize::from(peer.slot)).and_then(Peer::session);
            let seat = session.and_then(|session| self.seats.get(session));
            log::gap(seat.map_or("host", |seat| seat.name.as_str()), peer, lost);
        }
        let _ = connection.watch(&mut self.poller, 0, true);
        if connection.is_done() {
            let _ = self.core.handle_closed(now, peer, CloseReason::GoingAway);
        }
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

    /// Somebody asked for something that is no session.
    fn asked(&mut self, now: Instant, peer: PeerId, asked: &Asked) {
        let slot = self.guests.get_mut(usize::from(peer.slot));
        let Some(guest) = slot.and_then(|slot| slot.take_if(|guest| guest.peer == peer)) else { return };
        let mut connection = guest.connection;
        connection.forget(&mut self.poller);
        let free = self.requests.iter().position(Option::is_none).unwrap_or(self.requests.len());
        if free >= limits::REQUESTS {
            return;
        }
        let mut follows = None;
        match list::answer(self, now, asked) {
            Answer::Reply(reply) => connection.answer(&reply),
            Answer::Follow(follow, text) => {
                connection.stream(list::STREAM.as_bytes());
                connection.stream(text.as_bytes());
                follows = Some(follow);
            }
        }
        let _ = connection.rename(&mut self.poller, kind::REQUEST | free as u64);
        let request = Some(Request { connection, follows, since: now });
        match self.requests.get_mut(free) {
            Some(slot) => *slot = request,
            None => self.requests.push(request),
        }
    }

    /// Whoever asked has nothing more to say; but he may go.
    pub(super) fn hear_request(&mut self, index: usize) {
        let Some(slot) = self.requests.get_mut(index) else { return };
        let Some(request) = slot else { return };
        let mut budget = limits::BITE;
        while let input @ (Input::Bytes(_) | Input::Closed(_)) =
            request.connection.read(&mut self.buffer, &mut budget)
        {
            if matches!(input, Input::Closed(_)) {
                request.connection.forget(&mut self.poller);
                *slot = None;
                return;
            }
        }
    }

    /// The last words to those who are still there.
    pub(super) fn farewell(&mut self) {
        for request in self.requests.iter_mut().flatten() {
            let _ = request.connection.flush();
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
