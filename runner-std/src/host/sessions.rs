//! Which sessions a host is asked to have, and how they are started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use stillwire::Instant;
use stillwire::link::history::{History, Size};
use stillwire::link::host::Session;
use stillwire::link::pace;

use super::config::{self, Settings, Words};
use super::seats::Seat;
use super::server::kind;
use crate::cli::HostArgs;
use crate::failure::Failure;
use crate::limits;
use crate::plain::plain;
use crate::port::pty::{Pty, Spawn};
use crate::port::{Console, Line, Port, Serial};
use crate::token::random;
use crate::{terminal, watch};

/// One session that is wanted.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Its name.
    pub name: String,
    what: What,
}

#[derive(Debug)]
enum What {
    Command(Vec<OsString>),
    Serial(Line),
    Console(String),
}

/// What the command line and the file ask for: a command, serial ports, consoles; a shell if that is none.
///
/// # Errors
/// If something cannot be understood.
pub(super) fn wanted(args: &HostArgs, settings: &Settings) -> Result<Vec<Wanted>, Failure> {
    let mut all = Vec::new();
    let mut command = args.command.clone();
    if command.is_empty() && args.serial.is_empty() && args.tcp.is_empty() && settings.sessions.is_empty() {
        command.push(std::env::var_os("SHELL").unwrap_or_else(|| OsString::from("/bin/sh")));
    }
    if !command.is_empty() {
        all.push(Wanted { name: watch::session_name(None, &command), what: What::Command(command) });
    }
    for text in &args.serial {
        all.push(serial(text)?);
    }
    for address in &args.tcp {
        all.push(console(address)?);
    }
    for table in &settings.sessions {
        let mut wanted = match &table.what {
            config::What::Command(words) => {
                let command = words.words();
                let shown = command.get(2).filter(|_| matches!(words, Words::Line(_))).cloned();
                let name = watch::session_name(None, &shown.map_or(command.clone(), |line| vec![line]));
                Wanted { name, what: What::Command(command) }
            }
            config::What::Serial(text) => serial(text)?,
            config::What::Tcp(address) => console(address)?,
        };
        if let Some(name) = &table.name {
            wanted.name = plain(name);
        }
        all.push(wanted);
    }
    if let (Some(name), Some(first)) = (&args.observe.name, all.first_mut()) {
        first.name = plain(name);
    }
    distinguish(&mut all);
    Ok(all)
}

fn serial(text: &str) -> Result<Wanted, Failure> {
    let line = Line::parse(text).map_err(|why| Failure::usage(format!("serial {text}: {why}")))?;
    let name = line.device.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(Wanted { name: plain(&name.unwrap_or_default()), what: What::Serial(line) })
}

fn console(address: &str) -> Result<Wanted, Failure> {
    if address.rsplit_once(':').is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err()) {
        return Err(Failure::usage(format!("tcp {address}: HOST:PORT is wanted")));
    }
    Ok(Wanted { name: plain(address), what: What::Console(address.to_owned()) })
}

/// Gives the second of a name a number.
fn distinguish(all: &mut [Wanted]) {
    for index in 1..all.len() {
        let (before, after) = all.split_at_mut(index);
        let Some(this) = after.first_mut() else { return };
        let plain = this.name.clone();
        let mut number = 2;
        while before.iter().any(|other| other.name == this.name) {
            this.name = format!("{plain}-{number}");
            number += 1;
        }
    }
}

/// The recording of one of several sessions: `out.cast` is `out-NAME.cast`.
fn recording(path: &Path, name: &str, index: usize) -> PathBuf {
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '@');
    let mut told: String = name.chars().map(|c| if safe(c) { c } else { '_' }).collect();
    if told != name {
        // Another may look the same by now.
        told = format!("{told}-{}", index + 1);
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path.extension().map_or_else(String::new, |end| format!(".{}", end.to_string_lossy()));
    path.with_file_name(format!("{stem}-{told}{end}"))
}

/// Starts a session, one of several or the only one.
///
/// # Errors
/// If its command cannot be run, or a file for its reports cannot be opened.
pub(super) fn start(
    wanted: Wanted,
    index: usize,
    several: bool,
    args: &HostArgs,
    history: usize,
) -> Result<(Session<Vec<u8>>, Seat), Failure> {
    let failed = |error: std::io::Error| Failure::io(format!("set up the session {}", wanted.name), error);
    let window = terminal::size();
    let shown: Vec<OsString> = match &wanted.what {
        What::Command(command) => command.clone(),
        What::Serial(line) => vec![line.device.clone().into_os_string()],
        What::Console(address) => vec![OsString::from(address)],
    };
    let mut observe = args.observe.clone();
    // Event lines of all sessions are the host's. Titles and notifications are for terminals, and whoever attaches shows them.
    (observe.events, observe.title, observe.notify) = (None, false, None);
    if several {
        observe.record = observe.record.map(|path| recording(&path, &wanted.name, index));
    }
    let observers = watch::observers(&wanted.name, &observe, &shown, window)?;
    let token = kind::PORT | index as u64;
    let seed = u64::from_ne_bytes(random().map_err(failed)?);
    let (port, size) = match &wanted.what {
        What::Command(command) => {
            let spawn = Spawn {
                command,
                session: &wanted.name,
                keyboard: true,
                hears: true,
                modes: terminal::modes(),
                size: window,
            };
            let pty = Pty::spawn(&spawn).map_err(|error| watch::cannot_run(command, &error))?;
            (Port::pty(pty, token), Some(Size { columns: window.ws_col, rows: window.ws_row }))
        }
        What::Serial(line) => (Port::Serial(Serial::new(line.clone(), token, seed, Instant::ZERO)), None),
        What::Console(address) => {
            (Port::Console(Console::new(address.clone(), token, seed, Instant::ZERO)), None)
        }
    };
    let epoch = u64::from_ne_bytes(random().map_err(failed)?);
    let history = History::new(vec![0; history], epoch, size);
    let (inbox, retained) = (vec![0; limits::INBOX], vec![0; limits::RETAINED]);
    let session = Session::new(args.idle.config(), history, inbox, retained, Instant::ZERO);
    let session = session.paced(pace::Config::DEFAULT, Instant::ZERO);
    let command = shown.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    Ok((session, Seat::new(wanted.name, command, port, observers)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_session_has_a_recording_of_its_own() {
        let of = |name, index| recording(Path::new("/tmp/out.cast"), name, index).display().to_string();
        assert_eq!(of("build", 0), "/tmp/out-build.cast");
        assert_eq!((of("a/b", 1), of("a_b", 2)), ("/tmp/out-a_b-2.cast".into(), "/tmp/out-a_b.cast".into()));
        assert_eq!(recording(Path::new("out"), "x", 0), Path::new("out-x"));
    }
}
