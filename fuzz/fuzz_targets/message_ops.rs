//! `cargo fuzz run message_ops`; the body is in `tests/src/fuzz/message_ops.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stillwire_tests::fuzz::message_ops(data));
