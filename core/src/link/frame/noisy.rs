//! Frames on a stream of bytes that get damaged or lost (UART): COBS around the frame and its CRC.
//!
//! COBS (Cheshire and Baker, 1999) leaves no zero in a packet, so a zero is always its end: after damage the
//! next packet is whole again. The CRC is CRC-32C (Castagnoli; RFC 3720, section 12.1). See
//! `docs/decisions/0013-frames.md` for why.

use cobs::{CobsEncoder, DecodeResult, DecoderState};
use crc::{CRC_32_ISCSI, Crc};

use super::{EncodeError, Frame, FrameError, HEADER, MAX_BODY, MAX_HEAD, decode, encode_head};

/// Ends every packet. A sender that was silent for long, or has just begun, writes one first: it ends whatever
/// noise the other side took for the beginning of a packet.
pub const DELIMITER: u8 = 0;

/// Bytes of a CRC.
const CRC: usize = 4;

/// The table takes 1 KiB of flash. Bit by bit takes five times as long, and consoles that are faster than their baud rate overrun.
static CASTAGNOLI: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// Bytes that a frame of `frame` bytes takes on the wire at most: its CRC, COBS and the delimiter added.
pub const fn max_len(frame: usize) -> usize {
    cobs::max_encoding_length(frame.saturating_add(CRC)).saturating_add(1)
}

/// Bytes of the longest frame whose packet is sure to fit into `room` bytes: the inverse of [`max_len`].
const fn max_frame(room: usize) -> usize {
    let packet = room.saturating_sub(1);
    // COBS adds one byte to each 254 begun.
    packet.saturating_sub(packet.div_ceil(255)).saturating_sub(CRC)
}

/// Bytes of the longest body whose packet is sure to fit into `room` bytes, at most [`MAX_BODY`]; 0 if not even a header does.
pub(crate) const fn max_body(room: usize) -> usize {
    let body = max_frame(room).saturating_sub(HEADER);
    if body < MAX_BODY { body } else { MAX_BODY }
}

/// Writes `frame` as a packet with its delimiter into `buffer` and gives the length, at most
/// [`max_len`] of the frame. Takes [`MAX_HEAD`] bytes of stack.
///
/// After an error the content of `buffer` means nothing.
#[cfg_attr(target_os = "none", inline(never))]
pub fn encode(frame: &Frame<'_>, buffer: &mut [u8]) -> Result<usize, EncodeError> {
    let mut head = [0; MAX_HEAD];
    let len = encode_head(frame, &mut head)?;
    let head = head.get(..len).unwrap_or_default();
    let mut digest = CASTAGNOLI.digest();
    digest.update(head);
    digest.update(frame.payload());
    let mut packet = CobsEncoder::new(buffer);
    for bytes in [head, frame.payload(), &digest.finalize().to_be_bytes()] {
        packet.push(bytes).map_err(|_| EncodeError::NoRoom)?;
    }
    let len = packet.finalize();
    *buffer.get_mut(len).ok_or(EncodeError::NoRoom)? = DELIMITER;
    Ok(len.saturating_add(1))
}

/// What was thrown away. All counts stop at their largest value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Dropped {
    /// Packets, or what the damage left of them: a delimiter that was hit makes one of two.
    pub packets: u32,
    /// Their bytes on the wire.
    pub bytes: u32,
    /// Of these packets, those that were longer than the buffer.
    pub too_long: u32,
}

/// Takes packets apart into frames. What is damaged is dropped and counted, never handed out.
///
/// ```
/// use stillwire::link::frame::noisy::{Receiver, encode};
/// use stillwire::link::frame::Frame;
///
/// let mut wire = [0; 64];
/// let first = encode(&Frame::Ping { nonce: 7, sent: 0 }, &mut wire).unwrap();
/// let second = encode(&Frame::Ping { nonce: 8, sent: 0 }, &mut wire[first..]).unwrap();
/// wire[3] ^= 0x10; // a bit flips
///
/// let mut storage = [0; 64];
/// let mut receiver = Receiver::new(&mut storage);
/// let mut input = &wire[..first + second];
/// assert_eq!(receiver.next(&mut input), Some(Ok(Frame::Ping { nonce: 8, sent: 0 })));
/// assert_eq!(receiver.next(&mut input), None);
/// assert_eq!(receiver.dropped().packets, 1);
/// ```
#[derive(Debug)]
pub struct Receiver<'b> {
    buffer: &'b mut [u8],
    cobs: DecoderState,
    /// Bytes of the packet that were decoded, those beyond the buffer included.
    len: usize,
    /// Bytes of the packet on the wire.
    wire: u32,
    dropped: Dropped,
}

impl<'b> Receiver<'b> {
    /// `buffer` holds one frame with its CRC: for all that this side accepts, its `max_body` + 8 bytes.
    pub const fn new(buffer: &'b mut [u8]) -> Self {
        let dropped = Dropped { packets: 0, bytes: 0, too_long: 0 };
        Self { buffer, cobs: DecoderState::Idle, len: 0, wire: 0, dropped }
    }

    /// Takes the next frame off the front of `input`; None once `input` is used up.
    ///
    /// An error is not damage: the CRC is right, so the peer broke the format, and is to be closed.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn next<'a>(&'a mut self, input: &mut &[u8]) -> Option<Result<Frame<'a>, FrameError>> {
        loop {
            let (&byte, rest) = input.split_first()?;
            *input = rest;
            if let Some(frame) = self.take(byte) {
                return Some(decode(self.buffer.get(..frame).unwrap_or_default()));
            }
        }
    }

    /// What was thrown away since the beginning.
    pub const fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Takes a byte; the length of the frame in the buffer if it ended an undamaged packet.
    fn take(&mut self, byte: u8) -> Option<usize> {
        self.wire = self.wire.saturating_add(1);
        match self.cobs.feed(byte) {
            Ok(DecodeResult::NoData) if byte == DELIMITER => self.wire = 0, // nothing between two delimiters
            Ok(DecodeResult::NoData) => {}
            Ok(DecodeResult::DataStart) => self.len = 0,
            Ok(DecodeResult::DataContinue(byte)) => {
                if let Some(slot) = self.buffer.get_mut(self.len) {
                    *slot = byte;
                }
                self.len = self.len.saturating_add(1);
            }
            Ok(DecodeResult::DataComplete) => return self.end(true),
            Err(_) => return self.end(false),
        }
        None
    }

    /// At a delimiter: the length of the frame if its CRC is right.
    fn end(&mut self, complete: bool) -> Option<usize> {
        let packet = self.buffer.get(..self.len);
        let frame = packet.filter(|_| complete).and_then(|packet| {
            let (frame, crc) = packet.split_last_chunk::<CRC>()?;
            // The CRC of nothing is zero, and four zeros are what noise easily makes.
            let right = frame.len() >= HEADER && CASTAGNOLI.checksum(frame) == u32::from_be_bytes(*crc);
            right.then_some(frame.len())
        });
        if frame.is_none() {
            let too_long = u32::from(packet.is_none());
            self.dropped.packets = self.dropped.packets.saturating_add(1);
            self.dropped.bytes = self.dropped.bytes.saturating_add(self.wire);
            self.dropped.too_long = self.dropped.too_long.saturating_add(too_long);
        }
        self.wire = 0;
        frame
    }
}
