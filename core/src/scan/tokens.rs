//! Going over one input: [`Tokens`].

use super::csi::Csi;
use super::escape::Escape;
use super::find;
use super::machine::{Encoding, State};
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

    /// Writes the next token; or none, with the machine back in Ground or the rest read.
    #[inline(never)]
    fn elsewhere(&mut self, next: &mut Option<Token<'i>>) {
        if let Some(held) = self.held.take() {
            self.calm = self.scanner.machine.is_ground();
            *next = Some(held.token());
            return;
        }
        loop {
            if let State::String(kind) = self.scanner.machine.state
                && let Some(piece) = self.payload()
            {
                self.scanner.put(piece);
                *next = Some(Token::Payload(kind, piece));
                return;
            }
            let Some((&byte, after)) = self.rest.split_first() else { return };
            if self.scanner.machine.breaks_pending(byte) {
                let cut = self.scanner.machine.pending().len();
                self.scanner.machine.clear_pending();
                *next = Some(Token::Invalid(cut as u8));
            } else {
                self.rest = after;
                self.held = self.scanner.take(byte, next);
            }
            self.calm = self.held.is_none() && self.scanner.machine.is_ground();
            if self.calm || next.is_some() {
                return;
            }
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
        let text = self.valid.get(from..)?;
        let len = find::text_end(text.as_bytes());
        let (run, _) = text.split_at_checked(len)?;
        (_, self.rest) = self.rest.split_at_checked(len)?;
        if run.is_empty() { None } else { Some(run) }
    }

    /// How much of the rest is UTF-8, or ASCII in an 8-bit stream.
    #[inline(never)]
    fn look(&mut self) {
        let window = match self.rest.get(..WINDOW) {
            Some(window) => without_last(window),
            None => self.rest,
        };
        let window = match self.scanner.machine.encoding {
            Encoding::Utf8 => window,
            Encoding::EightBit => {
                let ascii = window.iter().take_while(|byte| byte.is_ascii()).count();
                window.get(..ascii).unwrap_or(&[])
            }
        };
        self.looked = self.rest.len();
        self.valid = match core::str::from_utf8(window) {
            Ok(valid) => valid,
            Err(error) => {
                let valid = window.get(..error.valid_up_to()).unwrap_or(&[]);
                core::str::from_utf8(valid).unwrap_or("")
            }
        };
    }

    /// Brings the machine to the end of the input, a byte at a time: nobody wants these tokens.
    #[cold]
    #[inline(never)]
    fn read_on(&mut self) {
        while !self.rest.is_empty() || self.held.is_some() {
            self.elsewhere(&mut None);
        }
    }

    /// The piece of the open string's body that the rest begins with.
    fn payload(&mut self) -> Option<&'i [u8]> {
        let machine = &mut self.scanner.machine;
        let first = *self.rest.first()?;
        if !machine.pending().is_empty() {
            if first == 0x9C {
                return None;
            }
            // A C2 ended the last input, and it is not the first half of ST.
            machine.clear_pending();
            return Some(b"\xC2");
        }
        let len = find::body_end(self.rest, machine.state.string()?, machine.encoding == Encoding::EightBit);
        let (piece, after) = self.rest.split_at_checked(len).filter(|(piece, _)| !piece.is_empty())?;
        self.rest = after;
        Some(piece)
    }
}

impl<'i> Iterator for Tokens<'_, 'i> {
    type Item = Token<'i>;

    #[inline]
    fn next(&mut self) -> Option<Token<'i>> {
        loop {
            if self.calm {
                match self.rest {
                    [0x1B, b'[', rest @ ..] => {
                        let mut csi = Csi::new();
                        if let Some(after) = csi.parse(rest) {
                            self.rest = after;
                            return Some(Token::Csi(csi));
                        }
                    }
                    [0x1B, b']', rest @ ..] => {
                        self.rest = rest;
                        self.calm = false;
                        self.scanner.begin_command();
                    }
                    [0x1B, ..] => {}
                    [control @ 0..0x20, rest @ ..] => {
                        self.rest = rest;
                        return Some(Token::Control(*control));
                    }
                    [] => return None,
                    _ => {
                        if let Some(run) = self.text() {
                            return Some(Token::Text(run));
                        }
                    }
                }
            }
            let mut next = None;
            self.elsewhere(&mut next);
            if next.is_some() || self.rest.is_empty() {
                return next;
            }
        }
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

/// `window` without its last character, if that is not ASCII: it may be cut.
fn without_last(window: &[u8]) -> &[u8] {
    let lead = window.iter().rev().take(4).position(|byte| !(0x80..0xC0).contains(byte));
    match lead.and_then(|behind| window.split_at_checked(window.len() - 1 - behind)) {
        Some((before, [0xC0..=0xFF, ..])) => before,
        _ => window,
    }
}
