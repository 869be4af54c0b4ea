//! Removing escape sequences from a stream, whatever the bytes and wherever it is cut.

#[cfg(target_arch = "x86_64")]
mod block;
mod runs;
mod scalar;

pub use runs::{Run, Runs, Short};

use super::machine::{Encoding, Machine};
#[cfg(target_arch = "x86_64")]
use super::simd::Isa;
use super::simd::{Backend, Engine, Task};

/// What becomes of bytes that are not UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Invalid {
    /// One U+FFFD for each maximal subpart (Unicode 16, section 3.9): the output is valid UTF-8.
    #[default]
    Replace,
    /// They are left out: the output is valid UTF-8.
    Drop,
    /// They pass untouched, for logs in other encodings. One exception keeps the output free of
    /// controls: `C2` and a byte 80–9F that only meet because what stood between them was removed
    /// would be a C1 control, so that byte is left out.
    Keep,
}

/// How to strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// What becomes of bytes that are not UTF-8. Default: [`Invalid::Replace`].
    pub invalid: Invalid,
    /// How bytes ≥ 0x80 are read. Default: [`Encoding::Utf8`]. In [`Encoding::EightBit`] the bytes
    /// A0–FF are characters of an unknown set, and `invalid` says what becomes of them.
    pub encoding: Encoding,
}

impl Config {
    /// UTF-8, with U+FFFD for what is not.
    pub const DEFAULT: Self = Self { invalid: Invalid::Replace, encoding: Encoding::Utf8 };
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How far a call came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Stripped {
    /// Bytes of the input that are done with.
    pub consumed: usize,
    /// Bytes of the output that are written.
    pub written: usize,
}

/// Strips a stream chunk by chunk: printable text, tab, newline and return stay, every other control
/// goes.
///
/// Whatever the bytes and the cuts, the output holds no ESC, no other C0 but those three, no DEL and no
/// C1; it is the same for every cut; stripping it again changes nothing; and the state is a few bytes
/// even in the middle of a gigabyte of unterminated string. With [`Invalid::Keep`] all that is
/// promised of the parts that are UTF-8.
///
/// ```
/// use stillwire::scan::strip::{Config, Stripper};
///
/// let mut stripper = Stripper::new(Config::DEFAULT);
/// let mut out = [0; 64];
/// let first = stripper.strip(b"\x1b[1;3", &mut out);
/// let rest = stripper.strip(b"1mred\x1b[0m", &mut out);
/// assert_eq!((first.written, &out[..rest.written]), (0, &b"red"[..]));
/// ```
///
/// - Inputs: [`strip`](Self::strip), [`strip_in_place`](Self::strip_in_place), [`runs`](Self::runs),
///   [`finish`](Self::finish)
/// - Getters: [`is_ground`](Self::is_ground)
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Stripper {
    machine: Machine,
    invalid: Invalid,
    /// The last byte kept was a `C2` that begins no character (only with [`Invalid::Keep`]).
    lone_c2: bool,
    engine: Engine,
}

impl Stripper {
    /// Output of this size lets every call go forward: the longest that one byte can cause.
    pub const MIN_OUTPUT: usize = 4;

    /// A stripper at the start of a stream, with the fastest [`Backend`] there is.
    pub fn new(config: Config) -> Self {
        Self::with_backend(config, Backend::best()).unwrap_or(Self::scalar(config))
    }

    /// The same with a backend of your choice; `None` if this processor or build does not have it.
    pub fn with_backend(config: Config, backend: Backend) -> Option<Self> {
        Engine::of(backend).map(|engine| Self::with_engine(config, engine))
    }

    /// The same a byte at a time: no other backend is linked, which makes the smallest image.
    pub const fn scalar(config: Config) -> Self {
        Self::with_engine(config, Engine::Scalar)
    }

    const fn with_engine(config: Config, engine: Engine) -> Self {
        Self { machine: Machine::new(config.encoding), invalid: config.invalid, lone_c2: false, engine }
    }

    /// Whether the stream is outside every escape sequence and character.
    pub fn is_ground(&self) -> bool {
        self.machine.is_ground()
    }

