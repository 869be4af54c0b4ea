//! Whether a session's output waits a moment for whoever controls it: [`Pace`].
//!
//! ```text
//!            behind > 1/2                    behind <= 1/4
//!   Free ──────────────────▶ Held(since) ─────────────────▶ Free
//!     ▲                          │ PATIENCE
//!     └───── REST ─── Deaf ◀─────┘
//! ```
//!
//! A program prints faster than any terminal shows. Without this a viewer that lives, and is only a little slower than
//! the program, would lose output; with back-pressure alone, one that has stopped would stop the session. So the
//! port is read more slowly for a controller who keeps up at 1 MiB/s or so, and who does not is not waited for:
//! the session loses at most [`PATIENCE`] in [`REST`], 2.5 %, to somebody who is stuck.

use stillwire::{Duration, Instant};

/// So long a session waits until it is no longer far behind.
const PATIENCE: Duration = Duration::from_millis(250);
/// So long it does not wait again after somebody was too slow.
const REST: Duration = Duration::from_secs(10);

/// The pace of one session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pace {
    held: Option<Instant>,
    deaf_until: Instant,
}

impl Pace {
    /// The controller that is furthest behind is `behind` bytes behind, of `capacity` that are kept.
    pub(super) fn handle(&mut self, now: Instant, behind: u64, capacity: u64) {
        match self.held {
            Some(_) if behind <= capacity / 4 => self.held = None,
            Some(since) if since.after(PATIENCE) <= now => {
                (self.held, self.deaf_until) = (None, now.after(REST));
            }
            None if behind > capacity / 2 && self.deaf_until <= now => self.held = Some(now),
            _ => {}
        }
    }

    /// Whether the port is not to be read now.
    pub(super) const fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// When to ask again.
    pub(super) fn poll_at(&self) -> Option<Instant> {
        self.held.map(|since| since.after(PATIENCE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Instant = Instant::from_millis;

    #[test]
    fn a_reader_that_lives_is_waited_for_and_one_that_is_stuck_is_not() {
        let mut pace = Pace::default();
        pace.handle(MS(0), 500, 1_000);
        assert!(!pace.is_held(), "half is not far");
        pace.handle(MS(1), 501, 1_000);
        assert_eq!((pace.is_held(), pace.poll_at()), (true, Some(MS(251))));
        pace.handle(MS(100), 251, 1_000);
        assert!(pace.is_held());
        pace.handle(MS(101), 250, 1_000);
        assert!(!pace.is_held(), "it has caught up");
        pace.handle(MS(200), 900, 1_000);
        pace.handle(MS(450), 900, 1_000);
        assert_eq!((pace.is_held(), pace.poll_at()), (false, None), "it is stuck");
        pace.handle(MS(10_449), 900, 1_000);
        assert!(!pace.is_held());
        pace.handle(MS(10_450), 900, 1_000);
        assert!(pace.is_held(), "and gets another chance later");
    }
}
