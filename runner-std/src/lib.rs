//! stillwire on a desktop: real terminals, files and sockets around the sans-IO core.
//!
//! The core decides; this crate reads the clock, waits in one poll(2), and moves bytes. The driver is
//! `watch::Session`; what only Linux can do is in [`os`].

pub mod cast;
pub mod cli;
pub mod door;
pub mod failure;
pub mod host;
pub mod idle_args;
pub mod limits;
pub mod lines;
pub mod link;
pub mod manual;
pub mod os;
pub mod outlet;
pub mod port;
pub mod signals;
pub mod strip;
pub mod terminal;
pub mod timeline;
pub mod token;
pub mod track;
pub mod watch;
