//! Counters of 32 bits that wrap, widened to an [`Instant`]: [`Widener`].
//!
//! ```text
//!   reading of the counter ── at ──▶ ahead of the latest by less than half of its range ──▶ the latest
//!                                 └▶ else behind it: an Instant in the past, the latest stays
//!   poll_at ──▶ read the counter by then, whatever happens
//! ```

use core::num::NonZeroU32;

use crate::time::{Duration, Instant};

/// Half of the counter's range: what is farther ahead is taken for the past.
const HALF: u32 = 1 << 31;

/// Makes instants of the readings of a counter that wraps after 2³² ticks, without drift.
///
/// A reading may be older than the latest, by less than half of the counter's range: an interrupt noted it and the main
/// loop hands it over later.
///
/// ```
/// use stillwire::Instant;
/// use stillwire::ticks::Widener;
///
/// let mut millis = Widener::millis(u32::MAX - 999);
/// assert_eq!(millis.at(u32::MAX - 999), Instant::ZERO); // it begins here
/// assert_eq!(millis.at(500), Instant::from_millis(1_500)); // the counter has wrapped
/// assert_eq!(millis.at(u32::MAX), Instant::from_millis(999)); // noted before that
/// assert_eq!(millis.now(), Instant::from_millis(1_500));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Widener {
    /// Ticks of a second.
    hz: Hz,
    /// The latest reading, and when that was.
    latest: u32,
    now: Instant,
    /// What of a microsecond has passed since `now`, in parts of `hz`.
    rest: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hz(NonZeroU32);

#[cfg(feature = "defmt")]
impl defmt::Format for Hz {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", self.0.get());
    }
}

impl Widener {
    /// A counter with `hz` ticks in a second, which stands at `ticks` at [`Instant::ZERO`].
    pub const fn new(hz: NonZeroU32, ticks: u32) -> Self {
        Self { hz: Hz(hz), latest: ticks, now: Instant::ZERO, rest: 0 }
    }

    /// A counter of milliseconds. It wraps after 49 days.
    pub const fn millis(ticks: u32) -> Self {
        Self::new(NonZeroU32::MIN.saturating_add(999), ticks)
    }

    /// A counter of microseconds. It wraps after 71 minutes.
    pub const fn micros(ticks: u32) -> Self {
        Self::new(NonZeroU32::MIN.saturating_add(999_999), ticks)
    }

    /// When the counter stood, or stands, at `ticks`.
    pub fn at(&mut self, ticks: u32) -> Instant {
        let ahead = ticks.wrapping_sub(self.latest);
        if ahead >= HALF {
            let behind = u64::from(ahead.wrapping_neg()).saturating_mul(1_000_000).saturating_sub(self.rest);
            let micros = behind.div_ceil(self.hz());
            return Instant::from_micros(self.now.as_micros().saturating_sub(micros));
        }
        let parts = u64::from(ahead).saturating_mul(1_000_000).saturating_add(self.rest);
        let micros = parts.checked_div(self.hz()).unwrap_or(0);
        self.rest = parts.saturating_sub(micros.saturating_mul(self.hz()));
        self.now += Duration::from_micros(micros);
        self.latest = ticks;
        self.now
    }

    /// When the latest reading was.
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// The counter has to be read by then; a quarter of its range lies between that and a wrong answer.
    pub fn poll_at(&self) -> Instant {
        let quarter = u64::from(HALF / 2).saturating_mul(1_000_000);
        self.now + Duration::from_micros(quarter.checked_div(self.hz()).unwrap_or(0))
    }

    fn hz(&self) -> u64 {
        u64::from(self.hz.0.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hz(hz: u32) -> NonZeroU32 {
        NonZeroU32::new(hz).expect("not 0")
    }

    #[test]
    fn every_wrap_is_seen_when_the_counter_is_read_in_time() {
        for (rate, begin) in [(1_000, 0), (1_000_000, u32::MAX), (32_768, 7), (168_000_000, HALF)] {
            let mut widener = Widener::new(hz(rate), begin);
            let mut ticks = 0u64;
            let step = u64::from(HALF - 1);
            for _ in 0..100 {
                ticks += step;
                let now = widener.at((u64::from(begin) + ticks) as u32);
                let exact = u128::from(ticks) * 1_000_000 / u128::from(rate);
                assert_eq!(u128::from(now.as_micros()), exact, "{rate} Hz, {ticks} ticks");
            }
        }
    }

    #[test]
    fn many_small_steps_do_not_drift() {
        let mut widener = Widener::new(hz(32_768), u32::MAX - 100);
        for step in 1..=1_000_000u32 {
            widener.at((u32::MAX - 100).wrapping_add(step));
        }
        assert_eq!(widener.now().as_micros(), 1_000_000 * 1_000_000 / 32_768);
    }

    #[test]
    fn an_older_reading_gives_its_own_time_and_changes_nothing() {
        let mut widener = Widener::micros(u32::MAX - 9);
        assert_eq!(widener.at(90), Instant::from_micros(100)); // over the wrap
        assert_eq!(widener.at(u32::MAX), Instant::from_micros(9)); // and back
        assert_eq!(widener.at(90), Instant::from_micros(100));
        assert_eq!(widener.at(90u32.wrapping_sub(200)), Instant::ZERO); // before the beginning
        let mut slow = Widener::new(hz(3), 0);
        let first = slow.at(1);
        assert_eq!((slow.at(2), slow.at(1)), (Instant::from_micros(666_666), first));
    }

    #[test]
    fn whoever_reads_when_asked_to_is_never_wrong() {
        let mut widener = Widener::micros(0);
        let mut real = Instant::ZERO;
        for _ in 0..50 {
            real = widener.poll_at() + Duration::from_secs(60); // and late
            assert_eq!(widener.at(real.as_micros() as u32), real);
        }
        assert!(real > Instant::from_secs(50 * 1_000));
    }
}
