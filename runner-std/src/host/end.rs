//! How a host ends: when it is asked to, when nobody is left, and what is said then.

use signal_hook::consts::{SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use stillwire::Instant;
use stillwire::link::close::CloseReason;

use super::server::Server;
use crate::limits;
use crate::port::pty::Outcome;
use crate::signals::Signals;

impl Server {
    /// What the system tells us to do.
    pub(super) fn heed(&mut self, now: Instant) {
        for signal in self.signals.take() {
            match signal {
                SIGCHLD => self.reap(),
                SIGTERM | SIGINT | SIGQUIT => self.leave(now, CloseReason::GoingAway),
                SIGTSTP => Signals::stop_here(),
                _ => {} // the terminal that this was started from is no concern of a host
            }
        }
        self.again = true; // what a child wrote before it ended may be there already
    }

    /// Ends everything: sessions are asked to, peers are told.
    pub(super) fn leave(&mut self, now: Instant, reason: CloseReason) {
        if self.leaving.is_none() {
            self.note_end(reason);
            self.tell_supervisor("STOPPING=1");
            self.core.handle_shutdown(now, reason);
            let kill = now.after(limits::GRACE);
            self.seats.iter_mut().for_each(|seat| seat.stop(kill));
            (0..self.seats.len()).for_each(|session| self.agenda.touch(session));
            self.leaving = Some((kill.after(limits::GRACE), 0));
        }
    }

    /// Tells whoever started this host, if he wants to know.
    pub(super) fn tell_supervisor(&mut self, state: &'static str) {
        if let Some(supervisor) = &mut self.supervisor {
            supervisor.tell(&mut self.poller, state);
        }
    }

    /// The exit code, if all is over.
    pub(super) fn over(&mut self, now: Instant) -> Option<u8> {
        let late = self.leaving.is_some_and(|(at, _)| at <= now);
        self.expects = self.expects.filter(|until| *until > now);
        let ended = self.open == 0 && self.core.is_empty() && self.expects.is_none();
        if !(ended || late) || !self.fleet_has_heard(now) {
            return None;
        }
        for seat in &mut self.seats {
            seat.finish();
        }
        self.finish_events();
        self.farewell();
        let own = || match self.seats.as_slice() {
            [seat] => seat.outcome().map_or(0, Outcome::code),
            _ => 0,
        };
        Some(self.leaving.map_or_else(own, |(_, code)| code))
    }
}
