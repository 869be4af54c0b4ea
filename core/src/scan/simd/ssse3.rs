//! SSSE3: sixteen bytes a register, four of those a block.
//!
//! SAFETY, for every block here: see the head of `simd/mod.rs`.

use super::{BLOCK, Isa, Task};
use core::arch::x86_64::*;

cpufeatures::new!(ssse3_cpu, "ssse3");

/// SSSE3, for its byte shuffle.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) struct Ssse3(());

impl Ssse3 {
    /// The proof, if the processor has it.
    #[inline]
    pub(crate) fn detect() -> Option<Self> {
        ssse3_cpu::get().then_some(Self(()))
    }

    /// Does `task` in code compiled for these instructions.
    pub(crate) fn run<T: Task>(self, task: T) -> T::Output {
        #[target_feature(enable = "ssse3")]
        fn inner<T: Task>(isa: Ssse3, task: T) -> T::Output {
            task.blocks(isa)
        }
        // SAFETY: `self` proves that the processor has these instructions.
        unsafe { inner(self, task) }
    }
}

impl Isa for Ssse3 {
    type Vector = [__m128i; 4];

    #[inline(always)]
    fn load(self, block: &[u8; BLOCK]) -> Self::Vector {
        let at = block.as_ptr().cast::<__m128i>();
        // SAFETY: four times sixteen bytes are the block.
        unsafe {
            [
                _mm_loadu_si128(at),
                _mm_loadu_si128(at.add(1)),
                _mm_loadu_si128(at.add(2)),
                _mm_loadu_si128(at.add(3)),
            ]
        }
    }

    #[inline(always)]
    fn store(self, [a, b, c, d]: Self::Vector, out: &mut [u8; BLOCK]) {
        let at = out.as_mut_ptr().cast::<__m128i>();
        // SAFETY: four times sixteen bytes are the block.
        unsafe {
            _mm_storeu_si128(at, a);
            _mm_storeu_si128(at.add(1), b);
            _mm_storeu_si128(at.add(2), c);
            _mm_storeu_si128(at.add(3), d);
        }
    }

    #[inline(always)]
    fn unprintable(self, vector: Self::Vector) -> u64 {
        // SAFETY: SSE2 is part of x86-64.
        mask128(
            vector,
            #[inline(always)]
            |v| unsafe { _mm_cmplt_epi8(_mm_add_epi8(v, _mm_set1_epi8(1)), _mm_set1_epi8(0x21)) },
        )
    }

