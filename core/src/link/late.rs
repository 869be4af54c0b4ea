//! What a poll that comes late means: `Patience`, the one rule by which silence is judged.
//!
//! ```text
//!   new(now, span) ──▶ First ── silent at its end, polled late: we were late ──▶ Last ──┐ we slept
//!                        │                                                      │  ▲    │
//!                        │ silent at its end, polled in time                    │  └────┘
//!                        └──────────────────▶ Silent ◀───── silent at its end ──┘
//! ```
//!
//! Whoever was asleep, stopped in a debugger or starved of CPU has not listened, so silence proves nothing.
//! But timers that are *always* late, as those of a browser's background tab, must not keep a dead link for
//! ever: a wait that is the last one only allows for sleep.

use crate::time::{Duration, Instant};

/// A poll so much later than its deadline is *late*: it kills nobody, the other side gets one more chance.
/// Larger: less patience with our own load; smaller: a driver with a coarse timer finds the dead later.
pub const LATE: Duration = Duration::from_secs(1);
/// A poll later than this was no slow timer, the machine slept: not even the last wait counts then. The
/// slowest timers are those of background tabs, which browsers run once a minute
/// (<https://developer.chrome.com/blog/timer-throttling-in-chrome-88>).
pub const ASLEEP: Duration = Duration::from_secs(60);
/// No wait is shorter, so a configured zero cannot make a deadline of *now*.
const SHORTEST: Duration = Duration::from_millis(1);

/// One wait for a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Patience {
    end: Instant,
    last: bool,
}

/// What silence means at some instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing yet.
    TooEarly,
    /// That we were late: one more chance.
    WeWereLate,
    /// That nobody is there.
    Silent,
}

impl Patience {
    /// Waits for `span` from `now`, and once more if we are late.
    pub(super) fn new(now: Instant, span: Duration) -> Self {
        Self { end: end(now, span), last: false }
    }

    /// The chance that comes after [`Verdict::WeWereLate`].
    pub(super) fn last(now: Instant, span: Duration) -> Self {
        Self { end: end(now, span), last: true }
    }

    /// The same kind of wait, from `now`.
    pub(super) fn again(self, now: Instant, span: Duration) -> Self {
        Self { end: end(now, span), last: self.last }
    }

    /// It is no longer than `span` from `now` to its end: we slept.
    pub(super) fn at_least(self, now: Instant, span: Duration) -> Self {
        let last = Self::last(now, span);
        if last.end > self.end { last } else { self }
    }

    /// Whether it is the last one, which allows for sleep only.
    pub(super) const fn is_last(self) -> bool {
        self.last
    }

    /// When it ends; None: never.
    pub(super) fn end(self) -> Option<Instant> {
        comes(self.end)
    }

    /// What it means that until `now` there was no sign of life.
    pub(super) fn judge(self, now: Instant) -> Verdict {
        match self.end() {
            Some(end) if end <= now => {
                let late = if self.last { ASLEEP } else { LATE };
                if now.since(end) > late { Verdict::WeWereLate } else { Verdict::Silent }
            }
            _ => Verdict::TooEarly,
        }
    }
}

/// The end of a span that begins at `now`.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn end(now: Instant, span: Duration) -> Instant {
    now.after(span.max(SHORTEST))
}

/// The end of time does not come: whoever waits for it waits for an input.
pub(super) fn comes(at: Instant) -> Option<Instant> {
    (at < Instant::MAX).then_some(at)
}
