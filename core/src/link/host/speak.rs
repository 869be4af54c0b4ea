//! What a peer is told, a frame at a time, when its link has room.
//!
//! In this order: why it is closed; that it is in; what has been applied; pong; ping; its role; replies; what is
//! retained; the status; output, with the sizes that it was printed for. An input is acknowledged before a ping that
//! came after it is answered, so whoever has the pong and not the acknowledgement knows that the input was lost.
//!
//! Behind a ping nothing is said until that has been written: so it is known *when* it was, though the driver
//! only knows that all has been written.

use super::Host;
use super::peer::{Peer, Phase, Restart, Text};
use super::session::Session;
use super::types::{Config, PeerId};
use crate::idle::Status;
use crate::link::close::CloseReason;
use crate::link::frame::{Frame, HEADER, MIN_BODY, MINOR, Welcome};
use crate::link::message::Answers;
use crate::link::replay::Piece;
use crate::scan::Modes;
use crate::time::Instant;

/// Fields of an output, in bytes.
const OUTPUT: usize = 8;
/// Fields of a snapshot, in bytes.
const SNAPSHOT: usize = 9;

impl<P, S, B> Host<P, S, B>
where
    P: AsRef<[Peer]> + AsMut<[Peer]>,
    S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
    B: AsRef<[u8]> + AsMut<[u8]>,
{
    /// The next frame for `peer`, if there is anything to say. It counts as said.
    ///
    /// Ask while the link has room: `room` is the bytes of a body that it takes now, at least [`MIN_BODY`]. With
    /// less nothing is said, so a slow peer costs no memory; what it misses meanwhile it is told.
    pub fn next_frame(&mut self, now: Instant, peer: PeerId, room: usize) -> Option<Frame<'_>> {
        self.next_frame_with(now, peer, room, &[])
    }

    /// As [`Self::next_frame`], of a peer whose screen is `screen`, if [`Self::handle_screen`] said that there is one.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn next_frame_with<'a>(
        &'a mut self,
        now: Instant,
        peer: PeerId,
        room: usize,
        screen: &'a [u8],
    ) -> Option<Frame<'a>> {
        let now = self.clock.clamp(now);
        let slot = usize::from(peer.slot);
        let speaker = self.peers.as_mut().get_mut(slot)?;
        if speaker.generation != peer.generation || room < MIN_BODY {
            return None;
        }
        if let Phase::Closing { reason, said, .. } = &mut speaker.phase {
            let first = !core::mem::replace(said, true);
            return first.then_some(close(*reason));
        }
        let session = self.sessions.as_ref().get(speaker.seat.session)?;
        if !speaker.is_attached() {
            return None;
        }
        if let Some(frame) = speaker.control(&self.config, session, peer) {
            return Some(frame);
        }
        if speaker.unflushed.is_some() {
            return None;
        }
        let screens = self.config.screens;
        let source = Source { answers: &mut self.answers, scratch: &mut self.scratch, screen, screens };
        let frame = speaker.content(now, session, source, room);
        if speaker.wants_screen() || !speaker.is_attached() {
            self.by_peer.hold(self.peers.as_mut(), slot, &self.config);
        }
        frame
    }
}

/// Where payloads come from, beside the session.
struct Source<'a, B> {
    answers: &'a mut Answers<B>,
    /// Modes on their way.
    scratch: &'a mut [u8; Modes::MAX_BYTES],
    /// Of the peer.
    screen: &'a [u8],
    /// Whether the driver has any.
    screens: bool,
}

