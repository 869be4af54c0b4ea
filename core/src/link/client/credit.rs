//! How far the host may be ahead of what is shown: [`Credit`].
//!
//! A browser takes in whatever comes, and a terminal shows it later: the link itself holds nobody back. So the host is told up to
//! where it may send, and told again when a quarter of the window has been shown.

use crate::link::frame::MAX_OFFSET;

/// Of a client with a window.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Credit {
    /// Bytes; 0: the host is told nothing.
    window: u64,
    /// All output before this has been shown.
    shown: u64,
    /// What the host was told on this connection.
    told: u64,
}

impl Credit {
    pub(super) const fn new(window: u32) -> Self {
        Self { window: window as u64, shown: 0, told: 0 }
    }

    /// The host is to be told: it is another one, or may have missed it.
    pub(super) const fn forget(&mut self) {
        self.told = 0;
    }

    /// The output was shown up to `offset`, in a life of the session of which there is output up to `place`.
    pub(super) fn handle_shown(&mut self, offset: u64, place: u64) {
        self.shown = self.shown.max(offset).min(place);
    }

    pub(super) fn is_due(&self) -> bool {
        self.window > 0 && self.limit().saturating_sub(self.told) > self.window / 4
    }

    /// What the host is to be told.
    pub(super) fn next(&mut self) -> Option<u64> {
        let due = self.is_due();
        due.then(|| {
            self.told = self.limit();
            self.told
        })
    }

    fn limit(&self) -> u64 {
        self.shown.saturating_add(self.window).min(MAX_OFFSET)
    }
}
