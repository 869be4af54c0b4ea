//! `ps`: what the sessions of this machine are doing, since when and why.

mod follow;
mod table;

use std::io::{self, Write as _};

use clap::ColorChoice;

use crate::cli::PsArgs;
use crate::failure::Failure;
use crate::manual::print;
use crate::roster::{self, session};
use crate::terminal;
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
        return follow::follow(args.json, page);
    }
    let gathered = roster::gather("GET /sessions")?;
    for path in &gathered.silent {
        let name = session::plain(&path.file_stem().unwrap_or_default().to_string_lossy());
        let _ = writeln!(io::stderr(), "warning: the host of {name} does not answer");
    }
    if args.json {
        let lines: String = gathered.lines.iter().map(|(_, line)| format!("{line}\n")).collect();
        print(lines.as_bytes())?;
    } else {
        let sessions: Vec<_> = gathered.hosts().flat_map(|(_, host)| host.sessions).collect();
        if sessions.is_empty() && page.width.is_some() {
            let _ = writeln!(io::stderr(), "there is no session; start one: runner-std host -- bash");
        } else {
            print(page.table(&sessions).as_bytes())?;
        }
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
