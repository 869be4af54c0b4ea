//! The machines that judge a link under [`crate::laws`], and plain models of what they should say.

use stillwire::link::heartbeat::{self, Heartbeat};
use stillwire::link::probe::{self, Doubt, Probe};
use stillwire::link::rtt::Rtt;
use stillwire::link::throttle::{self, Throttle};
use stillwire::link::watchdog::{self, Watchdog};
use stillwire::{Duration, Instant};

use crate::laws::Machine;
use crate::random::Random;

/// A call to any machine of the link; one that has no such call ignores it.
#[derive(Clone, Copy, Debug)]
pub enum LinkOp {
    /// `handle_authenticated`, `handle_welcome`, `handle_doubt`, `ping`: it begins.
    Begin(Doubt, Duration, Duration),
    /// `handle_flushed`
    Flushed(u32),
    /// `handle_written`
    Written,
    /// `handle_received`
    Received,
    /// `handle_pong`
    Pong(u32),
    /// `handle_wake`
    Wake,
}

/// Round-trip times as RFC 6298 writes them, in fractions and not in whole microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct RttModel(Option<(f64, f64)>);

/// When a host that was heard at these instants, in order, is found dead by a driver that is never late;
/// None: not by the last of them.
pub fn found_dead(welcome: Instant, heard: &[Instant], timeout: Duration) -> Option<Instant> {
    let mut last = welcome;
    for &at in heard {
        if at.since(last) >= timeout {
            break;
        }
        last = at;
    }
    heard.last().is_some_and(|&end| end.since(last) >= timeout).then(|| last + timeout)
}

impl RttModel {
    /// The next sample, in µs.
    pub fn sample(&mut self, r: f64) {
        self.0 = Some(match self.0 {
            None => (r, r / 2.0),
            Some((srtt, rttvar)) => {
                let rttvar = 0.75 * rttvar + 0.25 * (srtt - r).abs();
                (0.875 * srtt + 0.125 * r, rttvar)
            }
        });
    }

    /// SRTT + 4·RTTVAR between 1 s and 5 s, in µs.
    pub fn budget(&self) -> f64 {
        self.0.map_or(5e6, |(srtt, rttvar)| srtt + 4.0 * rttvar).clamp(1e6, 5e6)
    }
}

fn span(rng: &mut Random) -> Duration {
    let secs = [0, 1, 3, 3, 15, 15, 15, 35, 60, u64::MAX];
    Duration::from_secs(*rng.pick(&secs))
}

/// Nonces are counted from 1, so small ones are often right.
fn link_op(rng: &mut Random) -> LinkOp {
    match rng.below(16) {
        0..=3 => {
            let doubt = *rng.pick(&[Doubt::Network, Doubt::Wake, Doubt::Unanswered, Doubt::New]);
            LinkOp::Begin(doubt, span(rng), span(rng))
        }
        4..=9 => LinkOp::Flushed(rng.below(6) as u32),
        10 => LinkOp::Written,
        11..=12 => LinkOp::Received,
        13 => LinkOp::Wake,
        _ => LinkOp::Pong(rng.below(6) as u32),
    }
}

impl Machine for Heartbeat {
    const BOUND: usize = 2;
    type Op = LinkOp;
    type Event = heartbeat::Event;
    type Facts = (heartbeat::Status, Option<Instant>, Option<Duration>);

    fn new(rng: &mut Random, now: Instant) -> Self {
        Heartbeat::new(heartbeat::Config { interval: span(rng), stall: span(rng), again: span(rng) }, now)
    }

    fn op(rng: &mut Random) -> LinkOp {
        link_op(rng)
    }

    fn apply(&mut self, now: Instant, op: &LinkOp) {
        match *op {
            LinkOp::Begin(..) => self.handle_authenticated(now),
            LinkOp::Flushed(nonce) => self.handle_flushed(now, nonce),
            LinkOp::Written => self.handle_written(now),
            LinkOp::Received => self.handle_received(now),
            LinkOp::Pong(nonce) => self.handle_pong(now, nonce),
            LinkOp::Wake => self.handle_wake(now),
        }
    }

    fn poll_at(&self) -> Option<Instant> {
        Heartbeat::poll_at(self).map(|deadline| deadline.at)
    }

    fn poll(&mut self, now: Instant) -> Option<heartbeat::Event> {
        Heartbeat::poll(self, now)
    }

    fn facts(&self) -> Self::Facts {
        (self.status(), self.heard(), self.rtt().srtt())
    }
}

