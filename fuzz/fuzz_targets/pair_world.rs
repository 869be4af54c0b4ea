//! `cargo fuzz run pair_world`; the body is in `tests/src/fuzz/pair_world.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stillwire_tests::fuzz::pair_world(data));
