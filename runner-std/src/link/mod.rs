//! Connections, as the driver sees them: frames in, frames out, whatever they travel in.
//!
//! ```text
//!   Knocking ──first byte 0xA_──▶ Frames
//!      │                            frames follow each other
//!      ├──GET, Upgrade: websocket──▶ WebSocket
//!      │                            one frame per message
//!      └──any other request──▶ Request ──answer──▶ (written out and closed)
//! ```
//!
//! What is to be sent waits in one buffer of [`OUT`](crate::limits::OUT) bytes; a driver asks for the next frame only
//! while there is room, so a slow reader costs a place in the history and no memory.

mod out;
mod stream;
pub(crate) mod takeover;
#[cfg(test)]
mod tests;
#[cfg_attr(not(feature = "tls"), path = "no_tls.rs")]
mod tls;
mod websocket;

use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::sync::{Arc, Mutex, PoisonError};

use stillwire::link::frame::wire::Wire;
use stillwire::link::frame::{EncodeError, Frame, MAX_BODY, MIN_BODY};

use out::Out;
pub use stream::Stream;
pub use tls::{Acceptor, Connector, Tls};
use websocket::{Heard, Shim, WebSocket};

use crate::door::http::{self, Asked, Policy, Reply};
use crate::limits;
use crate::os::{self, Interest, Poller, Source};

/// One connection, from either side.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    layer: Layer,
    /// Takes frames apart and puts them together.
    pub wire: Wire<'static>,
    out: Out,
    source: Source,
    /// The other side sent all it will.
    ended: bool,
    /// What waits to be written may wait for more.
    held: bool,
}

#[derive(Debug)]
enum Layer {
    /// Who came has not said yet what it speaks.
    Knocking {
        request: Vec<u8>,
        policy: Arc<Policy>,
    },
    /// A request that is answered and closed.
    Request,
    Frames,
    /// Frames in packets.
    Line,
    WebSocket(Box<WebSocket>),
}

/// Codecs of lines that are closed: each has a buffer for ever.
static SPARE: Mutex<Vec<Wire<'static>>> = Mutex::new(Vec::new());

/// What came.
#[derive(Debug)]
pub enum Input<'b> {
    /// Frames, for [`Connection::wire`].
    Bytes(&'b [u8]),
    /// Somebody asks for something that is not a session.
    Asked(Asked),
    /// Nothing more for now.
    Nothing,
    /// The other side closed, perhaps with a code and a text.
    Closed(Option<(u16, String)>),
}

/// How far writing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Everything.
    All,
    /// Some of it.
    Some,
    /// Nothing.
    Nothing,
}

impl Connection {
    /// Somebody came through a door.
    ///
    /// # Errors
    /// It has gone again.
    pub fn knock(stream: Stream, policy: Arc<Policy>) -> io::Result<Self> {
        stream.prepare()?;
        Ok(Self::over(stream, Layer::Knocking { request: Vec::new(), policy }, Wire::stream()))
    }

    /// A client's connection that speaks frames.
    ///
    /// # Errors
    /// It has gone again.
    pub fn frames(stream: Stream) -> io::Result<Self> {
        stream.prepare()?;
        Ok(Self::over(stream, Layer::Frames, Wire::stream()))
    }

    /// A client's serial line, on which bytes get damaged and lost.
    ///
    /// # Errors
    /// It has gone again.
    pub fn line(stream: Stream) -> io::Result<Self> {
        stream.prepare()?;
        let spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let wire = spare.unwrap_or_else(|| Wire::noisy(vec![0; MAX_BODY + 8].leak()));
        let mut line = Self::over(stream, Layer::Line, wire);
        line.out.bytes.extend_from_slice(line.wire.opening());
        Ok(line)
    }

    /// A client's WebSocket, which was opened with a request; `rest` came behind the answer.
    ///
    /// # Errors
    /// It has gone again.
    pub fn websocket(stream: Stream, rest: Vec<u8>) -> io::Result<Self> {
        stream.prepare()?;
        let layer = Layer::WebSocket(Box::new(WebSocket::client(rest)));
        Ok(Self::over(stream, layer, Wire::messages()))
    }

    fn over(stream: Stream, layer: Layer, wire: Wire<'static>) -> Self {
        Self { stream, layer, wire, out: Out::default(), source: Source::new(0), ended: false, held: false }
    }

