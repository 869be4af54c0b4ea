//! How many cells text takes on a screen.
//!
//! ```text
//!             ┌── anything else, at its own width ──┐
//!             ▼                                     │      Base ──modifier, VS16──▶ Emoji
//!   ┌────▶ Nothing ──character──▶ Base ─────────────┘      Base ──VS15──▶ Nothing
//!   │                              ▲ │ (an emoji)
//!   │                              │ └──ZWJ──▶ Joined ──emoji, adding nothing──▶ Base, Emoji
//!   │  regional indicator ──▶ Flag(half) ──regional indicator──▶ Emoji ──ZWJ──▶ Joined
//! ```
//!
//! The widths are those of the `unicode-width` crate (East Asian Width with ambiguous as narrow,
//! emoji sequences of UTS 51), which the tests compare for every character and for sequences of
//! them. They are computed forward, a character at a time, so that text may come in pieces, and
//! from a table of our own, because the crate's lookup can panic as far as the linker knows.
//! Ligatures of Arabic, Khmer and some others count as their letters do; see `docs/decisions/`.

use super::find;
use super::token::Token;
use super::width_table::RANGES;

const ZWJ: char = '\u{200D}';
const TEXT_STYLE: char = '\u{FE0E}';
const EMOJI_STYLE: char = '\u{FE0F}';

/// Class of a character: its width alone in bits 0 and 1, and what may become of it.
type Class = u8;
const WIDTH: Class = 3;
/// Two cells wide with U+FE0F.
const TAKES_EMOJI_STYLE: Class = 1 << 2;
/// One cell wide with U+FE0E.
const TAKES_TEXT_STYLE: Class = 1 << 3;
/// Takes a skin tone.
const MODIFIER_BASE: Class = 1 << 4;
/// Shown as an emoji unless told otherwise: joins.
const EMOJI: Class = 1 << 5;

/// Cells that `text` takes on a screen. Controls take none; remove escape sequences first.
///
/// ```
/// use stillwire::scan::width;
///
/// assert_eq!(width("naïve"), 5);
/// assert_eq!(width("e\u{301}"), 1); // a combining accent
/// assert_eq!(width("漢字"), 4);
/// assert_eq!(width("👩‍👩‍👧 🇫🇷 👍🏽 ❤️ 1️⃣"), 14);
/// ```
pub fn width(text: &str) -> usize {
    let mut width = Width::new();
    width.push(text);
    width.cells()
}

/// The width of text that comes in pieces, which may cut a sequence of characters anywhere.
///
/// ```
/// use stillwire::scan::Width;
///
/// let mut width = Width::new();
/// width.push("👩\u{200D}");
/// width.push("🚀");
/// assert_eq!(width.cells(), 2); // one astronaut
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Width {
    cells: usize,
    last: Last,
}

/// What the text ends with, as far as the next character may change it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Last {
    /// Nothing that is open for change.
    #[default]
    Nothing,
    /// A character that added `added` cells; `joined` to an emoji, it adds none if it is one itself.
    Base { class: Class, added: u8, joined: bool },
    /// A whole emoji of more than one character.
    Emoji,
    /// An emoji and a joiner.
    Joined,
    /// One regional indicator.
    Flag { joined: bool },
}

impl Width {
    /// No text yet.
    pub const fn new() -> Self {
        Self { cells: 0, last: Last::Nothing }
    }

    /// Cells of all text so far.
    pub const fn cells(&self) -> usize {
        self.cells
    }

    /// Takes more text.
    pub fn push(&mut self, text: &str) {
        let mut rest = text;
        loop {
            // In a run of ASCII only the last character is open for change.
            let run = find::ascii_end(rest.as_bytes()).saturating_sub(1);
            self.cells = self.cells.saturating_add(run);
            let mut chars = rest.get(run..).unwrap_or("").chars();
            let Some(char) = chars.next() else { return };
            if run > 0 {
                self.last = Last::Nothing;
            }
            self.push_char(char);
            rest = chars.as_str();
        }
    }

    /// Takes one more character.
    pub fn push_char(&mut self, char: char) {
        let class = class(char);
        let (last, added) = self.last.then(char, class);
        self.last = last;
        self.cells = self.cells.saturating_add_signed(isize::from(added));
    }

    /// Takes the next token of a stream: text adds to the width, and a control (not an escape
    /// sequence) ends what its characters may join.
    pub fn handle(&mut self, token: &Token<'_>) {
        match token {
            Token::Text(run) => self.push(run),
            Token::Char(char) => self.push_char(*char),
            Token::Invalid(_) => self.push_char(char::REPLACEMENT_CHARACTER),
            Token::Control(_) => self.last = Last::Nothing,
            Token::Escape(_) | Token::Csi(_) | Token::Payload(..) | Token::StringEnd(_) => {}
        }
    }
}

impl Last {
    /// What there is after `char`, and how many cells that adds.
    fn then(self, char: char, class: Class) -> (Self, i8) {
        match (self, char) {
            (Self::Base { class: EMOJI.., .. } | Self::Emoji, ZWJ) => (Self::Joined, 0),
            (Self::Base { class, added, joined }, EMOJI_STYLE) if class & TAKES_EMOJI_STYLE != 0 => {
                (Self::Emoji, emoji_cells(joined) - added as i8)
            }
            (Self::Base { class, added, .. }, TEXT_STYLE) if class & TAKES_TEXT_STYLE != 0 => {
                (Self::Nothing, 1 - added as i8)
            }
            (Self::Base { class, added, joined }, '\u{1F3FB}'..='\u{1F3FF}')
                if class & MODIFIER_BASE != 0 =>
            {
                (Self::Emoji, emoji_cells(joined) - added as i8)
            }
            // The box of a keycap, and the letters of a flag that is spelt out.
            (Self::Base { .. } | Self::Emoji, '\u{20E3}' | '\u{E0020}'..='\u{E007F}') => (self, 0),
            (Self::Flag { joined }, '\u{1F1E6}'..='\u{1F1FF}') => (Self::Emoji, if joined { -1 } else { 1 }),
            (_, '\u{1F1E6}'..='\u{1F1FF}') => (Self::Flag { joined: self == Self::Joined }, 1),
            (Self::Joined, _) => {
                let added = if class & EMOJI != 0 { 0 } else { class & WIDTH };
                (Self::Base { class, added, joined: true }, added as i8)
            }
            _ => {
                let added = class & WIDTH;
                (Self::Base { class, added, joined: false }, added as i8)
            }
        }
    }
}

fn emoji_cells(joined: bool) -> i8 {
    if joined { 0 } else { 2 }
}

fn class(char: char) -> Class {
    let code = u32::from(char);
    let after = RANGES.partition_point(|&start| start >> 8 <= code);
    after.checked_sub(1).and_then(|index| RANGES.get(index)).map_or(1, |&start| start as u8)
}
