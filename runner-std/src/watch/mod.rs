//! `watch`: a command in a pseudo-terminal, the user's terminal passed through, and a report of what it does.

mod control;
pub(crate) mod events;
mod hooks;
pub(crate) mod notify;
pub(crate) mod observers;
mod session;

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::termios::Winsize;

use crate::cast::Recorder;
use crate::cli::{ObserveArgs, WatchArgs};
use crate::failure::Failure;
use crate::idle_args::IdleArgs;
use crate::os;
use crate::outlet::Outlet;
use crate::plain::plain;
use crate::port::pty::{Pty, Spawn};
use crate::signals::Signals;
use crate::terminal::{self, Raw};
use crate::track::Tracker;
use events::EventLog;
use hooks::Hooks;
use observers::Observers;
use session::Session;

/// Runs a command right here and reports when it is idle; the exit code is the command's.
///
/// # Errors
/// If the command cannot be run, or anything named on the command line cannot be opened.
pub fn watch(args: &WatchArgs) -> Result<u8, Failure> {
    run(&args.command, &args.observe, &args.idle)
}

/// The session's name: as given, or that of the program without its directory.
pub fn session_name(given: Option<&str>, command: &[OsString]) -> String {
    let program = command.first().map(Path::new).and_then(Path::file_name).map(|name| name.to_string_lossy());
    let name = given.map_or_else(|| program.unwrap_or_default().into_owned(), str::to_owned);
    plain(&name)
}

fn run(command: &[OsString], observe: &ObserveArgs, idle: &IdleArgs) -> Result<u8, Failure> {
    let name = session_name(observe.name.as_deref(), command);
    let size = terminal::size();
    // Files first: an inherited descriptor is taken over before anything here could be given its number.
    let observers = observers(&name, observe, command, size)?;
    os::keep_standard_descriptors();
    let failed = |error: io::Error| Failure::io("set up the session", error);
    let signals = Signals::new().map_err(failed)?;
    let zero = os::now();
    let modes = terminal::modes();
    let spawn = Spawn { command, session: &name, keyboard: modes.is_some(), hears: false, modes, size };
    let pty = Pty::spawn(&spawn).map_err(|error| cannot_run(command, &error))?;
    let mut session =
        Session::new(pty, Tracker::new(idle.config()), observers, signals, zero).map_err(failed)?;
    let stdin = rustix::stdio::stdin();
    let screen = if observe.events.as_deref().is_some_and(|target| target == "-") {
        terminal::aside()
    } else {
        rustix::stdio::stdout().try_clone_to_owned()
    };
    let screen = screen.map_err(failed)?;
    session.screen_is_terminal = rustix::termios::isatty(&screen);
    session.screen = Some(Outlet::new(screen));
    let terminal = rustix::termios::isatty(stdin);
    if !terminal || terminal::is_ours() {
        session.keyboard = Some(stdin.try_clone_to_owned().map_err(failed)?);
    }
    if terminal && terminal::is_ours() {
        session.raw = Some(Raw::enter(stdin).map_err(failed)?);
    }
    let outcome = session.run();
    session.raw = None;
    for complaint in session.observers.complaints() {
        eprintln!("runner-std: {complaint}");
    }
    outcome.map(|outcome| outcome.code()).map_err(|error| Failure::io("wait for the session", error))
}

/// Everybody who is told what a session does.
///
/// # Errors
/// If a file cannot be opened.
pub(crate) fn observers(
    name: &str,
    args: &ObserveArgs,
    command: &[OsString],
    size: Winsize,
) -> Result<Observers, Failure> {
    let events = args.events.as_deref().map(EventLog::open).transpose()?;
    let recorder = args.record.as_deref().map(|path| recorder(path, name, command, size)).transpose()?;
    let hooks = Hooks::new(name.to_owned(), args.on_idle.clone(), args.on_active.clone());
    Ok(Observers {
        session: name.to_owned(),
        events,
        hooks,
        recorder,
        record_input: args.record_input,
        notify: args.notify,
        title: args.title,
        titles: (None, None),
        notices: Vec::new(),
        complaints: Vec::new(),
        idle: false,
    })
}

fn recorder(path: &Path, name: &str, command: &[OsString], size: Winsize) -> Result<Recorder<File>, Failure> {
    let cannot = |error| Failure::io(format!("record to {}", path.display()), error);
    let file = File::create(path).map_err(cannot)?;
    let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
    Recorder::new(file, size.ws_col, size.ws_row, timestamp, &words.join(" "), name).map_err(cannot)
}

/// Why a command could not be started, with the exit code that says so.
pub(crate) fn cannot_run(command: &[OsString], error: &io::Error) -> Failure {
    let program = command.first().map(|program| program.to_string_lossy()).unwrap_or_default();
    let failure = Failure::io(format!("run {program}"), error);
    match error.kind() {
        io::ErrorKind::NotFound if program.contains(' ') => {
            failure.code(127).hint(format!("give the command as separate words, or: sh -c '{program}'"))
        }
        io::ErrorKind::NotFound => {
            failure.code(127).hint("there is no such command on the PATH; check the spelling")
        }
        io::ErrorKind::PermissionDenied => {
            failure.code(126).hint(format!("make it executable: chmod +x {program}"))
        }
        _ => failure.code(126),
    }
}
