//! A byte at a time: the whole of stripping on a microcontroller, and what the block engine falls back
//! on for anything out of the ordinary.

use super::super::find::{self, WORD};
use super::super::machine::{Encoding, Event, State};
use super::{Invalid, Stripped, Stripper};

const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// A cursor over the caller's output.
pub(super) struct Output<'o> {
    pub(super) bytes: &'o mut [u8],
    pub(super) written: usize,
}

impl Output<'_> {
    /// Appends all of `bytes`, or nothing and returns false.
    #[inline]
    fn push(&mut self, bytes: &[u8]) -> bool {
        let end = self.written + bytes.len();
        match self.bytes.get_mut(self.written..end) {
            Some(room) => {
                for (to, from) in room.iter_mut().zip(bytes) {
                    *to = *from;
                }
                self.written = end;
                true
            }
            None => false,
        }
    }
}

/// Takes bytes from `input` until at least `least` are consumed and the block engine could go on,
/// or the output is full. Returns how many were consumed.
pub(super) fn advance(stripper: &mut Stripper, input: &[u8], least: usize, out: &mut Output<'_>) -> usize {
    let mut rest = input;
    loop {
        let read = input.len() - rest.len();
        if read >= least && stripper.machine.pending().is_empty() && !stripper.lone_c2 {
            return read;
        }
        if stripper.is_ground() && !stripper.lone_c2 {
            let (part, beyond) = rest.split_at_checked(least.saturating_sub(read)).unwrap_or((rest, &[]));
            let left = coloured(stripper.machine.encoding, part, out).len() + beyond.len();
            rest = rest.get(rest.len() - left..).unwrap_or(&[]);
            if let [0x1B, sequence @ ..] = rest
                && let Some(after) = escape(stripper.machine.encoding, sequence)
            {
                rest = after;
                continue;
            }
        } else if let State::String(_) = stripper.machine.state
            && stripper.machine.encoding == Encoding::Utf8
            && stripper.machine.pending().is_empty()
        {
            let part = rest.get(..least.saturating_sub(read)).unwrap_or(rest);
            rest = rest.get(dull(part)..).unwrap_or(&[]);
        }
        match rest.split_first() {
            Some((&byte, after)) if step(stripper, byte, out) => rest = after,
            _ => return input.len() - rest.len(),
        }
    }
}

/// Copies text with ordinary control sequences in it; returns what follows.
#[inline(always)]
fn coloured<'i>(encoding: Encoding, mut rest: &'i [u8], out: &mut Output<'_>) -> &'i [u8] {
    loop {
        rest = text(encoding, rest, out);
        let [0x1B, b'[', body @ ..] = rest else { return rest };
        let [0x40..=0x7E, after @ ..] = body.get(find::parameters_end(body)..).unwrap_or(&[]) else {
            return rest;
        };
        rest = after;
    }
}

/// Copies whole characters that stay, a register at a time where they are ASCII; returns what follows.
#[inline]
fn text<'i>(encoding: Encoding, mut rest: &'i [u8], out: &mut Output<'_>) -> &'i [u8] {
    loop {
        while let Some((word, after)) = rest.split_first_chunk::<WORD>()
            && let Some(room) =
                out.bytes.get_mut(out.written..).and_then(|room| room.first_chunk_mut::<WORD>())
        {
            *room = *word;
            let plain = find::plain(word);
            out.written += plain;
            if plain < WORD {
                rest = rest.get(plain..).unwrap_or(&[]);
                break;
            }
            rest = after;
        }
        match rest {
            [byte @ (0x20..=0x7E | b'\t' | b'\n' | b'\r'), after @ ..] => {
                if !out.push(&[*byte]) {
                    return rest;
                }
                rest = after;
            }
            [0x80..=0xFF, ..] if encoding == Encoding::Utf8 => {
                let after = characters(rest, out);
                if after.len() == rest.len() {
                    return rest;
                }
                rest = after;
            }
            _ => return rest,
        }
    }
}

