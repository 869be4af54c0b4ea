//! Visible width against the `unicode-width` crate, whole and in pieces.

use stillwire::scan::{Config, Scanner, Width, width};
use stillwire_tests::random::Random;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

#[test]
fn every_character_is_as_wide_as_the_crate_says() {
    for char in '\0'..=char::MAX {
        let expected = char.width().unwrap_or(0);
        assert_eq!(width(char.encode_utf8(&mut [0; 4])), expected, "{char:?}");
    }
}

/// A character, all that may stand after it in an emoji sequence, and an emoji.
#[test]
fn every_character_takes_styles_tones_and_joiners_as_the_crate_says() {
    for char in '\u{A0}'..=char::MAX {
        // Beyond these blocks are ideographs and letters without such rules: a sample of them will do.
        let all = matches!(char, ..'\u{3400}' | '\u{1F000}'..'\u{1FB00}');
        if ligates(char) || !all && u32::from(char) % 61 != 0 {
            continue;
        }
        for after in [
            "\u{FE0E}",
            "\u{FE0F}",
            "\u{1F3FD}",
            "\u{FE0F}\u{20E3}",
            "\u{200D}👩",
            "\u{FE0F}\u{200D}👩",
            "x",
            "漢",
            "🇫",
        ] {
            let text = format!("{char}{after}");
            assert_eq!(width(&text), text.width(), "{}", text.escape_unicode());
            let text = format!("👩\u{200D}{text}");
            assert_eq!(width(&text), text.width(), "{}", text.escape_unicode());
        }
    }
}

/// Whether the crate may join this character with others into a ligature, which we do not.
fn ligates(char: char) -> bool {
    let arabic =
        matches!(char, '\u{600}'..='\u{8FF}' | '\u{10D00}'..='\u{10EFF}' | '\u{1EE00}'..='\u{1EEFF}');
    let others = matches!(char, '\u{5D0}'..='\u{5EA}' | '\u{1780}'..='\u{17FF}' | '\u{1A00}'..='\u{1A1F}'
        | '\u{2D30}'..='\u{2D7F}' | '\u{A4D0}'..='\u{A4FF}' | '\u{10C00}'..='\u{10C4F}' | '\u{16D40}'..='\u{16D7F}');
    arabic || others || ('\u{2018}'..='\u{201D}').contains(&char)
}

const PARTS: &[&str] = &[
    "a",
    "1",
    "#",
    " ",
    "é",
    "e\u{301}",
    "漢",
    "ｶ",
    "ﾞ",
    "한",
    "\u{1112}\u{1161}\u{11AB}",
    "가",
    "ไทย",
    "नि",
    "—",
    "│",
    "█",
    "\u{AD}",
    "\u{200B}",
    "\u{FEFF}",
    "😀",
    "👩",
    "🚀",
    "👍",
    "☝",
    "❤",
    "♂",
    "✈",
    "™",
    "〽",
    "㊗",
    "\u{FE0F}",
    "\u{FE0F}",
    "\u{FE0E}",
    "\u{1F3FB}",
    "\u{1F3FF}",
    "👍🏽",
    "👩‍🚀",
    "👨‍👩‍👧‍👦",
    "🏳️‍🌈",
    "❤️",
    "1️⃣",
    "🇫",
    "🇷",
    "🇫🇷",
    "☺︎",
    "🧑🏾‍💻",
    "🏃‍♂️",
];

#[test]
fn random_texts_are_as_wide_as_the_crate_says_and_so_are_their_pieces() {
    let mut random = Random::new(7);
    for _ in 0..20_000 {
        let count = random.below(8);
        let mut text: String = (0..count).map(|_| *random.pick(PARTS)).collect();
        if random.below(3) == 0 {
            text = text.replacen('a', "\u{200D}", 1);
        }
        assert_eq!(width(&text), text.width(), "{text:?} {}", text.escape_unicode());
        let mut scanner = Scanner::new(Config::DEFAULT);
        let mut pieces = Width::new();
        for piece in random.split(text.as_bytes(), 5) {
            scanner.scan(piece).for_each(|token| pieces.handle(&token));
        }
        assert_eq!(pieces.cells(), text.width(), "{text:?} in pieces");
    }
}

#[test]
fn controls_have_no_width_and_separate() {
    assert_eq!(width("a\tb\r\n\x07\u{85}c"), 3);
    assert_eq!(width("👩\n\u{200D}🚀"), 4);
}

#[test]
fn colours_do_not_separate_what_belongs_together() {
    let mut width = Width::new();
    Scanner::new(Config::DEFAULT)
        .scan("e\x1b[1m\u{301}👩\x1b[m\u{200D}🚀".as_bytes())
        .for_each(|token| width.handle(&token));
    assert_eq!(width.cells(), 3);
}
