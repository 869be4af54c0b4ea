//! What hurts when a client comes late, comes back or is slow; each a pain of a tool of today.

use stillwire::link::bootstrap::{Bootstrap, Joining, Refused};
use stillwire::link::history::Size;
use stillwire::link::replay::{Attach, Follower, Missing, Piece, Place, Replay};
use stillwire::link::typed::{Applied, BadAck, Chunk, Full, Typed};
use stillwire::scan::{Mode, Modes};
use stillwire_tests::fuzz::replay_ops;
use stillwire_tests::random::Random;
use stillwire_tests::tape::{EPOCH, Tape};

fn at(offset: u64) -> Option<Place> {
    Some(Place { epoch: EPOCH, offset })
}

/// matrix-os #1131
#[test]
fn a_frame_that_was_skipped_does_not_advance_the_cursor() {
    let mut follower = Follower::new();
    follower.handle_restart(EPOCH, 0);
    assert_eq!(follower.handle_bytes(0, b"one "), Ok(&b"one "[..]));
    assert_eq!(follower.handle_bytes(8, b"three"), Err(Missing { expected: 4, got: 8 }));
    let mut tape = Tape::new(64);
    tape.print(b"one two three");
    let (mut replay, how) = Replay::attach(&tape.history, follower.place());
    assert_eq!(how, Attach::Exact);
    assert!(matches!(replay.next(&tape.history, 99), Some(Piece::Size(_))));
    let piece = replay.next(&tape.history, 99);
    assert!(matches!(piece, Some(Piece::Bytes { offset: 4, bytes: b"two three" })), "{piece:?}");
}

/// codev #629, PageSpace #2013
#[test]
fn a_client_that_comes_back_gets_what_it_missed_once() {
    let mut tape = Tape::new(64);
    let mut reader = tape.attach(None);
    tape.print(b"before\n");
    reader.read_all(&tape);
    let has = reader.follower.place();
    tape.print(b"while away\x1b[3");
    let mut reader = tape.attach(has);
    tape.print(b"1m and after");
    reader.read_all(&tape);
    assert_eq!((reader.shown, reader.lost), (b"while away\x1b[31m and after".to_vec(), 0));
}

/// leapmux #199
#[test]
fn sticky_modes_that_fell_out_of_the_ring_are_told() {
    let mut tape = Tape::new(100);
    tape.print(b"\x1b[?1049h\x1b[?2004h\x1b[?1002;1006h");
    for line in 0..100 {
        tape.print(format!("\x1b[{line};1Hline {line}").as_bytes());
    }
    let mut reader = tape.attach(None);
    reader.read_all(&tape);
    let modes = reader.modes.expect("a restart");
    assert!(modes.is_on(Mode::AlternateScreen) && modes.is_on(Mode::BracketedPaste));
    let mut bytes = [0; Modes::MAX_BYTES];
    let len = modes.write_to(&mut bytes).expect("enough room");
    assert_eq!(&bytes[..len], b"\x1b[?1049h\x1b[?2004h\x1b[?1002h\x1b[?1006h");
}

/// termio #181
#[test]
fn nobody_begins_in_mid_escape_though_the_ring_does() {
    for capacity in 1..60 {
        let mut tape = Tape::new(capacity);
        tape.print("\x1b[38;2;10;20;30mgrüße\x1b]0;title\x07 ✔\n\x1b[0m$ ".as_bytes());
        let mut reader = tape.attach(at(0));
        reader.read_all(&tape); // it checks where it begins
        assert_eq!(reader.lost + reader.shown.len() as u64, tape.all.len() as u64);
    }
}

/// superset #7423
#[test]
fn a_resize_is_a_boundary() {
    let mut tape = Tape::new(200);
    let mut early = tape.attach(None);
    tape.print(b"eighty columns");
    tape.history.handle_resize(Size { columns: 120, rows: 40 });
    tape.print(b"a hundred and twenty");
    assert!(early.read(&tape, 99) && early.size == Some(Size { columns: 80, rows: 24 }));
    assert!(early.read(&tape, 99));
    assert_eq!(early.shown, b"eighty columns", "not a byte across");
    assert!(early.read(&tape, 99) && early.size == Some(Size { columns: 120, rows: 40 }));
    early.read_all(&tape);
    assert!(early.shown.ends_with(b"twenty"));
}

