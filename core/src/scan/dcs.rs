//! Device control strings and application program commands: only whether they ask for an answer.

use super::osc::Field;
use super::signal::Signal;

/// `DCS params intermediates final data`: what stands before the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Dcs {
    intermediate: u8,
    last: u8,
}

/// kitty graphics, `APC G key=value,… ; data`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Apc {
    field: Field,
    begun: bool,
    query: bool,
    done: bool,
}

impl Dcs {
    /// Takes a piece of the body.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                _ if self.last != 0 => return,
                0x20..=0x2F => self.intermediate = byte,
                0x40..=0x7E => self.last = byte,
                _ => {}
            }
        }
    }

    /// XTGETTCAP and DECRQSS expect an answer.
    pub(super) fn finish(&self) -> Option<Signal> {
        let query = self.last == b'q' && matches!(self.intermediate, b'+' | b'$');
        query.then_some(Signal::Query)
    }
}

impl Apc {
    /// Takes a piece of the body.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                _ if self.done => return,
                _ if !self.begun => {
                    self.begun = true;
                    self.done = byte != b'G';
                }
                b',' | b';' => {
                    self.close_field();
                    self.done = byte == b';';
                }
                _ => self.field.push(byte),
            }
        }
    }

    /// kitty's graphics query (`a=q`) expects an answer.
    pub(super) fn finish(&mut self) -> Option<Signal> {
        self.close_field();
        self.query.then_some(Signal::Query)
    }

    fn close_field(&mut self) {
        self.query |= self.field.is(b"a=q");
        self.field = Field::default();
    }
}
