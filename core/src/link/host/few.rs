//! A few slots: who is due first, who watches a session and who may have something to say is found by asking each of them.
//!
//! With the feature `many` it is known instead (`many/`), by the same names. That takes more code and more of each slot, and no
//! gateway has so many peers that it would notice.

use super::peer::Peer;
use crate::time::Instant;

/// Slots beyond these are nobody's.
const MOST: usize = u16::MAX as usize;

/// Of one slot: nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Node;

/// A slot that may be due.
pub(super) trait Timed {
    /// What it takes to know when.
    type Context;

    /// When it is due, as it is now.
    fn due(&self, context: &Self::Context) -> Option<Instant>;
}

/// The order of slots by when they are due.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Order;

impl Node {
    pub(super) const NEW: Self = Self;
}

impl Order {
    pub(super) const fn new() -> Self {
        Self
    }

    /// Everything may have changed.
    pub(super) const fn forget(&mut self) {}

    /// Before [`Self::due`].
    pub(super) const fn build<T: Timed>(&mut self, _all: &mut [T], _context: &T::Context) {}

    /// A slot is about to change, or has changed.
    pub(super) const fn hold<T: Timed>(&mut self, _all: &mut [T], _index: usize, _context: &T::Context) {}

    /// Which is due first, and when.
    pub(super) fn first<T: Timed>(&self, all: &[T], context: &T::Context) -> Option<(usize, Instant)> {
        let mut first = None;
        for (index, slot) in all.iter().take(MOST).enumerate() {
            match (slot.due(context), first) {
                (Some(at), Some((_, earliest))) if at >= earliest => {}
                (Some(at), _) => first = Some((index, at)),
                (None, _) => {}
            }
        }
        first
    }

    /// All that may be due.
    pub(super) fn due<T: Timed>(&self, all: &[T], _now: Instant) -> impl Iterator<Item = usize> + use<T> {
        0..all.len().min(MOST)
    }

    /// The slot of which [`Self::due`] knows nothing.
    pub(super) const fn held(&self) -> Option<usize> {
        None
    }
}

/// Of one peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Links {
    /// It may have something to say.
    waits: bool,
}

/// Those who watch one session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Viewers;

/// Those who may have something to say, in turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Speakers {
    /// The one after whoever had the last turn.
    next: u16,
}

impl Links {
    pub(super) const NONE: Self = Self { waits: false };
}

impl Viewers {
    pub(super) const NOBODY: Self = Self;

    /// The first who watches `session`, or the next after the one in this slot.
    pub(super) fn next(self, peers: &[Peer], session: usize, after: Option<usize>) -> Option<usize> {
        let from = after.map_or(0, |slot| slot.saturating_add(1));
        let mut slots = peers.iter().enumerate().skip(from);
        slots.find(|(_, peer)| peer.session() == Some(session)).map(|(slot, _)| slot)
    }

    /// One more.
    pub(super) const fn add(&mut self, _peers: &mut [Peer], _slot: u16) {}

    /// One less.
    pub(super) const fn remove(&mut self, _peers: &mut [Peer], _slot: u16) {}
}

impl Speakers {
    pub(super) const NOBODY: Self = Self { next: 0 };

    /// This one may have something to say.
    pub(super) fn add(&mut self, peers: &mut [Peer], slot: usize) {
        if let Some(peer) = peers.get_mut(slot) {
            peer.links.waits = true;
        }
    }

    /// Whose turn it is.
    pub(super) fn take(&mut self, peers: &mut [Peer]) -> Option<u16> {
        let later = peers.iter().enumerate().skip(self.next.into());
        let all = later.chain(peers.iter().enumerate()).find(|(_, peer)| peer.links.waits);
        let slot = u16::try_from(all?.0).ok()?;
        peers.get_mut(usize::from(slot))?.links.waits = false;
        self.next = slot.wrapping_add(1);
        Some(slot)
    }
}
