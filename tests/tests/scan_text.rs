//! Every implementation that turns a stream into text, against one table and against the oracles.

use std::iter::once;

use stillwire::scan::strip::{self, Invalid, Stripper};
use stillwire::scan::{Config, Encoding, Scanner, Token};
use stillwire_tests::cases::{CASES, FRAGMENTS};
use stillwire_tests::naive::{self, POLICIES, Policy};
use stillwire_tests::random::Random;
use stillwire_tests::vte_oracle;

/// Text of a stream that comes in pieces. None: the implementation does not do this policy.
type Strip = fn(pieces: &[&[u8]], Encoding, Policy) -> Option<Vec<u8>>;

const IMPLEMENTATIONS: &[(&str, Strip)] = &[
    ("naive", by_naive),
    ("tokens", by_tokens),
    ("stripper", by_stripper),
    ("stripper into small slices", by_stripper_step_by_step),
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
    let invalid = match policy {
        Policy::Replace => Invalid::Replace,
        Policy::Drop => Invalid::Drop,
        Policy::Keep => Invalid::Keep,
    };
    Stripper::new(strip::Config { invalid, encoding })
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

/// Everything agrees on `input` in `pieces`, with `expected` of the naive reference.
fn check(input: &[u8], pieces: &[&[u8]], encoding: Encoding, policy: Policy, expected: &[u8]) {
    for (name, strip) in IMPLEMENTATIONS {
        let Some(text) = strip(pieces, encoding, policy) else { continue };
        assert_eq!(
            text.escape_ascii().to_string(),
            expected.escape_ascii().to_string(),
            "{name}, {policy:?}, {encoding:?}, {}, in pieces {:?}",
            input.escape_ascii(),
            pieces.iter().map(|piece| piece.escape_ascii().to_string()).collect::<Vec<_>>(),
        );
    }
}

#[test]
fn every_implementation_finds_the_text_of_every_case() {
    for case in CASES {
        let expected = naive::strip(case.input, Encoding::Utf8, Policy::Replace);
        assert_eq!(String::from_utf8_lossy(&expected), case.text, "{}", case.name);
        check(case.input, &[case.input], Encoding::Utf8, Policy::Replace, case.text.as_bytes());
    }
}

#[test]
fn vte_finds_the_same_text_where_it_is_an_oracle() {
    let mut asked = 0;
    for case in CASES {
        if let Some(text) = vte_oracle::text(case.input) {
            assert_eq!(text, case.text, "{}", case.name);
            asked += 1;
        }
    }
    assert!(asked > 60, "{asked}");
}

#[test]
fn no_cut_of_a_case_changes_its_text() {
    for case in CASES {
        for encoding in [Encoding::Utf8, Encoding::EightBit] {
            for policy in POLICIES {
                let input = case.input;
                let expected = naive::strip(input, encoding, policy);
                for first in 0..=input.len() {
                    // Two cuts where the input is short; one, and one at the end, where it is not.
                    let step = if input.len() <= 24 { 1 } else { input.len() };
                    for second in (first..=input.len()).rev().step_by(step) {
                        let pieces = [&input[..first], &input[first..second], &input[second..]];
                        check(input, &pieces, encoding, policy, &expected);
                    }
                }
                let bytes: Vec<&[u8]> = input.chunks(1).collect();
                check(input, &bytes, encoding, policy, &expected);
            }
        }
    }
}

#[test]
fn two_cases_in_a_row_and_any_byte_between_them_agree() {
    for (index, case) in CASES.iter().enumerate() {
        let next = &CASES[(index * 7 + 3) % CASES.len()];
        for byte in 0..=255u8 {
            let input: Vec<u8> = [case.input, &[byte], next.input].concat();
            for policy in POLICIES {
                let expected = naive::strip(&input, Encoding::Utf8, policy);
                let (first, second) = input.split_at(case.input.len() + 1);
                check(&input, &[&input], Encoding::Utf8, policy, &expected);
                check(&input, &[first, second], Encoding::Utf8, policy, &expected);
                check(
                    &input,
                    &[&first[..first.len() - 1], &[byte], second],
                    Encoding::Utf8,
                    policy,
                    &expected,
                );
            }
        }
    }
}

#[test]
fn random_streams_in_random_pieces_agree() {
    let mut random = Random::new(1);
    let mut sound = 0;
    for round in 0..30_000 {
        let input = stream(&mut random);
        let encoding = if round % 5 == 0 { Encoding::EightBit } else { Encoding::Utf8 };
        let longest = *random.pick(&[1, 2, 3, 7, 40, 200]);
        let pieces = random.split(&input, longest);
        for policy in POLICIES {
            let expected = naive::strip(&input, encoding, policy);
            check(&input, &[&input], encoding, policy, &expected);
            check(&input, &pieces, encoding, policy, &expected);
        }
        if let Some(text) = vte_oracle::text(&input) {
            let ours = naive::strip(&input, Encoding::Utf8, Policy::Replace);
            assert_eq!(String::from_utf8_lossy(&ours), text, "{}", input.escape_ascii());
            sound += 1;
        }
    }
    assert!(sound > 1_000, "vte was asked only {sound} times");
}

/// What `strip` promises, of every random stream.
#[test]
fn stripped_text_holds_no_control_and_strips_to_itself() {
    let mut random = Random::new(2);
    for _ in 0..20_000 {
        let input = stream(&mut random);
        for policy in POLICIES {
            let text = naive::strip(&input, Encoding::Utf8, policy);
            assert_eq!(naive::strip(&text, Encoding::Utf8, policy), text, "{}", input.escape_ascii());
            assert!(!text.iter().any(|&byte| byte < 0x20 && !b"\t\n\r".contains(&byte) || byte == 0x7F));
            assert!(!text.windows(2).any(|pair| matches!(pair, [0xC2, 0x80..=0x9F])));
            if policy != Policy::Keep {
                assert!(str::from_utf8(&text).is_ok());
            }
        }
    }
}

/// Fragments, mostly of trouble, and now and then bytes of no kind at all.
fn stream(random: &mut Random) -> Vec<u8> {
    let mut stream = Vec::new();
    // Some streams know only half of the fragments, so that some have no C1 and no invalid byte.
    let known = FRAGMENTS.len() * (1 + random.below(2)) / 2;
    for _ in 0..random.below(40) {
        match random.below(12) {
            0 if known == FRAGMENTS.len() => stream.extend(once(random.bits() as u8)),
            _ => stream.extend(*random.pick(&FRAGMENTS[..known])),
        }
    }
    stream
}
