//! SSE2, AVX2 and AVX-512.
//!
//! SAFETY, for every block here: an intrinsic is sound when the processor has its instructions, which
//! `self` proves (it is made only by asking the processor, or, for SSE2, exists on every x86-64), and
//! when its pointers are good for the bytes it touches: all come from references to arrays, unaligned
//! loads and stores are used throughout, and each offset is argued where it is not a constant.

use super::{BLOCK, Isa, Task, portable::copy_runs};
use core::arch::x86_64::*;

cpufeatures::new!(avx2_cpu, "avx2", "bmi1", "bmi2", "popcnt");
cpufeatures::new!(avx512_cpu, "avx2", "bmi1", "bmi2", "popcnt", "avx512f", "avx512bw", "avx512vbmi", "avx512vbmi2");

/// Every x86-64.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sse2(());

/// AVX2 with BMI1, BMI2 and POPCNT.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

/// AVX-512 with the byte permutations of VBMI and VBMI2.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(());

impl Sse2 {
    pub(crate) const fn new() -> Self {
        Self(())
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

impl Isa for Sse2 {
    type Vector = [__m128i; 4];

    #[inline(always)]
    fn load(self, block: &[u8; BLOCK]) -> Self::Vector {
        let at = block.as_ptr().cast::<__m128i>();
        // SAFETY: four times sixteen bytes are the block.
        unsafe {
            [_mm_loadu_si128(at), _mm_loadu_si128(at.add(1)), _mm_loadu_si128(at.add(2)), _mm_loadu_si128(at.add(3))]
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
    fn special(self, vector: Self::Vector) -> u64 {
        mask128(vector, |v| {
            // SAFETY: SSE2 is there, see the head of the file.
            unsafe {
                let printable = _mm_cmpgt_epi8(_mm_add_epi8(v, _mm_set1_epi8(1)), _mm_set1_epi8(0x20));
                let tab_or_newline = _mm_cmpeq_epi8(
                    _mm_min_epu8(_mm_sub_epi8(v, _mm_set1_epi8(9)), _mm_set1_epi8(1)),
                    _mm_sub_epi8(v, _mm_set1_epi8(9)),
                );
                let layout = _mm_or_si128(tab_or_newline, _mm_cmpeq_epi8(v, _mm_set1_epi8(13)));
                _mm_andnot_si128(_mm_or_si128(printable, layout), _mm_set1_epi8(-1))
            }
        })
    }

    #[inline(always)]
    fn high(self, vector: Self::Vector) -> u64 {
        mask128(vector, |v| v)
    }

    #[inline(always)]
    fn equal(self, vector: Self::Vector, byte: u8) -> u64 {
        // SAFETY: SSE2 is there, see the head of the file.
        mask128(vector, |v| unsafe { _mm_cmpeq_epi8(v, _mm_set1_epi8(byte.cast_signed())) })
    }

    #[inline(always)]
    fn range(self, vector: Self::Vector, low: u8, high: u8) -> u64 {
        mask128(vector, |v| {
            // SAFETY: SSE2 is there, see the head of the file.
            unsafe {
                let from = _mm_sub_epi8(v, _mm_set1_epi8(low.cast_signed()));
                _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8((high - low).cast_signed())), from)
            }
        })
    }

    #[inline(always)]
    fn compact(self, _vector: Self::Vector, block: &[u8; BLOCK], keep: u64, out: &mut [u8; BLOCK]) {
        copy_runs(block, keep, out);
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
    fn special(self, vector: Self::Vector) -> u64 {
        // SAFETY: `self` proves AVX2.
        !self.mask(vector, |v| unsafe {
            // The lookup gives back tab, newline and return, and for every other byte something else.
            let layout = _mm256_setr_epi8(
                1, -1, -1, -1, -1, -1, -1, -1, -1, 9, 10, -1, -1, 13, -1, -1, //
                1, -1, -1, -1, -1, -1, -1, -1, -1, 9, 10, -1, -1, 13, -1, -1,
            );
            let layout = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(layout, v), v);
            let printable = _mm256_cmpgt_epi8(_mm256_add_epi8(v, _mm256_set1_epi8(1)), _mm256_set1_epi8(0x20));
            _mm256_or_si256(printable, layout)
        })
    }

    #[inline(always)]
    fn high(self, vector: Self::Vector) -> u64 {
        self.mask(vector, |v| v)
    }

    #[inline(always)]
    fn equal(self, vector: Self::Vector, byte: u8) -> u64 {
        // SAFETY: `self` proves AVX2.
        self.mask(vector, |v| unsafe { _mm256_cmpeq_epi8(v, _mm256_set1_epi8(byte.cast_signed())) })
    }

    #[inline(always)]
    fn range(self, vector: Self::Vector, low: u8, high: u8) -> u64 {
        // SAFETY: `self` proves AVX2.
        self.mask(vector, |v| unsafe {
            let from = _mm256_sub_epi8(v, _mm256_set1_epi8(low.cast_signed()));
            _mm256_cmpeq_epi8(_mm256_min_epu8(from, _mm256_set1_epi8((high - low).cast_signed())), from)
        })
    }

    #[inline(always)]
    fn compact(self, vector: Self::Vector, _block: &[u8; BLOCK], keep: u64, out: &mut [u8; BLOCK]) {
        let at = out.as_mut_ptr();
        let mut written = 0;
        let mut keep = keep;
        for half in vector {
            // SAFETY: `self` proves AVX2 and BMI2. Each store is eight bytes at an offset that is the
            // number of bits in at most seven bytes of `keep`, so at most 56.
            unsafe {
                for quarter in [_mm256_castsi256_si128(half), _mm256_extracti128_si256::<1>(half)] {
                    let first = keep as u8;
                    let second = (keep >> 8) as u8;
                    let order = _mm_set_epi64x(
                        (SHUFFLE[usize::from(second)] | 0x0808_0808_0808_0808).cast_signed(),
                        SHUFFLE[usize::from(first)].cast_signed(),
                    );
                    let packed = _mm_shuffle_epi8(quarter, order);
                    _mm_storel_epi64(at.add(written).cast(), packed);
                    written += first.count_ones() as usize;
                    _mm_storel_epi64(at.add(written).cast(), _mm_unpackhi_epi64(packed, packed));
                    written += second.count_ones() as usize;
                    keep >>= 16;
                }
            }
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
    fn special(self, v: __m512i) -> u64 {
        // SAFETY: `self` proves AVX-512 BW.
        unsafe {
            let layout = _mm512_broadcast_i32x4(_mm_setr_epi8(1, -1, -1, -1, -1, -1, -1, -1, -1, 9, 10, -1, -1, 13, -1, -1));
            let layout = _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(layout, v), v);
            let printable = _mm512_cmpgt_epi8_mask(_mm512_add_epi8(v, _mm512_set1_epi8(1)), _mm512_set1_epi8(0x20));
            !(layout | printable)
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
    fn compact(self, v: __m512i, _block: &[u8; BLOCK], keep: u64, out: &mut [u8; BLOCK]) {
        // SAFETY: `self` proves VBMI2; sixty-four bytes are the block.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), _mm512_maskz_compress_epi8(keep, v)) }
    }
}
