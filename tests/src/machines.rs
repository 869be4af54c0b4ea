//! The machines of the core under [`crate::laws`].

use stillwire::idle::{self, Evidence, Exit, Hint, Idle, Status};
use stillwire::monitor::{self, Monitor};
use stillwire::novelty::{self, Output};
use stillwire::scan::{self, PromptMark, Signal};
use stillwire::{Duration, Instant, input};

use crate::laws::Machine;
use crate::random::Random;

/// A call to [`Idle`].
#[derive(Clone, Copy, Debug)]
pub enum IdleOp {
    /// `handle_output`
    Output(Output),
    /// `handle_input`
    Input,
    /// `handle_signal`
    Signal(Signal),
    /// `handle_hint`
    Hint(Hint),
    /// `handle_exit`
    Exit(Exit),
}

/// A call to [`Monitor`].
#[derive(Clone, Debug)]
pub enum MonitorOp {
    /// `handle_output`; so many tokens are read.
    Output(Vec<u8>, usize),
    /// `handle_input`
    Input(Vec<u8>),
    /// `handle_hint`
    Hint(Hint),
    /// `handle_exit`
    Exit(Exit),
}

/// Pieces that mean something to one machine or another, whole and cut.
const PIECES: [&[u8]; 40] = [
    b"a",
    b"hello world ",
    b"\r\n",
    b"\r",
    b"\x08",
    b" ",
    b"\xE2\x9C",
    b"\xB6",
    b"\xE2\x9C\xBB Thinking\xE2\x80\xA6 (12s)",
    b"\x1b",
    b"\x1b[",
    b"\x1b[A",
    b"\x1b[3A\x1b[2K\x1b[G",
    b"\x1b[10;5H",
    b"\x1b[999B",
    b"\x1b[H\x1b[2J",
    b"\x1b[J",
    b"\x1b[K",
    b"\x1b[31m",
    b"\x1b7",
    b"\x1b8",
    b"\x1b[?1049h",
    b"\x1b[?1049l",
    b"\x1b[?2026h",
    b"\x1b[?25l",
    b"\x07",
    b"\x1b]0;title\x07",
    b"\x1b]133;A\x07",
    b"\x1b]133;C\x1b\\",
    b"\x1b]133;D;1\x07",
    b"\x1b[I",
    b"\x1b[O",
    b"\x1b[<0;3;4M",
    b"\x1b[<35;3;4M",
    b"\x1b[?62;22c",
    b"\x1b[97;1:3u",
    b"\x1bP1$r0m\x1b\\",
    b"the quick brown fox jumps over the lazy dog, and five dozen further characters follow it here",
    b"\xFF\x9B\x80",
    b"q",
];

fn pieces(rng: &mut Random) -> Vec<u8> {
    (0..rng.below(5)).flat_map(|_| *rng.pick(&PIECES)).copied().collect()
}

fn exit(rng: &mut Random) -> Exit {
    *rng.pick(&[Exit::Code(0), Exit::Code(3), Exit::Signal(9)])
}

fn hint(rng: &mut Random) -> Hint {
    *rng.pick(&[Hint::Busy, Hint::Blocked, Hint::Neither])
}

/// A random configuration of the verdict; mostly the default.
pub fn idle_config(rng: &mut Random) -> idle::Config {
    let quiet = *rng.pick(&[0, 1, 3_000_000, 3_000_000, 3_000_000, 3_000_000, 10_000_000, u64::MAX]);
    idle::Config {
        quiet: Duration::from_micros(quiet),
        confirm: Duration::from_micros(*rng.pick(&[0, 500_000, 500_000, u64::MAX])),
        counts: *rng.pick(&[idle::Tier::Raw, idle::Tier::Visible, idle::Tier::Visible, idle::Tier::Novel]),
        wake: *rng.pick(&[0, 1, 64, 64]),
        quiet_cap: Duration::from_secs(*rng.pick(&[0, 6, 30])),
    }
}

/// A random tally that could be one.
pub fn output(rng: &mut Random) -> Output {
    let appended = *rng.pick(&[0, 0, 0, 1, 70]);
    let painted = *rng.pick(&[0, 0, 1, 10, 100]);
    let novel = appended + *rng.pick(&[0, 0, painted / 2, painted]);
    let visible = appended + painted;
    Output { bytes: visible + *rng.pick(&[0, 4]), visible, appended, painted, novel }
}

