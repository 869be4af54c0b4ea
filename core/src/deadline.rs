//! When a machine wants to be polled next, and why: [`Deadline`]; and [`Clock`], which never goes back.

use crate::time::Instant;

/// The next instant at which a machine wants to be polled, with the reason why, so that every wake-up
/// can be explained from one line.
///
/// ```
/// use stillwire::deadline::{Deadline, earliest};
/// use stillwire::Instant;
///
/// let quiet = Some(Deadline { at: Instant::from_secs(4), reason: "quiet" });
/// let ping = Some(Deadline { at: Instant::from_secs(15), reason: "ping" });
/// assert_eq!(earliest([ping, None, quiet]), quiet);
/// assert_eq!(earliest::<&str>([None, None]), None); // only input can change anything
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Deadline<R> {
    /// Poll at this instant or later.
    pub at: Instant,
    /// What will be decided then.
    pub reason: R,
}

/// The latest `now` that a machine was given: a clock that went back is taken to have stood still.
///
/// Embedded timers and suspended machines do hand out an earlier `now`; a difference to it would be wrong.
///
/// ```
/// use stillwire::deadline::Clock;
/// use stillwire::Instant;
///
/// let mut clock = Clock::new(Instant::from_secs(5));
/// assert_eq!(clock.clamp(Instant::from_secs(3)), Instant::from_secs(5));
/// assert_eq!(clock.clamp(Instant::from_secs(7)), Instant::from_secs(7));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Clock(Instant);

impl<R> Deadline<R> {
    /// The same instant with the reason in the parent's words.
    pub fn map<S>(self, translate: impl FnOnce(R) -> S) -> Deadline<S> {
        Deadline { at: self.at, reason: translate(self.reason) }
    }
}

/// The earliest of several deadlines; of two at the same instant, the first named.
pub fn earliest<R>(deadlines: impl IntoIterator<Item = Option<Deadline<R>>>) -> Option<Deadline<R>> {
    let mut first: Option<Deadline<R>> = None;
    for deadline in deadlines.into_iter().flatten() {
        if first.as_ref().is_none_or(|first| deadline.at < first.at) {
            first = Some(deadline);
        }
    }
    first
}

impl Clock {
    /// A clock that stands at `now`.
    pub const fn new(now: Instant) -> Self {
        Self(now)
    }

    /// The later of `now` and all that were given before.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn clamp(&mut self, now: Instant) -> Instant {
        self.0 = self.0.max(now);
        self.0
    }

    /// The latest instant seen.
    pub const fn latest(&self) -> Instant {
        self.0
    }
}
