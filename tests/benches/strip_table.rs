//! The table of docs/BENCHMARKS.md: throughput of every stripper on every file of the corpus, side by
//! side in one run.
//!
//!     tests/corpus/make && cargo bench -p stillwire-tests --bench strip_table
//!
//! Arguments: a part of a stripper's name, `--files PART`, `--chunk N` narrow it down.

mod peers;

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

const ROUNDS: usize = 9;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let value = |flag: &str| args.iter().position(|arg| arg == flag).and_then(|at| args.get(at + 1));
    let only: Vec<&String> = args.iter().take_while(|arg| !arg.starts_with("--")).collect();
    let files = corpus(value("--files").map_or("", |part| part));
    let chunks = match value("--chunk") {
        Some(size) => vec![size.parse().expect("--chunk takes a number of bytes")],
        None => vec![usize::MAX, 4096, 64],
    };
    let strippers: Vec<_> = peers::all()
        .into_iter()
        .filter(|(name, _)| only.is_empty() || only.iter().any(|part| name.contains(part.as_str())))
        .collect();
    for chunk in chunks {
        let best = measure(&strippers, &files, chunk);
        print(&strippers, &files, chunk, &best);
    }
}

/// Name and bytes of each file of the corpus.
fn corpus(part: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/corpus");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("no corpus: run tests/corpus/make")
        .map(|entry| entry.expect("readable corpus").path())
        .filter(|path| path.is_file() && path.to_string_lossy().contains(part))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("readable corpus"))
        })
        .collect();
    files.sort();
    files
}

type Best = BTreeMap<(usize, usize), f64>;

/// GB/s of each (file, stripper): the best of a few rounds, the strippers taking turns in each.
fn measure(strippers: &[(String, peers::Strip)], files: &[(String, Vec<u8>)], chunk: usize) -> Best {
    let mut best = Best::new();
    for (file, (_, input)) in files.iter().enumerate() {
        let mut out = vec![0; input.len() * 3 + 64];
        let size = chunk.min(input.len());
        for _ in 0..ROUNDS {
            for (index, (_, strip)) in strippers.iter().enumerate() {
                let start = Instant::now();
                if strip(input, size, &mut out).is_some() {
                    let rate = input.len() as f64 / start.elapsed().as_nanos() as f64;
                    let slot = best.entry((file, index)).or_insert(0.0);
                    *slot = slot.max(rate);
                }
            }
        }
    }
    best
}

fn print(strippers: &[(String, peers::Strip)], files: &[(String, Vec<u8>)], chunk: usize, best: &Best) {
    let mean = |stripper: usize| {
        let rates: Vec<f64> =
            (0..files.len()).filter_map(|file| best.get(&(file, stripper)).copied()).collect();
        (rates.len() == files.len())
            .then(|| (rates.iter().map(|r| r.ln()).sum::<f64>() / rates.len() as f64).exp())
    };
    let peer = strippers.iter().position(|(name, _)| name == "fast-strip-ansi").and_then(mean);
    let label = if chunk == usize::MAX { "whole".into() } else { format!("{chunk}-byte chunks") };
    println!("\n### {label}\n");
    println!("| stripper | GB/s (geometric mean) | × fast-strip-ansi | slowest file | its GB/s |");
    println!("|---|---|---|---|---|");
    for (index, (name, _)) in strippers.iter().enumerate() {
        let Some(rate) = mean(index) else { continue };
        let ratio = peer.map_or("".into(), |peer| format!("{:.1}", rate / peer));
        let (file, worst) = (0..files.len())
            .filter_map(|file| best.get(&(file, index)).map(|&rate| (&files[file].0, rate)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .expect("a file");
        println!("| {name} | {rate:.2} | {ratio} | {file} | {worst:.2} |");
    }
    println!("\n| file | best peer | GB/s | ours, slowest to fastest |\n|---|---|---|---|");
    for (file, (name, _)) in files.iter().enumerate() {
        let of = |ours: bool| {
            strippers.iter().enumerate().filter_map(move |(index, (name, _))| {
                (!name.starts_with("mem") && name.starts_with("stillwire") == ours)
                    .then(|| best.get(&(file, index)).map(|&rate| (name.as_str(), rate)))
                    .flatten()
            })
        };
        let (peer, rate) = of(false).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(("", 0.0));
        let ours: Vec<String> = of(true).map(|(_, rate)| format!("{rate:.2}")).collect();
        println!("| {name} | {peer} | {rate:.2} | {} |", ours.join(" "));
    }
}
