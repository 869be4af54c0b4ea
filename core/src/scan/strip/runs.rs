//! Stripping without copying: the text as slices of the input.

use core::ops::Deref;

use super::super::machine::{Encoding, Event, Machine, State};
use super::super::simd::{BLOCK, Isa, Task};
use super::block::characters;
use super::scalar::{self, Output};
use super::{Invalid, Stripper};

/// A piece of text: a slice of the input, or the few bytes that are none. It is never empty.
#[derive(Clone, Copy, Debug)]
pub enum Run<'i> {
    /// Text as it stands in the input.
    Borrowed(&'i [u8]),
    /// A character that was cut by the border of two inputs, or what replaces invalid UTF-8.
    Owned(Short),
}

/// At most four bytes.
#[derive(Clone, Copy, Debug)]
pub struct Short {
    bytes: [u8; Stripper::MIN_OUTPUT],
    len: u8,
}

impl Deref for Run<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Owned(short) => short.bytes.get(..usize::from(short.len)).unwrap_or(&[]),
        }
    }
}

/// The text of one input: see [`Stripper::runs`].
#[derive(Debug)]
pub struct Runs<'s, 'i> {
    stripper: &'s mut Stripper,
    rest: &'i [u8],
}

impl<'s, 'i> Runs<'s, 'i> {
    pub(super) fn new(stripper: &'s mut Stripper, input: &'i [u8]) -> Self {
        Self { stripper, rest: input }
    }

    fn advance(&mut self, by: usize) -> &'i [u8] {
        let (done, rest) = self.rest.split_at_checked(by).unwrap_or((self.rest, &[]));
        self.rest = rest;
        done
    }

    /// Goes over what surely makes no text: the parameters of a control sequence, the body of a string.
    fn skip(&mut self) {
        let machine = &self.stripper.machine;
        if !machine.pending().is_empty() {
            return;
        }
        let skipped = match machine.state {
            State::Csi => self.rest.iter().take_while(|byte| (0x20..=0x3F).contains(*byte)).count(),
            State::String(_) if machine.encoding == Encoding::Utf8 => {
                let dull = |byte: &&u8| !matches!(byte, 0x07 | 0x18 | 0x1A | 0x1B | 0xC2);
                self.rest.iter().take_while(dull).count()
            }
            _ => 0,
        };
        self.advance(skipped);
    }
}

impl<'i> Iterator for Runs<'_, 'i> {
    type Item = Run<'i>;

    fn next(&mut self) -> Option<Run<'i>> {
        loop {
            if self.stripper.is_ground() && !self.stripper.lone_c2 {
                let text = self.stripper.engine.run(Prefix { stripper: self.stripper, input: self.rest });
                if text > 0 {
                    return Some(Run::Borrowed(self.advance(text)));
                }
            }
            let (first, _) = self.rest.split_first()?;
            let mut bytes = [0; Stripper::MIN_OUTPUT];
            let mut out = Output { bytes: &mut bytes, written: 0 };
            let consumed = scalar::advance_one(self.stripper, *first, &mut out);
            let len = out.written as u8;
            self.advance(usize::from(consumed));
            self.skip();
            if len > 0 {
                return Some(Run::Owned(Short { bytes, len }));
            }
        }
    }
}

impl Drop for Runs<'_, '_> {
    /// Takes the rest of the input, so that the state is right for the next.
    fn drop(&mut self) {
        for _ in self {}
    }
}

/// How many bytes at the start of `input` are whole characters that stay, seen from Ground.
struct Prefix<'a> {
    stripper: &'a Stripper,
    input: &'a [u8],
}

impl Task for Prefix<'_> {
    type Output = usize;

    #[inline(always)]
    fn blocks<I: Isa>(self, isa: I) -> usize {
        match (self.stripper.machine.encoding, self.stripper.invalid) {
            (Encoding::EightBit, _) => self.scalar(),
            (Encoding::Utf8, Invalid::Keep) => prefix::<I, true>(isa, self.input),
            (Encoding::Utf8, _) => prefix::<I, false>(isa, self.input),
        }
    }

    fn scalar(self) -> usize {
        by_bytes(Machine::new(self.stripper.machine.encoding), self.input)
    }
}

#[inline(always)]
fn prefix<I: Isa, const KEEP: bool>(isa: I, input: &[u8]) -> usize {
    let (mut read, mut expect) = (0, 0);
    for block in input.as_chunks::<BLOCK>().0 {
        let v = isa.load(block);
        if expect != 0 || !isa.is_plain(v) {
            let high = isa.high(v);
            let stop = isa.unprintable(v) & !isa.layout(v) & !high;
            // What is behind the first control is not looked at here, but has to be fine all the same.
            let before = stop.wrapping_sub(1) & !stop;
            match characters::<I, KEEP>(isa, v, high & before, 1, expect) {
                Some((more, false)) if stop == 0 => expect = more,
                Some((_, false)) => return read + stop.trailing_zeros() as usize,
                _ => return whole(input, read, expect) + by_bytes_after(input, read, expect),
            }
        }
        read += BLOCK;
    }
    whole(input, read, expect) + by_bytes_after(input, read, expect)
}

/// `read` less what is there of a character that is not whole.
#[inline(always)]
fn whole(input: &[u8], read: usize, expect: u64) -> usize {
    if expect == 0 {
        return read;
    }
    let begun = input.get(..read).unwrap_or(&[]);
    read - 1 - begun.iter().rev().take_while(|byte| **byte < 0xC0).count()
}

/// The prefix of the next few bytes, one by one.
#[inline(always)]
fn by_bytes_after(input: &[u8], read: usize, expect: u64) -> usize {
    let rest = input.get(whole(input, read, expect)..).unwrap_or(&[]);
    by_bytes(Machine::new(Encoding::Utf8), rest.get(..2 * BLOCK).unwrap_or(rest))
}

fn by_bytes(mut machine: Machine, input: &[u8]) -> usize {
    let mut whole = 0;
    for (index, &byte) in input.iter().enumerate() {
        if machine.breaks_pending(byte) {
            break;
        }
        match machine.step(byte) {
            Event::Print if byte < 0x80 || machine.encoding == Encoding::Utf8 => {
                machine.clear_pending();
                whole = index + 1;
            }
            Event::Execute(b'\t' | b'\n' | b'\r') => whole = index + 1,
            Event::None if machine.state == State::Ground => {}
            _ => break,
        }
    }
    whole
}
