//! One direction of a connection: what is written at one end comes out at the other, later, in other pieces, or never.
//!
//! ```text
//!   write ─▶│ held ≤ capacity: the send buffer, the line, the receive buffer │─▶ take
//!           │   line: bandwidth, then latency and jitter; never out of order │
//!           │   stalled until …, dead (for ever), noise, an end behind it all │
//! ```

use std::collections::VecDeque;

use crate::random::Random;

/// What a pipe is like while nothing goes wrong.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// µs from one end to the other, and what may be added.
    pub(super) latency: u64,
    pub(super) jitter: u64,
    /// µs for 1,024 bytes.
    pub(super) pace: u64,
    /// Bytes that may have been written and not been read.
    pub(super) capacity: usize,
    /// Bytes between two errors, about; 0: there are none.
    pub(super) noise: u64,
}

/// One direction.
#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) line: Line,
    data: Vec<u8>,
    head: usize,
    segments: VecDeque<Segment>,
    /// When the line has sent what was written.
    free: u64,
    /// When what was written last arrives.
    last: u64,
    /// Nothing comes out before.
    stalled: u64,
    /// When the end comes out.
    end: u64,
    /// Bytes written behind the end.
    void: usize,
    /// Until when everything takes so much longer.
    slow: (u64, u64),
    /// Until when the noise is this strong.
    burst: (u64, u64),
    /// Bytes until the next error.
    clean: u64,
    /// Errors so far.
    errors: u64,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    at: u64,
    len: usize,
    /// A message ends with it.
    last: bool,
}

impl Pipe {
    pub(super) fn new(line: Line) -> Self {
        Self {
            line,
            data: Vec::new(),
            head: 0,
            segments: VecDeque::new(),
            free: 0,
            last: 0,
            stalled: 0,
            end: u64::MAX,
            void: 0,
            slow: (0, 0),
            burst: (0, 0),
            clean: 0,
            errors: 0,
        }
    }

    /// Empty again, for another connection.
    pub(super) fn renew(&mut self, line: Line, random: &mut Random) {
        let (mut data, mut segments) = (core::mem::take(&mut self.data), core::mem::take(&mut self.segments));
        data.clear();
        segments.clear();
        *self = Self { data, segments, clean: gap(line.noise, random), ..Self::new(line) };
    }

    /// Bytes that can be written.
    pub(super) fn room(&self) -> usize {
        self.line.capacity.saturating_sub(self.held())
    }

    /// Bytes that were written and not taken.
    pub(super) fn held(&self) -> usize {
        self.data.len() - self.head + self.void
    }

    /// Takes as much of `bytes` as there is room for, and says how much; `last`: a message ends with them.
    pub(super) fn write(&mut self, now: u64, bytes: &[u8], last: bool, random: &mut Random) -> usize {
        let taken = bytes.len().min(self.room());
        if taken == 0 {
            return 0;
        }
        if self.end != u64::MAX {
            self.void += taken; // there is nobody who could get it, and nobody has said so
            return taken;
        }
        let before = self.data.len();
        if self.line.noise == 0 && self.burst.0 <= now {
            self.data.extend_from_slice(&bytes[..taken]);
        } else {
            self.write_noisily(now, &bytes[..taken], random);
        }
        let len = self.data.len() - before;
        self.free = self.free.max(now) + taken as u64 * self.line.pace / 1_024;
        let last = last && taken == bytes.len();
        let bits = random.bits();
        if len > 1 && bits & 7 == 0 {
            let cut = 1 + (bits >> 8) as usize % (len - 1);
            self.send(Segment { at: self.free, len: cut, last: false }, random);
            self.send(Segment { at: self.free + (bits >> 40) % 20_000, len: len - cut, last }, random);
        } else {
            self.send(Segment { at: self.free, len, last }, random);
        }
        taken
    }

    fn send(&mut self, segment: Segment, random: &mut Random) {
        if segment.len == 0 {
            return; // noise took all of it
        }
        let jitter = if self.line.jitter == 0 { 0 } else { random.bits() % self.line.jitter };
        let more = if segment.at < self.slow.0 { self.slow.1 } else { 0 };
        self.last = self.last.max(segment.at + self.line.latency + jitter + more);
        self.segments.push_back(Segment { at: self.last, ..segment });
    }

    fn write_noisily(&mut self, now: u64, bytes: &[u8], random: &mut Random) {
        let mean = if self.burst.0 > now { self.burst.1 } else { self.line.noise };
        for &byte in bytes {
            if self.clean > 0 || mean == 0 {
                self.clean = self.clean.saturating_sub(1);
                self.data.push(byte);
                continue;
            }
            self.clean = gap(mean, random);
            self.errors += 1;
            match random.below(8) {
                0..4 => self.data.push(byte ^ (1 << random.below(8))),
                4..6 => {} // it was lost
                6 => self.data.extend([byte, random.bits() as u8]),
                _ => {
                    for _ in 0..random.below(32) {
                        self.data.push(random.bits() as u8);
                    }
                }
            }
        }
    }

    /// When something comes out next.
    pub(super) fn due(&self) -> u64 {
        let next = self.segments.front().map_or(u64::MAX, |segment| segment.at);
        let at = next.min(if self.segments.is_empty() { self.end } else { u64::MAX });
        if at == u64::MAX { at } else { at.max(self.stalled) }
    }

