//! What the scanner hands out: [`Token`].

use super::csi::Csi;
use super::escape::Escape;
use super::machine::StringKind;
use super::signal::Signal;

/// One piece of a stream: text to see, a control that acts, or a part of a control string.
///
/// Tokens borrow from the input only; nothing is copied or stored. Sequences that terminals ignore
/// (malformed or aborted ones) give no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Token<'i> {
    /// A run of printable characters. Where one run ends and the next begins means nothing.
    Text(&'i str),
    /// One printable character that is not in the input as UTF-8: its bytes were cut by the border
    /// between two inputs, or the stream is 8-bit (then it is read as ISO 8859-1).
    Char(char),
    /// One maximal subpart of ill-formed UTF-8, 1 to 3 bytes long: text, shown as U+FFFD.
    Invalid(u8),
    /// A control: C0 or DEL, or C1 as 0x80–0x9F.
    Control(u8),
    /// An escape sequence that is no control sequence and opens no string.
    Escape(Escape),
    /// A control sequence.
    Csi(Csi),
    /// A piece of the body of a control string. A caller that wants it whole (a title, say) collects
    /// the pieces into a buffer of a size it chose, until the [`Token::StringEnd`].
    Payload(StringKind, &'i [u8]),
    /// A control string is over.
    StringEnd(StringEnd),
}

/// How a control string ended and what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StringEnd {
    /// Which kind of string.
    pub kind: StringKind,
    /// Whether its terminator came. If not it was aborted (CAN, SUB, another escape) and means nothing.
    pub terminated: bool,
    /// The number that an OSC begins with.
    pub number: Option<u16>,
    /// What it says, if that is a [`Signal`].
    pub signal: Option<Signal>,
}

impl Token<'_> {
    /// What the token says out loud, if anything.
    ///
    /// ```
    /// use stillwire::scan::{Config, PromptMark, Scanner, Signal};
    ///
    /// let mut scanner = Scanner::new(Config::DEFAULT);
    /// let input = b"make: \x1b]133;D;2\x07done\x07";
    /// let signals: Vec<_> = scanner.scan(input).filter_map(|token| token.signal()).collect();
    /// let finished = PromptMark::CommandFinished { exit: Some(2) };
    /// assert_eq!(signals, [Signal::Prompt(finished), Signal::Bell]); // the first BEL ended the OSC
    /// ```
    #[inline]
    pub fn signal(&self) -> Option<Signal> {
        match self {
            Token::Control(byte) => Signal::of_control(*byte),
            Token::Escape(escape) => Signal::of_escape(escape),
            Token::Csi(csi) => Signal::of_csi(csi),
            Token::StringEnd(end) => end.signal,
            Token::Text(_) | Token::Char(_) | Token::Invalid(_) | Token::Payload(..) => None,
        }
    }

    /// Whether the token shows at least one printable character. Blanks count.
    pub const fn is_visible(&self) -> bool {
        matches!(self, Token::Text(_) | Token::Char(_) | Token::Invalid(_))
    }
}
