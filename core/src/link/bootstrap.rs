//! What every client has to be told when it joins, whatever the session printed: [`Bootstrap`].
//!
//! ```text
//!   set(key, priority, payload) ──▶ slot of the key: the latest payload ──▶ Changed
//!                                     │ next                                │ handle_change, of every Joining
//!                                     ▼                                     ▼
//!   Joining, for each key:  never told ──next──▶ told ◀──────── next ───── stale
//!                                                 └────── handle_change ────▶
//! ```
//!
//! A key stays for good; an empty payload is a payload. So a key is told once to everyone who joins, and
//! again when it has changed: only what it has then, however often it changed since.

use super::ring::{Storage, copy};

/// Keys at the most.
pub const KEYS: usize = 16;

/// Payloads by key, over lent or owned storage; its length bounds the sum of their lengths.
///
/// ```
/// use stillwire::link::bootstrap::{Bootstrap, Joining};
///
/// let mut bootstrap = Bootstrap::new([0; 64]);
/// // Priority 0 is the handshake; of a key, the latest payload wins.
/// for (key, priority, payload) in [(7, 1, "title: build"), (2, 0, "version 1"), (7, 1, "title: tests")] {
///     let _nobody_has_joined = bootstrap.set(key, priority, payload.as_bytes()).unwrap();
/// }
/// let mut joining = Joining::new();
/// assert_eq!(joining.next(&bootstrap, 256, 256).unwrap().payload, b"version 1");
/// assert_eq!(joining.next(&bootstrap, 256, 256).unwrap().payload, b"title: tests");
/// assert_eq!(joining.next(&bootstrap, 256, 256), None);
///
/// let changed = bootstrap.set(7, 1, b"title: done").unwrap();
/// joining.handle_change(changed); // and all others
/// assert_eq!(joining.next(&bootstrap, 256, 256).unwrap().payload, b"title: done");
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Bootstrap<S> {
    /// In the order in which the keys were first set; so are the payloads in `storage`, without gaps.
    slots: [Slot; KEYS],
    count: usize,
    storage: Storage<S>,
}

#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Slot {
    key: u32,
    len: u16,
    priority: u8,
}

const _: () = assert!(size_of::<Slot>() <= 8, "sixteen are 128 bytes of each session");

/// One payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Item<'b> {
    /// Whose it is.
    pub key: u32,
    /// As it was set.
    pub payload: &'b [u8],
}

/// Why a payload was not taken. What the key had before it still has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Refused {
    /// It is longer than all the storage, or than 65,535 bytes.
    TooLarge {
        /// Bytes that a payload may have.
        capacity: usize,
    },
    /// Other keys take too much of the storage.
    Full {
        /// Bytes that the payload may have now.
        room: usize,
    },
    /// There are [`KEYS`] other keys.
    TooManyKeys,
}

/// What [`Bootstrap::set`] changed: to be given to the [`Joining`] of every client that has joined, or they do not
/// hear of it.
#[must_use = "whoever was told what the key had before has to be told again"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Changed {
    /// Bit i: that in slot i.
    slots: u16,
}

/// One client that joins or has joined: what it was told already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Joining {
    /// Bit i: the key in slot i was told.
    told: u16,
    /// Bit i: it has changed since.
    stale: u16,
    /// The slot that was told last because it was stale: the others come before it is told again.
    last: u8,
    skipped: u8,
}

const _: () = assert!(KEYS <= u16::BITS as usize && size_of::<Joining>() <= 6, "two bits for each key");

/// Bytes of a frame's body beside the payload.
const FIELDS: usize = 4;

impl<S: AsRef<[u8]>> Bootstrap<S> {
    /// Without a key.
    pub const fn new(storage: S) -> Self {
        Self { slots: [Slot { key: 0, len: 0, priority: 0 }; KEYS], count: 0, storage: Storage(storage) }
    }

    /// The payload of `key`.
    pub fn get(&self, key: u32) -> Option<&[u8]> {
        self.slot(key).and_then(|slot| self.payload(slot))
    }

