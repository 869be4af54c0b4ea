//! The escape-sequence grammar, one byte at a time: the one place that says what a byte means.
//!
//! ```text
//!            ┌────────────── final, CAN, SUB ──────────────┐
//!            ▼                                             │
//!   ┌──▶ Ground ──ESC──▶ Escape ──'['──▶ Csi ──────────────┤
//!   │        │              │──SP…'/'──▶ EscapeIntermediate┤
//!   │        │              │──']'──▶ Osc ─┐ BEL, ST       │
//!   │        │              └─P X ^ _▶ Text┤ ST            │
//!   │        └── C1 (U+0080–U+009F) enters the same states ┘
//!   └─── '\' ── StringEscape ◀──ESC────────┘   (any other byte: as after Escape)
//! ```
//!
//! The rules are those of the DEC parser (<https://vt100.net/emu/dec_ansi_parser>) as today's terminals
//! have it: C0 controls inside an escape or control sequence act at once and do not end it; CAN and
//! SUB abort; ESC restarts; DEL and characters beyond ASCII inside a sequence are ignored; a
//! string runs until its terminator, whatever it holds. See `docs/decisions/` where terminals differ.

/// How bytes ≥ 0x80 are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Encoding {
    /// UTF-8; the C1 controls are the characters U+0080–U+009F (`C2 80`–`C2 9F`).
    #[default]
    Utf8,
    /// One byte a character (ISO 2022, "8-bit controls"); the C1 controls are the bytes 0x80–0x9F.
    EightBit,
}

/// Which kind of control string is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum StringKind {
    /// Operating system command, `ESC ]`: ends with BEL or ST.
    Osc,
    /// Device control string, `ESC P`.
    Dcs,
    /// Start of string, `ESC X`.
    Sos,
    /// Privacy message, `ESC ^`.
    Pm,
    /// Application program command, `ESC _`.
    Apc,
}

/// Where in the grammar the stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) enum State {
    /// Outside every sequence.
    #[default]
    Ground,
    /// After ESC.
    Escape,
    /// After ESC and at least one intermediate (0x20–0x2F).
    EscapeIntermediate,
    /// After CSI.
    Csi,
    /// In a control string.
    String(StringKind),
    /// After ESC in a control string: `\` makes it ST, all else begins an escape sequence.
    StringEscape(StringKind),
}

impl State {
    /// The control string that is open.
    pub(crate) fn string(self) -> Option<StringKind> {
        match self {
            Self::String(kind) | Self::StringEscape(kind) => Some(kind),
            Self::Ground | Self::Escape | Self::EscapeIntermediate | Self::Csi => None,
        }
    }
}

/// What one byte did. Whatever is not named here (parts of a sequence) is [`Event::None`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Nothing to see: a lead byte, an ignored byte.
    None,
    /// The byte completes a printable character; earlier bytes of it are in [`Machine::pending`].
    Print,
    /// The byte can begin no character here: invalid UTF-8 of length one.
    Invalid,
    /// A control acts: C0, DEL, or C1 (as 0x80–0x9F). It may have aborted a sequence.
    Execute(u8),
    /// A sequence begins (state `Escape`, `Csi` or `String`).
    Begin,
    /// A parameter, private marker or intermediate of the open sequence.
    Collect(u8),
    /// The final byte of an escape sequence.
    Esc(u8),
    /// The final byte of a control sequence.
    Csi(u8),
    /// A byte of the open control string.
    Put,
    /// The control string has ended as it should.
    End(StringKind),
}

/// The state between two bytes: 5 bytes of it, whatever the input.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) struct Machine {
    pub(crate) state: State,
    pub(crate) encoding: Encoding,
    /// First bytes of a character that is not complete (Ground), or `C2` anywhere else.
    pending: [u8; 3],
    pending_len: u8,
}

impl Machine {
    pub(crate) const fn new(encoding: Encoding) -> Self {
        Self { state: State::Ground, encoding, pending: [0; 3], pending_len: 0 }
    }

    /// A machine in `Ground` with `bytes` (at most three) of a character begun.
    pub(crate) fn is_ground(&self) -> bool {
        self.state == State::Ground && self.pending_len == 0
    }

    /// The bytes of a character that is not complete.
    pub(crate) fn pending(&self) -> &[u8] {
        self.pending.get(..usize::from(self.pending_len)).unwrap_or(&[])
    }

    /// Forgets the pending bytes. In Ground they are then the caller's to handle as invalid.
    pub(crate) fn clear_pending(&mut self) {
        self.pending_len = 0;
    }

    /// Whether `byte` shows that the pending bytes are no character. Ask before [`Self::step`] in
    /// Ground; if so they are one maximal subpart of ill-formed UTF-8 (Unicode 16, table 3-8), and
    /// [`Self::clear_pending`] comes before the step.
    #[inline]
    pub(crate) fn breaks_pending(&self, byte: u8) -> bool {
        self.pending_len != 0 && self.state == State::Ground && !continues(self.pending(), byte)
    }

    /// Takes one byte. After [`Event::Print`] the caller clears the pending bytes once it has read them.
    #[inline]
    pub(crate) fn step(&mut self, byte: u8) -> Event {
        match byte {
            0x80.. => self.high(byte),
            _ => {
                if self.state != State::Ground {
                    self.pending_len = 0;
                }
                self.ascii(byte)
            }
        }
    }

