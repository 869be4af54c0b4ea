//! Bodies, from bytes. The parsers are nom's streaming ones: of a cut body they say how many bytes are missing.

use nom::IResult;
use nom::bytes::streaming::take;
use nom::number::streaming::{self, be_i32, be_u8, be_u16, be_u32};

use super::{Frame, FrameError, Hello, MAX_NAME, MAX_TEXT, MAX_TOKEN, Outcome, Role, Token, Welcome};
use crate::idle::{Exit, Reason, Status};
use crate::link::close::CloseReason;
use crate::link::replay::{Attach, Place};
use crate::time::Duration;

/// What was read and what follows it, or that something is missing or wrong.
pub(super) type Parsed<'a, T> = IResult<&'a [u8], T, ()>;

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
pub(super) fn fields(kind: u8, body: &[u8]) -> Parsed<'_, Frame<'_>> {
    let (rest, frame) = match kind {
        0x01 => hello(body),
        0x02 => welcome(body),
        0x03 => close(body),
        0x04 => ping(body),
        0x05 => be_u32(body).map(|(rest, nonce)| (rest, Frame::Pong { nonce })),
        0x10 => be_u64(body).map(|(rest, offset)| (rest, Frame::Output { offset, bytes: &[] })),
        0x11 => snapshot(body),
        0x12 => be_u32(body).map(|(rest, key)| (rest, Frame::Bootstrap { key, bytes: &[] })),
        0x13 => status(body),
        0x20 => be_u64(body).map(|(rest, number)| (rest, Frame::Input { number, bytes: &[] })),
        0x21 => input_ack(body),
        0x22 => size(body).map(|(rest, (columns, rows))| (rest, Frame::Resize { columns, rows })),
        0x23 => role(body).map(|(rest, role)| (rest, Frame::Role { role })),
        0x30 => message(body),
        0x31 => reply(body),
        kind => Ok((body, Frame::Unknown { kind, bytes: &[] })),
    }?;
    if frame.is_within_bounds() { Ok((rest, frame)) } else { wrong() }
}

/// Of which there are many; where flash is dear they share one.
#[cfg_attr(target_os = "none", inline(never))]
fn be_u64(input: &[u8]) -> Parsed<'_, u64> {
    streaming::be_u64(input)
}

fn hello(input: &[u8]) -> Parsed<'_, Frame<'_>> {
    let (input, minor) = be_u8(input)?;
    let (input, role) = role(input)?;
    let (input, max_body) = be_u16(input)?;
    let (input, (has, screen)) = place(input)?;
    let (input, client) = be_u64(input)?;
    let (input, number) = be_u64(input)?;
    let (input, token) = short(input, MAX_TOKEN)?;
    let (input, session) = short_text(input, MAX_NAME)?;
    let token = Token(token);
    let hello = Hello { minor, role, max_body, has, screen, client, input: number, token, session };
    Ok((input, Frame::Hello(hello)))
}

fn welcome(input: &[u8]) -> Parsed<'_, Frame<'_>> {
    let (input, minor) = be_u8(input)?;
    let (input, role) = role(input)?;
    let (input, max_body) = be_u16(input)?;
    let (input, slot) = be_u16(input)?;
    let (input, generation) = be_u32(input)?;
    let (input, heartbeat) = duration(input)?;
    let (input, timeout) = duration(input)?;
    let (input, epoch) = be_u64(input)?;
    let (input, offset) = be_u64(input)?;
    let (input, attach) = attach(input)?;
    let (input, known_since) = be_u32(input)?;
    let (input, number) = be_u64(input)?;
    let (input, limit) = be_u64(input)?;
    let welcome = Welcome {
        minor,
        role,
        max_body,
        slot,
        generation,
        heartbeat,
        timeout,
        epoch,
        offset,
        attach,
        known_since,
        input: number,
        limit,
    };
    Ok((input, Frame::Welcome(welcome)))
}

fn attach(input: &[u8]) -> Parsed<'_, Attach> {
    let (input, kind) = be_u8(input)?;
    match kind {
        0 => Ok((input, Attach::Exact)),
        1 => Ok((input, Attach::Tail)),
        2 => Ok((input, Attach::Reanchor)),
        _ => wrong(),
    }
}

