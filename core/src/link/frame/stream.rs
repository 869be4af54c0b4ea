//! Frames on a reliable stream of bytes (TCP, Unix sockets), cut anywhere: [`Deframer`].
//!
//! ```text
//!          ┌───────────────── the payload is complete ────────────────┐
//!          ▼                                                          │
//!   Between frames ──a byte──▶ Head(held) ──the fields are complete──▶ Payload(at, rest)
//!                                  │
//!                                  └──the peer broke the format──▶ Failed
//! ```
//!
//! Only header and fields are ever copied, and only if they are cut; payloads are slices of the caller's input.

use core::fmt;

use super::{Frame, FrameError, HEADER, Header, MAX_HEAD, parse};

/// Takes a stream apart into frames. Its size is [`MAX_HEAD`] and a few counters; it needs no other storage.
///
/// ```
/// use stillwire::link::frame::stream::Deframer;
/// use stillwire::link::frame::{Frame, encode};
///
/// let mut wire = [0; 32];
/// let len = encode(&Frame::Output { offset: 40, bytes: b"progress" }, &mut wire).unwrap();
///
/// let mut deframer = Deframer::new();
/// let (mut first, mut second) = wire[..len].split_at(len - 3);
/// let part = deframer.next(&mut first).unwrap().unwrap();
/// assert_eq!(part.frame, Frame::Output { offset: 40, bytes: b"progr" });
/// assert_eq!(part.rest, 3);
/// assert!(deframer.next(&mut first).is_none()); // the input is used up
///
/// let part = deframer.next(&mut second).unwrap().unwrap();
/// assert_eq!(part.frame, Frame::Output { offset: 45, bytes: b"ess" });
/// assert!(part.is_last());
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Deframer {
    /// The head of the frame that is being received: kept until the last piece of its payload is handed out.
    head: Head,
    /// How much of the head is there; 0: between frames.
    held: usize,
    /// Bytes of payload handed out, and still to come; the head is complete if there are any to come.
    at: usize,
    rest: usize,
    failed: Option<FrameError>,
}

/// A head, of which nothing is logged: there is a token in it.
#[derive(Clone)]
struct Head([u8; MAX_HEAD]);

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Head(…)")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Head {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Head(…)");
    }
}

/// A frame, or a part of one whose payload was cut by the border between two inputs.
///
/// The parts of `Output`, `Input` and `Snapshot` are frames in their own right: `offset` and `number` are those
/// of the part, and only the last part of the last frame of a snapshot is `last`. Parts of other kinds have to
/// be put together by whoever needs them whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Part<'a> {
    /// All fields, and this part of the payload.
    pub frame: Frame<'a>,
    /// Bytes of payload in the parts before.
    pub at: usize,
    /// Bytes of payload in the parts that still come.
    pub rest: usize,
}

impl Part<'_> {
    /// Whether the frame ends with this part.
    pub const fn is_last(&self) -> bool {
        self.rest == 0
    }
}

impl Default for Deframer {
    fn default() -> Self {
        Self::new()
    }
}

impl Deframer {
    /// At the beginning of a connection.
    pub const fn new() -> Self {
        Self { head: Head([0; MAX_HEAD]), held: 0, at: 0, rest: 0, failed: None }
    }

