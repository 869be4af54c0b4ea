//! *Resync marks*: where in a stream a reader may begin.
//!
//! ```text
//!   Between sequences ──CSI ? 2026 h──▶ InUpdate     a mark after each token …
//!          ▲                               │         … but none inside a sequence, a character or
//!          └──CSI ? 2026 l, RIS, LIMIT─────┘             an update
//! ```

use super::csi::shape;
use super::signal::Signal;
use super::token::Token;
use super::tokens::Tokens;

/// Bytes after which a synchronised update that has not ended is taken for one that never will.
/// Terminals give up after a fraction of a second; a frame of a large screen has less than this.
pub(super) const LIMIT: u64 = 1 << 20;

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
        let quality = self.note(token, token.signal(), tokens);
        self.mark(quality, tokens)
    }

    /// As [`Self::handle`], with the signal of the token: how good a mark behind it is, if there may be one.
    #[inline]
    pub(crate) fn note(
        &mut self,
        token: &Token<'_>,
        signal: Option<Signal>,
        tokens: &Tokens<'_, '_>,
    ) -> Quality {
        match signal {
            Some(Signal::SynchronizedUpdate(true)) if self.update.is_none() => {
                self.update = Some(self.offset(tokens));
            }
            Some(Signal::SynchronizedUpdate(false)) => self.update = None,
            _ => {}
        }
        let quality = quality(token, signal);
        let reset = matches!(token, Token::Escape(escape) if escape.is_reset());
        if reset || self.update.is_some_and(|start| self.offset(tokens).saturating_sub(start) > LIMIT) {
            self.update = None;
        }
        quality
    }

    /// The mark behind the token that was noted last, of that quality.
    pub(crate) fn mark(&self, quality: Quality, tokens: &Tokens<'_, '_>) -> Option<Mark> {
        let clean = self.update.is_none() && tokens.is_ground();
        clean.then(|| Mark { offset: self.offset(tokens), quality })
    }

    /// Whether a synchronised update is open.
    pub(crate) const fn is_updating(&self) -> bool {
        self.update.is_some()
    }

    fn offset(&self, tokens: &Tokens<'_, '_>) -> u64 {
        self.base.saturating_add(tokens.consumed() as u64)
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
        Token::Csi(csi) if csi.shape() == shape(0, 0, b'J') && csi.first() == Some(2) => Quality::Screen,
        Token::Csi(_) if matches!(signal, Some(Signal::AlternateScreen(_))) => Quality::Screen,
        _ => Quality::Token,
    }
}
