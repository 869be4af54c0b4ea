//! SIMD within a register: eight bytes in a `u64`, eight of those a block. No `unsafe`.

use super::{BLOCK, Isa};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Any processor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

/// 0x80 in each byte of `word` that equals `byte`.
#[inline(always)]
fn equal(word: u64, byte: u8) -> u64 {
    let difference = word ^ (ONES * byte as u64);
    !(((difference & !HIGH) + !HIGH) | difference) & HIGH
}

/// 0x80 in each byte of `word` whose lower seven bits are at least `bound` (1–127).
#[inline(always)]
fn at_least(word: u64, bound: u8) -> u64 {
    ((word & !HIGH) + ONES * (0x80 - bound as u64)) & HIGH
}

/// 0x80 in each byte from `low` to `high`, both below 0x80.
#[inline(always)]
fn between(word: u64, low: u8, high: u8) -> u64 {
    at_least(word, low) & !at_least(word, high + 1) & !word
}

/// The eight 0x80 bits of `flags` as the lower eight bits.
#[inline(always)]
fn gather(flags: u64) -> u64 {
    (flags >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// One bit a byte over the whole block.
#[inline(always)]
fn mask(words: [u64; 8], flags: impl Fn(u64) -> u64) -> u64 {
    let [a, b, c, d, e, f, g, h] = words.map(|word| gather(flags(word)));
    a | b << 8 | c << 16 | d << 24 | e << 32 | f << 40 | g << 48 | h << 56
}

impl Isa for Portable {
    type Vector = [u64; 8];

    #[inline(always)]
    fn load(self, block: &[u8; BLOCK]) -> [u64; 8] {
        let mut words = [0; 8];
        for (word, bytes) in words.iter_mut().zip(block.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        words
    }

    #[inline(always)]
    fn store(self, words: [u64; 8], out: &mut [u8; BLOCK]) {
        for (word, bytes) in words.iter().zip(out.as_chunks_mut::<8>().0) {
            *bytes = word.to_le_bytes();
        }
    }

    #[inline(always)]
    fn unprintable(self, words: [u64; 8]) -> u64 {
        mask(
            words,
            #[inline(always)]
            |word| (!at_least(word, 0x20) | at_least(word, 0x7F) | word) & HIGH,
        )
    }

    #[inline(always)]
    fn layout(self, words: [u64; 8]) -> u64 {
        mask(
            words,
            #[inline(always)]
            |word| between(word, b'\t', b'\n') | equal(word, b'\r'),
        )
    }

    #[inline(always)]
    fn is_plain(self, words: [u64; 8]) -> bool {
        let unplain = |word| {
            let unprintable = !at_least(word, 0x20) | at_least(word, 0x7F) | word;
            unprintable & !(between(word, b'\t', b'\n') | equal(word, b'\r'))
        };
        words.iter().fold(0, |any, &word| any | unplain(word)) & HIGH == 0
    }

    #[inline(always)]
    fn high(self, words: [u64; 8]) -> u64 {
        if words.iter().fold(0, |any, &word| any | word) & HIGH == 0 {
            return 0;
        }
        mask(
            words,
            #[inline(always)]
            |word| word & HIGH,
        )
    }

    #[inline(always)]
    fn continuation(self, words: [u64; 8]) -> u64 {
        mask(
            words,
            #[inline(always)]
            |word| word & !(word << 1) & HIGH,
        )
    }

    #[inline(always)]
    fn high_from(self, words: [u64; 8], byte: u8) -> u64 {
        mask(
            words,
            #[inline(always)]
            |word| at_least(word, byte & 0x7F),
        )
    }

    #[inline(always)]
    fn suspect(self, words: [u64; 8]) -> u64 {
        mask(
            words,
            #[inline(always)]
            |word| {
                let lead = at_least(word, 0x40) & !at_least(word, 0x43) | at_least(word, 0x74);
                (lead & word) | equal(word, 0xE0) | equal(word, 0xED) | equal(word, 0xF0)
            },
        )
    }

    #[inline(always)]
    fn equal(self, words: [u64; 8], byte: u8) -> u64 {
        mask(
            words,
            #[inline(always)]
            |word| equal(word, byte),
        )
    }

    #[inline(always)]
    fn range(self, words: [u64; 8], low: u8, high: u8) -> u64 {
        let side = if low < 0x80 { 0 } else { HIGH };
        let (low, past) = (low & 0x7F, (high & 0x7F) + 1);
        mask(
            words,
            #[inline(always)]
            |word| {
                let from = if low == 0 { HIGH } else { at_least(word, low) };
                let past = if past > 0x7F { 0 } else { at_least(word, past) };
                from & !past & !(word ^ side)
            },
        )
    }

    #[inline(always)]
    fn compact(self, words: [u64; 8], mut keep: u64, out: &mut [u8; BLOCK]) {
        let mut written = 0;
        for word in words {
            let squeeze = &SQUEEZE[usize::from(keep as u8)];
            if let Some(out) = out.get_mut(written..).and_then(|out| out.first_chunk_mut::<8>()) {
                *out = squeeze.apply(word).to_le_bytes();
            }
            written += usize::from(KEPT[usize::from(keep as u8)]);
            keep >>= 8;
        }
    }
}

/// How to move the kept bytes of a word to its low end: zero the others, then move down those that
/// have to by one, by two, by four places (Warren, "Hacker's Delight", 2nd ed., section 7-4, on bytes
/// instead of bits).
#[derive(Clone, Copy)]
struct Squeeze {
    kept: u64,
    by_one: u64,
    by_two: u64,
    by_four: u64,
}

impl Squeeze {
    #[inline(always)]
    fn apply(&self, word: u64) -> u64 {
        let word = word & self.kept;
        let moving = word & self.by_one;
        let word = (word ^ moving) | moving >> 8;
        let moving = word & self.by_two;
        let word = (word ^ moving) | moving >> 16;
        let moving = word & self.by_four;
        (word ^ moving) | moving >> 32
    }

    /// For one byte of a keep mask. Byte `i` moves down by as many places as dropped bytes are below
    /// it, one bit of that number a step; in each step it stands where the steps before moved it.
    const fn of(keep: u8) -> Self {
        let mut steps = [0u64; 3];
        let mut kept_mask = 0;
        let (mut at, mut kept) = (0, 0);
        while at < 8 {
            if keep >> at & 1 == 1 {
                kept_mask |= 0xFF << (at * 8);
                let down = at - kept;
                let (mut place, mut step) = (at, 0);
                while step < 3 {
                    if down >> step & 1 == 1 {
                        steps[step] |= 0xFF << (place * 8);
                        place -= 1 << step;
                    }
                    step += 1;
                }
                kept += 1;
            }
            at += 1;
        }
        Self { kept: kept_mask, by_one: steps[0], by_two: steps[1], by_four: steps[2] }
    }
}

static SQUEEZE: [Squeeze; 256] = {
    let mut table = [Squeeze::of(0); 256];
    let mut keep = 0;
    while keep < 256 {
        table[keep] = Squeeze::of(keep as u8);
        keep += 1;
    }
    table
};

/// The number of ones in each byte: count_ones is a dozen instructions where POPCNT is not certain.
static KEPT: [u8; 256] = {
    let mut table = [0; 256];
    let mut keep = 0;
    while keep < 256 {
        table[keep] = (keep as u8).count_ones() as u8;
        keep += 1;
    }
    table
};
