//! What it takes to leave Idle by painting: it has to go on, or to be much.

use crate::time::{Duration, Instant};

/// What comes within this time of the first is still the same output: a redraw that the terminal's driver
/// cut, or the second frame of an interface that draws at most 30 in a second.
pub const ONE_OUTPUT: Duration = Duration::from_millis(50);
/// A second output within this time of the first says that painting goes on. A clock with seconds does not.
pub const GOES_ON: Duration = Duration::from_secs(1);

/// Painting on an idle screen of which it is not clear yet whether it goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stir {
    /// When its latest output began.
    first: Option<Instant>,
    /// Novel characters of that output.
    novel: u32,
    /// It came soon after something new, and was not: a message that is taken away again.
    removes: bool,
}

impl Stir {
    pub(super) const NONE: Self = Self { first: None, novel: 0, removes: false };

    /// Output that counts was painted. True: that wakes.
    ///
    /// It wakes if it is much; or if it is the second within a second, unless the first one painted
    /// something new and this one nothing. Then a further one decides.
    pub(super) fn painted(&mut self, now: Instant, novel: u32, enough: u32) -> bool {
        let goes_on = match self.first.map(|first| now.since(first)) {
            Some(age) if age < ONE_OUTPUT => {
                self.novel = self.novel.saturating_add(novel);
                self.removes && self.novel > 0
            }
            Some(age) if age < GOES_ON => {
                let removes = self.novel > 0 && novel == 0;
                *self = Self { first: Some(now), novel, removes };
                !removes
            }
            _ => {
                *self = Self { first: Some(now), novel, removes: false };
                false
            }
        };
        goes_on || self.novel >= enough
    }
}
