//! [`Pace`] under [`crate::laws`].

use stillwire::link::pace::{Config, Event, Pace, Status};
use stillwire::{Duration, Instant};

use crate::laws::Machine;
use crate::random::Random;

/// `handle_behind` with so many bytes of so many.
#[derive(Clone, Copy, Debug)]
pub struct Behind(u64, u64);

impl Machine for Pace {
    // It holds, and its patience ends.
    const BOUND: usize = 2;
    type Op = Behind;
    type Event = Event;
    type Facts = Status;

    fn new(rng: &mut Random, now: Instant) -> Self {
        let span =
            |rng: &mut Random| Duration::from_micros(*rng.pick(&[0, 1, 250_000, 10_000_000, u64::MAX]));
        Self::new(Config { patience: span(rng), rest: span(rng) }, now)
    }

    fn op(rng: &mut Random) -> Behind {
        let capacity = *rng.pick(&[0, 1, 1_000, u64::MAX]);
        Behind(
            *rng.pick(&[0, capacity / 4, capacity / 4 + 1, capacity / 2, (capacity / 2).saturating_add(1)]),
            capacity,
        )
    }

    fn apply(&mut self, now: Instant, op: &Behind) {
        self.handle_behind(now, op.0, op.1);
    }

    fn poll_at(&self) -> Option<Instant> {
        self.poll_at().map(|deadline| deadline.at)
    }

    fn poll(&mut self, now: Instant) -> Option<Event> {
        self.poll(now)
    }

    fn facts(&self) -> Status {
        self.status()
    }
}
