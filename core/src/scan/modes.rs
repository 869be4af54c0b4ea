//! *Sticky modes*: what a viewer has to be told before it may begin in the middle of a stream.
//!
//! ```text
//!             ┌──────────── RIS ────────────┐        every switch is on its own: set ⇄ reset
//!             ▼                             │        DECSTR resets those that xterm resets
//!   all as after a reset ──set, shift…──▶ others     main screen ⇄ alternate screen
//!             ▲                             │                 (each with its keyboard flags)
//!             └──── reset of the last one ──┘
//! ```
//!
//! Not followed: colours and attributes, margins, tab stops, saved cursors and saved modes. A program
//! that fills the screen sets these all the time; one that does not rarely leaves them changed.

use super::csi::{Csi, shape};
use super::escape::Escape;
use super::keyboard::Keyboard;
use super::token::Token;
use super::writer::Writer;

/// A mode that is either on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Mode {
    /// The alternate screen is shown (private modes 47, 1047, 1049).
    AlternateScreen,
    /// DECCKM (1): cursor keys send `ESC O`.
    CursorKeys,
    /// DECNKM (66) and DECKPAM (`ESC =`): the keypad sends sequences.
    Keypad,
    /// DECSCNM (5): dark on light.
    ReverseScreen,
    /// DECOM (6): positions count from the margins.
    Origin,
    /// DECAWM (7): text goes on in the next line. On after a reset.
    Wrap,
    /// DECTCEM (25): the cursor is shown. On after a reset.
    CursorVisible,
    /// 45: backspace goes to the line above.
    ReverseWrap,
    /// 1004: focus gained and lost is reported.
    FocusReports,
    /// 1007: the wheel sends cursor keys in the alternate screen.
    AlternateScroll,
    /// 2004: pasted text is bracketed.
    BracketedPaste,
    /// 2027: cells are counted by grapheme cluster.
    GraphemeClusters,
    /// 2031: changes of the colour scheme are reported.
    ColorSchemeReports,
    /// 2048: changes of size are reported in-band.
    ResizeReports,
    /// IRM (ANSI mode 4): characters are inserted.
    Insert,
    /// LNM (ANSI mode 20): a line feed goes to the first column, Return sends CR LF.
    NewLine,
}

/// Which mouse events are reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Mouse {
    /// None.
    #[default]
    Off,
    /// 9: presses.
    Press,
    /// 1000: presses and releases.
    PressRelease,
    /// 1001: the same with highlighting.
    Highlight,
    /// 1002: and motion while a button is down.
    Drag,
    /// 1003: and all motion.
    Motion,
}

/// How mouse events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum MouseEncoding {
    /// One byte a coordinate.
    #[default]
    Bytes,
    /// 1005: one UTF-8 character a coordinate.
    Utf8,
    /// 1006: decimal, `CSI <`.
    Sgr,
    /// 1015: decimal, rxvt's way.
    Urxvt,
    /// 1016: as 1006, in pixels.
    SgrPixels,
}

/// The sticky modes of a terminal, as far as the stream so far set them.
///
/// ```
/// use stillwire::scan::{Config, Mode, Modes, Scanner};
///
/// let (mut scanner, mut modes) = (Scanner::new(Config::DEFAULT), Modes::DEFAULT);
/// for token in scanner.scan(b"\x1b[?1049h\x1b[?25l\x1b[?1002;1006hvim") {
///     modes.handle(&token);
/// }
/// assert!(modes.is_on(Mode::AlternateScreen) && !modes.is_on(Mode::CursorVisible));
/// let mut bytes = [0; Modes::MAX_BYTES];
/// let len = modes.write_to(&mut bytes).unwrap();
/// assert_eq!(&bytes[..len], b"\x1b[?1049h\x1b[?25l\x1b[?1002h\x1b[?1006h");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Modes {
    /// Bit i: the switch `SWITCHES[i]` is not as after a reset.
    changed: u32,
    mouse: Mouse,
    encoding: MouseEncoding,
    /// DECSCUSR; 0: the terminal's own.
    shape: u8,
    /// Final bytes of the character sets designated as G0 and G1.
    charsets: [u8; 2],
    /// SO came last: G1 is in use.
    shifted: bool,
    /// xterm's modifyOtherKeys.
    other_keys: u8,
    /// Of the main and of the alternate screen.
    keyboards: [Keyboard; 2],
}

/// A switch: the mode, its number, whether it is private (`?`), whether it is on after a reset.
struct Switch(Mode, u16, bool, bool);

