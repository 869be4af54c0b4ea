//! The core's monitor, and the two things that reporting needs besides: where the stream stands, and which of
//! its signals are worth a line.

use stillwire::idle::{Evidence, Hint, Status};
use stillwire::monitor::{self, Config, Monitor};
use stillwire::novelty::Output;
use stillwire::scan::{Modes, Signal, Token};
use stillwire::{Instant, idle};

use crate::plain::plain;
use crate::port::pty::Outcome;

/// The most lines per second and kind of signal; the rest is counted. A program that rings the bell in a loop,
/// or spins in its title, must not fill a disk.
const LINES_PER_SECOND: u32 = 4;
/// The longest title or notification that is reported, in bytes.
const LONGEST_TEXT: usize = 256;

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// When it happened; for a verdict when it was due.
    pub at: Instant,
    /// What happened.
    pub what: What,
}

/// What there is to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The status or its reason is another.
    Status(Status, Evidence),
    /// The session said something out loud.
    Signal {
        /// What.
        signal: Signal,
        /// The text of a title or notification, without controls.
        text: String,
        /// Signals of this kind that came before it and were too many.
        dropped: u32,
    },
}

/// One session, observed.
#[derive(Debug)]
pub struct Tracker {
    monitor: Monitor,
    said: Said,
    at_once: bool,
}

/// What a session says out loud: of all its tokens, those that are worth a line.
#[derive(Debug, Default)]
pub struct Said {
    text: Vec<u8>,
    title: String,
    gates: [Gate; 6],
}

/// Counts the lines of one kind of signal in one second.
#[derive(Clone, Copy, Debug, Default)]
struct Gate {
    second: u64,
    lines: u32,
    dropped: u32,
}

impl Tracker {
    /// A session that begins at time zero.
    pub fn new(config: Config) -> Self {
        let at_once = config.idle.confirm.is_zero();
        let monitor = Monitor::new(config, Instant::ZERO);
        Self { monitor, said: Said::default(), at_once }
    }

    /// The session printed this.
    pub fn output(&mut self, now: Instant, bytes: &[u8], mut tell: impl FnMut(Report)) {
        for token in self.monitor.handle_output(now, bytes) {
            self.said.token(now, &token).map(&mut tell);
        }
        self.poll(now, tell);
    }

    /// The user's terminal sent this.
    pub fn input(&mut self, now: Instant, bytes: &[u8], tell: impl FnMut(Report)) {
        self.monitor.handle_input(now, bytes);
        self.poll(now, tell);
    }

    /// The foreground job was looked at.
    pub fn hint(&mut self, now: Instant, hint: Hint) {
        self.monitor.handle_hint(now, hint);
    }

    /// The session ended.
    pub fn exit(&mut self, now: Instant, outcome: Outcome, tell: impl FnMut(Report)) {
        self.monitor.handle_exit(now, outcome.exit());
        self.poll(now, tell);
    }

    /// Lets happen what is due.
    pub fn poll(&mut self, now: Instant, mut tell: impl FnMut(Report)) {
        while let Some(event) = self.monitor.poll(now) {
            tell(Report { at: event.at, what: What::Status(event.status, self.monitor.evidence()) });
        }
    }

    /// When to poll next.
    pub fn poll_at(&self) -> Option<Instant> {
        self.monitor.poll_at().map(|due| due.at)
    }

    /// Whether what is due would like to know what the foreground job is doing.
    pub fn wants_hint(&self) -> Option<idle::Due> {
        match self.monitor.poll_at()?.reason {
            // Without a time to confirm in, the verdict falls as soon as it is quiet.
            monitor::Due::Idle(idle::Due::Quiet) if self.at_once => Some(idle::Due::Confirm),
            monitor::Due::Idle(due @ (idle::Due::Quiet | idle::Due::Confirm)) => Some(due),
            _ => None,
        }
    }

    /// Whether the stream is between two sequences and two characters, so that something can be put in between.
    pub fn is_ground(&self) -> bool {
        self.monitor.is_ground()
    }

    /// The sticky modes that the session has set.
    pub const fn modes(&self) -> &Modes {
        self.monitor.modes()
    }

    /// What the session is doing.
    pub fn status(&self) -> Status {
        self.monitor.status()
    }

    /// What the verdict rests on.
    pub fn evidence(&self) -> Evidence {
        self.monitor.evidence()
    }

    /// The tally of the last output.
    pub fn last_output(&self) -> Output {
        self.monitor.last_output()
    }
}

