//! The tables of docs/TESTING.md.

use std::fmt::Write;

use super::novelty::{Agreement, compare};
use super::ours::OURS;
use super::rules::OTHERS;
use super::{Recording, Rule, Score, score};

/// All tables as Markdown.
pub fn all(recordings: &[Recording]) -> String {
    let mut out = String::new();
    rules(&mut out, recordings);
    each(&mut out, recordings);
    novelty(&mut out, recordings);
    out
}

/// One rule over all recordings.
pub fn total(recordings: &[Recording], rule: &Rule) -> Score {
    let mut total = Score::default();
    for recording in recordings {
        total.add(&score(recording, &(rule.run)(recording)));
    }
    total
}

fn rules(out: &mut String, recordings: &[Recording]) {
    line(
        out,
        "| rule | turns found ≤ 500 ms | ends told ≤ 3.5 + 0.5 s | worst end | false turns | false ends | flaps < 1 s | time P / R | changes P / R | silent work held | repaints called idle |",
    );
    line(out, "|---|---|---|---|---|---|---|---|---|---|---|");
    for rule in OURS.iter().chain(&OTHERS) {
        let s = total(recordings, rule);
        line(
            out,
            &format!(
                "| {} | {} of {} | {} of {} | {} | {} | {} | {} | {} / {} | {} / {} | {} | {} |",
                rule.name,
                s.found_in_time(),
                s.found.len(),
                s.ended_in_time(),
                s.ended.len(),
                worst(&s.ended),
                s.false_turns,
                s.false_ends,
                s.flaps,
                percent(s.time_precision()),
                percent(s.time_recall()),
                percent(s.change_precision()),
                percent(s.change_recall()),
                part(s.silent),
                part(s.repainting),
            ),
        );
    }
    line(out, "");
}

fn each(out: &mut String, recordings: &[Recording]) {
    line(
        out,
        "| recording (stillwire, defaults) | turns | found after, worst | ended after, worst | false turns | false ends | flaps | time P / R |",
    );
    line(out, "|---|---|---|---|---|---|---|---|");
    for recording in recordings {
        let s = score(recording, &(OURS[0].run)(recording));
        line(
            out,
            &format!(
                "| `{}` | {} | {} | {} | {} | {} | {} | {} / {} |",
                recording.name,
                s.turns,
                worst(&s.found),
                worst(&s.ended),
                s.false_turns,
                s.false_ends,
                s.flaps,
                percent(s.time_precision()),
                percent(s.time_recall()),
            ),
        );
    }
    line(out, "");
}

fn novelty(out: &mut String, recordings: &[Recording]) {
    line(
        out,
        "| novelty against the screen | painted outputs | new on the screen | called novel, were not | were new, not called so | wrong |",
    );
    line(out, "|---|---|---|---|---|---|");
    for fold in [false, true] {
        let mut total = Agreement::default();
        for recording in recordings {
            let one = compare(recording, fold);
            total.add(one);
        }
        let wrong = f64::from(total.false_novel + total.missed) / f64::from(total.painted.max(1));
        let how = if fold { "digits folded" } else { "as painted" };
        line(
            out,
            &format!(
                "| {how} | {} | {} | {} | {} | {} |",
                total.painted,
                total.new,
                total.false_novel,
                total.missed,
                percent(wrong),
            ),
        );
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}

fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

fn part((whole, part): (u64, u64)) -> String {
    if whole == 0 {
        return "–".into();
    }
    percent(part as f64 / whole as f64)
}

/// The largest delay in seconds; "never" where something was not told at all.
fn worst(delays: &[Option<u64>]) -> String {
    if delays.is_empty() {
        return "–".into();
    }
    match delays.iter().copied().collect::<Option<Vec<u64>>>() {
        None => "never".into(),
        Some(all) => {
            let most = all.into_iter().max().unwrap_or(0);
            format!("{:.3} s", most as f64 / 1e6)
        }
    }
}
