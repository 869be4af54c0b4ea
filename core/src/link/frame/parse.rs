//! Bodies, from bytes. Of a cut body it is said how many bytes are missing.
//!
//! Fields are read one after the other; the first that is missing or wrong is what is said in the end, and those behind it are
//! zero until then. So no field costs a branch of its own.

use super::{Frame, FrameError, Hello, MAX_NAME, MAX_TEXT, MAX_TOKEN, Outcome, Role, Token, Welcome};
use crate::idle::{Exit, Reason, Status};
use crate::link::close::CloseReason;
use crate::link::replay::{Attach, Place};
use crate::time::Duration;

/// A whole body.
pub(super) fn body(kind: u8, body: &[u8]) -> Result<Frame<'_>, FrameError> {
    match fields(kind, body) {
        Ok((payload, frame)) => with_payload(frame, payload),
        Err(_) => Err(FrameError::Malformed(kind)),
    }
}

/// `frame` with `payload`, which has to be empty if its kind has none.
pub(super) fn with_payload<'a>(frame: Frame<'a>, payload: &'a [u8]) -> Result<Frame<'a>, FrameError> {
    let bytes = payload;
    Ok(match frame {
        Frame::Output { offset, .. } => Frame::Output { offset, bytes },
        Frame::Input { number, .. } => Frame::Input { number, bytes },
        Frame::Snapshot { offset, last, .. } => Frame::Snapshot { offset, last, bytes },
        Frame::Bootstrap { key, .. } => Frame::Bootstrap { key, bytes },
        Frame::Message { channel, id, .. } => Frame::Message { channel, id, bytes },
        Frame::Reply { id, outcome, .. } => Frame::Reply { id, outcome, bytes },
        Frame::Unknown { kind, .. } => Frame::Unknown { kind, bytes },
        other if payload.is_empty() => other,
        other => return Err(FrameError::Malformed(other.kind())),
    })
}

/// Whether a frame of this kind ends with a payload.
pub(super) const fn has_payload(frame: &Frame<'_>) -> bool {
    matches!(
        frame,
        Frame::Output { .. }
            | Frame::Input { .. }
            | Frame::Snapshot { .. }
            | Frame::Bootstrap { .. }
            | Frame::Message { .. }
            | Frame::Reply { .. }
            | Frame::Unknown { .. }
    )
}

/// The fields that a body begins with, as a frame of no payload; what follows them is the payload.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn fields(kind: u8, body: &[u8]) -> Result<(&[u8], Frame<'_>), Flaw> {
    let mut read = Fields { rest: body, failed: None };
    let bytes: &[u8] = &[];
    let frame = match kind {
        0x01 => Frame::Hello(read.hello()),
        0x02 => Frame::Welcome(read.welcome()),
        0x03 => Frame::Close { reason: CloseReason::from_code(read.u16()), text: read.text(MAX_TEXT) },
        0x04 => Frame::Ping { nonce: read.u32(), sent: read.u64() },
        0x05 => Frame::Pong { nonce: read.u32() },
        0x10 => Frame::Output { offset: read.u64(), bytes },
        0x11 => Frame::Snapshot { offset: read.u64(), last: read.flag(), bytes },
        0x12 => Frame::Bootstrap { key: read.u32(), bytes },
        0x13 => Frame::Status { status: read.status(), age: read.duration() },
        0x20 => Frame::Input { number: read.u64(), bytes },
        0x21 => Frame::InputAck { number: read.u64(), limit: read.u64(), again: read.flag() },
        0x22 => Frame::Resize { columns: read.u16(), rows: read.u16() },
        0x23 => Frame::Role { role: read.role() },
        0x24 => Frame::Credit { limit: read.u64() },
        0x30 => Frame::Message { id: read.u64(), channel: read.text(MAX_NAME), bytes },
        0x31 => Frame::Reply { id: read.u64(), outcome: read.outcome(), bytes },
        kind => Frame::Unknown { kind, bytes },
    };
    match read.failed {
        None if frame.is_within_bounds() => Ok((read.rest, frame)),
        None => Err(Flaw::Wrong),
        Some(flaw) => Err(flaw),
    }
}

/// Why there is no frame.
#[derive(Clone, Copy)]
pub(super) enum Flaw {
    /// At least so many bytes are missing.
    Cut(usize),
    /// It is wrong, however much more comes.
    Wrong,
}

