//! Bytes in a circle, over storage that is lent or owned.

use core::fmt;

/// The latest bytes that were pushed, as many as the storage holds.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Ring<S> {
    storage: Storage<S>,
    /// Where the next byte goes: an index of the storage, or 0 if that has none.
    next: usize,
    /// Bytes that are kept.
    len: usize,
}

/// Storage, of which nobody wants to see the bytes in a log.
#[derive(Clone)]
pub(super) struct Storage<S>(pub(super) S);

impl<S> Ring<S> {
    pub(super) const fn new(storage: S) -> Self {
        Self { storage: Storage(storage), next: 0, len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Forgets the oldest `count` bytes.
    pub(super) fn forget(&mut self, count: usize) {
        self.len = self.len.saturating_sub(count);
    }
}

impl<S: AsRef<[u8]>> Ring<S> {
    pub(super) fn capacity(&self) -> usize {
        self.storage.0.as_ref().len()
    }

    /// Bytes `from..to`, counted from the oldest, in two slices, of which the second is
    /// often empty and the first only if there are none. What is not there is left out.
    pub(super) fn slices(&self, from: usize, to: usize) -> (&[u8], &[u8]) {
        let storage = self.storage.0.as_ref();
        // The oldest byte is at `next - len`, perhaps below 0 by less than the length of the storage.
        let (young, old) = storage.split_at_checked(self.next).unwrap_or((storage, &[]));
        let wrapped = self.len.saturating_sub(self.next);
        let first = old.get(old.len().saturating_sub(wrapped)..).unwrap_or(&[]);
        let second = young.get(self.next.saturating_sub(self.len)..).unwrap_or(&[]);
        let (a, b) = (first.len().min(from), first.len().min(to));
        let (c, d) = (from.saturating_sub(first.len()), to.saturating_sub(first.len()).min(second.len()));
        let (head, tail) = (first.get(a..b).unwrap_or(&[]), second.get(c..d).unwrap_or(&[]));
        if head.is_empty() { (tail, head) } else { (head, tail) }
    }
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Ring<S> {
    /// Takes `bytes`; the oldest make room.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let capacity = self.capacity();
        let bytes = bytes.get(bytes.len().saturating_sub(capacity)..).unwrap_or(&[]);
        let storage = self.storage.0.as_mut();
        let before_the_end = capacity.saturating_sub(self.next).min(bytes.len());
        let (head, tail) = bytes.split_at_checked(before_the_end).unwrap_or((bytes, &[]));
        copy(storage.get_mut(self.next..).unwrap_or(&mut []), head);
        copy(storage, tail);
        let next = self.next.saturating_add(bytes.len());
        self.next = if next >= capacity { next.saturating_sub(capacity) } else { next };
        self.len = self.len.saturating_add(bytes.len()).min(capacity);
    }
}

/// As `copy_from_slice`, as far as both go.
pub(super) fn copy(into: &mut [u8], from: &[u8]) {
    for (slot, &byte) in into.iter_mut().zip(from) {
        *slot = byte;
    }
}

impl<S> fmt::Debug for Storage<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Storage")
    }
}

#[cfg(feature = "defmt")]
impl<S> defmt::Format for Storage<S> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Storage");
    }
}
