//! The driver: one loop around one poll(2), which sleeps until something happens or is due.

use std::io;
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::Signal;
use stillwire::{Duration, Instant};

use super::observers::Observers;
use crate::os::{self, Hints};
use crate::outlet::Outlet;
use crate::port::pty::{Outcome, Pty};
use crate::signals::Signals;
use crate::terminal::{self, Raw};
use crate::track::Tracker;

/// Output handled in one turn of the loop; input waits for no more than that.
const CHUNK: usize = 64 << 10;
/// Input handled in one turn: what the kernel keeps for a terminal.
const KEYS: usize = 4096;
/// Output that is still shown after the command has ended, if something it left behind goes on writing.
const LAST_WORDS: usize = 256 << 10;

/// A session in a pseudo-terminal, the terminal it is shown on, and everybody who wants to know.
#[derive(Debug)]
pub(super) struct Session {
    /// The pseudo-terminal.
    pub pty: Pty,
    /// The core.
    pub tracker: Tracker,
    /// Who is told.
    pub observers: Observers,
    /// Where output goes; `None` if nobody watches here.
    pub screen: Option<Outlet>,
    /// Whether that is a terminal, which can be told things.
    pub screen_is_terminal: bool,
    /// Where keys come from; `None` at their end.
    pub keyboard: Option<OwnedFd>,
    /// Raw mode of that terminal.
    pub raw: Option<Raw>,
    /// The signals of this process.
    pub signals: Signals,
    /// Keys on their way to the session.
    pub to_session: Outlet,
    /// The start of the session on the clock.
    pub zero: Instant,
    hints: Hints,
    last_key: Option<u8>,
    pub(super) leaving: Option<(Instant, Outcome)>,
    pub(super) ended: Option<(Outcome, usize)>,
}

/// What poll(2) found.
#[derive(Clone, Copy, Debug, Default)]
struct Ready {
    signal: bool,
    output: bool,
    keys: bool,
}

impl Session {
    /// A session that begins now.
    ///
    /// # Errors
    /// If no descriptor is left.
    pub(super) fn new(
        pty: Pty,
        tracker: Tracker,
        observers: Observers,
        signals: Signals,
        zero: Instant,
    ) -> io::Result<Self> {
        let to_session = Outlet::nonblocking(pty.master().try_clone_to_owned()?);
        Ok(Self {
            pty,
            tracker,
            observers,
            screen: None,
            screen_is_terminal: false,
            keyboard: None,
            raw: None,
            signals,
            to_session,
            zero,
            hints: Hints::default(),
            last_key: None,
            leaving: None,
            ended: None,
        })
    }

    /// Runs the session to its end and returns how it ended.
    ///
    /// # Errors
    /// If the system cannot wait any more, which no session survives.
    pub(super) fn run(&mut self) -> io::Result<Outcome> {
        self.observers.start(self.pty.pid());
        let mut buffer = vec![0; CHUNK];
        loop {
            let ready = self.wait()?;
            let now = self.now();
            if ready.signal {
                self.signals();
            }
            if ready.keys {
                self.keys(now);
            }
            let drained = !(ready.output || self.ended.is_some()) || self.output(now, &mut buffer);
            self.due(now);
            self.aside();
            if let Some(outcome) = self.outcome(now, drained) {
                let now = self.now();
                self.tracker.exit(now, outcome, |report| self.observers.report(&report));
                self.observers.exit(now, outcome);
                self.farewell();
                return Ok(outcome);
            }
        }
    }

    /// Time since the session began.
    pub(super) fn now(&self) -> Instant {
        Instant::ZERO.after(os::now().since(self.zero))
    }

