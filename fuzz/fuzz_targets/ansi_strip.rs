//! `cargo fuzz run ansi_strip`; the body is in `tests/src/fuzz/ansi_strip.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stillwire_tests::fuzz::ansi_strip(data));
