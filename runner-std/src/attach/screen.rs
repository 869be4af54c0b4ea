//! The terminal that a session is shown on.

use std::io;

use stillwire::scan::{Config, Mode, Modes, Scanner, Signal, Token};

use crate::outlet::Outlet;
use crate::screen::WIPE;
use crate::terminal;
use crate::watch::notify;

/// CAN ends a sequence that has begun.
const CANCEL: u8 = 0x18;

/// A terminal or a pipe, and what the session has set in it.
#[derive(Debug)]
pub(super) struct Screen {
    out: Outlet,
    /// Whether it can be told titles and modes.
    is_terminal: bool,
    scanner: Scanner,
    modes: Modes,
    /// Whether something was shown that a new beginning has to clear.
    used: bool,
    /// Whether what is shown was printed before this terminal was here.
    replays: bool,
    /// The last byte that was shown.
    last: u8,
    /// What the title says, and what it should.
    titles: (Option<String>, Option<String>),
    /// What stands in this line until there is something to see of the session.
    note: Option<String>,
}

impl Screen {
    /// Standard output.
    ///
    /// # Errors
    /// If no descriptor is left.
    pub(super) fn new() -> io::Result<Self> {
        let out = rustix::stdio::stdout().try_clone_to_owned()?;
        let is_terminal = rustix::termios::isatty(&out);
        Ok(Self {
            out: Outlet::new(out),
            is_terminal,
            scanner: Scanner::new(Config::DEFAULT),
            modes: Modes::DEFAULT,
            used: false,
            replays: false,
            last: b'\n',
            titles: (None, None),
            note: None,
        })
    }

    /// Where it goes, to wait until it takes more.
    pub(super) const fn out(&self) -> &Outlet {
        &self.out
    }

    /// Whether it is a terminal.
    pub(super) const fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Adds output of the session.
    pub(super) fn show(&mut self, output: &[u8]) {
        self.note(None);
        self.used |= !output.is_empty();
        self.last = output.last().copied().unwrap_or(self.last);
        if self.is_terminal && self.replays {
            let mut kept = Vec::with_capacity(output.len());
            unasked(&mut self.scanner, &mut self.modes, output, &mut kept);
            self.out.push(&kept);
            return;
        }
        if self.is_terminal {
            self.scanner.scan(output).for_each(|token| self.modes.handle(&token));
        }
        self.out.push(output);
    }

    /// Whether what comes next would stand behind something of the session, in the same line.
    pub(super) fn is_within_line(&self) -> bool {
        self.is_terminal && self.used && self.last != b'\n'
    }

    /// What comes now is being printed now.
    pub(super) fn caught_up(&mut self) {
        self.replays = false;
    }

    /// The output goes on elsewhere, `lost` bytes later: as on a terminal that was just switched on. Where there is no
    /// terminal, standard error says so.
    pub(super) fn restart(&mut self, lost: u64) {
        if self.is_terminal && self.used {
            self.calm();
            self.out.push(b"\x1B[r\x1B[m\x1B[H\x1B[2J");
        }
        self.replays = true;
        if !self.is_terminal && lost > 0 {
            eprintln!("[{lost} bytes of output are lost: they were not read in time]");
        }
    }

    /// Shows the beginning of a screen, or what else comes first. What a shell has left in this terminal goes up before.
    pub(super) fn paint(&mut self, bytes: &[u8]) {
        if self.is_terminal && !self.used && bytes.starts_with(WIPE.as_bytes()) {
            let rows = terminal::size().ws_row;
            self.note(None);
            self.out.push(format!("\x1B[{rows};1H").as_bytes());
            self.out.push(&vec![b'\n'; rows.into()]);
        }
        self.show(bytes);
    }

    /// What the title should say; None: what it was.
    pub(super) fn title(&mut self, title: Option<String>) {
        self.titles.1 = title;
    }

