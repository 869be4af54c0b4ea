use alacritty_terminal::grid::Dimensions as _;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::{Cell, Flags};
use stillwire::link::history::{History, Size};
use stillwire::monitor::{self, Monitor};
use stillwire::scan::{Config, Modes, Scanner};
use stillwire::{Duration, Instant};

use super::*;

const SIZE: Size = Size { columns: 20, rows: 6 };

fn modes(output: &[u8]) -> Modes {
    let (mut scanner, mut modes) = (Scanner::new(Config::DEFAULT), Modes::DEFAULT);
    scanner.scan(output).for_each(|token| modes.handle(&token));
    modes
}

fn terminal(output: &[u8]) -> Terminal {
    let mut terminal = Terminal::new(SIZE).unwrap();
    terminal.print(output).unwrap();
    terminal
}

fn painted(output: &[u8]) -> Vec<u8> {
    paint::paint(&mut terminal(output), &modes(output)).0
}

/// Everything that can be seen or will be: rows, cursor, what it writes with, saved cursor, region, title, and the other screen.
fn state(terminal: &mut Terminal) -> Vec<String> {
    let mut state = Vec::new();
    let alternate = terminal.term.mode().contains(alacritty_terminal::term::TermMode::ALT_SCREEN);
    let (cursor, saved) = (terminal.term.grid().cursor.clone(), terminal.term.grid().saved_cursor.clone());
    state.push(format!("{alternate} {:?}", terminal.title()));
    state.push(format!("cursor {:?} {} {:?}", cursor.point, cursor.input_needs_wrap, cursor.template));
    state.push(format!("saved {:?} {:?}", saved.point, saved.template));
    rows(terminal, &mut state);
    state.push(format!("region {:?}", terminal.region()));
    if alternate {
        terminal.term.swap_alt();
        state.push(format!("behind {:?}", terminal.term.grid().cursor.point));
        rows(terminal, &mut state);
    }
    state
}

fn rows(terminal: &Terminal, state: &mut Vec<String>) {
    let grid = terminal.term.grid();
    for line in -(grid.history_size() as i32)..grid.screen_lines() as i32 {
        let cells = (0..grid.columns()).map(|column| {
            let cells = &grid[Line(line)];
            let mut cell: Cell = cells[Column(column)].clone();
            let has =
                |column: usize, flag| column < grid.columns() && cells[Column(column)].flags.contains(flag);
            if cell.flags.contains(Flags::WIDE_CHAR) && !has(column + 1, Flags::WIDE_CHAR_SPACER) {
                cell.c = ' ';
                cell.flags.remove(Flags::WIDE_CHAR);
            }
            if column == 0 || !has(column - 1, Flags::WIDE_CHAR) {
                cell.flags.remove(Flags::WIDE_CHAR_SPACER);
            }
            // A row may end in cells that look alike and are not the same; and where text is wrapped is only known above.
            cell.flags.remove(Flags::WRAPLINE | Flags::LEADING_WIDE_CHAR_SPACER);
            cell.c = if cell.c == '\t' { ' ' } else { cell.c };
            let link = cell.hyperlink().map(|link| link.uri().to_owned());
            cell.set_hyperlink(None);
            let blank = brush::len(&[cell.clone()]) == 0 && !cell.flags.contains(Flags::WIDE_CHAR_SPACER);
            if blank { " ".to_string() } else { format!("{cell:?}{link:?}") }
        });
        state.push(cells.collect::<Vec<_>>().join("").trim_end().to_string());
    }
}

/// A terminal that was shown the picture is the same as the one that was painted.
fn same(output: &[u8]) {
    let picture = painted(output);
    let (mut original, mut copy) = (terminal(output), terminal(&picture));
    let shown = format!("{}\n{}", output.escape_ascii(), picture.escape_ascii());
    for (is, of) in state(&mut copy).iter().zip(state(&mut original)) {
        assert_eq!(*is, of, "{shown}");
    }
    assert_eq!(modes(output), modes(&picture), "{shown}");
}