impl Said {
    /// The title that the session gave its terminal last; empty: none.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What there is to tell about a token.
    pub fn token(&mut self, now: Instant, token: &Token<'_>) -> Option<Report> {
        if let Token::Payload(_, piece) = token {
            let room = LONGEST_TEXT.saturating_sub(self.text.len());
            self.text.extend(piece.iter().take(room));
        }
        if token.signal() == Some(Signal::Title) {
            self.title = said(Signal::Title, &self.text);
        }
        let report = token.signal().and_then(|signal| {
            let dropped = self.gates[gate_of(signal)?].pass(now)?;
            let what = What::Signal { signal, text: said(signal, &self.text), dropped };
            Some(Report { at: now, what })
        });
        if let Token::StringEnd(_) = token {
            self.text.clear();
        }
        report
    }
}

impl Gate {
    /// Whether another line may be written now, and how many were not before it.
    fn pass(&mut self, now: Instant) -> Option<u32> {
        let second = now.as_micros() / 1_000_000;
        if self.second != second {
            (self.second, self.lines) = (second, 0);
        }
        if self.lines >= LINES_PER_SECOND {
            self.dropped = self.dropped.saturating_add(1);
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.dropped))
    }
}

/// The gate of a signal; none for those that every frame of a full-screen program sends.
const fn gate_of(signal: Signal) -> Option<usize> {
    match signal {
        Signal::Bell => Some(0),
        Signal::Prompt(_) => Some(1),
        Signal::Progress(_) => Some(2),
        Signal::Notification => Some(3),
        Signal::Title => Some(4),
        Signal::AlternateScreen(_) => Some(5),
        Signal::SynchronizedUpdate(_) | Signal::Query => None,
    }
}

/// What a title or notification says, from the body of its OSC.
fn said(signal: Signal, body: &[u8]) -> String {
    let body = String::from_utf8_lossy(body);
    let text = match signal {
        Signal::Title => body.split_once(';').map_or("", |(_, text)| text),
        Signal::Notification => match body.split_once(';') {
            Some(("777", rest)) => rest.strip_prefix("notify;").unwrap_or(rest),
            Some(("99", rest)) => rest.split_once(';').map_or("", |(_, text)| text),
            Some((_, text)) => text,
            None => "",
        },
        _ => "",
    };
    plain(text.trim_end_matches('\u{FFFD}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signals(input: &[u8]) -> Vec<(Signal, String, u32)> {
        let (mut tracker, mut told) = (Tracker::new(Config::DEFAULT), Vec::new());
        for (index, piece) in input.chunks(5).enumerate() {
            tracker.output(Instant::from_micros(index as u64), piece, |report| {
                if let What::Signal { signal, text, dropped } = report.what {
                    told.push((signal, text, dropped));
                }
            });
        }
        told
    }

    #[test]
    fn titles_and_notifications_say_what_they_say() {
        let input =
            b"\x1b]0;vim \xC3\xBC;x\x07\x1b]9;done\x1b\\\x1b]777;notify;Build;ok\x07\x1b]99;i=1;hello\x1b\\";
        let texts: Vec<_> = signals(input).into_iter().map(|(signal, text, _)| (signal, text)).collect();
        assert_eq!(
            texts,
            [
                (Signal::Title, "vim ü;x".into()),
                (Signal::Notification, "done".into()),
                (Signal::Notification, "Build;ok".into()),
                (Signal::Notification, "hello".into()),
            ]
        );
    }

    #[test]
    fn a_flood_of_bells_is_counted_and_not_told() {
        let mut tracker = Tracker::new(Config::DEFAULT);
        let mut told = Vec::new();
        for second in [0, 1] {
            tracker.output(Instant::from_millis(second * 1000), &[7; 10], |report| {
                if let What::Signal { dropped, .. } = report.what {
                    told.push(dropped);
                }
            });
        }
        assert_eq!(told, [0, 0, 0, 0, 6, 0, 0, 0]);
    }

    #[test]
    fn a_verdict_is_dated_when_it_was_due() {
        let mut tracker = Tracker::new(Config::DEFAULT);
        tracker.output(Instant::from_millis(1_000), b"x", |_| {});
        let mut told = Vec::new();
        tracker.poll(Instant::from_millis(4_500), |report| told.push(report.at));
        tracker.poll(Instant::from_millis(9_000), |report| told.push(report.at));
        assert_eq!(told, [Instant::from_millis(4_500)]);
    }
}
