//! The scanner itself: bytes in, borrowed [`Token`]s out, state between any two bytes.

use super::csi::Csi;
use super::dcs::{Apc, Dcs};
use super::escape::Escape;
use super::find;
use super::machine::{Encoding, Event, Machine, State, StringKind};
use super::osc::Osc;
use super::token::{StringEnd, Token};

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
    machine: Machine,
    sequence: Sequence,
}

/// The tokens of one input, from [`Scanner::scan`].
///
/// Dropping it reads the rest of the input, so the scanner's state is always that after all of it.
#[derive(Debug)]
pub struct Tokens<'s, 'i> {
    scanner: &'s mut Scanner,
    len: usize,
    /// What is not read yet.
    rest: &'i [u8],
    /// So many bytes of `rest` are known to hold no control.
    plain: usize,
    /// The token that follows the one given last, from the same byte.
    held: Option<Token<'static>>,
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
        Tokens { scanner: self, len: input.len(), rest: input, plain: 0, held: None }
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
    fn take(&mut self, byte: u8) -> (Option<Token<'static>>, Option<Token<'static>>) {
        let open = self.machine.state.string();
        let event = self.machine.step(byte);
        match (open, event) {
            (None, _) => (self.act(event, byte), None),
            (Some(_), Event::None | Event::Put) => (None, None),
            (Some(kind), _) => {
                let end = self.end_string(kind, event == Event::End(kind));
                (Some(end), self.act(event, byte))
            }
        }
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
                Sequence::Csi(csi) => {
                    csi.finish(last);
                    csi.is_well_formed().then_some(Token::Csi(*csi))
                }
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

impl<'i> Tokens<'_, 'i> {
    /// Bytes of the input that were read for the tokens given so far: where the last one ends.
    pub const fn consumed(&self) -> usize {
        self.len.saturating_sub(self.rest.len())
    }

    /// Whether a reader of the stream may begin there: not inside a sequence or a character, and
    /// not between two tokens of one byte.
    pub fn is_ground(&self) -> bool {
        self.held.is_none() && self.scanner.is_ground()
    }

    /// Stops here, with the rest of the input not read: how many bytes were ([`consumed`](Self::consumed)), and the token
    /// that the last of them gave besides. Go on with [`Scanner::scan`] and the rest.
    pub fn stop(mut self) -> (usize, Option<Token<'static>>) {
        let stopped = (self.consumed(), self.held.take());
        core::mem::forget(self); // dropped, it would read on
        stopped
    }

    /// The next token, wherever the machine is.
    fn next_elsewhere(&mut self) -> Option<Token<'i>> {
        if self.held.is_some() {
            return self.held.take();
        }
        loop {
            let run = match self.scanner.machine.state {
                State::Ground if self.scanner.machine.is_ground() => self.in_ground(),
                State::String(kind) => self.payload(kind),
                _ => None,
            };
            if run.is_some() {
                return run;
            }
            let byte = *self.rest.first()?;
            if self.scanner.machine.breaks_pending(byte) {
                let cut = self.scanner.machine.pending().len();
                self.scanner.machine.clear_pending();
                return Some(Token::Invalid(cut as u8));
            }
            self.advance(1);
            let (token, held) = self.scanner.take(byte);
            if held.is_some() {
                self.held = held;
            }
            if token.is_some() {
                return token;
            }
        }
    }

    /// The run of text, control or whole control sequence that the rest begins with, outside of
    /// everything. What is left for the machine is rare.
    #[inline]
    fn in_ground(&mut self) -> Option<Token<'i>> {
        loop {
            match self.rest {
                [0x1B, b'[', rest @ ..] => {
                    let mut csi = Csi::new();
                    let len = csi.parse(rest)?;
                    self.rest = rest.get(len..).unwrap_or(&[]);
                    if csi.is_well_formed() {
                        return Some(Token::Csi(csi));
                    }
                }
                [] | [0x1B, ..] => return None,
                [control @ (0x00..=0x1F | 0x7F), rest @ ..] => {
                    self.rest = rest;
                    return Some(Token::Control(*control));
                }
                _ => return self.text(),
            }
        }
    }

    /// The run of text that the rest begins with.
    fn text(&mut self) -> Option<Token<'i>> {
        if self.plain == 0 {
            self.plain = match self.scanner.machine.encoding {
                Encoding::Utf8 => find::text_end(self.rest),
                Encoding::EightBit => find::ascii_end(self.rest),
            };
        }
        let (run, _) = self.rest.split_at_checked(self.plain)?;
        let run = match core::str::from_utf8(run) {
            Ok(run) => run,
            // What is no character goes through the machine byte by byte.
            Err(error) => core::str::from_utf8(run.get(..error.valid_up_to())?).ok()?,
        };
        if run.is_empty() {
            return None;
        }
        self.advance(run.len());
        Some(Token::Text(run))
    }

    /// The piece of a string's body that the rest begins with.
    fn payload(&mut self, kind: StringKind) -> Option<Token<'i>> {
        let machine = &mut self.scanner.machine;
        let first = *self.rest.first()?;
        if !machine.pending().is_empty() {
            if first == 0x9C {
                return None;
            }
            // A C2 ended the last input, and it is not the first half of ST.
            machine.clear_pending();
            return Some(self.put(kind, b"\xC2"));
        }
        let len = find::body_end(self.rest, kind, machine.encoding == Encoding::EightBit);
        let (piece, _) = self.rest.split_at_checked(len).filter(|(piece, _)| !piece.is_empty())?;
        self.advance(len);
        Some(self.put(kind, piece))
    }

    fn put<'p>(&mut self, kind: StringKind, piece: &'p [u8]) -> Token<'p> {
        match &mut self.scanner.sequence {
            Sequence::Osc(osc) => osc.put(piece),
            Sequence::Dcs(dcs) => dcs.put(piece),
            Sequence::Apc(apc) => apc.put(piece),
            Sequence::None | Sequence::Escape(_) | Sequence::Csi(_) => {}
        }
        Token::Payload(kind, piece)
    }

    fn advance(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or(&[]);
        self.plain = self.plain.saturating_sub(len);
    }
}

impl<'i> Iterator for Tokens<'_, 'i> {
    type Item = Token<'i>;

    #[inline]
    fn next(&mut self) -> Option<Token<'i>> {
        if self.held.is_none() && self.scanner.machine.is_ground() {
            let token = self.in_ground();
            if token.is_some() {
                return token;
            }
        }
        self.next_elsewhere()
    }
}

impl Drop for Tokens<'_, '_> {
    fn drop(&mut self) {
        self.for_each(drop);
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
