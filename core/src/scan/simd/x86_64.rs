//! SSSE3, AVX2 and AVX-512.
//!
//! SAFETY, for every block here: an intrinsic is sound when the processor has its instructions, which
//! `self` proves (it is made only by asking the processor), and
//! when its pointers are good for the bytes it touches: all come from references to arrays, unaligned
//! loads and stores are used throughout, and each offset is argued where it is not a constant.

use super::{BLOCK, Isa, Task};
use core::arch::x86_64::*;

cpufeatures::new!(ssse3_cpu, "ssse3");
cpufeatures::new!(avx2_cpu, "avx2", "bmi1", "bmi2", "popcnt");
cpufeatures::new!(
    avx512_cpu,
    "avx2",
    "bmi1",
    "bmi2",
    "popcnt",
    "avx512f",
    "avx512bw",
    "avx512vbmi",
    "avx512vbmi2"
);

/// SSSE3, for its byte shuffle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ssse3(());

/// AVX2 with BMI1, BMI2 and POPCNT.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

/// AVX-512 with the byte permutations of VBMI and VBMI2.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(());

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

impl Avx2 {
    /// The proof, if the processor has it.
    #[inline]
    pub(crate) fn detect() -> Option<Self> {
        avx2_cpu::get().then_some(Self(()))
    }

    /// Does `task` in code compiled for these instructions.
    pub(crate) fn run<T: Task>(self, task: T) -> T::Output {
        #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
        fn inner<T: Task>(isa: Avx2, task: T) -> T::Output {
            task.blocks(isa)
        }
        // SAFETY: `self` proves that the processor has these instructions.
        unsafe { inner(self, task) }
    }
}

impl Avx512 {
    /// The proof, if the processor has it.
    #[inline]
    pub(crate) fn detect() -> Option<Self> {
        avx512_cpu::get().then_some(Self(()))
    }

    /// Does `task` in code compiled for these instructions.
    pub(crate) fn run<T: Task>(self, task: T) -> T::Output {
        #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,avx512f,avx512bw,avx512vbmi,avx512vbmi2")]
        fn inner<T: Task>(isa: Avx512, task: T) -> T::Output {
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
unsafe fn compact128(quarters: [__m128i; 4], mut keep: u64, out: &mut [u8; BLOCK]) {
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

impl Isa for Avx2 {
    type Vector = [__m256i; 2];

    #[inline(always)]
    fn load(self, block: &[u8; BLOCK]) -> Self::Vector {
        let at = block.as_ptr().cast::<__m256i>();
        // SAFETY: twice thirty-two bytes are the block.
        unsafe { [_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))] }
    }

    #[inline(always)]
    fn store(self, [a, b]: Self::Vector, out: &mut [u8; BLOCK]) {
        let at = out.as_mut_ptr().cast::<__m256i>();
        // SAFETY: twice thirty-two bytes are the block.
        unsafe {
            _mm256_storeu_si256(at, a);
            _mm256_storeu_si256(at.add(1), b);
        }
    }

    #[inline(always)]
    fn unprintable(self, vector: Self::Vector) -> u64 {
        // SAFETY: `self` proves AVX2.
        self.mask(
            vector,
            #[inline(always)]
            |v| unsafe { _mm256_cmpgt_epi8(_mm256_set1_epi8(0x21), _mm256_add_epi8(v, _mm256_set1_epi8(1))) },
        )
    }

    #[inline(always)]
    fn layout(self, vector: Self::Vector) -> u64 {
        // SAFETY: `self` proves AVX2.
        self.mask(
            vector,
            #[inline(always)]
            |v| unsafe {
                // The lookup gives back tab, newline and return, and for every other byte something else.
                let table = _mm_setr_epi8(1, -1, -1, -1, -1, -1, -1, -1, -1, 9, 10, -1, -1, 13, -1, -1);
                _mm256_cmpeq_epi8(_mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), v), v)
            },
        )
    }

    #[inline(always)]
    fn continuation(self, vector: Self::Vector) -> u64 {
        // SAFETY: `self` proves AVX2.
        self.mask(
            vector,
            #[inline(always)]
            |v| unsafe { _mm256_cmpgt_epi8(_mm256_set1_epi8(-64), v) },
        )
    }

    #[inline(always)]
    fn high_from(self, vector: Self::Vector, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX2.
        self.mask(
            vector,
            #[inline(always)]
            |v| unsafe { _mm256_cmpgt_epi8(v, _mm256_set1_epi8(byte.cast_signed() - 1)) },
        )
    }

    #[inline(always)]
    fn suspect(self, vector: Self::Vector) -> u64 {
        // SAFETY: `self` proves AVX2.
        !self.mask(
            vector,
            #[inline(always)]
            |v| unsafe { not_suspect(v) },
        )
    }

    #[inline(always)]
    fn high(self, vector: Self::Vector) -> u64 {
        self.mask(
            vector,
            #[inline(always)]
            |v| v,
        )
    }

    #[inline(always)]
    fn equal(self, vector: Self::Vector, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX2.
        self.mask(
            vector,
            #[inline(always)]
            |v| unsafe { _mm256_cmpeq_epi8(v, _mm256_set1_epi8(byte.cast_signed())) },
        )
    }

