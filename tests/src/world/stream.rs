//! What is printed and typed: every byte is a function of its place, so it can be checked without being kept.

use crate::random::Random;

/// A stream is made of blocks of so many bytes.
pub(super) const BLOCK: usize = 64;
/// Of so many blocks one begins by switching bracketed paste, on or off.
const SWITCHES: u64 = 8;
/// Clients whose typing can be told apart at the session's end.
pub(super) const TYPISTS: usize = 23;

/// The output of one life of one session.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    epoch: u64,
    /// Whether it goes back and paints, too.
    paints: bool,
    /// The block that was asked for last.
    number: u64,
    block: [u8; BLOCK],
    /// Bit i: byte i completes a visible character.
    visible: u64,
}

/// A block that is being written.
struct Pen<'b> {
    block: &'b mut [u8; BLOCK],
    len: usize,
    visible: u64,
}

impl Pen<'_> {
    /// Writes `bytes` if they leave room for the end of the line.
    fn control(&mut self, bytes: &[u8]) {
        if self.len + bytes.len() + 2 <= BLOCK {
            self.block[self.len..self.len + bytes.len()].copy_from_slice(bytes);
            self.len += bytes.len();
        }
    }

    fn char(&mut self, bytes: &[u8]) {
        let before = self.len;
        self.control(bytes);
        if self.len > before {
            self.visible |= 1 << (self.len - 1);
        }
    }

    fn text(&mut self, bits: u64, upto: usize) {
        let mut bits = bits | 1 << 63;
        while self.len < upto {
            self.char(&[b'!' + (bits % 94) as u8]);
            bits = bits.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        }
    }
}

impl Stream {
    pub(super) fn new(epoch: u64, paints: bool) -> Self {
        let mut stream = Self { epoch, paints, number: u64::MAX, block: [0; BLOCK], visible: 0 };
        stream.load(0);
        stream
    }

    pub(super) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Appends the bytes from `offset` to `end` to `out`; true if a character of them is visible.
    pub(super) fn write(&mut self, mut offset: u64, end: u64, out: &mut Vec<u8>) -> bool {
        let mut visible = false;
        while offset < end {
            let from = self.load(offset);
            let to = BLOCK.min(from + (end - offset) as usize);
            out.extend_from_slice(&self.block[from..to]);
            let mask = (u64::MAX >> (BLOCK - to)) & (u64::MAX << from);
            visible |= self.visible & mask != 0;
            offset += (to - from) as u64;
        }
        visible
    }

    /// Where `bytes` are not what belongs at `offset`.
    pub(super) fn differs(&mut self, mut offset: u64, mut bytes: &[u8]) -> Option<u64> {
        while !bytes.is_empty() {
            let from = self.load(offset);
            let (piece, rest) = bytes.split_at(bytes.len().min(BLOCK - from));
            let right = &self.block[from..from + piece.len()];
            if piece != right {
                let at = piece.iter().zip(right).position(|(got, right)| got != right);
                return Some(offset + at.unwrap_or(0) as u64);
            }
            (offset, bytes) = (offset + piece.len() as u64, rest);
        }
        None
    }

    /// Whether bracketed paste is on before the byte at `offset`.
    pub(super) fn pastes(&self, offset: u64) -> bool {
        // A switch is the first eight bytes of its block.
        let complete = offset.saturating_sub(8) / BLOCK as u64;
        let switch = complete / SWITCHES * SWITCHES;
        offset >= switch * BLOCK as u64 + 8 && hash(self.epoch, switch) & 1 == 1
    }

    /// Makes the block of `offset` the current one, and says where in it that is.
    fn load(&mut self, offset: u64) -> usize {
        let number = offset / BLOCK as u64;
        if number != self.number {
            self.number = number;
            self.fill();
        }
        (offset % BLOCK as u64) as usize
    }

