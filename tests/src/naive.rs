//! A naive reference of the scanner: slow, allocating, fed whole, and written apart from the core.
//!
//! It decodes first and interprets then. That is sound because every byte that changes the state is
//! ASCII or `C2 80`–`C2 9F`, and neither can be a part of another character, valid or not.

use stillwire::scan::{Encoding, StringKind};

/// What to do with invalid UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// U+FFFD for each maximal subpart.
    Replace,
    /// Nothing for it.
    Drop,
    /// Its bytes.
    Keep,
}

/// All three.
pub const POLICIES: [Policy; 3] = [Policy::Replace, Policy::Drop, Policy::Keep];

/// One thing that a stream holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A printable character.
    Char(char),
    /// A maximal subpart of ill-formed UTF-8.
    Invalid(Vec<u8>),
    /// A control that acts: C0, DEL, or C1 as 0x80–0x9F.
    Control(u8),
    /// An escape sequence: intermediates and final byte.
    Escape(String),
    /// A control sequence: all that follows CSI.
    Csi(String),
    /// A control string: its body and whether it was terminated.
    Text(StringKind, Vec<u8>, bool),
}

/// A decoded unit: a character, or bytes that are none.
#[derive(Clone, Debug)]
enum Unit {
    Char(char),
    Bad(Vec<u8>),
}

/// Where in the grammar we are; what is open is collected in it.
enum State {
    Ground,
    /// After ESC; in here also the string that was open when it came.
    Escape(Option<(StringKind, Vec<u8>)>),
    Intermediate(String),
    Csi(String),
    Text(StringKind, Vec<u8>),
}

/// What `input` without its escape sequences and controls is, tab, newline and return excepted.
pub fn strip(input: &[u8], encoding: Encoding, policy: Policy) -> Vec<u8> {
    let mut out = Vec::new();
    let mut lone_c2 = false;
    for seen in tokens(input, encoding) {
        match seen {
            // In an 8-bit stream these are characters of an unknown set.
            Seen::Char('\u{A0}'..) if encoding == Encoding::EightBit && policy == Policy::Drop => {}
            Seen::Char('\u{A0}'..) if encoding == Encoding::EightBit && policy == Policy::Replace => {
                out.extend("\u{FFFD}".bytes());
            }
            Seen::Char(char) if encoding == Encoding::EightBit => out.push(char as u8),
            Seen::Char(char) => out.extend(char.to_string().bytes()),
            Seen::Control(byte @ (b'\t' | b'\n' | b'\r')) => out.push(byte),
            Seen::Invalid(bytes) => match policy {
                Policy::Replace => out.extend("\u{FFFD}".bytes()),
                Policy::Drop => {}
                // Something between the two was removed, or they would be a C1 control in the input.
                Policy::Keep if lone_c2 && bytes[0] <= 0x9F => continue,
                Policy::Keep => {
                    out.extend(&bytes);
                    lone_c2 = bytes == [0xC2];
                    continue;
                }
            },
            _ => continue,
        }
        lone_c2 = false;
    }
    out
}

/// All that `input` holds, in order. A string that is still open at its end is not told.
pub fn tokens(input: &[u8], encoding: Encoding) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut state = State::Ground;
    for unit in decode(input, encoding) {
        state = match unit {
            Unit::Char(char) => step(state, char, encoding, &mut seen),
            Unit::Bad(bytes) => {
                match &mut state {
                    State::Ground => seen.push(Seen::Invalid(bytes)),
                    State::Text(_, body) => body.extend(bytes),
                    _ => {}
                }
                state
            }
        };
    }
    seen
}

fn decode(input: &[u8], encoding: Encoding) -> Vec<Unit> {
    if encoding == Encoding::EightBit {
        return input.iter().map(|&byte| Unit::Char(char::from(byte))).collect();
    }
    let mut units = Vec::new();
    for chunk in input.utf8_chunks() {
        units.extend(chunk.valid().chars().map(Unit::Char));
        if !chunk.invalid().is_empty() {
            units.push(Unit::Bad(chunk.invalid().to_vec()));
        }
    }
    units
}

