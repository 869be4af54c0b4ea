//! What of the output is new: [`Novelty`] tallies tokens into an [`Output`].
//!
//! ```text
//!   token ──▶ Place: appended or painted? ──▶ Words: painted recently? ──▶ Output
//! ```
//!
//! Text that is merely appended is always novel: `....` and `y\ny\ny` are progress. Only text painted after
//! *going back* (see `Place`) can be a repaint, and it is one where its words were seen recently:
//! the last few hundred different words are kept as one-byte fingerprints, in 512 bytes. A *word* is what
//! stands between blanks, controls and cursor movements, colours aside, in pieces of at most 16 characters.
//!
//! Words and not lines, so that a clock in a status line of 200 columns is 5 novel characters; words
//! wherever they stand, so that a screen that was scrolled, or an animation that moves, is not new.
//!
//! **How often it is wrong.** A word painted for the first time is taken for a known one with a probability
//! of at most 1.6 % (4 fingerprints of 8 bits are compared); a known word is forgotten after some 500
//! others. A word that is cut by the border between two outputs may count twice. What that does on
//! recordings is in `docs/TESTING.md`.

mod place;
mod words;

use crate::scan::{Signal, Token};
use place::Place;
use words::Words;

/// How [`Novelty`] looks at words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// Take all numbers for the same, so that clocks and counters are not novel. Default: no. A progress
    /// that shows in numbers alone is then none.
    pub fold_digits: bool,
}

/// A tally of output. Counts saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Output {
    /// Bytes of any kind. Tokens do not tell; whoever has the bytes adds them.
    pub bytes: u32,
    /// Printable characters, blanks included: `appended` and `painted` together.
    pub visible: u32,
    /// Those of them that continue the text.
    pub appended: u32,
    /// Those of them that were written after going back.
    pub painted: u32,
    /// Those of them that are new: all that is appended; of what is painted, words not painted recently.
    pub novel: u32,
}

/// Tells new text from repaints, streaming, in about 550 bytes, without a copy of the screen.
///
/// ```
/// use stillwire::novelty::{Config, Novelty};
/// use stillwire::scan::{self, Scanner};
///
/// let mut scanner = Scanner::new(scan::Config::DEFAULT);
/// let mut novelty = Novelty::new(Config::DEFAULT);
/// let mut novel = |input: &str| {
///     for token in scanner.scan(input.as_bytes()) {
///         novelty.handle(&token);
///     }
///     novelty.take().novel
/// };
/// assert_eq!(novel("| building\r"), 10);
/// assert_eq!(novel("/ building\r"), 1); // `building` is known
/// assert_eq!(novel("| building\r"), 0); // and so is this frame
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Novelty {
    config: Config,
    place: Place,
    words: Words,
    tally: Output,
}

impl Config {
    /// Numbers as they are.
    pub const DEFAULT: Self = Self { fold_digits: false };
}

impl Novelty {
    /// At the beginning of a session's output; nothing is known.
    pub const fn new(config: Config) -> Self {
        Self { config, place: Place::new(), words: Words::new(), tally: Output::NONE }
    }

    /// Takes the next token.
    pub fn handle(&mut self, token: &Token<'_>) {
        self.handle_signal(token, token.signal());
    }

    /// As [`Self::handle`], with the signal of the token.
    pub(crate) fn handle_signal(&mut self, token: &Token<'_>, signal: Option<Signal>) {
        match token {
            Token::Text(text) => self.text(text),
            Token::Char(char) => self.text(char.encode_utf8(&mut [0; 4])),
            Token::Invalid(_) => self.text("\u{FFFD}"),
            Token::Payload(..) => {}
            Token::Control(byte) => {
                self.words.end(&mut self.tally);
                self.place.control(*byte);
            }
            Token::Csi(csi) => {
                if self.place.csi(csi) {
                    self.words.end(&mut self.tally);
                }
            }
            Token::Escape(escape) => {
                if self.place.escape(escape) {
                    self.words.end(&mut self.tally);
                }
            }
            Token::StringEnd(_) => {}
        }
        match signal {
            Some(Signal::AlternateScreen(on)) => {
                self.words.end(&mut self.tally);
                self.place.alternate_screen(on);
            }
            Some(Signal::Prompt(_)) => {
                self.words.end(&mut self.tally);
                self.place.forget();
            }
            _ => {}
        }
    }

    /// The tally since the last call. What is open is judged as it stands.
    pub fn take(&mut self) -> Output {
        self.words.look(&mut self.tally);
        core::mem::take(&mut self.tally)
    }

    /// Output had paused: what comes now is not the rest of a redraw that has begun.
    pub fn rest(&mut self) {
        self.place.rest();
    }

    pub(crate) fn text(&mut self, text: &str) {
        let painted = self.place.text();
        self.words.text(text, painted, self.config.fold_digits, &mut self.tally);
    }
}

impl Output {
    /// Nothing at all.
    pub const NONE: Self = Self { bytes: 0, visible: 0, appended: 0, painted: 0, novel: 0 };
}