    fn fill(&mut self) {
        let bits = hash(self.epoch, self.number);
        let mut pen = Pen { block: &mut self.block, len: 0, visible: 0 };
        if self.number.is_multiple_of(SWITCHES) {
            pen.control(if bits & 1 == 1 { b"\x1b[?2004h" } else { b"\x1b[?2004l" });
        }
        match (bits >> 1) % 8 {
            0 => {
                pen.control(b"\x1b[1;3");
                pen.control(&[b'1' + (bits >> 40) as u8 % 7, b'm']);
                pen.text(bits, 40);
                pen.control(b"\x1b[0m");
            }
            1 => {
                pen.control(b"\x1b]0;title ");
                pen.control(&[b'a' + (bits >> 40) as u8 % 26, 7]);
            }
            2 => {
                for _ in 0..6 {
                    pen.char("é".as_bytes());
                    pen.char("→".as_bytes());
                }
            }
            3 if self.paints => {
                pen.text(bits, 30);
                pen.control(b"\r\x1b[K");
            }
            4 if self.paints => pen.control(b"\x1b[H\x1b[2J"),
            5 => {
                pen.control(b"\x1b[?2026h");
                pen.text(bits, 30);
                pen.control(b"\x1b[?2026l");
            }
            6 => {
                pen.control(b"\x1b[38:2::10:20:30m\x1b(B");
                pen.text(bits, 33);
                pen.control(b"\x1b[m\t");
            }
            _ => {}
        }
        pen.text(bits.rotate_left(17), BLOCK - 2);
        pen.len = BLOCK - 2;
        let visible = pen.visible;
        self.block[BLOCK - 2..].copy_from_slice(b"\r\n");
        self.visible = visible;
    }
}

/// Byte number `number` that client `client` types; which of [`TYPISTS`] it is can be read from it.
pub(super) fn typed(client: usize, number: u64) -> u8 {
    0x20 + 4 * (client % TYPISTS) as u8 + (hash(client as u64, number) >> 40) as u8 % 4
}

/// Who typed `byte`, modulo [`TYPISTS`].
pub(super) const fn typist(byte: u8) -> usize {
    (byte as usize).wrapping_sub(0x20) / 4
}

/// What a message or its reply says.
pub(super) fn payload(kind: u64, client: usize, id: u64, out: &mut Vec<u8>) {
    let bits = hash(kind ^ (client as u64) << 8, id);
    out.clear();
    let mut random = Random::new(bits);
    for _ in 0..bits % 40 {
        out.push(random.bits() as u8);
    }
}

fn hash(a: u64, b: u64) -> u64 {
    let z = (a ^ b.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use stillwire::monitor::{Config, Monitor};
    use stillwire::scan::Mode;
    use stillwire::{Duration, Instant};

    #[test]
    fn what_is_said_of_a_stream_is_what_the_core_finds_in_it() {
        let mut random = Random::new(5);
        for epoch in 0..20 {
            let mut stream = Stream::new(epoch, false);
            let mut monitor = Monitor::new(Config::DEFAULT, Instant::ZERO);
            let (mut offset, mut now, mut bytes) = (0, Instant::ZERO, Vec::new());
            for _ in 0..2_000 {
                bytes.clear();
                let end = offset + 1 + random.below(90) as u64;
                let visible = stream.write(offset, end, &mut bytes);
                assert_eq!(stream.differs(offset, &bytes), None);
                (offset, now) = (end, now + Duration::from_micros(random.bits() % 2_000_000));
                drop(monitor.handle_output(now, &bytes));
                let output = monitor.last_output();
                assert_eq!(visible, output.visible > 0, "epoch {epoch} before {offset}: {bytes:?}");
                assert_eq!(output.visible, output.appended, "epoch {epoch} before {offset}: {bytes:?}");
                assert_eq!(monitor.modes().is_on(Mode::BracketedPaste), stream.pastes(offset));
            }
        }
    }

    #[test]
    fn a_byte_that_is_not_in_its_place_is_found() {
        let mut stream = Stream::new(9, true);
        let mut bytes = Vec::new();
        stream.write(1_000, 2_000, &mut bytes);
        assert_eq!(stream.differs(1_000, &bytes), None);
        bytes[77] ^= 1;
        assert_eq!(stream.differs(1_000, &bytes), Some(1_077));
        assert_eq!(stream.differs(0, b""), None);
        for client in 0..TYPISTS {
            assert_eq!(typist(typed(client, 7)), client);
        }
    }
}
