//! One codec for the three kinds of link, so that every driver is the same loop: [`Wire`].
//!
//! ```text
//!   input ──▶ next ──▶ Part, Part, …          frame ──▶ encode ──▶ buffer
//!              │
//!              └── FrameError, told once: whatever comes after it is thrown away
//! ```

use super::noisy::{self, Dropped, Receiver};
use super::stream::{Deframer, Part};
use super::{EncodeError, Frame, FrameError, HEADER, MAX_BODY, decode, encode};

/// How frames travel on one connection, in both directions. Some 230 bytes, and the buffer of a noisy link.
///
/// ```
/// use stillwire::link::frame::{Frame, wire::Wire};
///
/// let mut storage = [0; 264]; // bodies of 256 bytes
/// for mut wire in [Wire::messages(), Wire::stream(), Wire::noisy(&mut storage)] {
///     let mut buffer = [0; 64];
///     let len = wire.encode(&Frame::Pong { nonce: 7 }, &mut buffer).unwrap();
///     assert!(len <= wire.max_len(4));
///     let mut input = &buffer[..len];
///     while let Some(part) = wire.next(&mut input) {
///         assert_eq!(part.unwrap().frame, Frame::Pong { nonce: 7 });
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Wire<'b> {
    kind: Kind<'b>,
    failed: Option<FrameError>,
}

#[derive(Debug)]
enum Kind<'b> {
    Messages,
    Stream(Deframer),
    Noisy(Receiver<'b>),
}

impl<'b> Wire<'b> {
    /// A link of messages: WebSocket.
    pub const fn messages() -> Self {
        Self { kind: Kind::Messages, failed: None }
    }

    /// A reliable stream of bytes: TCP, Unix sockets.
    pub const fn stream() -> Self {
        Self { kind: Kind::Stream(Deframer::new()), failed: None }
    }

    /// A stream of bytes that get damaged or lost: UART. `buffer` holds one frame with its CRC: the `max_body`
    /// that this side tells, and 8 bytes.
    pub const fn noisy(buffer: &'b mut [u8]) -> Self {
        Self { kind: Kind::Noisy(Receiver::new(buffer)), failed: None }
    }

    /// Takes the next frame, or part of one, off the front of `input`; None once `input` is used up.
    ///
    /// On a link of messages all of `input` is one message; an empty one is none. An error is told once: the
    /// connection is to be closed, and whatever else comes is thrown away.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn next<'p, 'i: 'p>(&'p mut self, input: &mut &'i [u8]) -> Option<Result<Part<'p>, FrameError>> {
        if self.failed.is_some() {
            *input = &[];
            return None;
        }
        let part = match &mut self.kind {
            Kind::Messages if input.is_empty() => None,
            Kind::Messages => Some(decode(core::mem::take(input)).map(whole)),
            Kind::Stream(deframer) => deframer.next(input),
            Kind::Noisy(receiver) => receiver.next(input).map(|frame| frame.map(whole)),
        };
        if let Some(Err(error)) = part {
            self.failed = Some(error);
            *input = &[];
        }
        part
    }

    /// Why the connection is to be closed, if it is.
    pub const fn failed(&self) -> Option<FrameError> {
        self.failed
    }

    /// Begins anew, for another connection over the same line. What a noisy link threw away stays counted.
    pub fn reset(&mut self) {
        self.failed = None;
        if let Kind::Stream(deframer) = &mut self.kind {
            *deframer = Deframer::new();
        }
    }

    /// What a noisy link threw away since the beginning.
    pub const fn dropped(&self) -> Dropped {
        match &self.kind {
            Kind::Noisy(receiver) => receiver.dropped(),
            Kind::Messages | Kind::Stream(_) => Dropped { packets: 0, bytes: 0, too_long: 0 },
        }
    }

    /// What is to be written before the first frame: on a noisy link a zero, which ends whatever noise the
    /// other side took for the beginning of a packet.
    pub const fn opening(&self) -> &'static [u8] {
        match self.kind {
            Kind::Noisy(_) => &[noisy::DELIMITER],
            Kind::Messages | Kind::Stream(_) => &[],
        }
    }

    /// Writes `frame` into `buffer` as it travels and gives the length, at most [`Self::max_len`] of its body.
    ///
    /// After an error the content of `buffer` means nothing.
    pub fn encode(&self, frame: &Frame<'_>, buffer: &mut [u8]) -> Result<usize, EncodeError> {
        match self.kind {
            Kind::Messages | Kind::Stream(_) => encode(frame, buffer),
            Kind::Noisy(_) => noisy::encode(frame, buffer),
        }
    }

    /// Bytes that a frame with a body of `body` bytes takes at most.
    pub const fn max_len(&self, body: usize) -> usize {
        let frame = body.saturating_add(HEADER);
        match self.kind {
            Kind::Messages | Kind::Stream(_) => frame,
            Kind::Noisy(_) => noisy::max_len(frame),
        }
    }

    /// Bytes of the longest body that fits into `room` bytes for certain, at most [`MAX_BODY`]; 0 if not even
    /// a header does.
    pub const fn max_body(&self, room: usize) -> usize {
        if self.is_noisy() {
            return noisy::max_body(room);
        }
        let body = room.saturating_sub(HEADER);
        if body < MAX_BODY { body } else { MAX_BODY }
    }

    /// Whether frames get lost on it.
    pub(crate) const fn is_noisy(&self) -> bool {
        matches!(self.kind, Kind::Noisy(_))
    }
}

const fn whole(frame: Frame<'_>) -> Part<'_> {
    Part { frame, at: 0, rest: 0 }
}
