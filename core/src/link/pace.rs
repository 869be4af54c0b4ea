//! Whether a session's output waits a moment for whoever controls it: [`Pace`].
//!
//! ```text
//!            behind > 1/2             behind <= 1/4
//!   Free ─────────────────────▶ Held ─────────────────────▶ Free
//!                               ▲  │ Due::Patience
//!      behind > 1/2, after until│  ▼
//!                               Deaf(until)
//! ```
//!
//! A program prints faster than any terminal shows. Without this a viewer that lives, and is only a little slower than
//! the program, would lose output; with back-pressure alone, one that has stopped would stop the session. So the
//! port is read more slowly for a controller who keeps up, and who does not is not waited for: a session loses at most
//! [`Config::patience`] in [`Config::rest`], 2.5 % by default, to somebody who is stuck. A poll that comes late says
//! that *we* were stuck, and the reader gets the same time again.

use crate::deadline::{Clock, Deadline};
use crate::link::late::{Patience, Verdict};
use crate::time::{Duration, Instant};

/// How long a session waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// So long a session waits until its reader is no longer far behind. Default 250 ms; larger: who is stuck stops a
    /// program for longer, zero: nobody is waited for.
    pub patience: Duration,
    /// So long it does not wait again after somebody was too slow. Default 10 s; larger: who is slow but lives loses more
    /// output.
    pub rest: Duration,
}

/// What [`Pace`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Due {
    /// There is news already: poll at once.
    News,
    /// The reader has to have caught up.
    Patience,
}

/// What the driver does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// Read no more of the session's output.
    Hold,
    /// Read it again.
    Resume,
}

/// What a session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Status {
    /// Its output is read.
    Free,
    /// It waits.
    Held,
    /// Its output is read, and it does not wait before this instant, whoever is behind.
    Deaf(Instant),
}

/// Tells whether a session waits for its reader.
///
/// - **Inputs**: [`handle_behind`](Self::handle_behind), whenever something was printed or handed out.
/// - **Outputs**: [`poll`](Self::poll) until it says None (at most two events), then sleep until [`poll_at`](Self::poll_at).
/// - **Getters**: [`status`](Self::status).
///
/// ```
/// use stillwire::Instant;
/// use stillwire::link::pace::{Config, Event, Pace};
///
/// let mut pace = Pace::new(Config::DEFAULT, Instant::ZERO);
/// pace.handle_behind(Instant::ZERO, 600, 1_000);
/// assert_eq!(pace.poll(Instant::ZERO), Some(Event::Hold));
/// assert_eq!(pace.poll_at().unwrap().at, Instant::from_millis(250));
/// pace.handle_behind(Instant::from_millis(10), 250, 1_000); // it has caught up
/// assert_eq!(pace.poll(Instant::from_millis(10)), Some(Event::Resume));
/// assert_eq!(pace.poll_at(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Pace {
    config: Config,
    clock: Clock,
    phase: Phase,
    /// The driver was told to hold.
    told: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Phase {
    Free,
    Held(Patience),
    Deaf { until: Instant },
}

impl Pace {
    /// Whether anybody is ever waited for.
    #[cfg(feature = "pace")]
    pub(super) const WAITS: bool = true;

    /// A session that begins at `now`, and is read.
    pub const fn new(config: Config, now: Instant) -> Self {
        Self { config, clock: Clock::new(now), phase: Phase::Free, told: false }
    }

    /// The reader that is furthest behind is `behind` bytes behind, of `capacity` that are kept.
    pub fn handle_behind(&mut self, now: Instant, behind: u64, capacity: u64) {
        let now = self.clock.clamp(now);
        self.advance(now);
        let far = behind > capacity / 2 && !self.config.patience.is_zero();
        match self.phase {
            Phase::Held(_) if behind <= capacity / 4 => self.phase = Phase::Free,
            Phase::Free if far => self.hold(now),
            Phase::Deaf { until } if far && until <= now => self.hold(now),
            Phase::Free | Phase::Held(_) | Phase::Deaf { .. } => {}
        }
    }

    /// When to poll next, and why. None: only input can change anything.
    pub fn poll_at(&self) -> Option<Deadline<Due>> {
        if self.told != self.is_held() {
            return Some(Deadline { at: self.clock.latest(), reason: Due::News });
        }
        let Phase::Held(patience) = self.phase else { return None };
        Some(Deadline { at: patience.end()?, reason: Due::Patience })
    }

    /// What the driver has to do from now on.
    pub fn poll(&mut self, now: Instant) -> Option<Event> {
        let now = self.clock.clamp(now);
        self.advance(now);
        let held = self.is_held();
        if core::mem::replace(&mut self.told, held) == held {
            return None;
        }
        Some(if held { Event::Hold } else { Event::Resume })
    }

    /// What it does.
    pub const fn status(&self) -> Status {
        match self.phase {
            Phase::Free => Status::Free,
            Phase::Held(_) => Status::Held,
            Phase::Deaf { until } => Status::Deaf(until),
        }
    }

    /// Whether the driver has to be told something.
    #[cfg(feature = "pace")]
    pub(super) const fn has_news(&self) -> bool {
        self.told != self.is_held()
    }

    const fn is_held(&self) -> bool {
        matches!(self.phase, Phase::Held(_))
    }

    fn hold(&mut self, now: Instant) {
        self.phase = Phase::Held(Patience::new(now, self.config.patience));
    }

    fn advance(&mut self, now: Instant) {
        let Phase::Held(patience) = &mut self.phase else { return };
        match patience.judge(now) {
            Verdict::TooEarly => {}
            Verdict::WeWereLate => *patience = Patience::last(now, self.config.patience),
            Verdict::Silent => self.phase = Phase::Deaf { until: now.after(self.config.rest) },
        }
    }
}

impl Config {
    /// 250 ms in 10 s.
    pub const DEFAULT: Self = Self { patience: Duration::from_millis(250), rest: Duration::from_secs(10) };
    /// Nobody is waited for.
    pub const OFF: Self = Self { patience: Duration::ZERO, ..Self::DEFAULT };
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}
