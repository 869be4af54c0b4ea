//! The wire format: what a host and a client say to each other, one [`Frame`] at a time.
//!
//! `docs/PROTOCOL.md` draws every frame byte by byte. A frame is a header of [`HEADER`] bytes (version, kind,
//! length of the body) and a body of at most [`MAX_BODY`] bytes: fields first, then the *payload*, if the kind
//! has one. Integers are big-endian, names and texts are UTF-8 behind a length of one byte.
//!
//! | link | a frame travels as | sent with | received with |
//! |---|---|---|---|
//! | of messages (WebSocket) | one message | [`encode`] | [`decode`] |
//! | of bytes (TCP, Unix) | itself, one after the other | [`encode`] or [`encode_head`] | [`stream::Deframer`] |
//! | of bytes that get damaged (UART) | COBS around frame and CRC | [`noisy::encode`] | [`noisy::Receiver`] |
//!
//! [`wire::Wire`] is any of the three, for drivers that are the same for all.
//!
//! Nothing is allocated: payloads are slices of what was received. A sender uses no kind and no value that is
//! newer than the `minor` that the other side told; a receiver skips kinds that it does not know.
//!
//! ```
//! use stillwire::link::frame::{Frame, decode, encode};
//!
//! let mut buffer = [0; 64];
//! let len = encode(&Frame::Output { offset: 7, bytes: b"login: " }, &mut buffer).unwrap();
//! assert_eq!(len, 4 + 8 + 7);
//! assert_eq!(decode(&buffer[..len]), Ok(Frame::Output { offset: 7, bytes: b"login: " }));
//! ```

mod error;
mod header;
pub mod noisy;
mod parse;
pub mod stream;
mod types;
pub mod wire;
mod write;

pub use error::{EncodeError, FrameError};
pub use header::Header;
pub use types::{Hello, Outcome, Role, Token, Welcome};
pub use write::{encode, encode_head};

use super::close::CloseReason;
use crate::idle::Status;
use crate::time::Duration;

/// The major version: the low four bits of the first byte of every frame. Another one is refused.
pub const VERSION: u8 = 1;
/// The minor version, told in hello and welcome: what of this major version a side knows.
pub const MINOR: u8 = 0;
/// Bytes of a header.
pub const HEADER: usize = 4;
/// Bytes of a body at most, payload included.
pub const MAX_BODY: usize = 16_384;
/// Bytes of a body that everyone can receive; the smallest `max_body`. No frame without payload is longer.
pub const MIN_BODY: usize = 256;
/// Bytes of a frame at most.
pub const MAX_FRAME: usize = HEADER + MAX_BODY;
/// Bytes of header and fields at most, so of a frame without its payload: a hello of the longest names.
pub const MAX_HEAD: usize = HEADER + 39 + MAX_TOKEN + MAX_NAME;
/// Bytes of a token at most.
pub const MAX_TOKEN: usize = 64;
/// Bytes of a name at most: session, channel.
pub const MAX_NAME: usize = 64;
/// Bytes of the text of a close at most, which is what a WebSocket has room for (RFC 6455, section 5.5).
pub const MAX_TEXT: usize = 123;
/// Columns and rows at most; at least one of each.
pub const MAX_SIDE: u16 = 4_096;
/// Largest offset and number of an input byte: 2⁵³ − 1, so that sums never overflow, and JavaScript is exact.
pub const MAX_OFFSET: u64 = (1 << 53) - 1;

/// What one side tells the other.
///
/// Which side: C the client, H the host. Payloads are the fields named `bytes`, at most [`MAX_BODY`] bytes
/// together with the other fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Frame<'a> {
    /// C: the first frame of a connection; later: attach me again, frames were lost.
    Hello(Hello<'a>),
    /// H: the answer to each hello that is accepted.
    Welcome(Welcome),
    /// C, H: the last frame of a connection.
    Close {
        /// On the wire as a WebSocket's close code; not [`CloseReason::Abnormal`].
        reason: CloseReason,
        /// For people; at most [`MAX_TEXT`] bytes. Not stripped: do so before it is shown.
        text: &'a str,
    },
    /// C, H: to be answered at once.
    Ping {
        /// Comes back in the pong.
        nonce: u32,
        /// H: of the first byte of output that was not sent yet on this connection. C: the number of the first
        /// typed byte that was not. Whoever has less knows that frames were lost. At most [`MAX_OFFSET`].
        sent: u64,
    },
    /// C, H: the answer.
    Pong {
        /// That of the ping.
        nonce: u32,
    },
    /// H: output of the session.
    Output {
        /// Of the first byte; at most [`MAX_OFFSET`].
        offset: u64,
        /// The output.
        bytes: &'a [u8],
    },
    /// H: the client begins anew at `offset`; what is between that and where it stood, it will never get.
    /// This is what a terminal that was just reset has to be told first: sticky modes, and perhaps a screen.
    Snapshot {
        /// The output that follows begins here; at most [`MAX_OFFSET`].
        offset: u64,
        /// Whether the snapshot ends with these bytes; else another frame continues it.
        last: bool,
        /// Escape sequences and text.
        bytes: &'a [u8],
    },
    /// H: a payload that every client gets once per attach.
    Bootstrap {
        /// What it is about.
        key: u32,
        /// The application's.
        bytes: &'a [u8],
    },
    /// H: what the session is doing.
    Status {
        /// With its reason.
        status: Status,
        /// For how long it has been so; clocks are not compared.
        age: Duration,
    },
    /// C: the role that is wanted from now on. H: the role that is.
    Role {
        /// The new role.
        role: Role,
    },
    /// C: typed bytes.
    Input {
        /// Of the first byte, counted from the first that was ever typed; at most [`MAX_OFFSET`].
        number: u64,
        /// As a terminal sends them.
        bytes: &'a [u8],
    },
    /// H: all input before `number` is applied.
    InputAck {
        /// Of the byte that is expected next.
        number: u64,
        /// Of the first byte that may not be sent yet; at least `number`, at most [`MAX_OFFSET`].
        limit: u64,
        /// Bytes before what came last are missing: send again from `number`.
        again: bool,
    },
    /// C: the size that is wanted. H: the size that is.
    Resize {
        /// 1 to [`MAX_SIDE`].
        columns: u16,
        /// 1 to [`MAX_SIDE`].
        rows: u16,
    },
    /// C: how much output may be sent. Before the first one, and again after each hello, as much as the link takes.
    Credit {
        /// Of the first byte of output that may not be sent yet; at most [`MAX_OFFSET`]. A snapshot may be sent whatever it is.
        limit: u64,
    },
    /// C, H: an application's own.
    Message {
        /// Who is meant, 1 to [`MAX_NAME`] bytes.
        channel: &'a str,
        /// Comes back in the reply; sent again it is the same message.
        id: u64,
        /// The application's.
        bytes: &'a [u8],
    },
    /// C, H: the answer.
    Reply {
        /// That of the message.
        id: u64,
        /// What became of it.
        outcome: Outcome,
        /// The application's.
        bytes: &'a [u8],
    },
    /// A kind that this side does not know: to be skipped. It cannot be sent.
    Unknown {
        /// The kind.
        kind: u8,
        /// The whole body.
        bytes: &'a [u8],
    },
}

