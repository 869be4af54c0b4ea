//! What is fuzzed, as functions: `fuzz/` explores with them, `fuzz_replay` gives them the corpus.

mod ansi_strip;

pub use ansi_strip::{ansi_strip, ansi_strip_every_way};
