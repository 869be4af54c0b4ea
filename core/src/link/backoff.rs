//! How long to wait before the next try: [`Backoff`], decorrelated jitter that never thins out.
//!
//! ```text
//!   new, reset ──▶ bound = 3·start ──wait──▶ bound = 3·waited ──wait──▶ … ──▶ bound = cap
//!                       each wait is random between base and its bound
//! ```
//!
//! The rule is s = random(base, min(cap, 3·s_prev)), from Marc Brooker's "Exponential Backoff And Jitter" (AWS,
//! 2015), with one change: the cap bounds what is drawn *from*, not what was drawn. As published, two of three
//! clients that have reached the cap wait exactly the cap, so those that were cut together come back together.

use crate::time::Duration;

/// No wait is shorter, whatever the configuration says: nobody dials in a loop.
const SHORTEST: Duration = Duration::from_millis(1);

/// How long to wait between tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// The shortest wait. Default 500 ms; larger: a short interruption lasts longer. Less than 1 ms is taken as 1 ms.
    pub base: Duration,
    /// What a sequence begins with in place of a wait before: the first wait is at most three times this. Default
    /// 3 s; larger: a client alone is back later, smaller: those that were cut together dial closer together. At
    /// 3 s no second sees more than three times their mean rate, however long the host stays away.
    pub start: Duration,
    /// The longest wait. Default 30 s; larger: a host that is back is found later, smaller: it is asked more often.
    pub cap: Duration,
}

/// Draws one wait after another. It has no clock: it is asked when something failed.
///
/// - **Inputs**: [`reset`](Self::reset), when a link has proved to be stable, and never because one opened.
/// - **Outputs**: [`wait`](Self::wait).
///
/// ```
/// use stillwire::Duration;
/// use stillwire::link::backoff::{Backoff, Config};
///
/// let mut backoff = Backoff::new(Config::DEFAULT, 42); // on a real machine: a random number
/// for _ in 0..100 {
///     let wait = backoff.wait();
///     assert!(wait >= Duration::from_millis(500) && wait < Duration::from_secs(30));
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Backoff {
    config: Config,
    /// The last wait of this sequence, or `start`.
    previous: Duration,
    /// SplitMix64.
    random: u64,
}

impl Backoff {
    /// `seed` has to differ from client to client: it is all that tells their waits apart.
    pub const fn new(config: Config, seed: u64) -> Self {
        Self { config, previous: config.start, random: seed }
    }

    /// How long to wait this time.
    pub fn wait(&mut self) -> Duration {
        let base = self.config.base.max(SHORTEST);
        let bound = self.previous.times(3).min(self.config.cap).max(base);
        let span = (bound - base).as_micros();
        self.previous = base + Duration::from_micros(below(self.bits(), span));
        self.previous
    }

    /// The next wait is a first one again. The randomness goes on.
    pub const fn reset(&mut self) {
        self.previous = self.config.start;
    }

    /// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
    const fn bits(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.random ^ (self.random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// `bits` brought below `span`, evenly (Lemire, "Fast Random Integer Generation in an Interval", 2019, without its
/// rejection: the error is span / 2⁶⁴). Zero if `span` is.
const fn below(bits: u64, span: u64) -> u64 {
    ((bits as u128 * span as u128) >> 64) as u64
}

impl Config {
    /// 500 ms, 3 s, 30 s.
    pub const DEFAULT: Self = Self {
        base: Duration::from_millis(500),
        start: Duration::from_secs(3),
        cap: Duration::from_secs(30),
    };
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_between_base_and_three_times_the_one_before_and_below_the_cap() {
        for seed in 0..1_000 {
            let mut backoff = Backoff::new(Config::DEFAULT, seed);
            let mut previous = Config::DEFAULT.start;
            for _ in 0..50 {
                let wait = backoff.wait();
                assert!(wait >= Config::DEFAULT.base);
                assert!(
                    wait < previous.times(3).min(Config::DEFAULT.cap).max(Duration::from_micros(500_001))
                );
                previous = wait;
            }
        }
    }

    #[test]
    fn jitter_does_not_vanish_at_the_cap() {
        let mut backoff = Backoff::new(Config::DEFAULT, 7);
        let mut waits: [Duration; 1_000] = core::array::from_fn(|_| backoff.wait());
        waits.sort_unstable();
        assert!(waits.windows(2).all(|pair| matches!(pair, [a, b] if a < b)), "two waits are equal");
    }

    #[test]
    fn only_a_reset_begins_a_sequence_anew_and_it_does_not_repeat_it() {
        let mut backoff = Backoff::new(Config::DEFAULT, 1);
        let first = backoff.wait();
        let _: Duration = backoff.wait();
        backoff.reset();
        let again = backoff.wait();
        assert!(again < Config::DEFAULT.start.times(3) && again != first);
    }

    #[test]
    fn no_configuration_dials_in_a_loop_or_overflows() {
        let max = Duration::MAX;
        for base in [Duration::ZERO, max] {
            for start in [Duration::ZERO, max] {
                for cap in [Duration::ZERO, max] {
                    let mut backoff = Backoff::new(Config { base, start, cap }, 3);
                    for _ in 0..10 {
                        assert!(backoff.wait() >= SHORTEST);
                    }
                }
            }
        }
    }
}
