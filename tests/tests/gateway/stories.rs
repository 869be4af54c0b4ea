//! What every gateway has to do, whatever it is made of: [`every_story`] makes tests of it.

use stillwire::Duration;
use stillwire::link::close::CloseReason;
use stillwire::link::frame::Role;

use crate::board::{Board, Desktop, Machine};

/// One test for each story, of this machine.
macro_rules! every_story {
    ($machine:expr) => {
        crate::stories::every_story!($machine; who_comes_late_gets_the_boot_log_and_is_told_that_the_console_waits
            a_line_cut_in_the_middle_of_a_frame_goes_on_where_it_was
            a_line_with_bit_errors_shows_nothing_wrong_and_everything_in_the_end
            a_line_slower_than_the_console_loses_what_is_counted_and_stalls_nothing
            the_newest_controller_takes_over_and_the_one_before_is_told
            a_desktop_that_nobody_unplugged_is_found_dead_and_its_line_is_free);
    };
    ($machine:expr; $($story:ident)*) => {
        $(
            #[test]
            fn $story() {
                crate::stories::$story($machine);
            }
        )*
    };
}
pub(crate) use every_story;

/// Lines that can be told apart.
fn log(lines: std::ops::Range<u32>) -> String {
    lines.map(|line| format!("[{line:8}] a line of the log of some device\r\n")).collect()
}

pub(crate) fn who_comes_late_gets_the_boot_log_and_is_told_that_the_console_waits(machine: Machine) {
    let mut board = Board::start(machine, "late");
    let boot = format!("U-Boot\r\n{}login: ", log(0..40));
    assert!(board.print(boot.as_bytes(), &mut []));
    board.until(1, &mut [], |_, _| false);
    let mut desktop = board.desktop(1, Role::Controller);
    board.plug(&mut desktop, "one");
    assert!(board.until(10, &mut [&mut desktop], |_, all| {
        all[0].caller.statuses.last().is_some_and(|s| s == "idle quiet")
    }));
    assert_eq!(desktop.caller.text(), boot);
    desktop.caller.client.handle_typed(board.now(), b"root\r").expect("room");
    assert!(board.until(5, &mut [&mut desktop], |board, _| board.typed == b"root\r"));
    assert!(board.print(b"root\r\n# ", &mut [&mut desktop]));
    assert!(board.until(5, &mut [&mut desktop], |_, all| all[0].caller.text().ends_with("# ")));
    assert_eq!((desktop.caller.lost, desktop.caller.closed.len()), (0, 0));
}

pub(crate) fn a_line_cut_in_the_middle_of_a_frame_goes_on_where_it_was(machine: Machine) {
    let mut board = Board::start(machine, "cut");
    let mut desktop = board.desktop(2, Role::Controller);
    board.plug(&mut desktop, "one");
    desktop.pace = 7; // so that the cut is in the middle of one
    assert!(board.print(log(0..100).as_bytes(), &mut [&mut desktop]));
    assert!(board.until(10, &mut [&mut desktop], |_, all| all[0].caller.shown.len() > 1_000));
    let now = board.now();
    desktop.unplug(now);
    assert!(board.print(log(100..120).as_bytes(), &mut [&mut desktop]));
    board.plug(&mut desktop, "one");
    let all = log(0..120);
    board.until(20, &mut [&mut desktop], |_, desktops| desktops[0].caller.shown.len() >= all.len());
    assert_eq!(desktop.caller.text(), all);
    assert_eq!((desktop.caller.lost, desktop.caller.restarts.as_slice()), (0, &[0][..]));
}

pub(crate) fn a_line_with_bit_errors_shows_nothing_wrong_and_everything_in_the_end(machine: Machine) {
    let mut board = Board::start(machine, "noise");
    let mut desktop = board.desktop(3, Role::Controller);
    (desktop.noise, desktop.pace) = (8, 24);
    board.plug(&mut desktop, "one");
    let mut all = String::new();
    for burst in 0..20 {
        let lines = log(burst * 5..burst * 5 + 5);
        assert!(board.print(lines.as_bytes(), &mut [&mut desktop]));
        all += &lines;
        board.until(1, &mut [&mut desktop], |_, desktops| desktops[0].caller.shown.len() >= all.len());
        assert!(all.starts_with(&desktop.caller.text()), "a prefix, always: {:?}", desktop.caller.text());
    }
    (desktop.noise, desktop.pace) = (0, usize::MAX);
    board.until(40, &mut [&mut desktop], |_, desktops| desktops[0].caller.shown.len() >= all.len());
    assert_eq!(desktop.caller.text(), all);
    assert!(desktop.flipped > 10, "{}", desktop.flipped);
    assert_eq!(desktop.caller.lost, 0);
}

