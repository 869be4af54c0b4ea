//! What a host makes of the frames that come.

use super::Host;
use super::peer::{Client, Peer, Phase};
use super::session::Session;
use super::types::{Heard, PeerId, Stale};
use crate::link::close::CloseReason;
use crate::link::frame::stream::Part;
use crate::link::frame::{Frame, FrameError, Hello, Role};
use crate::link::history::Size;
use crate::link::linger;
use crate::link::message::Handled;
use crate::link::typed::Applied;
use crate::time::Instant;

impl<P, S, B> Host<P, S, B>
where
    P: AsRef<[Peer]> + AsMut<[Peer]>,
    S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
    B: AsRef<[u8]> + AsMut<[u8]>,
{
    /// Some bytes came on the connection: a sign of life, before it is known what they mean.
    pub fn handle_received(&mut self, now: Instant, peer: PeerId) -> Result<(), Stale> {
        let now = self.clock.clamp(now);
        self.peer(peer)?.heartbeat.handle_received(now);
        Ok(())
    }

    /// What came on the connection breaks the format.
    pub fn handle_broken(&mut self, now: Instant, peer: PeerId, _error: FrameError) -> Result<(), Stale> {
        self.refuse(now, peer, CloseReason::ProtocolError)
    }

    /// The driver does not let it in: it is told why, and closed.
    pub fn refuse(&mut self, now: Instant, peer: PeerId, reason: CloseReason) -> Result<(), Stale> {
        let now = self.clock.clamp(now);
        self.peer(peer)?.close(now, reason);
        Ok(())
    }

    /// A frame came, or a part of one.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn handle_part<'a>(
        &mut self,
        now: Instant,
        peer: PeerId,
        part: Part<'a>,
    ) -> Result<Heard<'a>, Stale> {
        let now = self.clock.clamp(now);
        let state = self.peer(peer)?;
        match (state.phase, part.frame) {
            (Phase::Closing { .. } | Phase::Gone { .. } | Phase::Free, _) => {}
            (_, Frame::Close { reason, .. }) => state.end(reason),
            (_, Frame::Hello(hello)) => return Ok(Heard::Hello(hello)),
            (Phase::New { .. }, _) => state.close(now, CloseReason::ProtocolError),
            (Phase::Attached, Frame::Ping { nonce, sent }) => state.ping(nonce, sent),
            (Phase::Attached, Frame::Pong { nonce }) => state.heartbeat.handle_pong(now, nonce),
            (Phase::Attached, Frame::Unknown { .. }) => {}
            (Phase::Attached, Frame::Input { number, bytes }) if state.seat.role == Role::Controller => {
                self.handle_input(now, peer, number, bytes);
            }
            (Phase::Attached, Frame::Message { channel, id, bytes }) => {
                return Ok(self.handle_message(now, peer, (channel, id, bytes), (part.at, part.rest)));
            }
            (Phase::Attached, _) => return Ok(self.handle_content(now, peer, part)),
        }
        Ok(Heard::Nothing)
    }

    /// Lets a peer in whose hello was heard: to this session, as what it wants to be and `most` allows.
    ///
    /// An older connection of the same client is closed, this one if it is the older; and, unless the session is
    /// shared, whoever controls it, if the peer is to. If there is no such session, or it is refused already, nobody is let in.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn admit(
        &mut self,
        now: Instant,
        peer: PeerId,
        hello: &Hello<'_>,
        session: usize,
        most: Role,
    ) -> Result<(), Stale> {
        let now = self.clock.clamp(now);
        let state = self.peer(peer)?;
        if !matches!(state.phase, Phase::New { .. } | Phase::Attached) {
            return Ok(());
        }
        if self.sessions.as_ref().get(session).is_none() {
            return self.refuse(now, peer, CloseReason::GoingAway);
        }
        if self.is_late(peer, hello.client) {
            return self.refuse(now, peer, CloseReason::Superseded);
        }
        self.unseat(now, usize::from(peer.slot));
        let known = self.take_client(now, peer, hello.client, session);
        let client = known.unwrap_or(Client {
            id: hello.client,
            session,
            applied: Applied::new(hello.input),
            handled: Handled::new(hello.client),
            since: peer.generation,
            left: now,
        });
        let role = if most == Role::Controller { hello.role } else { Role::Viewer };
        self.supersede(now, peer, session, role);
        // Closing others has put it back to where it was.
        self.touch(usize::from(peer.slot));
        let Some(watched) = self.sessions.as_ref().get(session) else { return Ok(()) };
        let Some(state) = self.peers.as_mut().get_mut(usize::from(peer.slot)) else { return Ok(()) };
        let again = state.admit(now, hello, client, (&watched.history, role, most));
        if let Some(client) = &mut state.client {
            self.answers.handle_attach(&mut client.handled);
        }
        if !again {
            self.linger.handle_attach(now);
        }
        if let Some(watched) = self.sessions.as_mut().get_mut(session) {
            watched.viewers.add(self.peers.as_mut(), peer.slot);
        }
        self.open_windows(session);
        Ok(())
    }

    /// Whether the client is in on a connection that was made after this one: its hello was under way for longer than it
    /// took to dial again.
    fn is_late(&self, peer: PeerId, client: u64) -> bool {
        let is_newer = |other: &Peer| other.generation.wrapping_sub(peer.generation).cast_signed() > 0;
        let mut others = self.peers.as_ref().iter().filter(|other| other.is_attached() && is_newer(other));
        others.any(|other| other.client() == Some(client))
    }

    /// What is remembered of a client. It is forgotten where it was, and its older connection is closed.
    #[cfg_attr(target_os = "none", inline(never))]
    fn take_client(&mut self, now: Instant, peer: PeerId, client: u64, session: usize) -> Option<Client> {
        let slot = self.peers.as_ref().iter().position(|other| other.client() == Some(client))?;
        if slot != usize::from(peer.slot) {
            self.close(now, slot, CloseReason::Superseded);
        }
        let known = self.peers.as_mut().get_mut(slot)?.client.take();
        known.filter(|known| known.session == session)
    }

    /// Closes those who control the session, if `peer` will.
    fn supersede(&mut self, now: Instant, peer: PeerId, session: usize, role: Role) {
        if self.config.share || role != Role::Controller {
            return;
        }
        let Some(viewers) = self.sessions.as_ref().get(session).map(|session| session.viewers) else {
            return;
        };
        let mut last = None;
        while let Some(slot) = viewers.next(self.peers.as_ref(), session, last) {
            last = Some(slot);
            let controls =
                self.peers.as_ref().get(slot).is_some_and(|peer| peer.role() == Some(Role::Controller));
            if controls && slot != usize::from(peer.slot) {
                self.close(now, slot, CloseReason::Superseded);
            }
        }
    }

    /// A frame of somebody who is in.
    #[cfg_attr(target_os = "none", inline(never))]
    fn handle_content<'a>(&mut self, now: Instant, peer: PeerId, part: Part<'a>) -> Heard<'a> {
        let Some(state) = self.peers.as_mut().get_mut(usize::from(peer.slot)) else { return Heard::Nothing };
        let (session, controls) = (state.seat.session, state.seat.role == Role::Controller);
        match part.frame {
            Frame::Resize { columns, rows } if controls => {
                self.touch_session(session);
                if let Some(session) = self.sessions.as_mut().get_mut(session) {
                    session.history.handle_resize(Size { columns, rows });
                }
                self.tell_viewers(session);
                self.linger.handle_frame(now, linger::Frame::Resize);
            }
            Frame::Role { role } => self.handle_role(now, peer, role),
            Frame::Credit { limit } => state.seat.credit = limit,
            Frame::Reply { id, outcome, bytes } => {
                let client = state.client().unwrap_or(0);
                return Heard::Reply { client, id, outcome, bytes, at: part.at, rest: part.rest };
            }
            _ => state.close(now, CloseReason::ProtocolError),
        }
        Heard::Nothing
    }

    /// Typed bytes: those that are new go to the session, if they keep to the limit that was told.
    #[cfg_attr(target_os = "none", inline(never))]
    fn handle_input(&mut self, now: Instant, peer: PeerId, number: u64, bytes: &[u8]) {
        let Some(state) = self.peers.as_mut().get_mut(usize::from(peer.slot)) else { return };
        self.by_session.hold(self.sessions.as_mut(), state.seat.session, &());
        let Some(session) = self.sessions.as_mut().get_mut(state.seat.session) else { return };
        let Some(client) = &mut state.client else { return };
        let Ok(fresh) = client.applied.fresh(number, bytes) else {
            let asked = state.owed.asked.replace(client.applied.count());
            state.owed.again |= asked != state.owed.asked;
            state.owed.ack |= state.owed.again;
            return;
        };
        let room = session.inbox.capacity().saturating_sub(session.inbox.len());
        let end = client.applied.count().saturating_add(fresh.len() as u64);
        if end > state.seat.limit || fresh.len() > room {
            state.close(now, CloseReason::ProtocolError);
            return;
        }
        session.inbox.push(fresh);
        session.monitor.handle_input(now, fresh);
        client.applied.commit(fresh.len());
        state.owed.ack = true;
        self.linger.handle_frame(now, linger::Frame::Input);
    }

    /// A peer wants to be something else.
    fn handle_role(&mut self, now: Instant, peer: PeerId, role: Role) {
        let Some(state) = self.peers.as_mut().get_mut(usize::from(peer.slot)) else { return };
        let session = state.seat.session;
        let role = if state.seat.most == Role::Controller { role } else { Role::Viewer };
        (state.seat.role, state.owed.role) = (role, true);
        self.supersede(now, peer, session, role);
    }

    /// A message of the application, which hears of it once.
    #[cfg_attr(target_os = "none", inline(never))]
    fn handle_message<'a>(
        &mut self,
        now: Instant,
        peer: PeerId,
        (channel, id, bytes): (&'a str, u64, &'a [u8]),
        (at, rest): (usize, usize),
    ) -> Heard<'a> {
        let Some(state) = self.peers.as_mut().get_mut(usize::from(peer.slot)) else { return Heard::Nothing };
        let session = state.seat.session;
        let Some(client) = &mut state.client else { return Heard::Nothing };
        self.linger.handle_frame(now, linger::Frame::Message);
        let client_id = client.id;
        if at == 0 {
            state.seat.hears = client.handled.is_new(id);
        }
        if rest == 0 {
            self.answers.handle_request(&mut client.handled, id);
        }
        if !state.seat.hears {
            return Heard::Nothing;
        }
        Heard::Message { client: client_id, session, id, channel, bytes, at, rest }
    }
}

impl Peer {
    /// A ping, which says how much its sender has typed.
    fn ping(&mut self, nonce: u32, sent: u64) {
        self.owed.pong = Some(nonce);
        let applied = self.client.map_or(0, |client| client.applied.count());
        if self.seat.role == Role::Controller && sent > applied {
            (self.owed.ack, self.owed.again) = (true, true);
        }
    }
}
