//! What a user lives through, in virtual time. A line is what one would read in the events.

use stillwire::idle::{Exit, Hint, Tier};
use stillwire::monitor::Config;
use stillwire::{Duration, Instant};
use stillwire_tests::session::Session;

fn session() -> Session {
    Session::new(Config::DEFAULT)
}

fn counting(tier: Tier, fold_digits: bool) -> Session {
    let mut config = Config::DEFAULT;
    config.idle.counts = tier;
    config.novelty.fold_digits = fold_digits;
    Session::new(config)
}

/// A session that wrote a screenful at 1 s and is idle since 4.5 s.
fn idle_session() -> Session {
    let mut session = session();
    session.output(1_000, "one\r\ntwo\r\nthree").until(5_000);
    assert_eq!(session.story(), ["4.500000 idle quiet"]);
    session
}

#[test]
fn output_at_one_second_is_idle_at_four_and_a_half() {
    let mut session = session();
    session.output(1_000, "hello").until(60_000);
    assert_eq!(session.story(), ["4.500000 idle quiet"]);
    assert_eq!(session.monitor.evidence().visible, Some(Instant::from_secs(1)));
    assert_eq!(session.monitor.poll_at(), None); // nothing polls an idle session
}

#[test]
fn a_session_in_which_nothing_ever_came_says_so() {
    let mut session = session();
    session.until(60_000);
    assert_eq!(session.story(), ["3.500000 idle never_active"]);
}

#[test]
fn control_chatter_neither_prevents_idle_nor_wakes() {
    let mut session = session();
    session.output(1_000, "hello");
    session.animate(
        1_100,
        20_000,
        100,
        &["\x1b[?25l\x1b[3;4H", "\x1b[1m\x1b[m\x1b[?25h", "\x1b]0;title\x07"],
    );
    assert_eq!(session.story(), ["4.500000 idle quiet"]);
    assert_eq!(session.monitor.evidence().raw, Some(Instant::from_secs(20)));
}

#[test]
fn control_chatter_counts_for_those_who_count_raw_bytes() {
    let mut session = counting(Tier::Raw, false);
    session.animate(1_000, 20_000, 100, &["\x1b[?25l", "\x1b[?25h"]).until(60_000);
    assert_eq!(session.story(), ["23.500000 idle quiet"]);
}

#[test]
fn a_character_cut_in_two_counts_once_and_when_it_is_whole() {
    let mut session = session();
    session.output(1_000, b"\xE2\x9C").output(2_000, b"\xBB").until(60_000);
    assert_eq!(session.story(), ["5.500000 idle quiet"]);
}

#[test]
fn appended_text_wakes_at_once() {
    let mut session = idle_session();
    session.output(9_120, "\r\nfour").until(60_000);
    assert_eq!(session.story(), ["9.120000 running", "12.620000 idle quiet"]);
}

#[test]
fn a_lone_repaint_of_an_idle_screen_does_not_wake_it() {
    let mut session = idle_session();
    session.output(9_000, "\x1b[2A\r\x1b[2Kone!\r\n\x1b[2Ktwo\r\n\x1b[2Kthree");
    session.output(39_000, "\x1b7\x1b[24;60H12:34\x1b8"); // a clock
    session.output(99_000, "\x1b7\x1b[24;60H12:35\x1b8");
    assert!(session.story().is_empty());
    assert_eq!(session.monitor.evidence().visible, Some(Instant::from_secs(99)));
}

#[test]
fn a_repaint_that_is_cut_in_two_is_still_one() {
    let mut session = idle_session();
    session.output(9_000, "\x1b[2A\r\x1b[2Kone\r\nTW").output(9_003, "O\r\nthree").until(60_000);
    assert!(session.story().is_empty());
}

