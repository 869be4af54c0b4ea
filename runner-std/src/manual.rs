//! Shell completions and manual pages, made from the command line's own description.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::failure::Failure;

/// Prints a completion script.
///
/// # Errors
/// If standard output takes no more; a closed pipe is no error.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "runner-std", &mut script);
    print(&script)
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
