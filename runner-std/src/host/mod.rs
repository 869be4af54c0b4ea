//! `host` and `attach`, as small as they can be: one session, one guest, no history.
//!
//! Issue by issue the real host replaces this (frames, replay, heartbeat, takeover).

mod attach;
mod door;
mod frame;
mod runtime;

pub use attach::run as attach;
pub use door::Door;

use std::ffi::OsString;

use crate::cli::HostArgs;
use crate::failure::Failure;
use crate::watch;

/// Hosts a command; this terminal, if it is one, is the first to be attached.
///
/// # Errors
/// If the name is taken, the command cannot be run, or anything named on the command line cannot be opened.
pub fn host(args: &HostArgs) -> Result<u8, Failure> {
    let mut command = args.command.clone();
    if command.is_empty() {
        command.push(std::env::var_os("SHELL").unwrap_or_else(|| OsString::from("/bin/sh")));
    }
    let mut observe = args.observe.clone();
    // Here the title is how one is told, unless one asked to be told otherwise.
    observe.title |= observe.events.is_none() && observe.notify.is_none() && observe.on_idle.is_none();
    let name = watch::session_name(observe.name.as_deref(), &command);
    let (listener, path) = runtime::listen(&name)?;
    let door = Door::new(listener, path);
    eprintln!("[{name}: attach another terminal with: runner-std attach {name}]");
    watch::run(&command, &observe, &args.idle, Some(door))
}
