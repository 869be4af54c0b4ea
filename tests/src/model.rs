//! The idle rules a second time, as plainly as they can be said: a list of what happened, looked through from
//! its beginning for every question. [`stillwire::idle::Idle`] must give the same answers from a few words
//! of state.

use stillwire::idle::{Config, Exit, GOES_ON, Hint, ONE_OUTPUT, Reason, Status, Tier};
use stillwire::scan::{PromptMark, Signal};
use stillwire::{Duration, Instant};

use crate::machines::IdleOp;

/// All that ever happened.
#[derive(Clone, Debug)]
pub struct Model {
    config: Config,
    start: Instant,
    log: Vec<(Instant, IdleOp)>,
}

/// What is known after a part of the log.
struct Known {
    config: Config,
    quiet: Duration,
    active: Instant,
    /// Not idle at the end of the last entry.
    running: bool,
    exit: Option<Exit>,
    ever: bool,
    prompt: bool,
    blocked: bool,
    /// Bells that call.
    bells: Vec<Instant>,
    keys: Vec<Instant>,
    shown: Vec<Instant>,
    /// Shown, going on, and not counted.
    repaints: Vec<Instant>,
    /// Painted while idle: when the output began, and its novel characters.
    paints: Vec<(Instant, u32)>,
    flips: Vec<Instant>,
    restless: Instant,
}

impl Model {
    /// Nothing has happened yet.
    pub fn new(config: Config, start: Instant) -> Self {
        Self { config, start, log: Vec::new() }
    }

    /// Something happens.
    pub fn happens(&mut self, now: Instant, op: IdleOp) {
        let now = self.log.last().map_or(self.start, |last| last.0).max(now);
        self.log.push((now, op));
    }

    /// The verdict at `now`, and the span of quiet that is in force.
    pub fn verdict(&self, now: Instant) -> (Status, Duration) {
        let mut known = Known::new(self.config, self.start);
        for (at, op) in &self.log {
            known.happens(*at, op);
        }
        let now = self.log.last().map_or(self.start, |last| last.0).max(now);
        (known.status(now), known.quiet)
    }
}

impl Known {
    fn new(config: Config, start: Instant) -> Self {
        Self {
            config,
            quiet: config.quiet,
            active: start,
            running: true,
            exit: None,
            ever: false,
            prompt: false,
            blocked: false,
            bells: Vec::new(),
            keys: Vec::new(),
            shown: Vec::new(),
            repaints: Vec::new(),
            paints: Vec::new(),
            flips: Vec::new(),
            restless: Instant::ZERO,
        }
    }

    fn status(&self, now: Instant) -> Status {
        match self.exit {
            Some(exit) => Status::Exited(exit),
            None if self.is_idle(now) => Status::Idle(self.reason(now)),
            None => Status::Running,
        }
    }

    fn is_idle(&self, now: Instant) -> bool {
        !self.running || self.long_enough(self.active, now)
    }

    fn long_enough(&self, from: Instant, now: Instant) -> bool {
        self.quiet != Duration::MAX && now >= from + self.quiet + self.config.confirm
    }

    fn reason(&self, now: Instant) -> Reason {
        let repainting = self.repaints.iter().any(|&at| !self.long_enough(at, now));
        if !self.bells.is_empty() {
            Reason::Bell
        } else if self.prompt {
            Reason::AtPrompt
        } else if self.blocked {
            Reason::AwaitingInput
        } else if repainting {
            Reason::Repainting
        } else if self.ever {
            Reason::Quiet
        } else {
            Reason::NeverActive
        }
    }

    fn happens(&mut self, now: Instant, op: &IdleOp) {
        let busy = matches!(op, IdleOp::Hint(Hint::Busy));
        // Of a verdict and Busy at the same instant, Busy comes first.
        let just_before = Instant::from_micros(now.as_micros().saturating_sub(1));
        let drawn = self.is_idle(if busy { just_before } else { now });
        if self.running && self.exit.is_none() && drawn {
            self.running = false;
            self.paints.clear();
        }
        match *op {
            IdleOp::Output(output) => {
                let counts = match self.config.counts {
                    Tier::Raw => output.bytes > 0,
                    Tier::Visible => output.visible > 0,
                    Tier::Novel => output.novel > 0,
                };
                if counts {
                    self.ever = true;
                    self.counted(now, output.appended > 0, output.novel);
                } else if output.visible > 0 && self.shown.iter().any(|&at| now.since(at) < GOES_ON) {
                    self.repaints.push(now);
                }
                if output.visible > 0 {
                    self.shown.push(now);
                }
            }
            IdleOp::Input => {
                self.ever = true;
                self.keys.push(now);
                self.bells.clear();
                self.activity(now, Duration::ZERO);
            }
            IdleOp::Signal(Signal::Bell) => {
                let refused = self.keys.iter().any(|&key| now.since(key) < Duration::from_millis(500));
                if !(self.prompt && refused) {
                    self.bells.push(now);
                }
            }
            IdleOp::Signal(Signal::Prompt(mark)) => {
                self.prompt = mark == PromptMark::PromptStart || mark == PromptMark::CommandStart;
            }
            IdleOp::Signal(_) => {}
            IdleOp::Hint(hint) => {
                if busy && self.running {
                    self.activity(now, now.since(self.active));
                }
                self.blocked = hint == Hint::Blocked;
            }
            IdleOp::Exit(exit) => self.exit = self.exit.or(Some(exit)),
        }
    }

    fn counted(&mut self, now: Instant, appended: bool, novel: u32) {
        if self.exit.is_some() {
            return;
        }
        if self.running {
            self.activity(now, now.since(self.active));
            return;
        }
        match self.paints.last_mut() {
            Some((first, sum)) if now.since(*first) < ONE_OUTPUT => *sum += novel,
            _ => self.paints.push((now, novel)),
        }
        let goes_on = match self.paints.as_slice() {
            [.., (first, _), (second, _)] => second.since(*first) < GOES_ON,
            _ => false,
        };
        let much = self.paints.last().is_some_and(|paint| paint.1 >= self.config.wake);
        if appended || goes_on || much {
            self.flip(now);
            self.activity(now, Duration::ZERO);
        }
    }

    fn activity(&mut self, now: Instant, pause: Duration) {
        if self.exit.is_some() {
            return;
        }
        if self.quiet > self.config.quiet {
            if pause >= self.config.quiet + self.config.confirm {
                self.restless = now + Duration::from_secs(60);
            } else if now >= self.restless {
                self.quiet = self.config.quiet;
                self.flips.clear();
            }
        }
        self.running = true;
        self.active = now;
        self.blocked = false;
        self.bells.retain(|&bell| now.since(bell) < self.config.quiet);
    }

    fn flip(&mut self, now: Instant) {
        let lately = self.flips.iter().filter(|&&at| now.since(at) <= Duration::from_secs(60)).count();
        if lately >= 3 {
            self.quiet = self.quiet.times(2).min(self.config.quiet_cap.max(self.quiet));
        }
        self.flips.push(now);
        self.restless = now + Duration::from_secs(60);
    }
}
