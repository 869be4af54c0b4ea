//! Who watches which session, and who may have something to say: two lists through the slots of peers.
//!
//! Whatever changes for a session changes for those who watch it, and nobody else is looked at.

use super::peer::Peer;

/// Of one slot: who is beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Links {
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
pub(super) struct Viewers(Option<u16>);

/// Those who may have something to say, whoever waits longest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Speakers {
    first: Option<u16>,
    last: Option<u16>,
}

impl Links {
    pub(super) const NONE: Self =
        Self { next: None, before: None, watches: false, speaks: None, waits: false };
}

impl Viewers {
    pub(super) const NOBODY: Self = Self(None);

    /// The first of them; [`after`] tells the next.
    pub(super) fn first(self) -> Option<usize> {
        self.0.map(usize::from)
    }

    /// One more.
    pub(super) fn add(&mut self, peers: &mut [Peer], slot: u16) {
        let Some(links) = links(peers, Some(slot)).filter(|links| !links.watches) else { return };
        (links.watches, links.before, links.next) = (true, None, self.0);
        if let Some(second) = self::links(peers, self.0) {
            second.before = Some(slot);
        }
        self.0 = Some(slot);
    }

    /// One less, if it is one of them.
    pub(super) fn remove(&mut self, peers: &mut [Peer], slot: u16) {
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
    pub(super) const NOBODY: Self = Self { first: None, last: None };

    /// This one may have something to say.
    pub(super) fn add(&mut self, peers: &mut [Peer], slot: usize) {
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
    pub(super) fn take(&mut self, peers: &mut [Peer]) -> Option<u16> {
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

/// Who watches the same session, after this one.
pub(super) fn after(peers: &[Peer], slot: usize) -> Option<usize> {
    peers.get(slot)?.links.next.map(usize::from)
}

fn links(peers: &mut [Peer], slot: Option<u16>) -> Option<&mut Links> {
    peers.get_mut(usize::from(slot?)).map(|peer| &mut peer.links)
}
