//! The verdict on labelled recordings (`tests/recordings`), and that it is better than what others do.

use stillwire_tests::verdicts::novelty::{Agreement, compare};
use stillwire_tests::verdicts::ours::OURS;
use stillwire_tests::verdicts::rules::OTHERS;
use stillwire_tests::verdicts::{DETECT, Recording, Rule, SETTLE, Score, recording, score, table};

const DEFAULTS: &Rule = &OURS[0];
const HINTED: &Rule = &OURS[1];
const NOVEL: &Rule = &OURS[2];

/// Labels of real recordings are set by a script beside the program, so they are this exact.
const LABEL: u64 = 50_000;

/// A message in tmux's status line that goes away after 0.9 s is two outputs within a second: that wakes,
/// by the rule that finds a slow spinner in time.
const WOKEN_BY_A_MESSAGE: &str = "tmux_repaint";
/// A clock each 5 s ticks while the verdict settles, and is visible output like any other.
const CLOCK_TICKS_WHILE_SETTLING: &str = "tmux_clock";
/// Four turns in a minute: the damper gives the session more time before each further verdict.
const MANY_TURNS_A_MINUTE: &str = "shell_osc133";

/// Every recording as it is, as recorded without input, and as read in small and in large pieces.
fn variants() -> Vec<(&'static str, Vec<Recording>)> {
    let all = recording::all(&recording::folder());
    let each = |change: fn(&Recording) -> Recording| all.iter().map(change).collect::<Vec<_>>();
    vec![
        ("as recorded", all.clone()),
        ("without input", each(Recording::without_input)),
        ("in pieces of 64", each(|r| r.in_pieces(64))),
        ("in pieces of 1000, without input", each(|r| r.in_pieces(1000).without_input())),
    ]
}

fn judge(rule: &Rule, recording: &Recording) -> Score {
    score(recording, &(rule.run)(recording))
}

#[test]
fn every_busy_turn_is_found_within_half_a_second_and_held_to_its_end() {
    let mut turns = 0;
    for (how, recordings) in variants() {
        for recording in &recordings {
            for rule in [DEFAULTS, HINTED] {
                let s = judge(rule, recording);
                let name = format!("{}, {how}, {}", recording.name, rule.name);
                assert!(s.found.iter().all(|d| d.is_some_and(|d| d <= DETECT)), "{name}: {:?}", s.found);
                assert_eq!(s.false_ends, 0, "{name}");
                assert_eq!(s.flaps, 0, "{name}");
                turns += s.turns;
            }
        }
    }
    assert!(turns > 150, "only {turns} turns were judged");
}

#[test]
fn every_end_is_told_within_quiet_and_confirm() {
    for (how, recordings) in variants() {
        let damped = how.ends_with("without input");
        for recording in &recordings {
            let name = recording.name.as_str();
            if name == CLOCK_TICKS_WHILE_SETTLING || damped && name == MANY_TURNS_A_MINUTE {
                continue;
            }
            let ended = judge(DEFAULTS, recording).ended;
            assert!(ended.iter().all(|d| d.is_some_and(|d| d <= SETTLE + LABEL)), "{name}, {how}: {ended:?}");
        }
    }
}

#[test]
fn nothing_wakes_an_idle_session_but_work() {
    for (how, recordings) in variants() {
        for recording in &recordings {
            let expected = u32::from(recording.name == WOKEN_BY_A_MESSAGE);
            let s = judge(DEFAULTS, recording);
            assert_eq!(s.false_turns, expected, "{}, {how}", recording.name);
        }
    }
}

#[test]
fn the_runners_hint_holds_a_silent_build() {
    let build = recording::load(&recording::folder(), "build_silent");
    let (bytes, hinted) = (judge(DEFAULTS, &build).silent, judge(HINTED, &build).silent);
    assert!(bytes.1 < bytes.0, "without hints the silence is longer than quiet");
    assert_eq!(hinted.1, hinted.0);
}

#[test]
fn a_monitor_that_repaints_is_idle_when_novelty_counts() {
    for name in ["htop", "tmux_clock_1s"] {
        let (whole, idle) = judge(NOVEL, &recording::load(&recording::folder(), name)).repainting;
        assert!(idle * 10 >= whole * 8, "{name}: {idle} of {whole} microseconds idle");
    }
}

#[test]
fn the_rules_of_others_do_worse() {
    let recordings = recording::all(&recording::folder());
    let ours = table::total(&recordings, DEFAULTS);
    assert!(ours.time_precision() > 0.95 && ours.time_recall() > 0.99);
    assert!(ours.change_precision() > 0.95 && ours.change_recall() > 0.95);
    for rule in &OTHERS {
        let theirs = table::total(&recordings, rule);
        assert!(ours.time_precision() > theirs.time_precision(), "{}", rule.name);
        assert!(ours.change_precision() > theirs.change_precision(), "{}", rule.name);
        assert!(ours.false_turns < theirs.false_turns, "{}", rule.name);
    }
}

#[test]
fn novelty_agrees_with_a_screen_in_95_of_100_repaints() {
    for fold_digits in [false, true] {
        let mut total = Agreement::default();
        for recording in recording::all(&recording::folder()) {
            total.add(compare(&recording, fold_digits));
        }
        assert!(total.painted > 1000);
        assert!((total.false_novel + total.missed) * 20 <= total.painted, "{total:?}");
    }
}
