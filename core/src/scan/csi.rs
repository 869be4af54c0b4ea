//! Control sequences (`CSI 38:2::1:2:3;4 m`) as a value, collected byte by byte.

/// Parameters kept of one sequence, sub-parameters included; further ones are dropped, as terminals do.
const MAX_PARAMS: usize = 16;
type Bytes<'i> = core::slice::Iter<'i, u8>;

/// Stands for a parameter without digits.
const EMPTY: u16 = u16::MAX;
/// Greater values are kept as this one.
const GREATEST: u32 = 65_534;

/// A complete control sequence.
///
/// ```
/// use stillwire::scan::{Config, Scanner, Token};
///
/// let mut scanner = Scanner::new(Config::DEFAULT);
/// let Some(Token::Csi(csi)) = scanner.scan(b"\x1b[?25;;4:3h").next() else { panic!() };
/// assert_eq!((csi.private(), csi.intermediates(), csi.final_byte()), (Some(b'?'), &b""[..], b'h'));
/// assert_eq!(csi.param(0), Some(25));
/// assert_eq!(csi.param(1), None); // left out: the terminal's default
/// assert_eq!(csi.param(2), Some(4));
/// assert_eq!(csi.params().last().unwrap().subs().collect::<Vec<_>>(), [Some(3)]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(align(4))] // copied in words, not by a call
pub struct Csi {
    values: [u16; MAX_PARAMS],
    /// Bit i: value i was written after a colon.
    subs: u16,
    /// Values begun; `MAX_PARAMS + 1` when there were more than can be kept.
    len: u8,
    malformed: bool,
    /// The private marker, two intermediates, the final byte; 0: none.
    shape: [u8; 4],
}

/// To be copied, which takes fewer instructions than to fill.
static NEW: Csi = Csi { values: [EMPTY; MAX_PARAMS], subs: 0, len: 0, malformed: false, shape: [0; 4] };

/// One parameter with its sub-parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Param<'a> {
    value: u16,
    subs: &'a [u16],
}

/// The parameters of a sequence in order, from [`Csi::params`].
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Params<'a> {
    csi: &'a Csi,
    at: usize,
}

impl Csi {
    /// The private marker (`<`, `=`, `>` or `?`), if there is one.
    pub const fn private(&self) -> Option<u8> {
        let [private, ..] = self.shape;
        if private == 0 { None } else { Some(private) }
    }

    /// The intermediates (0x20–0x2F): at most two.
    pub fn intermediates(&self) -> &[u8] {
        match &self.shape {
            [_, 0, ..] => &[],
            [_, one, 0, _] => core::slice::from_ref(one),
            [_, two @ .., _] => two,
        }
    }

    /// The final byte (0x40–0x7E), which says what the sequence does.
    pub const fn final_byte(&self) -> u8 {
        let [.., last] = self.shape;
        last
    }

    /// The value of parameter `index`, not counting sub-parameters. None: absent or empty, so the
    /// default applies. Values saturate at 65,534.
    pub fn param(&self, index: usize) -> Option<u16> {
        self.params().nth(index).and_then(|param| param.value())
    }

