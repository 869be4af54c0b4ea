//! What can be wrong with a frame, by who can do something about it.

use core::fmt;

/// The peer broke the format: close with [`CloseReason::ProtocolError`](super::super::close::CloseReason) and
/// this text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum FrameError {
    /// The first byte is not that of a frame: another protocol, or a stream out of step.
    NotAFrame(u8),
    /// A major version that this side does not speak: one of the two is to be updated.
    Version(u8),
    /// The body is longer than [`super::MAX_BODY`]: so many bytes.
    TooLong(u16),
    /// The message ends before its frame does.
    Truncated,
    /// The message goes on after its frame.
    Trailing,
    /// The body of a frame of this kind is not as it should be: a length, a value beyond its bound, bad UTF-8.
    Malformed(u8),
}

/// The frame cannot be sent. The caller can change that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EncodeError {
    /// Resource: lend a larger buffer. [`super::MAX_FRAME`] bytes are always enough, and [`super::MAX_HEAD`]
    /// plus the payload; around those, [`super::noisy::max_len`].
    NoRoom,
    /// A field is beyond its documented bound, the body longer than [`super::MAX_BODY`], or the kind unknown.
    OutOfBounds,
}

impl FrameError {
    /// For the text of a close and for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAFrame(_) => "not a stillwire frame",
            Self::Version(_) => "another version of the protocol: this side speaks version 1",
            Self::TooLong(_) => "frame too long",
            Self::Truncated => "frame cut short",
            Self::Trailing => "bytes after the end of a frame",
            Self::Malformed(_) => "malformed frame",
        }
    }
}

impl EncodeError {
    /// For logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoRoom => "the buffer is too small for the frame",
            Self::OutOfBounds => "a field of the frame is out of bounds",
        }
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::error::Error for FrameError {}
impl core::error::Error for EncodeError {}
