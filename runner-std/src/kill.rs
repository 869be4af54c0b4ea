//! `kill`: ends a session, or sends what runs in it a signal.

use std::path::Path;

use stillwire::Instant;

use crate::cli::KillArgs;
use crate::failure::Failure;
use crate::os::{self, Poller};
use crate::plain::word;
use crate::roster::session::{Host, Status, plain};
use crate::roster::{Call, TOKENS};
use crate::{limits, roster, runtime};

/// Ends sessions and waits until they are gone; with a signal: sends it, and that is all.
///
/// # Errors
/// If there is no such session, its host does not want to, or it does not end.
pub fn kill(args: &KillArgs) -> Result<u8, Failure> {
    let signal = args.signal.as_deref().map(signal_number).transpose()?;
    let mut targets = Vec::with_capacity(args.names.len());
    // All names are known before anything ends.
    for name in &args.names {
        targets.push(roster::find(Some(name))?);
    }
    for (path, session) in &targets {
        ask_to_end(path, session, signal)?;
    }
    let patience = os::now().after(limits::GRACE).after(limits::GRACE);
    for (path, session) in targets.iter().filter(|_| signal.is_none()) {
        wait_until_over(path, session, patience)?;
    }
    Ok(0)
}

/// The request that ends a session, or sends it a signal.
pub(crate) fn request(session: &str, signal: Option<i32>) -> String {
    let name: String = session.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let signal = signal.map(|signal| format!("&signal={signal}")).unwrap_or_default();
    format!("POST /kill?session={name}{signal}")
}

fn ask_to_end(path: &Path, session: &str, signal: Option<i32>) -> Result<(), Failure> {
    let mut said = String::new();
    let until = os::now().after(limits::ANSWER);
    let status = follow(path, &request(session, signal), until, |line| {
        said = line.to_owned();
        false
    })?;
    match status {
        Some(200) => Ok(()),
        Some(_) => Err(Failure::new(format!("{}: {}", plain(session), plain(said.trim_end())))),
        None => Err(silent(session)),
    }
}

fn wait_until_over(path: &Path, session: &str, until: Instant) -> Result<(), Failure> {
    let mut over = false;
    let status = follow(path, "GET /sessions?watch", until, |line| {
        let host = Host::parse(line).unwrap_or_default();
        let found = host.sessions.iter().find(|other| other.name == plain(session));
        over = found.is_none_or(|found| found.status == Status::Exited);
        // With its last session a host ends too, and then the name is free again.
        over && host.sessions.iter().any(|other| other.status != Status::Exited)
    });
    match status {
        // The host was quicker, or has ended with its last session.
        Err(_) => Ok(()),
        Ok(_) if over || !path.exists() || runtime::connect(path).is_err() => Ok(()),
        Ok(_) => Err(Failure::new(format!("{} has not ended yet", plain(session)))
            .hint(format!("kill it hard: runner-std kill --signal KILL {}", word(&plain(session))))),
    }
}

fn silent(session: &str) -> Failure {
    Failure::new(format!("the host of {} does not answer", plain(session)))
        .hint("is it stopped? look for it with: ps -C runner-std")
}

/// Asks a host and hears its lines until one is enough; gives the status of its answer, if that came in time.
fn follow(
    path: &Path,
    request: &str,
    until: Instant,
    mut line: impl FnMut(&str) -> bool,
) -> Result<Option<u16>, Failure> {
    let failed = |error| Failure::io(format!("ask {}", path.display()), error);
    let mut poller = Poller::new().map_err(failed)?;
    let stream = runtime::connect(path).map_err(failed)?;
    let mut call = Call::new(stream, request, &mut poller, TOKENS).map_err(failed)?;
    while os::now() < until {
        poller.wait(Some(until)).map_err(failed)?;
        let open = call.read();
        if call.lines(!open).iter().any(|text| line(text)) || !open {
            break;
        }
    }
    Ok(call.status())
}

/// `TERM`, `SIGTERM`, `15`
fn signal_number(text: &str) -> Result<i32, Failure> {
    const NAMES: [(&str, i32); 11] = [
        ("HUP", libc::SIGHUP),
        ("INT", libc::SIGINT),
        ("QUIT", libc::SIGQUIT),
        ("KILL", libc::SIGKILL),
        ("USR1", libc::SIGUSR1),
        ("USR2", libc::SIGUSR2),
        ("TERM", libc::SIGTERM),
        ("STOP", libc::SIGSTOP),
        ("TSTP", libc::SIGTSTP),
        ("CONT", libc::SIGCONT),
        ("WINCH", libc::SIGWINCH),
    ];
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
    known.or_else(|| text.parse().ok().filter(|number| (1..=64).contains(number))).ok_or_else(|| {
        let names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
        Failure::usage(format!("there is no signal {text}"))
            .hint(format!("one of {}, or a number", names.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_go_by_name_and_number() {
        assert_eq!(signal_number("SIGTERM").unwrap(), libc::SIGTERM);
        assert_eq!(signal_number("hup").unwrap(), libc::SIGHUP);
        assert_eq!(signal_number("9").unwrap(), 9);
        assert!(signal_number("NOPE").is_err() && signal_number("0").is_err());
        assert_eq!(request("ab", Some(9)), "POST /kill?session=%61%62&signal=9");
    }
}
