//! The scanner itself: bytes in, borrowed [`Token`]s out, state between any two bytes.

use super::csi::Csi;
use super::dcs::{Apc, Dcs};
use super::escape::Escape;
use super::machine::{Encoding, Event, Machine, State, StringKind};
use super::osc::Osc;
use super::token::{StringEnd, Token};
use super::tokens::{Held, Tokens};

/// How a [`Scanner`] reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// How bytes ≥ 0x80 are read; UTF-8 unless the device is older than that.
    pub encoding: Encoding,
}

/// Streaming scanner of terminal output.
///
/// Its state is a few dozen bytes, whatever the input, and the tokens are the same wherever the
/// input is cut (a run of text or a payload that is cut comes in two pieces).
///
/// ```
/// use stillwire::scan::{Config, Scanner, Token};
///
/// let mut scanner = Scanner::new(Config::DEFAULT);
/// let mut text = String::new();
/// for input in [&b"\x1b[3"[..], b"1mgr\xC3", b"\xBCn\x1b[m"] {
///     for token in scanner.scan(input) {
///         match token {
///             Token::Text(run) => text.push_str(run),
///             Token::Char(char) => text.push(char),
///             _ => {}
///         }
///     }
/// }
/// assert_eq!(text, "grün");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Scanner {
    pub(super) machine: Machine,
    sequence: Sequence,
}

/// What is collected of the open sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Sequence {
    /// None is open, or one that says nothing.
    None,
    Escape(Escape),
    Csi(Csi),
    Osc(Osc),
    Dcs(Dcs),
    Apc(Apc),
}

impl Config {
    /// UTF-8.
    pub const DEFAULT: Self = Self { encoding: Encoding::Utf8 };
}

impl Scanner {
    /// A scanner at the beginning of a stream.
    pub const fn new(config: Config) -> Self {
        Self { machine: Machine::new(config.encoding), sequence: Sequence::None }
    }

    /// The tokens of `input`, which continues what was scanned before.
    pub fn scan<'s, 'i>(&'s mut self, input: &'i [u8]) -> Tokens<'s, 'i> {
        Tokens::new(self, input)
    }

    /// The stream is over: [`Token::Invalid`] if it ended inside a character. The scanner is then as new.
    pub fn finish(&mut self) -> Option<Token<'static>> {
        let cut = if self.machine.state == State::Ground { self.machine.pending().len() } else { 0 };
        *self = Self::new(Config { encoding: self.machine.encoding });
        (cut > 0).then_some(Token::Invalid(cut as u8))
    }

    /// Whether the stream stands between two sequences and two characters, so that a reader may begin here.
    pub fn is_ground(&self) -> bool {
        self.machine.is_ground()
    }

    /// Takes one byte that is no part of a run. What it returns first comes first: a byte may end a
    /// string and be a token of its own.
    pub(super) fn take(&mut self, byte: u8) -> (Option<Token<'static>>, Option<Held>) {
        let open = self.machine.state.string();
        let event = self.machine.step(byte);
        match (open, event) {
            (None, _) => (self.act(event, byte), None),
            (Some(_), Event::None | Event::Put) => (None, None),
            (Some(kind), _) => {
                let end = self.end_string(kind, event == Event::End(kind));
                let held = match self.act(event, byte) {
                    Some(Token::Control(control)) => Some(Held::Control(control)),
                    Some(Token::Escape(escape)) => Some(Held::Escape(escape)),
                    _ => None,
                };
                (Some(end), held)
            }
        }
    }

    /// An operating system command has begun.
    pub(super) fn begin_command(&mut self) {
        self.machine.state = State::String(StringKind::Osc);
        self.sequence = Sequence::begin(self.machine.state);
    }

    fn act(&mut self, event: Event, byte: u8) -> Option<Token<'static>> {
        match event {
            Event::None | Event::Put | Event::End(_) => None,
            Event::Print => self.character(byte).map(Token::Char),
            Event::Invalid => Some(Token::Invalid(1)),
            Event::Execute(control) => Some(Token::Control(control)),
            Event::Begin => {
                self.sequence = Sequence::begin(self.machine.state);
                None
            }
            Event::Collect(byte) => {
                match &mut self.sequence {
                    Sequence::Csi(csi) => csi.collect(byte),
                    Sequence::Escape(escape) => escape.collect(byte),
                    _ => {}
                }
                None
            }
            Event::Esc(last) => match &mut self.sequence {
                Sequence::Escape(escape) => escape.finish(last).map(Token::Escape),
                _ => None,
            },
            Event::Csi(last) => match &mut self.sequence {
                Sequence::Csi(csi) => csi.finish(last).then_some(Token::Csi(*csi)),
                _ => None,
            },
        }
    }

    /// The character that `byte` completes.
    fn character(&mut self, byte: u8) -> Option<char> {
        if self.machine.encoding == Encoding::EightBit {
            return Some(char::from(byte));
        }
        let mut bytes = [0; 4];
        let mut len = 0;
        for (slot, &byte) in bytes.iter_mut().zip(self.machine.pending().iter().chain([&byte])) {
            *slot = byte;
            len += 1;
        }
        self.machine.clear_pending();
        bytes.get(..len).and_then(|bytes| core::str::from_utf8(bytes).ok())?.chars().next()
    }

    /// Takes a piece of the body of the string that is open.
    pub(super) fn put(&mut self, piece: &[u8]) {
        match &mut self.sequence {
            Sequence::Osc(osc) => osc.put(piece),
            Sequence::Dcs(dcs) => dcs.put(piece),
            Sequence::Apc(apc) => apc.put(piece),
            Sequence::None | Sequence::Escape(_) | Sequence::Csi(_) => {}
        }
    }

    /// Leaves the string for an escape sequence, if the byte that ended it belongs to one.
    fn end_string(&mut self, kind: StringKind, terminated: bool) -> Token<'static> {
        let mut end = StringEnd { kind, terminated, number: None, signal: None };
        match &mut self.sequence {
            Sequence::Osc(osc) => {
                end.signal = osc.finish();
                end.number = osc.number();
            }
            Sequence::Dcs(dcs) => end.signal = dcs.finish(),
            Sequence::Apc(apc) => end.signal = apc.finish(),
            Sequence::None | Sequence::Escape(_) | Sequence::Csi(_) => {}
        }
        end.signal = end.signal.filter(|_| terminated);
        self.sequence = Sequence::Escape(Escape::default());
        Token::StringEnd(end)
    }
}

impl Sequence {
    /// The sequence that has just begun with the machine in `state`.
    fn begin(state: State) -> Self {
        match state {
            State::Csi => Self::Csi(Csi::new()),
            State::String(StringKind::Osc) => Self::Osc(Osc::default()),
            State::String(StringKind::Dcs) => Self::Dcs(Dcs::default()),
            State::String(StringKind::Apc) => Self::Apc(Apc::default()),
            State::Escape => Self::Escape(Escape::default()),
            _ => Self::None,
        }
    }
}
