//! Control sequences (`CSI 38:2::1:2:3;4 m`) as a value, collected byte by byte.

/// Parameters kept of one sequence, sub-parameters included; further ones are dropped, as terminals do.
const MAX_PARAMS: usize = 16;
/// Stands for a parameter without digits.
const EMPTY: u16 = u16::MAX;

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
pub struct Csi {
    values: [u16; MAX_PARAMS],
    /// Bit i: value i was written after a colon.
    subs: u16,
    /// Values begun; `MAX_PARAMS + 1` when there were more than can be kept.
    len: u8,
    private: u8,
    intermediates: [u8; 2],
    last: u8,
    malformed: bool,
}

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
        if self.private == 0 { None } else { Some(self.private) }
    }

    /// The intermediates (0x20–0x2F): at most two.
    pub fn intermediates(&self) -> &[u8] {
        let len = self.intermediates.iter().take_while(|&&byte| byte != 0).count();
        self.intermediates.get(..len).unwrap_or(&[])
    }

    /// The final byte (0x40–0x7E), which says what the sequence does.
    pub const fn final_byte(&self) -> u8 {
        self.last
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

    /// Whether the sequence is the one with this marker (0: none), intermediate (0: none) and final byte.
    pub(crate) const fn is(&self, private: u8, intermediate: u8, last: u8) -> bool {
        self.private == private
            && matches!(self.intermediates, [first, 0] if first == intermediate)
            && self.last == last
    }

    pub(super) const fn new() -> Self {
        Self {
            values: [EMPTY; MAX_PARAMS],
            subs: 0,
            len: 0,
            private: 0,
            intermediates: [0; 2],
            last: 0,
            malformed: false,
        }
    }

    /// Takes the whole control sequence that `bytes`, which follow CSI, begin with, and returns its
    /// length, if it is all there without anything in between. As [`Self::collect`] byte by byte and
    /// [`Self::finish`], but faster; `self` is new.
    #[inline]
    pub(super) fn parse(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        if let Some(&marker @ b'<'..=b'?') = bytes.first() {
            self.private = marker;
            at = 1;
        }
        // The value that is being read stays in a register.
        let mut value = None;
        loop {
            let byte = *bytes.get(at)?;
            at += 1;
            match byte {
                b'0'..=b'9' => value = Some(append(value.unwrap_or(0), byte)),
                b';' | b':' => {
                    self.set(value.take());
                    self.separator(byte == b':');
                }
                0x20..=0x3F => {
                    self.set(value.take());
                    self.collect(byte);
                    return self.parse_rest(bytes, at);
                }
                0x40..=0x7E => {
                    self.set(value);
                    self.last = byte;
                    return Some(at);
                }
                _ => return None,
            }
        }
    }

    /// The same from byte `at` on, for what is rare.
    #[cold]
    fn parse_rest(&mut self, bytes: &[u8], mut at: usize) -> Option<usize> {
        loop {
            let byte = *bytes.get(at)?;
            at += 1;
            match byte {
                0x20..=0x3F => self.collect(byte),
                0x40..=0x7E => {
                    self.last = byte;
                    return Some(at);
                }
                _ => return None,
            }
        }
    }

    /// Takes a parameter byte, private marker or intermediate (0x20–0x3F).
    #[inline]
    pub(super) fn collect(&mut self, byte: u8) {
        match byte {
            b'0'..=b'9' if self.intermediates == [0; 2] => self.digit(byte),
            _ if byte < 0x30 => self.intermediate(byte),
            _ if self.intermediates != [0; 2] => self.malformed = true,
            b';' | b':' => self.separator(byte == b':'),
            _ if self.len == 0 && self.private == 0 => self.private = byte,
            _ => self.malformed = true,
        }
    }

    /// Takes the final byte.
    pub(super) fn finish(&mut self, last: u8) {
        self.last = last;
    }

    /// Whether the sequence does anything at all.
    pub(super) fn is_well_formed(&self) -> bool {
        !self.malformed
    }

    fn intermediate(&mut self, byte: u8) {
        match &mut self.intermediates {
            [first @ 0, _] => *first = byte,
            [_, second @ 0] => *second = byte,
            _ => self.malformed = true,
        }
    }

    fn digit(&mut self, digit: u8) {
        self.len = self.len.max(1);
        if let Some(value) = self.values.get_mut(usize::from(self.len) - 1) {
            *value = append(if *value == EMPTY { 0 } else { *value }, digit);
        }
    }

    /// The value being read, once it is complete.
    fn set(&mut self, value: Option<u16>) {
        let Some(value) = value else { return };
        self.len = self.len.max(1);
        if let Some(slot) = self.values.get_mut(usize::from(self.len) - 1) {
            *slot = value;
        }
    }

    fn separator(&mut self, sub: bool) {
        // The separator ends one value, which may be empty, and begins the next.
        self.len = self.len.max(1).saturating_add(1).min(MAX_PARAMS as u8 + 1);
        if sub && self.len as usize <= MAX_PARAMS {
            self.subs |= 1u16.wrapping_shl(u32::from(self.len) - 1);
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
        f.write_char(char::from(self.last))?;
        f.write_char(')')
    }
}

/// `value` with a digit more, short of [`EMPTY`].
fn append(value: u16, digit: u8) -> u16 {
    let value = u32::from(value) * 10 + u32::from(digit & 0x0F);
    value.min(u32::from(EMPTY) - 1) as u16
}

fn some(value: u16) -> Option<u16> {
    (value != EMPTY).then_some(value)
}
