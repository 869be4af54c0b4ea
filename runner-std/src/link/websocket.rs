//! WebSockets without a socket: `tungstenite` reads through [`Shim`], and all that is to be written goes into the
//! connection's own buffer.

use std::io::{self, Read, Write};

use stillwire::link::frame::wire::Wire;
use stillwire::link::frame::{EncodeError, Frame};
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, FrameHeader};
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message};

use super::{Stream, encode};
use crate::limits::{MESSAGE, READ_AHEAD};
use crate::token::random;

/// Bytes in front of a message at most: opcode, length, mask.
pub(super) const HEADER: usize = 14;

/// One end of a WebSocket.
#[derive(Debug)]
pub(super) struct WebSocket {
    context: WebSocketContext,
    role: Role,
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A message of so many bytes.
    Message(usize),
    /// Nothing more for now.
    Nothing,
    /// It is over, perhaps with a code and a text.
    Closed(Option<(u16, String)>),
}

/// What `tungstenite` takes for the socket.
pub(super) struct Shim<'c> {
    /// The socket to read from, and how many bytes may still be read in this turn.
    pub input: Option<(&'c mut Stream, &'c mut usize)>,
    /// Where everything goes that is to be written.
    pub out: &'c mut Vec<u8>,
}

impl Read for Shim<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((stream, budget)) = &mut self.input else { return Err(io::ErrorKind::WouldBlock.into()) };
        let want = if stream.pending() { buffer.len() } else { buffer.len().min(**budget) };
        if want == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = stream.read(buffer.get_mut(..want).unwrap_or_default())?;
        **budget = budget.saturating_sub(count);
        Ok(count)
    }
}

impl Write for Shim<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WebSocket {
    /// The host's end; `rest` came behind the request.
    pub(super) fn server(rest: Vec<u8>) -> Self {
        Self::new(rest, Role::Server)
    }

    /// The client's end; `rest` came behind the answer.
    pub(super) fn client(rest: Vec<u8>) -> Self {
        Self::new(rest, Role::Client)
    }

    fn new(rest: Vec<u8>, role: Role) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_AHEAD)
            .write_buffer_size(0)
            .max_message_size(Some(MESSAGE))
            .max_frame_size(Some(MESSAGE));
        Self { context: WebSocketContext::from_partially_read(rest, role, Some(config)), role }
    }

    /// The next message, copied into `buffer`. Answers to pings and closes go out by themselves.
    pub(super) fn read(&mut self, shim: &mut Shim<'_>, buffer: &mut [u8]) -> Heard {
        loop {
            match self.context.read(shim) {
                Ok(Message::Binary(bytes)) => return copy(&bytes, buffer),
                // Text is no frame, which is what the peer is told.
                Ok(Message::Text(text)) => return copy(text.as_bytes(), buffer),
                Ok(Message::Close(frame)) => {
                    return Heard::Closed(
                        frame.map(|frame| (frame.code.into(), frame.reason.as_str().to_owned())),
                    );
                }
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return Heard::Nothing,
                Err(_) => return Heard::Closed(None),
            }
        }
    }

    /// Adds a frame to `out` as a message; a close as the WebSocket's own.
    pub(super) fn encode(
        &mut self,
        wire: &Wire<'_>,
        frame: &Frame<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        if let Frame::Close { reason, text } = *frame {
            let close = CloseFrame { code: reason.code().into(), reason: text.to_owned().into() };
            // Nothing can fail but for what was closed before.
            let _ = self.context.close(&mut Shim { input: None, out }, Some(close));
            return Ok(());
        }
        // The header needs the length, which is known behind it: it is put in between.
        let start = out.len();
        out.resize(start + HEADER, 0);
        encode(wire, frame, out)?;
        let mask = (self.role == Role::Client).then(|| random().unwrap_or_default());
        let header = FrameHeader {
            is_final: true,
            opcode: OpCode::Data(Data::Binary),
            mask,
            ..FrameHeader::default()
        };
        let body = out.get_mut(start + HEADER..).unwrap_or_default();
        if let Some(mask) = mask {
            body.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        }
        let length = body.len() as u64;
        let mut head = io::Cursor::new([0; HEADER]);
        header.format(length, &mut head).map_err(|_| EncodeError::OutOfBounds)?;
        let used = usize::try_from(head.position()).unwrap_or(HEADER);
        let head = head.into_inner();
        out.splice(start..start + HEADER, head.into_iter().take(used));
        Ok(())
    }
}

fn copy(message: &[u8], buffer: &mut [u8]) -> Heard {
    let len = message.len().min(buffer.len());
    buffer.iter_mut().zip(message).for_each(|(slot, byte)| *slot = *byte);
    Heard::Message(len)
}
