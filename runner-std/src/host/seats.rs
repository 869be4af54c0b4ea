//! Sessions, as the driver sees them: a port, and whoever is told what it does.

use std::ops::ControlFlow;

use rustix::termios::Winsize;
use stillwire::Instant;
use stillwire::idle::{Due, Event, Evidence, Hint};
use stillwire::link::frame::Role;
use stillwire::link::history::Size;
use stillwire::link::host::Peer;

use super::pace::Pace;
use super::server::Server;
use super::title::Titles;
use crate::limits;
use crate::os::{Hints, Interest, Poller};
use crate::port::pty::Outcome;
use crate::port::{Came, Port};
use crate::screen::Model;
use crate::track::{Report, Said, What};
use crate::watch::observers::Observers;

/// One session.
#[derive(Debug)]
pub(super) struct Seat {
    /// Its name, which is that of nobody else here.
    pub name: String,
    /// What runs in it, for lists.
    pub command: String,
    /// Its leader, if it is a process.
    pub pid: Option<u32>,
    /// None: it is over.
    port: Option<Port>,
    observers: Observers,
    pub said: Said,
    titles: Titles,
    hints: Hints,
    /// Whether the port waits for a reader, and how far behind the slowest is.
    pace: Pace,
    /// What is on its screen; None: it has none.
    pub model: Option<Model>,
    behind: u64,
    /// How the command ended, and what was printed since by whatever it left behind.
    ended: Option<(Outcome, usize)>,
}

impl Seat {
    /// A session around a port.
    pub(super) fn new(name: String, command: String, port: Port, observers: Observers) -> Self {
        let pid = if let Port::Pty(command) = &port { Some(command.pty.pid()) } else { None };
        let model = matches!(port, Port::Pty(_)).then(Model::default);
        Self {
            name,
            command,
            pid,
            port: Some(port),
            observers,
            said: Said::default(),
            titles: Titles::default(),
            hints: Hints::default(),
            pace: Pace::default(),
            model,
            behind: 0,
            ended: None,
        }
    }

    /// Whether it is over, and everybody knows.
    pub(super) const fn is_over(&self) -> bool {
        self.port.is_none()
    }

    /// How it ended.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.ended.map(|(outcome, _)| outcome)
    }

    pub(super) fn poll_at(&self) -> Option<Instant> {
        [self.port.as_ref()?.poll_at(), self.pace.poll_at()].into_iter().flatten().min()
    }

    /// Does what is due, and declares what to wait for.
    pub(super) fn poll(&mut self, now: Instant, poller: &mut Poller) {
        if let Some(port) = &mut self.port
            && port.poll_at().is_some_and(|at| at <= now)
        {
            port.poll(now, poller);
        }
    }

    /// Looks at the foreground job.
    pub(super) fn sample(&mut self, now: Instant, due: Due) -> Option<Hint> {
        let Some(Port::Pty(command)) = &self.port else { return None };
        self.hints.sample(&command.pty, now, due)
    }

    pub(super) fn resize(&mut self, now: Instant, size: Size) {
        if let Some(port) = &self.port {
            port.resize(winsize(size));
        }
        self.observers.record(|recorder| recorder.resize(now, size.columns, size.rows));
    }

    /// Has the program paint its screen anew, by changing the size of its terminal for a moment.
    pub(super) fn nudge(&self, size: Option<Size>) {
        if let (Some(Port::Pty(command)), Some(size)) = (&self.port, size.map(winsize)) {
            command.pty.resize(Winsize { ws_row: size.ws_row.saturating_sub(1).max(1), ..size });
            command.pty.resize(size);
        }
    }

    pub(super) fn status(&mut self, event: Event, evidence: Evidence) {
        self.observers.report(&Report { at: event.at, what: What::Status(event.status, evidence) });
    }

    /// A child of this process has ended; perhaps it was ours.
    pub(super) fn reap(&mut self) {
        self.observers.hooks.reap();
        if let Some(port) = &mut self.port
            && self.ended.is_none()
        {
            self.ended = port.outcome().map(|outcome| (outcome, 0));
        }
    }

    /// Begins a break on its serial line.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn send_break(&mut self, now: Instant) -> std::io::Result<()> {
        self.port
            .as_mut()
            .map_or_else(|| Err(std::io::ErrorKind::NotConnected.into()), |port| port.send_break(now))
    }

    /// Asks the session to end.
    pub(super) fn stop(&mut self, kill: Instant) {
        match &mut self.port {
            Some(port @ Port::Pty(_)) => port.stop(kill),
            // There is no process that could end: it is over when we say so.
            Some(_) => self.ended = Some((Outcome::Code(0), 0)),
            None => {}
        }
    }

    /// Sends a signal to what runs.
    pub(super) fn signal(&self, signal: rustix::process::Signal) -> bool {
        let Some(Port::Pty(command)) = &self.port else { return false };
        command.pty.signal(signal);
        true
    }

    /// Nobody is told anything after this.
    pub(super) fn finish(&mut self) {
        for complaint in self.observers.complaints() {
            tracing::warn!(session = self.name, "{}: {complaint}", self.name);
        }
    }

    /// What was printed is shown to whoever records or follows it.
    fn tell(&mut self, now: Instant, bytes: &[u8]) {
        self.observers.record(|recorder| recorder.output(now, bytes));
        if let Some((_, after)) = &mut self.ended {
            *after += bytes.len();
        }
    }
}

