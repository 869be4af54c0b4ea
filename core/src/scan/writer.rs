//! Writing bytes and numbers into a slice, without `core::fmt`.

/// Fills a slice from the front; once something did not fit it has failed.
pub(crate) struct Writer<'b> {
    free: &'b mut [u8],
    len: Option<usize>,
}

impl<'b> Writer<'b> {
    pub(crate) fn new(buffer: &'b mut [u8]) -> Self {
        Self { free: buffer, len: Some(0) }
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) {
        let free = core::mem::take(&mut self.free);
        match (free.split_at_mut_checked(bytes.len()), self.len) {
            (Some((space, free)), Some(len)) => {
                for (slot, &byte) in space.iter_mut().zip(bytes) {
                    *slot = byte;
                }
                self.free = free;
                self.len = Some(len + bytes.len());
            }
            _ => self.len = None,
        }
    }

    /// A decimal number without leading zeros.
    pub(crate) fn number(&mut self, number: u16) {
        let mut leading = true;
        for unit in [10_000, 1_000, 100, 10, 1] {
            let digit = (number.checked_div(unit).unwrap_or(0) % 10) as u8; // no panic on zero is linked
            leading = leading && digit == 0 && unit != 1;
            if !leading {
                self.put(&[b'0' + digit]);
            }
        }
    }

    /// Bytes written; None if they did not fit.
    pub(crate) fn finish(self) -> Option<usize> {
        self.len
    }
}
