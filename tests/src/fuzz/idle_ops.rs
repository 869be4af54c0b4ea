//! Bytes as a list of operations, for fuzzing: what a fuzzer finds here is a story that breaks a law.

use stillwire::idle::{Config, Exit, Hint, Idle, Tier};
use stillwire::monitor::{self, Monitor};
use stillwire::novelty::Output;
use stillwire::scan::{PromptMark, Signal};
use stillwire::{Duration, Instant};

use crate::machines::IdleOp;
use crate::model::Model;

/// Reads numbers from bytes; beyond the end all are 0.
struct Bytes<'d>(&'d [u8]);

impl<'d> Bytes<'d> {
    fn next(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    fn take(&mut self, count: usize) -> &'d [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// From microseconds to minutes; now and then the end of time.
    fn span(&mut self) -> Duration {
        let (kind, count) = (self.next(), u64::from(self.next()));
        Duration::from_micros(match kind % 8 {
            0 => 0,
            1 => count,
            2 => count * 1_000,
            3 => count * 10_000,
            4 => count * 100_000,
            5 => count * 500_000,
            6 => count * 1_000_000,
            _ if kind == 255 => u64::MAX,
            _ => count * 250_000,
        })
    }

    fn idle_op(&mut self) -> IdleOp {
        let kind = self.next();
        match kind % 16 {
            0..=6 => {
                let counts = self.take(4);
                let count = |index: usize| u32::from(counts.get(index).copied().unwrap_or(0));
                let (appended, painted) = (count(0) % 8 / 6 * count(0), count(1));
                let visible = appended + painted;
                let novel = appended + count(2).min(painted);
                IdleOp::Output(Output { bytes: visible + count(3), visible, appended, painted, novel })
            }
            7 | 8 => IdleOp::Input,
            9 => IdleOp::Signal(Signal::Bell),
            10 => IdleOp::Signal(Signal::Prompt(PromptMark::PromptStart)),
            11 => IdleOp::Signal(Signal::Prompt(PromptMark::CommandExecuted)),
            12 => IdleOp::Hint(Hint::Busy),
            13 => IdleOp::Hint(Hint::Blocked),
            14 => IdleOp::Hint(Hint::Neither),
            _ if kind == 255 => IdleOp::Exit(Exit::Code(0)),
            _ => IdleOp::Signal(Signal::Title),
        }
    }
}

/// Lives one life of a verdict machine beside its reference model, or one of a monitor.
///
/// The first byte says which, and how it is configured; then come operations, each after a span of time.
///
/// # Panics
/// If a law is broken, or machine and model differ.
pub fn idle_ops(data: &[u8]) {
    let mut bytes = Bytes(data);
    let head = bytes.next();
    let pick = |shift: u8, count: u8| usize::from((head >> shift) % count);
    let config = Config {
        quiet: [Duration::from_secs(3), Duration::ZERO, Duration::from_micros(1), Duration::MAX][pick(2, 4)],
        confirm: [Duration::from_millis(500), Duration::ZERO][pick(4, 2)],
        counts: [Tier::Visible, Tier::Raw, Tier::Novel, Tier::Visible][pick(0, 4)],
        wake: [64, 0][pick(5, 2)],
        ..Config::DEFAULT
    };
    match head >> 6 {
        0 | 1 => verdict(config, &mut bytes),
        _ => monitor(config, &mut bytes),
    }
}

fn verdict(config: Config, bytes: &mut Bytes<'_>) {
    let mut idle = Idle::new(config, Instant::ZERO);
    let mut model = Model::new(config, Instant::ZERO);
    let (mut now, mut told) = (Instant::ZERO, idle.status());
    while !bytes.0.is_empty() {
        let next = now + bytes.span();
        let late = bytes.next().is_multiple_of(4);
        let op = bytes.idle_op();
        // A driver says Busy at the verdict, before it polls; so this one is never late.
        let busy = matches!(op, IdleOp::Hint(Hint::Busy));
        let polls = |due| if busy { due < next } else { due <= next && !late };
        while let Some(due) = idle.poll_at().map(|due| due.at).filter(|&due| polls(due)) {
            let before = Instant::from_micros(due.as_micros().saturating_sub(1));
            if now <= before && before < due {
                assert_eq!((idle.status(), idle.quiet()), model.verdict(before), "before {due}");
            }
            now = due;
            drain(&mut idle, now, &mut told);
            assert_eq!((idle.status(), idle.quiet()), model.verdict(now), "at {now}");
        }
        now = next;
        model.happens(now, op);
        crate::laws::Machine::apply(&mut idle, now, &op);
        drain(&mut idle, now, &mut told);
        assert_eq!((idle.status(), idle.quiet()), model.verdict(now), "after {op:?} at {now}");
    }
}

fn drain(idle: &mut Idle, now: Instant, told: &mut stillwire::idle::Status) {
    if let Some(event) = idle.poll(now) {
        assert_ne!(event.status, *told, "law 4: told twice");
        assert!(event.at <= now, "told before it happened");
        *told = event.status;
    }
    assert_eq!(idle.poll(now), None, "law 1");
    assert_eq!(*told, idle.status(), "law 1: the news are told");
    assert!(idle.poll_at().is_none_or(|due| due.at > now), "law 2");
}

fn monitor(config: Config, bytes: &mut Bytes<'_>) {
    let config = monitor::Config { idle: config, ..monitor::Config::DEFAULT };
    let mut monitor = Monitor::new(config, Instant::ZERO);
    let mut now = Instant::ZERO;
    while !bytes.0.is_empty() {
        now += bytes.span();
        let kind = bytes.next();
        let count = usize::from(bytes.next());
        let input = bytes.take(count);
        match kind % 4 {
            0 | 1 => drop(monitor.handle_output(now, input)),
            2 => monitor.handle_input(now, input),
            _ => monitor.handle_hint(now, Hint::Blocked),
        }
        let event = monitor.poll(now);
        assert_eq!(monitor.poll(now), None, "law 1, after {event:?}");
        assert!(monitor.poll_at().is_none_or(|due| due.at > now), "law 2");
        let evidence = monitor.evidence();
        assert!(evidence.novel <= evidence.visible && evidence.visible <= evidence.raw);
    }
}
