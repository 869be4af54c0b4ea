//! The core's own verdict: a [`Monitor`] driven by a recording's clock, as `runner-std timeline` does.

use stillwire::idle::{self, Hint, Status, Tier};
use stillwire::monitor::{Config, Due, Monitor};
use stillwire::{Instant, novelty};

use super::{Kind, Recording, Rule, Timeline};

/// Three ways to use it, in the order of the table.
pub const OURS: [Rule; 3] = [
    Rule {
        name: "**stillwire**, defaults, bytes only",
        run: |recording| verdict(recording, Config::DEFAULT, false),
    },
    Rule {
        name: "**stillwire**, with the runner's hints",
        run: |recording| verdict(recording, Config::DEFAULT, true),
    },
    Rule {
        name: "**stillwire**, `--counts novel --fold-digits`",
        run: |recording| verdict(recording, NOVEL, false),
    },
];

/// For those to whom an animation is not work.
pub const NOVEL: Config = Config {
    idle: idle::Config { counts: Tier::Novel, ..idle::Config::DEFAULT },
    novelty: novelty::Config { fold_digits: true },
    ..Config::DEFAULT
};

/// What a monitor says over the whole recording, polled exactly when it asks for it.
pub fn verdict(recording: &Recording, config: Config, with_hints: bool) -> Timeline {
    let mut bench = Bench {
        recording,
        with_hints,
        monitor: Monitor::new(config, Instant::ZERO),
        line: Timeline::new(false),
    };
    bench.tell(0);
    for event in &recording.events {
        bench.poll_before(event.at);
        let now = Instant::from_micros(event.at);
        match event.kind {
            Kind::Output => drop(bench.monitor.handle_output(now, &event.data)),
            Kind::Input | Kind::Hint => bench.monitor.handle_input(now, &event.data),
        }
        bench.drain(now);
    }
    bench.poll_before(recording.end);
    bench.line
}

struct Bench<'a> {
    recording: &'a Recording,
    with_hints: bool,
    monitor: Monitor,
    line: Timeline,
}

impl Bench<'_> {
    /// Fires every deadline up to `end`.
    fn poll_before(&mut self, end: u64) {
        while let Some(deadline) = self.monitor.poll_at() {
            if deadline.at.as_micros() > end {
                break;
            }
            if self.with_hints && matches!(deadline.reason, Due::Idle(_)) {
                self.hint(deadline.at);
            }
            self.drain(deadline.at);
        }
    }

    /// Says what the runner would have seen at this moment.
    fn hint(&mut self, now: Instant) {
        let passed = self.recording.hints.iter().rev();
        let hint = match passed.clone().find(|hint| hint.at <= now.as_micros()) {
            Some(hint) if hint.data == b"busy" => Hint::Busy,
            Some(hint) if hint.data == b"blocked" => Hint::Blocked,
            _ => Hint::Neither,
        };
        self.monitor.handle_hint(now, hint);
    }

    fn drain(&mut self, now: Instant) {
        while self.monitor.poll(now).is_some() {}
        self.tell(now.as_micros());
    }

    fn tell(&mut self, at: u64) {
        self.line.set(at, self.monitor.status() == Status::Running);
    }
}
