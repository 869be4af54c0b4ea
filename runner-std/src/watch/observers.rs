//! Everybody who is told what the session does.

use std::fs::File;
use std::os::fd::BorrowedFd;

use stillwire::Instant;
use stillwire::idle::{Reason, Status};

use super::events::EventLog;
use super::hooks::{Change, Hooks};
use super::notify;
use crate::cast::Recorder;
use crate::cli::Notify;
use crate::lines;
use crate::port::pty::Outcome;
use crate::track::{Report, What};

/// The event log, the hooks, the recording, and what the user's terminal is to be told.
#[derive(Debug)]
pub(crate) struct Observers {
    /// The session's name.
    pub session: String,
    /// `--events`
    pub events: Option<EventLog>,
    /// `--on-idle`, `--on-active`
    pub hooks: Hooks,
    /// `--record`
    pub recorder: Option<Recorder<File>>,
    /// Whether `--record` includes what is typed.
    pub record_input: bool,
    /// `--notify`
    pub notify: Option<Notify>,
    /// `--title`
    pub title: bool,
    /// What the title should say, and what it says.
    pub titles: (Option<String>, Option<String>),
    /// Notifications that wait for the stream to be between two sequences.
    pub notices: Vec<u8>,
    /// What went wrong, for the end.
    pub complaints: Vec<String>,
    /// Whether the last status told was idle.
    pub idle: bool,
}

impl Observers {
    /// The session has begun.
    pub(crate) fn start(&mut self, pid: u32) {
        if let Some(events) = &mut self.events {
            events.line(Instant::ZERO, &lines::start(&self.session, Some(pid)));
        }
    }

    /// Something is to be told.
    pub(crate) fn report(&mut self, report: &Report) {
        if let (Some(events), Some(line)) = (&mut self.events, lines::report(report)) {
            events.line(report.at, &line);
        }
        if let What::Status(status, _) = report.what {
            self.status(status);
        }
    }

    /// The session has ended.
    pub(crate) fn exit(&mut self, now: Instant, outcome: Outcome) {
        if let Some(events) = &mut self.events {
            events.line(now, &lines::exit(now, outcome));
        }
        self.record(|recorder| recorder.finish(now));
        self.titles.0 = None;
    }

    /// Writes to the recording, if there is one; a full disk ends the recording and not the session.
    pub(crate) fn record(&mut self, write: impl FnOnce(&mut Recorder<File>) -> std::io::Result<()>) {
        if let Some(recorder) = &mut self.recorder
            && let Err(error) = write(recorder)
        {
            self.complaints.push(format!("the recording is incomplete: {error}"));
            self.recorder = None;
        }
    }

    /// The descriptor to wait for, if event lines wait for it.
    pub(crate) fn waits_for(&self) -> Option<BorrowedFd<'_>> {
        self.events.as_ref()?.waits_for()
    }

    /// Writes the event lines that wait.
    pub(crate) fn flush(&mut self) {
        if let Some(events) = self.events.as_mut().filter(|events| events.waits_for().is_some()) {
            events.flush();
        }
    }

    /// Writes the event lines that still wait; nobody is told anything after this.
    pub(crate) fn finish(&mut self) {
        if let Some(events) = &mut self.events {
            events.finish();
        }
    }

    /// What the user should know when all is over.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let events = self.events.as_ref().and_then(EventLog::complaint);
        self.complaints.iter().cloned().chain(events).chain(self.hooks.complaint()).collect()
    }

    /// What the user's terminal is to be told now; only to be asked for between two sequences.
    pub(crate) fn aside(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.notices);
        let (wanted, shown) = &mut self.titles;
        if wanted != shown {
            if shown.is_some() {
                bytes.extend_from_slice(notify::POP_TITLE);
            }
            if let Some(title) = wanted.as_ref() {
                bytes.extend_from_slice(&notify::push_title(title));
            }
            shown.clone_from(wanted);
        }
        bytes
    }

    fn status(&mut self, status: Status) {
        let reason = status.reason().map_or("", Reason::as_str);
        let was_idle = std::mem::replace(&mut self.idle, matches!(status, Status::Idle(_)));
        let spoken = format!("{} is idle ({})", self.session, reason.replace('_', " "));
        if self.title {
            self.titles.0 = self.idle.then(|| spoken.clone());
        }
        // A better reason for the same idle period is a line in the log, and no second alarm.
        if was_idle == self.idle || matches!(status, Status::Exited(_)) {
            return;
        }
        if self.idle
            && let Some(how) = self.notify
        {
            self.notices = notify::notification(how, &spoken);
        } else {
            self.notices.clear();
        }
        self.hooks.changed(Change { status: status.as_str(), reason });
    }
}
