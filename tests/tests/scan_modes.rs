//! Sticky modes and resync marks: a viewer that begins in the middle sees what one from the start sees.

use stillwire::scan::{Config, Mark, Mode, Modes, Mouse, MouseEncoding, Quality, Resync, Scanner};
use stillwire_tests::cases::FRAGMENTS;
use stillwire_tests::naive;
use stillwire_tests::random::Random;

use stillwire::scan::Encoding::Utf8;

fn modes_after(stream: &[u8]) -> Modes {
    let (mut scanner, mut modes) = (Scanner::new(Config::DEFAULT), Modes::DEFAULT);
    scanner.scan(stream).for_each(|token| modes.handle(&token));
    modes
}

fn restored(modes: &Modes) -> Vec<u8> {
    let mut buffer = [0; Modes::MAX_BYTES];
    let len = modes.write_to(&mut buffer).expect("MAX_BYTES are enough");
    buffer[..len].to_vec()
}

/// A stream, and the bytes that bring a fresh terminal to the same modes.
const TABLE: &[(&str, &str)] = &[
    ("", ""),
    ("text\r\n\x1b[31m\x1b[2J\x1b[H\x1b[?2026h\x1b[?12h\x1b[99h", ""),
    ("\x1b[?1h", "\x1b[?1h"),
    ("\x1b[?1h\x1b[?1l", ""),
    ("\x1b[?7l\x1b[?25l", "\x1b[?7l\x1b[?25l"),
    ("\x1b[?7;25l\x1b[?25h", "\x1b[?7l"),
    ("\x1b=", "\x1b[?66h"),
    ("\x1b[?66h\x1b>", ""),
    ("\x1b[4h\x1b[20h\x1b[?20h", "\x1b[4h\x1b[20h"),
    ("\x1b[?2004h\x1b[?1004h", "\x1b[?1004h\x1b[?2004h"),
    ("\x1b[?47h", "\x1b[?1049h"),
    ("\x1b[?1049h\x1b[?1047l", ""),
    ("\x1b[?1000h\x1b[?1006h", "\x1b[?1000h\x1b[?1006h"),
    ("\x1b[?1000h\x1b[?1003h", "\x1b[?1003h"),
    ("\x1b[?1003h\x1b[?1000l", ""),
    ("\x1b[?1006h\x1b[?1015l", "\x1b[?1006h"),
    ("\x1b[?1006h\x1b[?1015h\x1b[?1015l", ""),
    ("\x1b[4 q", "\x1b[4 q"),
    ("\x1b[4 q\x1b[ q", ""),
    ("\x1b[9 q\x1b[4q", ""),
    ("\x1b[>4;2m", "\x1b[>4;2m"),
    ("\x1b[>4;2m\x1b[>4m\x1b[>1;2m", ""),
    ("\x1b(0\x1b)A\x0e", "\x1b(0\x1b)A\x0e"),
    ("\x1b(0\x0e\x1b(B\x0f", ""),
    ("\x1b[>1u", "\x1b[>1u"),
    ("\x1b[>1u\x1b[>3u\x1b[=4;2u", "\x1b[>1u\x1b[>7u"),
    ("\x1b[>1u\x1b[>3u\x1b[<u", "\x1b[>1u"),
    ("\x1b[=5u\x1b[=1;3u", "\x1b[=4u"),
    ("\x1b[>1u\x1b[<9u", ""),
    ("\x1b[>1u\x1b[?1049h\x1b[>5u", "\x1b[>1u\x1b[?1049h\x1b[>5u"),
    ("\x1b[>1u\x1b[?1049h\x1b[>5u\x1b[<u\x1b[?1049l", "\x1b[>1u"),
    ("\x1b[?1049h\x1b[?1;7;1003;1006;2004h\x1b[?25l\x1b[>1u\x0e\x1bc", ""),
    ("\x1b[?1;6h\x1b[?7;25l\x1b[?2004;1000h\x1b=\x1b[4h\x1b[3 q\x0e\x1b[!p", "\x1b[?2004h\x1b[?1000h"),
];

