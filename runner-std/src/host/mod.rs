//! `host`: sessions that outlive whoever looks at them.
//!
//! In a terminal a host goes to the background at once and the terminal is attached to it, so there is only one way to
//! look at a session; everywhere else (a service, a pipe) it stays where it was started.

mod config;
mod daemon;
mod glance;
mod guests;
mod list;
mod log;
mod news;
mod pace;
mod seats;
mod server;
mod sessions;

use std::io;

use rustix::fs::FileType;
use stillwire::link::{heartbeat, host, linger};

use crate::attach;
use crate::cli::HostArgs;
use crate::door::Door;
use crate::door::http::Policy;
use crate::failure::Failure;
use crate::token::Token;
use crate::{os, runtime, terminal};
use config::Settings;
use daemon::Fork;
use log::Log;
use server::{Server, kind};
use sessions::Wanted;

/// Where a host listens unless it is told.
const LISTEN: &str = "127.0.0.1:7681";

/// Sessions whose names are printed at the start; the others are only counted.
const SHOWN: usize = 5;

/// Hosts sessions; this terminal, if it is one, is the first to be attached.
///
/// # Errors
/// If a name is taken, a command cannot be run, or anything named on the command line cannot be opened.
pub fn host(args: &HostArgs) -> Result<u8, Failure> {
    let settings = Settings::new(args)?;
    let wanted = sessions::wanted(args, &settings)?;
    let name = wanted.first().map(|first| first.name.clone()).unwrap_or_default();
    let here = rustix::termios::isatty(rustix::stdio::stdin())
        && rustix::termios::isatty(rustix::stdio::stdout())
        && terminal::is_ours();
    if args.headless || !(here || args.detach) {
        let (mut server, hello) = open(args, &settings, wanted)?;
        if args.log.is_none() {
            server.log = Log::Stderr;
        }
        eprint!("{}", hello.replace('\r', ""));
        os::notify("READY=1");
        return serve(&mut server);
    }
    match daemon::fork().map_err(|error| Failure::io("start the host", error))? {
        Fork::Host(ready) => {
            let code = match open(args, &settings, wanted) {
                Ok((mut server, hello)) => {
                    ready.serving(&hello);
                    serve(&mut server).unwrap_or(crate::failure::FAILED)
                }
                Err(failure) => ready.failed(&failure),
            };
            std::process::exit(i32::from(code));
        }
        Fork::Terminal(started) => {
            let hello = started.wait()?;
            eprint!("{hello}");
            if args.detach {
                return Ok(0);
            }
            attach::local(&name, args.observe.notify)
        }
    }
}

/// Everything that can go wrong before anybody is served; and what to say when nothing did.
fn open(args: &HostArgs, settings: &Settings, wanted: Vec<Wanted>) -> Result<(Server, String), Failure> {
    let name = wanted.first().map(|first| first.name.clone()).unwrap_or_default();
    let (unix, path) = runtime::listen(&name)?;
    let kept = path.with_extension("token");
    let unix = Door::unix(unix, path, kind::DOOR);
    os::keep_standard_descriptors();
    let zero = os::now();
    let (mut sessions, mut seats) = (Vec::new(), Vec::new());
    for (index, wanted) in wanted.into_iter().enumerate() {
        let (session, mut seat) = sessions::start(wanted, index, args, settings.history)?;
        seat.start();
        sessions.push(session);
        seats.push(seat);
    }
    let names: Vec<String> = seats.iter().map(|seat| seat.name.clone()).collect();
    let failed = |error: io::Error| Failure::io("set up the host", error);
    let mut server =
        Server::new(config(settings), settings.max_peers, sessions, seats, zero).map_err(failed)?;
    server.doors.push(unix);
    if let Some(path) = &args.log {
        server.log = Log::file(path)?;
    }
    let mut hello = String::new();
    for name in names.iter().take(SHOWN) {
        hello.push_str(&format!("[{name}: attach another terminal with: runner-std attach {name}]\r\n"));
    }
    if let Some(more) = names.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        hello.push_str(&format!("[and {more} more: runner-std ps]\r\n"));
    }
    if let Some((door, token)) = tcp(settings)? {
        if let Some(address) = door.address() {
            if settings.token_file.is_none() {
                token.write(&kept).map_err(failed)?;
                server.kept.push(kept.clone());
            }
            if may_tell_secrets() {
                hello.push_str(&format!("[open http://{address}/#token={}]\r\n", token.secret()));
            } else {
                let file = settings.token_file.as_ref().unwrap_or(&kept).display();
                hello.push_str(&format!("[open http://{address}/#token=... with what is in {file}]\r\n"));
            }
        }
        server.doors.push(door);
        server.token = Some(token);
    }
    Ok((server, hello))
}

/// Whether what is said here is read by whoever started us, and not kept: standard error is a terminal or a pipe. A file
/// and the journal's socket are logs.
fn may_tell_secrets() -> bool {
    let stderr = rustix::stdio::stderr();
    let is_pipe = |stat: rustix::fs::Stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo;
    rustix::termios::isatty(stderr) || rustix::fs::fstat(stderr).is_ok_and(is_pipe)
}

/// The TCP port and the token that it takes; None if none is wanted.
fn tcp(settings: &Settings) -> Result<Option<(Door, Token)>, Failure> {
    let address = settings.listen.as_deref().unwrap_or(LISTEN);
    if matches!(address, "none" | "off") {
        return Ok(None);
    }
    let token = match &settings.token_file {
        Some(path) => Token::read_or_make(path)?,
        None => Token::new().map_err(|error| Failure::io("make a token", error))?,
    };
    let policy = Policy {
        names: settings.names.clone(),
        origins: settings.origins.clone(),
        token: Some(token.clone()),
        known: false,
    };
    let open = |address: &str| Door::tcp(address, policy.clone(), kind::DOOR | 1);
    let door = match open(address) {
        // Another host has the usual port: any other will do, as long as nobody asked for this one.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && settings.listen.is_none() => {
            open("127.0.0.1:0")
        }
        other => other,
    };
    let door = door.map_err(|error| {
        Failure::io(format!("listen on {address}"), error)
            .hint("another port: --listen 127.0.0.1:0; or none: --listen none")
    })?;
    if !settings.insecure && door.address().is_some_and(|address| !address.ip().is_loopback()) {
        return Err(Failure::usage(format!(
            "{address} can be reached from elsewhere, and nothing would be encrypted"
        ))
        .hint("tunnel it (ssh -L 7681:127.0.0.1:7681), or say --insecure if the network is yours"));
    }
    Ok(Some((door, token)))
}

fn config(settings: &Settings) -> host::Config {
    host::Config {
        heartbeat: heartbeat::Config { interval: settings.heartbeat, ..heartbeat::Config::DEFAULT },
        linger: linger::Config { timeout: settings.idle_timeout, strict: settings.idle_strict },
        share: settings.share,
        ..host::Config::DEFAULT
    }
}

fn serve(server: &mut Server) -> Result<u8, Failure> {
    server.run().map_err(|error| Failure::io("wait for the sessions", error))
}
