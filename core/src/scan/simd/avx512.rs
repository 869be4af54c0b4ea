//! AVX-512: one register a block, and an instruction that packs it.
//!
//! SAFETY, for every block here: see the head of `simd/mod.rs`.

use super::{BLOCK, Isa, Task};
use core::arch::x86_64::*;

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

/// AVX-512 with the byte permutations of VBMI and VBMI2.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) struct Avx512(());

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
