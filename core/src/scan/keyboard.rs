//! kitty's keyboard protocol: the stack of flags that each screen has
//! (<https://sw.kovidgoyal.net/kitty/keyboard-protocol/#progressive-enhancement>).

use super::csi::Csi;
use super::writer::Writer;

/// Levels kept. A push beyond drops the oldest, which the protocol allows.
const LEVELS: usize = 6;

/// The flags in force and those below them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Keyboard {
    levels: [u8; LEVELS],
    /// Index of the level in force.
    top: u8,
}

impl Keyboard {
    pub(super) const DEFAULT: Self = Self { levels: [0; LEVELS], top: 0 };

    /// The flags in force.
    pub(super) fn flags(&self) -> u8 {
        self.levels.get(usize::from(self.top)).copied().unwrap_or(0)
    }

    /// Takes `CSI > flags u` (push), `CSI < count u` (pop) or `CSI = flags ; how u` (change).
    pub(super) fn handle(&mut self, csi: &Csi) {
        let first = csi.first();
        let flags = (first.unwrap_or(0) & 31) as u8;
        match csi.private() {
            Some(b'>') => self.push(flags),
            Some(b'<') => self.pop(first.unwrap_or(1).max(1)),
            _ => {
                let now = self.flags();
                self.set(match csi.param(1).unwrap_or(1) {
                    2 => now | flags,
                    3 => now & !flags,
                    _ => flags,
                });
            }
        }
    }

    /// Writes what brings a terminal that never heard of the protocol into this state.
    pub(super) fn write_to(&self, out: &mut Writer<'_>) {
        for (level, &flags) in self.levels.iter().take(usize::from(self.top) + 1).enumerate() {
            match level {
                0 if flags == 0 => continue,
                0 => out.put(b"\x1b[="),
                _ => out.put(b"\x1b[>"),
            }
            out.number(u16::from(flags));
            out.put(b"u");
        }
    }

    fn push(&mut self, flags: u8) {
        if usize::from(self.top) + 1 < LEVELS {
            self.top += 1;
        } else {
            self.levels.rotate_left(1);
        }
        self.set(flags);
    }

    fn pop(&mut self, count: u16) {
        match u16::from(self.top).checked_sub(count) {
            Some(top) => self.top = top as u8,
            None => *self = Self::DEFAULT,
        }
    }

    fn set(&mut self, flags: u8) {
        if let Some(level) = self.levels.get_mut(usize::from(self.top)) {
            *level = flags;
        }
    }
}
