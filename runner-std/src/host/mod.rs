//! `host`: sessions that outlive whoever looks at them.
//!
//! In a terminal a host goes to the background at once and the terminal is attached to it, so there is only one way to
//! look at a session; everywhere else (a service, a pipe) it stays where it was started.

mod daemon;
mod guests;
mod list;
mod pace;
mod seats;
mod server;
mod sessions;

use std::io;

use stillwire::Duration;
use stillwire::link::{heartbeat, host, linger};

use crate::attach;
use crate::cli::HostArgs;
use crate::door::Door;
use crate::door::http::Policy;
use crate::failure::Failure;
use crate::token::Token;
use crate::{os, runtime, terminal};
use daemon::Fork;
use server::{Server, kind};
use sessions::Wanted;

/// Where a host listens unless it is told.
const LISTEN: &str = "127.0.0.1:7681";

/// Hosts sessions; this terminal, if it is one, is the first to be attached.
///
/// # Errors
/// If a name is taken, a command cannot be run, or anything named on the command line cannot be opened.
pub fn host(args: &HostArgs) -> Result<u8, Failure> {
    let wanted = sessions::wanted(args)?;
    let name = wanted.first().map(|first| first.name.clone()).unwrap_or_default();
    let here = rustix::termios::isatty(rustix::stdio::stdin())
        && rustix::termios::isatty(rustix::stdio::stdout())
        && terminal::is_ours();
    if args.headless || !(here || args.detach) {
        let (mut server, hello) = open(args, wanted)?;
        eprint!("{hello}");
        return serve(&mut server);
    }
    match daemon::fork().map_err(|error| Failure::io("start the host", error))? {
        Fork::Host(ready) => {
            let code = match open(args, wanted) {
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
fn open(args: &HostArgs, wanted: Vec<Wanted>) -> Result<(Server, String), Failure> {
    let name = wanted.first().map(|first| first.name.clone()).unwrap_or_default();
    let (unix, path) = runtime::listen(&name)?;
    let unix = Door::unix(unix, path, kind::DOOR);
    os::keep_standard_descriptors();
    let zero = os::now();
    let (mut sessions, mut seats) = (Vec::new(), Vec::new());
    for (index, wanted) in wanted.into_iter().enumerate() {
        let (session, mut seat) = sessions::start(wanted, index, args)?;
        seat.start();
        sessions.push(session);
        seats.push(seat);
    }
    let names: Vec<String> = seats.iter().map(|seat| seat.name.clone()).collect();
    let failed = |error: io::Error| Failure::io("set up the host", error);
    let mut server = Server::new(config(args), args.max_peers, sessions, seats, zero).map_err(failed)?;
    server.doors.push(unix);
    let mut hello = String::new();
    for name in &names {
        hello.push_str(&format!("[{name}: attach another terminal with: runner-std attach {name}]\r\n"));
    }
    if let Some((door, token)) = tcp(args)? {
        if let Some(address) = door.address() {
            hello.push_str(&format!("[open http://{address}/#token={}]\r\n", token.secret()));
        }
        server.doors.push(door);
        server.token = Some(token);
    }
    Ok((server, hello))
}

/// The TCP port and the token that it takes; None if none is wanted.
fn tcp(args: &HostArgs) -> Result<Option<(Door, Token)>, Failure> {
    let address = args.listen.as_deref().unwrap_or(LISTEN);
    if matches!(address, "none" | "off") {
        return Ok(None);
    }
    let token = match &args.token_file {
        Some(path) => Token::read_or_make(path)?,
        None => Token::new().map_err(|error| Failure::io("make a token", error))?,
    };
    let policy = Policy {
        names: args.allow_host.clone(),
        origins: args.allow_origin.clone(),
        token: Some(token.clone()),
        known: false,
    };
    let open = |address: &str| Door::tcp(address, policy.clone(), kind::DOOR | 1);
    let door = match open(address) {
        // Another host has the usual port: any other will do, as long as nobody asked for this one.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && args.listen.is_none() => {
            open("127.0.0.1:0")
        }
        other => other,
    };
    let door = door.map_err(|error| {
        Failure::io(format!("listen on {address}"), error)
            .hint("another port: --listen 127.0.0.1:0; or none: --listen none")
    })?;
    if !args.insecure && door.address().is_some_and(|address| !address.ip().is_loopback()) {
        return Err(Failure::usage(format!(
            "{address} can be reached from elsewhere, and nothing would be encrypted"
        ))
        .hint("tunnel it (ssh -L 7681:127.0.0.1:7681), or say --insecure if the network is yours"));
    }
    Ok(Some((door, token)))
}

fn config(args: &HostArgs) -> host::Config {
    let timeout = Some(args.idle_timeout).filter(|timeout| *timeout != Duration::MAX);
    host::Config {
        heartbeat: heartbeat::Config { interval: args.heartbeat, ..heartbeat::Config::DEFAULT },
        linger: linger::Config { timeout, strict: args.idle_strict },
        share: args.share,
        ..host::Config::DEFAULT
    }
}

fn serve(server: &mut Server) -> Result<u8, Failure> {
    server.run().map_err(|error| Failure::io("wait for the sessions", error))
}
