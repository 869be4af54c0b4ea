//! The connection of a client, as the driver sees it: dialed, heard, written to, closed.

use std::os::fd::AsFd as _;

use stillwire::Instant;
use stillwire::link::client::{Credentials, Heard};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::Token as Secret;
use stillwire::link::reconnect::{Generation, Reason};

use super::driver::{Attach, DIAL, End, LINK};
use super::words;
use crate::limits;
use crate::link::{Input, Written, takeover};
use crate::os::{Interest, Source};
use crate::port::Background;

/// Whoever sends so little at once has nothing more to tell of the past.
const LITTLE: usize = 4 << 10;

impl Attach {
    pub(super) fn dialed(&mut self, now: Instant) {
        let Some((_, dial, _)) = &mut self.dial else { return };
        let Some(result) = dial.take() else { return };
        let Some(generation) = self.stop_dial() else { return };
        match result {
            Ok(link) => {
                self.drop_link();
                self.link = Some((generation, link));
                if self.client.handle_connected(now, generation).is_err() {
                    self.drop_link();
                }
            }
            Err(error) if !self.was_live => self.end = Some(End::Unreachable(error)),
            Err(_) => {
                let _ = self.client.handle_closed(now, generation, CloseReason::Abnormal);
            }
        }
    }

    pub(super) fn hear(&mut self, now: Instant, token: u64) {
        let Some((generation, link)) = &mut self.link else { return };
        let generation = *generation;
        if token != LINK | u64::from(generation.get()) {
            return;
        }
        let (mut budget, mut came) = (limits::BITE, 0);
        loop {
            match link.read(&mut self.buffer, &mut budget) {
                Input::Nothing | Input::Asked(_) => {
                    if came < LITTLE {
                        self.screen.caught_up();
                    }
                    return;
                }
                Input::Closed(why) => {
                    let reason =
                        why.as_ref().map_or(CloseReason::Abnormal, |(code, _)| CloseReason::from_code(*code));
                    self.successor = why.and_then(|(_, text)| takeover::who(&text));
                    let _ = self.client.handle_closed(now, generation, reason);
                    self.drop_link();
                    return;
                }
                Input::Bytes(mut input) => {
                    came += input.len();
                    let _ = self.client.handle_received(now, generation);
                    while let Some(part) = link.wire.next(&mut input) {
                        let heard = match part {
                            Ok(part) => self.client.handle_part(now, generation, part),
                            Err(error) => {
                                self.client.handle_broken(now, generation, error).map(|()| Heard::Nothing)
                            }
                        };
                        match heard {
                            Ok(Heard::Output { bytes, .. }) => self.screen.show(bytes),
                            Ok(Heard::Restart { lost, first, bytes, .. }) => {
                                self.screen.restart(if first { 0 } else { lost });
                                self.screen.paint(bytes);
                            }
                            Ok(Heard::Snapshot { bytes, .. }) => self.screen.show(bytes),
                            Ok(Heard::Welcome { anew, .. }) => {
                                self.was_live = true;
                                self.trouble = None; // if there is any, it is told now
                                if anew {
                                    self.screen.restart(0);
                                }
                            }
                            Ok(Heard::Reply { outcome, bytes, at: 0, rest: 0, .. }) => {
                                self.notice = Some(words::answer(&self.target, outcome, bytes));
                            }
                            Ok(Heard::Resize(size)) => self.size = Some(size),
                            Ok(Heard::Retained { key: limits::TROUBLE, bytes, at: 0, rest: 0 }) => {
                                self.trouble = words::trouble(&self.target, bytes, self.screen.is_terminal());
                            }
                            Ok(Heard::Closed { reason, text }) => {
                                self.successor = takeover::who(text);
                                // It is on this machine, and says so itself: there is nothing to wait for.
                                if reason == CloseReason::GoingAway && self.target.is_local() {
                                    self.end = Some(End::Refused(Reason::Closed(reason)));
                                }
                            }
                            Ok(_) => {}
                            Err(_) => return,
                        }
                    }
                }
            }
        }
    }

    pub(super) fn start_dial(&mut self, now: Instant, generation: Generation) {
        self.stop_dial();
        let (target, token) = (self.target.clone(), self.target.token.clone());
        let mut source = Source::new(DIAL | u64::from(generation.get()));
        let dial = Background::start(move || target.dial(token.as_ref()));
        let watched = dial.and_then(|dial| {
            self.poller.set(dial.as_fd(), &mut source, Interest::READ)?;
            Ok(dial)
        });
        match watched {
            Ok(dial) => self.dial = Some((generation, dial, source)),
            Err(_) => {
                let _ = self.client.handle_closed(now, generation, CloseReason::Abnormal);
            }
        }
    }

    fn stop_dial(&mut self) -> Option<Generation> {
        let (generation, dial, mut source) = self.dial.take()?;
        let _ = self.poller.set(dial.as_fd(), &mut source, Interest::NONE);
        Some(generation)
    }

    /// The last word on a connection, which may tell the host why.
    pub(super) fn close(&mut self, now: Instant, generation: Generation) {
        if self.dial.as_ref().is_some_and(|(dialed, ..)| *dialed == generation) {
            self.stop_dial();
        }
        if let Some((_, link)) = self.link.as_mut().filter(|(held, _)| *held == generation) {
            let secret = self.target.token.as_ref().map_or("", |token| token.secret());
            let credentials = Credentials { token: Secret(secret.as_bytes()), session: &self.target.session };
            if let Some(frame) = self.client.next_frame(now, generation, &credentials, link.room()) {
                let _ = link.send(&frame);
                let _ = link.flush();
            }
            self.drop_link();
        }
    }

    fn drop_link(&mut self) {
        if let Some((_, mut link)) = self.link.take() {
            link.forget(&mut self.poller);
        }
    }

    /// Sends what there is to say.
    pub(super) fn speak(&mut self, now: Instant) {
        let Some((generation, link)) = &mut self.link else { return };
        let generation = *generation;
        let secret = self.target.token.as_ref().map_or("", |token| token.secret());
        let credentials = Credentials { token: Secret(secret.as_bytes()), session: &self.target.session };
        loop {
            while let Some(frame) = self.client.next_frame(now, generation, &credentials, link.room()) {
                if link.send(&frame).is_err() {
                    break;
                }
            }
            if !link.wants_write() {
                return;
            }
            let told = match link.flush() {
                Ok(Written::All) => self.client.handle_flushed(now, generation),
                Ok(Written::Some) => self.client.handle_written(now, generation),
                // The host closed it: what it said before is still to be read, and behind that the end.
                Ok(Written::Nothing) | Err(_) => return,
            };
            if told.is_err() || link.wants_write() {
                return;
            }
        }
    }
}
