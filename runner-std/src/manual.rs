//! Shell completions and manual pages, made from the command line's own description.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};

use crate::cli::Cli;
use crate::failure::Failure;
use crate::roster;
use crate::roster::session::Session;

/// By which a shell asks.
const VARIABLE: &str = "COMPLETE";

/// Prints what makes a shell ask this program when Tab is pressed, so that it knows the sessions too.
///
/// # Errors
/// If standard output takes no more; a closed pipe is no error.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    const NAME: &str = "runner-std";
    let (shells, mut script) = (Shells::builtins(), Vec::new());
    if let Some(completer) = shells.completer(&shell.to_string()) {
        let written = completer.write_registration(VARIABLE, NAME, NAME, NAME, &mut script);
        written.map_err(|error| Failure::io("write the script", error))?;
    }
    print(&script)
}

/// Answers a shell that asks what may follow, and ends the process; does nothing if this is no such question.
pub fn complete() {
    CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
}

/// The sessions of this machine, for a shell.
pub(crate) fn sessions() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let hosts =
            roster::gather("GET /sessions?brief").map(|gathered| gathered.hosts().collect::<Vec<_>>());
        let sessions = hosts.unwrap_or_default().into_iter().flat_map(|(_, host)| host.sessions);
        let candidate =
            |session: Session| CompletionCandidate::new(&session.name).help(Some(session.spoken().into()));
        sessions.map(candidate).collect()
    })
}

/// Prints the manual page of the whole program, or writes one per command into a directory.
///
/// # Errors
/// If that cannot be written; a closed pipe is no error.
pub fn pages(directory: Option<&Path>) -> Result<(), Failure> {
    if let Some(directory) = directory {
        let written = std::fs::create_dir_all(directory)
            .and_then(|()| clap_mangen::generate_to(Cli::command(), directory));
        return written
            .map_err(|error| Failure::io(format!("write the pages to {}", directory.display()), error));
    }
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
    rendered.map_err(|error| Failure::io("write the page", error))?;
    print(&page)
}

/// Prints to standard output; whoever closes it has seen enough.
///
/// # Errors
/// If standard output takes no more for another reason.
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::io("write to standard output", error))
        }
        _ => Ok(()),
    }
}
