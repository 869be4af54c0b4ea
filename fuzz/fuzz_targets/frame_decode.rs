//! `cargo fuzz run frame_decode`; the body is in `tests/src/fuzz/frame_decode.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stillwire_tests::fuzz::frame_decode(data));
