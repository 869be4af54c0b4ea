//! What every client has to be told when it joins, whatever the session printed: [`Bootstrap`].
//!
//! ```text
//!   set(key, priority, payload) ──▶ slot of the key: the latest payload
//!                                     │ next: lowest priority number, then the key that was set first
//!                                     ▼
//!   Joining: told none ──next──▶ told some ──next──▶ told all ──set of a new key──▶ told some
//! ```
//!
//! A key stays for good; an empty payload is a payload. So a key is told once to everyone who joins, and
//! a later change of it is an ordinary message, sent to those who have been told.

use super::ring::{Storage, copy};

/// Keys at the most.
pub const KEYS: usize = 16;

/// Payloads by key, over lent or owned storage; its length bounds the sum of their lengths.
///
/// ```
/// use stillwire::link::bootstrap::{Bootstrap, Joining};
///
/// let mut bootstrap = Bootstrap::new([0; 64]);
/// bootstrap.set(7, 1, b"title: build").unwrap();
/// bootstrap.set(2, 0, b"hello, version 1").unwrap(); // priority 0: the handshake
/// bootstrap.set(7, 1, b"title: tests").unwrap(); // the latest wins
/// let mut joining = Joining::new();
/// let mut told = Vec::new();
/// while let Some(item) = joining.next(&bootstrap) {
///     told.push((item.key, item.payload));
/// }
/// assert_eq!(told, [(2, &b"hello, version 1"[..]), (7, &b"title: tests"[..])]);
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
    priority: u8,
    len: usize,
}

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
    /// It is longer than all the storage.
    TooLarge {
        /// Length of the storage, in bytes.
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

/// One client that joins: what it was told already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Joining {
    /// Bit i: the key in slot i was told.
    told: u16,
}

const _: () = assert!(KEYS <= u16::BITS as usize && size_of::<Joining>() == 2, "a bit for each key");

impl<S: AsRef<[u8]>> Bootstrap<S> {
    /// Without a key.
    pub const fn new(storage: S) -> Self {
        Self { slots: [Slot { key: 0, priority: 0, len: 0 }; KEYS], count: 0, storage: Storage(storage) }
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
        self.slots().iter().take(slot).fold(0, |sum, slot| sum.saturating_add(slot.len))
    }

    fn payload(&self, slot: usize) -> Option<&[u8]> {
        let len = self.slots().get(slot)?.len;
        self.storage.0.as_ref().get(self.before(slot)..)?.get(..len)
    }
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Bootstrap<S> {
    /// Whoever joins from now on is told `payload`, and not what `key` had before. Those with a lower
    /// `priority` number are told first; among equals, the key that was set first.
    ///
    /// # Errors
    /// If there is no room: it cannot be, or not now.
    pub fn set(&mut self, key: u32, priority: u8, payload: &[u8]) -> Result<(), Refused> {
        let (capacity, used) = (self.storage.0.as_ref().len(), self.before(self.count));
        let slot = self.slot(key).unwrap_or(self.count);
        let old = self.slots().get(slot).map_or(0, |slot| slot.len);
        let room = capacity.saturating_sub(used.saturating_sub(old));
        if payload.len() > capacity {
            return Err(Refused::TooLarge { capacity });
        }
        if payload.len() > room {
            return Err(Refused::Full { room });
        }
        let at = self.before(slot);
        let place = self.slots.get_mut(slot).ok_or(Refused::TooManyKeys)?;
        *place = Slot { key, priority, len: payload.len() };
        self.count = self.count.max(slot.saturating_add(1));
        let behind = self.storage.0.as_mut().get_mut(at..).unwrap_or(&mut []);
        shift(behind, old, payload.len(), used.saturating_sub(at));
        copy(behind, payload);
        Ok(())
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
        Self { told: 0 }
    }

    /// The next payload that it is to be told: each key once, with what that has now.
    pub fn next<'b, S: AsRef<[u8]>>(&mut self, bootstrap: &'b Bootstrap<S>) -> Option<Item<'b>> {
        let due = bootstrap.slots().iter().enumerate().filter(|&(slot, _)| self.told & bit(slot) == 0);
        let (slot, &Slot { key, .. }) = due.min_by_key(|(_, slot)| slot.priority)?; // the first of equals
        self.told |= bit(slot);
        Some(Item { key, payload: bootstrap.payload(slot).unwrap_or(&[]) })
    }

    /// Whether it was told `key`, so that a change of it has to be sent.
    pub fn has<S: AsRef<[u8]>>(&self, bootstrap: &Bootstrap<S>, key: u32) -> bool {
        bootstrap.slot(key).is_some_and(|slot| self.told & bit(slot) != 0)
    }
}

fn bit(slot: usize) -> u16 {
    1 << (slot & 15)
}
