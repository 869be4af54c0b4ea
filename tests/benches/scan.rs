//! Throughput of the scanner and of a whole monitor on every file of the corpus, beside vte with a user that ignores all.
//!
//!     tests/corpus/make && cargo bench -p stillwire-tests --bench scan
//!
//! `--files PART` and `--chunk N` narrow it down.

use std::{fs, hint::black_box, path::Path, time};

use stillwire::monitor::{self, Monitor};
use stillwire::scan::{self, Scanner};
use stillwire::{Duration, Instant};

const ROUNDS: usize = 5;
type Reader = fn(&[u8], usize);
const READERS: [(&str, Reader); 3] = [("scanner", scanner), ("monitor", monitor), ("vte", vte)];

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let value = |flag: &str| args.iter().position(|arg| arg == flag).and_then(|at| args.get(at + 1));
    let part = value("--files").map_or("", |part| part);
    let chunks = match value("--chunk") {
        Some(size) => vec![size.parse().expect("--chunk takes a number of bytes")],
        None => vec![65_536, 64],
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/corpus");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("no corpus: run tests/corpus/make")
        .map(|entry| entry.expect("readable corpus").path())
        .filter(|path| path.is_file() && path.to_string_lossy().contains(part))
        .collect();
    files.sort();
    for chunk in chunks {
        println!("\n### {chunk}-byte chunks, GB/s\n\n| file | scanner | monitor | vte |\n|---|---|---|---|");
        let mut logs = [0.0; READERS.len()];
        for file in &files {
            let rates = rates(&fs::read(file).expect("readable corpus"), chunk);
            row(&file.file_stem().unwrap_or_default().to_string_lossy(), &rates);
            logs.iter_mut().zip(rates).for_each(|(sum, rate)| *sum += rate.ln());
        }
        row("geometric mean", &logs.map(|sum| (sum / files.len() as f64).exp()));
    }
}

fn row(name: &str, rates: &[f64; READERS.len()]) {
    let [scanner, monitor, vte] = rates;
    println!("| {name} | {scanner:.2} | {monitor:.2} | {vte:.2} |");
}

/// GB/s of each reader: the best of a few rounds, taking turns.
fn rates(input: &[u8], chunk: usize) -> [f64; READERS.len()] {
    let mut best = [0.0; READERS.len()];
    for _ in 0..ROUNDS {
        for (best, (_, read)) in best.iter_mut().zip(READERS) {
            let start = time::Instant::now();
            read(input, chunk);
            *best = f64::max(*best, input.len() as f64 / start.elapsed().as_nanos() as f64);
        }
    }
    best
}

fn scanner(input: &[u8], chunk: usize) {
    let mut scanner = Scanner::new(scan::Config::DEFAULT);
    for piece in input.chunks(chunk) {
        for token in scanner.scan(piece) {
            black_box(&token);
        }
    }
}

fn monitor(input: &[u8], chunk: usize) {
    let mut now = Instant::ZERO;
    let mut monitor = Monitor::new(monitor::Config::DEFAULT, now);
    for piece in input.chunks(chunk) {
        now += Duration::from_millis(1);
        drop(monitor.handle_output(now, piece));
    }
    black_box(monitor.last_output());
}

struct Ignore(usize);

impl vte::Perform for Ignore {
    fn print(&mut self, _: char) {
        self.0 += 1;
    }
    fn execute(&mut self, _: u8) {
        self.0 += 1;
    }
}

fn vte(input: &[u8], chunk: usize) {
    let (mut parser, mut ignore) = (vte::Parser::new(), Ignore(0));
    for piece in input.chunks(chunk) {
        parser.advance(&mut ignore, piece);
    }
    black_box(ignore.0);
}
