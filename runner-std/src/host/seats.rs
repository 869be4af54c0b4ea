//! Sessions, as the driver sees them: a port, and whoever is told what it does.

use rustix::termios::Winsize;
use stillwire::Instant;
use stillwire::idle::{Due, Event, Evidence, Hint};
use stillwire::link::history::Size;

use super::log;
use super::server::Server;
use super::title::Titles;
use crate::limits;
use crate::os::{self, Hints, Interest, Poller};
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
    /// Whether the port waits for a reader.
    pub held: bool,
    /// Why what is behind the port is not there, as it was last told.
    pub trouble: Option<String>,
    /// What is on its screen; None: it has none.
    pub model: Option<Model>,
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
            held: false,
            trouble: None,
            model,
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
        self.port.as_ref()?.poll_at()
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
    pub(super) fn reap(&mut self) -> bool {
        self.observers.hooks.reap();
        if let Some(port) = &mut self.port
            && self.ended.is_none()
        {
            self.ended = port.outcome().map(|outcome| (outcome, 0));
            return self.ended.is_some();
        }
        false
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
        for complaint in self.observers.complaints.drain(..) {
            tracing::warn!(session = self.name, "{}: {complaint}", self.name);
        }
        if let Some((_, after)) = &mut self.ended {
            *after += bytes.len();
        }
    }
}

impl Server {
    /// So many bytes are taken from a port in this turn, if so many are ready.
    pub(super) fn bite(&self, now: Instant, ports: usize) -> usize {
        if now.since(self.typed) < limits::ECHO && self.seats.len() > 1 {
            limits::NIBBLE // somebody waits for an echo, and not for a long output of another
        } else if ports > 1 {
            limits::SHARE
        } else {
            limits::BITE
        }
    }

    /// A session printed something, or its port has news.
    pub(super) fn take_from(&mut self, now: Instant, session: usize, bite: usize) {
        let mut buffer = std::mem::take(&mut self.buffer);
        // Readers are to read in between, so that nobody loses anything for want of a chance.
        let most = self.core.session(session).map_or(0, |session| session.history().capacity() / 2);
        let bite = buffer.len().min(bite).min(most.max(1));
        self.take_in(now, session, buffer.get_mut(..bite).unwrap_or_default());
        self.buffer = buffer;
    }

    /// Children have ended.
    pub(super) fn reap(&mut self) {
        // Which, the system tells one by one; each is asked for its outcome, and then the next is told.
        while let Some(pid) = os::ended() {
            let ours = self.seats.iter().position(|seat| seat.pid == Some(pid));
            let reaped = ours.and_then(|index| Some((index, self.seats.get_mut(index)?.reap())));
            match reaped {
                Some((index, true)) => self.agenda.touch(index),
                _ => break,
            }
        }
        // Of others, such as hooks, nobody keeps the number.
        if os::ended().is_some() {
            for (index, seat) in self.seats.iter_mut().enumerate() {
                if seat.reap() {
                    self.agenda.touch(index);
                }
            }
        }
    }

    fn take_in(&mut self, now: Instant, session: usize, buffer: &mut [u8]) {
        let listens = self.listens();
        let Some(seat) = self.seats.get_mut(session) else { return };
        let Some(port) = &mut seat.port else { return };
        let Came::Bytes(count) = port.read(now, &mut self.poller, buffer) else {
            if seat.ended.is_some() {
                self.exit(now, session);
            }
            return;
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
        self.printed = self.printed.saturating_add(count as u64);
        match ended {
            None => {}
            Some((_, after)) if after > limits::LAST_WORDS => self.exit(now, session),
            Some(_) => self.again = true,
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
            self.open = self.open.saturating_sub(1);
        }
        self.changed = true;
    }

    /// Gives what was typed to the ports, and takes in what a command that has ended left behind.
    pub(super) fn give(&mut self, now: Instant) {
        self.again = false;
        let mut number = 0;
        while let Some(session) = self.agenda.touched(number) {
            number += 1;
            if self.seats.get(session).is_some_and(|seat| seat.ended.is_some() && seat.port.is_some()) {
                self.take_from(now, session, limits::BITE);
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
                if let Some(metrics) = &self.metrics {
                    metrics.typed(taken);
                }
                self.typed = now;
            }
            self.note_port(session);
        }
    }

    /// What is behind a port went away or came: whoever watches is told, and who lists.
    fn note_port(&mut self, session: usize) {
        let Some(seat) = self.seats.get_mut(session) else { return };
        let Some(port) = &seat.port else { return };
        let (what, why) = port.trouble().unzip();
        if why == seat.trouble {
            return;
        }
        let mut told =
            what.zip(why.as_ref()).map_or_else(String::new, |(what, why)| format!("{what}: {why}"));
        told.truncate(told.floor_char_boundary(limits::TROUBLE_BYTES));
        log::port(&seat.name, &told);
        seat.trouble = why;
        let _ = self.core.publish(session, limits::TROUBLE, 0, told.as_bytes());
        self.changed = true;
    }

    /// Declares what to wait for: no output while somebody is only a little behind.
    pub(super) fn watch_ports(&mut self) {
        let touched = self.agenda.take_touched();
        for &session in &touched {
            let Some((seat, state)) = self.seats.get_mut(session).zip(self.core.session(session)) else {
                continue;
            };
            if let Some(port) = &mut seat.port {
                let want = Interest { read: !seat.held, write: !state.typed().0.is_empty() };
                let _ = port.watch(&mut self.poller, want);
                if seat.ended.is_some() {
                    self.agenda.touch(session); // until all that it left behind has been read
                }
            }
            self.agenda.note(session, seat.poll_at());
        }
        self.agenda.give_back(touched);
    }
}

const fn winsize(size: Size) -> Winsize {
    Winsize { ws_col: size.columns, ws_row: size.rows, ws_xpixel: 0, ws_ypixel: 0 }
}
