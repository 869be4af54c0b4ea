//! What is new: appended text always, painted text where its words were not painted recently.

use stillwire::novelty::{Config, Novelty, Output};
use stillwire::scan::{self, Scanner};
use stillwire_tests::random::Random;

struct Screen {
    scanner: Scanner,
    novelty: Novelty,
}

impl Screen {
    fn new(fold_digits: bool) -> Self {
        let novelty = Novelty::new(Config { fold_digits });
        Self { scanner: Scanner::new(scan::Config::DEFAULT), novelty }
    }

    fn write(&mut self, text: impl AsRef<[u8]>) -> Output {
        for token in self.scanner.scan(text.as_ref()) {
            self.novelty.handle(&token);
        }
        self.novelty.take()
    }

    /// Writes after a pause.
    fn later(&mut self, text: impl AsRef<[u8]>) -> Output {
        self.novelty.rest();
        self.write(text)
    }
}

/// Characters appended, painted, and novel.
fn counts(output: Output) -> (u32, u32, u32) {
    assert_eq!(output.visible, output.appended + output.painted);
    (output.appended, output.painted, output.novel)
}

#[test]
fn what_is_appended_is_novel_however_often_it_comes() {
    let mut screen = Screen::new(true);
    for text in ["....", "y\r\n", "y\r\n", "12\r\n", "13\r\n", "\x1b[31my\x1b[m\x1b[K\r\n", "\ta b\x07\r\n"] {
        let output = screen.write(text);
        assert_eq!((output.painted, output.novel), (0, output.appended), "{text:?}");
        assert!(output.appended > 0, "{text:?}");
    }
}

#[test]
fn what_goes_back_and_what_does_not() {
    // After `one`, the sequence, then `two`: painted?
    for (sequence, painted) in [
        ("\r", true),
        ("\x08", true),
        ("\x1b[A", true),
        ("\x1b[2F", true),
        ("\x1bM", true),
        ("\x1b[3D", true),
        ("\x1b[G", true),
        ("\x1b[5`", true),
        ("\x1b[H", true),
        ("\x1b[7;7f", true),
        ("\x1b[4d", true),
        ("\x1b[2K", true),
        ("\x1b[1K", true),
        ("\x1b[1J", true),
        ("\x1b[2J", true),
        ("\x1bc", true),
        ("\x1b[r", true),
        ("\x1b[?1049h", true),
        ("\x1b[B", true),
        ("", false),
        (" ", false),
        ("\t", false),
        ("\n", false),
        ("\r\n", false),
        ("\r\r\n", false),
        ("\x1bD", false),
        ("\x1bE", false),
        ("\x1b[K", false), // as grep and gcc write it
        ("\x1b[J", false),
        ("\x1b[3C", false),
        ("\x1b[1;31m", false),
        ("\x1b(B", false),
        ("\x1b[?25l\x1b[?2004h", false),
        ("\x1b]0;title\x07", false),
        ("\x1b7\x1b[24;1H\x1b8", false),
        ("\x1b[s\x1b[H\x1b[u", false),
        ("\x1b[?1049h\x1b[Hmenu\x1b[?1049l", false),
        ("\r\n\x1b[?2004l\r", false), // bash before a command's output
    ] {
        let mut screen = Screen::new(false);
        screen.write("one");
        screen.write(sequence);
        let output = screen.write("two");
        assert_eq!(counts(output), if painted { (0, 3, 3) } else { (3, 0, 3) }, "{sequence:?}");
    }
}

#[test]
fn the_lines_below_are_painted_until_the_bottom_is_passed() {
    let mut screen = Screen::new(false);
    screen.write("one\r\ntwo\r\nthree");
    screen.write("\x1b[2A\r");
    assert_eq!(counts(screen.write("one\r\n")), (0, 3, 0));
    assert_eq!(counts(screen.write("TWO\r\n")), (0, 3, 3));
    assert_eq!(counts(screen.write("three\r\n")), (0, 5, 0));
    // So far a redraw may grow, by what it went up:
    assert_eq!(counts(screen.write("four\r\n")), (0, 4, 4));
    assert_eq!(counts(screen.write("five\r\n")), (0, 4, 4));
    assert_eq!(counts(screen.write("six\r\n")), (3, 0, 3));
}

#[test]
fn after_a_pause_a_redraw_does_not_grow() {
    let mut screen = Screen::new(false);
    screen.write("one\r\ntwo\r\n");
    screen.write("\x1b[2A\rone\r\ntwo\r\n");
    assert_eq!(counts(screen.later("three\r\n")), (5, 0, 5));
}