    /// All parameters. At most 16 values are kept, sub-parameters included.
    pub const fn params(&self) -> Params<'_> {
        Params { csi: self, at: 0 }
    }

    /// As [`Self::param`] of 0.
    #[inline]
    pub(crate) const fn first(&self) -> Option<u16> {
        let [first, ..] = self.values;
        some(first)
    }

    /// SGR: colours and attributes.
    #[inline]
    pub(crate) const fn is_rendition(&self) -> bool {
        self.shape() == shape(0, 0, b'm')
    }

    /// Marker, intermediates and final byte in one, as [`shape`] makes it.
    #[inline]
    pub(crate) const fn shape(&self) -> u32 {
        u32::from_le_bytes(self.shape)
    }

    #[inline]
    pub(super) fn new() -> Self {
        NEW
    }

    /// Takes the whole control sequence that `bytes`, which follow CSI, begin with, and returns what
    /// follows it, if it is all there without anything in between and well-formed. As [`Self::collect`] byte by byte and
    /// [`Self::finish`], but faster; `self` is new.
    #[inline]
    pub(super) fn parse<'i>(&mut self, bytes: &'i [u8]) -> Option<&'i [u8]> {
        let mut rest = bytes.iter();
        let mut first = *bytes.first()?;
        if let b'<'..=b'?' = first {
            self.shape = [first, 0, 0, 0];
            rest.next();
            first = *rest.as_slice().first()?;
        }
        let mut byte = first;
        if let b'0'..=b';' = first {
            (byte, rest) = self.parse_values(rest)?;
        } else {
            rest.next();
        }
        match byte {
            0x40..=0x7E => {
                self.finish(byte);
                Some(rest.as_slice())
            }
            0x20..=0x3F => self.parse_rest(byte, rest.as_slice()),
            _ => None,
        }
    }

    /// The values, and the byte that is none; and what follows it.
    #[inline(always)]
    fn parse_values<'i>(&mut self, mut rest: Bytes<'i>) -> Option<(u8, Bytes<'i>)> {
        let mut index = 0;
        loop {
            let digits = rest.as_slice();
            let mut value = 0u32;
            let byte = loop {
                let byte = *rest.next()?;
                let digit = u32::from(byte).wrapping_sub(u32::from(b'0'));
                if digit > 9 {
                    break byte;
                }
                value = value.wrapping_mul(10).wrapping_add(digit);
            };
            match digits.len() - rest.len() {
                1 => value = EMPTY.into(),
                2..6 => {}
                _ => value = saturated(digits),
            }
            match self.values.get_mut(index) {
                Some(slot) => *slot = value as u16,
                None => index = MAX_PARAMS,
            }
            if byte == b';' {
                index += 1;
            } else if byte == b':' {
                index += 1;
                self.note_sub(index);
            } else {
                self.len = index as u8 + 1;
                return Some((byte, rest));
            }
        }
    }

    /// Value `index` follows a colon.
    #[inline(never)]
    fn note_sub(&mut self, index: usize) {
        if index < MAX_PARAMS {
            self.subs |= 1u16.wrapping_shl(index as u32);
        }
    }

    /// The same from `byte` and what follows it on, for what is rare.
    #[cold]
    #[inline(never)]
    fn parse_rest<'i>(&mut self, mut byte: u8, mut rest: &'i [u8]) -> Option<&'i [u8]> {
        loop {
            match byte {
                0x20..=0x3F => self.collect(byte),
                0x40..=0x7E => return self.finish(byte).then_some(rest),
                _ => return None,
            }
            let (&next, after) = rest.split_first()?;
            (byte, rest) = (next, after);
        }
    }

    /// Takes a parameter byte, private marker or intermediate (0x20–0x3F).
    pub(super) fn collect(&mut self, byte: u8) {
        let [private, intermediates @ .., _] = &mut self.shape;
        match (byte, intermediates) {
            (0x20..=0x2F, [first @ 0, _]) => *first = byte,
            (0x20..=0x2F, [_, second @ 0]) => *second = byte,
            (b'0'..=b'9', [0, 0]) => self.digit(byte),
            (b';' | b':', [0, 0]) => self.separator(byte == b':'),
            (0x3C.., [0, 0]) if self.len == 0 && *private == 0 => *private = byte,
            _ => self.malformed = true,
        }
    }

    /// Takes the final byte. False: the sequence is malformed and does nothing.
    #[inline]
    pub(super) fn finish(&mut self, byte: u8) -> bool {
        let [.., last] = &mut self.shape;
        *last = byte;
        !self.malformed
    }

    fn digit(&mut self, digit: u8) {
        self.len = self.len.max(1);
        if let Some(value) = self.values.get_mut(usize::from(self.len) - 1) {
            let before = if *value == EMPTY { 0 } else { u32::from(*value) };
            *value = (before * 10 + u32::from(digit & 0x0F)).min(GREATEST) as u16;
        }
    }

    fn separator(&mut self, sub: bool) {
        // The separator ends one value, which may be empty, and begins the next.
        self.len = self.len.max(1).saturating_add(1).min(MAX_PARAMS as u8 + 1);
        if sub {
            self.note_sub(usize::from(self.len) - 1);
        }
    }

    fn kept(&self) -> &[u16] {
        self.values.get(..usize::from(self.len).min(MAX_PARAMS)).unwrap_or(&self.values)
    }

    fn is_sub(&self, index: usize) -> bool {
        self.subs.checked_shr(index as u32).is_some_and(|bits| bits & 1 == 1)
    }
}

impl<'a> Param<'a> {
    /// The value; None if it has no digits.
    pub fn value(&self) -> Option<u16> {
        some(self.value)
    }

    /// The values that follow it after colons.
    pub fn subs(&self) -> impl Iterator<Item = Option<u16>> + 'a {
        self.subs.iter().map(|&value| some(value))
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        let rest = self.csi.kept().get(self.at..)?;
        let (&value, subs) = rest.split_first()?;
        let count = (self.at + 1..).take_while(|&index| self.csi.is_sub(index)).count().min(subs.len());
        self.at += 1 + count;
        Some(Param { value, subs: subs.get(..count).unwrap_or(&[]) })
    }
}

/// As it is written, without `CSI`: `?25h`.
impl core::fmt::Debug for Csi {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        use core::fmt::Write as _;
        f.write_str("Csi(")?;
        if let Some(private) = self.private() {
            f.write_char(char::from(private))?;
        }
        for (index, &value) in self.kept().iter().enumerate() {
            match self.is_sub(index) {
                true => f.write_char(':')?,
                false if index > 0 => f.write_char(';')?,
                false => {}
            }
            if let Some(value) = some(value) {
                write!(f, "{value}")?;
            }
        }
        for &byte in self.intermediates() {
            f.write_char(char::from(byte))?;
        }
        f.write_char(char::from(self.final_byte()))?;
        f.write_char(')')
    }
}

/// What [`Csi::shape`] is of a sequence with this marker (0: none), intermediate (0: none) and final byte.
pub(crate) const fn shape(private: u8, intermediate: u8, last: u8) -> u32 {
    u32::from_le_bytes([private, intermediate, 0, last])
}

/// The number that `bytes` begin with.
#[cold]
#[inline(never)]
fn saturated(bytes: &[u8]) -> u32 {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |value, digit| (value * 10 + u32::from(digit & 0x0F)).min(GREATEST))
}

const fn some(value: u16) -> Option<u16> {
    if value == EMPTY { None } else { Some(value) }
}
