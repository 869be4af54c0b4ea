//! Event lines of all sessions: for `--events`, and for whoever follows `GET /events`.
//!
//! A line of one of several sessions says which. Those who follow are told the session in every line, because they may follow
//! several hosts.

use stillwire::Instant;
use stillwire::idle::Event;

use super::news::{Follow, put};
use super::server::{Server, kind};
use crate::lines;
use crate::os::{Interest, Source};
use crate::track::Report;
use crate::watch::events::EventLog;

/// Where `--events` goes.
#[derive(Debug, Default)]
pub(super) struct Reports {
    log: Option<EventLog>,
    source: Option<Source>,
}

impl Server {
    /// Event lines go to `log` from the start of the sessions on.
    pub(super) fn report_to(&mut self, log: Option<EventLog>) {
        self.reports.log = log;
        for seat in &self.seats {
            if let Some(log) = &mut self.reports.log {
                log.line(Instant::ZERO, &lines::start(&seat.name, seat.pid));
            }
        }
        self.watch_events();
    }

    /// Whether anybody wants to hear what sessions say out loud.
    pub(super) fn listens(&self) -> bool {
        let follows = |follows: &Option<Follow>| matches!(follows, Some(Follow::Events { .. }));
        let told = self.reports.log.is_some() || self.fleet.is_some();
        told || self.requests.iter().flatten().any(|request| follows(&request.follows))
    }

    /// A session's status is another.
    pub(super) fn tell_status(&mut self, session: usize, event: Event) {
        if let Some(line) = self.status_line(session, event.at, event.status) {
            self.tell_line(session, event.at, line);
        }
    }

    /// A session said something out loud.
    pub(super) fn tell_said(&mut self, session: usize, said: &[Report]) {
        for report in said {
            if let Some(fleet) = &mut self.fleet {
                fleet.said(session, report);
            }
            if let Some(line) = lines::report(report) {
                self.tell_line(session, report.at, line);
            }
        }
    }

    fn tell_line(&mut self, session: usize, at: Instant, line: String) {
        let several = self.seats.len() > 1;
        let marked = self.line(session, line.clone());
        if let Some(log) = &mut self.reports.log {
            log.line(at, if several { &marked } else { &line });
            self.watch_events();
        }
        for request in self.requests.iter_mut().flatten() {
            if let Some(Follow::Events { lost, .. }) = &mut request.follows {
                put(&mut request.connection, lost, at, &marked);
            }
        }
    }

    /// Writes the event lines that wait.
    pub(super) fn flush_events(&mut self) {
        if let Some(log) = &mut self.reports.log {
            log.flush();
        }
        self.watch_events();
    }

    /// Writes the event lines that still wait; nobody is told anything after this.
    pub(super) fn finish_events(&mut self) {
        let Some(log) = &mut self.reports.log else { return };
        log.finish();
        if let Some(complaint) = log.complaint() {
            tracing::warn!("host: {complaint}");
        }
    }

    fn watch_events(&mut self) {
        let Reports { log: Some(log), source } = &mut self.reports else { return };
        let source = source.get_or_insert_with(|| Source::new(kind::EVENTS));
        let want = Interest { read: false, write: log.waits_for().is_some() };
        // A file is always ready, and epoll says so; then nothing ever waits.
        let _ = self.poller.set(log.fd(), source, want);
    }
}
