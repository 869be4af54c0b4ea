//! Operating system commands, read as they stream by: what a signal needs is kept, the rest is not.
//!
//! ```text
//!   number ──';'──▶ field 1 ──';'──▶ field 2 ─ …        any field ──▶ Done, once nothing can change
//!                       └── at each ';' and at the end: close_field(number, index) ──▶ signal
//! ```
//!
//! Numbers: xterm's ctlseqs, iTerm2 (9, 1337), ConEmu (9;1–9;12), urxvt (777), kitty (21, 22, 99).

use super::signal::{Progress, PromptMark, Signal};

/// What is remembered of the field that is being read, in place of its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Field {
    head: [u8; 3],
    last: u8,
    len: u8,
    negative: bool,
    /// Every byte so far was a digit, after an optional minus.
    value: i32,
    not_a_number: bool,
}

/// The state inside an OSC: a few bytes, however long it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Osc {
    field: Field,
    /// Which field: 0 is the number.
    index: u8,
    number: Option<u16>,
    signal: Option<Signal>,
    /// Nothing that comes can change the signal.
    done: bool,
}

impl Field {
    pub(super) const NEW: Self =
        Self { head: [0; 3], last: 0, len: 0, negative: false, value: 0, not_a_number: false };

    pub(super) fn push(&mut self, byte: u8) {
        if let Some(slot) = self.head.get_mut(usize::from(self.len)) {
            *slot = byte;
        }
        match byte {
            b'0'..=b'9' => {
                self.value = self.value.saturating_mul(10).saturating_add(i32::from(byte - b'0'));
            }
            b'-' if self.len == 0 => self.negative = true,
            _ => self.not_a_number = true,
        }
        self.last = byte;
        self.len = self.len.saturating_add(1);
    }

    /// Whether the field is exactly `text`, of at most three bytes.
    #[inline(always)] // one comparison then
    pub(super) fn is<const N: usize>(&self, text: &[u8; N]) -> bool {
        self.key() == key(text)
    }

    /// Whether the field begins with `text`, of at most three bytes.
    #[inline(always)]
    pub(super) fn starts_with<const N: usize>(&self, text: &[u8; N]) -> bool {
        (self.key() ^ key(text)).trailing_zeros() as usize >= 8 * N
    }

    /// Its first three bytes and its length.
    fn key(&self) -> u32 {
        let [one, two, three] = self.head;
        u32::from_le_bytes([one, two, three, self.len])
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The field as a decimal number.
    fn value(&self) -> Option<i32> {
        let digits = self.len.saturating_sub(u8::from(self.negative));
        let value = if self.negative { self.value.saturating_neg() } else { self.value };
        (digits > 0 && !self.not_a_number).then_some(value)
    }
}

impl Osc {
    pub(super) const NEW: Self =
        Self { field: Field::NEW, index: 0, number: None, signal: None, done: false };

    /// The number; None until it is complete, and if it is none.
    pub(super) fn number(&self) -> Option<u16> {
        self.number
    }

