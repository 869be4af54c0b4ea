//! Prints the tables of "Verdicts on recordings" in docs/TESTING.md:
//!
//! ```text
//! cargo run -q -p stillwire-tests --bin verdicts                  the tables
//! cargo run -q -p stillwire-tests --bin verdicts -- NAME…         the timelines of some recordings
//! cargo run -q -p stillwire-tests --bin verdicts -- DIR [NAME…]   the same for other recordings
//! ```

use std::path::PathBuf;

use stillwire_tests::verdicts::{ours, recording, rules, table};

fn main() {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    let folder = match names.first().map(PathBuf::from) {
        Some(path) if path.is_dir() => {
            names.remove(0);
            path
        }
        _ => recording::folder(),
    };
    let recordings = recording::all(&folder);
    if names.is_empty() {
        print!("{}", table::all(&recordings));
        return;
    }
    for recording in recordings.iter().filter(|r| names.contains(&r.name)) {
        println!("{}", recording.name);
        for interval in &recording.truth {
            let (from, to) = (interval.from as f64 / 1e6, interval.to as f64 / 1e6);
            println!("  {from:9.3} {to:9.3}  {:?}", interval.state);
        }
        for rule in ours::OURS.iter().chain(&rules::OTHERS) {
            print!("  {}:", rule.name);
            for &(at, running) in (rule.run)(recording).changes() {
                let status = if running { "running" } else { "idle" };
                print!(" {:.3} {status}", at as f64 / 1e6);
            }
            println!();
        }
    }
}