fn step(state: State, char: char, encoding: Encoding, seen: &mut Vec<Seen>) -> State {
    if let State::Text(kind, body) = state {
        return in_text(kind, body, char, encoding, seen);
    }
    let state = match (state, char) {
        (State::Escape(Some((kind, body))), '\\' | '\u{9C}') => {
            seen.push(Seen::Text(kind, body, true));
            return State::Ground;
        }
        (State::Escape(Some(open)), '\u{7F}' | '\u{A0}'..) => return State::Escape(Some(open)),
        (State::Escape(Some((kind, body))), _) => {
            seen.push(Seen::Text(kind, body, false));
            State::Escape(None)
        }
        (state, _) => state,
    };
    match (state, char) {
        (_, '\u{1B}') => State::Escape(None),
        (_, '\u{18}' | '\u{1A}') => {
            seen.push(Seen::Control(char as u8));
            State::Ground
        }
        (state, '\0'..='\u{1F}') => {
            seen.push(Seen::Control(char as u8));
            state
        }
        (State::Ground, '\u{7F}') => {
            seen.push(Seen::Control(0x7F));
            State::Ground
        }
        // C1 is ESC and the character 0x40 below.
        (_, '\u{80}'..='\u{9F}') => match after_escape(char::from(char as u8 - 0x40), &mut Vec::new()) {
            State::Ground | State::Intermediate(_) => {
                seen.push(Seen::Control(char as u8));
                State::Ground
            }
            opened => opened,
        },
        (State::Ground, _) => {
            seen.push(Seen::Char(char));
            State::Ground
        }
        (state, '\u{7F}'..) => state,
        (State::Escape(_), _) => after_escape(char, seen),
        (State::Intermediate(mut so_far), _) => {
            so_far.push(char);
            if char <= '/' {
                return State::Intermediate(so_far);
            }
            seen.push(Seen::Escape(so_far));
            State::Ground
        }
        (State::Csi(mut so_far), _) => {
            so_far.push(char);
            if char <= '?' {
                return State::Csi(so_far);
            }
            seen.push(Seen::Csi(so_far));
            State::Ground
        }
        (State::Text(..), _) => unreachable!("handled first"),
    }
}

fn in_text(
    kind: StringKind,
    mut body: Vec<u8>,
    char: char,
    encoding: Encoding,
    seen: &mut Vec<Seen>,
) -> State {
    match char {
        '\u{1B}' => return State::Escape(Some((kind, body))),
        '\u{18}' | '\u{1A}' => {
            seen.push(Seen::Text(kind, body, false));
            seen.push(Seen::Control(char as u8));
            return State::Ground;
        }
        '\u{9C}' => seen.push(Seen::Text(kind, body, true)),
        '\u{07}' if kind == StringKind::Osc => seen.push(Seen::Text(kind, body, true)),
        _ => {
            match encoding {
                Encoding::EightBit => body.push(char as u8),
                Encoding::Utf8 => body.extend(char.to_string().bytes()),
            }
            return State::Text(kind, body);
        }
    }
    State::Ground
}

fn after_escape(char: char, seen: &mut Vec<Seen>) -> State {
    match char {
        '[' => State::Csi(String::new()),
        ']' => State::Text(StringKind::Osc, Vec::new()),
        'P' => State::Text(StringKind::Dcs, Vec::new()),
        'X' => State::Text(StringKind::Sos, Vec::new()),
        '^' => State::Text(StringKind::Pm, Vec::new()),
        '_' => State::Text(StringKind::Apc, Vec::new()),
        ' '..='/' => State::Intermediate(char.to_string()),
        _ => {
            seen.push(Seen::Escape(char.to_string()));
            State::Ground
        }
    }
}