    /// Takes the next part off the front of `input`; None once `input` is used up.
    ///
    /// Bounded work: what is looked at is taken. An error is told once: the connection is to be closed, and
    /// whatever else comes is thrown away.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn next<'p, 'i: 'p>(&'p mut self, input: &mut &'i [u8]) -> Option<Result<Part<'p>, FrameError>> {
        if self.failed.is_some() {
            *input = &[];
            return None;
        }
        if self.held == 0
            && let Some((part, rest)) = whole(input)
        {
            *input = rest;
            return Some(Ok(part));
        }
        if self.rest == 0 {
            match self.fill(input) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(self.fail(error, input))),
            }
        }
        self.part(input)
    }

    /// Why the connection is to be closed, if it is.
    pub const fn failed(&self) -> Option<FrameError> {
        self.failed
    }

    /// Whether the stream may end here: no frame is cut.
    pub const fn is_between_frames(&self) -> bool {
        self.held == 0
    }

    fn fail(&mut self, error: FrameError, input: &mut &[u8]) -> FrameError {
        *input = &[];
        self.failed = Some(error);
        error
    }

    /// Completes the head; false if `input` has less than it takes.
    fn fill(&mut self, input: &mut &[u8]) -> Result<bool, FrameError> {
        loop {
            let missing = self.missing()?;
            if missing == 0 {
                return Ok(true);
            }
            let Some((taken, rest)) = input.split_at_checked(missing.min(input.len())) else {
                return Ok(false); // never
            };
            let free = self.head.0.get_mut(self.held..).unwrap_or_default();
            for (slot, &byte) in free.iter_mut().zip(taken) {
                *slot = byte;
            }
            self.held = self.held.saturating_add(taken.len()).min(MAX_HEAD);
            *input = rest;
            if taken.len() < missing {
                self.missing()?; // what is wrong already is said now
                return Ok(false);
            }
        }
    }

    /// How many bytes of the head are missing at least; 0 if it is complete, and then `rest` is known.
    fn missing(&mut self) -> Result<usize, FrameError> {
        let held = self.head.0.get(..self.held).unwrap_or_default();
        let Some((header, body)) = Header::parse(held)? else {
            return Ok(HEADER.saturating_sub(held.len()));
        };
        let malformed = Err(FrameError::Malformed(header.kind()));
        match parse::fields(header.kind(), body) {
            Ok((_, frame)) => {
                let Some(rest) = header.len().checked_sub(body.len()) else { return malformed };
                if rest > 0 && !parse::has_payload(&frame) {
                    return malformed;
                }
                (self.at, self.rest) = (0, rest);
                Ok(0)
            }
            Err(parse::Flaw::Cut(more)) => {
                let fits = body.len().saturating_add(more) <= header.len();
                if fits { Ok(more) } else { malformed }
            }
            Err(parse::Flaw::Wrong) => malformed,
        }
    }

    /// A complete head with as much of its payload as there is.
    #[cfg_attr(target_os = "none", inline(never))]
    fn part<'p, 'i: 'p>(&'p mut self, input: &mut &'i [u8]) -> Option<Result<Part<'p>, FrameError>> {
        if self.rest > 0 && input.is_empty() {
            return None;
        }
        let (payload, rest) = input.split_at_checked(self.rest.min(input.len()))?;
        *input = rest;
        let at = self.at;
        self.at = self.at.saturating_add(payload.len());
        self.rest = self.rest.saturating_sub(payload.len());
        let (held, rest) = (self.held, self.rest);
        if rest == 0 {
            self.held = 0;
        }
        let head = self.head.0.get(..held).unwrap_or_default();
        let (kind, fields) = match head {
            [_, kind, _, _, fields @ ..] => (*kind, fields),
            _ => return None, // never
        };
        Some(match parse::fields(kind, fields) {
            Ok((_, frame)) => parse::with_payload(frame, payload).map(|frame| shift(frame, at, rest)),
            Err(_) => Err(FrameError::Malformed(kind)), // never: it was complete
        })
    }
}

/// The frame that `input` begins with, if all of it is there, and what follows.
fn whole(input: &[u8]) -> Option<(Part<'_>, &[u8])> {
    let (header, rest) = Header::parse(input).ok()??;
    let (body, rest) = rest.split_at_checked(header.len())?;
    let frame = parse::body(header.kind(), body).ok()?;
    Some((Part { frame, at: 0, rest: 0 }, rest))
}

/// Makes a part a frame in its own right, where there is such a thing.
fn shift(frame: Frame<'_>, at: usize, rest: usize) -> Part<'_> {
    let by = at as u64;
    let frame = match frame {
        Frame::Output { offset, bytes } => Frame::Output { offset: offset.saturating_add(by), bytes },
        Frame::Input { number, bytes } => Frame::Input { number: number.saturating_add(by), bytes },
        Frame::Snapshot { offset, last, bytes } => Frame::Snapshot { offset, last: last && rest == 0, bytes },
        other => other,
    };
    Part { frame, at, rest }
}