    /// What there is to say while nothing of the session was shown yet: in this line, which it gives back.
    pub(super) fn note(&mut self, note: Option<String>) {
        if !self.is_terminal || self.used || self.note == note {
            return;
        }
        self.out.push(b"\r\x1B[K");
        if let Some(note) = &note {
            let columns = usize::from(terminal::size().ws_col.saturating_sub(1));
            let cut: String = note.chars().take(columns).collect();
            self.out.push(cut.as_bytes());
        }
        self.note = note;
    }

    /// Rings, or raises a notification.
    pub(super) fn notify(&mut self, bytes: &[u8]) {
        if self.is_terminal && self.scanner.is_ground() {
            self.out.push(bytes);
        }
    }

    /// Writes what waits, as far as the terminal takes it. The title goes between two sequences.
    ///
    /// # Errors
    /// Whoever read it has gone.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.is_terminal && self.scanner.is_ground() && self.titles.0 != self.titles.1 {
            if self.titles.0.is_some() {
                self.out.push(notify::POP_TITLE);
            }
            if let Some(title) = &self.titles.1 {
                self.out.push(&notify::push_title(title));
            }
            self.titles.0.clone_from(&self.titles.1);
        }
        self.out.flush()
    }

    /// Leaves it as a shell wants it: the session may go on, but not here.
    pub(super) fn leave(&mut self) {
        if self.is_terminal {
            // Behind the alternate screen the line is that of before.
            if self.modes.is_on(Mode::AlternateScreen) {
                self.last = b'\n';
            }
            self.note(None);
            self.titles.1 = None;
            self.calm();
        }
        let _ = self.flush();
        let _ = self.out.drain_for(Some(rustix::event::Timespec { tv_sec: 2, tv_nsec: 0 }));
    }

    fn calm(&mut self) {
        // CAN ends the sequence that will never be finished.
        let cancel: &[u8] = if self.scanner.is_ground() { &[] } else { &[CANCEL] };
        let (calm, last) = ([cancel, &terminal::calm(&self.modes)].concat(), self.last);
        self.show(&calm);
        self.last = last;
    }
}

/// Adds `output` to `kept` without the questions in it: somebody answered them when they were asked, and a second answer
/// would be typed into whatever runs now.
fn unasked(scanner: &mut Scanner, modes: &mut Modes, output: &[u8], kept: &mut Vec<u8>) {
    let within = !scanner.is_ground();
    let (mut keep, mut begin) = (0, 0);
    let mut tokens = scanner.scan(output);
    while let Some(token) = tokens.next() {
        modes.handle(&token);
        let end = tokens.consumed();
        if token.signal() == Some(Signal::Query) {
            kept.extend_from_slice(output.get(keep..begin).unwrap_or_default());
            if begin == 0 && within {
                kept.push(CANCEL); // its beginning has been shown already
            }
            keep = end;
        }
        if !matches!(token, Token::Payload(..)) {
            begin = end;
        }
    }
    kept.extend_from_slice(output.get(keep..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_long_ago_is_not_asked_again() {
        let output = b"one\x1B[6ntwo\x1B[31m\x1B]11;?\x07three\x1B[c";
        for cut in 0..=output.len() {
            let (mut scanner, mut modes) = (Scanner::new(Config::DEFAULT), Modes::DEFAULT);
            let mut kept = Vec::new();
            let (first, second) = output.split_at(cut);
            unasked(&mut scanner, &mut modes, first, &mut kept);
            unasked(&mut scanner, &mut modes, second, &mut kept);
            let (mut scanner, mut text) = (Scanner::new(Config::DEFAULT), String::new());
            for token in scanner.scan(&kept) {
                assert_eq!(token.signal(), None, "{cut}: {}", kept.escape_ascii());
                if let Token::Text(run) = token {
                    text.push_str(run);
                }
            }
            assert_eq!(text, "onetwothree", "{cut}: {}", kept.escape_ascii());
        }
    }
}
