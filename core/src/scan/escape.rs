//! Escape sequences that are no control sequences: [`Escape`].

/// An escape sequence: `ESC ( 0` has the intermediate `(` and the final byte `0`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Escape {
    intermediates: [u8; 2],
    last: u8,
    malformed: bool,
}

impl Escape {
    /// The intermediates (0x20–0x2F): at most two.
    pub fn intermediates(&self) -> &[u8] {
        let len = self.intermediates.iter().take_while(|&&byte| byte != 0).count();
        self.intermediates.get(..len).unwrap_or(&[])
    }

    /// The final byte (0x30–0x7E).
    pub const fn final_byte(&self) -> u8 {
        self.last
    }

    /// RIS.
    pub(super) fn is_reset(&self) -> bool {
        self.intermediates == [0; 2] && self.last == b'c'
    }

    pub(super) fn collect(&mut self, byte: u8) {
        match &mut self.intermediates {
            [first @ 0, _] => *first = byte,
            [_, second @ 0] => *second = byte,
            _ => self.malformed = true,
        }
    }

    /// Takes the final byte. None: the sequence is not well formed and does nothing.
    pub(super) fn finish(&mut self, last: u8) -> Option<Self> {
        self.last = last;
        if self.malformed { None } else { Some(*self) }
    }
}
