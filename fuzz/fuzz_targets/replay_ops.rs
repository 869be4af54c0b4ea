//! `cargo fuzz run replay_ops`; the body is in `tests/src/fuzz/replay_ops.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stillwire_tests::fuzz::replay_ops(data));
