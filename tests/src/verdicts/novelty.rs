//! How often Novelty is wrong, held against a real screen.
//!
//! Truth: an output brought something new when the screen after it (the `vt100` crate's) shows a
//! word that it never showed before in this recording, wherever it stands. A word is a run of
//! characters without spaces; with folding, a number counts as one character. The place does not
//! matter, because interfaces move as lines come and go above them. Only painted output is judged:
//! appended text is novel by definition, whatever it says.

use std::collections::HashSet;

use stillwire::idle::ONE_OUTPUT;
use stillwire::novelty::{Config, Novelty};
use stillwire::scan::{self, Scanner};

use super::{Kind, Recording};

/// How two ways of telling what is new agree, in outputs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Agreement {
    /// Outputs that only painted.
    pub painted: u32,
    /// Of them, those that brought something new to the screen.
    pub new: u32,
    /// Nothing new, but called novel.
    pub false_novel: u32,
    /// Something new, but not called novel.
    pub missed: u32,
}

impl Agreement {
    /// Adds another recording's.
    pub fn add(&mut self, other: Self) {
        self.painted += other.painted;
        self.new += other.new;
        self.false_novel += other.false_novel;
        self.missed += other.missed;
    }
}

/// Compares Novelty and screen on one recording.
pub fn compare(recording: &Recording, fold_digits: bool) -> Agreement {
    let mut screen = recording.screen();
    let mut seen = HashSet::new();
    let mut scanner = Scanner::new(scan::Config::DEFAULT);
    let mut novelty = Novelty::new(Config { fold_digits });
    let mut result = Agreement::default();
    let mut last = 0;
    for event in recording.events.iter().filter(|e| e.kind == Kind::Output) {
        if event.at >= last + ONE_OUTPUT.as_micros() {
            novelty.rest();
        }
        last = event.at;
        for token in scanner.scan(&event.data) {
            novelty.handle(&token);
        }
        let output = novelty.take();
        screen.process(&event.data);
        let mut new = false;
        for row in screen.screen().rows(0, recording.size.0) {
            for word in words(&row, fold_digits) {
                new |= seen.insert(word);
            }
        }
        if output.appended > 0 || output.painted == 0 {
            continue;
        }
        result.painted += 1;
        result.new += u32::from(new);
        result.false_novel += u32::from(!new && output.novel > 0);
        result.missed += u32::from(new && output.novel == 0);
    }
    result
}

/// The words of a row.
fn words(row: &str, fold_digits: bool) -> Vec<String> {
    let word = |word: &str| {
        let mut out = String::new();
        for c in word.chars() {
            let digit = fold_digits && c.is_ascii_digit();
            if !(digit && out.ends_with('0')) {
                out.push(if digit { '0' } else { c });
            }
        }
        out
    };
    row.split_whitespace().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words_fold() {
        assert_eq!(words("ab  c12:34 d", true), ["ab", "c0:0", "d"]);
        assert_eq!(words("c12", false), ["c12"]);
    }
}
