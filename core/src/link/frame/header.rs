//! The four bytes before every body.

use super::{FrameError, MAX_BODY, VERSION};

/// High half of the first byte. 0xA_ is a continuation byte of UTF-8, so no text (HTTP, SSH) begins with it.
const MARK: u8 = 0xA0;

/// The header of a frame: its kind, and the length of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Header {
    kind: u8,
    len: u16,
}

impl Header {
    /// None if a body of `len` bytes is too long.
    pub(super) fn new(kind: u8, len: usize) -> Option<Self> {
        let len = u16::try_from(len).ok().filter(|_| len <= MAX_BODY)?;
        Some(Self { kind, len })
    }

    /// Reads the header that `bytes` begin with, and gives what follows it; None if it is cut.
    ///
    /// What is wrong is said as early as the byte that is wrong is there.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, &[u8])>, FrameError> {
        match bytes.first() {
            Some(&first) if first & 0xF0 != MARK => return Err(FrameError::NotAFrame(first)),
            Some(&first) if first & 0x0F != VERSION => return Err(FrameError::Version(first & 0x0F)),
            _ => {}
        }
        let Some((&[_, kind, high, low], rest)) = bytes.split_first_chunk() else { return Ok(None) };
        let len = u16::from_be_bytes([high, low]);
        if usize::from(len) > MAX_BODY {
            Err(FrameError::TooLong(len))
        } else {
            Ok(Some((Self { kind, len }, rest)))
        }
    }

    /// What the frame is about: [`super::Frame::kind`].
    pub const fn kind(self) -> u8 {
        self.kind
    }

    /// Bytes of its body, at most [`MAX_BODY`].
    #[expect(clippy::len_without_is_empty, reason = "a header is not a container")]
    pub const fn len(self) -> usize {
        self.len as usize
    }

    pub(super) const fn to_bytes(self) -> [u8; super::HEADER] {
        let [high, low] = self.len.to_be_bytes();
        [MARK | VERSION, self.kind, high, low]
    }
}