    #[inline(always)]
    fn layout(self, vector: Self::Vector) -> u64 {
        // SAFETY: SSE2 is part of x86-64.
        mask128(
            vector,
            #[inline(always)]
            |v| unsafe {
                let from = _mm_sub_epi8(v, _mm_set1_epi8(9));
                let tab_or_newline = _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8(1)), from);
                _mm_or_si128(tab_or_newline, _mm_cmpeq_epi8(v, _mm_set1_epi8(13)))
            },
        )
    }

    #[inline(always)]
    fn continuation(self, vector: Self::Vector) -> u64 {
        // SAFETY: SSE2 is part of x86-64.
        mask128(
            vector,
            #[inline(always)]
            |v| unsafe { _mm_cmplt_epi8(v, _mm_set1_epi8(-64)) },
        )
    }

    #[inline(always)]
    fn high_from(self, vector: Self::Vector, byte: u8) -> u64 {
        // SAFETY: SSE2 is part of x86-64.
        mask128(
            vector,
            #[inline(always)]
            |v| unsafe { _mm_cmpgt_epi8(v, _mm_set1_epi8(byte.cast_signed() - 1)) },
        )
    }

    #[inline(always)]
    fn suspect(self, vector: Self::Vector) -> u64 {
        // SAFETY: SSE2 is part of x86-64.
        mask128(
            vector,
            #[inline(always)]
            |v| unsafe {
                let equal = |byte: i8| _mm_cmpeq_epi8(v, _mm_set1_epi8(byte));
                let from = _mm_sub_epi8(v, _mm_set1_epi8(-64));
                let c0_to_c2 = _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8(2)), from);
                let from = _mm_sub_epi8(v, _mm_set1_epi8(-12));
                let f4_to_ff = _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8(11)), from);
                let single = _mm_or_si128(equal(-32), _mm_or_si128(equal(-19), equal(-16)));
                _mm_or_si128(single, _mm_or_si128(c0_to_c2, f4_to_ff))
            },
        )
    }

    #[inline(always)]
    fn high(self, vector: Self::Vector) -> u64 {
        mask128(
            vector,
            #[inline(always)]
            |v| v,
        )
    }

    #[inline(always)]
    fn equal(self, vector: Self::Vector, byte: u8) -> u64 {
        // SAFETY: SSE2 is there, see the head of the file.
        mask128(
            vector,
            #[inline(always)]
            |v| unsafe { _mm_cmpeq_epi8(v, _mm_set1_epi8(byte.cast_signed())) },
        )
    }

    #[inline(always)]
    fn range(self, vector: Self::Vector, low: u8, high: u8) -> u64 {
        mask128(
            vector,
            #[inline(always)]
            |v| {
                // SAFETY: SSE2 is there, see the head of the file.
                unsafe {
                    let from = _mm_sub_epi8(v, _mm_set1_epi8(low.cast_signed()));
                    _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8((high - low).cast_signed())), from)
                }
            },
        )
    }

    #[inline(always)]
    fn compact(self, vector: Self::Vector, keep: u64, out: &mut [u8; BLOCK]) {
        // SAFETY: `self` proves SSSE3.
        unsafe { compact128(vector, keep, out) }
    }
}

/// Packs each half of a quarter with one shuffle and stores it behind what is there.
#[inline(always)]
pub(super) unsafe fn compact128(quarters: [__m128i; 4], mut keep: u64, out: &mut [u8; BLOCK]) {
    let at = out.as_mut_ptr();
    let mut written = 0;
    for quarter in quarters {
        // SAFETY: the caller has SSSE3. Each store is eight bytes at an offset that is the number of ones
        // in at most seven bytes of `keep`, so at most 56. SHUFFLE has an entry for each byte.
        unsafe {
            let first = usize::from(keep as u8);
            let second = usize::from((keep >> 8) as u8);
            let order = _mm_set_epi64x(SHUFFLE[second].cast_signed(), SHUFFLE[first].cast_signed());
            let order = _mm_or_si128(order, _mm_set_epi64x(0x0808_0808_0808_0808, 0));
            let packed = _mm_castsi128_pd(_mm_shuffle_epi8(quarter, order));
            _mm_storel_pd(at.add(written).cast(), packed);
            written += usize::from(ONES[first]);
            _mm_storeh_pd(at.add(written).cast(), packed);
            written += usize::from(ONES[second]);
            keep >>= 16;
        }
    }
}

/// The sign bits of what `flags` makes of each quarter.
#[inline(always)]
fn mask128(vector: [__m128i; 4], flags: impl Fn(__m128i) -> __m128i) -> u64 {
    // SAFETY: SSE2 is part of x86-64.
    let [a, b, c, d] = vector.map(|v| u64::from(unsafe { _mm_movemask_epi8(flags(v)) }.cast_unsigned()));
    a | b << 16 | c << 32 | d << 48
}

/// For each byte of a keep mask: the indices of its set bits, in order.
static SHUFFLE: [u64; 256] = {
    let mut table = [0; 256];
    let mut mask = 0;
    while mask < 256 {
        let (mut bit, mut to) = (0, 0);
        while bit < 8 {
            if mask >> bit & 1 == 1 {
                table[mask] |= (bit as u64) << (to * 8);
                to += 1;
            }
            bit += 1;
        }
        mask += 1;
    }
    table
};
/// The number of ones in each byte: POPCNT is not certain where SSSE3 is.
static ONES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).count_ones() as u8;
        byte += 1;
    }
    table
};
