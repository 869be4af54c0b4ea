//! Connections of those who ask for something that is no session: a list, events, an end, a page.

use stillwire::Instant;

use super::list::{self, Answer};
use super::news::Follow;
use super::server::{Server, kind};
use crate::door::http::Asked;
use crate::limits;
use crate::link::{Connection, Input};

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
    /// Somebody asked for something that is no session.
    pub(super) fn asked(&mut self, now: Instant, mut connection: Connection, asked: &Asked) {
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