/// How many bytes at the start of `bytes` are whole characters that stay: [`text`] without the copy.
#[inline]
pub(super) fn kept(encoding: Encoding, bytes: &[u8]) -> usize {
    let mut rest = bytes;
    loop {
        while let Some((word, after)) = rest.split_first_chunk::<WORD>() {
            let plain = find::plain(word);
            rest = rest.get(plain..).unwrap_or(&[]);
            if plain < WORD {
                break;
            }
            rest = after;
        }
        let len = match rest {
            [0x20..=0x7E | b'\t' | b'\n' | b'\r', ..] => 1,
            [0x80..=0xFF, ..] if encoding == Encoding::Utf8 => character(rest),
            _ => 0,
        };
        match rest.get(len..) {
            Some(after) if len > 0 => rest = after,
            _ => return bytes.len() - rest.len(),
        }
    }
}

/// Copies whole characters beyond ASCII; returns what follows.
#[inline]
fn characters<'i>(mut rest: &'i [u8], out: &mut Output<'_>) -> &'i [u8] {
    loop {
        let len = character(rest);
        let Some((character, after)) = rest.split_at_checked(len).filter(|_| len > 0) else { return rest };
        // Four bytes at once where there is room: what is too much is overwritten.
        if let Some(four) = rest.first_chunk::<4>()
            && let Some(room) = out.bytes.get_mut(out.written..).and_then(|room| room.first_chunk_mut::<4>())
        {
            *room = *four;
            out.written += len;
        } else if !out.push(character) {
            return rest;
        }
        rest = after;
    }
}

/// Length of the character beyond ASCII that `bytes` begin with; zero if it is none, not whole, or a
/// C1 control (Unicode 16, table 3-7).
#[inline]
fn character(bytes: &[u8]) -> usize {
    match *bytes {
        [0xC2, 0xA0..=0xBF, ..] | [0xC3..=0xDF, 0x80..=0xBF, ..] => 2,
        [0xE0, 0xA0..=0xBF, 0x80..=0xBF, ..]
        | [0xE1..=0xEC | 0xEE | 0xEF, 0x80..=0xBF, 0x80..=0xBF, ..]
        | [0xED, 0x80..=0x9F, 0x80..=0xBF, ..] => 3,
        [0xF0, 0x90..=0xBF, 0x80..=0xBF, 0x80..=0xBF, ..]
        | [0xF1..=0xF3, 0x80..=0xBF, 0x80..=0xBF, 0x80..=0xBF, ..]
        | [0xF4, 0x80..=0x8F, 0x80..=0xBF, 0x80..=0xBF, ..] => 4,
        _ => 0,
    }
}

/// What follows the escape sequence that goes on with `bytes`, if it is whole and ordinary.
#[inline]
pub(super) fn escape(encoding: Encoding, bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [b'[', body @ ..] => match body.get(find::parameters_end(body)..)? {
            [0x40..=0x7E, after @ ..] => Some(after),
            _ => None,
        },
        // In an 8-bit stream the string may end earlier, with 0x9C.
        [b']', ..] if encoding == Encoding::EightBit => None,
        [b']', body @ ..] => match body.get(dull(body)..)? {
            [0x07, after @ ..] | [0x1B, b'\\', after @ ..] => Some(after),
            _ => None,
        },
        [b'P' | b'X' | b'^' | b'_', ..] => None,
        [0x30..=0x7E, after @ ..] | [0x20..=0x2F, 0x30..=0x7E, after @ ..] => Some(after),
        _ => None,
    }
}

/// How many bytes at the start of `body` cannot end a control string, nor begin a C1 control.
#[inline]
pub(super) fn dull(body: &[u8]) -> usize {
    let ends = |byte: &u8| matches!(byte, 0x07 | 0x18 | 0x1A | 0x1B | 0xC2);
    let words = body.as_chunks::<16>().0.iter();
    let whole = words.take_while(|word| !word.iter().fold(false, |any, byte| any | ends(byte))).count() * 16;
    let rest = body.get(whole..).unwrap_or(&[]);
    whole + rest.iter().position(ends).unwrap_or(rest.len())
}