/// Takes fields off the front of a body. Of a field that is missing or wrong, and of all behind it, it gives a zero.
struct Fields<'a> {
    rest: &'a [u8],
    failed: Option<Flaw>,
}

impl<'a> Fields<'a> {
    fn array<const N: usize>(&mut self) -> [u8; N] {
        match self.rest.split_first_chunk() {
            Some((array, rest)) if self.failed.is_none() => {
                self.rest = rest;
                *array
            }
            _ => {
                self.fail::<()>(Flaw::Cut(N.saturating_sub(self.rest.len())));
                [0; N]
            }
        }
    }

    fn fail<T: Default>(&mut self, flaw: Flaw) -> T {
        self.failed = self.failed.or(Some(flaw));
        T::default()
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn u8(&mut self) -> u8 {
        u8::from_be_bytes(self.array())
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.array())
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.array())
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.array())
    }

    /// A number up to `most`.
    fn up_to(&mut self, most: u8) -> u8 {
        let number = self.u8();
        if number > most { self.fail(Flaw::Wrong) } else { number }
    }

    fn flag(&mut self) -> bool {
        self.up_to(1) == 1
    }

    fn role(&mut self) -> Role {
        if self.flag() { Role::Controller } else { Role::Viewer }
    }

    fn duration(&mut self) -> Duration {
        Duration::from_micros(self.u64())
    }

    /// Bytes behind their length. One that is too large is wrong before the bytes are there.
    #[cfg_attr(target_os = "none", inline(never))]
    fn short(&mut self, most: usize) -> &'a [u8] {
        let len = usize::from(self.u8());
        if len > most {
            return self.fail(Flaw::Wrong);
        }
        let Some((bytes, rest)) = self.rest.split_at_checked(len) else {
            return self.fail(Flaw::Cut(len.saturating_sub(self.rest.len())));
        };
        self.rest = rest;
        bytes
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn text(&mut self, most: usize) -> &'a str {
        let bytes = self.short(most);
        str::from_utf8(bytes).unwrap_or_else(|_| self.fail(Flaw::Wrong))
    }

    fn hello(&mut self) -> Hello<'a> {
        let (minor, role, max_body) = (self.u8(), self.role(), self.u16());
        let flags = self.up_to(3);
        let place = Place { epoch: self.u64(), offset: self.u64() };
        if flags & 1 == 0 && place != (Place { epoch: 0, offset: 0 }) {
            self.fail::<()>(Flaw::Wrong);
        }
        Hello {
            minor,
            role,
            max_body,
            has: (flags & 1 != 0).then_some(place),
            screen: flags & 2 != 0,
            client: self.u64(),
            input: self.u64(),
            token: Token(self.short(MAX_TOKEN)),
            session: self.text(MAX_NAME),
        }
    }

    fn welcome(&mut self) -> Welcome {
        Welcome {
            minor: self.u8(),
            role: self.role(),
            max_body: self.u16(),
            slot: self.u16(),
            generation: self.u32(),
            heartbeat: self.duration(),
            timeout: self.duration(),
            epoch: self.u64(),
            offset: self.u64(),
            attach: match self.up_to(2) {
                0 => Attach::Exact,
                1 => Attach::Tail,
                _ => Attach::Reanchor,
            },
            known_since: self.u32(),
            input: self.u64(),
            limit: self.u64(),
        }
    }

    fn status(&mut self) -> Status {
        let (state, detail) = (self.u8(), self.u32().cast_signed());
        match (state, detail) {
            (0, 0) => Status::Running,
            (1, 0) => Status::Idle(Reason::NeverActive),
            (1, 1) => Status::Idle(Reason::Quiet),
            (1, 2) => Status::Idle(Reason::Repainting),
            (1, 3) => Status::Idle(Reason::AtPrompt),
            (1, 4) => Status::Idle(Reason::AwaitingInput),
            (1, 5) => Status::Idle(Reason::Bell),
            (2, code) => Status::Exited(Exit::Code(code)),
            (3, signal) => Status::Exited(Exit::Signal(signal)),
            _ => {
                self.fail::<()>(Flaw::Wrong);
                Status::Running
            }
        }
    }

    fn outcome(&mut self) -> Outcome {
        match self.up_to(2) {
            0 => Outcome::Done,
            1 => Outcome::NoHandler,
            _ => Outcome::Lost,
        }
    }
}