impl Machine for Idle {
    const BOUND: usize = 1;
    type Op = IdleOp;
    type Event = idle::Event;
    type Facts = (Status, Evidence, Duration);

    fn new(rng: &mut Random, now: Instant) -> Self {
        Idle::new(idle_config(rng), now)
    }

    fn op(rng: &mut Random) -> IdleOp {
        match rng.below(40) {
            0..=21 => IdleOp::Output(output(rng)),
            22..=27 => IdleOp::Input,
            28..=32 => IdleOp::Signal(*rng.pick(&[
                Signal::Bell,
                Signal::Bell,
                Signal::Title,
                Signal::Prompt(PromptMark::PromptStart),
                Signal::Prompt(PromptMark::CommandExecuted),
            ])),
            33..=38 => IdleOp::Hint(hint(rng)),
            _ if rng.below(4) == 0 => IdleOp::Exit(exit(rng)),
            _ => IdleOp::Input,
        }
    }

    fn apply(&mut self, now: Instant, op: &IdleOp) {
        match *op {
            IdleOp::Output(output) => self.handle_output(now, output),
            IdleOp::Input => self.handle_input(now),
            IdleOp::Signal(signal) => self.handle_signal(now, signal),
            IdleOp::Hint(hint) => self.handle_hint(now, hint),
            IdleOp::Exit(exit) => self.handle_exit(now, exit),
        }
    }

    fn poll_at(&self) -> Option<Instant> {
        Idle::poll_at(self).map(|deadline| deadline.at)
    }

    fn poll(&mut self, now: Instant) -> Option<idle::Event> {
        Idle::poll(self, now)
    }

    fn facts(&self) -> Self::Facts {
        (self.status(), self.evidence(), self.quiet())
    }
}

impl Machine for Monitor {
    const BOUND: usize = 1;
    type Op = MonitorOp;
    type Event = monitor::Event;
    type Facts = (Status, Evidence, Duration);

    fn new(rng: &mut Random, now: Instant) -> Self {
        let config = monitor::Config {
            scan: scan::Config::DEFAULT,
            novelty: novelty::Config { fold_digits: (rng.below(2) == 0) },
            idle: idle_config(rng),
        };
        Monitor::new(config, now)
    }

    fn op(rng: &mut Random) -> MonitorOp {
        match rng.below(40) {
            0..=27 => MonitorOp::Output(pieces(rng), rng.below(3)),
            28..=35 => MonitorOp::Input(pieces(rng)),
            36..=38 => MonitorOp::Hint(hint(rng)),
            _ if rng.below(4) == 0 => MonitorOp::Exit(exit(rng)),
            _ => MonitorOp::Input(b"x".to_vec()),
        }
    }

    fn apply(&mut self, now: Instant, op: &MonitorOp) {
        match op {
            MonitorOp::Output(bytes, read) => {
                let _ = self.handle_output(now, bytes).take(*read).count();
            }
            MonitorOp::Input(bytes) => self.handle_input(now, bytes),
            MonitorOp::Hint(hint) => self.handle_hint(now, *hint),
            MonitorOp::Exit(exit) => self.handle_exit(now, *exit),
        }
    }

    fn poll_at(&self) -> Option<Instant> {
        Monitor::poll_at(self).map(|deadline| deadline.at)
    }

    fn poll(&mut self, now: Instant) -> Option<monitor::Event> {
        Monitor::poll(self, now)
    }

    fn facts(&self) -> Self::Facts {
        (self.status(), self.evidence(), self.quiet())
    }
}

/// What a person typed, as a machine of its own.
impl Machine for input::Keys {
    const BOUND: usize = 1;
    type Op = Vec<u8>;
    type Event = bool;
    type Facts = bool;

    fn new(_: &mut Random, _: Instant) -> Self {
        input::Keys::new()
    }

    fn op(rng: &mut Random) -> Vec<u8> {
        pieces(rng)
    }

    fn apply(&mut self, now: Instant, op: &Vec<u8>) {
        self.handle(now, op);
    }

    fn poll_at(&self) -> Option<Instant> {
        input::Keys::poll_at(self).map(|deadline| deadline.at)
    }

    fn poll(&mut self, now: Instant) -> Option<bool> {
        input::Keys::poll(self, now).then_some(true)
    }

    fn facts(&self) -> bool {
        input::Keys::poll_at(self).is_some()
    }
}
