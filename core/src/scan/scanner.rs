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
#[derive(Clone, Debug)]
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

    /// Takes one byte that is no part of a run, and writes the token that it gives. It may end a string and be a
    /// token of its own; that is returned.
    pub(super) fn take(&mut self, byte: u8, token: &mut Option<Token<'_>>) -> Option<Held> {
        let open = self.machine.state.string();
        let event = self.machine.step(byte);
        match (open, event) {
            (None, _) => self.act(event, byte, token),
            (Some(_), Event::None | Event::Put) => {}
            (Some(kind), _) => {
                *token = Some(Token::StringEnd(self.end_string(kind, event == Event::End(kind))));
                return self.hold(event);
            }
        }
        None
    }

    /// An operating system command has begun.
    pub(super) fn begin_command(&mut self) {
        static COMMAND: Sequence = Sequence::Osc(Osc::NEW);
        self.machine.state = State::String(StringKind::Osc);
        self.sequence = COMMAND;
    }

    fn act(&mut self, event: Event, byte: u8, token: &mut Option<Token<'_>>) {
        match event {
            Event::None | Event::Put | Event::End(_) => {}
            Event::Print => *token = self.character(byte).map(Token::Char),
            Event::Invalid => *token = Some(Token::Invalid(1)),
            Event::Execute(control) => *token = Some(Token::Control(control)),
            Event::Begin => self.sequence = Sequence::begin(self.machine.state),
            Event::Collect(byte) => match &mut self.sequence {
                Sequence::Csi(csi) => csi.collect(byte),
                Sequence::Escape(escape) => escape.collect(byte),
                _ => {}
            },
            Event::Esc(last) => {
                if let Sequence::Escape(escape) = &mut self.sequence {
                    *token = escape.finish(last).map(Token::Escape);
                }
            }
            Event::Csi(last) => {
                if let Sequence::Csi(csi) = &mut self.sequence
                    && csi.finish(last)
                {
                    *token = Some(Token::Csi(*csi));
                }
            }
        }
    }

    /// As [`Self::act`] for the byte that ended a string: it may act, or belong to an escape sequence.
    fn hold(&mut self, event: Event) -> Option<Held> {
        let mut escape = Escape::default();
        self.sequence = Sequence::begin(self.machine.state);
        match event {
            Event::Execute(control) => return Some(Held::Control(control)),
            Event::Esc(last) => return escape.finish(last).map(Held::Escape),
            Event::Collect(byte) => {
                escape.collect(byte);
                self.sequence = Sequence::Escape(escape);
            }
            _ => {}
        }
        None
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

    /// What the open string said; `terminated` if its terminator came.
    fn end_string(&mut self, kind: StringKind, terminated: bool) -> StringEnd {
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
        end
    }
}

/// What was collected of a sequence that is over does not matter.
impl PartialEq for Scanner {
    fn eq(&self, other: &Self) -> bool {
        let open = self.machine.state != State::Ground;
        self.machine == other.machine && (!open || self.sequence == other.sequence)
    }
}

impl Eq for Scanner {}

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
