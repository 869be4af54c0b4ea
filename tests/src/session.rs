//! A session in virtual time: it begins at zero, jumps to the next wake-up, and tells its story in lines.

use stillwire::idle::{Exit, Hint};
use stillwire::monitor::{Config, Monitor};
use stillwire::{Duration, Instant};

/// A driver without a clock.
#[derive(Debug)]
pub struct Session {
    /// The machine.
    pub monitor: Monitor,
    now: Instant,
    story: Vec<String>,
}

impl Session {
    /// A session that begins at zero.
    pub fn new(config: Config) -> Self {
        Self { monitor: Monitor::new(config, Instant::ZERO), now: Instant::ZERO, story: Vec::new() }
    }

    /// The session writes at `millis`.
    pub fn output(&mut self, millis: u64, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.until(millis);
        drop(self.monitor.handle_output(self.now, bytes.as_ref()));
        self.tell();
        self
    }

    /// The session writes at `from` and then every `step`, up to and including `to`.
    pub fn animate(&mut self, from: u64, to: u64, step: usize, frames: &[&str]) -> &mut Self {
        for (millis, frame) in (from..=to).step_by(step).zip(frames.iter().cycle()) {
            self.output(millis, frame);
        }
        self
    }

    /// The user's terminal sends at `millis`.
    pub fn input(&mut self, millis: u64, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.until(millis);
        self.monitor.handle_input(self.now, bytes.as_ref());
        self.tell();
        self
    }

    /// The driver looks at the foreground job at `millis`, before it polls.
    pub fn hint(&mut self, millis: u64, hint: Hint) -> &mut Self {
        self.before(millis);
        self.now = Instant::from_millis(millis);
        self.monitor.handle_hint(self.now, hint);
        self.tell();
        self
    }

    /// The session ends at `millis`.
    pub fn exit(&mut self, millis: u64, exit: Exit) -> &mut Self {
        self.until(millis);
        self.monitor.handle_exit(self.now, exit);
        self.tell();
        self
    }

    /// Time passes until `millis`; the machine is polled when it asks to be, to the microsecond.
    pub fn until(&mut self, millis: u64) -> &mut Self {
        self.before(millis);
        self.now = self.now.max(Instant::from_millis(millis));
        self.tell();
        self
    }

    /// What was told since the last call: `4.500000 idle quiet`.
    pub fn story(&mut self) -> Vec<String> {
        core::mem::take(&mut self.story)
    }

    /// Time that has passed since `then`, in seconds.
    pub fn seconds_since(&self, then: Option<Instant>) -> u64 {
        then.map_or(Duration::MAX, |then| self.now.since(then)).as_secs()
    }

    fn before(&mut self, millis: u64) {
        while let Some(due) = self.monitor.poll_at().filter(|due| due.at < Instant::from_millis(millis)) {
            self.now = due.at;
            self.tell();
        }
    }

    fn tell(&mut self) {
        while let Some(event) = self.monitor.poll(self.now) {
            let reason =
                event.status.reason().map_or(String::new(), |reason| format!(" {}", reason.as_str()));
            self.story.push(format!("{} {}{reason}", event.at, event.status.as_str()));
        }
    }
}
