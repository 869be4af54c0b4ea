//! Whether a person typed it: [`Keys`] tells keys from the answers that a terminal gives by itself.
//!
//! ```text
//!            printable, C0                         any final byte: a key, or a report
//!            ┌───────┐  ┌─────────────────────────────────────────────────┐
//!            ▼       │  ▼                                                 │
//!           Ground ──┴──ESC──▶ Escape ──'['──▶ Csi ──'M'──▶ Mouse(3 bytes)┤
//!              ▲                 │ └──] P X ^ _──▶ String ──BEL, ST───────┘
//!              └── ESC_WAIT: it was the ESC key (or Alt and the byte after it)
//! ```
//!
//! What comes from the user's terminal is one stream of bytes: keys, and reports that no one typed. A session
//! on which a window gained the focus has not been used. **Keys**: text, control characters, arrows and
//! function keys, kitty's `CSI … u` (presses and repeats), a paste, mouse presses and the wheel. **Reports**:
//! focus, mouse motion and releases, key releases, answers to DA, DSR, DECRQM and the kitty flags query,
//! window reports and in-band resizes, and every OSC, DCS, APC, PM and SOS string.
//!
//! Sources: xterm's ctlseqs (<https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>), kitty's keyboard
//! protocol (<https://sw.kovidgoyal.net/kitty/keyboard-protocol/>). Where both share a form:
//!
//! - `CSI 1 ; 2 R` is both Shift-F3 and "the cursor is at row 1, column 2". It is taken as the report: a
//!   program that asks for it does so at every prompt, kitty gave up that form of F3 for this reason, and what
//!   a missed Shift-F3 does shows on the screen anyhow.
//! - `ESC` alone is the key, `ESC [ I` the focus. If nothing follows within [`ESC_WAIT`] it was the key, as
//!   editors have it; the same goes for Alt-[ (`ESC [`) and Alt-P (`ESC P`).

use crate::deadline::{Clock, Deadline};
use crate::time::{Duration, Instant};

/// How long after an ESC the rest of a sequence may come. Vim waits 100 ms (`ttimeoutlen`), tmux 10 ms;
/// terminals write a report in one piece, so only a slow link between ever cuts it.
pub const ESC_WAIT: Duration = Duration::from_millis(100);
/// A string report that does not go on for so long has been lost half-way.
const STRING_WAIT: Duration = Duration::from_secs(1);

/// Tells a person's input from the terminal's own. A few dozen bytes; the input may be cut anywhere.
///
/// ```
/// use stillwire::Instant;
/// use stillwire::input::Keys;
///
/// let (mut keys, now) = (Keys::new(), Instant::ZERO);
/// assert!(keys.handle(now, b"ls\r"));
/// assert!(keys.handle(now, b"\x1b[A")); // the up arrow
/// assert!(!keys.handle(now, b"\x1b[I")); // the window got the focus
/// assert!(!keys.handle(now, b"\x1b[?62;c\x1b]11;rgb:0/0/0\x1b\\")); // answers to queries
///
/// assert!(!keys.handle(now, b"\x1b")); // the key, or the first byte of something?
/// let wait = keys.poll_at().unwrap();
/// assert!(keys.poll(wait.at)); // the key
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Keys {
    state: State,
    sequence: Sequence,
    clock: Clock,
    /// When the last byte came.
    heard: Instant,
}

/// What [`Keys`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Due {
    /// Whether an ESC was the key or the beginning of a report.
    EscapeKey,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum State {
    #[default]
    Ground,
    /// After ESC.
    Escape,
    /// After `ESC [`.
    Csi,
    /// So many bytes of an X10 mouse report are missing; the first says what it is.
    Mouse(u8),
    /// In a control string; true: it has a body, so no key combination began it.
    String(bool),
    /// After ESC in a control string.
    StringEscape,
}

/// What is known of the open control sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Sequence {
    private: u8,
    intermediate: u8,
    /// Parameters begun; 0: there is none.
    count: u8,
    first: u16,
    /// The sub-parameter of the second parameter: kitty's event type.
    event: u8,
    in_sub: bool,
}

impl Keys {
    /// At the beginning of the input.
    pub const fn new() -> Self {
        Self {
            state: State::Ground,
            sequence: Sequence::NEW,
            clock: Clock::new(Instant::ZERO),
            heard: Instant::ZERO,
        }
    }

    /// Takes the next input. True: a person caused at least a part of it.
    ///
    /// An ESC at the end is not decided yet; poll at [`Keys::poll_at`], or give more input.
    pub fn handle(&mut self, now: Instant, input: &[u8]) -> bool {
        let mut human = self.poll(now);
        let now = self.clock.latest();
        if matches!(self.state, State::String(_) | State::StringEscape) && now.since(self.heard) > STRING_WAIT
        {
            self.state = State::Ground;
        }
        for &byte in input {
            self.heard = now;
            human |= self.take(byte);
        }
        human
    }

