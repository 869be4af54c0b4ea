//! What it takes to leave Idle by painting: it has to go on, or to be much.

use crate::time::{Duration, Instant};

/// What comes within this time of the first is still the same output: a redraw that the terminal's driver
/// cut, or the second frame of an interface that draws at most 30 in a second.
pub const ONE_OUTPUT: Duration = Duration::from_millis(50);
/// A second output within this time of the first says that painting goes on. A clock with seconds does not.
pub const GOES_ON: Duration = Duration::from_secs(1);

/// The first output after which it was not clear whether more would come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Stir {
    first: Option<Instant>,
    /// Novel characters of that output.
    novel: u32,
}

impl Stir {
    pub(super) const NONE: Self = Self { first: None, novel: 0 };

    /// Output that counts was painted. True: that wakes.
    pub(super) fn painted(&mut self, now: Instant, novel: u32, enough: u32) -> bool {
        let age = self.first.map(|first| now.since(first));
        match age {
            Some(age) if age < ONE_OUTPUT => self.novel = self.novel.saturating_add(novel),
            Some(age) if age < GOES_ON => return true,
            _ => *self = Self { first: Some(now), novel },
        }
        self.novel >= enough
    }
}
