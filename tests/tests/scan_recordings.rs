//! What real programs write: text whole and in pieces, against the reference and vte.
//!
//! `tests/recordings/terminal/` holds 4 KB of each; where `tests/corpus/make` was run, its files are
//! read too (in a debug build the first part of each).

use std::fs;
use std::path::{Path, PathBuf};

use stillwire::scan::{Config, Encoding, Mark, Resync, Scanner};
use stillwire_tests::implementations::IMPLEMENTATIONS;
use stillwire_tests::naive::{self, Policy};
use stillwire_tests::random::Random;
use stillwire_tests::vte_oracle;

/// Name and content of every recording.
fn recordings() -> Vec<(PathBuf, Vec<u8>)> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let limit = if cfg!(debug_assertions) { 50_000 } else { usize::MAX };
    let mut found = Vec::new();
    for folder in [tests.join("recordings/terminal"), tests.join("../target/corpus")] {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let mut bytes = fs::read(&path).unwrap();
            bytes.truncate(limit);
            found.push((path, bytes));
        }
    }
    found.sort();
    assert!(found.len() >= 15);
    found
}

#[test]
fn recordings_have_one_text_for_everyone_and_every_cut() {
    let mut random = Random::new(8);
    for (path, bytes) in recordings() {
        let expected = naive::strip(&bytes, Encoding::Utf8, Policy::Replace);
        match vte_oracle::text(&bytes) {
            Some(text) => assert!(text.as_bytes() == expected, "vte: {}", path.display()),
            None => assert!(path.ends_with("dense.txt") || path.ends_with("sixel.txt"), "{}", path.display()),
        }
        for longest in [64, 1_000, 4_096, usize::MAX - 1] {
            let pieces = random.split(&bytes, longest);
            for (name, strip) in IMPLEMENTATIONS {
                let text = strip(&pieces, Encoding::Utf8, Policy::Replace);
                assert!(
                    text.is_none_or(|text| text == expected),
                    "{name}: {}, pieces to {longest}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn a_reader_may_begin_at_the_marks_of_a_recording() {
    for (path, mut bytes) in recordings() {
        bytes.truncate(4_096);
        let (mut scanner, mut resync) = (Scanner::new(Config::DEFAULT), Resync::new());
        let mut marks: Vec<Mark> = Vec::new();
        let mut tokens = scanner.scan(&bytes);
        while let Some(token) = tokens.next() {
            marks.extend(resync.handle(&token, &tokens));
        }
        assert!(!marks.is_empty(), "{}", path.display());
        let whole = naive::tokens(&bytes, Encoding::Utf8);
        for mark in marks.iter().step_by(marks.len().div_ceil(20)) {
            let (before, after) = bytes.split_at(usize::try_from(mark.offset).unwrap());
            let mut seen = naive::tokens(before, Encoding::Utf8);
            seen.extend(naive::tokens(after, Encoding::Utf8));
            assert!(seen == whole, "{} at {}", path.display(), mark.offset);
        }
    }
}
