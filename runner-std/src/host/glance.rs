//! The last visible line of a session: what one sees of it in a list.
//!
//! It is read from the end of what was printed, without a screen: cursor movement ends a line, a carriage return begins
//! it anew. For what prints line by line that is exact; of a program that paints the whole screen it is the piece that it
//! painted last.

use stillwire::link::history::History;
use stillwire::scan::strip::{self, Stripper};
use stillwire::scan::{Config, Csi, Scanner, Token};

/// So many of the last bytes are looked at.
const TAIL: u64 = 8 << 10;
/// So many are shown as text.
const TEXT: u64 = 64 << 10;
/// Characters that are kept of a line.
const LONGEST: usize = 400;

/// The last line with something to see, without escape sequences; empty if there is none.
pub(super) fn last_line(history: &History<Vec<u8>>) -> String {
    let mut scanner = Scanner::new(Config::DEFAULT);
    let mut glance = Glance::default();
    for bytes in tail(history, TAIL) {
        scanner.scan(bytes).for_each(|token| glance.handle(&token));
    }
    glance.finish();
    glance.last
}

/// What was printed last, without escape sequences.
pub(super) fn stripped(history: &History<Vec<u8>>) -> Vec<u8> {
    let mut stripper = Stripper::new(strip::Config::DEFAULT);
    let mut text = Vec::new();
    for mut bytes in tail(history, TEXT) {
        while !bytes.is_empty() {
            let start = text.len();
            text.resize(start + bytes.len() + Stripper::MIN_OUTPUT, 0);
            let done = stripper.strip(bytes, text.get_mut(start..).unwrap_or_default());
            text.truncate(start + done.written);
            bytes = bytes.get(done.consumed..).unwrap_or_default();
        }
    }
    text
}

/// The last `most` bytes, from where no sequence goes on.
fn tail(history: &History<Vec<u8>>, most: u64) -> [&[u8]; 2] {
    let from = history.end().saturating_sub(most).max(history.start());
    let Some((head, rest)) = history.read(from) else { return [&[], &[]] };
    // The tail may begin in the middle of a sequence, but no sequence goes on behind an ESC or a newline.
    let safe = |byte: &u8| from == history.start() || matches!(byte, b'\n' | 0x1B);
    [head.iter().position(safe).and_then(|at| head.get(at..)).unwrap_or(head), rest]
}

#[derive(Debug, Default)]
struct Glance {
    line: String,
    /// A carriage return came: what is printed next is printed over the line.
    over: bool,
    last: String,
}

impl Glance {
    fn handle(&mut self, token: &Token<'_>) {
        match token {
            Token::Text(text) => self.print(text),
            Token::Char(char) => self.print(char.encode_utf8(&mut [0; 4])),
            Token::Control(b'\n' | 0x0B | 0x0C) => self.finish(),
            Token::Control(b'\r') => self.over = true,
            Token::Control(b'\t') => self.print(" "),
            Token::Control(8) => drop(self.line.pop()),
            Token::Csi(csi) => self.control(csi),
            _ => {}
        }
    }

    fn control(&mut self, csi: &Csi) {
        if csi.private().is_some() || !csi.intermediates().is_empty() {
            return;
        }
        match (csi.final_byte(), csi.param(0).unwrap_or(0)) {
            // To the right in this line: there is a gap.
            (b'C', _) | (b'G', 2..) => self.print(" "),
            (b'G', _) => self.over = true,
            (b'A' | b'B' | b'E' | b'F' | b'H' | b'd' | b'f', _) => self.finish(),
            (b'K', 1 | 2) => self.line.clear(),
            (b'K', _) if self.over => self.line.clear(),
            (b'J', 2 | 3) => {
                self.line.clear();
                self.last.clear();
            }
            _ => {}
        }
    }

    fn print(&mut self, text: &str) {
        if std::mem::take(&mut self.over) {
            self.line.clear();
        }
        if self.line.len() < LONGEST {
            self.line.extend(text.chars().take(LONGEST));
        }
    }

    fn finish(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.over = false;
        if !line.trim().is_empty() {
            self.last = line.trim().to_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &str) -> String {
        let mut history = History::new(vec![0; 64 << 10], 1, None);
        history.push(bytes.as_bytes());
        last_line(&history)
    }

    #[test]
    fn the_last_line_is_what_one_sees_of_it() {
        let table = [
            ("", ""),
            ("one\r\n\x1B[32mtwo\x1B[m \r\n\r\n", "two"),
            ("$ ls\r\nfile\r\n$ ", "$"),
            ("  5 %\r 50 %\r100 %", "100 %"),
            ("100 %\r\x1B[K", ""),
            ("frame\x1B[2J\x1B[H\x1B[3;1Hstatus\x1B[20Gright", "status right"),
            ("\x1B]0;title\x07text", "text"),
            ("oops\x08k", "oopk"),
        ];
        for (bytes, line) in table {
            assert_eq!(shown(bytes), line, "{bytes:?}");
        }
    }

    #[test]
    fn a_long_history_costs_its_end_and_shows_no_half_sequence() {
        let mut long = "x\x1B[38;5;100m".repeat(4_000);
        assert_eq!(shown(&long).len(), LONGEST);
        long.push_str("\r\n\x1B[mend\r\n");
        assert_eq!(shown(&long), "end");
    }
}
