#![doc = include_str!("../README.md")]
#![no_std]
#![deny(unsafe_code)]

pub mod deadline;
pub mod duration;
pub mod idle;
pub mod input;
#[cfg(feature = "critical-section")]
pub mod isr;
pub mod link;
pub mod monitor;
pub mod novelty;
#[cfg(feature = "embedded-io")]
pub mod pump;
pub mod scan;
pub mod ticks;
pub mod time;

pub use deadline::Deadline;
pub use monitor::Monitor;
pub use time::{Duration, Instant};
