//! What the person at this terminal is told of the link and the session, in the title or, before there is anything else to
//! see, in a line; a script on standard error.

use std::io;

use stillwire::idle::{self, Status as Session};
use stillwire::link::close::{CloseReason, Next};
use stillwire::link::frame::{Outcome, Role};
use stillwire::link::reconnect::{Reason, Status};
use stillwire::{Duration, Instant};

use super::driver::{Attach, End};
use super::target::Target;
use crate::failure::Failure;
use crate::limits::BREAK;
use crate::os;
use crate::plain::plain;
use crate::port::pty::exit_code;
use crate::terminal;
use crate::watch::notify;

const SECOND: u64 = 1_000_000;

impl Attach {
    /// Whether another client took over, and this one waits until its user asks.
    pub(super) fn is_superseded(&self) -> bool {
        self.client.status() == SUPERSEDED
    }

    /// The link is another.
    pub(super) fn status(&mut self, status: Status) {
        match status {
            Status::Ended => {
                let code = match self.client.session_status() {
                    Some((Session::Exited(exit), _)) => exit_code(exit),
                    _ => 0,
                };
                self.end = Some(End::Exited(code));
            }
            // Whoever took over is not to be fought; but a person may want it back.
            SUPERSEDED if self.raw.is_some() => self.tell_script(SUPERSEDED),
            Status::Disconnected(reason @ Reason::Closed(closed)) => {
                if closed.next() == Next::Park {
                    self.end = Some(End::Refused(reason));
                } else {
                    self.tell_script(status);
                }
            }
            status => self.tell_script(status),
        }
    }

    /// Tells a script, once for each reason.
    fn tell_script(&mut self, status: Status) {
        match status {
            Status::Disconnected(reason) if self.told != Some(reason) && reason != Reason::Left => {
                self.told = Some(reason);
                if !self.screen.is_terminal() {
                    let next = if status == SUPERSEDED { "Ctrl-] t takes control" } else { "trying again" };
                    eprintln!("[{}: {}; {next}]", self.target, sentence(reason, self.successor.as_deref()));
                }
            }
            Status::Live => self.told = None,
            _ => {}
        }
    }

    /// Whether somebody who only watches has less room than the session takes.
    fn is_too_small(&self) -> bool {
        let (here, size) = (terminal::size(), self.size.filter(|_| self.wants == Role::Viewer));
        size.is_some_and(|size| size.columns > here.ws_col || size.rows > here.ws_row)
    }

    /// Has the host send a break, if there is a serial line.
    pub(super) fn ask_for_break(&mut self, now: Instant) {
        let asked = self.client.request(now, BREAK, &[]);
        self.notice = asked.err().map(|_| format!("{}: too much is asked at once", self.target));
    }

    /// When a number of seconds that is shown becomes another.
    pub(super) fn tick_at(&self) -> Option<Instant> {
        if !self.screen.is_terminal() {
            return None;
        }
        let now = os::now();
        let left = match self.client.status() {
            Status::Syncing if self.was_live => SECOND - self.client.silence(now)?.as_micros() % SECOND,
            Status::Disconnected(_) => self.client.next_dial()?.since(now).as_micros() % SECOND + 1,
            _ => return None,
        };
        Some(now.after(Duration::from_micros(left)))
    }

    /// What the title says of the link and the session.
    pub(super) fn retitle(&mut self, now: Instant) {
        if !self.screen.is_terminal() {
            return;
        }
        let name = self.target.to_string();
        let session = self.client.session_status().map(|(status, _)| status);
        let idle = session.and_then(Session::reason).map(idle::Reason::as_str);
        let spoken = idle.map(|reason| format!("{name} is idle ({})", reason.replace('_', " ")));
        let title = match self.client.status() {
            _ if self.keyboard.is_menu() => {
                Some("d detach · t take control · v view · r reconnect · b break · Ctrl-] itself".into())
            }
            Status::Live if self.notice.is_some() => self.notice.clone(),
            Status::Live if self.trouble.is_some() => self.trouble.clone(),
            Status::Live if self.is_too_small() => self
                .size
                .map(|size| format!("{name} is {}×{}, larger than this terminal", size.columns, size.rows)),
            Status::Live => spoken.clone(),
            Status::Syncing if !self.was_live => None,
            Status::Syncing => {
                let silence = self.client.silence(now).map_or(0, Duration::as_secs);
                Some(format!("{name}: syncing, last contact {silence} s ago"))
            }
            status @ Status::Disconnected(reason) => {
                let what = sentence(reason, self.successor.as_deref());
                let next = match self.client.next_dial().map(|at| at.since(now).as_micros()) {
                    _ if status == SUPERSEDED => " · Ctrl-] t takes control, v watches, q leaves".into(),
                    Some(left) => format!("; again in {} s · Ctrl-] r now, q leaves", left.div_ceil(SECOND)),
                    None => "; trying again · Ctrl-] q leaves".into(),
                };
                Some(format!("{name}: {what}{next}"))
            }
            Status::Ended => None,
        };
        let live = matches!(self.client.status(), Status::Live);
        self.screen.note(title.clone().filter(|_| !live || self.trouble.is_some()));
        self.screen.title(title);
        let was_idle = std::mem::replace(&mut self.was_idle, idle.is_some());
        if let (Some(how), Some(spoken), false) = (self.notify, spoken, was_idle) {
            self.screen.notify(&notify::notification(how, &spoken));
        }
    }
}

