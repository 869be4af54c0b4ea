#![doc = include_str!("../README.md")]
#![no_std]
#![deny(unsafe_code)]

pub mod deadline;
pub mod duration;
pub mod idle;
pub mod input;
pub mod link;
pub mod monitor;
pub mod novelty;
pub mod scan;
pub mod time;

pub use deadline::Deadline;
pub use monitor::Monitor;
pub use time::{Duration, Instant};
