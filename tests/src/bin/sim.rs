//! Runs worlds, one for each seed, and says what came of them: "The world" in docs/TESTING.md.
//!
//! ```text
//! cargo run --release -p stillwire-tests --bin sim -- --seeds 1000        so many worlds
//! cargo run --release -p stillwire-tests --bin sim -- --hours 1000000     so many hours of links that were up
//! cargo run --release -p stillwire-tests --bin sim -- --seconds 60        for so long
//! cargo run --release -p stillwire-tests --bin sim -- --seed 42 --trace   one world, every line of it
//!     --first N    begin with seed N (default 1)     --from N   print from event N on
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use stillwire_tests::world::{Outcome, Tally, run};

/// Lines shown of a world that failed: so many events before.
const CONTEXT: u64 = 120;
/// Failures after which it is enough.
const ENOUGH: usize = 8;

/// What was asked for.
struct Wish {
    first: u64,
    seeds: u64,
    hours: f64,
    seconds: f64,
    seed: Option<u64>,
    from: Option<u64>,
}

fn wish() -> Option<Wish> {
    let (most, never) = (u64::MAX, f64::INFINITY);
    let mut wish = Wish { first: 1, seeds: most, hours: never, seconds: never, seed: None, from: None };
    let mut bounded = false;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--trace" {
            wish.from = wish.from.or(Some(0));
            continue;
        }
        let value: f64 = words.next()?.parse().ok()?;
        match word.as_str() {
            "--first" => wish.first = value as u64,
            "--seeds" => wish.seeds = value as u64,
            "--hours" => wish.hours = value,
            "--seconds" => wish.seconds = value,
            "--seed" => wish.seed = Some(value as u64),
            "--from" => wish.from = Some(value as u64),
            _ => return None,
        }
        bounded |= matches!(word.as_str(), "--seeds" | "--hours" | "--seconds" | "--seed");
    }
    bounded.then_some(wish)
}

fn main() -> ExitCode {
    let Some(wish) = wish() else {
        eprintln!(
            "usage: sim --seeds N | --hours N | --seconds N | --seed S [--trace] [--from EVENT]; --first SEED"
        );
        return ExitCode::from(2);
    };
    match wish.seed {
        Some(seed) => one(seed, wish.from),
        None => many(&wish),
    }
}

fn one(seed: u64, from: Option<u64>) -> ExitCode {
    let outcome = run(seed, from.unwrap_or(u64::MAX));
    println!("{}", outcome.tally.table());
    println!("seed {seed}: {} events, hash {:016x}", outcome.tally.events, outcome.hash);
    match outcome.failure {
        Some(what) => {
            println!("FAILED seed {seed}: {what}");
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}

/// What a world came to, or why it could not.
type Run = Result<Outcome, String>;

fn guarded(seed: u64) -> Run {
    catch_unwind(AssertUnwindSafe(|| run(seed, u64::MAX))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).into())).unwrap_or_default()
    })
}

fn many(wish: &Wish) -> ExitCode {
    let (next, stop) = (AtomicU64::new(wish.first), AtomicBool::new(false));
    let end = wish.first.saturating_add(wish.seeds);
    let (sender, outcomes) = mpsc::channel::<(u64, Run)>();
    let sender = Mutex::new(sender);
    let start = Instant::now();
    let mut total = Tally::new();
    let mut failures: Vec<(u64, String)> = Vec::new();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let sender = sender.lock().expect("no thread panics").clone();
            let (next, stop) = (&next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || sender.send((seed, guarded(seed))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let (mut told, mut known) = (start, 0);
        for (seed, outcome) in outcomes {
            match outcome {
                Ok(Outcome { tally, failure, .. }) => {
                    total.merge(&tally);
                    failures.extend(failure.map(|what| (seed, what)));
                }
                Err(panic) => failures.push((seed, format!("panicked: {panic}"))),
            }
            if let Some((seed, what)) = failures.get(known..).and_then(<[_]>::first) {
                eprintln!("\rFAILED seed {seed}: {what}");
            }
            known = failures.len();
            let spent = start.elapsed().as_secs_f64();
            if failures.len() >= ENOUGH || total.hours() >= wish.hours || spent >= wish.seconds {
                stop.store(true, Ordering::Relaxed);
            }
            if told.elapsed() >= Duration::from_secs(1) {
                told = Instant::now();
                eprint!("\r{}", progress(&total, failures.len(), spent));
            }
        }
    });
    eprintln!("\r{}", progress(&total, failures.len(), start.elapsed().as_secs_f64()));
    println!("{}", total.table());
    failures.sort();
    for (seed, what) in &failures {
        println!("FAILED seed {seed}: {what}");
    }
    if let Some((seed, what)) = failures.first() {
        explain(*seed, what);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn progress(total: &Tally, failures: usize, spent: f64) -> String {
    let (events, hours) = (total.events as f64, total.hours());
    let pace = spent.max(0.001);
    format!(
        "{} worlds, {hours:.0} link-hours, {:.1} M events, {:.2} M events/s, {failures} failed, {spent:.0} s ",
        total.seeds,
        events / 1e6,
        events / pace / 1e6
    )
}

/// Runs a world that failed once more, and shows how it came to that.
fn explain(seed: u64, what: &str) {
    let words = what.strip_prefix("event ").and_then(|rest| rest.split(',').next());
    let Some(event) = words.and_then(|word| word.parse::<u64>().ok()) else { return };
    println!("\nseed {seed}, the last events of it (all: --seed {seed} --trace):");
    run(seed, event.saturating_sub(CONTEXT));
}
