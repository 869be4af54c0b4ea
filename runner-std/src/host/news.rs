//! Those who follow what happens here: `ps --watch` and `top`.
//!
//! A follower is told when something has changed and at no other time. Who follows the list *live* is told of output as
//! well, at most once a second; then, and only while something is printed, the host has a deadline for it.

use stillwire::idle::Status;
use stillwire::link::frame::Role;
use stillwire::link::host::Session;
use stillwire::{Duration, Instant};

use super::list;
use super::seats::Seat;
use super::server::Server;
use crate::limits;
use crate::lines;
use crate::port::pty::Outcome;

/// Output is told at most so often.
const BEAT: Duration = Duration::from_secs(1);

/// What somebody who follows is told.
#[derive(Debug)]
pub(super) enum Follow {
    /// The list of sessions.
    List {
        /// Output is news as well.
        live: bool,
        /// There is something to tell.
        due: bool,
        /// When it was last told, and what had been printed then.
        told: Instant,
        printed: u64,
    },
    /// Event lines.
    Events {
        /// Lines that did not fit into its buffer.
        lost: u64,
        /// The numbers of peers that it was told.
        peers: Vec<usize>,
    },
}

impl Follow {
    /// Nothing was told yet.
    pub(super) const fn list(live: bool) -> Self {
        Self::List { live, due: true, told: Instant::ZERO, printed: 0 }
    }
}

impl Server {
    /// Writes answers, and tells those who follow what has changed.
    pub(super) fn tell_requests(&mut self) {
        let changed = std::mem::take(&mut self.changed);
        self.news_at = None;
        if self.requests.iter().all(Option::is_none) {
            return;
        }
        let now = self.now();
        let mut requests = std::mem::take(&mut self.requests);
        let peers = if changed { self.peers() } else { Vec::new() };
        let printed = self.printed;
        let mut lists: [Option<String>; 2] = [None, None];
        for slot in &mut requests {
            let Some(request) = slot else { continue };
            let mut gone = request.connection.flush().is_err();
            match &mut request.follows {
                Some(Follow::List { live, due, told, printed: was }) => {
                    *due |= changed;
                    if *live && *was != printed && !*due {
                        let at = told.after(BEAT);
                        *due = at <= now;
                        if !*due {
                            self.news_at = Some(self.news_at.map_or(at, |other| other.min(at)));
                        }
                    }
                    if *due && !request.connection.wants_write() {
                        let list = lists
                            .get_mut(usize::from(*live))
                            .map(|list| list.get_or_insert_with(|| list::sessions(self, now, *live) + "\n"));
                        request.connection.stream(list.map_or(&[], |list| list.as_bytes()));
                        (*due, *told, *was) = (false, now, printed);
                    }
                }
                Some(Follow::Events { lost, peers: told }) if changed => {
                    for (session, (was, is)) in told.iter_mut().zip(&peers).enumerate() {
                        if std::mem::replace(was, *is) != *is {
                            let line = lines::peers(now, *is);
                            put(&mut request.connection, lost, now, &self.line(session, line));
                        }
                    }
                }
                _ => {}
            }
            gone |= request.poll_at().is_some_and(|at| at <= now);
            gone |= request.connection.flush().is_err() || request.connection.is_done();
            let _ = request.connection.watch(&mut self.poller, 0, true);
            if gone {
                request.connection.forget(&mut self.poller);
                *slot = None;
            }
        }
        self.requests = requests;
    }

    /// Event lines from here on, and before them where every session stands.
    pub(super) fn events(&self, now: Instant) -> (Follow, String) {
        let peers = self.peers();
        let mut text = String::new();
        for (index, (seat, state)) in self.seats.iter().zip(self.core.sessions()).enumerate() {
            text.push_str(&lines::start(&seat.name, seat.pid));
            let status = self.status_line(index, state.since(), state.status());
            text.push_str(&status.map_or_else(String::new, |line| self.line(index, line)));
            let count = peers.get(index).copied().unwrap_or(0);
            text.push_str(&self.line(index, lines::peers(now, count)));
        }
        (Follow::Events { lost: 0, peers }, text)
    }

    pub(super) fn status_line(&self, session: usize, at: Instant, status: Status) -> Option<String> {
        let evidence = self.core.session(session).map(Session::evidence)?;
        Some(match status {
            Status::Exited(exit) => {
                let outcome = self.seats.get(session).and_then(Seat::outcome);
                lines::exit(at, outcome.unwrap_or(Outcome::Code(crate::port::pty::exit_code(exit))))
            }
            status => lines::status(at, status, &evidence),
        })
    }

    /// A line that names its session.
    pub(super) fn line(&self, session: usize, line: String) -> String {
        lines::of(self.seats.get(session).map_or("", |seat| &seat.name), line)
    }

    /// How many watch each session.
    fn peers(&self) -> Vec<usize> {
        let mut counts = vec![0; self.seats.len()];
        for peer in self.core.peers() {
            if let Some(count) = peer.session().and_then(|session| counts.get_mut(session)) {
                *count += usize::from(matches!(peer.role(), Some(Role::Controller | Role::Viewer)));
            }
        }
        counts
    }
}

/// Adds a line, or counts it.
pub(super) fn put(connection: &mut crate::link::Connection, lost: &mut u64, now: Instant, line: &str) {
    if connection.waiting() > limits::EVENTS {
        *lost += 1;
        return;
    }
    if *lost > 0 {
        connection.stream(lines::lost(now, std::mem::take(lost)).as_bytes());
    }
    connection.stream(line.as_bytes());
}
