#![doc = include_str!("../../README.md")]
#![no_std]
#![deny(unsafe_code)]

pub mod scan;
pub mod time;

pub use time::{Duration, Instant};