fn place(input: &[u8]) -> Parsed<'_, (Option<Place>, bool)> {
    let (input, flags) = be_u8(input)?;
    let (input, epoch) = be_u64(input)?;
    let (input, offset) = be_u64(input)?;
    let screen = flags & 2 != 0;
    match (flags, epoch, offset) {
        (1 | 3, epoch, offset) => Ok((input, (Some(Place { epoch, offset }), screen))),
        (0 | 2, 0, 0) => Ok((input, (None, screen))),
        _ => wrong(),
    }
}

fn close(input: &[u8]) -> Parsed<'_, Frame<'_>> {
    let (input, code) = be_u16(input)?;
    let (input, text) = short_text(input, MAX_TEXT)?;
    Ok((input, Frame::Close { reason: CloseReason::from_code(code), text }))
}

fn ping(input: &[u8]) -> Parsed<'_, Frame<'_>> {
    let (input, nonce) = be_u32(input)?;
    let (input, sent) = be_u64(input)?;
    Ok((input, Frame::Ping { nonce, sent }))
}

fn snapshot(input: &[u8]) -> Parsed<'_, Frame<'_>> {
    let (input, offset) = be_u64(input)?;
    let (input, last) = flag(input)?;
    Ok((input, Frame::Snapshot { offset, last, bytes: &[] }))
}

fn status(input: &[u8]) -> Parsed<'_, Frame<'_>> {
    let (input, state) = be_u8(input)?;
    let (input, detail) = be_i32(input)?;
    let (input, age) = duration(input)?;
    let status = match (state, detail) {
        (0, 0) => Status::Running,
        (1, 0) => Status::Idle(Reason::NeverActive),
        (1, 1) => Status::Idle(Reason::Quiet),
        (1, 2) => Status::Idle(Reason::Repainting),
        (1, 3) => Status::Idle(Reason::AtPrompt),
        (1, 4) => Status::Idle(Reason::AwaitingInput),
        (1, 5) => Status::Idle(Reason::Bell),
        (2, code) => Status::Exited(Exit::Code(code)),
        (3, signal) => Status::Exited(Exit::Signal(signal)),
        _ => return wrong(),
    };
    Ok((input, Frame::Status { status, age }))
}

fn input_ack(input: &[u8]) -> Parsed<'_, Frame<'_>> {
    let (input, number) = be_u64(input)?;
    let (input, limit) = be_u64(input)?;
    let (input, again) = flag(input)?;
    Ok((input, Frame::InputAck { number, limit, again }))
}

fn message(input: &[u8]) -> Parsed<'_, Frame<'_>> {
    let (input, id) = be_u64(input)?;
    let (input, channel) = short_text(input, MAX_NAME)?;
    Ok((input, Frame::Message { channel, id, bytes: &[] }))
}

fn reply(input: &[u8]) -> Parsed<'_, Frame<'_>> {
    let (input, id) = be_u64(input)?;
    let (input, outcome) = be_u8(input)?;
    let outcome = match outcome {
        0 => Outcome::Done,
        1 => Outcome::NoHandler,
        2 => Outcome::Lost,
        _ => return wrong(),
    };
    Ok((input, Frame::Reply { id, outcome, bytes: &[] }))
}

fn role(input: &[u8]) -> Parsed<'_, Role> {
    let (input, controls) = flag(input)?;
    Ok((input, if controls { Role::Controller } else { Role::Viewer }))
}

fn flag(input: &[u8]) -> Parsed<'_, bool> {
    let (input, byte) = be_u8(input)?;
    if byte > 1 { wrong() } else { Ok((input, byte == 1)) }
}

fn size(input: &[u8]) -> Parsed<'_, (u16, u16)> {
    let (input, columns) = be_u16(input)?;
    let (input, rows) = be_u16(input)?;
    Ok((input, (columns, rows)))
}

fn duration(input: &[u8]) -> Parsed<'_, Duration> {
    let (input, micros) = be_u64(input)?;
    Ok((input, Duration::from_micros(micros)))
}

/// Bytes behind their length. One that is too large is wrong before the bytes are there.
fn short(input: &[u8], max: usize) -> Parsed<'_, &[u8]> {
    let (input, len) = be_u8(input)?;
    if usize::from(len) > max { wrong() } else { take(len)(input) }
}

fn short_text(input: &[u8], max: usize) -> Parsed<'_, &str> {
    let (input, bytes) = short(input, max)?;
    str::from_utf8(bytes).map_or_else(|_| wrong(), |text| Ok((input, text)))
}

fn wrong<'a, T>() -> Parsed<'a, T> {
    Err(nom::Err::Error(()))
}
