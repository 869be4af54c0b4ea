//! `cargo fuzz run idle_ops`; the body is in `tests/src/fuzz/idle_ops.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stillwire_tests::fuzz::idle_ops(data));
