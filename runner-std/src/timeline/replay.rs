//! Runs a recording through the core on the recording's own clock.

use std::io::BufRead;

use stillwire::idle::{Reason, Status};
use stillwire::monitor::Config;
use stillwire::novelty::Output;
use stillwire::scan::Signal;
use stillwire::{Duration, Instant};

use crate::cast::{Cast, CastError, EventKind, Header};
use crate::port::pty::Outcome;
use crate::track::{Report, Tracker, What};

/// What a recording was, as far as the core can tell.
#[derive(Debug)]
pub(super) struct Replay {
    /// What the recording says about itself.
    pub header: Header,
    /// When its last event was.
    pub end: Instant,
    /// The exit code, where it was recorded.
    pub exit: Option<i32>,
    /// Every output with its tally.
    pub samples: Vec<(Instant, Output)>,
    /// What it was doing, without gaps from the start to `end`.
    pub spans: Vec<Span>,
    /// Signals and other things that are points in time.
    pub marks: Vec<(Instant, Mark)>,
    /// The verdict that would have fallen after the end, had nothing more come.
    pub after: Option<(Instant, Reason)>,
}

/// A time in which one thing went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Its beginning.
    pub from: Instant,
    /// Its end.
    pub to: Instant,
    /// What went on.
    pub kind: Kind,
    /// The last visible output when it began.
    pub visible: Option<Instant>,
}

/// What can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something happens.
    Running,
    /// Something is painted over and over, and nothing of it is new.
    Repainting,
    /// Still, for this reason.
    Idle(Reason),
}

/// A point in time that is worth a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The session said something out loud.
    Signal(Signal),
    /// Somebody typed.
    Input,
    /// The terminal changed its size.
    Resize,
    /// Whoever made the recording set a mark.
    Marker,
}

impl Span {
    /// How long it is.
    pub(super) fn length(&self) -> Duration {
        self.to.since(self.from)
    }
}

/// Replays a recording: between any two of its events every deadline is polled at its own instant.
///
/// A recording that does not say that the session ended just stops; the verdict that is still open is then
/// polled as well, dated after the end.
///
/// # Errors
/// If the recording is malformed; what was told until then stands.
pub(super) fn replay<R: BufRead>(
    cast: Cast<R>,
    config: Config,
    mut tell: impl FnMut(&Report),
) -> Result<Replay, CastError> {
    let header = cast.header().clone();
    let mut tracker = Tracker::new(config);
    let mut exit = None;
    let mut now = Instant::ZERO;
    let mut story = Story { statuses: vec![(Instant::ZERO, Status::Running, None)], ..Story::default() };
    let mut hear = |story: &mut Story, report: Report| {
        tell(&report);
        story.hear(&report);
    };
    for event in cast {
        let event = event?;
        now = event.at;
        while let Some(at) = tracker.poll_at().filter(|at| *at <= now) {
            tracker.poll(at, |report| hear(&mut story, report));
        }
        match event.kind {
            EventKind::Output(text) => {
                tracker.output(now, text.as_bytes(), |report| hear(&mut story, report));
                story.samples.push((now, tracker.last_output()));
            }
            EventKind::Input(text) => {
                tracker.input(now, text.as_bytes(), |report| hear(&mut story, report));
                // Answers of the terminal are in the recording too; nobody typed those.
                if tracker.evidence().input == Some(now) {
                    story.marks.push((now, Mark::Input));
                }
            }
            EventKind::Resize { .. } => story.marks.push((now, Mark::Resize)),
            EventKind::Marker(_) => story.marks.push((now, Mark::Marker)),
            EventKind::Exit(code) => {
                exit = Some(code);
                let outcome = Outcome::Code(u8::try_from(code & 0xFF).unwrap_or(0));
                tracker.exit(now, outcome, |report| hear(&mut story, report));
            }
        }
    }
    while let Some(at) = tracker.poll_at().filter(|at| *at < Instant::MAX) {
        tracker.poll(at, |report| hear(&mut story, report));
    }
    let after = story.statuses.iter().rev().find(|(at, ..)| *at > now);
    let after = after.and_then(|(at, status, _)| Some((*at, status.reason()?)));
    let spans = story.spans(now, config.idle.quiet);
    Ok(Replay { header, end: now, exit, samples: story.samples, spans, marks: story.marks, after })
}