const CASES: &[&str] = &[
    "",
    "$ ",
    "one\r\ntwo\r\n\r\n\x1b[1;31mbold red\x1b[m\r\n$ ",
    "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n10\r\n11\r\n12\r\n13",
    "a line that is longer than the terminal is wide, and wraps\r\nshort",
    "a line that is longer than the terminal is wide, and wraps\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n$ ",
    "12345678901234567890",        // the cursor waits in the last column
    "1234567890123456789\u{4e2d}", // a wide character does not fit
    "123456789012345678\u{4e2d}",
    "\u{4e2d}\u{6587} e\u{301} \u{1f600} \u{fe0f}x",
    "\x1b[48;5;17m\x1b[2J\x1b[3;3Hblue\x1b[38;2;1;2;3;4:3;58:5:9mcurly",
    "\x1b[7minverse   \x1b[27;9mstruck\x1b[29;8mhidden\x1b[28;3;2mdim italic",
    "before\x1b[?1049h\x1b[2J\x1b[Hvim\x1b[3;1H~\x1b[2;4r\x1b[4;2H",
    "one\r\ntwo\r\nthree\x1b[2;5H\x1b7\x1b[5;1H\x1b[32mgreen",
    "\x1b[2;4r\x1b[?6h\x1b[2;2Horigin",
    "\x1b[2;4r\x1b[6;1Hstatus\x1b[3;1H",
    "\x1b[?25l\x1b[?2004h\x1b[?1h\x1b=\x1b[?1002h\x1b[?1006h\x1b[?1004h\x1b[>5u\x1b[4 q",
    "\x1b[4hinsert\x1b[1;1H",
    "\x1b[?7l123456789012345678901234567890",
    "\x1b(0lqqk\x1b(B\r\n\x1b(0x",
    "\x1b]2;a title\x07\x1b]8;;http://x.y/;z\x1b\\link\x1b]8;;\x1b\\ not",
    "a\tb\tc",
    "\x1b[5;10Hhere\x1b[?1049h\x1b[Hthere\x1b[?1049lback",
];

#[test]
fn a_picture_makes_another_terminal_the_same() {
    for output in CASES {
        same(output.as_bytes());
    }
}

#[test]
fn whatever_is_printed_a_picture_of_it_is_the_same() {
    let mut seed = 1_u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for _ in 0..3_000 {
        let mut output = String::new();
        for _ in 0..random(30) {
            match random(16) {
                0 => output += &format!("\x1b[{};{}H", random(8), random(24)),
                1 => output += &format!("\x1b[{}m", random(108)),
                2 => output += &format!("\x1b[38;5;{};48;2;{};7;9m", random(256), random(256)),
                3 => {
                    output += &format!(
                        "\x1b[{}{}",
                        random(4),
                        ["J", "K", "L", "M", "P", "@", "X", "S", "T"][random(9) as usize]
                    );
                }
                4 => output += ["\x1b7", "\x1b8", "\x1bM", "\x1bD", "\x1bE"][random(5) as usize],
                5 => output += ["\x1b[?1049h", "\x1b[?1049l"][random(2) as usize],
                6 => output += &format!("\x1b[{};{}r", random(4), random(8)),
                7 => output += ["\u{4e2d}", "e\u{301}", "\u{1f600}"][random(3) as usize],
                8 => output += "a text that is long enough to wrap around",
                9 => output += "\x1b[m",
                _ => output += ["word ", "\r\n", "x", "\t", "\x08"][random(5) as usize],
            }
        }
        same(output.as_bytes());
    }
}

/// A session: history, and what feeds it.
struct Tape {
    history: History<Vec<u8>>,
    monitor: Monitor,
    model: Model,
    now: Instant,
}

impl Tape {
    fn new(bytes: usize) -> Self {
        Self {
            history: History::new(vec![0; bytes], 7, Some(SIZE)),
            monitor: Monitor::new(monitor::Config::DEFAULT, Instant::ZERO),
            model: Model::default(),
            now: Instant::ZERO,
        }
    }

    fn print(&mut self, output: &str, after: Duration) {
        self.now = self.now.after(after);
        self.history.push(output.as_bytes());
        let mut watched = self.monitor.handle_output(self.now, output.as_bytes());
        while watched.next().is_some() {
            if let Some(mark) = watched.mark() {
                self.history.mark(mark, watched.modes());
            }
        }
        drop(watched);
        self.model.keep_up(self.now, &self.history);
    }

