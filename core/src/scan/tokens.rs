//! Going over one input: [`Tokens`].

use super::csi::Csi;
use super::escape::Escape;
use super::find;
use super::machine::{Encoding, State, StringKind};
use super::scanner::Scanner;
use super::token::Token;

/// So many bytes are looked at together for what is UTF-8.
const WINDOW: usize = 4096;

/// The tokens of one input, from [`Scanner::scan`].
///
/// Dropping it reads the rest of the input, so the scanner's state is always that after all of it.
#[derive(Debug)]
pub struct Tokens<'s, 'i> {
    scanner: &'s mut Scanner,
    len: usize,
    /// What is not read yet.
    rest: &'i [u8],
    /// Text was looked for where so much was not read yet, and from there on this much is UTF-8.
    looked: usize,
    valid: &'i str,
    /// Outside of everything, with nothing held.
    calm: bool,
    /// The token that follows the one given last, from the same byte.
    held: Option<Held>,
}

/// What a byte that ends a control string can be besides.
#[derive(Clone, Copy, Debug)]
pub(super) enum Held {
    Control(u8),
    Escape(Escape),
}

impl<'s, 'i> Tokens<'s, 'i> {
    #[inline]
    pub(super) fn new(scanner: &'s mut Scanner, input: &'i [u8]) -> Self {
        let calm = scanner.is_ground();
        Self { scanner, len: input.len(), rest: input, looked: 0, valid: "", calm, held: None }
    }

    /// Bytes of the input that were read for the tokens given so far: where the last one ends.
    pub const fn consumed(&self) -> usize {
        self.len.saturating_sub(self.rest.len())
    }

    /// Whether a reader of the stream may begin there: not inside a sequence or a character, and
    /// not between two tokens of one byte.
    pub const fn is_ground(&self) -> bool {
        self.calm
    }

    /// Stops here, with the rest of the input not read: how many bytes were ([`consumed`](Self::consumed)), and the token
    /// that the last of them gave besides. Go on with [`Scanner::scan`] and the rest.
    pub fn stop(mut self) -> (usize, Option<Token<'static>>) {
        let stopped = (self.consumed(), self.held.take().map(Held::token));
        core::mem::forget(self); // dropped, it would read on
        stopped
    }

    /// The next token, or None with the machine back in Ground or the rest read.
    #[inline(never)]
    fn elsewhere(&mut self) -> Option<Token<'i>> {
        if let Some(held) = self.held.take() {
            self.calm = self.scanner.machine.is_ground();
            return Some(held.token());
        }
        loop {
            if let State::String(kind) = self.scanner.machine.state
                && let piece @ Some(_) = self.payload(kind)
            {
                return piece;
            }
            let (&byte, after) = self.rest.split_first()?;
            let broken = self.scanner.machine.breaks_pending(byte);
            let token = if broken {
                let cut = self.scanner.machine.pending().len();
                self.scanner.machine.clear_pending();
                Some(Token::Invalid(cut as u8))
            } else {
                self.rest = after;
                let token;
                (token, self.held) = self.scanner.take(byte);
                token
            };
            self.calm = self.held.is_none() && self.scanner.machine.is_ground();
            if self.calm || token.is_some() {
                return token;
            }
        }
    }

    /// As `next`, into its place: a token is too large to be copied about.
    #[inline]
    pub(crate) fn fill(&mut self, next: &mut Option<Token<'i>>) {
        loop {
            if self.calm && self.in_ground(next) {
                return;
            }
            *next = self.elsewhere();
            if next.is_some() || self.rest.is_empty() {
                return;
            }
        }
    }

    /// The run of text, control or whole control sequence that the rest begins with, outside of
    /// everything; or None, if there is no rest. False: what is left for the machine, which is rare.
    #[inline(always)]
    fn in_ground(&mut self, next: &mut Option<Token<'i>>) -> bool {
        match self.rest {
            [0x1B, b'[', rest @ ..] => {
                let Token::Csi(csi) = next.insert(Token::Csi(Csi::new())) else { return false };
                let Some(after) = csi.parse(rest) else { return false };
                self.rest = after;
                true
            }
            [0x1B, b']', rest @ ..] => {
                self.rest = rest;
                self.calm = false;
                self.scanner.begin_command();
                false
            }
            [0x1B, ..] => false,
            [control @ 0..0x20, rest @ ..] => {
                self.rest = rest;
                *next = Some(Token::Control(*control));
                true
            }
            [] => {
                *next = None;
                true
            }
            _ => match self.text() {
                Some(run) => {
                    *next = Some(Token::Text(run));
                    true
                }
                None => false,
            },
        }
    }

    /// The run of text that the rest begins with. None: it begins with DEL or what is no character, which goes
    /// through the machine byte by byte.
    #[inline(always)]
    fn text(&mut self) -> Option<&'i str> {
        let mut from = self.looked.wrapping_sub(self.rest.len());
        if from >= self.valid.len() {
            self.look();
            from = 0;
        }
        let len = find::text_end(self.valid.as_bytes().get(from..)?);
        let run = self.valid.get(from..from + len)?;
        (_, self.rest) = self.rest.split_at_checked(len)?;
        if run.is_empty() { None } else { Some(run) }
    }

    /// How much of the rest is UTF-8, or ASCII in an 8-bit stream.
    #[inline(never)]
    fn look(&mut self) {
        let mut window = self.rest.get(..WINDOW).unwrap_or(self.rest);
        if self.scanner.machine.encoding == Encoding::EightBit {
            let ascii = window.iter().take_while(|byte| byte.is_ascii()).count();
            window = window.get(..ascii).unwrap_or(&[]);
        }
        self.looked = self.rest.len();
        self.valid = match core::str::from_utf8(window) {
            Ok(valid) => valid,
            Err(error) => {
                let valid = window.get(..error.valid_up_to()).unwrap_or(&[]);
                core::str::from_utf8(valid).unwrap_or("")
            }
        };
    }

    #[inline(never)]
    fn read_on(&mut self) {
        while self.next().is_some() {}
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
        self.scanner.put(piece);
        Token::Payload(kind, piece)
    }

    fn advance(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or(&[]);
    }
}

impl<'i> Iterator for Tokens<'_, 'i> {
    type Item = Token<'i>;

    #[inline]
    fn next(&mut self) -> Option<Token<'i>> {
        let mut next = None;
        self.fill(&mut next);
        next
    }
}

impl Drop for Tokens<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        if !self.rest.is_empty() || self.held.is_some() {
            self.read_on();
        }
    }
}

impl Held {
    fn token(self) -> Token<'static> {
        match self {
            Self::Control(control) => Token::Control(control),
            Self::Escape(escape) => Token::Escape(escape),
        }
    }
}
