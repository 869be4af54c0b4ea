//! What went wrong, what to do about it, and the exit code that says so.

use std::fmt;

/// Exit code for a failure of the runner itself.
pub const FAILED: u8 = 1;
/// Exit code for a command line that cannot be carried out, as `clap` uses it.
pub const USAGE: u8 = 2;

/// An error meant for the person at the terminal.
#[derive(Debug)]
pub struct Failure {
    /// What did not work, with the name of the thing it concerns.
    pub message: String,
    /// What to do instead, where that is known.
    pub hint: Option<String>,
    /// The exit code of the process.
    pub code: u8,
}

impl Failure {
    /// A failure with exit code 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, code: FAILED }
    }

    /// A command line that makes no sense, with exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: USAGE, ..Self::new(message) }
    }

    /// A system call that failed: `cannot WHAT: WHY`.
    pub fn io(what: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self::new(format!("cannot {what}: {error}"))
    }

    /// The same failure with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure with another exit code.
    #[must_use]
    pub fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\n  hint: {hint}"))
    }
}

impl std::error::Error for Failure {}