#[test]
fn modes_are_restored_as_the_table_says() {
    for (stream, expected) in TABLE {
        let bytes = restored(&modes_after(stream.as_bytes()));
        assert_eq!(
            bytes.escape_ascii().to_string(),
            expected.as_bytes().escape_ascii().to_string(),
            "{stream:?}"
        );
    }
}

#[test]
fn modes_can_be_asked() {
    let modes = modes_after(b"\x1b[?1049;1002;1006h\x1b[5 q\x1b[>3u");
    assert_eq!((modes.mouse(), modes.mouse_encoding()), (Mouse::Drag, MouseEncoding::Sgr));
    assert_eq!((modes.cursor_shape(), modes.keyboard_flags()), (5, 3));
    assert!(modes.is_on(Mode::AlternateScreen) && modes.is_on(Mode::Wrap) && !modes.is_on(Mode::Insert));
}

#[test]
fn a_buffer_that_is_too_small_is_told() {
    let modes = modes_after(b"\x1b[?1049;1003;1016h\x1b[?25l");
    let whole = restored(&modes);
    for len in 0..whole.len() {
        assert_eq!(modes.write_to(&mut vec![0; len]), None);
    }
    assert_eq!(modes.write_to(&mut vec![0; whole.len()]), Some(whole.len()));
    assert_eq!(Modes::DEFAULT.write_to(&mut []), Some(0));
}

#[test]
fn everything_at_once_fits_into_max_bytes() {
    let modes = modes_after(
        b"\x1b[?1;5;6;45;66;1004;1007;2004;2027;2031;2048;1003;1016h\x1b[?7;25l\x1b[4;20h\x1b[6 q\x1b[>4;2m\
          \x1b(0\x1b)0\x0e\x1b[=31u\x1b[>31u\x1b[>31u\x1b[>31u\x1b[>31u\x1b[>31u\x1b[>31u\
          \x1b[?1049h\x1b[=31u\x1b[>31u\x1b[>31u\x1b[>31u\x1b[>31u\x1b[>31u\x1b[>31u",
    );
    let bytes = restored(&modes);
    assert!(bytes.len() <= Modes::MAX_BYTES, "{}", bytes.len());
    assert_eq!(modes_after(&bytes), modes);
}

/// Sequences that change modes, among the fragments of every kind.
const SWITCHES: &[&str] = &[
    "\x1b[?1049h",
    "\x1b[?1049l",
    "\x1b[?47h",
    "\x1b[?1h",
    "\x1b[?1l",
    "\x1b[?6h",
    "\x1b[?7l",
    "\x1b[?7h",
    "\x1b[?25l",
    "\x1b[?25h",
    "\x1b[?1000h",
    "\x1b[?1003h",
    "\x1b[?1002l",
    "\x1b[?1006h",
    "\x1b[?1006l",
    "\x1b[?1016h",
    "\x1b[?2004h",
    "\x1b[?2026h",
    "\x1b[?2026l",
    "\x1b[?2026l",
    "\x1b=",
    "\x1b>",
    "\x1bc",
    "\x1b[!p",
    "\x1b[4h",
    "\x1b[4l",
    "\x1b[3 q",
    "\x1b[ q",
    "\x1b(0",
    "\x1b(B",
    "\x1b)0",
    "\x0e",
    "\x0f",
    "\x1b[>1u",
    "\x1b[>5u",
    "\x1b[<u",
    "\x1b[<2u",
    "\x1b[=2u",
    "\x1b[=1;2u",
    "\x1b[>4;1m",
    "\x1b[>4m",
    "\x1b[2J",
    "\n",
    "\n",
    "\r\n",
    "text",
    "漢字",
];

fn stream(random: &mut Random, count: usize) -> Vec<u8> {
    let mut stream = Vec::new();
    for _ in 0..random.below(count) {
        match random.below(3) {
            0 => stream.extend(*random.pick(FRAGMENTS)),
            _ => stream.extend(random.pick(SWITCHES).bytes()),
        }
    }
    stream
}

