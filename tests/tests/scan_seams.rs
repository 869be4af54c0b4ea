//! Seams, beside the scanner's resync marks.

use stillwire::scan::{Config, Resync, Scanner, Seams, Signal, Token};
use stillwire_tests::random::Random;

const PIECES: &[&[u8]] = &[
    b"text",
    b"\r\n",
    b"\x1b",
    b"\x1b[31m",
    b"\x1b[?2026h",
    b"\x1b[?2026l",
    b"\x1b[?25;2026h",
    b"\x1b[?2026$p",
    b"\x1b[2026h",
    b"\x1bc",
    b"\x1b(c",
    b"\x1b]0;title\x07",
    b"\x1b]0;title\x1b\\",
    b"\x1bPq#0~\x1b\\",
    b"\xC2\x9B?2026l",
    b"\xE2\x82\xAC",
    b"\xF0\x9F\x98",
    b"\xFF",
    b"\x18",
    b"\x9C",
    b"[",
    b"?",
    b";",
    b"2026",
    b"h",
];

/// The last mark of a stream, whether one stands between two sequences at its end, and whether an update is open there.
fn marked(stream: &[u8]) -> (u64, bool, bool) {
    let (mut scanner, mut resync) = (Scanner::new(Config::DEFAULT), Resync::new());
    let mut tokens = scanner.scan(stream);
    let (mut last, mut open) = (0, false);
    while let Some(token) = tokens.next() {
        last = resync.handle(&token, &tokens).map_or(last, |mark| mark.offset);
        open = match token.signal() {
            Some(Signal::SynchronizedUpdate(open)) => open,
            _ => {
                open && !matches!(token, Token::Escape(escape) if escape.intermediates().is_empty() && escape.final_byte() == b'c')
            }
        };
    }
    drop(tokens);
    (last, scanner.is_ground(), open)
}

#[test]
fn seams_are_at_marks_or_behind_and_never_within_anything_however_the_stream_is_cut() {
    let mut random = Random::new(26);
    for _ in 0..20_000 {
        let mut stream = Vec::new();
        for _ in 0..1 + random.below(12) {
            let piece = *random.pick(PIECES);
            stream.extend_from_slice(&piece[..1 + random.below(piece.len())]);
        }
        let mut seams = Seams::new(0);
        let mut rest = stream.as_slice();
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(1 + random.below(rest.len()));
            seams.handle(piece);
            rest = behind;
        }
        // Of sequences that are no tokens there are no marks.
        let mark = marked(&stream).0;
        assert!(seams.last() >= mark, "{}", stream.escape_ascii());
        let (_, ground, open) = marked(&stream[..seams.last() as usize]);
        let right = seams.last() == mark || ground && !open;
        assert!(right, "{} at {}", stream.escape_ascii(), seams.last());
    }
}

#[test]
fn an_update_that_never_ends_is_not_waited_for() {
    let mut seams = Seams::new(5);
    seams.handle(b"one\x1b[?2026h");
    assert_eq!(seams.last(), 8);
    seams.handle(&[b'x'; 1 << 20]);
    assert_eq!(seams.last(), 8);
    seams.handle(b"x");
    assert_eq!(seams.last(), 17 + (1 << 20));
}