    fn ascii(&mut self, byte: u8) -> Event {
        match (self.state, byte) {
            (State::String(kind), 0x1B) => self.go(State::StringEscape(kind), Event::None),
            (_, 0x1B) => self.go(State::Escape, Event::Begin),
            (State::String(StringKind::Osc), 0x07) => self.go(State::Ground, Event::End(StringKind::Osc)),
            (_, 0x18 | 0x1A) => self.go(State::Ground, Event::Execute(byte)),
            (State::String(_), _) => Event::Put,
            (State::Ground, 0x20..=0x7E) => Event::Print,
            (State::Ground, _) | (_, 0x00..=0x1F) => {
                if let State::StringEscape(_) = self.state {
                    self.state = State::Escape; // the string is lost, the escape is not
                }
                Event::Execute(byte)
            }
            (_, 0x7F) => Event::None,
            (State::StringEscape(kind), b'\\') => self.go(State::Ground, Event::End(kind)),
            (State::Escape | State::StringEscape(_), _) => self.escape(byte),
            (State::EscapeIntermediate, 0x20..=0x2F) | (State::Csi, 0x20..=0x3F) => Event::Collect(byte),
            (State::EscapeIntermediate, _) => self.go(State::Ground, Event::Esc(byte)),
            (State::Csi, _) => self.go(State::Ground, Event::Csi(byte)),
        }
    }

    /// The byte after ESC: 0x20–0x7E.
    fn escape(&mut self, byte: u8) -> Event {
        match byte {
            0x20..=0x2F => self.go(State::EscapeIntermediate, Event::Collect(byte)),
            b'[' => self.go(State::Csi, Event::Begin),
            _ => match string_kind(byte) {
                Some(kind) => self.go(State::String(kind), Event::Begin),
                None => self.go(State::Ground, Event::Esc(byte)),
            },
        }
    }

    fn high(&mut self, byte: u8) -> Event {
        if self.encoding == Encoding::EightBit {
            return match (byte, self.state) {
                (0x80..=0x9F, _) => self.c1(byte),
                (_, State::Ground) => Event::Print,
                (_, State::String(_)) => Event::Put,
                _ => Event::None,
            };
        }
        if self.pending() == [0xC2] && byte <= 0x9F {
            self.pending_len = 0;
            return self.c1(byte);
        }
        match self.state {
            State::Ground => self.utf8(byte),
            State::String(_) => {
                self.note_c2(byte);
                Event::Put
            }
            _ => {
                self.note_c2(byte);
                Event::None
            }
        }
    }

    /// Outside Ground the only thing to know of UTF-8 is whether a C1 control comes: `C2` is never
    /// a continuation byte, so `C2 80`–`C2 9F` is one wherever it stands.
    fn note_c2(&mut self, byte: u8) {
        self.pending = [byte, 0, 0];
        self.pending_len = u8::from(byte == 0xC2);
    }

    /// One byte ≥ 0x80 of text, after [`Self::breaks_pending`] said that it fits.
    fn utf8(&mut self, byte: u8) -> Event {
        let have = usize::from(self.pending_len);
        let need = match self.pending.first() {
            Some(&lead) if have > 0 => char_len(lead),
            _ => char_len(byte),
        };
        if need == 0 {
            return Event::Invalid;
        }
        if have + 1 == need {
            return Event::Print;
        }
        if let Some(slot) = self.pending.get_mut(have) {
            *slot = byte;
            self.pending_len += 1;
        }
        Event::None
    }

    /// A C1 control as 0x80–0x9F: ESC and the byte less 0x40, at once.
    fn c1(&mut self, byte: u8) -> Event {
        match (self.state, byte) {
            (State::String(kind) | State::StringEscape(kind), 0x9C) => {
                self.go(State::Ground, Event::End(kind))
            }
            (State::String(_), _) => Event::Put,
            (_, 0x9B) => self.go(State::Csi, Event::Begin),
            _ => match string_kind(byte - 0x40) {
                Some(kind) => self.go(State::String(kind), Event::Begin),
                None => self.go(State::Ground, Event::Execute(byte)),
            },
        }
    }

    fn go(&mut self, state: State, event: Event) -> Event {
        self.state = state;
        event
    }
}

/// What was pending once does not matter.
impl PartialEq for Machine {
    fn eq(&self, other: &Self) -> bool {
        self.state == other.state && self.encoding == other.encoding && self.pending() == other.pending()
    }
}

impl Eq for Machine {}

/// The string that ESC and `byte` open.
fn string_kind(byte: u8) -> Option<StringKind> {
    match byte {
        b']' => Some(StringKind::Osc),
        b'P' => Some(StringKind::Dcs),
        b'X' => Some(StringKind::Sos),
        b'^' => Some(StringKind::Pm),
        b'_' => Some(StringKind::Apc),
        _ => None,
    }
}

/// Length of the character that `lead` begins; zero if none does (Unicode 16, table 3-7).
fn char_len(lead: u8) -> usize {
    match lead {
        0x00..=0x7F => 1,
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 0,
    }
}

/// Whether `byte` may follow `pending` inside one character (Unicode 16, table 3-7).
fn continues(pending: &[u8], byte: u8) -> bool {
    match pending {
        [0xE0] => (0xA0..=0xBF).contains(&byte),
        [0xED] => (0x80..=0x9F).contains(&byte),
        [0xF0] => (0x90..=0xBF).contains(&byte),
        [0xF4] => (0x80..=0x8F).contains(&byte),
        _ => (0x80..=0xBF).contains(&byte),
    }
}