#[test]
fn a_frame_that_grows_by_a_hint_does_not_wake() {
    let mut session = session();
    let frame = "╭────╮\r\n│ >  │\r\n╰────╯\r\n  ? for shortcuts\r\n";
    session.output(1_000, frame).until(5_000).story();
    let grown = "\x1b[4A\x1b[J╭────╮\r\n│ >  │\r\n╰────╯\r\n  Tip: press tab\r\n  ? for shortcuts\r\n";
    session.output(9_000, grown).until(60_000);
    assert!(session.story().is_empty());
    session.output(70_000, "done\r\n"); // but what is appended later is
    assert_eq!(session.story(), ["70.000000 running"]);
}

#[test]
fn painting_that_goes_on_wakes() {
    let mut session = idle_session();
    session.animate(9_000, 9_400, 200, &["\r✻", "\r✽", "\r✶"]).until(60_000);
    assert_eq!(session.story(), ["9.200000 running", "12.900000 idle quiet"]);
}

#[test]
fn painting_that_comes_back_a_second_later_does_not_go_on() {
    let mut session = idle_session();
    session.animate(9_000, 30_000, 1_000, &["\r10:00:01", "\r10:00:02", "\r10:00:03"]);
    assert!(session.story().is_empty());
    session.output(30_999, "\r✻");
    assert_eq!(session.story(), ["30.999000 running"]);
}

#[test]
fn much_that_is_new_wakes_at_once_even_if_it_is_painted() {
    let mut session = idle_session();
    let menu = "\x1b[5;5HOpen a file\x1b[6;5HSave this session\x1b[7;5HSettings and keys\x1b[8;5HQuit without saving what was changed";
    session.output(9_000, menu);
    assert_eq!(session.story(), ["9.000000 running"]);
    session.until(20_000).story();
    session.output(30_000, menu).until(60_000); // the same once more is not new
    assert!(session.story().is_empty());
}

#[test]
fn a_spinner_keeps_running_while_what_is_new_grows_old() {
    let mut session = session();
    session.output(1_000, "✻ Thinking");
    session.animate(1_100, 26 * 60_000, 120, &["\r✻ Thinking", "\r✽ Thinking", "\r✶ Thinking"]);
    assert!(session.story().is_empty());
    let evidence = session.monitor.evidence();
    assert_eq!(session.seconds_since(evidence.visible), 0);
    assert_eq!(session.seconds_since(evidence.novel), 26 * 60 - 2);
}

#[test]
fn a_spinner_with_a_counter_is_repainting_for_those_who_count_what_is_new() {
    let mut session = counting(Tier::Novel, true);
    session.output(1_000, "✻ Thinking (0s · esc to interrupt)");
    for second in 0..60 {
        let frames = [format!("\r✻ Thinking ({second}s"), format!("\r✽ Thinking ({second}s")];
        session.animate(1_100 + second * 1_000, 2_000 + second * 1_000, 100, &[&frames[0], &frames[1]]);
    }
    session.until(120_000);
    // A new frame of the spinner is new once; afterwards only the counter changes.
    assert_eq!(session.story(), ["4.700000 idle repainting", "64.500000 idle quiet"]);
}

#[test]
fn dots_and_repeated_lines_are_progress_in_every_tier() {
    for tier in [Tier::Raw, Tier::Visible, Tier::Novel] {
        let mut session = counting(tier, true);
        session.animate(1_000, 20_000, 2_000, &["."]).animate(21_000, 40_000, 2_000, &["\r\ny"]);
        assert!(session.story().is_empty(), "{tier:?}");
    }
}

#[test]
fn a_lone_hint_before_the_verdict_extends_it_like_any_output() {
    let mut session = session();
    session.output(1_000, "one").output(4_200, "\rhint").until(60_000);
    assert_eq!(session.story(), ["7.700000 idle quiet"]);
}

#[test]
fn a_key_wakes_and_the_focus_does_not() {
    let mut session = idle_session();
    session.input(9_000, "\x1b[I").input(10_000, "\x1b[<35;4;4M").input(11_000, "\x1b]11;rgb:0/0/0\x1b\\");
    assert!(session.story().is_empty());
    session.input(12_000, "l").until(60_000);
    assert_eq!(session.story(), ["12.000000 running", "15.500000 idle quiet"]);
}