    /// Sleeps until a descriptor is ready or a deadline has come. The only place where the runner waits.
    fn wait(&mut self) -> io::Result<Ready> {
        let full = self.screen.as_ref().is_some_and(|screen| !screen.is_empty());
        let master = {
            let mut interest = PollFlags::empty();
            interest.set(PollFlags::IN, !full);
            interest.set(PollFlags::OUT, !self.to_session.is_empty());
            interest
        };
        let now = self.now();
        let due = [
            self.tracker.poll_at(),
            self.leaving.map(|(at, _)| at),
            self.ended.map(|_| now).filter(|_| !full),
        ];
        let timeout = due.into_iter().flatten().min().map(|at| timespec(at.since(now)));
        let mut fds = vec![PollFd::from_borrowed_fd(self.signals.fd(), PollFlags::IN)];
        fds.push(PollFd::from_borrowed_fd(self.pty.master(), master));
        let keyboard = self.keyboard.as_ref().filter(|_| self.to_session.is_empty());
        fds.extend(keyboard.map(|fd| PollFd::new(fd, PollFlags::IN)));
        let after_keys = fds.len();
        let writes = [self.screen.as_ref().filter(|_| full).map(Outlet::fd), self.observers.waits_for()];
        fds.extend(writes.into_iter().flatten().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::OUT)));
        match rustix::event::poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let came = |range: std::ops::Range<usize>| {
            fds.get(range).is_some_and(|fds| fds.iter().any(|fd| !fd.revents().is_empty()))
        };
        let master = fds[1].revents();
        let ready = Ready {
            signal: came(0..1),
            output: master.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) && !full,
            keys: came(2..after_keys),
        };
        drop(fds);
        if !self.to_session.is_empty() {
            let _ = self.to_session.flush();
        }
        self.show(&[]);
        self.observers.flush();
        Ok(ready)
    }

    /// Output of the session: first to the screen, then to the core. Returns whether all of it has been read.
    fn output(&mut self, now: Instant, buffer: &mut [u8]) -> bool {
        if self.screen.as_ref().is_some_and(|screen| !screen.is_empty()) {
            return false;
        }
        let (mut filled, mut drained) = (0, false);
        // A terminal hands over 4 KiB at a time; one write for many of them keeps up with `yes`.
        while let Some(space) = buffer.get_mut(filled..).filter(|space| !space.is_empty()) {
            match rustix::io::read(self.pty.master(), space) {
                Ok(0) => {
                    drained = true;
                    break;
                }
                Ok(count) => filled += count,
                Err(Errno::INTR) => {}
                Err(_) => {
                    drained = true;
                    break;
                }
            }
        }
        let bytes = buffer.get(..filled).unwrap_or(&[]);
        if !bytes.is_empty() {
            self.show(bytes);
            self.tracker.output(now, bytes, |report| self.observers.report(&report));
            self.observers.record(|recorder| recorder.output(now, bytes));
        }
        if let Some((_, after)) = &mut self.ended {
            *after += filled;
        }
        drained
    }

    fn show(&mut self, bytes: &[u8]) {
        let Some(screen) = &mut self.screen else { return };
        if screen.write(bytes).is_err() {
            // The terminal or the reader of the pipe has gone: nobody is left to do this for.
            self.screen = None;
            self.leave(Signal::HUP, Signal::PIPE);
        }
    }

    fn keys(&mut self, now: Instant) {
        let Some(keyboard) = &self.keyboard else { return };
        let mut bytes = [0; KEYS];
        match rustix::io::read(keyboard, &mut bytes) {
            Ok(count) if count > 0 => self.typed(now, &bytes[..count]),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Ok(_) | Err(_) => {
                self.keyboard = None;
                if self.raw.is_some() {
                    self.leave(Signal::HUP, Signal::HUP);
                } else {
                    let end = self.pty.end_of_file(self.last_key);
                    let _ = self.to_session.write(&end);
                }
            }
        }
    }

    /// Somebody typed: on to the session, and the core decides whether it was a person.
    fn typed(&mut self, now: Instant, bytes: &[u8]) {
        self.last_key = bytes.last().copied();
        // The session never closes its own terminal here, so this cannot fail but for want of memory.
        let _ = self.to_session.write(bytes);
        self.tracker.input(now, bytes, |report| self.observers.report(&report));
        if self.observers.record_input {
            self.observers.record(|recorder| recorder.input(now, bytes));
        }
    }

    pub(super) fn show_terminal(&mut self, bytes: &[u8]) {
        if self.screen_is_terminal {
            self.show(bytes);
        }
    }

    /// Everything whose time has come. A hint is taken only here, where a verdict is about to fall.
    fn due(&mut self, now: Instant) {
        if self.tracker.poll_at().is_some_and(|at| at <= now) {
            if let Some(due) = self.tracker.wants_hint()
                && let Some(hint) = self.hints.sample(&self.pty, now, due)
            {
                self.tracker.hint(now, hint);
            }
            self.tracker.poll(now, |report| self.observers.report(&report));
        }
    }

    /// Tells the user's terminal what is for it and not from the session, between two sequences.
    fn aside(&mut self) {
        let free = self.screen.as_ref().is_some_and(Outlet::is_empty) && self.tracker.is_ground();
        if free && self.screen_is_terminal {
            let bytes = self.observers.aside();
            self.show(&bytes);
        }
    }

    fn outcome(&self, now: Instant, drained: bool) -> Option<Outcome> {
        let shown = self.screen.as_ref().is_none_or(Outlet::is_empty);
        let ended = self.ended.filter(|(_, after)| (drained || *after > LAST_WORDS) && shown);
        let left = || self.leaving.filter(|(at, _)| *at <= now).map(|(_, outcome)| outcome);
        ended.map(|(outcome, _)| outcome).or_else(left)
    }

    /// The last bytes out, everybody told.
    fn farewell(&mut self) {
        if !self.tracker.is_ground() {
            // CAN ends the sequence that will never be finished, so that the next prompt is not a part of it.
            self.show_terminal(&[0x18]);
        }
        let aside = self.observers.aside();
        self.show_terminal(&aside);
        if !matches!(self.ended, Some((Outcome::Code(_), _))) {
            self.show_terminal(&terminal::calm(self.tracker.modes()));
        }
        if let Some(screen) = self.screen.as_mut().filter(|_| self.leaving.is_none()) {
            let _ = screen.drain();
        }
        self.raw = None;
        self.observers.finish();
    }
}

/// A span as poll(2) wants it, rounded up: waking before the deadline would only mean to sleep again.
fn timespec(span: Duration) -> Timespec {
    let micros = span.as_micros();
    let seconds = i64::try_from(micros / 1_000_000).unwrap_or(i64::MAX).min(i64::from(u32::MAX));
    Timespec { tv_sec: seconds, tv_nsec: i64::try_from(micros % 1_000_000).unwrap_or(0) * 1_000 }
}