#[test]
fn restored_modes_are_the_same_modes() {
    let mut random = Random::new(5);
    for _ in 0..5_000 {
        let stream = stream(&mut random, 60);
        let modes = modes_after(&stream);
        let again = modes_after(&restored(&modes));
        assert_eq!(restored(&again), restored(&modes), "{}", stream.escape_ascii());
        assert!(
            [again.mouse() == modes.mouse(), again.keyboard_flags() == modes.keyboard_flags()] == [true; 2]
        );
    }
}

/// The marks of a stream in pieces, each with the modes there.
fn marks(pieces: &[&[u8]]) -> Vec<(Mark, Modes)> {
    let (mut scanner, mut resync) = (Scanner::new(Config::DEFAULT), Resync::new());
    let (mut modes, mut marks) = (Modes::DEFAULT, Vec::new());
    for piece in pieces {
        let mut tokens = scanner.scan(piece);
        while let Some(token) = tokens.next() {
            modes.handle(&token);
            marks.extend(resync.handle(&token, &tokens).map(|mark| (mark, modes)));
        }
        drop(tokens);
        resync.handle_end(piece.len());
    }
    marks
}

/// All but the keyboard: what a program left behind on the alternate screen's is not restored on the main one.
fn facts(modes: &Modes) -> (Vec<bool>, Mouse, MouseEncoding, u8) {
    use Mode::{AlternateScreen, BracketedPaste, CursorKeys, CursorVisible, Insert, Keypad, Origin, Wrap};
    let all = [AlternateScreen, BracketedPaste, CursorKeys, CursorVisible, Insert, Keypad, Origin, Wrap];
    let on = all.iter().map(|&mode| modes.is_on(mode)).collect();
    (on, modes.mouse(), modes.mouse_encoding(), modes.cursor_shape())
}

#[test]
fn a_reader_that_begins_at_a_mark_reads_what_all_others_read() {
    let mut random = Random::new(6);
    let mut checked = 0;
    for _ in 0..1_000 {
        let stream = stream(&mut random, 50);
        let whole = naive::tokens(&stream, Utf8);
        let longest = *random.pick(&[1, 3, 20, 1000]);
        for (mark, modes) in marks(&random.split(&stream, longest)) {
            let (before, after) = stream.split_at(usize::try_from(mark.offset).unwrap());
            let (mut seen, mut late) = (naive::tokens(before, Utf8), naive::tokens(after, Utf8));
            let viewer = modes_after(&[restored(&modes), after.to_vec()].concat());
            seen.append(&mut late);
            assert_eq!(seen, whole, "{} at {}", stream.escape_ascii(), mark.offset);
            assert_eq!(facts(&viewer), facts(&modes_after(&stream)), "{}", stream.escape_ascii());
            checked += 1;
        }
    }
    assert!(checked > 5_000, "{checked}");
}

#[test]
fn no_mark_lies_inside_a_synchronised_update() {
    let stream = b"a\n\x1b[?2026h\x1b[2Jb\nc\x1b[?2026ld\n";
    let offsets: Vec<u64> = marks(&[stream]).iter().map(|(mark, _)| mark.offset).collect();
    let end = stream.len() as u64;
    assert_eq!(offsets, [1, 2, end - 2, end - 1, end]);
}

#[test]
fn an_update_that_never_ends_does_not_end_the_marks() {
    let line = b"0123456789012345678901234567890123456789012345678901234567890\r\n".repeat(1_000);
    let found = marks(&[b"\x1b[?2026h", &[line.as_slice(); 40].concat()]);
    assert!(found[0].0.offset > 1 << 20 && found[0].0.offset < (1 << 20) + 1_000, "{:?}", found[0]);
}

#[test]
fn the_best_marks_are_empty_screens_then_lines() {
    let stream = b"x\n\x1b[2J\x1bc\x1b[?1049hy\x1b[J\x1b[?25l";
    let found: Vec<Quality> = marks(&[stream]).iter().map(|(mark, _)| mark.quality).collect();
    use Quality::{Line, Screen, Token};
    assert_eq!(found, [Token, Line, Screen, Screen, Screen, Token, Token, Token]);
}
