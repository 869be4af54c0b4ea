//! Frames, to bytes.

use super::{EncodeError, Frame, HEADER, Header, Hello, Outcome, Role, Welcome};
use crate::idle::{Exit, Reason, Status};
use crate::link::replay::{Attach, Place};
use crate::scan::writer::Writer;
use crate::time::Duration;

/// Writes `frame` into `buffer` and gives its length, at most [`super::MAX_FRAME`] bytes.
///
/// After an error the content of `buffer` means nothing.
pub fn encode(frame: &Frame<'_>, buffer: &mut [u8]) -> Result<usize, EncodeError> {
    let head = encode_head(frame, buffer)?;
    let mut payload = Writer::new(buffer.get_mut(head..).unwrap_or_default());
    payload.put(frame.payload());
    let payload = payload.finish().ok_or(EncodeError::NoRoom)?;
    Ok(head.saturating_add(payload))
}

/// Writes `frame` without its payload and gives the length, at most [`super::MAX_HEAD`] bytes.
///
/// [`Frame::payload`] has to follow on the wire: this saves copying it.
#[cfg_attr(target_os = "none", inline(never))]
pub fn encode_head(frame: &Frame<'_>, buffer: &mut [u8]) -> Result<usize, EncodeError> {
    if !frame.is_within_bounds() {
        return Err(EncodeError::OutOfBounds);
    }
    let (header, body) = buffer.split_first_chunk_mut::<HEADER>().ok_or(EncodeError::NoRoom)?;
    let mut writer = Writer::new(body);
    if !fields(&mut writer, frame) {
        return Err(EncodeError::OutOfBounds);
    }
    let fields = writer.finish().ok_or(EncodeError::NoRoom)?;
    let len = fields.saturating_add(frame.payload().len());
    *header = Header::new(frame.kind(), len).ok_or(EncodeError::OutOfBounds)?.to_bytes();
    Ok(HEADER.saturating_add(fields))
}

/// False if a frame of this kind cannot be sent.
fn fields(writer: &mut Writer<'_>, frame: &Frame<'_>) -> bool {
    match *frame {
        Frame::Hello(ref fields) => hello(writer, fields),
        Frame::Welcome(ref fields) => welcome(writer, fields),
        Frame::Close { reason, text } => {
            writer.put(&reason.code().to_be_bytes());
            short(writer, text.as_bytes());
        }
        Frame::Ping { nonce, sent } => {
            writer.put(&nonce.to_be_bytes());
            long(writer, sent);
        }
        Frame::Pong { nonce } => writer.put(&nonce.to_be_bytes()),
        Frame::Output { offset: number, .. }
        | Frame::Input { number, .. }
        | Frame::Credit { limit: number } => long(writer, number),
        Frame::InputAck { number, limit, again } => {
            long(writer, number);
            long(writer, limit);
            writer.put(&[u8::from(again)]);
        }
        Frame::Snapshot { offset, last, .. } => {
            long(writer, offset);
            writer.put(&[u8::from(last)]);
        }
        Frame::Bootstrap { key, .. } => writer.put(&key.to_be_bytes()),
        Frame::Status { status, age } => state(writer, status, age),
        Frame::Role { role } => writer.put(&[flag(role)]),
        Frame::Resize { columns, rows } => size(writer, columns, rows),
        Frame::Message { channel, id, .. } => {
            long(writer, id);
            short(writer, channel.as_bytes());
        }
        Frame::Reply { id, outcome, .. } => {
            long(writer, id);
            writer.put(&[match outcome {
                Outcome::Done => 0,
                Outcome::NoHandler => 1,
                Outcome::Lost => 2,
            }]);
        }
        Frame::Unknown { .. } => return false,
    }
    true
}

fn hello(writer: &mut Writer<'_>, hello: &Hello<'_>) {
    writer.put(&[hello.minor, flag(hello.role)]);
    writer.put(&hello.max_body.to_be_bytes());
    let place = hello.has.unwrap_or(Place { epoch: 0, offset: 0 });
    writer.put(&[u8::from(hello.has.is_some()) | u8::from(hello.screen) << 1]);
    long(writer, place.epoch);
    long(writer, place.offset);
    long(writer, hello.client);
    long(writer, hello.input);
    short(writer, hello.token.0);
    short(writer, hello.session.as_bytes());
}

fn welcome(writer: &mut Writer<'_>, welcome: &Welcome) {
    writer.put(&[welcome.minor, flag(welcome.role)]);
    writer.put(&welcome.max_body.to_be_bytes());
    writer.put(&welcome.slot.to_be_bytes());
    writer.put(&welcome.generation.to_be_bytes());
    long(writer, welcome.heartbeat.as_micros());
    long(writer, welcome.timeout.as_micros());
    long(writer, welcome.epoch);
    long(writer, welcome.offset);
    writer.put(&[match welcome.attach {
        Attach::Exact => 0,
        Attach::Tail => 1,
        Attach::Reanchor => 2,
    }]);
    writer.put(&welcome.known_since.to_be_bytes());
    long(writer, welcome.input);
    long(writer, welcome.limit);
}

fn state(writer: &mut Writer<'_>, status: Status, age: Duration) {
    let (state, detail) = match status {
        Status::Running => (0, 0),
        Status::Idle(reason) => (1, reason_number(reason)),
        Status::Exited(Exit::Code(code)) => (2, code),
        Status::Exited(Exit::Signal(signal)) => (3, signal),
    };
    writer.put(&[state]);
    writer.put(&detail.to_be_bytes());
    long(writer, age.as_micros());
}

const fn reason_number(reason: Reason) -> i32 {
    match reason {
        Reason::NeverActive => 0,
        Reason::Quiet => 1,
        Reason::Repainting => 2,
        Reason::AtPrompt => 3,
        Reason::AwaitingInput => 4,
        Reason::Bell => 5,
    }
}

const fn flag(role: Role) -> u8 {
    match role {
        Role::Viewer => 0,
        Role::Controller => 1,
    }
}

fn size(writer: &mut Writer<'_>, columns: u16, rows: u16) {
    writer.put(&columns.to_be_bytes());
    writer.put(&rows.to_be_bytes());
}

fn long(writer: &mut Writer<'_>, number: u64) {
    writer.put(&number.to_be_bytes());
}

/// Bytes behind their length, of which the bounds have been checked.
fn short(writer: &mut Writer<'_>, bytes: &[u8]) {
    writer.put(&[bytes.len() as u8]);
    writer.put(bytes);
}