    /// When it is decided whether the last ESC was a key. None: nothing is open.
    pub fn poll_at(&self) -> Option<Deadline<Due>> {
        let open = matches!(self.state, State::Escape | State::Csi | State::String(false));
        open.then(|| Deadline { at: self.heard.after(ESC_WAIT), reason: Due::EscapeKey })
    }

    /// True, once, when an ESC turns out to have been a key because nothing followed.
    pub fn poll(&mut self, now: Instant) -> bool {
        let now = self.clock.clamp(now);
        let due = self.poll_at().is_some_and(|deadline| deadline.at <= now);
        if due {
            self.state = State::Ground;
        }
        due
    }

    fn take(&mut self, byte: u8) -> bool {
        match (self.state, byte) {
            (State::Ground, 0x1B) => self.go(State::Escape, false),
            (State::Ground, _) => true,
            (State::Escape, _) => self.escape(byte),
            (State::Csi, 0x1B) => self.go(State::Escape, true), // Alt-[ and then ESC
            (State::Csi, 0x20..=0x3F) => {
                self.sequence.collect(byte);
                false
            }
            (State::Csi, _) => self.finish(byte),
            (State::Mouse(3), _) => {
                let human = byte >= 32 && button_is_human(u16::from(byte - 32));
                self.go(State::Mouse(2), human)
            }
            (State::Mouse(2), _) => self.go(State::Mouse(1), false),
            (State::Mouse(_), _) => self.go(State::Ground, false),
            (State::String(_), 0x1B) => self.go(State::StringEscape, false),
            (State::String(_), 0x07 | 0x18 | 0x1A) => self.go(State::Ground, false),
            (State::String(_), 0x00..=0x1F) => self.go(State::Ground, true), // no report holds a line end
            (State::String(_), _) => self.go(State::String(true), false),
            (State::StringEscape, b'\\') => self.go(State::Ground, false),
            (State::StringEscape, _) => self.escape(byte),
        }
    }

    /// The byte after ESC.
    fn escape(&mut self, byte: u8) -> bool {
        match byte {
            b'[' => {
                self.sequence = Sequence::NEW;
                self.go(State::Csi, false)
            }
            b']' | b'P' | b'X' | b'^' | b'_' => self.go(State::String(false), false),
            0x1B => self.go(State::Escape, true), // the first one was a key, or Alt with what follows
            _ => self.go(State::Ground, true),    // Alt and a key; `ESC O`: keypad and function keys
        }
    }

    /// The final byte of a control sequence, or one that has no place in it.
    fn finish(&mut self, last: u8) -> bool {
        let sequence = self.sequence;
        if last == b'M' && sequence.count == 0 && sequence.private == 0 {
            return self.go(State::Mouse(3), false);
        }
        self.go(State::Ground, sequence.is_human(last))
    }

    fn go(&mut self, state: State, human: bool) -> bool {
        self.state = state;
        human
    }
}

impl Sequence {
    const NEW: Self = Self { private: 0, intermediate: 0, count: 0, first: 0, event: 0, in_sub: false };

    fn collect(&mut self, byte: u8) {
        match byte {
            0x20..=0x2F => self.intermediate = byte,
            b'<'..=b'?' => self.private = byte,
            b'0'..=b'9' => {
                self.count = self.count.max(1);
                let digit = byte - b'0';
                if self.in_sub && self.count == 2 {
                    self.event = self.event.saturating_mul(10).saturating_add(digit);
                } else if !self.in_sub && self.count == 1 {
                    self.first = self.first.saturating_mul(10).saturating_add(u16::from(digit));
                }
            }
            b':' => {
                // Of `2:3:4` only the first sub-parameter is the event.
                if self.in_sub && self.count == 2 {
                    self.count = 3;
                }
                self.in_sub = true;
            }
            _ => {
                self.count = self.count.max(1).saturating_add(1);
                self.in_sub = false;
            }
        }
    }

    fn is_human(&self, last: u8) -> bool {
        match (self.private, self.intermediate, last) {
            (b'<', 0, b'M') => button_is_human(self.first), // SGR mouse; `m` is the release
            (0, 0, b'M') => self.first >= 32 && button_is_human(self.first - 32), // urxvt mouse
            (1.., _, _) | (_, 1.., _) => false,             // answers: DA, DSR, DECRPM, kitty flags, locator
            (_, _, b'I' | b'O') => self.count > 0,          // focus has no parameters
            (_, _, b'n' | b't' | b'T' | b'x') => false, // DSR, window and resize reports, highlights, DECREPTPARM
            (_, _, b'R') => self.count < 2,             // see the module's text
            _ => self.event != KITTY_RELEASE,
        }
    }
}

/// Event type in kitty's keyboard protocol: 1 press, 2 repeat, 3 release.
const KITTY_RELEASE: u8 = 3;

/// Whether a mouse button code is a press or the wheel. 32 marks motion; 3 without 64 is "no button": a
/// release in the encodings that have no other sign for it.
fn button_is_human(code: u16) -> bool {
    code & 32 == 0 && code & (64 + 128 + 3) != 3
}
