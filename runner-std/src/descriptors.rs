//! How many files this process may have open: as many as its sessions need, while their commands keep what they had.

use std::sync::OnceLock;

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::failure::Failure;

/// What it was before; a command that is started gets that, because `select` cannot watch more than 1,024.
static BEFORE: OnceLock<Rlimit> = OnceLock::new();

/// Makes room for the `least` open files that `what` needs, and for `most` if that may be.
///
/// # Errors
/// This user may not have `least`.
pub(crate) fn reserve(what: &str, least: u64, most: u64) -> Result<(), Failure> {
    let now = getrlimit(Resource::Nofile);
    let allowed = now.maximum.unwrap_or(u64::MAX);
    if allowed < least {
        return Err(Failure::new(format!("{what} need {least} open files, and {allowed} are allowed")).hint(
            "raise the limit (ulimit -Hn, LimitNOFILE= of a service), or spread them over several hosts",
        ));
    }
    if now.current.is_none_or(|current| current >= most) {
        return Ok(());
    }
    let _ = BEFORE.set(now);
    let raised = Rlimit { current: Some(most.min(allowed)), ..now };
    setrlimit(Resource::Nofile, raised).map_err(|error| Failure::io("raise the number of open files", error))
}

/// Gives a process that is about to become a command what there was before. One system call, and nothing is allocated.
///
/// # Errors
/// The system refuses, which it does not for a lower limit.
pub(crate) fn restore() -> Result<(), Errno> {
    BEFORE.get().map_or(Ok(()), |before| setrlimit(Resource::Nofile, *before))
}
