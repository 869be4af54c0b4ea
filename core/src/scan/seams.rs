//! *Seams*: where a terminal that saw the output up to there may be followed by another, which gets the rest.
//!
//! The same places as [`Resync`](super::Resync) marks, for those who need nothing else of the stream: neither tokens nor how good a
//! place is. It is a tenth of a [`Scanner`](super::Scanner).

use super::machine::{Encoding, Event, Machine, State};
use super::resync::LIMIT;

/// The private mode of a synchronised update.
const UPDATE: u32 = 2026;

/// Finds the last seam of one stream.
///
/// ```
/// use stillwire::scan::Seams;
///
/// let mut seams = Seams::new(1_000);
/// seams.handle(b"one\ntwo\x1b[3");
/// assert_eq!(seams.last(), 1_007); // within the sequence there is none
/// seams.handle(b"1mred");
/// assert_eq!(seams.last(), 1_015);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Seams {
    machine: Machine,
    /// Bytes of the stream so far.
    offset: u64,
    last: u64,
    /// Where the synchronised update that is open began.
    update: Option<u64>,
    sequence: Sequence,
}

/// What matters of an escape or control sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Sequence {
    /// Of the bytes before the final one.
    len: u8,
    private: bool,
    /// It has bytes that a mode has not.
    other: bool,
    /// The parameter that has begun.
    param: u32,
    /// Whether one before it is [`UPDATE`].
    update: bool,
}

impl Seams {
    /// Of a stream that goes on at `offset`, where a terminal was just reset.
    pub const fn new(offset: u64) -> Self {
        Self {
            machine: Machine::new(Encoding::Utf8),
            offset,
            last: offset,
            update: None,
            sequence: Sequence { len: 0, private: false, other: false, param: 0, update: false },
        }
    }

    /// More of the stream came.
    pub fn handle(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.machine.is_ground() {
                let plain = |byte: &u8| *byte < 0x80 && *byte != 0x1B;
                let end = rest.iter().position(|byte| !plain(byte)).unwrap_or(rest.len());
                self.offset = self.offset.saturating_add(end as u64);
                if end > 0 {
                    self.mark();
                }
                rest = rest.get(end..).unwrap_or_default();
            }
            let Some((byte, behind)) = rest.split_first() else { return };
            rest = behind;
            self.step(*byte);
        }
    }

    /// The last one, as an offset of the stream.
    pub const fn last(&self) -> u64 {
        self.last
    }

    fn step(&mut self, byte: u8) {
        if self.machine.breaks_pending(byte) {
            self.machine.clear_pending();
            self.mark();
        }
        let escape = matches!(self.machine.state, State::Escape | State::StringEscape(_));
        let event = self.machine.step(byte);
        self.offset = self.offset.saturating_add(1);
        match event {
            Event::Print | Event::Invalid => self.machine.clear_pending(),
            Event::Begin => self.sequence = Sequence::default(),
            Event::Collect(byte) => self.sequence.collect(byte),
            // RIS
            Event::Esc(b'c') if escape => self.update = None,
            Event::Csi(b'h') if self.sequence.is_update() => {
                self.update = self.update.or(Some(self.offset));
            }
            Event::Csi(b'l') if self.sequence.is_update() => self.update = None,
            _ => {}
        }
        if self.machine.is_ground() {
            self.mark();
        }
    }

    /// Stands between two sequences.
    fn mark(&mut self) {
        if self.update.is_some_and(|start| self.offset.saturating_sub(start) > LIMIT) {
            self.update = None;
        }
        if self.update.is_none() {
            self.last = self.offset;
        }
    }
}

impl Sequence {
    fn collect(&mut self, byte: u8) {
        match byte {
            b'?' if self.len == 0 => self.private = true,
            b'0'..=b'9' => self.param = self.param.saturating_mul(10).saturating_add(u32::from(byte - b'0')),
            b';' => {
                self.update |= self.param == UPDATE;
                self.param = 0;
            }
            _ => self.other = true,
        }
        self.len = 1;
    }

    const fn is_update(&self) -> bool {
        self.private && !self.other && (self.update || self.param == UPDATE)
    }
}