#[test]
fn a_resize_in_mid_escape_waits_for_its_end() {
    let mut tape = Tape::new(200);
    tape.print(b"wide\x1b[3");
    tape.history.handle_resize(Size { columns: 40, rows: 10 });
    tape.print(b"1mnarrow");
    assert_eq!(tape.history.boundary_after(0), Some(9));
    assert_eq!(tape.history.size_at(8), Some(Size { columns: 80, rows: 24 }));
    assert_eq!(tape.history.size_at(9), Some(Size { columns: 40, rows: 10 }));
}

#[test]
fn the_size_is_known_after_the_boundary_has_fallen_out_of_the_ring() {
    let size = Size { columns: 120, rows: 40 };
    let mut tape = Tape::new(100);
    tape.history.handle_resize(size);
    tape.print(&[b'x'; 90]);
    tape.print(&[b'y'; 90]);
    assert_eq!((tape.history.start(), tape.history.size_at(80)), (80, Some(size)));
    let mut tape = Tape::new(100);
    tape.print(b"\x1b[3");
    tape.history.handle_resize(size);
    tape.print(&[&b"1m"[..], &[b'z'; 300]].concat());
    assert_eq!(tape.history.size_at(tape.history.start()), Some(size));
}

/// openbmc #2455
#[test]
fn a_late_client_gets_the_boot_log() {
    let mut tape = Tape::new(4_096);
    for stage in ["U-Boot 2026.10", "Starting kernel …", "login: "] {
        tape.print(stage.as_bytes());
        tape.print(b"\r\n");
    }
    let (_, how) = Replay::attach(&tape.history, None);
    let mut reader = tape.attach(None);
    reader.read_all(&tape);
    assert_eq!((how, reader.lost, &reader.shown), (Attach::Reanchor, 0, &tape.all));
}

/// obmc-console #9, zellij #1781, shpool #413, tmux #5444, ser2net #139
#[test]
fn one_stalled_reader_wedges_nobody_and_is_told_what_it_lost() {
    let mut tape = Tape::new(1_000);
    let (mut stalled, mut quick) = (tape.attach(None), tape.attach(None));
    for line in 0..1_000 {
        tape.print(format!("line {line}\n").as_bytes());
        quick.read_all(&tape);
    }
    assert_eq!((quick.lost, &quick.shown), (0, &tape.all));
    stalled.read_all(&tape);
    assert!(stalled.shown.starts_with(b"line ") && stalled.shown.ends_with(b"line 999\n"));
    assert_eq!(stalled.lost + stalled.shown.len() as u64, tape.all.len() as u64);
    assert!(stalled.lost < tape.all.len() as u64 - 900, "all that is left, but for a part of the ring");
}

#[test]
fn a_slow_reader_still_sees_something_of_a_flood() {
    let mut tape = Tape::new(1_000);
    let (mut slow, mut seen) = (tape.attach(None), 0);
    for line in 0..10_000 {
        tape.print(format!("line {line}\n").as_bytes());
        if line % 2 == 0 {
            slow.read(&tape, 4); // a fifth of what comes
        }
        seen += u64::from(!slow.shown.is_empty());
    }
    let total = tape.all.len() as u64;
    assert!(slow.lost > total / 2 && slow.lost < total * 9 / 10, "{} of {total}", slow.lost);
    assert!(seen > 9_000, "it is not starved by being overtaken again and again: {seen}");
}

