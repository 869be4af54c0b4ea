//! Who watches which session, and who may have something to say: two lists through the slots of peers.
//!
//! Whatever changes for a session changes for those who watch it, and nobody else is looked at.

use crate::link::host::peer::Peer;

/// Of one slot: who is beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(in super::super) struct Links {
    /// Among those who watch the same session.
    next: Option<u16>,
    before: Option<u16>,
    watches: bool,
    /// Among those who may have something to say.
    speaks: Option<u16>,
    waits: bool,
}

/// Those who watch one session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(in super::super) struct Viewers(Option<u16>);

/// Those who may have something to say, whoever waits longest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(in super::super) struct Speakers {
    first: Option<u16>,
    last: Option<u16>,
}

impl Links {
    pub(in super::super) const NONE: Self =
        Self { next: None, before: None, watches: false, speaks: None, waits: false };
}

impl Viewers {
    pub(in super::super) const NOBODY: Self = Self(None);

    /// The first of them, or the next after the one in this slot.
    pub(in super::super) fn next(
        self,
        peers: &[Peer],
        _session: usize,
        after: Option<usize>,
    ) -> Option<usize> {
        let next = after.map_or(self.0, |slot| peers.get(slot)?.links.next);
        next.map(usize::from)
    }

    /// One more.
    pub(in super::super) fn add(&mut self, peers: &mut [Peer], slot: u16) {
        let Some(links) = links(peers, Some(slot)).filter(|links| !links.watches) else { return };
        (links.watches, links.before, links.next) = (true, None, self.0);
        if let Some(second) = self::links(peers, self.0) {
            second.before = Some(slot);
        }
        self.0 = Some(slot);
    }

    /// One less, if it is one of them.
    pub(in super::super) fn remove(&mut self, peers: &mut [Peer], slot: u16) {
        let Some(links) = links(peers, Some(slot)).filter(|links| links.watches) else { return };
        let (before, next) = (links.before.take(), links.next.take());
        links.watches = false;
        match self::links(peers, before) {
            Some(before) => before.next = next,
            None => self.0 = next,
        }
        if let Some(next) = self::links(peers, next) {
            next.before = before;
        }
    }
}

impl Speakers {
    pub(in super::super) const NOBODY: Self = Self { first: None, last: None };

    /// This one may have something to say.
    pub(in super::super) fn add(&mut self, peers: &mut [Peer], slot: usize) {
        let Ok(slot) = u16::try_from(slot) else { return };
        let Some(links) = links(peers, Some(slot)).filter(|links| !links.waits) else { return };
        links.waits = true;
        match self::links(peers, self.last) {
            Some(last) => last.speaks = Some(slot),
            None => self.first = Some(slot),
        }
        self.last = Some(slot);
    }

    /// Whose turn it is.
    pub(in super::super) fn take(&mut self, peers: &mut [Peer]) -> Option<u16> {
        let slot = self.first?;
        self.first = links(peers, Some(slot)).and_then(|links| {
            links.waits = false;
            links.speaks.take()
        });
        if self.first.is_none() {
            self.last = None;
        }
        Some(slot)
    }
}

fn links(peers: &mut [Peer], slot: Option<u16>) -> Option<&mut Links> {
    peers.get_mut(usize::from(slot?)).map(|peer| &mut peer.links)
}