    /// Strips `input` into `out`.
    ///
    /// All input is consumed if `out` has room; otherwise take the output away and call again with the
    /// rest. The output is never longer than the input plus 3 bytes, but for [`Invalid::Replace`],
    /// where each invalid byte may become three. An `out` shorter than [`Self::MIN_OUTPUT`] may not go
    /// forward.
    pub fn strip(&mut self, input: &[u8], out: &mut [u8]) -> Stripped {
        let engine = self.engine;
        engine.run(Strip { stripper: self, input, out })
    }

    /// Strips `buffer[start..]` and writes the text to the front of `buffer`: receive into a buffer
    /// behind a gap of [`Self::MIN_OUTPUT`] bytes, and every call goes forward.
    ///
    /// It stops before the text would overtake the input, which with such a gap only
    /// [`Invalid::Replace`] can do; then take the text away and call again with the start moved by
    /// what was consumed.
    ///
    /// ```
    /// use stillwire::scan::strip::{Config, Stripper};
    ///
    /// let mut buffer = *b"....\x1b[1mbold\x1b[0m!";
    /// let done = Stripper::new(Config::DEFAULT).strip_in_place(&mut buffer, 4);
    /// assert_eq!((done.consumed, &buffer[..done.written]), (13, &b"bold!"[..]));
    /// ```
    pub fn strip_in_place(&mut self, buffer: &mut [u8], start: usize) -> Stripped {
        const PIECE: usize = 64;
        let (mut read, mut written, mut most) = (start, 0, PIECE);
        while read < buffer.len() {
            let before = self.clone();
            let (mut piece, mut text) = ([0; PIECE], [0; 3 * PIECE + Self::MIN_OUTPUT]);
            let rest = buffer.get(read..).unwrap_or(&[]);
            let rest = rest.get(..most).unwrap_or(rest);
            for (to, from) in piece.iter_mut().zip(rest) {
                *to = *from;
            }
            let len = rest.len();
            let made = self.strip(piece.get(..len).unwrap_or(&piece), &mut text).written;
            if written + made <= read + len {
                for (to, from) in buffer.iter_mut().skip(written).zip(text.iter().take(made)) {
                    *to = *from;
                }
                (read, written, most) = (read + len, written + made, PIECE);
            } else {
                *self = before;
                if most == 1 {
                    break;
                }
                most = 1;
            }
        }
        Stripped { consumed: read.saturating_sub(start), written }
    }

    /// The text of `input` without copying it: as slices of it, but for the odd character that was cut
    /// by the border of two inputs. Dropping the iterator takes the rest of `input`.
    pub fn runs<'s, 'i>(&'s mut self, input: &'i [u8]) -> Runs<'s, 'i> {
        Runs::new(self, input)
    }

    /// Ends the stream: writes what a character cut by the end of input becomes (at most
    /// [`Self::MIN_OUTPUT`] bytes), returns how many bytes that is, and starts afresh.
    pub fn finish(&mut self, out: &mut [u8]) -> usize {
        let written = scalar::finish(self, out);
        self.machine = Machine::new(self.machine.encoding);
        self.lone_c2 = false;
        written
    }
}

/// One call of [`Stripper::strip`], for whichever engine the stripper has.
struct Strip<'a> {
    stripper: &'a mut Stripper,
    input: &'a [u8],
    out: &'a mut [u8],
}

impl Task for Strip<'_> {
    type Output = Stripped;

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn blocks<I: Isa>(self, isa: I) -> Stripped {
        match (self.stripper.machine.encoding, self.stripper.invalid) {
            (Encoding::EightBit, _) => self.scalar(),
            (Encoding::Utf8, Invalid::Keep) => {
                block::run::<I, true>(isa, self.stripper, self.input, self.out)
            }
            (Encoding::Utf8, _) => block::run::<I, false>(isa, self.stripper, self.input, self.out),
        }
    }

    fn scalar(self) -> Stripped {
        scalar::strip(self.stripper, self.input, self.out)
    }
}
