//! Stripping without copying: the text as slices of the input.

use core::ops::Deref;

use super::super::machine::{Encoding, State};
use super::super::simd::Task;
#[cfg(target_arch = "x86_64")]
use super::super::simd::{BLOCK, Isa};
use super::Stripper;
#[cfg(target_arch = "x86_64")]
use super::block::characters;
use super::scalar::{self, Output};

/// A piece of text: a slice of the input, or the few bytes that are none. It is never empty.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Run<'i> {
    /// Text as it stands in the input.
    Borrowed(&'i [u8]),
    /// A character that was cut by the border of two inputs, or what replaces invalid UTF-8.
    Owned(Short),
}

/// At most four bytes.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
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

    /// How many bytes of text are next. Short runs are not worth a block.
    fn text(&self) -> usize {
        const SHORT: usize = 16;
        let start = self.rest.get(..SHORT).unwrap_or(self.rest);
        let text = scalar::kept(self.stripper.machine.encoding, start);
        match self.rest.get(text) {
            Some(0x00..=0x7F) if text < SHORT => text,
            _ => self.stripper.engine.run(Prefix { stripper: self.stripper, input: self.rest }),
        }
    }

    /// Goes over what surely makes no text: the parameters of a control sequence, the body of a string.
    fn skip(&mut self) {
        let machine = &self.stripper.machine;
        if !machine.pending().is_empty() {
            return;
        }
        let skipped = match machine.state {
            State::Csi => self.rest.iter().take_while(|byte| (0x20..=0x3F).contains(*byte)).count(),
            State::String(_) if machine.encoding == Encoding::Utf8 => scalar::dull(self.rest),
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
                if let [0x1B, sequence @ ..] = self.rest
                    && let Some(after) = scalar::escape(self.stripper.machine.encoding, sequence)
                {
                    self.rest = after;
                    continue;
                }
                let text = self.text();
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

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn blocks<I: Isa>(self, isa: I) -> usize {
        match (self.stripper.machine.encoding, self.stripper.invalid) {
            (Encoding::EightBit, _) => self.scalar(),
            (Encoding::Utf8, super::Invalid::Keep) => prefix::<I, true>(isa, self.input),
            (Encoding::Utf8, _) => prefix::<I, false>(isa, self.input),
        }
    }

    fn scalar(self) -> usize {
        scalar::kept(self.stripper.machine.encoding, self.input)
    }
}

#[cfg(target_arch = "x86_64")]
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
                _ => break,
            }
        }
        read += BLOCK;
    }
    // The rest of it, or as much of a block as is in order, character by character.
    let whole = whole(input, read, expect);
    let rest = input.get(whole..).unwrap_or(&[]);
    whole + scalar::kept(Encoding::Utf8, rest.get(..2 * BLOCK).unwrap_or(rest))
}

/// `read` less what is there of a character that is not whole.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn whole(input: &[u8], read: usize, expect: u64) -> usize {
    if expect == 0 {
        return read;
    }
    let begun = input.get(..read).unwrap_or(&[]);
    read - 1 - begun.iter().rev().take_while(|byte| **byte < 0xC0).count()
}
