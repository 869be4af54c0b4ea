//! The whole screen of the terminal, for as long as we have it.

use std::io::{self, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::Terminal;
use ratatui::backend::TermionBackend;

use crate::outlet::Outlet;
use crate::terminal::Raw;

/// The other screen, without a cursor, empty; lines are not wrapped.
const ENTER: &[u8] = b"\x1B[?1049h\x1B[?25l\x1B[?7l\x1B[2J";
const LEAVE: &[u8] = b"\x1B[m\x1B[?7h\x1B[?25h\x1B[?1049l";

/// Whether the terminal shows the other screen: for the panic hook.
static ENTERED: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The screen, and raw mode. Given back on drop, on a panic, and before the process stops.
#[derive(Debug)]
pub(super) struct Stage {
    /// Draws what differs from what is there.
    pub screen: Terminal<TermionBackend<Paper>>,
    raw: Option<Raw>,
}

/// One picture, written in one go.
#[derive(Debug)]
pub(super) struct Paper {
    out: Outlet,
    bytes: Vec<u8>,
}

impl Stage {
    /// Takes the terminal.
    ///
    /// # Errors
    /// If it is none.
    pub(super) fn new() -> io::Result<Self> {
        let out = Outlet::new(rustix::stdio::stdout().try_clone_to_owned()?);
        let screen = Terminal::new(TermionBackend::new(Paper { out, bytes: Vec::new() }))?;
        let mut stage = Self { screen, raw: None };
        stage.enter()?;
        // After that of raw mode, so that it comes before it: the message of the panic is for the screen of the shell.
        HOOK.call_once(|| {
            let next = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                leave();
                next(panic);
            }));
        });
        Ok(stage)
    }

    /// Takes the terminal again after [`Stage::leave`].
    ///
    /// # Errors
    /// If it is gone.
    pub(super) fn enter(&mut self) -> io::Result<()> {
        self.raw = Some(Raw::enter(rustix::stdio::stdin())?);
        ENTERED.store(true, Ordering::SeqCst);
        rustix_write(ENTER);
        self.screen.clear()
    }

    /// Gives it back.
    pub(super) fn leave(&mut self) {
        leave();
        self.raw = None;
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.leave();
    }
}

fn leave() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        rustix_write(LEAVE);
    }
}

/// Past all buffers. A terminal takes so few bytes at once, or it is gone.
fn rustix_write(bytes: &[u8]) {
    let _ = rustix::io::write(rustix::stdio::stdout(), bytes);
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Shows the picture: all of it at once, on terminals that can.
    fn flush(&mut self) -> io::Result<()> {
        if !self.bytes.is_empty() {
            self.out.push(b"\x1B[?2026h");
            self.out.push(&self.bytes);
            self.out.push(b"\x1B[?2026l");
            self.bytes.clear();
        }
        self.out.drain()
    }
}