    fn text(&mut self) -> (String, bool) {
        let picture = self.model.picture(self.now, &self.history).unwrap();
        let terminal = terminal(&picture.bytes);
        let text = |line| {
            (0..20).map(|column| terminal.term.grid()[Line(line)][Column(column)].c).collect::<String>()
        };
        ((0..6).map(|line| text(line).trim_end().to_string() + "|").collect(), picture.whole)
    }
}

#[test]
fn what_was_painted_long_ago_is_still_known() {
    let mut tape = Tape::new(4_096);
    tape.print("\x1b[?1049h\x1b[H\x1b[44mheader\x1b[m", Duration::ZERO);
    for second in 0..10_000 {
        tape.print(&format!("\x1b[3;1H{second} seconds"), Duration::from_secs(1));
    }
    assert_eq!(tape.text(), ("header||9999 seconds||||".into(), true));
    // A program that floods has no old screen; it will have a new one soon.
    for line in 0..10_000 {
        tape.print(&format!("\x1b[4;1H{line} lines"), Duration::ZERO);
    }
    assert!(tape.text().0.contains("|9999 lines|") && !tape.text().1);
    tape.print("\x1b[2J\x1b[Hcleared", Duration::from_secs(1));
    assert_eq!(tape.text(), ("cleared||||||".into(), true));
}

#[test]
fn a_screen_begins_long_before_the_end_however_large_the_history_is() {
    for megabytes in [1, 16, 64] {
        let mut tape = Tape::new(megabytes << 20);
        let lines = "a line of sixty-four bytes, as a program that floods prints it\r\n".repeat(4_096);
        for _ in 0..((megabytes << 20) + (9 << 20)) / lines.len() {
            tape.print(&lines, Duration::ZERO);
        }
        let end = tape.history.end();
        let from = end.saturating_sub(limits::REPLAYED).max(tape.history.start());
        let (_, begin) = beginning(&tape.history, from).unwrap();
        assert!((from..=from.midpoint(end)).contains(&begin), "{megabytes}: {begin} of {from} to {end}");
        let (before, _) = tape.history.read(begin - 1).unwrap();
        assert_eq!(before.first(), Some(&b'\n'));
    }
}

#[test]
fn sizes_are_those_that_it_was_printed_for() {
    let mut tape = Tape::new(4_096);
    tape.history.handle_resize(Size { columns: 30, rows: 6 });
    tape.print("\x1b[1;25Hright", Duration::ZERO);
    tape.history.handle_resize(SIZE);
    tape.print("\x1b[2;1Hleft", Duration::ZERO);
    let picture = tape.model.picture(tape.now, &tape.history).unwrap();
    assert_eq!(picture.offset, tape.history.end());
    assert!(tape.text().0.contains("left"));
}

#[test]
fn a_sequence_that_has_begun_is_left_to_whoever_goes_on_behind_the_picture() {
    let mut tape = Tape::new(4_096);
    tape.print("text\x1b[3", Duration::ZERO);
    let picture = tape.model.picture(tape.now, &tape.history).unwrap();
    assert_eq!(picture.offset, 4);
}

#[test]
fn what_would_take_too_long_or_too_much_is_given_up() {
    let mut tape = Tape::new(1 << 20);
    for _ in 0..1_000 {
        tape.print(&"x\x1b[65535b".repeat(100), Duration::ZERO);
    }
    let begun = std::time::Instant::now();
    assert_eq!(tape.model.picture(tape.now, &tape.history), None);
    assert!(begun.elapsed() < std::time::Duration::from_secs(60), "{:?}", begun.elapsed());
    assert!(tape.model.rested() > tape.now.after(Duration::from_secs(1)), "and not tried again at once");
    let mut tape = Tape::new(1 << 10);
    tape.history.handle_resize(Size { columns: 4_096, rows: 4_096 });
    tape.print("x", Duration::ZERO);
    assert_eq!(tape.model.picture(tape.now, &tape.history), None);
}
