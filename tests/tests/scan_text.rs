//! Every implementation that turns a stream into text, against one table and against the oracles.

use std::iter::once;

use stillwire::scan::Encoding;
use stillwire_tests::cases::{CASES, FRAGMENTS};
use stillwire_tests::implementations::IMPLEMENTATIONS;
use stillwire_tests::naive::{self, POLICIES, Policy};
use stillwire_tests::random::Random;
use stillwire_tests::vte_oracle;

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
        for byte in (0..=255u8).skip(index % 5).step_by(5) {
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
    for round in 0..10_000 {
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
    assert!(sound > 500, "vte was asked only {sound} times");
}

/// What `strip` promises, of every random stream.
#[test]
fn stripped_text_holds_no_control_and_strips_to_itself() {
    let mut random = Random::new(2);
    for _ in 0..10_000 {
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
