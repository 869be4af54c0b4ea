//! Which output may have a title in it: little of all that is printed has, and only that is looked at token by token.

use memchr::{memchr2_iter, memchr3};

const ESC: u8 = 0x1B;
const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
/// The first byte of U+009D in UTF-8.
const C1: u8 = 0xC2;

/// Whether an OSC is open, and how the output ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Titles {
    open: bool,
    last: u8,
}

impl Titles {
    /// Whether a title could begin, go on or end in what was printed now. Now and then it says so for nothing.
    pub(super) fn handle(&mut self, output: &[u8]) -> bool {
        // Where an OSC goes on, the last one that there is.
        let mut from = self.open.then_some(0);
        if output.first().is_some_and(|first| begins(self.last, *first)) {
            from = Some(1);
        }
        for at in memchr2_iter(ESC, C1, output) {
            if let Some(&[first, second]) = output.get(at..at + 2)
                && begins(first, second)
            {
                from = Some(at + 2);
            }
        }
        let rest = from.and_then(|from| output.get(from..));
        self.open = rest.is_some_and(|rest| memchr3(BEL, ESC, CAN, rest).is_none());
        self.last = output.last().copied().unwrap_or(self.last);
        from.is_some()
    }
}

const fn begins(first: u8, second: u8) -> bool {
    matches!((first, second), (ESC, b']') | (C1, 0x9D))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_of_a_title_is_looked_at_and_text_is_not() {
        let title = b"\x1B]0;vim notes\x07";
        for cut in 2..title.len() - 1 {
            for end in cut + 1..title.len() {
                let mut titles = Titles::default();
                assert!(!titles.handle(b"text \x1B[31m \xC2\xA3"));
                for piece in [&title[..cut], &title[cut..end], &title[end..]] {
                    assert!(titles.handle(piece), "{cut} {end}");
                }
                assert!(!titles.handle(b"more text\r\n"), "{cut} {end}");
            }
        }
        let mut titles = Titles::default();
        assert_eq!(
            (titles.handle(b"\x1B"), titles.handle(b"]0;x"), titles.handle(b"y\x1B\\")),
            (false, true, true)
        );
        assert!(!titles.handle(b"plain"));
    }
}
