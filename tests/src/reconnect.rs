//! [`Reconnect`] and [`Linger`] under [`crate::laws`], and a driver of one client in virtual time.

use std::collections::VecDeque;

use stillwire::idle::Hint;
use stillwire::link::close::{CloseReason, Next};
use stillwire::link::linger::{self, Frame, Linger};
use stillwire::link::reconnect::{self, Config, Event, Generation, Reconnect, Stale, Status};
use stillwire::link::{backoff, reconnect::Reason};
use stillwire::{Duration, Instant};

use crate::laws::Machine;
use crate::random::Random;

/// A [`Reconnect`] with what its driver holds. Checks what no driver may ever see.
#[derive(Clone, Debug)]
pub struct Dialer {
    /// The machine.
    pub machine: Reconnect,
    /// What the driver was told to dial, and not yet to close.
    pub held: Option<Generation>,
    /// One that is older.
    pub older: Option<Generation>,
    parked: bool,
}

/// A call to [`Reconnect`]; of a connection, from the one held or from an older one.
#[derive(Clone, Copy, Debug)]
pub enum DialerOp {
    /// `handle_open`
    Open(bool),
    /// `handle_alive`
    Alive(bool),
    /// `handle_closed`
    Closed(bool, CloseReason),
    /// `handle_silent`
    Silent(bool),
    /// `handle_online`
    Online,
    /// `handle_offline`
    Offline,
    /// `handle_wake`
    Wake,
    /// `handle_visible`
    Visible,
    /// `handle_user`
    User,
    /// `handle_leave`
    Leave,
}

impl Dialer {
    /// Of a client that begins at `now`.
    pub const fn new(config: Config, seed: u64, now: Instant) -> Self {
        Self { machine: Reconnect::new(config, seed, now), held: None, older: None, parked: false }
    }

    /// Lets a connection speak. What an older one says must change nothing.
    fn speak(
        &mut self,
        old: bool,
        say: impl FnOnce(&mut Reconnect, Generation) -> Result<(), Stale>,
    ) -> bool {
        let Some(generation) = (if old { self.older } else { self.held }) else { return false };
        let before = self.machine.clone();
        let said = say(&mut self.machine, generation);
        if old {
            assert_eq!(said, Err(Stale(generation)));
        }
        if said.is_err() {
            assert_eq!(self.machine, before, "a stale generation changed something");
        }
        said.is_ok()
    }

    fn drop_held(&mut self) {
        self.older = self.held.take().or(self.older);
    }
}

impl Machine for Dialer {
    const BOUND: usize = 3;
    type Op = DialerOp;
    type Event = Event;
    type Facts = (Status, Option<Duration>, Option<Generation>);

    fn new(rng: &mut Random, now: Instant) -> Self {
        // A client that dials each millisecond makes a long test, so such are rare.
        let least = if rng.below(200) == 0 { 0 } else { 100_000 };
        let mut span = |spans: &[u64]| Duration::from_micros(*rng.pick(spans));
        let config = Config {
            backoff: backoff::Config {
                base: span(&[least, 500_000, 500_000, u64::MAX]),
                start: span(&[0, 500_000, 3_000_000]),
                cap: span(&[0, 30_000_000, 30_000_000, u64::MAX]),
            },
            dial_timeout: span(&[least, 10_000_000, 10_000_000, u64::MAX]),
            stuck: span(&[least, 3_000_000, 3_000_000, u64::MAX]),
            stable: span(&[0, 10_000_000, u64::MAX]),
            burst: span(&[0, 200_000, 200_000, u64::MAX]),
            later: span(&[0, 5_000_000, u64::MAX]),
        };
        Self::new(config, rng.bits(), now)
    }