/// In the order in which they are restored; a mode's number is its index here.
const SWITCHES: [Switch; 16] = [
    Switch(Mode::AlternateScreen, 1049, true, false),
    Switch(Mode::CursorKeys, 1, true, false),
    Switch(Mode::Keypad, 66, true, false),
    Switch(Mode::ReverseScreen, 5, true, false),
    Switch(Mode::Origin, 6, true, false),
    Switch(Mode::Wrap, 7, true, true),
    Switch(Mode::CursorVisible, 25, true, true),
    Switch(Mode::ReverseWrap, 45, true, false),
    Switch(Mode::FocusReports, 1004, true, false),
    Switch(Mode::AlternateScroll, 1007, true, false),
    Switch(Mode::BracketedPaste, 2004, true, false),
    Switch(Mode::GraphemeClusters, 2027, true, false),
    Switch(Mode::ColorSchemeReports, 2031, true, false),
    Switch(Mode::ResizeReports, 2048, true, false),
    Switch(Mode::Insert, 4, false, false),
    Switch(Mode::NewLine, 20, false, false),
];

/// The modes that are on after a reset.
const ON: u32 = {
    let (mut on, mut index) = (0, 0);
    while index < SWITCHES.len() {
        let Switch(mode, .., default) = SWITCHES[index];
        on |= if default { bit(mode) } else { 0 };
        index += 1;
    }
    on
};

const MICE: [(Mouse, u16); 5] = [
    (Mouse::Press, 9),
    (Mouse::PressRelease, 1000),
    (Mouse::Highlight, 1001),
    (Mouse::Drag, 1002),
    (Mouse::Motion, 1003),
];

const ENCODINGS: [(MouseEncoding, u16); 4] = [
    (MouseEncoding::Utf8, 1005),
    (MouseEncoding::Sgr, 1006),
    (MouseEncoding::Urxvt, 1015),
    (MouseEncoding::SgrPixels, 1016),
];

impl Modes {
    /// As after a reset.
    pub const DEFAULT: Self = Self {
        changed: 0,
        mouse: Mouse::Off,
        encoding: MouseEncoding::Bytes,
        shape: 0,
        charsets: [b'B'; 2],
        shifted: false,
        other_keys: 0,
        keyboards: [Keyboard::DEFAULT; 2],
    };

    /// A buffer of this many bytes is enough for [`Self::write_to`].
    pub const MAX_BYTES: usize = 256;

    /// Whether `mode` is on.
    pub fn is_on(&self, mode: Mode) -> bool {
        (self.changed ^ ON) & bit(mode) != 0
    }

    /// Which mouse events are reported.
    pub const fn mouse(&self) -> Mouse {
        self.mouse
    }

    /// How they are written.
    pub const fn mouse_encoding(&self) -> MouseEncoding {
        self.encoding
    }

    /// The shape of the cursor, as the parameter of DECSCUSR (0–6; 0: the terminal's own).
    pub const fn cursor_shape(&self) -> u8 {
        self.shape
    }

    /// The flags of kitty's keyboard protocol that are in force; 0: the protocol is off.
    pub fn keyboard_flags(&self) -> u8 {
        self.keyboards.get(self.screen()).map_or(0, Keyboard::flags)
    }

    /// Takes the next token of the stream.
    pub fn handle(&mut self, token: &Token<'_>) {
        match token {
            Token::Control(0x0E) => self.shifted = true,
            Token::Control(0x0F) => self.shifted = false,
            Token::Escape(escape) => self.handle_escape(escape),
            Token::Csi(csi) => self.handle_csi(csi),
            _ => {}
        }
    }

