//! Flap damping: a session that keeps proving its verdict wrong is given more time.

use crate::time::{Duration, Instant};

/// In which more than [`FLIPS`] flips are too many; and after which without any it is calm.
const MINUTE: Duration = Duration::from_secs(60);
const FLIPS: usize = 3;

/// A *flip* is an Idle that the session itself took back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Damper {
    /// The last flips, latest first.
    flips: [Option<Instant>; FLIPS],
    /// Until when it is not calm.
    restless: Instant,
    /// `quiet` as it is now.
    quiet: Duration,
}

impl Damper {
    pub(super) const fn new(quiet: Duration) -> Self {
        Self { flips: [None; FLIPS], restless: Instant::ZERO, quiet }
    }

    /// `quiet`, doubled as often as the session needed it.
    pub(super) const fn quiet(&self) -> Duration {
        self.quiet
    }

    /// The session took Idle back. More than three times in a minute double `quiet`, each further time again.
    pub(super) fn flip(&mut self, now: Instant, cap: Duration) {
        let [latest, middle, oldest] = self.flips;
        if oldest.is_some_and(|oldest| now.since(oldest) <= MINUTE) {
            self.quiet = self.quiet.times(2).min(cap.max(self.quiet));
        }
        self.flips = [Some(now), latest, middle];
        self.restless = now.after(MINUTE);
    }

    /// There was activity after a pause of `gap`; without damping a pause of `idle_after` is a verdict.
    /// A minute without pauses that would have been flips, and it is calm: `quiet` is `base` again.
    pub(super) fn activity(&mut self, now: Instant, gap: Duration, base: Duration, idle_after: Duration) {
        if self.quiet == base {
            return;
        }
        if gap >= idle_after {
            self.restless = now.after(MINUTE);
        } else if now >= self.restless {
            *self = Self::new(base);
        }
    }
}
