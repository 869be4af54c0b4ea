//! How frames travel on the port of a peer: [`Codec`].

use crate::link::frame::noisy::{self, Receiver};
use crate::link::frame::stream::Part;
use crate::link::frame::wire::Wire;
use crate::link::frame::{EncodeError, Frame, FrameError};
use crate::link::host::Link;

/// What an [`Uplink`](super::Uplink) needs of the codec of its port.
///
/// A [`Wire`] is a stream or a line, as is known when the program runs; a program that has only lines takes a [`Receiver`], and the rest
/// is not linked.
pub trait Codec {
    /// What the connection does to frames.
    fn link(&self) -> Link;

    /// As [`Wire::next`]; after an error it is not asked until it begins anew.
    fn next<'p, 'i: 'p>(&'p mut self, input: &mut &'i [u8]) -> Option<Result<Part<'p>, FrameError>>;

    /// Begins anew, for another connection.
    fn reset(&mut self);

    /// As [`Wire::opening`].
    fn opening(&self) -> &'static [u8];

    /// As [`Wire::encode`].
    ///
    /// # Errors
    /// The frame is out of bounds, or the buffer is too small.
    fn encode(&self, frame: &Frame<'_>, buffer: &mut [u8]) -> Result<usize, EncodeError>;

    /// As [`Wire::max_body`].
    fn max_body(&self, room: usize) -> usize;
}

impl Codec for Wire<'_> {
    fn link(&self) -> Link {
        if self.is_noisy() { Link::Lossy } else { Link::Reliable }
    }

    fn next<'p, 'i: 'p>(&'p mut self, input: &mut &'i [u8]) -> Option<Result<Part<'p>, FrameError>> {
        self.next(input)
    }

    fn reset(&mut self) {
        self.reset();
    }

    fn opening(&self) -> &'static [u8] {
        self.opening()
    }

    fn encode(&self, frame: &Frame<'_>, buffer: &mut [u8]) -> Result<usize, EncodeError> {
        self.encode(frame, buffer)
    }

    fn max_body(&self, room: usize) -> usize {
        self.max_body(room)
    }
}

impl Codec for Receiver<'_> {
    fn link(&self) -> Link {
        Link::Lossy
    }

    fn next<'p, 'i: 'p>(&'p mut self, input: &mut &'i [u8]) -> Option<Result<Part<'p>, FrameError>> {
        match self.next(input)? {
            Ok(frame) => Some(Ok(Part { frame, at: 0, rest: 0 })),
            Err(error) => Some(Err(error)),
        }
    }

    fn reset(&mut self) {}

    fn opening(&self) -> &'static [u8] {
        &[noisy::DELIMITER]
    }

    fn encode(&self, frame: &Frame<'_>, buffer: &mut [u8]) -> Result<usize, EncodeError> {
        noisy::encode(frame, buffer)
    }

    fn max_body(&self, room: usize) -> usize {
        noisy::max_body(room)
    }
}