#[test]
fn another_life_or_an_offset_never_written_begins_afresh() {
    let mut tape = Tape::new(64);
    tape.print(b"text");
    let attach = |has| Replay::attach(&tape.history, has).1;
    assert_eq!(attach(Some(Place { epoch: EPOCH ^ 1, offset: 2 })), Attach::Reanchor);
    assert_eq!(attach(at(5)), Attach::Reanchor);
    assert_eq!(attach(at(4)), Attach::Exact);
    tape.print(&[b'x'; 64]);
    assert_eq!(Replay::attach(&tape.history, at(2)).1, Attach::Tail);
    let (mut stale, _) = Replay::attach(&Tape::new(64).history, None);
    tape.history = stillwire::link::history::History::new(vec![0; 64], EPOCH + 1, None);
    assert_eq!(stale.next(&tape.history, 99), None, "not a byte of another stream");
}

#[test]
fn inside_an_endless_string_a_late_reader_waits_and_loses_only_what_nobody_sees() {
    let mut tape = Tape::new(50);
    tape.print(b"\x1bPsixels");
    for _ in 0..100 {
        tape.print(b"#0!200~-");
    }
    let mut reader = tape.attach(None);
    reader.read_all(&tape);
    assert!(reader.replay.is_seeking());
    tape.print(b"\x1b\\$ ");
    reader.read_all(&tape);
    assert_eq!((reader.shown, reader.lost), (b"$ ".to_vec(), tape.all.len() as u64 - 2));
}

/// The other half of codev #629: doubled typing after a reconnect.
#[test]
fn typing_is_not_doubled_when_only_the_acknowledgement_was_lost() {
    let (mut typed, mut applied) = (Typed::new([0; 64]), Applied::new(0));
    typed.handle_welcome(false, 0, 64).unwrap();
    typed.push(b"rm old\r").unwrap();
    let Some(Chunk { offset, bytes }) = typed.next(99) else { panic!("nothing to send") };
    assert_eq!(applied.fresh(offset, bytes), Ok(&b"rm old\r"[..]));
    applied.commit(7);
    assert_eq!((applied.poll_ack(), applied.poll_ack()), (Some(7), None));
    typed.push(b"ls\r").unwrap(); // the link is down by now
    assert_eq!(typed.handle_welcome(true, applied.count(), 64), Ok(0));
    assert_eq!(typed.next(99), Some(Chunk { offset: 7, bytes: b"ls\r" }));
    // Even a client that sends all again does no harm.
    assert_eq!(applied.fresh(0, b"rm old\rls\r"), Ok(&b"ls\r"[..]));
    assert_eq!(applied.fresh(9, b"x"), Err(Missing { expected: 7, got: 9 }));
}

#[test]
fn typing_into_a_dead_link_is_refused_when_full_and_dropped_only_aloud() {
    let mut typed = Typed::new([0; 8]);
    typed.push(b"exit\r").unwrap();
    assert_eq!(typed.push(b"exit\r"), Err(Full { room: 3 }));
    assert_eq!(typed.handle_ack(1, 8), Err(BadAck { got: 1 }), "nothing was sent");
    assert_eq!(typed.handle_new_session(0, 8), 5, "what was meant for one shell is not typed into another");
    assert_eq!((typed.pending(), typed.next(99)), (0, None));
}

#[test]
fn a_host_that_forgot_the_client_is_sent_nothing_twice_and_what_nobody_knows_is_told() {
    let mut typed = Typed::new([0; 64]);
    typed.handle_welcome(false, 0, 64).unwrap();
    typed.push(b"rm old\r").unwrap();
    assert!(typed.next(99).is_some());
    typed.push(b"ls\r").unwrap(); // the host crashes now, and its successor knows the session, not us
    let applied = Applied::new(typed.sent());
    assert_eq!(typed.handle_welcome(false, applied.count(), 64), Ok(7));
    assert_eq!(typed.next(99), Some(Chunk { offset: 7, bytes: b"ls\r" }));
    assert_eq!(applied.fresh(7, b"ls\r"), Ok(&b"ls\r"[..]));
    assert_eq!(typed.handle_welcome(true, 6, 64), Err(BadAck { got: 6 }), "those are gone");
    assert_eq!(typed.handle_welcome(true, 11, 64), Err(BadAck { got: 11 }), "and this was never sent");
}

