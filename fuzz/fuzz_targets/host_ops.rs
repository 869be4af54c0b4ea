//! `cargo fuzz run host_ops`; the body is in `tests/src/fuzz/host_ops.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stillwire_tests::fuzz::host_ops(data));