    /// Declares what to wait for, under this token, which is given the first time and stays.
    ///
    /// # Errors
    /// As [`Poller::set`].
    pub fn watch(&mut self, poller: &mut Poller, token: u64, read: bool) -> io::Result<()> {
        if self.source.token == 0 {
            self.source = Source::new(token);
        }
        let want = Interest {
            read: read && !self.ended && !self.is_stuffed(),
            write: self.wants_write() && !self.held,
        };
        poller.set(self.stream.as_fd(), &mut self.source, want)
    }

    /// Whether what waits to be written may wait for more, until it is flushed at a time that its owner knows.
    pub const fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// Goes by another token from now on.
    ///
    /// # Errors
    /// As [`Poller::set`].
    pub fn rename(&mut self, poller: &mut Poller, token: u64) -> io::Result<()> {
        self.forget(poller);
        self.source = Source::new(token);
        self.watch(poller, token, true)
    }

    /// Has the poller forget it, to be closed.
    pub fn forget(&mut self, poller: &mut Poller) {
        let _ = poller.set(self.stream.as_fd(), &mut self.source, Interest::NONE);
    }

    /// Takes what came. To be asked until there is nothing; `budget` is how many bytes are still read from the socket
    /// before the others have their turn.
    pub fn read<'b>(&mut self, buffer: &'b mut [u8], budget: &mut usize) -> Input<'b> {
        if self.is_stuffed() {
            return Input::Nothing;
        }
        if let Layer::WebSocket(websocket) = &mut self.layer {
            let mut shim = Shim { input: Some((&mut self.stream, budget)), out: &mut self.out.bytes };
            return match websocket.read(&mut shim, buffer) {
                Heard::Message(len) => Input::Bytes(buffer.get(..len).unwrap_or_default()),
                Heard::Nothing => Input::Nothing,
                Heard::Closed(why) => Input::Closed(why),
            };
        }
        let want = if self.stream.pending() { buffer.len() } else { buffer.len().min(*budget) };
        if want == 0 {
            return Input::Nothing;
        }
        let count = match self.stream.read(buffer.get_mut(..want).unwrap_or_default()) {
            Ok(0) => return Input::Closed(None),
            Ok(count) => count,
            Err(error) if is_temporary(&error) => return Input::Nothing,
            Err(_) => return Input::Closed(None),
        };
        // A read that came short has emptied the socket: no need to ask it once more.
        *budget = if count < want { 0 } else { budget.saturating_sub(count) };
        match self.layer {
            Layer::Frames | Layer::Line => Input::Bytes(buffer.get(..count).unwrap_or_default()),
            Layer::Request => Input::Nothing,
            _ => self.knocked(buffer, count),
        }
    }

    /// The bytes before it is known what is spoken.
    fn knocked<'b>(&mut self, buffer: &'b [u8], count: usize) -> Input<'b> {
        let Layer::Knocking { request, policy } = &mut self.layer else { return Input::Nothing };
        let came = buffer.get(..count).unwrap_or_default();
        // No text and no TLS begins with a byte of 0xA_, and every frame does.
        if request.is_empty() && came.first().is_some_and(|first| first & 0xF0 == 0xA0) {
            self.layer = Layer::Frames;
            return Input::Bytes(came);
        }
        request.extend_from_slice(came);
        let judged = match http::judge(request, policy) {
            Ok(None) if request.len() > limits::REQUEST => Err(TOO_LONG),
            Ok(Some((_, len))) if len > limits::REQUEST => Err(TOO_LONG),
            other => other,
        };
        match judged {
            Ok(None) => Input::Nothing,
            Ok(Some((Asked::WebSocket(answer), len))) => {
                let rest = request.split_off(len.min(request.len()));
                self.out.bytes.extend_from_slice(answer.as_bytes());
                self.layer = Layer::WebSocket(Box::new(WebSocket::server(rest)));
                self.wire = Wire::messages();
                // What came behind the request is in the WebSocket's buffer: nobody would be told of it again.
                Input::Bytes(&[])
            }
            Ok(Some((asked, _))) => {
                self.layer = Layer::Request;
                Input::Asked(asked)
            }
            Err((status, why)) => {
                self.layer = Layer::Request;
                let body = format!("{why}\n").into_bytes().into();
                self.answer(&Reply { status, body, ..Reply::OK });
                Input::Nothing
            }
        }
    }

    /// Answers a request; the connection is to be closed when that is written.
    pub fn answer(&mut self, reply: &Reply<'_>) {
        self.out.bytes.extend_from_slice(&reply.bytes());
        self.ended = true;
    }

    /// Sends more of an answer that has no end.
    pub fn stream(&mut self, bytes: &[u8]) {
        self.out.bytes.extend_from_slice(bytes);
    }

    /// Whether it is a request, and no link.
    pub const fn is_request(&self) -> bool {
        matches!(self.layer, Layer::Request)
    }

    /// Whether a request has been answered completely.
    pub fn is_done(&self) -> bool {
        self.ended && !self.wants_write()
    }

    /// Whether it is known what is spoken, so that frames can be sent.
    pub const fn is_open(&self) -> bool {
        matches!(self.layer, Layer::Frames | Layer::Line | Layer::WebSocket(_))
    }

    /// Whether the system has told who it is: no token is needed.
    pub const fn is_known(&self) -> bool {
        matches!(self.stream, Stream::Unix(_))
    }

    /// Where it comes from, in words: an address, or this machine and which of its terminals.
    pub fn whence(&self) -> String {
        match (self.stream.peer(), os::peer_terminal(self.stream.as_fd())) {
            (Some(address), _) => address.to_string(),
            (None, Some(terminal)) => format!("{terminal} of this machine"),
            (None, None) => "this machine".into(),
        }
    }

    /// Whether the other side asks for answers (a WebSocket's pings) that it does not take: then it is not heard until it
    /// does, and its heartbeat decides.
    fn is_stuffed(&self) -> bool {
        matches!(self.layer, Layer::WebSocket(_)) && self.out.len() > limits::OUT + limits::READ_AHEAD
    }

    /// Bytes of the body of the next frame that there is room for; 0: not now.
    pub fn room(&self) -> usize {
        let left = if self.is_open() { limits::OUT.saturating_sub(self.out.len()) } else { 0 };
        let body = self.wire.max_body(left.saturating_sub(websocket::HEADER));
        if body < MIN_BODY { 0 } else { body }
    }

    /// Adds a frame to what is to be written.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub fn send(&mut self, frame: &Frame<'_>) -> Result<(), EncodeError> {
        match &mut self.layer {
            Layer::WebSocket(websocket) => websocket.encode(&self.wire, frame, &mut self.out.bytes),
            _ => encode(&self.wire, frame, &mut self.out.bytes),
        }
    }

    /// Writes as much as the kernel takes.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn flush(&mut self) -> io::Result<Written> {
        let (mut some, mut taken) = (Written::Nothing, Written::Nothing);
        loop {
            // What a stream took is on its way when it holds nothing of it back.
            match self.stream.push()? {
                Written::All => some = taken,
                Written::Some => return Ok(Written::Some),
                Written::Nothing => return Ok(some),
            }
            let Some(rest) = self.out.rest() else { return Ok(Written::All) };
            match self.stream.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.out.forget(count);
                    taken = Written::Some;
                }
                Err(error) if is_temporary(&error) => return Ok(some),
                Err(error) => return Err(error),
            }
        }
    }

    /// Bytes that wait to be written.
    pub fn waiting(&self) -> usize {
        self.out.len()
    }

    /// Whether something waits to be written.
    pub fn wants_write(&self) -> bool {
        !self.out.is_empty() || self.stream.holds()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if matches!(self.layer, Layer::Line) {
            let mut wire = std::mem::replace(&mut self.wire, Wire::messages());
            wire.reset();
            SPARE.lock().unwrap_or_else(PoisonError::into_inner).push(wire);
        }
    }
}

/// Appends a frame as it travels on a stream.
fn encode(wire: &Wire<'_>, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    out.resize(start + wire.max_len(stillwire::link::frame::MAX_HEAD + frame.payload().len()), 0);
    let encoded = wire.encode(frame, out.get_mut(start..).unwrap_or_default());
    out.truncate(start + *encoded.as_ref().unwrap_or(&0));
    encoded.map(drop)
}

const TOO_LONG: http::Refused = ("431 Request Header Fields Too Large", "too long");

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
