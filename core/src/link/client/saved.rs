//! What a client keeps where its own memory does not last: [`Saved`].

use super::Client;
use crate::link::replay::Place;
use crate::link::typed::Full;

/// Where a client stood, for one that comes after it: a page that is loaded again, a program that is started again.
///
/// There is one successor at the most. Two that go on under the same number would each be told what the other typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Saved {
    /// What was shown. A driver that shows later than it hears puts in how far it showed.
    pub place: Option<Place>,
    /// Of the last welcome: the epoch of the session, and since which connection its host knows this client.
    pub known: Option<(u64, u32)>,
    /// The number of the first typed byte that is not acknowledged.
    pub base: u64,
    /// The number of the first one that was never sent.
    pub sent: u64,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Client<B> {
    /// Where it stands. Within a snapshot it has nothing to go on from.
    pub fn saved(&self) -> Saved {
        let (base, sent) = (self.typed.base(), self.typed.sent());
        Saved { place: self.follower.place().filter(|_| !self.cut), known: self.known, base, sent }
    }

    /// What was typed and is not acknowledged, to be kept with [`saved`](Self::saved): two slices, the older first.
    pub fn unacknowledged(&self) -> (&[u8], &[u8]) {
        self.typed.kept()
    }

    /// Goes on where another left, whose `id` this one has. To be called before anything else.
    ///
    /// # Errors
    /// There is no room for what was typed: none of it was taken, all else was.
    pub fn handle_saved(&mut self, saved: &Saved, typed: &[u8]) -> Result<(), Full> {
        if let Some(place) = saved.place {
            self.follower.handle_restart(place.epoch, place.offset);
            self.credit.handle_shown(place.offset, place.offset);
            self.first = false;
        }
        self.known = saved.known;
        self.typed.restore(saved.base, saved.sent, typed)
    }
}
