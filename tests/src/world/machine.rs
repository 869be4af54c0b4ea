//! The clock of one machine, and when it gets to look at it.
//!
//! The world has a time of its own, in microseconds from zero, which never jumps. What a machine reads is that
//! plus an offset, which grows when it sleeps.

use core::cell::Cell;

use stillwire::Instant;
use stillwire::ticks::Widener;

/// Where a counter of 32 bits stands at zero: a minute before it wraps.
const BEGIN: u32 = u32::MAX - 60_000;
/// Such a counter has to be looked at before it has half wrapped, so nobody sleeps longer: 20 days.
const COUNTED: u64 = 20 * 24 * 3_600 * 1_000_000;

/// Where a machine's clock begins, and how it is read.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// What the machine's clock is ahead of the world's.
    ahead: u64,
    /// Timers fire at multiples of this; 0 or 1: at once. A background tab has a second or a minute.
    grain: u64,
    /// It does nothing before.
    frozen: u64,
    /// To be added to `ahead` when it goes on: it slept.
    jump: u64,
    /// It was frozen, and has not gone on yet.
    stopped: bool,
    /// It counts only milliseconds, in 32 bits that wrap.
    coarse: Option<Cell<Widener>>,
}

impl Machine {
    pub(super) fn new(ahead: u64, coarse: bool) -> Self {
        let coarse = coarse.then(|| Cell::new(Widener::millis(BEGIN)));
        Self { ahead, grain: 1, frozen: 0, jump: 0, stopped: false, coarse }
    }

    /// What its clock says.
    pub(super) fn now(&self, now: u64) -> Instant {
        let Some(counter) = &self.coarse else {
            return Instant::from_micros(now.saturating_add(self.ahead));
        };
        let mut widener = counter.get();
        let millis = (now.saturating_add(self.ahead)) / 1_000;
        let at = widener.at(BEGIN.wrapping_add(millis as u32));
        counter.set(widener);
        at
    }

    /// When a timer for `deadline` fires, in the world's time, and not before `now`.
    pub(super) fn fires(&self, now: u64, deadline: Instant) -> u64 {
        let micros = deadline.as_micros();
        let micros = if self.coarse.is_some() { micros.next_multiple_of(1_000) } else { micros };
        let mut at = micros.saturating_sub(self.ahead).max(now);
        if self.grain > 1 {
            at = at.div_ceil(self.grain) * self.grain;
        }
        at.max(self.frozen)
    }

    /// When it can take what comes at `at`.
    pub(super) fn takes(&self, at: u64) -> u64 {
        at.max(self.frozen)
    }

    pub(super) fn is_awake(&self, now: u64) -> bool {
        now >= self.frozen
    }

    /// Timers are late from now on, by up to `grain`.
    pub(super) fn throttle(&mut self, grain: u64) {
        self.grain = grain.max(1);
    }

    /// How late its timers may be.
    pub(super) fn grain(&self) -> u64 {
        self.grain
    }

    /// It is stopped until then. What its clock then jumps ahead, beyond the time that passed, is `jump`.
    pub(super) fn freeze(&mut self, until: u64, jump: u64) {
        self.frozen = self.frozen.max(until);
        self.jump = self.jump.saturating_add(jump);
        if self.coarse.is_some() {
            self.jump = self.jump.min(COUNTED);
        }
        self.stopped = true;
    }

    /// What stopped it is over by then.
    pub(super) fn wake_by(&mut self, by: u64) {
        self.frozen = self.frozen.min(by);
    }

    /// The end of what [`freeze`](Self::freeze) began, if that is due: true once.
    pub(super) fn goes_on(&mut self, now: u64) -> bool {
        let due = self.stopped && now >= self.frozen;
        if due {
            self.stopped = false;
            self.ahead = self.ahead.saturating_add(core::mem::take(&mut self.jump));
        }
        due
    }

    /// When it goes on; never, if it is not stopped.
    pub(super) fn thaws(&self) -> u64 {
        if self.stopped { self.frozen } else { u64::MAX }
    }
}