/// Takes one byte, or only gives up what it shows to be invalid, if both would write: then it returns
/// false and the byte is to be given again.
pub(super) fn advance_one(stripper: &mut Stripper, byte: u8, out: &mut Output<'_>) -> bool {
    if stripper.machine.breaks_pending(byte) && give_up_pending(stripper, out) && out.written > 0 {
        return false;
    }
    step(stripper, byte, out)
}

/// Takes one byte; false, and nothing lost, if the output has no room for what it makes.
#[inline]
fn step(stripper: &mut Stripper, byte: u8, out: &mut Output<'_>) -> bool {
    if stripper.machine.breaks_pending(byte) && !give_up_pending(stripper, out) {
        return false;
    }
    if out.bytes.len() - out.written < Stripper::MIN_OUTPUT && !fits(stripper, byte, out) {
        return false;
    }
    match stripper.machine.step(byte) {
        Event::Print if byte < 0x80 => {
            out.push(&[byte]);
            stripper.lone_c2 = false;
        }
        Event::Print if stripper.machine.encoding == Encoding::EightBit => foreign(stripper, byte, out),
        Event::Print => {
            out.push(stripper.machine.pending());
            out.push(&[byte]);
            stripper.machine.clear_pending();
            stripper.lone_c2 = false;
        }
        Event::Execute(b'\t' | b'\n' | b'\r') => {
            out.push(&[byte]);
            stripper.lone_c2 = false;
        }
        Event::Invalid => foreign(stripper, byte, out),
        _ => {}
    }
    true
}

/// Whether what `byte` makes has room: asked only when little is left.
#[cold]
fn fits(stripper: &Stripper, byte: u8, out: &Output<'_>) -> bool {
    let mut trial = Stripper { machine: stripper.machine.clone(), ..*stripper };
    let mut scratch = [0; 8];
    let mut scratch = Output { bytes: &mut scratch, written: 0 };
    step(&mut trial, byte, &mut scratch);
    out.written + scratch.written <= out.bytes.len()
}

/// One byte that is no UTF-8.
fn foreign(stripper: &mut Stripper, byte: u8, out: &mut Output<'_>) {
    match stripper.invalid {
        Invalid::Replace => _ = out.push(REPLACEMENT),
        Invalid::Drop => {}
        Invalid::Keep if stripper.lone_c2 && (0x80..=0x9F).contains(&byte) => {}
        Invalid::Keep => {
            out.push(&[byte]);
            stripper.lone_c2 = false;
        }
    }
}

/// The pending bytes turned out to be no character.
fn give_up_pending(stripper: &mut Stripper, out: &mut Output<'_>) -> bool {
    let fits = match stripper.invalid {
        Invalid::Replace => out.push(REPLACEMENT),
        Invalid::Drop => true,
        Invalid::Keep => out.push(stripper.machine.pending()),
    };
    if fits {
        stripper.lone_c2 = stripper.invalid == Invalid::Keep && stripper.machine.pending() == [0xC2];
        stripper.machine.clear_pending();
    }
    fits
}

/// What [`Stripper::finish`] writes.
pub(super) fn finish(stripper: &mut Stripper, out: &mut [u8]) -> usize {
    let mut out = Output { bytes: out, written: 0 };
    if stripper.machine.state == State::Ground && !stripper.machine.pending().is_empty() {
        give_up_pending(stripper, &mut out);
    }
    out.written
}

/// All of `input`, a byte at a time.
pub(super) fn strip(stripper: &mut Stripper, input: &[u8], out: &mut [u8]) -> Stripped {
    let mut out = Output { bytes: out, written: 0 };
    let consumed = advance(stripper, input, input.len(), &mut out);
    Stripped { consumed, written: out.written }
}