/// What was heard, in order.
#[derive(Debug, Default)]
struct Story {
    statuses: Vec<(Instant, Status, Option<Instant>)>,
    samples: Vec<(Instant, Output)>,
    marks: Vec<(Instant, Mark)>,
}

impl Story {
    fn hear(&mut self, report: &Report) {
        match &report.what {
            What::Status(status, evidence) => self.statuses.push((report.at, *status, evidence.visible)),
            What::Signal { signal, .. } => self.marks.push((report.at, Mark::Signal(*signal))),
        }
    }

    /// Statuses as spans up to `end`, with the times cut out of Running in which nothing was new for `quiet`.
    fn spans(&self, end: Instant, quiet: Duration) -> Vec<Span> {
        let mut spans = Vec::new();
        let stale = self.stale(quiet);
        for (index, (from, status, visible)) in self.statuses.iter().enumerate() {
            let to = self.statuses.get(index + 1).map_or(end, |(at, ..)| (*at).min(end));
            let kind = match status {
                Status::Idle(reason) => Kind::Idle(*reason),
                Status::Running => Kind::Running,
                Status::Exited(_) => break,
            };
            let mut at = *from;
            if kind == Kind::Running {
                for &(begin, finish) in &stale {
                    let (begin, finish) = (begin.max(at), finish.min(to));
                    if begin < finish {
                        spans.push(Span { from: at, to: begin, kind, visible: *visible });
                        spans.push(Span {
                            from: begin,
                            to: finish,
                            kind: Kind::Repainting,
                            visible: *visible,
                        });
                        at = finish;
                    }
                }
            }
            spans.push(Span { from: at, to, kind, visible: *visible });
        }
        spans.retain(|span| span.from < span.to);
        spans
    }

    /// The times from a novel output to the last visible one before the next novel one, where they are long.
    fn stale(&self, quiet: Duration) -> Vec<(Instant, Instant)> {
        let mut stale = Vec::new();
        let (mut novel, mut visible) = (Instant::ZERO, Instant::ZERO);
        for (at, output) in &self.samples {
            if output.novel > 0 {
                if visible.since(novel) > quiet {
                    stale.push((novel, visible));
                }
                novel = *at;
            }
            if output.visible > 0 {
                visible = *at;
            }
        }
        if visible.since(novel) > quiet {
            stale.push((novel, visible));
        }
        stale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds of a span, and what it is.
    type Brief = (u64, u64, Kind);

    fn spans(events: &str) -> (Vec<Brief>, Option<(u64, Reason)>) {
        let text = format!("{{\"version\":2,\"width\":80,\"height\":24}}\n{events}");
        let replay = replay(Cast::open(text.as_bytes()).unwrap(), Config::DEFAULT, |_| {}).unwrap();
        let spans = replay.spans.iter();
        let spans = spans.map(|span| (span.from.as_micros() / 1000, span.to.as_micros() / 1000, span.kind));
        (spans.collect(), replay.after.map(|(at, reason)| (at.as_micros(), reason)))
    }

    #[test]
    fn output_at_one_second_is_idle_at_four_and_a_half() {
        let (spans, after) = spans("[1.0,\"o\",\"x\"]\n[9.12,\"o\",\"y\"]\n");
        let quiet = Kind::Idle(Reason::Quiet);
        assert_eq!(spans, [(0, 4500, Kind::Running), (4500, 9120, quiet)]);
        assert_eq!(after, Some((12_620_000, Reason::Quiet)), "as it would have gone on");
    }

    #[test]
    fn a_spinner_is_running_and_shown_as_repainting() {
        let frames: String = (0..100)
            .map(|n| format!("[{}.{},\"o\",\"\\r{}\"]\n", 1 + n / 10, n % 10, ["|", "/", "-"][n % 3]))
            .collect();
        let (spans, _) = spans(&frames);
        let kinds: Vec<_> = spans.iter().map(|(_, _, kind)| *kind).collect();
        assert_eq!(kinds, [Kind::Running, Kind::Repainting], "{spans:?}");
        assert_eq!(spans[1].1, 10_900);
    }
}
