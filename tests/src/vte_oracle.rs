//! Text as the `vte` crate sees it: its print and execute callbacks, fed whole.

use vte::{Parser, Perform};

#[derive(Default)]
struct Text(String);

impl Perform for Text {
    fn print(&mut self, char: char) {
        // vte prints DEL; terminals and we drop it.
        if char != '\u{7F}' {
            self.0.push(char);
        }
    }

    fn execute(&mut self, byte: u8) {
        if matches!(byte, b'\t' | b'\n' | b'\r') {
            self.0.push(char::from(byte));
        }
    }
}

/// The visible text of `input` with U+FFFD for what is no UTF-8. None where vte is no oracle
/// (`docs/decisions/0002-where-parsers-disagree.md`):
///
/// - C1 controls: vte knows CSI, ST and so on in their 7-bit form only;
/// - a stray byte 0x80–0x9F: vte takes it for a control;
/// - 0x9C inside a character of a DCS: vte ends the string there.
pub fn text(input: &[u8]) -> Option<String> {
    let chunks = || input.utf8_chunks();
    let c1 =
        chunks().flat_map(|chunk| chunk.valid().chars()).any(|char| ('\u{80}'..='\u{9F}').contains(&char));
    let stray = chunks().any(|chunk| matches!(chunk.invalid(), [0x80..=0x9F]));
    let dcs = input.windows(2).any(|pair| pair == b"\x1bP");
    if c1 || stray || dcs && input.contains(&0x9C) {
        return None;
    }
    let mut text = Text::default();
    let mut whole = input.to_vec();
    whole.push(0); // vte says nothing of a character that the end of its input cuts
    Parser::new().advance(&mut text, &whole);
    Some(text.0)
}
