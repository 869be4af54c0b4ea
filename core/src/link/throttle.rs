//! How often a state is told to somebody far away: [`Throttle`], at once while changes are rare, and the last one always.
//!
//! ```text
//!                 handle_change                  poll, at or after it
//!   Told ──────────────────────────▶ Due(at) ────────────────────────▶ Told
//!                                    │     ▲
//!                                    └─────┘ handle_change: what is told then is the newest state
//! ```
//!
//! The rule is the virtual scheduling of ITU-T I.371 (the generic cell rate algorithm): `spent` is when all that was
//! told would have been told at an even pace; what is told now may be ahead of that by [`burst`](Config::burst). It is
//! one instant in place of a bucket that somebody has to fill.
//!
//! A change that has to wait does not wait for a message of its own: there is one state, and whoever asks what to tell
//! reads it when it is told. So a flapping session costs `burst` messages and then one per `interval`, and the state it
//! stops in is told at most `interval` later.

use crate::deadline::{Clock, Deadline};
use crate::time::{Duration, Instant};

/// How often it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// Changes that are told at once after a calm time. Default 4; larger: a burst is seen as it was, and costs as much.
    /// 0 is taken as 1.
    pub burst: u8,
    /// The pace after that, and the longest that the last state waits. Default 1 s; larger: flapping costs less and is
    /// seen later.
    pub interval: Duration,
}

/// Why a [`Throttle`] wants to be polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Due {
    /// A change may be told.
    Tell,
}

/// What a [`Throttle`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// The state as it is now is to be told.
    Tell,
}

/// Paces what is told of one state.
///
/// - **Inputs**: [`handle_change`](Self::handle_change), for every change.
/// - **Outputs**: [`poll`](Self::poll) until it says None (at most one event), then sleep until
///   [`poll_at`](Self::poll_at).
/// - **Getters**: [`is_due`](Self::is_due), [`held`](Self::held).
///
/// ```
/// use stillwire::link::throttle::{Config, Event, Throttle};
/// use stillwire::{Duration, Instant};
///
/// let config = Config { burst: 1, interval: Duration::from_secs(1) };
/// let mut throttle = Throttle::new(config, Instant::ZERO);
/// throttle.handle_change(Instant::ZERO);
/// assert_eq!(throttle.poll(Instant::ZERO), Some(Event::Tell)); // the first at once
/// throttle.handle_change(Instant::from_millis(100));
/// throttle.handle_change(Instant::from_millis(200));
/// assert_eq!(throttle.poll(Instant::from_millis(200)), None);
/// let at = throttle.poll_at().unwrap().at;
/// assert_eq!(at, Instant::from_secs(1)); // the two of them a second after the first
/// assert_eq!(throttle.poll(at), Some(Event::Tell));
/// assert_eq!(throttle.poll_at(), None); // it is told: nothing more without a change
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Throttle {
    config: Config,
    clock: Clock,
    phase: Phase,
    /// When all that was told would have been told at an even pace.
    spent: Instant,
    /// Changes that were not told by themselves.
    held: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Phase {
    /// Everybody knows.
    Told,
    /// There is something to tell, and this is when.
    Due(Instant),
}

impl Throttle {
    /// Nothing has changed, and nothing was told.
    pub const fn new(config: Config, now: Instant) -> Self {
        Self { config, clock: Clock::new(now), phase: Phase::Told, spent: Instant::ZERO, held: 0 }
    }

    /// The state is another.
    pub fn handle_change(&mut self, now: Instant) {
        let now = self.clock.clamp(now);
        match self.phase {
            Phase::Due(_) => self.held = self.held.saturating_add(1),
            Phase::Told => {
                let ahead = self.config.interval.times(u64::from(self.config.burst.max(1)) - 1);
                self.phase = Phase::Due(now.after(self.spent.since(now) - ahead));
            }
        }
    }

    /// The next event; poll until None.
    pub fn poll(&mut self, now: Instant) -> Option<Event> {
        let now = self.clock.clamp(now);
        let Phase::Due(at) = self.phase else { return None };
        if at > now {
            return None;
        }
        // A late one counts from when it is told.
        self.spent = self.spent.max(now).after(self.config.interval);
        self.phase = Phase::Told;
        Some(Event::Tell)
    }

    /// When to poll next. None: only a change can make that necessary.
    pub const fn poll_at(&self) -> Option<Deadline<Due>> {
        match self.phase {
            Phase::Told => None,
            Phase::Due(at) => Some(Deadline { at, reason: Due::Tell }),
        }
    }

    /// Whether there is a change that was not told.
    pub const fn is_due(&self) -> bool {
        matches!(self.phase, Phase::Due(_))
    }

    /// How many changes were told together with a later one.
    pub const fn held(&self) -> u64 {
        self.held
    }
}

impl Config {
    /// 4 at once, then one a second.
    pub const DEFAULT: Self = Self { burst: 4, interval: Duration::from_secs(1) };
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Instant = Instant::from_millis;

    /// A change every `step` ms until `end`; when it was told, and how often.
    fn told(config: Config, step: u64, end: u64) -> ([u64; 16], usize) {
        let mut throttle = Throttle::new(config, Instant::ZERO);
        let (mut times, mut count) = ([0; 16], 0);
        for at in 0..end + 10_000 {
            if at <= end && at % step == 0 {
                throttle.handle_change(MS(at));
            }
            while throttle.poll(MS(at)).is_some() {
                times[count] = at;
                count += 1;
            }
        }
        (times, count)
    }

    #[test]
    fn a_calm_session_is_told_at_once_and_a_flapping_one_at_its_pace() {
        let config = Config { burst: 3, interval: Duration::from_secs(1) };
        let (times, count) = told(config, 2_000, 8_000);
        assert_eq!(times[..count], [0, 2_000, 4_000, 6_000, 8_000]);
        let (times, count) = told(config, 100, 5_000);
        assert_eq!(times[..count], [0, 100, 200, 1_000, 2_000, 3_000, 4_000, 5_000]);
    }

    #[test]
    fn the_last_state_is_always_told_within_the_interval() {
        let config = Config { burst: 1, interval: Duration::from_secs(1) };
        for last in [0, 1, 900, 1_001, 4_999] {
            let (times, count) = told(config, 1, last);
            let end = times[count - 1];
            assert!((last..=last + 1_000).contains(&end), "{last}: {times:?}");
        }
    }

    #[test]
    fn a_burst_is_earned_back_by_being_calm() {
        let mut throttle = Throttle::new(Config::DEFAULT, Instant::ZERO);
        for start in [0, 100_000] {
            for at in start..start + 4 {
                throttle.handle_change(MS(at));
                assert_eq!(throttle.poll(MS(at)), Some(Event::Tell), "{at}");
            }
            throttle.handle_change(MS(start + 4));
            assert_eq!(throttle.poll(MS(start + 4)), None);
            assert_eq!(throttle.poll(MS(start + 1_000)), Some(Event::Tell));
        }
        assert_eq!(throttle.held(), 0, "nothing came together with another");
    }

    #[test]
    fn no_configuration_never_tells_or_tells_for_ever() {
        for burst in [0, 1, 255] {
            for interval in [Duration::ZERO, Duration::MAX] {
                let mut throttle = Throttle::new(Config { burst, interval }, Instant::ZERO);
                throttle.handle_change(MS(1));
                assert_eq!(throttle.poll(MS(1)), Some(Event::Tell));
                assert_eq!(throttle.poll(MS(1)), None);
                throttle.handle_change(Instant::MAX);
                assert_eq!(throttle.poll(Instant::MAX), Some(Event::Tell));
            }
        }
    }
}
