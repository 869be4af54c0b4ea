//! The user's own terminal: its size, and raw mode that is always given back.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, Once, PoisonError};

use rustix::termios::{OptionalActions, Termios, Winsize};

/// What [`restore`] needs, for whoever leaves without the guard: the panic hook.
static SAVED: Mutex<Option<(OwnedFd, Termios)>> = Mutex::new(None);
static HOOK: Once = Once::new();

/// Raw mode for as long as the value lives. One at a time.
#[derive(Debug)]
pub struct Raw(());

impl Raw {
    /// Switches the terminal behind `fd` to raw mode; its present modes come back on drop and on panic.
    ///
    /// # Errors
    /// If `fd` is no terminal, or no descriptor is left.
    pub fn enter(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let modes = rustix::termios::tcgetattr(fd)?;
        *SAVED.lock().unwrap_or_else(PoisonError::into_inner) = Some((fd.try_clone_to_owned()?, modes));
        HOOK.call_once(|| {
            let next = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                restore();
                next(panic);
            }));
        });
        let guard = Self(());
        guard.resume();
        Ok(guard)
    }

    /// Switches back to raw mode after [`Raw::pause`].
    pub fn resume(&self) {
        if let Some((fd, modes)) = &*SAVED.lock().unwrap_or_else(PoisonError::into_inner) {
            let mut raw = modes.clone();
            raw.make_raw();
            let _ = rustix::termios::tcsetattr(fd, OptionalActions::Drain, &raw);
        }
    }

    /// Gives the terminal its own modes back while the process is stopped.
    pub fn pause(&self) {
        restore();
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        restore();
        *SAVED.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn restore() {
    // A panic while the lock is held cannot happen in between (nothing in there panics), but a hook must not wait.
    if let Ok(saved) = SAVED.try_lock()
        && let Some((fd, modes)) = &*saved
    {
        let _ = rustix::termios::tcsetattr(fd, OptionalActions::Now, modes);
    }
}

/// The size of the first of the standard streams that is a terminal; else `COLUMNS` × `LINES`; else 80 × 24.
pub fn size() -> Winsize {
    let streams = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
    let known = streams.iter().find_map(|fd| rustix::termios::tcgetwinsize(fd).ok());
    if let Some(size) = known.filter(|size| size.ws_col > 0 && size.ws_row > 0) {
        return size;
    }
    let number = |name: &str| std::env::var(name).ok()?.parse().ok().filter(|&n: &u16| n > 0);
    Winsize {
        ws_col: number("COLUMNS").unwrap_or(80),
        ws_row: number("LINES").unwrap_or(24),
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// The modes of standard input, if it is a terminal.
pub fn modes() -> Option<Termios> {
    rustix::termios::tcgetattr(rustix::stdio::stdin()).ok()
}

/// A terminal to show a session on while standard output is needed for something else: standard error, or the
/// terminal that standard input reads from. Standard error even if it is none, where there is no terminal.
pub fn aside() -> io::Result<OwnedFd> {
    let streams = [rustix::stdio::stderr(), rustix::stdio::stdin()];
    let shown = streams.iter().find(|fd| rustix::termios::isatty(fd.as_fd())).unwrap_or(&streams[0]);
    shown.try_clone_to_owned()
}
