//! The idle verdict judged on labelled recordings (`tests/recordings`), beside rules that others use.
//!
//! A [`Recording`] is a cast with the truth next to it, a [`Rule`] turns one into a [`Timeline`],
//! [`score()`] compares timeline and truth, and [`table`] prints what came out. Times
//! are microseconds since the start of the recording, as plain `u64`: this is a measuring bench,
//! not a machine.

pub mod novelty;
pub mod ours;
pub mod recording;
pub mod rules;
pub mod score;
pub mod table;

pub use recording::{Interval, Kind, Recording, State};
pub use score::{Score, score};

/// One second in microseconds.
pub const SECOND: u64 = 1_000_000;

/// What quiet and confirm are together by default: no rule is blamed for being this late to say idle.
pub const SETTLE: u64 = 3_500_000;

/// Granted to every rule at an end: labels are not exact, and a rule that polls is late by its grain.
pub const GRACE: u64 = 500_000;

/// A busy turn must be found this soon after its first visible character.
pub const DETECT: u64 = 500_000;

/// A rule with a name.
pub struct Rule {
    /// For the table.
    pub name: &'static str,
    /// Turns a recording into what the rule would have said.
    pub run: fn(&Recording) -> Timeline,
}

/// What a rule said: the status (running or not) from each instant on. Begins at zero, alternates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    changes: Vec<(u64, bool)>,
}

impl Timeline {
    /// Begins with a status at zero.
    pub fn new(running: bool) -> Self {
        Self { changes: vec![(0, running)] }
    }

    /// The status from `at` on; ignored when it says nothing new.
    pub fn set(&mut self, at: u64, running: bool) {
        let (last, was) = self.changes[self.changes.len() - 1];
        if was == running {
            return;
        }
        if last == at {
            self.changes.pop();
        }
        if self.changes.last().is_none_or(|&(_, was)| was != running) {
            self.changes.push((at, running));
        }
    }

    /// Every change with its instant; the first is the status at zero.
    pub fn changes(&self) -> &[(u64, bool)] {
        &self.changes
    }

    /// The status at `at`.
    pub fn at(&self, at: u64) -> bool {
        let after = self.changes.partition_point(|&(from, _)| from <= at);
        self.changes[after.saturating_sub(1)].1
    }

    /// The first instant at or after `from` at which the status is `running`.
    pub fn first(&self, from: u64, running: bool) -> Option<u64> {
        if self.at(from) == running {
            return Some(from);
        }
        self.changes.iter().find(|&&(at, status)| at >= from && status == running).map(|&(at, _)| at)
    }

    /// How long it was running between two instants.
    pub fn running_within(&self, from: u64, to: u64) -> u64 {
        let mut total = 0;
        for (n, &(start, running)) in self.changes.iter().enumerate() {
            let end = self.changes.get(n + 1).map_or(u64::MAX, |next| next.0);
            if running {
                total += end.min(to).saturating_sub(start.max(from));
            }
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeline_answers_where_it_was_running() {
        let mut line = Timeline::new(false);
        line.set(10, true);
        line.set(15, true);
        line.set(20, false);
        line.set(30, true);
        line.set(30, false);
        assert_eq!(line.changes(), [(0, false), (10, true), (20, false)]);
        assert_eq!((line.at(9), line.at(10), line.at(20)), (false, true, false));
        assert_eq!(line.first(0, true), Some(10));
        assert_eq!(line.first(12, true), Some(12));
        assert_eq!(line.first(21, true), None);
        assert_eq!(line.running_within(5, 18), 8);
    }
}