impl Machine for Watchdog {
    const BOUND: usize = 1;
    type Op = LinkOp;
    type Event = watchdog::Event;
    type Facts = (watchdog::Status, Option<Instant>);

    fn new(_: &mut Random, now: Instant) -> Self {
        Watchdog::new(now)
    }

    fn op(rng: &mut Random) -> LinkOp {
        link_op(rng)
    }

    fn apply(&mut self, now: Instant, op: &LinkOp) {
        match *op {
            LinkOp::Begin(_, heartbeat, timeout) => self.handle_welcome(now, heartbeat, timeout),
            LinkOp::Wake => self.handle_wake(now),
            _ => self.handle_received(now),
        }
    }

    fn poll_at(&self) -> Option<Instant> {
        Watchdog::poll_at(self).map(|deadline| deadline.at)
    }

    fn poll(&mut self, now: Instant) -> Option<watchdog::Event> {
        Watchdog::poll(self, now)
    }

    fn facts(&self) -> Self::Facts {
        (self.status(), self.heard())
    }
}

impl Machine for Probe {
    const BOUND: usize = 2;
    type Op = LinkOp;
    type Event = probe::Event;
    type Facts = (probe::Status, Duration);

    fn new(rng: &mut Random, now: Instant) -> Self {
        Probe::new(probe::Config { shortest: span(rng), longest: span(rng) }, now)
    }

    fn op(rng: &mut Random) -> LinkOp {
        link_op(rng)
    }

    fn apply(&mut self, now: Instant, op: &LinkOp) {
        match *op {
            LinkOp::Begin(doubt, ..) => self.handle_doubt(now, doubt),
            LinkOp::Wake => self.handle_doubt(now, Doubt::Wake),
            LinkOp::Flushed(nonce) => self.handle_flushed(now, nonce),
            LinkOp::Written => self.handle_written(now),
            LinkOp::Received => self.handle_received(now),
            LinkOp::Pong(nonce) => self.handle_pong(now, nonce),
        }
    }

    fn poll_at(&self) -> Option<Instant> {
        Probe::poll_at(self).map(|deadline| deadline.at)
    }

    fn poll(&mut self, now: Instant) -> Option<probe::Event> {
        Probe::poll(self, now)
    }

    fn facts(&self) -> Self::Facts {
        (self.status(), self.budget())
    }
}

impl Machine for Throttle {
    const BOUND: usize = 1;
    type Op = ();
    type Event = throttle::Event;
    type Facts = (bool, u64);

    fn new(rng: &mut Random, now: Instant) -> Self {
        Throttle::new(throttle::Config { burst: rng.below(5) as u8, interval: span(rng) }, now)
    }

    fn op(_: &mut Random) {}

    fn apply(&mut self, now: Instant, (): &()) {
        self.handle_change(now);
    }

    fn poll_at(&self) -> Option<Instant> {
        Throttle::poll_at(self).map(|deadline| deadline.at)
    }

    fn poll(&mut self, now: Instant) -> Option<throttle::Event> {
        Throttle::poll(self, now)
    }

    fn facts(&self) -> Self::Facts {
        (self.is_due(), self.held())
    }
}

/// It waits for nothing, and keeps the laws all the same.
impl Machine for Rtt {
    const BOUND: usize = 0;
    type Op = LinkOp;
    type Event = ();
    type Facts = (Option<Duration>, Option<Duration>, Duration);

    fn new(rng: &mut Random, now: Instant) -> Self {
        Rtt::new(span(rng), now)
    }

    fn op(rng: &mut Random) -> LinkOp {
        link_op(rng)
    }

    fn apply(&mut self, now: Instant, op: &LinkOp) {
        match *op {
            LinkOp::Begin(..) => {
                self.ping();
            }
            LinkOp::Flushed(nonce) => {
                self.handle_flushed(now, nonce);
            }
            LinkOp::Written | LinkOp::Received | LinkOp::Wake => {}
            LinkOp::Pong(nonce) => {
                self.handle_pong(now, nonce);
            }
        }
    }

    fn poll_at(&self) -> Option<Instant> {
        None
    }

    fn poll(&mut self, now: Instant) -> Option<()> {
        self.handle_pong(now, u32::MAX).map(drop) // nobody sent that: only the time passes
    }

    fn facts(&self) -> Self::Facts {
        (self.srtt(), self.rttvar(), self.budget())
    }
}
