//! AVX2: thirty-two bytes a register, two of those a block.
//!
//! SAFETY, for every block here: see the head of `simd/mod.rs`.

use super::{BLOCK, Isa, Task, ssse3::compact128};
use core::arch::x86_64::*;

cpufeatures::new!(avx2_cpu, "avx2", "bmi1", "bmi2", "popcnt");

/// AVX2 with BMI1, BMI2 and POPCNT.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) struct Avx2(());

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
