//! The user's own terminal: its size, and raw mode that is always given back.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, Once, PoisonError};

use rustix::termios::{OptionalActions, Termios, Winsize};
use stillwire::scan::{Mode, Modes, Mouse};

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

/// The bytes that bring a terminal from `modes` back to what a shell expects; none if nothing was changed.
///
/// For a program that did not get the chance to do so itself: killed, or stopped from outside.
pub fn calm(modes: &Modes) -> Vec<u8> {
    if *modes == Modes::DEFAULT {
        return Vec::new();
    }
    let mut bytes = b"\x0F\x1B(B\x1B[m\x1B[4l\x1B[?1l\x1B>\x1B[?7h\x1B[?25h\x1B[?2004l\x1B[?1004l".to_vec();
    // This brings the cursor home, where the shell would write over what is there: so only if it has to be.
    if modes.is_on(Mode::Origin) {
        bytes.extend_from_slice(b"\x1B[?6l\x1B[999;1H");
    }
    if modes.mouse() != Mouse::Off {
        bytes.extend_from_slice(b"\x1B[?1000l\x1B[?1002l\x1B[?1003l\x1B[?1006l");
    }
    if modes.keyboard_flags() != 0 {
        bytes.extend_from_slice(b"\x1B[=0u");
    }
    if modes.cursor_shape() != 0 {
        bytes.extend_from_slice(b"\x1B[0 q");
    }
    // Last: it brings the cursor back to where it was before.
    if modes.is_on(Mode::AlternateScreen) {
        bytes.extend_from_slice(b"\x1B[?1049l");
    }
    bytes
}

/// The bytes that bring it into `modes` again.
pub fn stir(modes: &Modes) -> Vec<u8> {
    let mut bytes = vec![0; Modes::MAX_BYTES];
    let written = modes.write_to(&mut bytes).unwrap_or(0);
    bytes.truncate(written);
    bytes
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

/// Whether standard input is a terminal and we are its foreground job: a background job that touched its modes
/// or read from it would be stopped.
pub fn is_ours() -> bool {
    rustix::termios::tcgetpgrp(rustix::stdio::stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
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

#[cfg(test)]
mod tests {
    use super::*;
    use stillwire::scan::{Config, Scanner};

    fn modes_after(modes: Modes, bytes: &[u8]) -> Modes {
        let (mut scanner, mut modes) = (Scanner::new(Config::DEFAULT), modes);
        scanner.scan(bytes).for_each(|token| modes.handle(&token));
        modes
    }

    #[test]
    fn a_panic_gives_the_terminal_back() {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY;
        let slave =
            rustix::fs::open(ptsname(&master, vec![]).unwrap(), flags, rustix::fs::Mode::empty()).unwrap();
        let modes = || rustix::termios::tcgetattr(&slave).unwrap().local_modes;
        let before = modes();
        let panicked = std::panic::catch_unwind(|| {
            // Without the guard's drop: what an abort after the panic would leave.
            std::mem::forget(Raw::enter(slave.as_fd()).unwrap());
            assert_eq!(modes(), before, "raw mode is another mode, so this panics");
        });
        assert!(panicked.is_err());
        assert_eq!(modes(), before);
    }

    #[test]
    fn a_terminal_is_calmed_and_stirred_again() {
        let vim = b"\x1B[?1049h\x1B[?1h\x1B=\x1B[?2004h\x1B[?1004h\x1B[?1002h\x1B[?1006h\x1B[?25l\x1B[2 q";
        let modes = modes_after(Modes::DEFAULT, vim);
        assert_eq!(modes_after(modes, &calm(&modes)), Modes::DEFAULT);
        assert_eq!(modes_after(Modes::DEFAULT, &stir(&modes)), modes);
        assert!(calm(&Modes::DEFAULT).is_empty());
    }
}