    /// Keys that were set.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether none was.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn slots(&self) -> &[Slot] {
        self.slots.get(..self.count).unwrap_or(&[])
    }

    fn slot(&self, key: u32) -> Option<usize> {
        self.slots().iter().position(|slot| slot.key == key)
    }

    /// Bytes of all payloads before that of `slot`.
    fn before(&self, slot: usize) -> usize {
        self.slots().iter().take(slot).fold(0, |sum, slot| sum.saturating_add(slot.len.into()))
    }

    fn payload(&self, slot: usize) -> Option<&[u8]> {
        let len = usize::from(self.slots().get(slot)?.len);
        self.storage.0.as_ref().get(self.before(slot)..)?.get(..len)
    }
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Bootstrap<S> {
    /// Whoever joins from now on is told `payload`, and not what `key` had before. Those with a lower
    /// `priority` number are told first; among equals, the key that was set first. Clients that receive shorter
    /// bodies are not told it at all; everyone can be told 252 bytes.
    ///
    /// A payload that is what the key has already changes nothing.
    ///
    /// # Errors
    /// If there is no room: it cannot be, or not now.
    pub fn set(&mut self, key: u32, priority: u8, payload: &[u8]) -> Result<Changed, Refused> {
        let (capacity, used) = (self.storage.0.as_ref().len(), self.before(self.count));
        let slot = self.slot(key).unwrap_or(self.count);
        let old = self.slots().get(slot).map_or(0, |slot| slot.len.into());
        let room = capacity.saturating_sub(used.saturating_sub(old));
        let Some(len) = u16::try_from(payload.len()).ok().filter(|_| payload.len() <= capacity) else {
            return Err(Refused::TooLarge { capacity: capacity.min(u16::MAX.into()) });
        };
        if payload.len() > room {
            return Err(Refused::Full { room });
        }
        if self.payload(slot) == Some(payload) {
            let same = self.slots.get_mut(slot).map(|slot| slot.priority = priority);
            return same.map(|()| Changed { slots: 0 }).ok_or(Refused::TooManyKeys);
        }
        let at = self.before(slot);
        let place = self.slots.get_mut(slot).ok_or(Refused::TooManyKeys)?;
        *place = Slot { key, len, priority };
        self.count = self.count.max(slot.saturating_add(1));
        let behind = self.storage.0.as_mut().get_mut(at..).unwrap_or(&mut []);
        shift(behind, old, payload.len(), used.saturating_sub(at));
        copy(behind, payload);
        Ok(Changed { slots: bit(slot) })
    }
}

/// Moves `bytes[from..len]` to `to`.
fn shift(bytes: &mut [u8], from: usize, to: usize, len: usize) {
    let mut one = |index: usize| {
        let byte = bytes.get(from.saturating_add(index)).copied();
        if let (Some(byte), Some(slot)) = (byte, bytes.get_mut(to.saturating_add(index))) {
            *slot = byte;
        }
    };
    let count = len.saturating_sub(from);
    if to < from {
        (0..count).for_each(&mut one);
    } else if to > from {
        (0..count).rev().for_each(&mut one);
    }
}

impl Joining {
    /// It was told nothing yet.
    pub const fn new() -> Self {
        Self { told: 0, stale: 0, last: 0, skipped: 0 }
    }

    /// A key has another payload. It is told again, if it was told.
    pub const fn handle_change(&mut self, changed: Changed) {
        self.stale |= changed.slots & self.told;
    }

    /// The next payload that it is to be told, if its frame's body has at most `room` bytes: first each key once, then
    /// those that have changed, in turn; always what they have now.
    ///
    /// What is longer than `max_body`, which is what the client can receive at all, is skipped and counted.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn next<'b, S: AsRef<[u8]>>(
        &mut self,
        bootstrap: &'b Bootstrap<S>,
        room: usize,
        max_body: usize,
    ) -> Option<Item<'b>> {
        loop {
            let (slot, key) = self.due(bootstrap)?;
            let payload = bootstrap.payload(slot).unwrap_or(&[]);
            let len = payload.len().saturating_add(FIELDS);
            if len <= max_body && len > room {
                return None;
            }
            if self.told & bit(slot) != 0 {
                self.last = u8::try_from(slot).unwrap_or(0);
            }
            self.told |= bit(slot);
            self.stale &= !bit(slot);
            if len <= max_body {
                return Some(Item { key, payload });
            }
            self.skipped = self.skipped.saturating_add(1);
        }
    }

    /// The slot to tell next, and its key.
    fn due<S: AsRef<[u8]>>(&self, bootstrap: &Bootstrap<S>) -> Option<(usize, u32)> {
        if !self.is_due(bootstrap) {
            return None;
        }
        let slots = || bootstrap.slots().iter().enumerate();
        let new =
            slots().filter(|&(slot, _)| self.told & bit(slot) == 0).min_by_key(|(_, slot)| slot.priority);
        let last = usize::from(self.last);
        let mut stale = slots().filter(|&(slot, _)| self.stale & bit(slot) != 0);
        let stale = || stale.clone().find(|&(slot, _)| slot > last).or_else(|| stale.next());
        let (slot, &Slot { key, .. }) = new.or_else(stale)?; // the first of equals
        Some((slot, key))
    }

    /// Whether there is something to tell.
    pub const fn is_due<S>(&self, bootstrap: &Bootstrap<S>) -> bool {
        self.stale != 0 || self.told.count_ones() as usize != bootstrap.count
    }

    /// Whether it was told `key`, as it is or as it was.
    pub fn has<S: AsRef<[u8]>>(&self, bootstrap: &Bootstrap<S>, key: u32) -> bool {
        bootstrap.slot(key).is_some_and(|slot| self.told & bit(slot) != 0)
    }

    /// How often a payload was longer than what the client can receive; at most 255.
    pub const fn skipped(&self) -> u8 {
        self.skipped
    }
}

fn bit(slot: usize) -> u16 {
    1 << (slot & 15)
}
