//! What a person typed and what the terminal sent by itself, whole and cut at every position.

use stillwire::Instant;
use stillwire::input::Keys;

const TYPED: [&str; 44] = [
    "a",
    "é",
    "漢字",
    " ",
    "\r",
    "\t",
    "\x03",
    "\x7f",
    "\0",
    "\x1b[A",        // arrows
    "\x1bOA",        // application cursor keys
    "\x1b[1;5C",     // Ctrl-Right
    "\x1b[a",        // rxvt: Shift-Up
    "\x1b[c",        // rxvt: Shift-Right
    "\x1b[3~",       // Delete
    "\x1b[15~",      // F5
    "\x1b[15;2~",    // Shift-F5
    "\x1b[3^",       // rxvt: Ctrl-Delete
    "\x1bOP",        // F1
    "\x1b[[A",       // Linux console: F1
    "\x1b[R",        // F3
    "\x1b[1;2P",     // Shift-F1
    "\x1b[Z",        // Shift-Tab
    "\x1bx",         // Alt-x
    "\x1b\x7f",      // Alt-Backspace
    "\x1b\x1b[A",    // Alt-Up
    "\x1b[97u",      // kitty: a
    "\x1b[97;5u",    // kitty: Ctrl-a
    "\x1b[97:65;2u", // kitty: with the shifted key
    "\x1b[97;1:1u",  // kitty: press
    "\x1b[97;1:2u",  // kitty: repeat
    "\x1b[97;;229u", // kitty: with its text
    "\x1b[1;1:1A",   // kitty: Up, press
    "\x1b[27;5;9~",  // modifyOtherKeys: Ctrl-Tab
    "\x1b[200~pasted\x1b[201~",
    "\x1b[I\x1b[201~x", // something typed after a report
    "\x1b[<0;3;4M",     // SGR mouse: press
    "\x1b[<2;3;4M",     // right button
    "\x1b[<64;3;4M",    // wheel
    "\x1b[<4;3;4M",     // Shift and press
    "\x1b[M !!",        // X10 mouse: press
    "\x1b[M`!!",        // wheel
    "\x1b[32;3;4M",     // urxvt mouse: press
    "\x1b[96;3;4M",     // wheel
];

const REPORTED: [&str; 38] = [
    "\x1b[I",
    "\x1b[O",
    "\x1b[<0;3;4m",          // SGR mouse: release
    "\x1b[<32;3;4M",         // drag
    "\x1b[<35;3;4M",         // motion
    "\x1b[<39;30;40M",       // motion with Shift
    "\x1b[M#!!",             // X10 mouse: release
    "\x1b[M@!!",             // drag
    "\x1b[MC!!",             // motion
    "\x1b[35;3;4M",          // urxvt mouse: release
    "\x1b[67;3;4M",          // motion
    "\x1b[?62;22c",          // DA1
    "\x1b[>1;10;0c",         // DA2
    "\x1bP!|00000000\x1b\\", // DA3
    "\x1b[0n",               // DSR
    "\x1b[?997;1n",          // colour scheme
    "\x1b[24;80R",           // CPR
    "\x1b[1;1R",
    "\x1b[1;2R",      // or Shift-F3; see the module
    "\x1b[?1;2R",     // DECXCPR
    "\x1b[?2026;2$y", // DECRPM
    "\x1b[4;2$y",
    "\x1b[?0u", // kitty flags
    "\x1b[?31u",
    "\x1b[97;1:3u", // kitty: release
    "\x1b[1;1:3A",  // kitty: Up, release
    "\x1b[3;1:3~",
    "\x1b[8;24;80t",           // window size
    "\x1b[48;24;80;384;640t",  // in-band resize
    "\x1b[2;1;1;120;120;1;0x", // DECREPTPARM
    "\x1b[1;2;3;4&w",          // DEC locator
    "\x1b[?1;0;256S",          // XTSMGRAPHICS
    "\x1b]11;rgb:0000/0000/0000\x07",
    "\x1b]11;rgb:0000/0000/0000\x1b\\",
    "\x1b]52;c;aGVsbG8=\x1b\\",
    "\x1bP1$r0m\x1b\\",        // DECRQSS
    "\x1bP>|XTerm(390)\x1b\\", // XTVERSION
    "\x1b_Gi=31;OK\x1b\\",     // kitty graphics
];

fn human(parts: &[&[u8]]) -> bool {
    let mut keys = Keys::new();
    let mut human = false;
    for part in parts {
        human |= keys.handle(Instant::ZERO, part);
    }
    human
}

#[test]
fn keys_are_keys_and_reports_are_reports_wherever_they_are_cut() {
    for (table, typed) in [(&TYPED[..], true), (&REPORTED[..], false)] {
        for text in table {
            let bytes = text.as_bytes();
            for cut in 0..=bytes.len() {
                let (head, tail) = bytes.split_at(cut);
                assert_eq!(human(&[head, tail]), typed, "{text:?} cut at {cut}");
            }
            assert_eq!(human(&bytes.chunks(1).collect::<Vec<_>>()), typed, "{text:?} byte by byte");
        }
    }
}

#[test]
fn reports_leave_nothing_behind() {
    let all: String = REPORTED.concat();
    assert!(!human(&[all.as_bytes()]));
    let mut keys = Keys::new();
    assert!(!keys.handle(Instant::ZERO, all.as_bytes()));
    assert_eq!(keys.poll_at(), None);
    assert!(keys.handle(Instant::ZERO, b"x"));
}

#[test]
fn an_escape_with_nothing_behind_it_was_the_key() {
    for typed in ["\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b_", "\x1b[3$"] {
        let mut keys = Keys::new();
        assert!(!keys.handle(Instant::from_secs(1), typed.as_bytes()), "{typed:?}");
        let due = keys.poll_at().unwrap();
        assert_eq!(due.at, Instant::from_millis(1_100), "{typed:?}");
        assert!(!keys.poll(Instant::from_millis(1_099)), "{typed:?}");
        assert!(keys.poll(due.at) && !keys.poll(due.at), "{typed:?}");
        assert!(keys.handle(Instant::from_secs(2), b"["), "{typed:?}");
    }
}

#[test]
fn a_report_that_was_lost_half_way_does_not_swallow_what_is_typed() {
    let mut keys = Keys::new();
    assert!(!keys.handle(Instant::ZERO, b"\x1b]11;rgb:00"));
    assert!(keys.handle(Instant::from_secs(2), b"ls"));
    assert!(!keys.handle(Instant::from_secs(3), b"\x1bP1$r"));
    assert!(keys.handle(Instant::from_secs(3), b"\r"));
}
