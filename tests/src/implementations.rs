//! Everything that turns a stream into text, so that one table of tests runs through all of it.

use stillwire::scan::strip::{self, Invalid, Stripper};
use stillwire::scan::{Backend, Config, Encoding, Scanner, Token};

use crate::naive::{self, Policy};

/// Text of a stream that comes in pieces. None: the implementation does not do this policy.
pub type Strip = fn(pieces: &[&[u8]], Encoding, Policy) -> Option<Vec<u8>>;

/// All of them, by name.
pub const IMPLEMENTATIONS: &[(&str, Strip)] = &[
    ("naive", by_naive),
    ("tokens", by_tokens),
    ("stripper", by_stripper),
    ("stripper into small slices", by_stripper_step_by_step),
    ("runs", by_runs),
    ("a byte at a time", by_scalar),
];

fn by_naive(pieces: &[&[u8]], encoding: Encoding, policy: Policy) -> Option<Vec<u8>> {
    Some(naive::strip(&pieces.concat(), encoding, policy))
}

fn by_tokens(pieces: &[&[u8]], encoding: Encoding, policy: Policy) -> Option<Vec<u8>> {
    let mut scanner = Scanner::new(Config { encoding });
    let mut text = Vec::new();
    let mut take = |token: Token<'_>| match token {
        Token::Text(run) => text.extend(run.bytes()),
        Token::Char(_) if encoding == Encoding::EightBit && policy == Policy::Drop => {}
        Token::Char(_) if encoding == Encoding::EightBit => text.extend("\u{FFFD}".bytes()),
        Token::Char(char) => text.extend(char.to_string().bytes()),
        Token::Invalid(_) if policy == Policy::Replace => text.extend("\u{FFFD}".bytes()),
        Token::Control(byte @ (b'\t' | b'\n' | b'\r')) => text.push(byte),
        _ => {}
    };
    for piece in pieces {
        scanner.scan(piece).for_each(&mut take);
    }
    scanner.finish().into_iter().for_each(&mut take);
    (policy != Policy::Keep).then_some(text)
}

fn stripper(encoding: Encoding, policy: Policy) -> Stripper {
    Stripper::new(config(encoding, policy))
}

fn config(encoding: Encoding, policy: Policy) -> strip::Config {
    let invalid = match policy {
        Policy::Replace => Invalid::Replace,
        Policy::Drop => Invalid::Drop,
        Policy::Keep => Invalid::Keep,
    };
    strip::Config { invalid, encoding }
}

fn by_stripper(pieces: &[&[u8]], encoding: Encoding, policy: Policy) -> Option<Vec<u8>> {
    let mut stripper = stripper(encoding, policy);
    let mut text = Vec::new();
    let mut out = vec![0; 3 * pieces.iter().map(|piece| piece.len()).max().unwrap_or(0) + 16];
    for piece in pieces {
        let done = stripper.strip(piece, &mut out);
        assert_eq!(done.consumed, piece.len());
        text.extend(&out[..done.written]);
    }
    let len = stripper.finish(&mut out);
    text.extend(&out[..len]);
    Some(text)
}

fn by_stripper_step_by_step(pieces: &[&[u8]], encoding: Encoding, policy: Policy) -> Option<Vec<u8>> {
    let mut stripper = stripper(encoding, policy);
    let mut text = Vec::new();
    let mut out = [0; Stripper::MIN_OUTPUT];
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let done = stripper.strip(rest, &mut out);
            assert!(done.consumed + done.written > 0, "it goes forward");
            text.extend(&out[..done.written]);
            rest = &rest[done.consumed..];
        }
    }
    let len = stripper.finish(&mut out);
    text.extend(&out[..len]);
    Some(text)
}

fn by_runs(pieces: &[&[u8]], encoding: Encoding, policy: Policy) -> Option<Vec<u8>> {
    let mut stripper = stripper(encoding, policy);
    let mut text = Vec::new();
    for piece in pieces {
        stripper.runs(piece).for_each(|run| text.extend_from_slice(&run));
    }
    let mut out = [0; Stripper::MIN_OUTPUT];
    let len = stripper.finish(&mut out);
    text.extend(&out[..len]);
    Some(text)
}

fn by_scalar(pieces: &[&[u8]], encoding: Encoding, policy: Policy) -> Option<Vec<u8>> {
    let mut stripper = Stripper::with_backend(config(encoding, policy), Backend::Scalar)?;
    let mut text = Vec::new();
    let mut out = vec![0; 3 * pieces.iter().map(|piece| piece.len()).max().unwrap_or(0) + 16];
    for piece in pieces {
        let len = stripper.strip(piece, &mut out).written;
        text.extend(&out[..len]);
    }
    let len = stripper.finish(&mut out);
    text.extend(&out[..len]);
    Some(text)
}
