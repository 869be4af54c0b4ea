//! *Resync marks*: where in a stream a reader may begin.
//!
//! ```text
//!   Between sequences ──CSI ? 2026 h──▶ InUpdate     a mark after each token …
//!          ▲                               │         … but none inside a sequence, a character or
//!          └──CSI ? 2026 l, RIS, LIMIT─────┘             an update
//! ```

use super::scanner::Tokens;
use super::signal::Signal;
use super::token::Token;

/// Bytes after which a synchronised update that has not ended is taken for one that never will.
/// Terminals give up after a fraction of a second; a frame of a large screen has less than this.
const LIMIT: u64 = 1 << 20;

/// How good a place for beginning to read a mark is; better ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Quality {
    /// Between two characters or sequences: safe, but the line is cut.
    Token,
    /// Behind a line feed: whole lines follow.
    Line,
    /// The screen is empty: all that is on it follows.
    Screen,
}

/// A place where a reader may begin, given the [`Modes`](super::Modes) as they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Mark {
    /// Bytes of the stream before it.
    pub offset: u64,
    /// How good it is.
    pub quality: Quality,
}

/// Finds the marks of one stream.
///
/// ```
/// use stillwire::scan::{Config, Mark, Quality, Resync, Scanner};
///
/// let (mut scanner, mut resync) = (Scanner::new(Config::DEFAULT), Resync::new());
/// let mut marks = Vec::new();
/// for input in [&b"one\ntwo\x1b[3"[..], b"1m\xE2\x82"] {
///     let mut tokens = scanner.scan(input);
///     while let Some(token) = tokens.next() {
///         marks.extend(resync.handle(&token, &tokens));
///     }
///     drop(tokens);
///     resync.handle_end(input.len());
/// }
/// let offsets: Vec<u64> = marks.iter().map(|mark| mark.offset).collect();
/// assert_eq!(offsets, [3, 4, 7, 12]);
/// assert_eq!(marks[1], Mark { offset: 4, quality: Quality::Line });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Resync {
    /// Bytes of the stream before the current input.
    base: u64,
    /// Where the synchronised update that is open began.
    update: Option<u64>,
}

impl Resync {
    /// For a stream that begins now.
    pub const fn new() -> Self {
        Self { base: 0, update: None }
    }

    /// Takes the token that `tokens` just gave, and tells whether a reader may begin behind it.
    pub fn handle(&mut self, token: &Token<'_>, tokens: &Tokens<'_, '_>) -> Option<Mark> {
        self.handle_signal(token, token.signal(), tokens)
    }

    /// As [`Self::handle`], with the signal of the token.
    pub(crate) fn handle_signal(
        &mut self,
        token: &Token<'_>,
        signal: Option<Signal>,
        tokens: &Tokens<'_, '_>,
    ) -> Option<Mark> {
        let offset = self.base.saturating_add(tokens.consumed() as u64);
        match signal {
            Some(Signal::SynchronizedUpdate(true)) => self.update = self.update.or(Some(offset)),
            Some(Signal::SynchronizedUpdate(false)) => self.update = None,
            _ => {}
        }
        let quality = quality(token, signal);
        let reset = matches!(token, Token::Escape(escape) if escape.is_reset());
        if reset || self.update.is_some_and(|start| offset.saturating_sub(start) > LIMIT) {
            self.update = None;
        }
        (self.update.is_none() && tokens.is_ground()).then_some(Mark { offset, quality })
    }

    /// The input whose tokens were handled, of `len` bytes, is over.
    pub fn handle_end(&mut self, len: usize) {
        self.base = self.base.saturating_add(len as u64);
    }
}

fn quality(token: &Token<'_>, signal: Option<Signal>) -> Quality {
    match token {
        Token::Control(b'\n') => Quality::Line,
        Token::Escape(escape) if escape.is_reset() => Quality::Screen,
        Token::Csi(csi) if csi.is(0, 0, b'J') && csi.param(0) == Some(2) => Quality::Screen,
        Token::Csi(_) if matches!(signal, Some(Signal::AlternateScreen(_))) => Quality::Screen,
        _ => Quality::Token,
    }
}
