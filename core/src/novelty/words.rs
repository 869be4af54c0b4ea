//! Words painted recently, as one-byte fingerprints.

use super::Output;

/// Sets of fingerprints; a power of two.
const SETS: usize = 128;
/// Characters of a word that are looked at as one.
const PIECE: u8 = 16;
/// Spreads four bytes over a word (the multiplier of rustc's FxHash on 32 bits).
const SPREAD: u32 = 0x9E37_79B9;
/// Spreads a word over its highest bits (a multiplier of MurmurHash3).
const MIX: u32 = 0x85EB_CA6B;
const EACH: u32 = 0x0101_0101;
const HIGH: u32 = 0x8080_8080;

/// A set-associative memory: each set holds its last four fingerprints, latest lowest. 0 is none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Words {
    sets: [u32; SETS],
    word: Word,
}

/// The word that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Word {
    hash: u32,
    /// Its last bytes, fewer than four, which are not in the hash yet; the first is the lowest.
    open: u32,
    /// Bits of `open` that are taken: a multiple of eight.
    bits: u8,
    /// Its characters so far.
    len: u8,
    /// Those of them that an earlier output had, and that were judged with it.
    judged: u8,
    painted: bool,
    /// The last character was a digit.
    digit: bool,
}

impl Words {
    pub(super) const fn new() -> Self {
        Self { sets: [0; SETS], word: Word::NONE }
    }

    pub(super) fn text(&mut self, text: &str, painted: bool, fold_digits: bool, tally: &mut Output) {
        let mut word = Word { painted, ..self.word };
        let mut count = text.len();
        let mut rest = text.as_bytes();
        loop {
            if word.is_even()
                && !fold_digits
                && let Some(four) = rest.first_chunk()
            {
                let four = u32::from_le_bytes(*four);
                // Blanks and controls by the borrow of a subtraction, and what is not ASCII.
                let stops = (four.wrapping_sub(EACH * 0x21) | four) & HIGH;
                let bits = stops.trailing_zeros() & 0x38;
                if bits > 0 && word.len < PIECE {
                    rest = rest.get(bits as usize / 8..).unwrap_or(&[]);
                    word.take_ascii(four, bits);
                    if bits == 32 {
                        continue;
                    }
                }
            }
            let Some((&byte, after)) = rest.split_first() else { break };
            rest = after;
            if byte == b' ' {
                word.end(&mut self.sets, tally);
                continue;
            }
            if is_continuation(byte) {
                count -= 1;
            } else {
                if word.len == PIECE {
                    word.end(&mut self.sets, tally);
                }
                word.len += 1;
            }
            word.take(byte, fold_digits);
        }
        self.word = word;
        tally.count(u32::try_from(count).unwrap_or(u32::MAX), painted);
    }

    /// The open word ends here.
    pub(super) fn end(&mut self, tally: &mut Output) {
        self.word.end(&mut self.sets, tally);
    }

    /// Judges the open word as it stands; it may go on.
    pub(super) fn look(&mut self, tally: &mut Output) {
        self.word.look(&mut self.sets, tally);
    }
}

/// Whether the fingerprint is in its set; it is the latest there afterwards.
#[inline(never)]
fn remember(sets: &mut [u32; SETS], fingerprint: u32) -> bool {
    let tag = (fingerprint >> 24).max(1);
    let Some(set) = sets.get_mut((fingerprint >> 17) as usize % SETS) else { return false };
    let others = *set ^ (EACH * tag);
    let equal = others.wrapping_sub(EACH) & !others & HIGH;
    // Those above its place stay, or above the last, which goes.
    let place = if equal == 0 { 24 } else { equal.trailing_zeros() & 0x18 };
    let below = !(u32::MAX << place);
    let above = !(below << 8 | 0xFF);
    *set = (*set & above) | (*set & below) << 8 | tag;
    equal != 0
}

impl Word {
    const NONE: Self = Self { hash: 0, open: 0, bits: 0, len: 0, judged: 0, painted: false, digit: false };

    /// Whether four characters of one byte each may follow at once.
    fn is_even(&self) -> bool {
        (self.bits | self.len & 3) == 0
    }

    /// The first characters of `four`, so many bits of them.
    fn take_ascii(&mut self, four: u32, bits: u32) {
        if bits == 32 {
            self.fold(four);
        } else {
            self.open = four & !(u32::MAX << bits);
            self.bits = bits as u8;
        }
        self.len += (bits / 8) as u8;
    }

    #[inline(always)] // the word stays in registers
    fn end(&mut self, sets: &mut [u32; SETS], tally: &mut Output) {
        self.look(sets, tally);
        *self = Self { painted: self.painted, ..Self::NONE };
    }

    #[inline(always)]
    fn look(&mut self, sets: &mut [u32; SETS], tally: &mut Output) {
        if self.len == 0 {
            return;
        }
        let known = remember(sets, self.fingerprint());
        if self.painted && !known {
            let fresh = self.len.saturating_sub(self.judged);
            tally.novel = tally.novel.saturating_add(u32::from(fresh));
        }
        self.judged = self.len;
    }

    fn take(&mut self, byte: u8, fold_digits: bool) {
        let digit = fold_digits && byte.is_ascii_digit();
        if !(digit && self.digit) {
            let byte = if digit { b'0' } else { byte };
            self.open |= u32::from(byte).wrapping_shl(self.bits.into());
            self.bits += 8;
            if self.bits == 32 {
                self.fold(self.open);
                (self.open, self.bits) = (0, 0);
            }
        }
        self.digit = digit;
    }

    fn fold(&mut self, four: u32) {
        self.hash = (self.hash.rotate_left(5) ^ four).wrapping_mul(SPREAD);
    }

    /// The hash of all of it, best in its highest bits.
    fn fingerprint(mut self) -> u32 {
        self.fold(self.open);
        (self.hash ^ (self.hash >> 16)).wrapping_mul(MIX)
    }
}

impl Output {
    /// `count` characters were written.
    fn count(&mut self, count: u32, painted: bool) {
        self.visible = self.visible.saturating_add(count);
        if painted {
            self.painted = self.painted.saturating_add(count);
        } else {
            self.appended = self.appended.saturating_add(count);
            self.novel = self.novel.saturating_add(count);
        }
    }
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}
