//! What happens, a line at a time, with why: on standard error, or in a file.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use stillwire::Instant;

use crate::failure::Failure;
use crate::plain::plain;

/// Where the lines go.
#[derive(Debug, Default)]
pub(super) enum Log {
    /// Nowhere: this host has gone to the background, and nobody said where else.
    #[default]
    Nowhere,
    /// To whoever started it: a person, or the journal.
    Stderr,
    /// To a file of ours.
    File(File),
}

impl Log {
    /// Appends to a file.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub(super) fn file(path: &Path) -> Result<Self, Failure> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        file.map(Self::File).map_err(|error| Failure::io(format!("log to {}", path.display()), error))
    }

    /// One line: seconds since the start, what it is about, what happened. Controls of whoever named it stay out.
    pub(super) fn line(&mut self, now: Instant, about: &str, what: fmt::Arguments<'_>) {
        if let Self::Nowhere = self {
            return;
        }
        let plain = plain(&format!("{now} {about}: {what}"));
        // A log that cannot be written is no reason to end a session.
        let _ = match self {
            Self::Nowhere => Ok(()),
            Self::Stderr => writeln!(io::stderr(), "{plain}"),
            Self::File(file) => writeln!(file, "{plain}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let path = std::env::temp_dir().join(format!("stillwire-log-{}", std::process::id()));
        let mut log = Log::file(&path).unwrap();
        log.line(Instant::from_millis(1_500), "a\x1B[2Jb\n", format_args!("attached"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1.500000 a[2Jb: attached\n");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::remove_file(&path).unwrap();
    }
}
