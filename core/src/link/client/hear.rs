//! What a client makes of the frames that come.

use super::connection::{Answer, Hello, Phase};
use super::{Client, Heard};
use crate::link::close::CloseReason;
use crate::link::frame::stream::Part;
use crate::link::frame::{Frame, FrameError, Welcome};
use crate::link::history::Size;
use crate::link::reconnect::{Generation, Stale};
use crate::link::replay::{Attach, Follower};
use crate::time::Instant;

/// The host broke the rules: why, for the text of the close.
struct Broken(&'static str);

type Result<'a> = core::result::Result<Heard<'a>, Broken>;

impl<B: AsRef<[u8]> + AsMut<[u8]>> Client<B> {
    /// A frame came, or a part of one. What it says is a sign of life only by [`handle_received`](Self::handle_received).
    ///
    /// # Errors
    /// It is not of the connection that counts. Nothing has changed.
    pub fn handle_part<'a>(
        &mut self,
        now: Instant,
        generation: Generation,
        part: Part<'a>,
    ) -> core::result::Result<Heard<'a>, Stale> {
        let link = self.current(generation)?;
        let phase = link.phase;
        let now = self.clock.clamp(now);
        let heard = match (phase, part.frame) {
            (_, Frame::Close { reason, text }) => {
                self.part(now, reason, None);
                Ok(Heard::Closed { reason, text })
            }
            (Phase::Dialing, _) => Err(Broken("frame before there is a connection")),
            (_, Frame::Welcome(welcome)) => self.handle_welcome(now, &welcome),
            (Phase::Connected, _) if self.is_lossy() => Ok(Heard::Nothing), // of another connection
            (Phase::Connected, _) => Err(Broken("frame before the welcome")),
            (Phase::Welcomed, _) => self.handle_content(now, part),
        };
        Ok(heard.unwrap_or_else(|Broken(text)| {
            self.part(now, CloseReason::ProtocolError, Some(text));
            Heard::Nothing
        }))
    }

    /// What came breaks the format.
    ///
    /// # Errors
    /// It is not of the connection that counts. Nothing has changed.
    pub fn handle_broken(
        &mut self,
        now: Instant,
        generation: Generation,
        error: FrameError,
    ) -> core::result::Result<(), Stale> {
        self.current(generation)?;
        let now = self.clock.clamp(now);
        self.part(now, CloseReason::ProtocolError, Some(error.as_str()));
        Ok(())
    }

    fn handle_welcome(&mut self, now: Instant, welcome: &Welcome) -> Result<'static> {
        let lossy = self.is_lossy();
        let place = self.follower.place();
        let known = place.is_some_and(|place| place.epoch == welcome.epoch);
        let fits = match welcome.attach {
            Attach::Exact | Attach::Tail => {
                known && place.is_some_and(|place| welcome.offset <= place.offset)
            }
            Attach::Reanchor => welcome.offset == 0,
        };
        let Some(link) = &self.connection else { return Ok(Heard::Nothing) };
        if !lossy && link.hello == Hello::None {
            return Err(Broken("welcome without a hello"));
        }
        if !fits {
            // The answer to a hello of somebody who was on this line before.
            return if lossy { Ok(Heard::Nothing) } else { Err(Broken("welcome to what was not asked for")) };
        }
        // A second welcome to a hello that was said twice changes nothing: what is seen already is not shown again.
        if welcome.attach == Attach::Reanchor && !(lossy && known) {
            self.follower.handle_restart(welcome.epoch, welcome.offset);
        }
        let anew = self.known.is_some_and(|(epoch, _)| epoch != welcome.epoch);
        if !self.resume(welcome, anew) && !lossy {
            return Err(Broken("welcome that expects what was not sent"));
        }
        self.known = Some((welcome.epoch, welcome.known_since));
        let Some(link) = &mut self.connection else { return Ok(Heard::Nothing) };
        if !link.is_welcomed() {
            self.size.told = None;
        }
        if anew {
            (self.session, self.first) = (None, true);
        }
        link.welcome(now, welcome);
        // Of another life nothing was shown.
        self.credit.handle_shown(0, self.follower.place().map_or(0, |place| place.offset));
        self.credit.forget();
        link.size_due = self.size.differs();
        let generation = link.generation;
        let _ = self.reconnect.handle_open(now, generation); // it counts: that was looked at before
        Ok(Heard::Welcome { role: welcome.role, anew })
    }

    /// What was typed and asked goes on where the host expects it. False: where it cannot.
    fn resume(&mut self, welcome: &Welcome, anew: bool) -> bool {
        let &Welcome { epoch, known_since, input, limit, max_body, .. } = welcome;
        let resumed = self.known == Some((epoch, known_since));
        let lost = match anew {
            true => Ok(self.typed.handle_new_session(input, limit)),
            false => self.typed.handle_welcome(resumed, input, limit),
        };
        self.typed_lost = self.typed_lost.saturating_add(lost.unwrap_or(0));
        self.requests.handle_welcome(resumed, usize::from(max_body));
        lost.is_ok()
    }

    /// A frame of a host that has let this client in.
    fn handle_content<'a>(&mut self, now: Instant, part: Part<'a>) -> Result<'a> {
        let Part { frame, at, rest } = part;
        let Some(link) = &mut self.connection else { return Ok(Heard::Nothing) };
        Ok(match frame {
            Frame::Ping { nonce, sent } => {
                link.pong = Some(nonce);
                return self.handle_ping(sent);
            }
            Frame::Pong { nonce } => {
                link.probe.handle_pong(now, nonce);
                let generation = link.generation;
                if link.is_trusted() {
                    let _ = self.reconnect.handle_alive(now, generation); // it counts
                }
                Heard::Nothing
            }
            Frame::Output { offset, bytes } => return self.handle_output(offset, bytes),
            Frame::Snapshot { offset, last, bytes } => return Ok(self.handle_snapshot(offset, last, bytes)),
            Frame::InputAck { number, limit, again } => return self.handle_ack(number, limit, again),
            Frame::Status { status, age } => {
                let since = Instant::from_micros(now.as_micros().saturating_sub(age.as_micros()));
                self.session = Some((status, since));
                Heard::Status { status, age }
            }
            Frame::Resize { columns, rows } => {
                let size = Size { columns, rows };
                self.size.told = Some(size);
                link.size_open = false;
                Heard::Resize(size)
            }
            Frame::Role { role } => {
                link.role = role;
                Heard::Role(role)
            }
            Frame::Bootstrap { key, bytes } => Heard::Retained { key, bytes, at, rest },
            Frame::Message { channel, id, bytes } => Heard::Message { channel, id, bytes, at, rest },
            Frame::Reply { id, outcome, bytes } => {
                let waits =
                    if rest == 0 { self.requests.handle_reply(id) } else { self.requests.is_waiting(id) };
                if waits { Heard::Reply { id, outcome, bytes, at, rest } } else { Heard::Nothing }
            }
            Frame::Unknown { .. } | Frame::Close { .. } | Frame::Welcome(_) => Heard::Nothing,
            Frame::Hello(_) | Frame::Input { .. } | Frame::Credit { .. } => {
                return Err(Broken("frame of a client from a host"));
            }
        })
    }

    fn handle_output<'a>(&mut self, offset: u64, bytes: &'a [u8]) -> Result<'a> {
        let lossy = self.is_lossy();
        let Some(link) = &mut self.connection else { return Ok(Heard::Nothing) };
        if link.snapshot.take().is_some() {
            if !lossy {
                return Err(Broken("output within a snapshot"));
            }
            // What its end would have told is nowhere else: it begins anew, and this is how far it was shown.
            self.shown = self.follower.place().or(self.shown);
            self.follower = Follower::new();
            return self.missed();
        }
        match self.follower.handle_bytes(offset, bytes) {
            Ok([]) => Ok(Heard::Nothing),
            Ok(fresh) => {
                self.first = false;
                let seen = bytes.len().saturating_sub(fresh.len());
                Ok(Heard::Output { offset: offset.saturating_add(seen as u64), bytes: fresh })
            }
            Err(_) => self.missed(),
        }
    }

    fn handle_snapshot<'a>(&mut self, offset: u64, last: bool, bytes: &'a [u8]) -> Heard<'a> {
        let Some((link, place)) = self.connection.as_mut().zip(self.follower.place()) else {
            return Heard::Nothing;
        };
        if link.snapshot == Some(offset) {
            link.snapshot = (!last).then_some(offset);
            (self.cut, self.first) = (!last, self.first && !last);
            return Heard::Snapshot { bytes, last };
        }
        if offset < place.offset {
            return Heard::Nothing; // the answer to a hello that was said twice
        }
        let shown = self.shown.take().filter(|shown| shown.epoch == place.epoch);
        let from = shown.map_or(0, |shown| shown.offset).max(place.offset);
        let lost = offset.saturating_sub(from);
        link.snapshot = (!last).then_some(offset);
        self.follower.handle_restart(place.epoch, offset);
        let first = self.first;
        (self.cut, self.first) = (!last, first && !last);
        Heard::Restart { lost, first, offset, bytes, last }
    }

    fn handle_ack(&mut self, number: u64, limit: u64, again: bool) -> Result<'static> {
        let lossy = self.is_lossy();
        if self.typed.handle_ack(number, limit).is_err() {
            return if lossy {
                Ok(Heard::Nothing)
            } else {
                Err(Broken("acknowledgement of what was not sent"))
            };
        }
        if again {
            let _ = self.typed.handle_again(number); // if it is older than another acknowledgement, it is of no account
        }
        if let Some(link) = self.connection.as_mut().filter(|_| self.typed.unacknowledged() == 0) {
            link.typed = Answer::None;
        }
        Ok(Heard::Nothing)
    }

    /// The host pinged, and said how much it had sent. On a lossy link what was asked for, and may not have come, is
    /// asked for again.
    fn handle_ping(&mut self, sent: u64) -> Result<'static> {
        let lossy = self.is_lossy();
        if let Some(link) = self.connection.as_mut().filter(|_| lossy) {
            link.role_due |= link.role != self.role;
            link.size_due |= link.size_open && self.size.differs();
            self.requests.handle_doubt();
            self.credit.forget();
        }
        if self.follower.place().is_none_or(|place| sent > place.offset) {
            self.missed()
        } else {
            Ok(Heard::Nothing)
        }
    }

    /// Output is missing: asks to be attached again, from what there is.
    fn missed(&mut self) -> Result<'static> {
        let lossy = self.is_lossy();
        let Some(link) = &mut self.connection else { return Ok(Heard::Nothing) };
        if link.hello != Hello::None {
            return Ok(Heard::Nothing); // it is under way
        }
        if core::mem::replace(&mut link.missed, true) && !lossy {
            return Err(Broken("output is missing"));
        }
        link.ask_again(self.clock.latest(), lossy);
        Ok(Heard::Nothing)
    }
}
