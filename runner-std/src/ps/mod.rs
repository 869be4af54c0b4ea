//! `ps`: what the sessions of this machine are doing, since when and why.

mod follow;
mod table;

use std::io::{self, Write as _};

use clap::ColorChoice;
use serde_json::Value;

use crate::cli::PsArgs;
use crate::failure::Failure;
use crate::fleet::{Subscriber, Update};
use crate::manual::print;
use crate::os::{self, Poller};
use crate::roster::filter::Filter;
use crate::roster::session::Host;
use crate::roster::{self, feed, session};
use crate::{limits, terminal};
use table::Page;

/// Lists the sessions of this machine.
///
/// # Errors
/// If there is no place where they could be.
pub fn ps(args: &PsArgs) -> Result<u8, Failure> {
    let page = Page {
        colour: colours(args.color),
        width: rustix::termios::isatty(rustix::stdio::stdout()).then(|| usize::from(terminal::size().ws_col)),
        ..Page::default()
    };
    if args.watch {
        return follow::follow(args, page);
    }
    if let Some(fleet) = feed::fleet(&args.view, false, os::now())? {
        return once(args, page, fleet);
    }
    let filter = args.view.filter();
    let gathered = roster::gather("GET /sessions")?;
    for path in &gathered.silent {
        let name = session::plain(&path.file_stem().unwrap_or_default().to_string_lossy());
        let _ = writeln!(io::stderr(), "warning: the host of {name} does not answer");
    }
    if args.json {
        let lines: String = gathered.lines.iter().map(|(_, line)| chosen(&filter, line) + "\n").collect();
        print(lines.as_bytes())?;
    } else {
        let mut sessions: Vec<_> = gathered.hosts().flat_map(|(_, host)| host.sessions).collect();
        let all = sessions.len();
        sessions.retain(|session| filter.lets(session, 0.0));
        if sessions.is_empty() && page.width.is_some() {
            let _ = match all {
                0 => writeln!(io::stderr(), "there is no session; start one: runner-std host -- bash"),
                all => writeln!(io::stderr(), "no session is like that; without filters: {all}"),
            };
        } else {
            print(page.table(&sessions).as_bytes())?;
        }
    }
    Ok(0)
}

/// The line of a host, with those of its sessions that are wanted.
fn chosen(filter: &Filter, line: &str) -> String {
    let parsed = Host::parse(line).zip(serde_json::from_str::<Value>(line).ok());
    let Some((host, mut value)) = parsed.filter(|_| *filter != Filter::default()) else { return line.into() };
    if let Some(list) = value["sessions"].as_array_mut() {
        let mut wanted = host.sessions.iter().map(|session| filter.lets(session, 0.0));
        list.retain(|_| wanted.next().unwrap_or(false));
    }
    value.to_string()
}

/// Lists the sessions of all hosts that a broker knows of.
fn once(args: &PsArgs, page: Page, mut fleet: Subscriber) -> Result<u8, Failure> {
    let failed = |error: io::Error| Failure::io("ask the broker", error);
    let mut poller = Poller::new().map_err(failed)?;
    let until = os::now().after(limits::DIAL.into());
    while !fleet.is_whole() {
        let now = os::now();
        for update in fleet.poll(now, &mut poller) {
            if let Update::Trouble(failure) = update {
                return Err(failure);
            }
        }
        if fleet.is_whole() {
            break;
        }
        if now >= until {
            return Err(Failure::new(format!("the broker at {} does not answer", fleet.address())));
        }
        let wait = fleet.poll_at().map_or(until, |at| at.min(until));
        for ready in poller.wait(Some(wait)).map_err(failed)?.to_vec() {
            fleet.ready(os::now(), &mut poller, ready);
        }
    }
    let filter = args.view.filter();
    if args.json {
        print(fleet.json(|session| filter.lets(session, 0.0)).as_bytes())?;
        return Ok(0);
    }
    let sessions: Vec<_> = fleet.sessions().filter(|session| filter.lets(session, 0.0)).collect();
    if sessions.is_empty() && page.width.is_some() {
        let _ = writeln!(io::stderr(), "no host tells {} of such a session", fleet.address());
    } else {
        print(page.table(&sessions).as_bytes())?;
    }
    Ok(0)
}

fn colours(choice: ColorChoice) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && rustix::termios::isatty(rustix::stdio::stdout())
        }
    }
}