impl Peer {
    /// Frames without payload, which have room in any body.
    #[cfg_attr(target_os = "none", inline(never))]
    fn control<B: AsRef<[u8]>>(
        &mut self,
        config: &Config,
        session: &Session<B>,
        peer: PeerId,
    ) -> Option<Frame<'static>> {
        if core::mem::take(&mut self.owed.welcome) {
            self.owed.ack = false;
            return Some(Frame::Welcome(self.welcome(config, session, peer)));
        }
        if core::mem::take(&mut self.owed.ack) {
            let again = core::mem::take(&mut self.owed.again);
            let number = self.client.map_or(0, |client| client.applied.count());
            return Some(Frame::InputAck { number, limit: self.seat.limit, again });
        }
        if let Some(nonce) = self.owed.pong.take() {
            return Some(Frame::Pong { nonce });
        }
        if let Some(nonce) = self.owed.ping.take() {
            self.unflushed = Some(nonce);
            // Before a snapshot was said the client cannot be where it begins.
            let sent = if self.seat.restart.is_some() { 0 } else { self.seat.replay.place().offset };
            return Some(Frame::Ping { nonce, sent });
        }
        let role = core::mem::take(&mut self.owed.role);
        role.then_some(Frame::Role { role: self.seat.role })
    }

    fn welcome<B: AsRef<[u8]>>(
        &self,
        config: &Config,
        session: &Session<B>,
        PeerId { slot, generation }: PeerId,
    ) -> Welcome {
        let seat = &self.seat;
        Welcome {
            minor: MINOR,
            role: seat.role,
            max_body: config.max_body,
            slot,
            generation,
            heartbeat: config.heartbeat.interval,
            timeout: config.heartbeat.timeout(),
            epoch: session.history.epoch(),
            offset: seat.replay.place().offset,
            attach: seat.attach,
            known_since: self.client.map_or(generation, |client| client.since),
            input: self.client.map_or(0, |client| client.applied.count()),
            limit: seat.limit,
        }
    }

    /// Frames with a payload of at most `room` bytes of body.
    fn content<'a, B: AsRef<[u8]> + AsMut<[u8]>>(
        &mut self,
        now: Instant,
        session: &'a Session<B>,
        source: Source<'a, B>,
        room: usize,
    ) -> Option<Frame<'a>> {
        let Source { answers, scratch, screen, screens } = source;
        let max_body = usize::from(self.seat.max_body);
        if let Some(client) = &mut self.client
            && let Some(answer) = answers.next(&mut client.handled, room, max_body)
        {
            return Some(Frame::Reply { id: answer.id, outcome: answer.outcome, bytes: answer.bytes });
        }
        if let Some(item) = self.seat.joining.next(&session.retained, room, max_body) {
            return Some(Frame::Bootstrap { key: item.key, bytes: item.payload });
        }
        let room = room.min(max_body);
        if self.owed.change != session.change {
            self.owed.change = session.change;
            return Some(Frame::Status { status: session.status, age: now.since(session.since) });
        }
        if self.seat.restart.is_none() {
            let replay = &mut self.seat.replay;
            let credit = self.seat.credit.saturating_sub(replay.place().offset);
            let room = room.saturating_sub(OUTPUT).min(usize::try_from(credit).unwrap_or(usize::MAX));
            match replay.next(&session.history, room) {
                Some(Piece::Bytes { offset, bytes }) => return Some(Frame::Output { offset, bytes }),
                Some(Piece::Size(size)) => {
                    return Some(Frame::Resize { columns: size.columns, rows: size.rows });
                }
                Some(Piece::Restart { offset, modes, size, .. }) => {
                    // A session without a size, a serial line, has no screen.
                    let screens = screens && self.seat.screen && session.history.size().is_some();
                    let text = if screens { Text::Wanted } else { Text::Modes };
                    self.seat.restart = Some(Restart { offset, modes, size, text, at: 0 });
                    if self.seat.first {
                        self.seat.replay.begin();
                    }
                }
                // Without credit there may be more.
                None if replay.is_seeking() || replay.behind(&session.history) == 0 => {
                    let is_over = matches!(session.status, Status::Exited(_));
                    return if is_over { self.over(now, session) } else { None };
                }
                None => return None,
            }
        }
        self.restart(scratch, screen, room.saturating_sub(SNAPSHOT))
    }

    /// The rest of a new beginning.
    fn restart<'a>(
        &mut self,
        scratch: &'a mut [u8; Modes::MAX_BYTES],
        screen: &'a [u8],
        room: usize,
    ) -> Option<Frame<'a>> {
        let restart = self.seat.restart.as_mut()?;
        let text = match restart.text {
            Text::Wanted | Text::Asked => return None,
            Text::Modes => {
                let len = restart.modes.write_to(scratch).unwrap_or(0);
                scratch.get(..len).unwrap_or_default()
            }
            Text::Screen(len) => screen.get(..len)?, // else this is another screen
        };
        if let Some(size) = restart.size.take() {
            return Some(Frame::Resize { columns: size.columns, rows: size.rows });
        }
        let end = restart.at.saturating_add(room).min(text.len());
        let bytes = text.get(restart.at..end).unwrap_or_default();
        let (offset, last) = (restart.offset, end == text.len());
        restart.at = end;
        if last {
            (self.seat.restart, self.seat.first) = (None, false);
        }
        Some(Frame::Snapshot { offset, last, bytes })
    }

    /// The session is over and all has been told. Of output that ends in the middle of a sequence a client that had
    /// no place to begin is told that it is lost.
    fn over<B: AsRef<[u8]>>(&mut self, now: Instant, session: &Session<B>) -> Option<Frame<'static>> {
        if self.seat.replay.is_seeking() {
            let offset = self.seat.replay.give_up(&session.history);
            return Some(Frame::Snapshot { offset, last: true, bytes: &[] });
        }
        let reason = CloseReason::ChildExited;
        self.phase = Phase::Closing { reason, since: now, said: true, attached: true };
        Some(close(reason))
    }
}

fn close(reason: CloseReason) -> Frame<'static> {
    Frame::Close { reason, text: reason.as_str() }
}

const _: () = assert!(MIN_BODY > OUTPUT + SNAPSHOT + HEADER, "every body has room for some payload");
