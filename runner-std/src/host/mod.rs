//! `host`: sessions that outlive whoever looks at them.
//!
//! In a terminal a host goes to the background at once and the terminal is attached to it, so there is only one way to
//! look at a session; everywhere else (a service, a pipe) it stays where it was started.

mod agenda;
mod browser;
mod config;
mod daemon;
mod doors;
mod end;
mod fleet;
mod glance;
mod guests;
mod list;
mod log;
#[cfg_attr(not(feature = "metrics"), path = "no_metrics.rs")]
mod metrics;
mod news;
mod page;
mod reports;
mod requests;
mod screens;
mod seats;
mod server;
mod sessions;
mod supervisor;
mod title;

use std::io;

use stillwire::link::{heartbeat, host, linger};

use crate::attach;
use crate::cli::HostArgs;
use crate::failure::Failure;
use crate::plain::word;
use crate::watch::events::EventLog;
use crate::{descriptors, limits, os, terminal};
use config::Settings;
use daemon::Fork;
use server::Server;
use sessions::Wanted;
use supervisor::Supervisor;

/// Sessions whose names are printed at the start; the others are only counted.
const SHOWN: usize = 5;

/// Hosts sessions; this terminal, if it is one, is the first to be attached.
///
/// # Errors
/// If a name is taken, a command cannot be run, or anything named on the command line cannot be opened.
pub fn host(args: &HostArgs) -> Result<u8, Failure> {
    // Before anything of ours is open.
    let mut theirs = os::descriptors();
    let settings = Settings::new(args)?;
    let wanted = sessions::wanted(args, &settings)?;
    let name = wanted.first().map(|first| first.name.clone()).unwrap_or_default();
    let here = rustix::termios::isatty(rustix::stdio::stdin())
        && rustix::termios::isatty(rustix::stdio::stdout())
        && terminal::is_ours();
    if args.headless || !(here || args.detach) {
        let (mut server, hello) = open(args, &settings, wanted, true)?;
        eprint!("{}", hello.replace('\r', ""));
        server.supervisor = Supervisor::from_environment();
        server.tell_supervisor("READY=1");
        return serve(&mut server);
    }
    match daemon::fork().map_err(|error| Failure::io("start the host", error))? {
        Fork::Host(ready) => {
            let code = match open(args, &settings, wanted, false) {
                Ok((mut server, hello)) => {
                    let events =
                        args.observe.events.as_deref().and_then(|target| target.to_str()?.parse().ok());
                    theirs.retain(|fd| Some(*fd) != events);
                    os::close(&theirs);
                    server.expects = (!args.detach).then(|| server.now().after(limits::FIRST));
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
fn open(
    args: &HostArgs,
    settings: &Settings,
    wanted: Vec<Wanted>,
    stays: bool,
) -> Result<(Server, String), Failure> {
    let name = wanted.first().map(|first| first.name.clone()).unwrap_or_default();
    // Files first: an inherited descriptor is taken over before anything here could be given its number.
    let events = args.observe.events.as_deref().map(EventLog::open).transpose()?;
    let opened = doors::open(settings, &name, args.open)?;
    log::begin(settings.log.as_deref(), settings.log_level, stays)?;
    os::keep_standard_descriptors();
    let zero = os::now();
    reserve(wanted.len(), settings.max_peers)?;
    let (mut sessions, mut seats) = (Vec::new(), Vec::new());
    let several = wanted.len() > 1;
    for (index, wanted) in wanted.into_iter().enumerate() {
        let (session, seat) = sessions::start(wanted, index, several, args, settings.history)?;
        sessions.push(session);
        seats.push(seat);
    }
    let names: Vec<String> = seats.iter().map(|seat| seat.name.clone()).collect();
    let failed = |error: io::Error| Failure::io("set up the host", error);
    let mut server =
        Server::new(config(settings), settings.max_peers, sessions, seats, zero).map_err(failed)?;
    (server.doors, server.token, server.kept) = (opened.doors, opened.token, opened.kept);
    server.report_to(events);
    server.note_start();
    server.fleet = fleet::Fleet::new(settings, &names)?;
    server.metrics = settings.metrics.as_ref().map(|_| metrics::Metrics::new()).transpose()?;
    let mut hello = String::new();
    for name in names.iter().take(SHOWN) {
        hello.push_str(&format!(
            "[{name}: attach another terminal with: runner-std attach {}]\r\n",
            word(name)
        ));
    }
    if let Some(more) = names.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        hello.push_str(&format!("[and {more} more: runner-std ps]\r\n"));
    }
    hello.push_str(&opened.hello);
    if let Some((page, url)) = opened.page.filter(|_| args.open)
        && let Err(error) = browser::open(&page, &url)
    {
        hello.push_str(&format!("[no browser could be opened: {error}; set BROWSER to one]\r\n"));
    }
    hello.push_str(&server.fleet.as_ref().map_or(String::new(), fleet::Fleet::hello));
    if settings.idle_default {
        hello.push_str("[it ends when it is not used for 10 minutes; --idle-timeout never keeps it]\r\n");
    }
    Ok((server, hello))
}

/// Makes room for the descriptors of so many sessions and peers.
fn reserve(sessions: usize, peers: u16) -> Result<(), Failure> {
    // Both ends of a pseudo-terminal; or a device and what tells that it has come.
    let least = 2 * sessions + limits::OWN_FILES;
    let most = least + usize::from(peers) + limits::KNOCKS + limits::REQUESTS;
    let what = if sessions == 1 { "a host and its session".into() } else { format!("{sessions} sessions") };
    descriptors::reserve(&what, least as u64, most as u64)
}

fn config(settings: &Settings) -> host::Config {
    host::Config {
        heartbeat: heartbeat::Config { interval: settings.heartbeat, ..heartbeat::Config::DEFAULT },
        linger: linger::Config { timeout: settings.idle_timeout, strict: settings.idle_strict },
        share: settings.share,
        screens: true,
        ..host::Config::DEFAULT
    }
}

fn serve(server: &mut Server) -> Result<u8, Failure> {
    let code = server.run().map_err(|error| Failure::io("wait for the sessions", error))?;
    tracing::info!(code, "host: is over, with code {code}");
    Ok(code)
}