impl<'a> Frame<'a> {
    /// The bytes that end the frame, and that [`encode_head`] leaves out; empty for kinds without payload.
    pub const fn payload(&self) -> &'a [u8] {
        match *self {
            Self::Output { bytes, .. } | Self::Input { bytes, .. } | Self::Snapshot { bytes, .. } => bytes,
            Self::Message { bytes, .. } | Self::Reply { bytes, .. } | Self::Bootstrap { bytes, .. } => bytes,
            Self::Unknown { bytes, .. } => bytes,
            _ => &[],
        }
    }

    /// The number on the wire.
    pub const fn kind(&self) -> u8 {
        match self {
            Self::Hello(_) => 0x01,
            Self::Welcome(_) => 0x02,
            Self::Close { .. } => 0x03,
            Self::Ping { .. } => 0x04,
            Self::Pong { .. } => 0x05,
            Self::Output { .. } => 0x10,
            Self::Snapshot { .. } => 0x11,
            Self::Bootstrap { .. } => 0x12,
            Self::Status { .. } => 0x13,
            Self::Input { .. } => 0x20,
            Self::InputAck { .. } => 0x21,
            Self::Resize { .. } => 0x22,
            Self::Role { .. } => 0x23,
            Self::Credit { .. } => 0x24,
            Self::Message { .. } => 0x30,
            Self::Reply { .. } => 0x31,
            Self::Unknown { kind, .. } => *kind,
        }
    }

    /// Whether every field keeps the bound that it is documented with. (Lengths of payloads are not fields.)
    fn is_within_bounds(&self) -> bool {
        let body = |max: u16| (MIN_BODY..=MAX_BODY).contains(&usize::from(max));
        let side = |side: u16| (1..=MAX_SIDE).contains(&side);
        match *self {
            Self::Hello(hello) => {
                let offset = hello.has.map_or(0, |place| place.offset);
                let offsets = offset.max(hello.input) <= MAX_OFFSET;
                let names = hello.token.0.len() <= MAX_TOKEN && hello.session.len() <= MAX_NAME;
                offsets && names && body(hello.max_body)
            }
            Self::Welcome(welcome) => {
                let offsets = welcome.offset.max(welcome.limit) <= MAX_OFFSET;
                offsets && welcome.input <= welcome.limit && body(welcome.max_body)
            }
            Self::Close { reason, text } => {
                text.len() <= MAX_TEXT && reason.code() != CloseReason::Abnormal.code()
            }
            Self::Output { offset: number, .. }
            | Self::Snapshot { offset: number, .. }
            | Self::Ping { sent: number, .. }
            | Self::Credit { limit: number }
            | Self::Input { number, .. } => number <= MAX_OFFSET,
            Self::InputAck { number, limit, .. } => number <= limit && limit <= MAX_OFFSET,
            Self::Resize { columns, rows } => side(columns) && side(rows),
            Self::Message { channel, .. } => (1..=MAX_NAME).contains(&channel.len()),
            _ => true,
        }
    }
}

/// Reads a frame that is all of `message`, as on a link of messages. Bounded work, nothing is copied.
#[cfg_attr(target_os = "none", inline(never))]
pub fn decode(message: &[u8]) -> Result<Frame<'_>, FrameError> {
    let Some((header, body)) = Header::parse(message)? else {
        return Err(FrameError::Truncated);
    };
    match body.len().cmp(&header.len()) {
        core::cmp::Ordering::Less => Err(FrameError::Truncated),
        core::cmp::Ordering::Greater => Err(FrameError::Trailing),
        core::cmp::Ordering::Equal => parse::body(header.kind(), body),
    }
}