/// What a session waits for that has no port now, for the title; a script is told at once.
pub(super) fn trouble(target: &Target, bytes: &[u8], is_terminal: bool) -> Option<String> {
    let what = plain(&String::from_utf8_lossy(bytes));
    let told = (!what.is_empty()).then(|| format!("{target} waits for {what}"));
    if let Some(told) = told.as_ref().filter(|_| !is_terminal) {
        eprintln!("[{told}]");
    }
    told
}

/// What the host answered to whoever asked for a break.
pub(super) fn answer(target: &Target, outcome: Outcome, bytes: &[u8]) -> String {
    let why = match outcome {
        Outcome::NoHandler => "the host cannot send a break".into(),
        Outcome::Lost => "nobody knows whether the break was sent".into(),
        Outcome::Done if bytes.is_empty() => "break sent".into(),
        Outcome::Done => plain(&String::from_utf8_lossy(bytes)),
    };
    format!("{target}: {why}")
}

/// Another client took over.
const SUPERSEDED: Status = Status::Disconnected(Reason::Closed(CloseReason::Superseded));

/// Why there is no link, as one would say it; with who took over, if that is known.
fn sentence(reason: Reason, successor: Option<&str>) -> String {
    let Reason::Closed(closed) = reason else {
        return match reason {
            Reason::Silent => "the host has fallen silent",
            Reason::Left => "detached",
            _ => "the host does not answer",
        }
        .into();
    };
    match closed {
        CloseReason::ChildExited => "the session is over",
        CloseReason::GoingAway => "its host has gone",
        CloseReason::Abnormal => "the host cannot be reached",
        CloseReason::Restarting => "the host restarts",
        CloseReason::Full => "the host has no room for another",
        CloseReason::Superseded => {
            let who = successor.map_or(String::new(), |who| format!(", {who}"));
            return format!("taken over by another terminal{who}");
        }
        CloseReason::HeartbeatLost => "the host heard nothing from here in time",
        CloseReason::IdleExit => "its host has gone: nobody used it",
        CloseReason::Unauthorised => "the host refuses the token, or has no such session",
        CloseReason::ProtocolError => "the two sides do not understand each other",
        other => return format!("the host closed the connection (code {})", other.code()),
    }
    .into()
}

/// What is wrong with the token most of the time.
const TOKEN: &str = "take the whole URL that the host printed, or --token-file FILE";

/// Why the first dial failed, and what to do about it.
pub(super) fn unreachable(name: &str, error: &io::Error) -> Failure {
    let failure = Failure::io(format!("reach {name}"), error);
    let text = error.to_string();
    match error.kind() {
        io::ErrorKind::PermissionDenied if error.raw_os_error().is_none() => failure.hint(TOKEN),
        io::ErrorKind::ConnectionRefused => failure.hint("is the host running, and is that its port?"),
        io::ErrorKind::UnexpectedEof => failure.hint("one that encrypts is reached by https:// or tls://"),
        _ if text.contains("InvalidContentType") => {
            failure.hint("it does not encrypt there: http:// or tcp://")
        }
        _ if text.contains("UnknownIssuer") => failure.hint("--tls-ca FILE trusts the certificates in FILE"),
        _ => failure,
    }
}

/// Why it is over, and what to do about it.
pub(super) fn refused(name: &str, reason: Reason, successor: Option<&str>) -> Failure {
    let failure = Failure::new(format!("{name}: {}", sentence(reason, successor)));
    match reason {
        Reason::Closed(CloseReason::Unauthorised) => failure.hint(TOKEN),
        Reason::Closed(CloseReason::IdleExit) => {
            failure.hint("a host stays with: runner-std host --idle-timeout never")
        }
        Reason::Closed(CloseReason::GoingAway) => failure.hint("runner-std ps shows what there is"),
        Reason::Closed(CloseReason::ProtocolError) => {
            failure.hint("is it the same runner-std on both sides? one that encrypts is reached by tls://")
        }
        Reason::Closed(CloseReason::Superseded) => {
            failure.hint("--view watches beside it; all may type with: runner-std host --share")
        }
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_a_sentence_of_its_own() {
        let mut said = std::collections::HashSet::new();
        for code in [1000, 1001, 1006, 1012, 1013, 4000, 4001, 4002, 4003, 4004, 4999] {
            let sentence = sentence(Reason::Closed(CloseReason::from_code(code)), None);
            assert!(sentence.contains(' ') && !sentence.contains('_'), "{code}: {sentence}");
            assert!(said.insert(sentence), "{code}");
        }
        for reason in [Reason::DialTimeout, Reason::Silent, Reason::Left] {
            assert!(said.insert(sentence(reason, None)), "{reason:?}");
        }
        let superseded = sentence(Reason::Closed(CloseReason::Superseded), Some("10.0.0.7:50122"));
        assert_eq!(superseded, "taken over by another terminal, 10.0.0.7:50122");
    }
}
