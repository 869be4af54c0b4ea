//! Words painted recently, as one-byte fingerprints.

use super::Output;

/// Sets of fingerprints; a power of two.
const SETS: usize = 128;
/// Characters of a word that are looked at as one.
const PIECE: u8 = 16;
/// FNV-1a, 32 bits (RFC 9923).
const FNV_OFFSET: u32 = 0x811C_9DC5;
const FNV_PRIME: u32 = 0x0100_0193;

/// A set-associative memory: each set holds its last four fingerprints, latest first. 0 is none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Words {
    sets: [[u8; 4]; SETS],
    word: Word,
}

/// The word that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Word {
    hash: u32,
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
        Self { sets: [[0; 4]; SETS], word: Word::NONE }
    }

    pub(super) fn text(&mut self, text: &str, painted: bool, fold_digits: bool, tally: &mut Output) {
        let count = text.bytes().filter(|&byte| !is_continuation(byte)).count();
        tally.count(u32::try_from(count).unwrap_or(u32::MAX), painted);
        self.word.painted = painted;
        for byte in text.bytes() {
            if byte == b' ' {
                self.end(tally);
                continue;
            }
            if !is_continuation(byte) {
                if self.word.len == PIECE {
                    self.end(tally);
                }
                self.word.len += 1;
            }
            self.word.take(byte, fold_digits);
        }
    }

    /// The open word ends here.
    pub(super) fn end(&mut self, tally: &mut Output) {
        self.look(tally);
        self.word = Word { painted: self.word.painted, ..Word::NONE };
    }

    /// Judges the open word as it stands; it may go on.
    pub(super) fn look(&mut self, tally: &mut Output) {
        if self.word.len == 0 {
            return;
        }
        let known = self.remember(mix(self.word.hash));
        if self.word.painted && !known {
            let fresh = self.word.len.saturating_sub(self.word.judged);
            tally.novel = tally.novel.saturating_add(u32::from(fresh));
        }
        self.word.judged = self.word.len;
    }

    /// Whether the fingerprint was there; it is the latest of its set afterwards.
    fn remember(&mut self, hash: u32) -> bool {
        let tag = (hash >> 24).max(1) as u8;
        let Some(set) = self.sets.get_mut(hash as usize % SETS) else { return false };
        let [a, b, c, d] = *set;
        let (known, next) = match tag {
            _ if tag == a => (true, [a, b, c, d]),
            _ if tag == b => (true, [b, a, c, d]),
            _ if tag == c => (true, [c, a, b, d]),
            _ if tag == d => (true, [d, a, b, c]),
            _ => (false, [tag, a, b, c]),
        };
        *set = next;
        known
    }
}

impl Word {
    const NONE: Self = Self { hash: FNV_OFFSET, len: 0, judged: 0, painted: false, digit: false };

    fn take(&mut self, byte: u8, fold_digits: bool) {
        let digit = fold_digits && byte.is_ascii_digit();
        if !(digit && self.digit) {
            let byte = if digit { b'0' } else { byte };
            self.hash = (self.hash ^ u32::from(byte)).wrapping_mul(FNV_PRIME);
        }
        self.digit = digit;
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

/// Spreads the hash over all bits (the finaliser of MurmurHash3).
fn mix(mut hash: u32) -> u32 {
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85EB_CA6B);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xC2B2_AE35);
    hash ^ (hash >> 16)
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}
