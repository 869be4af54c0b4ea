//! Keys, from what a terminal sends for them.

use ratatui::termion::event::{self, Event};

pub(super) use ratatui::termion::event::Key;

/// The keys in what was read in one go; a sequence that nobody knows is none.
pub(super) fn keys(bytes: &[u8]) -> Vec<Key> {
    let mut keys = Vec::new();
    // In application mode arrows begin with SS3; here they mean the same.
    let bytes = replace(bytes, b"\x1BO", b"\x1B[");
    let mut rest = bytes.iter().copied().map(Ok).peekable();
    while let Some(Ok(byte)) = rest.next() {
        if byte == 0x1B && rest.peek().is_none() {
            keys.push(Key::Esc);
        } else if let Ok(Event::Key(key)) = event::parse_event(byte, &mut rest) {
            keys.push(key);
        }
    }
    keys
}

fn replace(bytes: &[u8], what: &[u8; 2], by: &[u8; 2]) -> Vec<u8> {
    let mut bytes = bytes.to_owned();
    let places: Vec<usize> = bytes
        .windows(3)
        .enumerate()
        .filter(|(_, three)| three.starts_with(what) && is_arrow(three))
        .map(|(at, _)| at)
        .collect();
    for at in places {
        if let Some(two) = bytes.get_mut(at..at + 2) {
            two.copy_from_slice(by);
        }
    }
    bytes
}

fn is_arrow(three: &[u8]) -> bool {
    three.last().is_some_and(|last| matches!(last, b'A'..=b'D' | b'F' | b'H'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart() {
        assert_eq!(
            keys(b"jK\r\x1B[A\x1BOB\x7F\x03"),
            [
                Key::Char('j'),
                Key::Char('K'),
                Key::Char('\n'),
                Key::Up,
                Key::Down,
                Key::Backspace,
                Key::Ctrl('c'),
            ]
        );
        assert_eq!(keys(b"\x1B"), [Key::Esc]);
        assert_eq!(keys("ü\x1B[200~".as_bytes()), [Key::Char('ü')]);
        assert_eq!(keys(b"\x1B[5~\x1B[6~\x1B[3~"), [Key::PageUp, Key::PageDown, Key::Delete]);
    }
}
