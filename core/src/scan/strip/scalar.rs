//! A byte at a time: the whole of stripping on a microcontroller, and what the block engine falls back
//! on for anything out of the ordinary.

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
    for (index, &byte) in input.iter().enumerate() {
        if index >= least && stripper.machine.pending().is_empty() && !stripper.lone_c2 {
            return index;
        }
        if !step(stripper, byte, out) {
            return index;
        }
    }
    input.len()
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