    #[inline(always)]
    fn range(self, vector: Self::Vector, low: u8, high: u8) -> u64 {
        // SAFETY: `self` proves AVX2.
        self.mask(
            vector,
            #[inline(always)]
            |v| unsafe {
                let from = _mm256_sub_epi8(v, _mm256_set1_epi8(low.cast_signed()));
                _mm256_cmpeq_epi8(_mm256_min_epu8(from, _mm256_set1_epi8((high - low).cast_signed())), from)
            },
        )
    }

    #[inline(always)]
    fn compact(self, [low, high]: Self::Vector, keep: u64, out: &mut [u8; BLOCK]) {
        // SAFETY: `self` proves AVX2, which includes SSSE3.
        unsafe {
            let quarters = [
                _mm256_castsi256_si128(low),
                _mm256_extracti128_si256::<1>(low),
                _mm256_castsi256_si128(high),
                _mm256_extracti128_si256::<1>(high),
            ];
            compact128(quarters, keep, out);
        }
    }
}

impl Avx2 {
    /// The sign bits of what `flags` makes of each half.
    #[inline(always)]
    fn mask(self, [a, b]: [__m256i; 2], flags: impl Fn(__m256i) -> __m256i) -> u64 {
        // SAFETY: `self` proves AVX2.
        let (a, b) = unsafe { (_mm256_movemask_epi8(flags(a)), _mm256_movemask_epi8(flags(b))) };
        u64::from(a.cast_unsigned()) | u64::from(b.cast_unsigned()) << 32
    }
}

/// All ones in each byte that is not [`Isa::suspect`].
#[inline(always)]
unsafe fn not_suspect(v: __m256i) -> __m256i {
    // SAFETY: the caller has AVX2.
    unsafe {
        // One bit for each of C, E and F as upper half; the lower halves that make them suspect.
        let upper = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 4);
        let lower = _mm_setr_epi8(7, 1, 1, 0, 4, 4, 4, 4, 4, 4, 4, 4, 4, 6, 4, 4);
        let nibble = _mm256_set1_epi8(0x0F);
        let high_half = _mm256_and_si256(_mm256_srli_epi16::<4>(v), nibble);
        let upper = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(upper), high_half);
        let lower = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(lower), _mm256_and_si256(v, nibble));
        _mm256_cmpeq_epi8(_mm256_and_si256(upper, lower), _mm256_setzero_si256())
    }
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

impl Isa for Avx512 {
    type Vector = __m512i;

    #[inline(always)]
    fn load(self, block: &[u8; BLOCK]) -> __m512i {
        // SAFETY: sixty-four bytes are the block.
        unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(self, vector: __m512i, out: &mut [u8; BLOCK]) {
        // SAFETY: sixty-four bytes are the block.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), vector) }
    }

    #[inline(always)]
    fn unprintable(self, v: __m512i) -> u64 {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe { _mm512_cmplt_epi8_mask(_mm512_add_epi8(v, _mm512_set1_epi8(1)), _mm512_set1_epi8(0x21)) }
    }

    #[inline(always)]
    fn layout(self, v: __m512i) -> u64 {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe {
            let table = _mm_setr_epi8(1, -1, -1, -1, -1, -1, -1, -1, -1, 9, 10, -1, -1, 13, -1, -1);
            _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(_mm512_broadcast_i32x4(table), v), v)
        }
    }

    #[inline(always)]
    fn continuation(self, v: __m512i) -> u64 {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe { _mm512_cmplt_epi8_mask(v, _mm512_set1_epi8(-64)) }
    }

    #[inline(always)]
    fn high_from(self, v: __m512i, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe { _mm512_cmpge_epu8_mask(v, _mm512_set1_epi8(byte.cast_signed())) }
    }

    #[inline(always)]
    fn suspect(self, v: __m512i) -> u64 {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe {
            // One bit for each of C, E and F as upper half; the lower halves that make them suspect.
            let upper = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 4);
            let lower = _mm_setr_epi8(7, 1, 1, 0, 4, 4, 4, 4, 4, 4, 4, 4, 4, 6, 4, 4);
            let nibble = _mm512_set1_epi8(0x0F);
            let high_half = _mm512_and_si512(_mm512_srli_epi16::<4>(v), nibble);
            let upper = _mm512_shuffle_epi8(_mm512_broadcast_i32x4(upper), high_half);
            let lower = _mm512_shuffle_epi8(_mm512_broadcast_i32x4(lower), _mm512_and_si512(v, nibble));
            _mm512_test_epi8_mask(upper, lower)
        }
    }

    #[inline(always)]
    fn high(self, v: __m512i) -> u64 {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe { _mm512_movepi8_mask(v) }
    }

    #[inline(always)]
    fn equal(self, v: __m512i, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe { _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(byte.cast_signed())) }
    }

    #[inline(always)]
    fn range(self, v: __m512i, low: u8, high: u8) -> u64 {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe {
            let from = _mm512_sub_epi8(v, _mm512_set1_epi8(low.cast_signed()));
            _mm512_cmple_epu8_mask(from, _mm512_set1_epi8((high - low).cast_signed()))
        }
    }

    #[inline(always)]
    fn compact(self, v: __m512i, keep: u64, out: &mut [u8; BLOCK]) {
        // SAFETY: `self` proves VBMI2; sixty-four bytes are the block.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), _mm512_maskz_compress_epi8(keep, v)) }
    }
}