impl Server {
    /// A session printed something, or its port has news.
    pub(super) fn printed(&mut self, now: Instant, session: usize) {
        let mut buffer = std::mem::take(&mut self.buffer);
        // Readers are to read in between, so that nobody loses anything for want of a chance.
        let most = self.core.session(session).map_or(0, |session| session.history().capacity() / 2);
        let bite = if now.since(self.typed) < limits::ECHO {
            limits::NIBBLE // somebody waits for an echo, and not for a long output of another
        } else if self.seats.len() > 1 {
            limits::SHARE
        } else {
            limits::BITE
        };
        let bite = buffer.len().min(bite).min(most.max(1));
        while self.take_in(now, session, buffer.get_mut(..bite).unwrap_or_default()).is_continue() {}
        self.buffer = buffer;
    }

    fn take_in(&mut self, now: Instant, session: usize, buffer: &mut [u8]) -> ControlFlow<()> {
        let listens = self.listens();
        let Some(seat) = self.seats.get_mut(session) else { return ControlFlow::Break(()) };
        let Some(port) = &mut seat.port else { return ControlFlow::Break(()) };
        let Came::Bytes(count) = port.read(now, &mut self.poller, buffer) else {
            if seat.ended.is_some() {
                self.exit(now, session);
            }
            return ControlFlow::Break(());
        };
        let bytes = buffer.get(..count).unwrap_or_default();
        let printed = self.core.handle_output(now, session, bytes);
        let mut said = Vec::new();
        let titled = seat.titles.handle(bytes);
        if listens || titled {
            let tokens = printed.into_iter().flatten();
            said.extend(tokens.filter_map(|token| seat.said.token(now, &token)).filter(|_| listens));
        } else {
            drop(printed);
        }
        seat.tell(now, bytes);
        let ended = seat.ended;
        self.tell_said(session, &said);
        self.keep_up(now, session);
        match ended {
            None => ControlFlow::Break(()),
            Some((_, after)) if after > limits::LAST_WORDS => {
                self.exit(now, session);
                ControlFlow::Break(())
            }
            Some(_) => {
                self.again = true;
                ControlFlow::Break(())
            }
        }
    }

    /// The command has ended and all that it printed has been taken in. What it left behind gets a hangup.
    fn exit(&mut self, now: Instant, session: usize) {
        let Some(seat) = self.seats.get_mut(session) else { return };
        let Some((outcome, _)) = seat.ended else { return };
        self.core.handle_exit(now, session, outcome.exit());
        seat.observers.exit(now, outcome);
        if let Some(mut port) = seat.port.take() {
            let _ = port.watch(&mut self.poller, Interest::NONE);
        }
        self.changed = true;
    }

    /// Gives what was typed to the ports, and takes in what a command that has ended left behind.
    pub(super) fn give(&mut self, now: Instant) {
        self.again = false;
        for session in 0..self.seats.len() {
            if self.seats.get(session).is_some_and(|seat| seat.ended.is_some() && seat.port.is_some()) {
                self.printed(now, session);
            }
            let Some(seat) = self.seats.get_mut(session) else { continue };
            let Some(port) = &mut seat.port else { continue };
            while let Some(head) = self.core.session(session).map(|it| it.typed().0) {
                let taken = if head.is_empty() { 0 } else { port.write(head) };
                if taken == 0 {
                    break;
                }
                if seat.observers.record_input {
                    let typed = head.get(..taken).unwrap_or_default();
                    seat.observers.record(|recorder| recorder.input(now, typed));
                }
                self.core.handle_typed(now, session, taken);
                self.typed = now;
            }
        }
    }

    /// Declares what to wait for: no output while somebody is only a little behind.
    pub(super) fn watch_ports(&mut self, now: Instant) {
        for guest in self.guests.iter().flatten() {
            let (slot, shown) = guest.shown();
            let controls = |peer: &&Peer| peer.role() == Some(Role::Controller);
            let peer = self.core.peers().get(slot).filter(controls);
            let Some(session) = peer.and_then(Peer::session) else { continue };
            if let Some((seat, state)) = self.seats.get_mut(session).zip(self.core.session(session)) {
                seat.behind = seat.behind.max(state.history().end().saturating_sub(shown));
            }
        }
        for (seat, session) in self.seats.iter_mut().zip(self.core.sessions()) {
            let behind = std::mem::take(&mut seat.behind);
            let Some(port) = &mut seat.port else { continue };
            seat.pace.handle(now, behind, session.history().capacity() as u64);
            let want = Interest { read: !seat.pace.is_held(), write: !session.typed().0.is_empty() };
            let _ = port.watch(&mut self.poller, want);
        }
    }
}

const fn winsize(size: Size) -> Winsize {
    Winsize { ws_col: size.columns, ws_row: size.rows, ws_xpixel: 0, ws_ypixel: 0 }
}
