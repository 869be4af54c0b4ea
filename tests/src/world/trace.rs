//! What happened, as a hash of everything and, if somebody wants to read it, as lines.

use core::fmt::{self, Arguments, Display, Formatter};

use stillwire::link::frame::Frame;

/// The hash of a run, and a window of it in words.
#[derive(Debug)]
pub(super) struct Trace {
    hash: u64,
    /// Lines are printed from this event on.
    from: u64,
    /// The number of the event that is being handled, and the time.
    event: u64,
    now: u64,
}

impl Trace {
    /// Prints nothing before event `from`; [`u64::MAX`]: nothing at all.
    pub(super) fn new(seed: u64, from: u64) -> Self {
        Self { hash: seed, from, event: 0, now: 0 }
    }

    /// Another event begins.
    pub(super) fn event(&mut self, now: u64, entity: usize) {
        self.event += 1;
        self.now = now;
        self.word(now);
        self.word(entity as u64);
    }

    pub(super) fn events(&self) -> u64 {
        self.event
    }

    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    /// Everything that moves is part of the hash.
    pub(super) fn word(&mut self, word: u64) {
        self.hash = (self.hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23);
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        for &byte in rest {
            self.word(u64::from(byte));
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.event >= self.from
    }

    /// One line, if anybody reads.
    #[inline]
    pub(super) fn line(&self, line: Arguments<'_>) {
        if self.is_on() {
            println!("{:>9} {:>14.6} {line}", self.event, self.now as f64 / 1e6);
        }
    }
}

/// A frame in words, with the length of its payload in place of it.
pub(super) struct Brief<'a>(pub(super) Frame<'a>);

impl Display for Brief<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Frame::Output { offset, bytes } => write!(f, "output {offset} + {}", bytes.len()),
            Frame::Input { number, bytes } => write!(f, "input {number} + {}", bytes.len()),
            Frame::Snapshot { offset, last, bytes } => {
                write!(f, "snapshot {offset}, {} bytes{}", bytes.len(), if last { ", last" } else { "" })
            }
            Frame::Bootstrap { key, bytes } => write!(f, "bootstrap {key}, {} bytes", bytes.len()),
            Frame::Message { id, bytes, .. } => write!(f, "message {id}, {} bytes", bytes.len()),
            Frame::Reply { id, outcome, bytes } => write!(f, "reply {id} {outcome:?}, {} bytes", bytes.len()),
            Frame::Unknown { kind, bytes } => write!(f, "unknown {kind:#x}, {} bytes", bytes.len()),
            other => write!(f, "{other:?}"),
        }
    }
}
