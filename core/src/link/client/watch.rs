//! What a client does when time passes: deadlines, and what follows from them.

use super::connection::{Answer, Connection, Hello, Phase};
use super::{Client, Event, Parting};
use crate::link::close::CloseReason;
use crate::link::late::{Patience, Verdict, comes, end};
use crate::link::probe::{self, Doubt, Probe};
use crate::link::reconnect;
use crate::link::rtt::BUDGET_MAX;
use crate::time::Instant;

/// So many hellos without any byte in return end a lossy link.
const TRIES: u8 = 3;
/// A link in doubt is asked once in a drain.
const ROUNDS: usize = 3;

impl<B: AsRef<[u8]> + AsMut<[u8]>> Client<B> {
    /// What has to be done or told, in the order in which to do it.
    pub fn poll(&mut self, now: Instant) -> Option<Event> {
        let now = self.clock.clamp(now);
        if let Some(parting) = self.parting.as_mut().filter(|parting| parting.due) {
            parting.due = false;
            return Some(Event::Close(parting.generation, parting.reason));
        }
        if self.typed_lost > 0 {
            return Some(Event::TypedLost(core::mem::take(&mut self.typed_lost)));
        }
        if let Some(lost) = self.requests.poll_lost() {
            return Some(Event::RequestLost(lost));
        }
        for _ in 0..ROUNDS {
            self.advance(now);
            match self.reconnect.poll(now)? {
                reconnect::Event::Probe(_) => self.ask(now, Doubt::Network),
                reconnect::Event::Dial(generation) => {
                    self.connection = Some(Connection::new(generation, self.config.probe, now));
                    return Some(Event::Dial(generation));
                }
                reconnect::Event::Close(generation) => {
                    let link = self.connection.take();
                    let open = link.as_ref().is_some_and(|link| link.phase != Phase::Dialing);
                    let reason = link.map_or(CloseReason::Abnormal, |link| link.why);
                    let text = (open && reason != CloseReason::Abnormal).then_some("");
                    self.parting = Some(Parting { generation, reason, text, due: false });
                    return Some(Event::Close(generation, reason));
                }
                reconnect::Event::Status(status) => return Some(Event::Status(status)),
            }
        }
        None
    }

    pub(super) fn has_news(&self) -> bool {
        self.typed_lost > 0 || self.requests.has_lost() || self.parting.is_some_and(|parting| parting.due)
    }

    /// The network or the machine gave reason to doubt the link. It is asked at once, so that bytes that came before
    /// do not answer for it.
    pub(super) fn doubt(&mut self, now: Instant, doubt: Doubt) {
        let mut asked = self.reconnect.clone();
        if let Some(reconnect::Event::Probe(_)) = asked.poll(now) {
            self.reconnect = asked;
            self.ask(now, doubt);
        }
    }

    fn ask(&mut self, now: Instant, doubt: Doubt) {
        if let Some(link) = &mut self.connection {
            link.probe.handle_doubt(now, doubt);
        }
    }

    /// The connection that counts is over for us: it is closed, and the host told why if there is a text.
    pub(super) fn part(&mut self, now: Instant, reason: CloseReason, text: Option<&'static str>) {
        if let Some(Connection { generation, .. }) = self.connection.take() {
            let _ = self.reconnect.handle_closed(now, generation, reason); // it counts
            self.parting = Some(Parting { generation, reason, text, due: true });
        }
    }

    /// Lets everything happen on the connection that is due by `now`.
    fn advance(&mut self, now: Instant) {
        let lossy = self.is_lossy();
        let Some(generation) = self.generation() else { return };
        let Some(link) = &mut self.connection else { return };
        link.advance_typed(now, lossy);
        let mut dead = link.watchdog.poll(now).is_some();
        for _ in 0..ROUNDS {
            match link.probe.poll(now) {
                Some(probe::Event::SendPing { nonce }) => link.ping = Some(nonce),
                Some(probe::Event::Replace) => dead = true,
                None => break,
            }
        }
        if dead && lossy {
            // On a lossy link it may only have been a ping that was lost.
            link.probe = Probe::new(self.config.probe, now);
            link.ask_again(now, lossy);
            dead = false;
        }
        if link.advance_hello(now, lossy) || dead {
            link.why = CloseReason::HeartbeatLost;
            let _ = self.reconnect.handle_silent(now, generation); // it counts
        }
    }
}

impl Connection {
    /// What was typed has no answer in time.
    fn advance_typed(&mut self, now: Instant, lossy: bool) {
        if !matches!(self.typed, Answer::Due(at) if at <= now && comes(at).is_some()) {
            return;
        }
        self.probe.handle_doubt(now, Doubt::Unanswered);
        self.typed = if lossy { Answer::Due(end(now, self.probe.budget())) } else { Answer::None };
    }

    /// A hello has no answer in time. Whether that is the end.
    fn advance_hello(&mut self, now: Instant, lossy: bool) -> bool {
        let (tries, patience) = match self.hello {
            Hello::Said { tries, patience } => (tries, patience),
            Hello::Due { tries, patience: Some(patience) } => {
                let verdict = patience.judge(now);
                if verdict == Verdict::WeWereLate {
                    self.hello = Hello::Due { tries, patience: Some(Patience::last(now, BUDGET_MAX)) };
                }
                return verdict == Verdict::Silent;
            }
            Hello::Due { patience: None, .. } | Hello::None => return false,
        };
        let tries = if self.is_welcomed() { tries.saturating_add(1) } else { tries };
        match patience.judge(now) {
            Verdict::TooEarly => false,
            Verdict::Silent if !lossy || tries >= TRIES => true,
            Verdict::WeWereLate if !lossy => {
                self.hello = Hello::Said { tries, patience: Patience::last(now, self.probe.budget()) };
                false
            }
            Verdict::Silent | Verdict::WeWereLate => {
                self.hello = Hello::Due { tries, patience: Some(Patience::new(now, BUDGET_MAX)) };
                false
            }
        }
    }
}