    /// Takes a piece of the body.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.done {
                return;
            }
            match byte {
                b';' => self.next_field(true),
                b':' if self.number == Some(99) => self.next_field(false),
                _ => self.push(byte),
            }
        }
    }

    /// The terminator came: what the OSC meant.
    pub(super) fn finish(&mut self) -> Option<Signal> {
        if !self.done {
            self.close_field(true);
        }
        self.signal
    }

    fn push(&mut self, byte: u8) {
        self.field.push(byte);
        let clipboard = self.number == Some(52) && self.index == 2;
        self.done = clipboard && !self.field.is(b"?"); // data; maybe a great deal of it
    }

    fn next_field(&mut self, semicolon: bool) {
        self.close_field(false);
        self.field = Field::NEW;
        self.index = self.index.saturating_add(1);
        if semicolon && self.number == Some(99) && self.index > 1 {
            self.done = true; // kitty's payload
        }
    }

    /// One field is complete; `last` if it is the last one.
    fn close_field(&mut self, last: bool) {
        let field = self.field;
        match (self.index, self.number) {
            (0, _) => self.close_number(last),
            (_, Some(133 | 633)) => self.close_mark(),
            (_, Some(9)) => self.close_nine(last),
            (_, Some(99)) => self.close_kitty(),
            (1, Some(777)) => {
                let notify = field.starts_with(b"not") && field.len == 6 && field.last == b'y';
                self.decide(notify.then_some(Signal::Notification));
            }
            (_, Some(10..=19 | 50)) | (2, Some(4 | 5 | 52)) | (3.., Some(4 | 5)) if field.is(b"?") => {
                self.decide(Some(Signal::Query));
            }
            (_, Some(21)) if field.last == b'?' => self.decide(Some(Signal::Query)),
            (1, Some(3 | 22)) => self.decide(field.starts_with(b"?").then_some(Signal::Query)),
            (1, Some(1337)) => {
                let query = field.starts_with(b"Rep") || field.starts_with(b"Cap");
                self.decide(query.then_some(Signal::Query));
            }
            _ => {}
        }
    }

    fn close_number(&mut self, last: bool) {
        let number = if self.field.negative { None } else { self.field.value() };
        self.number = number.and_then(|number| u16::try_from(number).ok());
        match self.number {
            Some(0 | 2) if !last => self.decide(Some(Signal::Title)),
            Some(60 | 61) => self.decide(Some(Signal::Query)), // xterm: allowed and disallowed features
            Some(3..=5 | 9..=19 | 21 | 22 | 50 | 52 | 99 | 133 | 633 | 777 | 1337) => {}
            _ => self.decide(None),
        }
    }

    /// `133;D;0;aid=7`: the mark is field 1, the exit code field 2.
    fn close_mark(&mut self) {
        let prompt = |mark| Some(Signal::Prompt(mark));
        let (mark, semantic) = (self.field, self.number == Some(133));
        match self.index {
            1 if mark.is(b"A") => self.decide(prompt(PromptMark::PromptStart)),
            // Semantic prompts have more ways to say it; in OSC 633 P is a property.
            1 if semantic && (mark.is(b"N") || mark.is(b"P")) => self.decide(prompt(PromptMark::PromptStart)),
            1 if mark.is(b"B") || semantic && mark.is(b"I") => self.decide(prompt(PromptMark::CommandStart)),
            1 if mark.is(b"C") => self.decide(prompt(PromptMark::CommandExecuted)),
            1 if mark.is(b"D") => self.signal = prompt(PromptMark::CommandFinished { exit: None }),
            1 => self.decide(None),
            _ => self.decide(prompt(PromptMark::CommandFinished { exit: mark.value() })),
        }
    }

    /// OSC 9 is a notification (iTerm2) unless it is one of ConEmu's commands 1 to 12.
    fn close_nine(&mut self, last: bool) {
        let value = self.field.value();
        match (self.index, value) {
            (1, Some(4)) => self.signal = Some(Signal::Progress(Progress::Clear)),
            (1, Some(12)) => self.decide(Some(Signal::Prompt(PromptMark::PromptStart))),
            (1, Some(1..=11)) => self.decide(None),
            (1, _) if last && self.field.is_empty() => self.decide(None),
            (1, _) => self.decide(Some(Signal::Notification)),
            (2, state) => match progress(state) {
                None => self.decide(None),
                told => self.signal = told.map(Signal::Progress),
            },
            _ => {
                let told = self.signal;
                self.decide(told.map(|signal| with_amount(signal, value)));
            }
        }
    }

    /// Metadata of kitty's notifications, `key=value` with colons between; `d=0`: more will follow.
    fn close_kitty(&mut self) {
        let field = self.field;
        match self.signal {
            None if self.index == 1 => self.signal = Some(Signal::Notification),
            _ => {}
        }
        if field.is(b"p=?") || field.starts_with(b"p=a") {
            self.decide(Some(Signal::Query));
        } else if field.is(b"d=0") || field.starts_with(b"p=") && !matches!(field.head, [_, _, b't' | b'b']) {
            self.decide(None);
        }
    }

    fn decide(&mut self, signal: Option<Signal>) {
        self.signal = signal;
        self.done = true;
    }
}

/// [`Field::key`] of a field that is `text`, of at most three bytes.
#[inline(always)]
fn key<const N: usize>(text: &[u8; N]) -> u32 {
    let at = |index| text.get(index).copied().unwrap_or(0);
    u32::from_le_bytes([at(0), at(1), at(2), N as u8])
}

fn progress(state: Option<i32>) -> Option<Progress> {
    match state.unwrap_or(0) {
        0 => Some(Progress::Clear),
        1 => Some(Progress::Percent(0)),
        2 => Some(Progress::Error(None)),
        3 => Some(Progress::Indeterminate),
        4 => Some(Progress::Paused(None)),
        _ => None,
    }
}

fn with_amount(signal: Signal, value: Option<i32>) -> Signal {
    let percent = value.map(|value| value.clamp(0, 100) as u8);
    match signal {
        Signal::Progress(Progress::Percent(_)) => Signal::Progress(Progress::Percent(percent.unwrap_or(0))),
        Signal::Progress(Progress::Error(_)) => Signal::Progress(Progress::Error(percent)),
        Signal::Progress(Progress::Paused(_)) => Signal::Progress(Progress::Paused(percent)),
        other => other,
    }
}