#[test]
fn a_shell_prompt_is_below_everything() {
    let mut screen = Screen::new(false);
    screen.write("\x1b[9A\x1b[5;5Hmenu\x1b]133;A\x07");
    screen.write("\r\n");
    assert_eq!(counts(screen.later("$ ls")), (4, 0, 4));
}

#[test]
fn a_word_is_known_wherever_it_stands_and_however_it_is_coloured() {
    let mut screen = Screen::new(false);
    screen.write("\x1b[1;1HThinking about it");
    for text in ["\x1b[9;9HThinking", "\rabout it", "\x1b[5GThin\x1b[1mking\x1b[m", "\rit Thinking about"] {
        assert_eq!(screen.write(text).novel, 0, "{text:?}");
    }
    assert_eq!(screen.write("\rThinking hard").novel, 4);
}

#[test]
fn digits_can_be_folded() {
    for (fold, novel) in [(false, 8), (true, 0)] {
        let mut screen = Screen::new(fold);
        screen.write("\r12:34:05 (9s)");
        let output = screen.write("\r12:34:06");
        assert_eq!(output.novel, novel);
        let output = screen.write("\r(10s)");
        assert_eq!(output.novel, if fold { 0 } else { 5 });
    }
}

#[test]
fn a_painted_word_that_is_cut_counts_once() {
    let mut screen = Screen::new(false);
    assert_eq!(screen.write("\x1b[HThin").novel, 4);
    assert_eq!(screen.write("king ").novel, 4);
    assert_eq!(screen.write("\x1b[HThinking").novel, 0);
}

#[test]
fn a_characters_bytes_and_a_word_of_no_spaces_count_as_characters() {
    let mut screen = Screen::new(false);
    assert_eq!(counts(screen.write("\r漢字")), (2, 0, 2));
    assert_eq!(counts(screen.write("\r漢字")), (0, 2, 0));
    assert_eq!(counts(screen.write(b"\r\xE2\x9C")), (0, 0, 0));
    assert_eq!(counts(screen.write(b"\xBB")), (0, 1, 1));
    assert_eq!(counts(screen.write(b"\r\xFF")), (0, 1, 1));
    let line = "─".repeat(200);
    screen.write(format!("\r{line}"));
    assert_eq!(counts(screen.write(format!("\r{line}"))), (0, 200, 0));
}

#[test]
fn a_screenful_is_remembered() {
    let (mut first, mut again) = (0, 0);
    for seed in 0..20 {
        let mut rng = Random::new(seed);
        let words: Vec<String> = (0..256).map(|_| format!("{:x}", rng.bits())).collect();
        let mut screen = Screen::new(false);
        let page = format!("\x1b[H{}", words.join(" "));
        first += screen.write(&page).novel;
        again += screen.write(&page).novel;
    }
    // 256 words in 128 sets of four: a seventh of them is in a set that overflows (Poisson), and forgotten.
    assert!((8 * again > first) && again * 6 < first, "{again} of {first}");
}

#[test]
fn unknown_words_are_rarely_taken_for_known_ones() {
    let (mut screen, mut rng) = (Screen::new(false), Random::new(8));
    let mut wrong = 0;
    for _ in 0..100_000 {
        wrong += u32::from(screen.write(format!("\r{:016x}", rng.bits())).novel == 0);
    }
    assert!((1_000..1_700).contains(&wrong), "{wrong}"); // 4 of 255: 1.6 %
}

#[test]
fn cuts_change_no_count_of_what_is_visible() {
    let text = "one\r\n\x1b[31mtwo\x1b[m ✻ x\x1b[2A\rTWO\r\n\x1b[5;5Hfour\x1b7\x1b[Hfive\x1b8six\n漢字\r\n";
    let whole = Screen::new(false).write(text);
    for cut in 0..=text.len() {
        let mut screen = Screen::new(false);
        let (head, tail) = (screen.write(&text.as_bytes()[..cut]), screen.write(&text.as_bytes()[cut..]));
        assert_eq!(head.visible + tail.visible, whole.visible, "cut at {cut}");
        assert_eq!(head.appended + tail.appended, whole.appended, "cut at {cut}");
        assert_eq!(head.novel + tail.novel, whole.novel, "cut at {cut}");
    }
}

#[test]
fn no_bytes_make_it_fall_over() {
    let mut rng = Random::new(9);
    let parts =
        ["\x1b[", "9999", ";", "A", "B", "H", "J", "d", "r", "\n", "\x1b7", "\x1b8", "\x1bM", "x", "255"];
    let mut screen = Screen::new(true);
    for _ in 0..50_000 {
        let text: String = (0..rng.below(12)).map(|_| *rng.pick(&parts)).collect();
        let output = screen.write(text);
        assert!(output.novel <= output.visible);
    }
}
