//! Drivers of the core for the frameworks of Rust on microcontrollers, as docs/EMBEDDING.md shows them. `drivers.sh` compiles them.
#![no_std]

pub mod embassy;
