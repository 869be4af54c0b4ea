//! The scanner's tokens, whole and cut, against the naive reference: not only the text.

use stillwire::scan::{Config, Encoding, Scanner, StringKind, Token};
use stillwire_tests::cases::{CASES, FRAGMENTS};
use stillwire_tests::naive::{self, Seen};
use stillwire_tests::random::Random;

/// What `Scanner` says of a stream in pieces, in the reference's words.
fn scan(pieces: &[&[u8]], encoding: Encoding) -> Vec<Seen> {
    let mut scanner = Scanner::new(Config { encoding });
    let (mut seen, mut body) = (Vec::new(), Vec::new());
    for piece in pieces {
        for token in scanner.scan(piece) {
            note(token, &mut seen, &mut body);
        }
    }
    scanner.finish().into_iter().for_each(|token| note(token, &mut seen, &mut body));
    seen
}

fn note(token: Token<'_>, seen: &mut Vec<Seen>, body: &mut Vec<u8>) {
    match token {
        Token::Text(run) => {
            assert!(!run.is_empty());
            seen.extend(run.chars().map(Seen::Char));
        }
        Token::Char(char) => seen.push(Seen::Char(char)),
        Token::Invalid(len) => seen.push(Seen::Invalid(vec![0; usize::from(len)])),
        Token::Control(byte) => seen.push(Seen::Control(byte)),
        Token::Escape(escape) => {
            let bytes = escape.intermediates().iter().chain([escape.final_byte()].iter()).copied().collect();
            seen.push(Seen::Escape(String::from_utf8(bytes).unwrap()));
        }
        Token::Csi(csi) => seen.push(Seen::Csi(format!("{csi:?}"))),
        Token::Payload(_, piece) => {
            assert!(!piece.is_empty());
            body.extend(piece);
        }
        Token::StringEnd(end) => seen.push(Seen::Text(end.kind, std::mem::take(body), end.terminated)),
    }
}

/// The reference's tokens, with what the scanner does not tell taken out.
fn expected(input: &[u8], encoding: Encoding) -> Vec<Seen> {
    let tokens = naive::tokens(input, encoding).into_iter();
    tokens
        .filter_map(|seen| match seen {
            Seen::Invalid(bytes) => Some(Seen::Invalid(vec![0; bytes.len()])),
            Seen::Escape(text) if text.len() > 3 => None,
            Seen::Csi(text) => canonical(&text).map(|text| Seen::Csi(format!("Csi({text})"))),
            other => Some(other),
        })
        .collect()
}

/// A control sequence with numbers as the scanner keeps them; None: malformed.
fn canonical(text: &str) -> Option<String> {
    let (rest, last) = text.split_at(text.len() - 1);
    let marker = usize::from(rest.starts_with(['<', '=', '>', '?']));
    let (private, rest) = rest.split_at(marker);
    let params = rest.trim_end_matches(|char| char <= '/');
    let intermediates = &rest[params.len()..];
    if intermediates.len() > 2 || params.contains(|char: char| !matches!(char, '0'..='9' | ';' | ':')) {
        return None;
    }
    let mut kept = String::new();
    for (index, piece) in params.split_inclusive([';', ':']).enumerate().take(16) {
        let digits = piece.trim_end_matches([';', ':']);
        if !digits.is_empty() {
            kept += &digits.parse::<u128>().map_or(65_534, |value| value.min(65_534)).to_string();
        }
        if digits.len() < piece.len() && index < 15 {
            kept.push_str(&piece[digits.len()..]);
        }
    }
    Some(format!("{private}{kept}{intermediates}{last}"))
}

fn check(input: &[u8], pieces: &[&[u8]], encoding: Encoding, expected: &[Seen]) {
    let seen = scan(pieces, encoding);
    assert_eq!(seen, expected, "{encoding:?}: {} in {pieces:x?}", input.escape_ascii());
}

#[test]
fn no_cut_of_a_case_changes_its_tokens() {
    for case in CASES {
        for encoding in [Encoding::Utf8, Encoding::EightBit] {
            let expected = expected(case.input, encoding);
            check(case.input, &[case.input], encoding, &expected);
            for cut in 0..=case.input.len() {
                let (first, second) = case.input.split_at(cut);
                check(case.input, &[first, second], encoding, &expected);
            }
            check(case.input, &case.input.chunks(1).collect::<Vec<_>>(), encoding, &expected);
        }
    }
}

#[test]
fn random_streams_in_random_pieces_have_the_tokens_of_the_reference() {
    let mut random = Random::new(3);
    for round in 0..40_000 {
        let count = random.below(40);
        let fragments: Vec<&[u8]> = (0..count).map(|_| *random.pick(FRAGMENTS)).collect();
        let input = fragments.concat();
        let encoding = if round % 4 == 0 { Encoding::EightBit } else { Encoding::Utf8 };
        let expected = expected(&input, encoding);
        check(&input, &[&input], encoding, &expected);
        let longest = *random.pick(&[1, 2, 5, 40, 100]);
        check(&input, &random.split(&input, longest), encoding, &expected);
    }
}

#[test]
fn dropping_the_tokens_early_loses_no_state() {
    let mut random = Random::new(4);
    for _ in 0..5_000 {
        let fragments: Vec<&[u8]> = (0..20).map(|_| *random.pick(FRAGMENTS)).collect();
        let input = fragments.concat();
        let (mut lazy, mut eager) = (Scanner::new(Config::DEFAULT), Scanner::new(Config::DEFAULT));
        for piece in random.split(&input, 30) {
            let some = random.below(4);
            lazy.scan(piece).take(some).for_each(drop);
            eager.scan(piece).for_each(drop);
            assert_eq!(lazy, eager, "{}", input.escape_ascii());
        }
    }
}

#[test]
fn tokens_say_where_they_end() {
    let input = "a\x1b[1mé\n\x1b]0;t\x1b[2Jz".as_bytes();
    let mut scanner = Scanner::new(Config::DEFAULT);
    let mut tokens = scanner.scan(input);
    let mut ends = Vec::new();
    while tokens.next().is_some() {
        ends.push((tokens.consumed(), tokens.is_ground()));
    }
    // The ESC [ that aborts the title is read with the end of the title, and `2J` is not.
    assert_eq!(
        ends,
        [(1, true), (5, true), (7, true), (8, true), (13, false), (15, false), (17, true), (18, true)]
    );
}

#[test]
fn the_state_is_a_few_dozen_bytes() {
    assert!(size_of::<Scanner>() <= 64, "{}", size_of::<Scanner>());
}

#[test]
fn a_huge_string_costs_no_memory_and_gives_its_pieces() {
    let mut scanner = Scanner::new(Config::DEFAULT);
    let block = vec![b'A'; 1 << 20];
    scanner.scan(b"\x1b]52;c;").for_each(drop);
    let mut bytes = 0;
    for _ in 0..64 {
        for token in scanner.scan(&block) {
            let Token::Payload(StringKind::Osc, piece) = token else { panic!("{token:?}") };
            bytes += piece.len();
        }
    }
    assert_eq!(bytes, 64 << 20);
    let tokens: Vec<Token<'_>> = scanner.scan(b"\x07.").collect();
    assert!(matches!(tokens[..], [Token::StringEnd(end), Token::Text(".")] if end.number == Some(52)));
}
