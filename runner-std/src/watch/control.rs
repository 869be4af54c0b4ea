//! What the driver does about signals: end, stop and go on, a new size, a child that has ended.

use rustix::process::Signal;
use signal_hook::consts::{SIGCHLD, SIGCONT, SIGINT, SIGQUIT, SIGTSTP, SIGWINCH};
use stillwire::Duration;

use super::session::Session;
use crate::port::pty::Outcome;
use crate::signals::Signals;
use crate::terminal;

/// How long the session may take to end by itself after the runner was asked to end.
const GRACE: Duration = Duration::from_secs(2);

impl Session {
    pub(super) fn signals(&mut self) {
        for signal in self.signals.take() {
            match signal {
                SIGCHLD => {
                    self.observers.hooks.reap();
                    if self.ended.is_none() {
                        self.ended = self.pty.outcome().map(|outcome| (outcome, 0));
                    }
                }
                SIGWINCH => self.resize(),
                SIGTSTP => self.stop(),
                SIGCONT => self.continued(),
                SIGINT => self.pty.signal_foreground(Signal::INT),
                SIGQUIT => self.pty.signal_foreground(Signal::QUIT),
                other => {
                    let signal = Signal::from_named_raw(other).unwrap_or(Signal::TERM);
                    self.leave(signal, signal);
                }
            }
        }
    }

    /// Leaves the terminal as a shell wants it, stops this process, and takes the terminal again afterwards.
    fn stop(&mut self) {
        self.show_terminal(&terminal::calm(self.tracker.modes()));
        if let Some(raw) = &self.raw {
            raw.pause();
        }
        Signals::stop_here();
        self.continued();
        self.show_terminal(&terminal::stir(self.tracker.modes()));
    }

    fn continued(&mut self) {
        if let Some(raw) = self.raw.as_ref().filter(|_| terminal::is_ours()) {
            raw.resume();
            self.resize();
            // The shell has written over the screen, and nobody else would tell the session so.
            self.pty.signal_foreground(Signal::WINCH);
        }
    }

    fn resize(&mut self) {
        if self.raw.is_none() && self.keyboard.is_none() && self.screen.is_none() {
            return;
        }
        let (size, now) = (terminal::size(), self.now());
        if self.pty.size().is_none_or(|old| (old.ws_col, old.ws_row) != (size.ws_col, size.ws_row)) {
            self.pty.resize(size);
            self.observers.record(|recorder| recorder.resize(now, size.ws_col, size.ws_row));
        }
    }

    /// Asks the session to end; if it does not, the runner leaves anyway and the kernel hangs up for it.
    pub(super) fn leave(&mut self, tell: Signal, because: Signal) {
        if self.leaving.is_none() {
            self.pty.signal(tell);
            self.pty.signal(Signal::CONT);
            let number = u8::try_from(because.as_raw()).unwrap_or(0);
            self.leaving = Some((self.now().after(GRACE), Outcome::Signal(number)));
        }
    }
}
