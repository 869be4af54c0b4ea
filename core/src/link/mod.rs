//! The wire between a host and a client: whether it is alive, when to dial again, how long to wait for anyone.
//!
//! Each file is one machine. What they have in common: *a sign of life* is any byte that came from the other
//! side; a poll that comes late says that *we* were late, and nothing about the other side.

pub mod backoff;
pub mod bootstrap;
pub mod client;
pub mod close;
pub mod frame;
pub mod heartbeat;
pub mod history;
pub mod host;
pub mod late;
pub mod linger;
pub mod message;
pub mod pace;
pub mod probe;
pub mod reconnect;
pub mod replay;
mod ring;
pub mod rtt;
pub mod throttle;
pub mod typed;
pub mod watchdog;