    /// Writes bytes that bring a terminal from its reset state into these modes, and returns how many.
    /// None: `buffer` is too small (see [`Self::MAX_BYTES`]); what it then holds is not to be used.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn write_to(&self, buffer: &mut [u8]) -> Option<usize> {
        let screen = self.write_screen_to(buffer)?;
        Some(screen.saturating_add(self.write_rest_to(buffer.get_mut(screen..)?)?))
    }

    /// As [`Self::write_to`], the first part: which screen is shown, with the keyboard flags of both. What is painted
    /// on the alternate screen comes behind this, as it begins empty.
    pub fn write_screen_to(&self, buffer: &mut [u8]) -> Option<usize> {
        let mut out = Writer::new(buffer);
        let [main, alternate] = &self.keyboards;
        main.write_to(&mut out);
        if self.is_on(Mode::AlternateScreen) {
            out.put(b"\x1b[?1049h");
            alternate.write_to(&mut out);
        }
        out.finish()
    }

    /// As [`Self::write_to`], all but the first part. Some of these modes change what painting means.
    pub fn write_rest_to(&self, buffer: &mut [u8]) -> Option<usize> {
        let mut out = Writer::new(buffer);
        for &Switch(mode, number, private, default) in &SWITCHES {
            if self.is_on(mode) == default || mode == Mode::AlternateScreen {
                continue;
            }
            out.put(if private { b"\x1b[?" } else { b"\x1b[" });
            out.number(number);
            out.put(if default { b"l" } else { b"h" });
        }
        let mouse = MICE.iter().find(|(mouse, _)| *mouse == self.mouse).map(|&(_, number)| number);
        let encoding = ENCODINGS.iter().find(|(it, _)| *it == self.encoding).map(|&(_, number)| number);
        for number in [mouse, encoding].into_iter().flatten() {
            out.put(b"\x1b[?");
            out.number(number);
            out.put(b"h");
        }
        if self.shape != 0 {
            out.put(b"\x1b[");
            out.number(u16::from(self.shape));
            out.put(b" q");
        }
        if self.other_keys != 0 {
            out.put(b"\x1b[>4;");
            out.number(u16::from(self.other_keys));
            out.put(b"m");
        }
        for (&charset, designate) in self.charsets.iter().zip([b"\x1b(", b"\x1b)"]) {
            if charset != b'B' {
                out.put(designate);
                out.put(&[charset]);
            }
        }
        if self.shifted {
            out.put(b"\x0e");
        }
        out.finish()
    }

    fn handle_escape(&mut self, escape: &Escape) {
        let [g0, g1] = &mut self.charsets;
        match (escape.intermediates(), escape.final_byte()) {
            ([], b'c') => *self = Self::DEFAULT, // RIS
            ([], b'=') => self.set(Mode::Keypad, true),
            ([], b'>') => self.set(Mode::Keypad, false),
            ([b'('], charset) => *g0 = charset,
            ([b')'], charset) => *g1 = charset,
            _ => {}
        }
    }

    fn handle_csi(&mut self, csi: &Csi) {
        const SOFT_RESET: u32 = shape(0, b'!', b'p');
        const CURSOR_SHAPE: u32 = shape(0, b' ', b'q');
        const OTHER_KEYS: u32 = shape(b'>', 0, b'm');
        let first = csi.first().unwrap_or(0);
        match (csi.private(), csi.final_byte()) {
            (None, b'm') | (_, b'A'..=b'K') => {} // colours and cursor movements, as most are
            (private @ (None | Some(b'?')), last @ (b'h' | b'l')) if csi.intermediates().is_empty() => {
                for param in csi.params() {
                    if let Some(number) = param.value() {
                        self.switch(private.is_some(), number, last == b'h');
                    }
                }
            }
            (Some(b'>' | b'<' | b'='), b'u') if csi.intermediates().is_empty() => {
                let screen = self.screen();
                if let Some(keyboard) = self.keyboards.get_mut(screen) {
                    keyboard.handle(csi);
                }
            }
            _ => match csi.shape() {
                SOFT_RESET => self.soft_reset(),
                CURSOR_SHAPE if first <= 6 => self.shape = first as u8,
                OTHER_KEYS if first == 4 => self.other_keys = csi.param(1).unwrap_or(0).min(9) as u8,
                _ => {}
            },
        }
    }

    fn switch(&mut self, private: bool, number: u16, on: bool) {
        let number = if private && matches!(number, 47 | 1047) { 1049 } else { number };
        let known = SWITCHES.iter().find(|Switch(_, it, kind, _)| *it == number && *kind == private);
        if let Some(&Switch(mode, ..)) = known {
            self.set(mode, on);
            return;
        }
        if !private {
            return;
        }
        if let Some(&(mouse, _)) = MICE.iter().find(|(_, it)| *it == number) {
            self.mouse = if on { mouse } else { Mouse::Off };
        }
        // As in xterm the encodings exclude each other, and only the one in force can be reset.
        if let Some(&(encoding, _)) = ENCODINGS.iter().find(|(_, it)| *it == number) {
            if on {
                self.encoding = encoding;
            } else if self.encoding == encoding {
                self.encoding = MouseEncoding::Bytes;
            }
        }
    }

    /// DECSTR, as xterm does it: paste, mouse and screen stay.
    fn soft_reset(&mut self) {
        for mode in [Mode::CursorKeys, Mode::Keypad, Mode::Origin, Mode::ReverseWrap, Mode::Insert] {
            self.set(mode, false);
        }
        self.set(Mode::Wrap, true);
        self.set(Mode::CursorVisible, true);
        self.shape = 0;
        self.charsets = Self::DEFAULT.charsets;
        self.shifted = false;
        self.other_keys = 0;
    }

    fn set(&mut self, mode: Mode, on: bool) {
        if self.is_on(mode) != on {
            self.changed ^= bit(mode);
        }
    }

    /// Index of the screen that is shown.
    fn screen(&self) -> usize {
        usize::from(self.is_on(Mode::AlternateScreen))
    }
}

impl Default for Modes {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const fn bit(mode: Mode) -> u32 {
    1 << (mode as u32 & 31)
}
