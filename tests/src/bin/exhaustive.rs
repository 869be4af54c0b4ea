//! Visits every state of a host and a client with at most three frames on their way, and counts them.
//!
//! `cargo run --release -p stillwire-tests --bin exhaustive` takes about a minute; with `-- --all` a quarter of an hour.

use std::time::Instant;

use stillwire::link::host::Link;
use stillwire_tests::exhaustive::explore;
use stillwire_tests::pair::{Budget, Pair};

/// Bytes of history: all that is printed, or one byte, so that every cut loses some.
const KEEPS: usize = 8;
const FORGETS: usize = 1;

fn main() {
    let of = |prints, keys, cuts, losses| Budget { prints, keys, cuts, losses };
    let quick = [
        (Link::Reliable, of(1, 1, 1, 0), KEEPS, 3),
        (Link::Reliable, of(2, 0, 1, 0), FORGETS, 3),
        (Link::Reliable, of(0, 1, 2, 0), KEEPS, 3),
        (Link::Lossy, of(1, 1, 0, 1), KEEPS, 3),
        (Link::Lossy, of(1, 0, 0, 2), KEEPS, 3),
    ];
    let long = [
        (Link::Reliable, of(2, 1, 1, 0), KEEPS, 3),
        (Link::Reliable, of(1, 1, 2, 0), KEEPS, 3),
        (Link::Lossy, of(1, 1, 0, 2), KEEPS, 3),
        (Link::Lossy, of(1, 1, 1, 1), KEEPS, 3),
    ];
    println!("| link | prints | keys | cuts | losses | history | in flight | states | steps | seconds |");
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let all = std::env::args().any(|arg| arg == "--all");
    for (link, budget, history, flight) in quick.into_iter().chain(long.into_iter().filter(|_| all)) {
        let start = Instant::now();
        let found = explore(Pair::new(link, budget, history), flight);
        let Budget { prints, keys, cuts, losses } = budget;
        println!(
            "| {link:?} | {prints} | {keys} | {cuts} | {losses} | {history} B | {flight} | {} | {} | {:.0} |",
            found.states,
            found.steps,
            start.elapsed().as_secs_f64()
        );
    }
}
