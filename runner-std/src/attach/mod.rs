//! `attach`: this terminal, as a client of a session.

mod driver;
mod keyboard;
mod link;
mod screen;
mod target;
mod words;

use std::io;

use stillwire::link::frame::Role;

use crate::cli::{AttachArgs, Notify};
use crate::failure::Failure;
use crate::os;
use crate::plain::word;
use crate::roster;
use crate::token::Token;
use driver::{Attach, End};
use target::Target;

/// Attaches this terminal to a session until it ends or the user detaches.
///
/// # Errors
/// If there is no such session, or it cannot be reached.
pub fn attach(args: &AttachArgs) -> Result<u8, Failure> {
    let mut target = Target::find(args.target.as_deref())?;
    target.trust(args.tls_ca.as_deref())?;
    if let Some(token) = &target.token {
        os::hide_argument(token.secret());
    }
    if let Some(path) = &args.token_file {
        target.token = Some(Token::read(path)?);
    } else if target.token.is_none()
        && let Ok(token) = std::env::var("STILLWIRE_TOKEN")
    {
        target.token = Some(Token::given(&token)?);
    }
    let role = if args.view { Role::Viewer } else { Role::Controller };
    run(target, role, args.notify)
}

/// Attaches this terminal to a session that was just started here.
///
/// # Errors
/// As [`attach`].
pub fn local(name: &str, notify: Option<Notify>) -> Result<u8, Failure> {
    run(Target::find(Some(name))?, Role::Controller, notify)
}

/// Whether this terminal is that of the session itself, which would print what it prints for ever.
fn is_within(target: &Target) -> bool {
    let named = std::env::var("STILLWIRE_SESSION").is_ok_and(|name| name == target.session);
    if !named || !target.is_local() || !rustix::termios::isatty(rustix::stdio::stdout()) {
        return false;
    }
    let ours = os::terminal_of(std::process::id());
    let hosts = roster::gather("GET /sessions?brief").map(|gathered| gathered.hosts().collect::<Vec<_>>());
    let mut sessions = hosts.unwrap_or_default().into_iter().flat_map(|(_, host)| host.sessions);
    ours.is_some() && sessions.any(|it| it.name == target.session && it.pid.and_then(os::terminal_of) == ours)
}

fn run(target: Target, role: Role, notify: Option<Notify>) -> Result<u8, Failure> {
    if is_within(&target) {
        return Err(Failure::usage(format!("this terminal is in {target} already"))
            .hint("from another terminal; or another session: runner-std ps"));
    }
    let (name, again) = (target.to_string(), target.again.clone());
    let failed = |error: io::Error| Failure::io(format!("stay attached to {name}"), error);
    let mut attach = Attach::new(target, role, notify).map_err(failed)?;
    let end = attach.run();
    attach.leave();
    match end.map_err(failed)? {
        End::Exited(code) => Ok(code),
        End::Detached => {
            let line = if attach.screen.is_within_line() { "\n" } else { "" };
            eprintln!("{line}[detached from {name}; back with: runner-std attach {}]", word(&again));
            Ok(0)
        }
        End::Unreachable(error) => Err(words::unreachable(&name, &error)),
        End::Refused(reason) => Err(words::refused(&name, reason, attach.successor.as_deref())),
    }
}