    fn op(rng: &mut Random) -> DialerOp {
        const CODES: [u16; 14] =
            [1000, 1001, 1006, 1006, 1006, 1006, 1008, 1012, 1013, 4000, 4001, 4003, 4004, 4321];
        let old = rng.below(5) == 0;
        match rng.below(20) {
            0..=4 => DialerOp::Open(old),
            5..=6 => DialerOp::Alive(old),
            7..=9 => DialerOp::Closed(old, CloseReason::from_code(*rng.pick(&CODES))),
            10 => DialerOp::Silent(old),
            11..=12 => DialerOp::Online,
            13 => DialerOp::Offline,
            14 => DialerOp::Wake,
            15 => DialerOp::Visible,
            16..=18 => DialerOp::User,
            _ => DialerOp::Leave,
        }
    }

    fn apply(&mut self, now: Instant, op: &DialerOp) {
        match *op {
            DialerOp::Open(old) => {
                self.speak(old, |machine, generation| machine.handle_open(now, generation));
            }
            DialerOp::Alive(old) => {
                self.speak(old, |machine, generation| machine.handle_alive(now, generation));
            }
            DialerOp::Closed(old, reason) => {
                if self.speak(old, |machine, generation| machine.handle_closed(now, generation, reason)) {
                    self.parked = reason.next() == Next::Park;
                    self.drop_held();
                }
            }
            DialerOp::Silent(old) => {
                self.speak(old, |machine, generation| machine.handle_silent(now, generation));
            }
            DialerOp::Online => self.machine.handle_online(now),
            DialerOp::Offline => self.machine.handle_offline(now),
            DialerOp::Wake => self.machine.handle_wake(now),
            DialerOp::Visible => self.machine.handle_visible(now),
            DialerOp::User => {
                self.parked = false;
                self.machine.handle_user(now);
            }
            DialerOp::Leave => {
                self.parked = true;
                self.machine.handle_leave(now);
            }
        }
    }

    fn poll_at(&self) -> Option<Instant> {
        let next = self.machine.poll_at().map(|deadline| deadline.at);
        assert!(
            !self.parked || self.held.is_some() || next.is_none_or(|_| self.has_news()),
            "parked, but {next:?}"
        );
        next
    }

    fn poll(&mut self, now: Instant) -> Option<Event> {
        let event = self.machine.poll(now)?;
        match event {
            Event::Close(generation) => {
                assert_eq!(self.held, Some(generation), "closes what is not held");
                self.drop_held();
            }
            Event::Dial(generation) => {
                assert_eq!(self.held, None, "two connections at once");
                assert_ne!(self.older, Some(generation), "a generation twice");
                assert!(!self.parked, "dials although parked");
                self.held = Some(generation);
            }
            Event::Probe(generation) => assert_eq!(self.held, Some(generation), "probes what is not held"),
            Event::Status(status) => assert_eq!(status, self.machine.status()),
        }
        Some(event)
    }

    fn facts(&self) -> Self::Facts {
        (self.machine.status(), self.machine.silence(Instant::MAX), self.machine.generation())
    }
}

impl Dialer {
    fn has_news(&self) -> bool {
        self.machine.poll_at().is_some_and(|deadline| deadline.reason == reconnect::Due::News)
    }
}

/// A call to [`Linger`].
#[derive(Clone, Copy, Debug)]
pub enum LingerOp {
    /// `handle_attach`
    Attach,
    /// `handle_detach`
    Detach,
    /// `handle_frame`
    Frame(Frame),
    /// `handle_output`
    Output,
    /// `handle_hint`
    Hint(Hint),
}

impl LingerOp {
    /// One of them.
    pub fn random(rng: &mut Random) -> Self {
        match rng.below(8) {
            0..=1 => Self::Attach,
            2..=3 => Self::Detach,
            4 => Self::Frame(*rng.pick(&[Frame::Input, Frame::Resize, Frame::Message])),
            5 => Self::Output,
            _ => Self::Hint(*rng.pick(&[Hint::Busy, Hint::Blocked, Hint::Neither])),
        }
    }
}

impl Machine for Linger {
    const BOUND: usize = 1;
    type Op = LingerOp;
    type Event = linger::Exit;
    type Facts = (linger::Status, linger::Evidence, u16);

