//! A session whose output never waits, as of a port that cannot: what there is of `pace::Pace` without the feature `pace`.

use super::super::pace::{Config, Due, Event, Status};
use crate::deadline::Deadline;
use crate::time::Instant;

/// Always free.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Pace;

impl Pace {
    /// Whether anybody is ever waited for.
    pub(super) const WAITS: bool = false;

    pub(super) const fn new(_config: Config, _now: Instant) -> Self {
        Self
    }

    pub(super) const fn handle_behind(&mut self, _now: Instant, _behind: u64, _capacity: u64) {}

    pub(super) const fn poll_at(&self) -> Option<Deadline<Due>> {
        None
    }

    pub(super) const fn poll(&mut self, _now: Instant) -> Option<Event> {
        None
    }

    pub(super) const fn status(&self) -> Status {
        Status::Free
    }

    pub(super) const fn has_news(&self) -> bool {
        false
    }
}