#[test]
fn nothing_is_typed_beyond_the_limit() {
    let mut typed = Typed::new([0; 64]);
    typed.push(b"make all\r").unwrap();
    assert_eq!((typed.is_waiting(), typed.next(99)), (false, None), "there was no welcome");
    typed.handle_welcome(false, 0, 4).unwrap();
    assert_eq!(typed.next(99).map(|chunk| chunk.bytes), Some(&b"make"[..]));
    assert_eq!((typed.is_waiting(), typed.next(99)), (false, None));
    typed.handle_ack(2, 6).unwrap();
    assert_eq!(typed.next(99).map(|chunk| chunk.bytes), Some(&b" a"[..]));
    typed.handle_ack(6, 2).unwrap(); // less than it said before
    assert_eq!(typed.next(99), None);
    assert_eq!((typed.sent(), typed.next_number(), typed.pending()), (6, 6, 3));
}

#[test]
fn what_a_noisy_line_lost_is_sent_again_from_where_the_host_says() {
    let (mut typed, mut applied) = (Typed::new([0; 64]), Applied::new(0));
    typed.handle_welcome(false, 0, 64).unwrap();
    typed.push(b"ls -l\r").unwrap();
    assert!(typed.next(3).is_some()); // is lost
    let Some(Chunk { offset, bytes }) = typed.next(3) else { panic!("there is more") };
    assert_eq!(applied.fresh(offset, bytes), Err(Missing { expected: 0, got: 3 }));
    typed.handle_ack(0, 64).unwrap();
    typed.handle_again(0).unwrap();
    let Some(Chunk { offset, bytes }) = typed.next(99) else { panic!("all of it") };
    assert_eq!(applied.fresh(offset, bytes), Ok(&b"ls -l\r"[..]));
    applied.commit(6);
    // It asked twice, and the second time is behind the times by now: no harm.
    typed.handle_again(0).unwrap();
    assert_eq!(typed.next(2).map(|chunk| chunk.bytes), Some(&b"ls"[..]));
    typed.handle_ack(6, 64).unwrap();
    assert_eq!((typed.pending(), typed.next(99)), (0, None));
    typed.push(b"q").unwrap();
    assert_eq!(typed.next(99), Some(Chunk { offset: 6, bytes: b"q" }));
    assert_eq!(typed.handle_again(5), Err(BadAck { got: 5 }), "it said that it has this");
}

#[test]
fn the_handshake_comes_first_and_each_key_once() {
    let mut bootstrap = Bootstrap::new([0; 16]);
    let _nobody_was_told = (bootstrap.set(1, 5, b"theme").unwrap(), bootstrap.set(2, 0, b"hello").unwrap());
    assert_eq!(bootstrap.set(3, 5, b"seven b"), Err(Refused::Full { room: 6 }));
    assert_eq!(bootstrap.set(3, 5, &[0; 17]), Err(Refused::TooLarge { capacity: 16 }));
    let mut joining = Joining::new();
    let told = |joining: &mut Joining, bootstrap: &Bootstrap<_>| {
        joining.next(bootstrap, 99, 99).map(|item| item.payload.to_vec())
    };
    assert_eq!(told(&mut joining, &bootstrap), Some(b"hello".to_vec()));
    joining.handle_change(bootstrap.set(1, 5, b"dark").unwrap());
    assert!(joining.has(&bootstrap, 2) && !joining.has(&bootstrap, 1));
    assert_eq!(told(&mut joining, &bootstrap), Some(b"dark".to_vec()));
    assert_eq!(told(&mut joining, &bootstrap), None);
}

/// Any pushes into any ring, any readers at any pace; any typing over any link; any bootstrap.
#[test]
fn nothing_is_lost_doubled_or_reordered_without_being_told() {
    let seeds = match std::env::var("STILLWIRE_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => seed..seed + 1,
        None => 0..3_000,
    };
    for seed in seeds {
        let mut rng = Random::new(seed);
        let data: Vec<u8> = (0..rng.below(600)).map(|_| rng.bits() as u8).collect();
        let life = std::panic::AssertUnwindSafe(|| replay_ops(&data));
        if let Err(panic) = std::panic::catch_unwind(life) {
            eprintln!("STILLWIRE_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
}