#[test]
fn the_escape_key_is_a_key_and_half_a_report_is_not() {
    let mut session = idle_session();
    session.input(9_000, "\x1b").until(9_200);
    assert_eq!(session.story(), ["9.100000 running"]);
    session.until(20_000).story();
    session.input(30_000, "\x1b").input(30_010, "[I").until(60_000);
    assert!(session.story().is_empty());
}

#[test]
fn an_escape_key_just_before_the_verdict_prevents_it() {
    let mut session = session();
    session.output(1_000, "one").input(4_450, "\x1b").until(60_000);
    assert_eq!(session.story(), ["8.050000 idle quiet"]);
}

#[test]
fn a_session_that_flaps_is_given_more_time_until_it_is_calm() {
    let mut session = session();
    // Every 5 s a line: each time the verdict comes, and is taken back.
    for second in (0..=20).step_by(5) {
        session.output(second * 1_000, "tick\r\n");
    }
    let told = session.story();
    assert_eq!(told.len(), 8, "{told:?}");
    assert_eq!(told[6..], ["18.500000 idle quiet", "20.000000 running"]);
    // It was the fourth time in a minute.
    assert_eq!(session.monitor.quiet(), Duration::from_secs(6));
    for second in (25..=300).step_by(5) {
        session.output(second * 1_000, "tick\r\n");
    }
    assert!(session.story().is_empty());
    // The rhythm changes; the first end takes 6.5 s, and after a calm minute one takes 3.5 s again.
    for second in 301..=365 {
        session.output(second * 1_000, "tick\r\n");
    }
    session.until(400_000);
    assert_eq!(session.story(), ["368.500000 idle quiet"]);
}

#[test]
fn damping_has_a_cap() {
    let mut session = session();
    let mut millis = 0;
    for _ in 0..40 {
        millis = session.monitor.poll_at().map_or(millis, |due| due.at.as_micros() / 1_000) + 4_000;
        session.output(millis, "tick\r\n");
    }
    assert!(session.monitor.quiet() <= Duration::from_secs(30));
}

#[test]
fn a_person_at_work_is_no_flapping() {
    let mut session = session();
    for second in (0..120).step_by(6) {
        session.input(second * 1_000, "ls\r").output(second * 1_000 + 10, "file\r\n");
    }
    assert_eq!(session.monitor.quiet(), Duration::from_secs(3));
}

#[test]
fn a_prompt_mark_says_that_the_shell_waits() {
    let mut session = session();
    session.output(1_000, "\x1b]133;A\x07$ \x1b]133;B\x07").until(5_000);
    session.input(10_000, "make\r").output(10_010, "make\r\n\x1b]133;C\x07cc main.c\r\n").until(20_000);
    session.output(30_000, "\x1b]133;D;0\x07\x1b]133;A\x07$ \x1b]133;B\x07").until(60_000);
    assert_eq!(
        session.story(),
        [
            "4.500000 idle at_prompt",
            "10.000000 running",
            "13.510000 idle quiet",
            "30.000000 running",
            "33.500000 idle at_prompt",
        ]
    );
}

#[test]
fn a_bell_at_the_end_calls_until_somebody_comes() {
    let mut session = session();
    session.output(1_000, "Do you want to proceed?\x07").until(10_000);
    session.input(20_000, "y").until(30_000);
    assert_eq!(session.story(), ["4.500000 idle bell", "20.000000 running", "23.500000 idle quiet"]);
}

#[test]
fn a_bell_on_an_idle_session_gives_a_reason_and_does_not_wake() {
    let mut session = idle_session();
    session.output(9_000, "\x07").until(20_000);
    assert_eq!(session.story(), ["9.000000 idle bell"]);
}

