//! Records one behind the other, over storage that is lent or owned.

use super::super::ring::{Storage, copy};

/// Bytes before the body of each record: two of its owner's, and the length.
pub(super) const HEAD: usize = 4;

/// Records in the order in which they came. Each is in one piece.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Records<S> {
    storage: Storage<S>,
    end: usize,
}

/// One of them.
#[derive(Clone, Copy)]
pub(super) struct Record<'r> {
    /// The owner's own.
    pub(super) tag: [u8; 2],
    pub(super) body: &'r [u8],
    /// Where the one behind it is.
    pub(super) next: usize,
}

impl<S> Records<S> {
    pub(super) const fn new(storage: S) -> Self {
        Self { storage: Storage(storage), end: 0 }
    }

    /// Where the next record will be.
    pub(super) const fn end(&self) -> usize {
        self.end
    }
}

impl<S: AsRef<[u8]>> Records<S> {
    pub(super) fn capacity(&self) -> usize {
        self.storage.0.as_ref().len()
    }

    /// Bytes that are free.
    pub(super) fn free(&self) -> usize {
        self.capacity().saturating_sub(self.end)
    }

    /// The record at `at`: 0, the `next` of another, or behind the last: then None.
    pub(super) fn get(&self, at: usize) -> Option<Record<'_>> {
        let records = self.storage.0.as_ref().get(at..self.end)?;
        let (&[a, b, high, low], rest) = records.split_first_chunk::<HEAD>()?;
        let len = usize::from(u16::from_be_bytes([high, low]));
        let next = at.saturating_add(HEAD).saturating_add(len);
        Some(Record { tag: [a, b], body: rest.get(..len)?, next })
    }

    /// All of them, each behind where it is.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, Record<'_>)> {
        let mut next = 0;
        core::iter::from_fn(move || {
            let (at, record) = (next, self.get(next)?);
            next = record.next;
            Some((at, record))
        })
    }
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Records<S> {
    /// Adds one, of which `parts` are the body. Returns where it is. None: there is no room, or the body has
    /// more than 65,535 bytes.
    pub(super) fn push(&mut self, [a, b]: [u8; 2], parts: &[&[u8]]) -> Option<usize> {
        let len = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()));
        let [high, low] = u16::try_from(len).ok()?.to_be_bytes();
        if len.saturating_add(HEAD) > self.free() {
            return None;
        }
        let at = self.end;
        self.append(&[a, b, high, low]);
        for part in parts {
            self.append(part);
        }
        Some(at)
    }

    /// There is room for it.
    fn append(&mut self, bytes: &[u8]) {
        copy(self.storage.0.as_mut().get_mut(self.end..).unwrap_or(&mut []), bytes);
        self.end = self.end.saturating_add(bytes.len());
    }

    /// Changes what the owner noted first.
    pub(super) fn retag(&mut self, at: usize, tag: u8) {
        if let Some(byte) = self.storage.0.as_mut().get_mut(at) {
            *byte = tag;
        }
    }

    /// Keeps the records of which `keep` is true; whatever is behind the others moves up. Takes time in what is
    /// stored.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(Record<'_>) -> bool) {
        let (mut from, mut to) = (0_usize, 0_usize);
        while let Some(record) = self.get(from) {
            let next = record.next;
            if keep(record) {
                let bytes = self.storage.0.as_mut().get_mut(to..next).unwrap_or(&mut []);
                slide(bytes, from.saturating_sub(to));
                to = to.saturating_add(next.saturating_sub(from));
            }
            from = next;
        }
        self.end = to;
    }
}

/// Moves all bytes behind the first `gap` to the front.
fn slide(mut bytes: &mut [u8], gap: usize) {
    while gap > 0
        && let Some((to, from)) = bytes.split_at_mut_checked(gap)
    {
        copy(to, from);
        bytes = from;
    }
}
