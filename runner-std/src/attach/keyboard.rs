//! Keys: most are for the session, those behind Ctrl-] for us.
//!
//! ```text
//!            Ctrl-]                       d q t c v r b: Wish
//!   Typing ─────────▶ Menu ─────────────────────────────▶ Typing
//!                       └── Ctrl-]: is typed; else: nothing
//! ```

/// Ctrl-], as in telnet.
const MENU: u8 = 0x1D;

/// What the user wants of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Leave; the session goes on.
    Detach,
    /// Type again.
    Control,
    /// Only watch.
    View,
    /// Dial now.
    Reconnect,
    /// Send a break on the session's serial line.
    Break,
}

/// Sorts keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Keyboard {
    menu: bool,
}

impl Keyboard {
    /// Whether the next key is for us.
    pub(super) const fn is_menu(self) -> bool {
        self.menu
    }

    /// Takes what was typed: what is for the session is added to `typed`, what is wanted of us returned.
    pub(super) fn handle(&mut self, keys: &[u8], typed: &mut Vec<u8>) -> Vec<Wish> {
        let mut wishes = Vec::new();
        for &key in keys {
            match (std::mem::take(&mut self.menu), key) {
                (false, MENU) => self.menu = true,
                (false, key) => typed.push(key),
                (true, MENU) => typed.push(MENU),
                (true, b'd' | b'D' | b'q' | b'Q') => wishes.push(Wish::Detach),
                (true, b'c' | b'C' | b't' | b'T') => wishes.push(Wish::Control),
                (true, b'v' | b'V') => wishes.push(Wish::View),
                (true, b'b' | b'B') => wishes.push(Wish::Break),
                (true, b'r' | b'R') => wishes.push(Wish::Reconnect),
                (true, _) => {}
            }
        }
        wishes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_is_ours_and_can_still_be_typed() {
        let (mut keyboard, mut typed) = (Keyboard::default(), Vec::new());
        assert_eq!(keyboard.handle(b"ls\x1D", &mut typed), []);
        assert!(keyboard.is_menu());
        assert_eq!(keyboard.handle(b"cx\x1D\x1D\x1Dzy\x1Dd", &mut typed), [Wish::Control, Wish::Detach]);
        assert_eq!(keyboard.handle(b"\x1Dt\x1Dq", &mut typed), [Wish::Control, Wish::Detach]);
        assert_eq!(typed, b"lsx\x1Dy");
    }
}