pub(crate) fn a_line_slower_than_the_console_loses_what_is_counted_and_stalls_nothing(machine: Machine) {
    let mut board = Board::start(machine, "slow");
    let (mut slow, mut fast) = (board.desktop(4, Role::Viewer), board.desktop(8, Role::Viewer));
    board.plug(&mut slow, "one");
    board.plug(&mut fast, "two");
    slow.pace = 1; // byte in a millisecond
    board.burst = usize::MAX;
    let (all, last) = (log(0..2_000), log(1_999..2_000));
    let mut both = [&mut slow, &mut fast];
    assert!(board.print(all.as_bytes(), &mut both));
    assert!(
        board.until(30, &mut both, |_, all| all[1].caller.text().ends_with(&last)),
        "the console waits for nobody"
    );
    assert!(!slow.caller.text().ends_with(&last), "the slow one is not there yet");
    slow.pace = usize::MAX;
    assert!(board.until(20, &mut [&mut slow], |_, all| all[0].caller.text().ends_with(&last)));
    let mut ends = Vec::new();
    for caller in [&slow.caller, &fast.caller] {
        let end = caller.client.place().expect("it is in").offset as usize;
        assert_eq!(caller.lost as usize + caller.shown.len(), end, "all is shown, or counted as lost");
        ends.push(end);
    }
    assert!(slow.caller.lost > 0);
    // The stack was never deep. QEMU knows no baud rate: on a busy machine the console's ring may overrun, which is counted, and
    // noted in the output.
    match health(&mut board, fast, machine.stack()) {
        0 => assert_eq!(ends, [all.len(); 2]),
        _ => assert_eq!(ends[0], ends[1]),
    }
}

/// Asks the gateway how deep its stack was, and what its console lost between interrupt and main loop.
fn health(board: &mut Board, mut desktop: Desktop, stack: u32) -> u32 {
    desktop.caller.client.request(board.now(), "health", b"").expect("room");
    assert!(board.until(10, &mut [&mut desktop], |_, all| !all[0].caller.replies.is_empty()));
    let reply = &desktop.caller.replies[0];
    let number = |at: usize| u32::from_be_bytes(reply[at..at + 4].try_into().expect("four bytes"));
    println!("painted stack: {} bytes", number(0));
    assert!(number(0) < stack, "stack: {} bytes", number(0));
    number(4)
}

pub(crate) fn the_newest_controller_takes_over_and_the_one_before_is_told(machine: Machine) {
    let mut board = Board::start(machine, "takeover");
    let (mut first, mut second) = (board.desktop(5, Role::Controller), board.desktop(6, Role::Controller));
    board.plug(&mut first, "one");
    assert!(board.print(b"one\r\n", &mut [&mut first]));
    assert!(board.until(5, &mut [&mut first], |_, all| all[0].caller.text() == "one\r\n"));
    board.plug(&mut second, "two");
    let mut both = [&mut first, &mut second];
    assert!(board.until(5, &mut both, |_, all| all[0].caller.closed == [CloseReason::Superseded]));
    assert!(board.print(b"two\r\n", &mut both));
    assert!(board.until(5, &mut both, |_, all| all[1].caller.text() == "one\r\ntwo\r\n"));
    second.caller.client.handle_typed(board.now(), b"x").expect("room");
    assert!(board.until(5, &mut [&mut first, &mut second], |board, _| board.typed == b"x"));
    assert_eq!(first.caller.text(), "one\r\n", "two clients never fight");
}

pub(crate) fn a_desktop_that_nobody_unplugged_is_found_dead_and_its_line_is_free(machine: Machine) {
    let mut board = Board::start(machine, "dead");
    let mut desktop = board.desktop(7, Role::Controller);
    board.plug(&mut desktop, "one");
    assert!(board.print(b"hello\r\n", &mut [&mut desktop]));
    assert!(board.until(5, &mut [&mut desktop], |_, all| all[0].caller.text() == "hello\r\n"));
    // It keeps the line and says nothing for longer than two heartbeats; then it comes back as it was.
    let silent = Duration::from_secs(32);
    let since = board.now();
    board.until(60, &mut [], |board, _| board.now() - since > silent);
    assert!(board.print(b"again\r\n", &mut [&mut desktop]));
    assert!(board.until(40, &mut [&mut desktop], |_, all| all[0].caller.text() == "hello\r\nagain\r\n"));
    assert_eq!(desktop.caller.lost, 0);
}
