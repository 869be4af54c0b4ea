//! What a connection has to write: [`Out`].

use crate::limits;

/// Bytes on their way out.
#[derive(Debug, Default)]
pub(super) struct Out {
    pub bytes: Vec<u8>,
    start: usize,
}

impl Out {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Whether all has been written.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is to be written next.
    pub(super) fn rest(&self) -> Option<&[u8]> {
        self.bytes.get(self.start..).filter(|rest| !rest.is_empty())
    }

    /// So many have been written.
    pub(super) fn forget(&mut self, count: usize) {
        self.start += count;
        if self.is_empty() {
            self.bytes.clear();
            self.start = 0;
        } else if self.start > limits::OUT {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }
}