    /// What has come out by `now`, all of it (a whole message, if `messages`). To be [`taken`](Self::took).
    pub(super) fn arrived(&self, now: u64, messages: bool) -> &[u8] {
        let (mut len, mut whole) = (0, 0);
        if now >= self.stalled {
            for segment in self.segments.iter().take_while(|segment| segment.at <= now) {
                len += segment.len;
                if segment.last && messages {
                    whole = len;
                    break;
                }
            }
        }
        &self.data[self.head..self.head + if messages { whole } else { len }]
    }

    /// A message has arrived only in part.
    pub(super) fn is_partial(&self, now: u64) -> bool {
        !self.segments.is_empty() && self.arrived(now, true).is_empty()
    }

    /// When the next part of such a message arrives, or the end in place of it.
    pub(super) fn next_part(&self, now: u64) -> u64 {
        let next = self.segments.iter().find(|segment| segment.at > now);
        next.map_or(self.end, |segment| segment.at).max(self.stalled)
    }

    /// Whether nothing is left but the end, which came out.
    pub(super) fn ended(&self, now: u64, messages: bool) -> bool {
        let cut = || messages && self.is_partial(now) && self.segments.iter().all(|it| it.at <= now);
        self.end <= now && now >= self.stalled && (self.segments.is_empty() || cut())
    }

    /// What is only delayed comes out by then.
    pub(super) fn relieve(&mut self, by: u64) {
        if !self.is_dead() {
            self.stalled = self.stalled.min(by);
        }
    }

    /// The reader took `len` bytes.
    pub(super) fn took(&mut self, mut len: usize) {
        self.head += len;
        while let Some(first) = self.segments.front_mut() {
            if first.len > len {
                first.len -= len;
                break;
            }
            len -= first.len;
            self.segments.pop_front();
        }
        if self.head == self.data.len() {
            self.data.clear();
            self.head = 0;
        } else if self.head > 16_384 {
            self.data.drain(..self.head);
            self.head = 0;
        }
    }

    /// Nothing comes out before `until`; [`u64::MAX`]: nothing ever again.
    pub(super) fn stall(&mut self, until: u64) {
        self.stalled = self.stalled.max(until);
    }

    pub(super) fn is_dead(&self) -> bool {
        self.stalled == u64::MAX
    }

    /// The writer closed: the end follows what was written, and then `later`.
    pub(super) fn close(&mut self, now: u64, later: u64) {
        self.end = self.end.min(self.last.max(now + self.line.latency).saturating_add(later));
    }

    /// The end comes at `at`, and what is on its way is lost.
    pub(super) fn reset(&mut self, at: u64) {
        self.data.clear();
        self.segments.clear();
        self.head = 0;
        self.stalled = 0;
        self.end = at;
    }

    /// Nobody reads any more.
    pub(super) fn forget(&mut self) {
        self.reset(u64::MAX);
        self.stalled = u64::MAX;
    }

    /// It takes so much longer until then.
    pub(super) fn slow(&mut self, until: u64, more: u64) {
        self.slow = (until, more);
    }

    /// An error about every `bytes` until then.
    pub(super) fn hiss(&mut self, until: u64, bytes: u64) {
        self.burst = (until, bytes);
        self.clean = self.clean.min(bytes);
    }

    pub(super) fn errors(&self) -> u64 {
        self.errors
    }
}

/// Bytes until the next error.
fn gap(mean: u64, random: &mut Random) -> u64 {
    if mean == 0 { 0 } else { random.bits() % (2 * mean) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Line = Line { latency: 10, jitter: 5, pace: 1_024, capacity: 100, noise: 0 };

    #[test]
    fn what_is_written_comes_out_in_order_later_and_once() {
        let mut random = Random::new(3);
        let mut pipe = Pipe::new(LINE);
        let (mut written, mut taken, mut now) = (0u64, 0u64, 0u64);
        while taken < 10_000 {
            let bytes: Vec<u8> = (0..random.below(60) as u64).map(|at| (written + at) as u8).collect();
            written += pipe.write(now, &bytes, true, &mut random) as u64;
            if pipe.held() > 0 {
                now = pipe.due();
            }
            let arrived = pipe.arrived(now, false).to_vec();
            for (at, byte) in arrived.iter().enumerate() {
                assert_eq!(*byte, (taken + at as u64) as u8);
            }
            pipe.took(arrived.len());
            taken += arrived.len() as u64;
        }
    }

    #[test]
    fn a_dead_pipe_fills_up_and_a_stalled_one_goes_on() {
        let mut random = Random::new(3);
        let mut pipe = Pipe::new(LINE);
        pipe.stall(1_000);
        assert_eq!(pipe.write(0, &[7; 150], true, &mut random), 100);
        assert_eq!((pipe.room(), pipe.due()), (0, 1_000));
        assert!(pipe.arrived(999, false).is_empty());
        assert_eq!(pipe.arrived(1_000, false).len(), 100);
        pipe.stall(u64::MAX);
        assert_eq!(pipe.due(), u64::MAX);
    }
}