#[test]
fn a_bell_long_before_the_end_does_not_call() {
    let mut session = session();
    session.output(1_000, "warning\x07\r\n").animate(2_000, 20_000, 1_000, &["cc\r\n"]).until(60_000);
    assert_eq!(session.story(), ["23.500000 idle quiet"]);
}

#[test]
fn a_bell_that_refuses_a_key_at_the_prompt_does_not_call() {
    let mut session = session();
    session.output(1_000, "\x1b]133;A\x07$ ").input(2_000, "\t").output(2_005, "\x07").until(60_000);
    assert_eq!(session.story(), ["5.500000 idle at_prompt"]);
}

#[test]
fn a_job_that_reads_the_terminal_awaits_input() {
    let mut session = session();
    session.output(1_000, "Password: ").hint(4_500, Hint::Blocked).until(60_000);
    assert_eq!(session.story(), ["4.500000 idle awaiting_input"]);
}

#[test]
fn a_reason_that_changes_is_told_once() {
    let mut session = idle_session();
    for second in 10..20 {
        session.hint(second * 1_000, Hint::Blocked);
    }
    session.hint(30_000, Hint::Neither).until(60_000);
    assert_eq!(session.story(), ["10.000000 idle awaiting_input", "30.000000 idle quiet"]);
}

#[test]
fn a_silent_compiler_is_running_as_long_as_it_burns_cpu() {
    let mut session = session();
    session.output(1_000, "rustc …");
    session.hint(4_500, Hint::Busy).hint(8_000, Hint::Busy).hint(11_500, Hint::Neither).until(60_000);
    assert_eq!(session.story(), ["11.500000 idle quiet"]);
}

#[test]
fn a_busy_job_does_not_wake_an_idle_session() {
    let mut session = idle_session();
    session.hint(9_000, Hint::Busy).until(60_000);
    assert!(session.story().is_empty());
}

#[test]
fn an_exit_is_told_and_is_the_end() {
    let mut session = idle_session();
    session.exit(9_000, Exit::Code(3)).output(10_000, "left over\r\n").input(11_000, "x").until(60_000);
    assert_eq!(session.story(), ["9.000000 exited"]);
    assert_eq!(session.monitor.poll_at(), None);
}

#[test]
fn a_late_poll_tells_when_it_was_due() {
    let mut monitor = session().monitor;
    drop(monitor.handle_output(Instant::from_secs(1), b"x"));
    let event = monitor.poll(Instant::from_secs(3_600)).unwrap();
    assert_eq!(event.at, Instant::from_millis(4_500));
    assert_eq!(monitor.poll(Instant::from_secs(3_600)), None);
}

#[test]
fn a_verdict_that_nobody_asked_for_in_time_is_not_told() {
    let mut monitor = session().monitor;
    drop(monitor.handle_output(Instant::from_secs(1), b"x"));
    drop(monitor.handle_output(Instant::from_secs(60), b"y"));
    assert_eq!(monitor.poll(Instant::from_secs(60)), None);
}

#[test]
fn a_clock_that_goes_back_stands_still() {
    let mut monitor = session().monitor;
    drop(monitor.handle_output(Instant::from_secs(10), b"x"));
    drop(monitor.handle_output(Instant::from_secs(2), b"y"));
    assert_eq!(monitor.evidence().visible, Some(Instant::from_secs(10)));
    assert_eq!(monitor.poll(Instant::from_millis(13_499)), None);
    assert!(monitor.poll(Instant::from_millis(13_500)).is_some());
}

#[test]
fn the_end_of_time_is_a_time_like_others() {
    let mut monitor = session().monitor;
    drop(monitor.handle_output(Instant::MAX, b"x"));
    assert_eq!(monitor.poll(Instant::MAX).unwrap().at, Instant::MAX);
    assert_eq!(monitor.poll_at(), None);
}

#[test]
fn never_idle_is_never_polled() {
    let mut config = Config::DEFAULT;
    config.idle.quiet = Duration::MAX;
    let mut session = Session::new(config);
    session.output(1_000, "x");
    assert_eq!(session.monitor.poll_at(), None);
}
