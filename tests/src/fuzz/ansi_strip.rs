//! Every way to strip, against the naive reference, on any bytes.

use stillwire::scan::strip::{Config, Invalid, Stripper};
use stillwire::scan::{self, Backend, Encoding, Scanner, Token};

use crate::naive::{self, Policy};
use crate::random::Random;

/// Strips `data` with every encoding, policy and backend: whole, cut at random, into slices that are
/// too small, in place, as runs. Panics where that differs from the naive reference.
pub fn ansi_strip_every_way(data: &[u8]) {
    for way in 0..WAYS {
        strip_one_way(data, way);
    }
    check_scanner(data);
}

/// The same with one of them, which depends on the data: faster, so that a fuzzer comes around more.
pub fn ansi_strip(data: &[u8]) {
    strip_one_way(data, seed(data) as usize % WAYS);
    check_scanner(data);
}

const ENCODINGS: [Encoding; 2] = [Encoding::Utf8, Encoding::EightBit];
const WAYS: usize = ENCODINGS.len() * naive::POLICIES.len() * Backend::ALL.len();

fn strip_one_way(data: &[u8], way: usize) {
    let encoding = ENCODINGS[way % ENCODINGS.len()];
    let policy = naive::POLICIES[way / ENCODINGS.len() % naive::POLICIES.len()];
    let backend = Backend::ALL[way / ENCODINGS.len() / naive::POLICIES.len()];
    let config = Config { invalid: invalid(policy), encoding };
    if let Some(stripper) = Stripper::with_backend(config, backend) {
        let expected = naive::strip(data, encoding, policy);
        check_promise(data, &expected, encoding, policy);
        check_backend(&stripper, data, &expected);
    }
}

/// The splits depend on the data alone, so that a file in the corpus is only what is scanned.
fn seed(data: &[u8]) -> u64 {
    data.iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}

fn invalid(policy: Policy) -> Invalid {
    match policy {
        Policy::Replace => Invalid::Replace,
        Policy::Drop => Invalid::Drop,
        Policy::Keep => Invalid::Keep,
    }
}

fn check_backend(new: &Stripper, data: &[u8], expected: &[u8]) {
    let random = &mut Random::new(seed(data));
    let whole = strip_pieces(new.clone(), &[data], 3 * data.len() + Stripper::MIN_OUTPUT, random);
    assert_same(&whole, expected, "whole");
    for longest in [1, 7, 70, 300] {
        let pieces = random.split(data, longest);
        let cut = strip_pieces(new.clone(), &pieces, Stripper::MIN_OUTPUT + random.below(200), random);
        assert_same(&cut, expected, &format!("cut into {:?}", lengths(&pieces)));
    }
    assert_same(&strip_in_place(new.clone(), data), expected, "in place");
    let pieces = random.split(data, 80);
    assert_same(&runs(new.clone(), &pieces), expected, &format!("as runs, cut into {:?}", lengths(&pieces)));
}

/// Strips `pieces` one after the other into slices of at most `room` bytes, often smaller.
fn strip_pieces(mut stripper: Stripper, pieces: &[&[u8]], room: usize, random: &mut Random) -> Vec<u8> {
    let mut out = Vec::new();
    let mut buffer = vec![0; room];
    for &piece in pieces {
        let mut rest = piece;
        let mut stuck = 0;
        while !rest.is_empty() {
            let room = if stuck > 0 { buffer.len() } else { random.below(buffer.len() + 1) };
            let done = stripper.strip(rest, &mut buffer[..room]);
            assert!(done.consumed <= rest.len() && done.written <= room, "{done:?}");
            stuck = if done.consumed == 0 { stuck + 1 } else { 0 };
            assert!(stuck < 3, "no way forward with {} bytes of room", buffer.len());
            out.extend_from_slice(&buffer[..done.written]);
            rest = &rest[done.consumed..];
        }
    }
    let written = stripper.finish(&mut buffer);
    out.extend_from_slice(&buffer[..written]);
    out
}

/// Text is taken away whenever it would overtake the input.
fn strip_in_place(mut stripper: Stripper, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut buffer = [&[0; Stripper::MIN_OUTPUT], data].concat();
    let mut start = Stripper::MIN_OUTPUT;
    while start < buffer.len() {
        let done = stripper.strip_in_place(&mut buffer, start);
        assert!(done.consumed > 0 && done.written <= start + done.consumed, "{done:?} from {start}");
        out.extend_from_slice(&buffer[..done.written]);
        start += done.consumed;
    }
    let written = stripper.finish(&mut buffer);
    out.extend_from_slice(&buffer[..written]);
    out
}

fn runs(mut stripper: Stripper, pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        for run in stripper.runs(piece) {
            assert!(!run.is_empty());
            out.extend_from_slice(&run);
        }
    }
    let mut end = [0; Stripper::MIN_OUTPUT];
    let written = stripper.finish(&mut end);
    out.extend_from_slice(&end[..written]);
    out
}

/// No controls but three, and stripping again changes nothing.
fn check_promise(data: &[u8], text: &[u8], encoding: Encoding, policy: Policy) {
    let foreign = encoding == Encoding::EightBit || std::str::from_utf8(data).is_err();
    if policy != Policy::Keep || !foreign {
        let text = std::str::from_utf8(text).expect("the output is UTF-8");
        let control = text.chars().find(|char| char.is_control() && !matches!(char, '\t' | '\n' | '\r'));
        assert_eq!(control, None, "a control in the output");
    }
    let text_encoding = if policy == Policy::Keep { encoding } else { Encoding::Utf8 };
    let again = naive::strip(text, text_encoding, policy);
    assert_same(&again, text, "stripped again");
}

/// The scanner's tokens have the same text in them, wherever the input is cut.
fn check_scanner(data: &[u8]) {
    let random = &mut Random::new(seed(data));
    let expected = naive::strip(data, Encoding::Utf8, Policy::Replace);
    for longest in [data.len().max(1), 1, 9] {
        let mut text = String::new();
        let mut scanner = Scanner::new(scan::Config::DEFAULT);
        for piece in random.split(data, longest) {
            for token in scanner.scan(piece) {
                push(&mut text, token);
            }
        }
        if let Some(token) = scanner.finish() {
            push(&mut text, token);
        }
        assert_same(text.as_bytes(), &expected, "tokens");
    }
}

fn push(text: &mut String, token: Token<'_>) {
    match token {
        Token::Text(run) => text.push_str(run),
        Token::Char(char) => text.push(char),
        Token::Invalid(_) => text.push('\u{FFFD}'),
        Token::Control(byte @ (b'\t' | b'\n' | b'\r')) => text.push(char::from(byte)),
        _ => {}
    }
}

fn lengths(pieces: &[&[u8]]) -> Vec<usize> {
    pieces.iter().map(|piece| piece.len()).collect()
}

fn assert_same(got: &[u8], expected: &[u8], how: &str) {
    assert!(
        got == expected,
        "{how}:\n  got      \"{}\"\n  expected \"{}\"",
        got.escape_ascii(),
        expected.escape_ascii()
    );
}
