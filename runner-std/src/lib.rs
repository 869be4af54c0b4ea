//! stillwire on a desktop: real terminals, files and sockets around the sans-IO core.
//!
//! The core decides; this crate reads the clock, waits in one place, and moves bytes. There are three drivers of a few
//! dozen lines: `watch::Session`, `host::Server` and `attach::Attach`; what only Linux can do is in [`os`].

pub mod attach;
pub mod cast;
pub mod cli;
mod descriptors;
pub mod door;
pub mod failure;
#[cfg_attr(not(feature = "mqtt"), allow(dead_code, reason = "nobody is there who could use it"))]
pub mod fleet;
pub mod host;
pub mod idle_args;
pub mod kill;
pub mod limits;
pub mod lines;
pub mod link;
pub mod manual;
pub mod os;
pub mod outlet;
pub mod plain;
pub mod port;
pub mod ps;
mod roster;
pub mod runtime;
pub mod screen;
pub mod signals;
pub mod strip;
mod tcp;
pub mod terminal;
pub mod timeline;
pub mod token;
pub mod top;
pub mod track;
pub mod watch;