    fn new(rng: &mut Random, now: Instant) -> Self {
        let timeout = *rng.pick(&[None, Some(0), Some(1), Some(3_500_000), Some(60_000_000), Some(u64::MAX)]);
        let config =
            linger::Config { timeout: timeout.map(Duration::from_micros), strict: rng.below(2) == 0 };
        Linger::new(config, now)
    }

    fn op(rng: &mut Random) -> LingerOp {
        LingerOp::random(rng)
    }

    fn apply(&mut self, now: Instant, op: &LingerOp) {
        match *op {
            LingerOp::Attach => self.handle_attach(now),
            LingerOp::Detach => self.handle_detach(now),
            LingerOp::Frame(frame) => self.handle_frame(now, frame),
            LingerOp::Output => self.handle_output(now),
            LingerOp::Hint(hint) => self.handle_hint(now, hint),
        }
    }

    fn poll_at(&self) -> Option<Instant> {
        Linger::poll_at(self).map(|deadline| deadline.at)
    }

    fn poll(&mut self, now: Instant) -> Option<linger::Exit> {
        Linger::poll(self, now)
    }

    fn facts(&self) -> Self::Facts {
        (self.status(), self.evidence(), self.connections())
    }
}

/// One client and its driver, and what became of it: `12.500000 dial 3`, `13.000000 live`.
pub struct Client {
    /// The machine, with what its driver holds.
    pub dialer: Dialer,
    now: Instant,
    story: VecDeque<String>,
}

impl Client {
    /// It begins at time zero.
    pub fn new(config: Config, seed: u64) -> Self {
        let mut client = Self {
            dialer: Dialer::new(config, seed, Instant::ZERO),
            now: Instant::ZERO,
            story: VecDeque::new(),
        };
        client.until(0);
        client
    }

    /// One whose link is open since the first millisecond of its life, and whose story has been read.
    pub fn live(config: Config, seed: u64) -> Self {
        let mut client = Self::new(config, seed);
        client.at(1, DialerOp::Open(false)).story();
        client
    }

    /// Polls at every deadline up to `millis`.
    pub fn until(&mut self, millis: u64) -> &mut Self {
        let end = Instant::from_millis(millis);
        while let Some(due) = self.dialer.poll_at().filter(|due| *due <= end) {
            self.poll(due);
        }
        self.now = end;
        self
    }

    /// The machine sleeps until `millis`: nothing is polled.
    pub fn sleep_until(&mut self, millis: u64) -> &mut Self {
        self.now = Instant::from_millis(millis);
        self
    }

    /// At `millis` this happens.
    pub fn at(&mut self, millis: u64, op: DialerOp) -> &mut Self {
        self.until(millis).now(op)
    }

    /// This happens now.
    pub fn now(&mut self, op: DialerOp) -> &mut Self {
        self.dialer.apply(self.now, &op);
        self.poll(self.now);
        self
    }

    /// What happened since this was asked last.
    pub fn story(&mut self) -> Vec<String> {
        self.story.drain(..).collect()
    }

    /// The next deadline, and why.
    pub fn next(&self) -> Option<(Instant, reconnect::Due)> {
        self.dialer.machine.poll_at().map(|deadline| (deadline.at, deadline.reason))
    }

    fn poll(&mut self, now: Instant) {
        while let Some(event) = self.dialer.poll(now) {
            let what = match event {
                Event::Close(generation) => format!("close {}", generation.get()),
                Event::Dial(generation) => format!("dial {}", generation.get()),
                Event::Probe(generation) => format!("probe {}", generation.get()),
                Event::Status(status) => words(status),
            };
            self.story.push_back(format!("{now} {what}"));
        }
    }
}

fn words(status: Status) -> String {
    let reason = match status {
        Status::Disconnected(reason) => Some(reason),
        _ => None,
    };
    [status.as_str()].into_iter().chain(reason.map(Reason::as_str)).collect::<Vec<_>>().join(" ")
}
