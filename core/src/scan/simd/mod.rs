//! Sixty-four bytes at a time: what the block engine asks of a processor.
//!
//! A block becomes bit masks, bit *i* for byte *i*, and the engine (`strip/block.rs`) reasons on those
//! with ordinary integer arithmetic. This folder is the only place of the core with `unsafe`, all of
//! it around intrinsics. SAFETY, for all of them: an intrinsic is sound when the processor has its
//! instructions, which `self` proves, for it can only be had by asking the processor; and when its
//! pointers are good for the bytes it touches, which they are because they come from references to
//! arrays of that size, with unaligned loads and stores. Each offset that is no constant is argued
//! where it stands.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx512;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod ssse3;

#[cfg(target_arch = "x86_64")]
pub(crate) use {avx2::Avx2, avx512::Avx512, ssse3::Ssse3};

/// Bytes in a block: one bit each in a `u64`.
#[cfg(target_arch = "x86_64")]
pub(crate) const BLOCK: usize = 64;

/// What the engine needs to know of a block. A value of the type proves that the processor can do it.
#[cfg(target_arch = "x86_64")]
pub(crate) trait Isa: Copy {
    /// A block in registers.
    type Vector: Copy;

    fn load(self, block: &[u8; BLOCK]) -> Self::Vector;
    fn store(self, vector: Self::Vector, out: &mut [u8; BLOCK]);
    /// Bytes that are not printable ASCII: 00–1F and 7F–FF.
    fn unprintable(self, vector: Self::Vector) -> u64;
    /// Tab, newline, return.
    fn layout(self, vector: Self::Vector) -> u64;
    /// Whether all bytes are printable ASCII, tab, newline or return.
    #[inline(always)]
    fn is_plain(self, vector: Self::Vector) -> bool {
        self.unprintable(vector) & !self.layout(vector) == 0
    }
    /// Bytes ≥ 0x80.
    fn high(self, vector: Self::Vector) -> u64;
    /// Bytes 80–BF.
    fn continuation(self, vector: Self::Vector) -> u64;
    /// Of the bytes ≥ 0x80 those that are at least `byte`; other bits are undefined.
    fn high_from(self, vector: Self::Vector, byte: u8) -> u64;
    /// Bytes that begin a character with a rule of its own for its second byte, or none at all:
    /// C0, C1, C2 (C1 controls), E0, ED, F0, F4–FF.
    fn suspect(self, vector: Self::Vector) -> u64;
    /// Bytes equal to `byte`.
    fn equal(self, vector: Self::Vector, byte: u8) -> u64;
    /// Bytes from `low` to `high`, both included and both on the same side of 0x80.
    fn range(self, vector: Self::Vector, low: u8, high: u8) -> u64;
    /// Writes the bytes whose bit is set in `keep`, side by side, to the front of `out`. What follows
    /// them in `out` is undefined.
    fn compact(self, vector: Self::Vector, keep: u64, out: &mut [u8; BLOCK]);
}

/// Which instructions do the work. All give the same result; they differ in speed and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Backend {
    /// Any processor, text a register at a time: the smallest code, for microcontrollers too.
    Scalar,
    /// x86-64 since 2006 (Intel) or 2011 (AMD): SSSE3.
    Ssse3,
    /// x86-64 since 2013 (Intel) or 2015 (AMD): AVX2, BMI1, BMI2 and POPCNT.
    Avx2,
    /// x86-64 with AVX-512 BW, VBMI and VBMI2, since 2019 (Intel) or 2022 (AMD).
    Avx512,
}

impl Backend {
    /// All of them, slowest first.
    pub const ALL: [Self; 4] = [Self::Scalar, Self::Ssse3, Self::Avx2, Self::Avx512];

    /// Whether this processor can run it and this build contains it.
    pub fn is_available(self) -> bool {
        Engine::of(self).is_some()
    }

    /// The fastest that is available. The processor is asked once; afterwards this costs a load.
    pub fn best() -> Self {
        Self::ALL.into_iter().rev().find(|backend| backend.is_available()).unwrap_or(Self::Scalar)
    }
}

/// Work that an [`Engine`] does with the instructions it has.
pub(crate) trait Task {
    type Output;

    /// In blocks. Has to be `#[inline(always)]`, and so does all that it calls with `isa`: that is how
    /// the code comes to be compiled for the instructions of `isa`.
    #[cfg(target_arch = "x86_64")]
    fn blocks<I: Isa>(self, isa: I) -> Self::Output;

    /// With [`Backend::Scalar`].
    fn scalar(self) -> Self::Output;
}

/// A backend with the proof that it can run.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) enum Engine {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Ssse3(Ssse3),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

impl Engine {
    /// Does `task`.
    #[inline]
    pub(crate) fn run<T: Task>(self, task: T) -> T::Output {
        match self {
            Self::Scalar => task.scalar(),
            #[cfg(target_arch = "x86_64")]
            Self::Ssse3(isa) => isa.run(task),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(isa) => isa.run(task),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(isa) => isa.run(task),
        }
    }

    /// The proof for `backend`, if this processor and this build have it.
    pub(crate) fn of(backend: Backend) -> Option<Self> {
        match backend {
            Backend::Scalar => Some(Self::Scalar),
            #[cfg(target_arch = "x86_64")]
            Backend::Ssse3 => Ssse3::detect().map(Self::Ssse3),
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2 => Avx2::detect().map(Self::Avx2),
            #[cfg(target_arch = "x86_64")]
            Backend::Avx512 => Avx512::detect().map(Self::Avx512),
            #[cfg(not(target_arch = "x86_64"))]
            _ => None,
        }
    }
}
