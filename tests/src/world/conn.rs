//! One connection between a client and the host: two pipes and the state of both drivers.

use stillwire::link::close::CloseReason;
use stillwire::link::frame::wire::Wire;
use stillwire::link::frame::{Frame, MAX_HEAD, MIN_BODY};
use stillwire::link::host::PeerId;
use stillwire::link::reconnect::Generation;

use super::pipe::{Line, Pipe};
use super::plan::Kind;
use super::trace::Trace;
use crate::random::Random;

/// What a driver keeps for one end of a connection.
#[derive(Debug)]
pub(super) struct End<'b> {
    /// The driver has it.
    pub(super) open: bool,
    pub(super) wire: Wire<'b>,
    /// A frame of which the last bytes have not been written.
    out: Vec<u8>,
    at: usize,
    /// Nothing was written on it yet.
    pub(super) fresh: bool,
    /// It waits for room.
    pub(super) blocked: bool,
    /// When bytes came last, or it was opened.
    pub(super) heard: u64,
    /// Errors of both lines until then.
    pub(super) errors: u64,
    /// When the pipe took bytes last.
    pub(super) wrote: u64,
    /// This end is not to be blamed for calling the other one dead, until then and for a while after.
    pub(super) excuse: u64,
}

/// Who a connection is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    Client(usize, Generation),
    /// Somebody who is up to no good.
    Rogue(usize),
}

/// One connection.
#[derive(Debug)]
pub(super) struct Conn<'b> {
    pub(super) from: Option<From>,
    pub(super) up: Pipe,
    pub(super) down: Pipe,
    /// The client's end, and the host's.
    pub(super) near: End<'b>,
    pub(super) far: End<'b>,
    pub(super) peer: Option<PeerId>,
    /// When the host accepts it, and when the client is told.
    pub(super) accepts: u64,
    pub(super) connects: u64,
    /// Nobody is there to accept.
    pub(super) refused: bool,
    /// What the ends of both directions say, on links that can.
    pub(super) up_says: CloseReason,
    pub(super) down_says: CloseReason,
    /// When the client has to have noticed that it is dead.
    pub(super) probed: u64,
    /// It was let in, and when the host accepted it.
    pub(super) attached: bool,
    pub(super) accepted: u64,
    /// When the client was welcomed.
    pub(super) welcomed: Option<u64>,
}

/// What became of writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) some: bool,
    pub(super) all: bool,
}

impl<'b> End<'b> {
    pub(super) fn new(wire: Wire<'b>) -> Self {
        End {
            open: false,
            wire,
            out: Vec::new(),
            at: 0,
            fresh: true,
            blocked: false,
            heard: 0,
            errors: 0,
            wrote: 0,
            excuse: 0,
        }
    }

    /// Bytes of a body that may be asked for now; None: there is no room, or a frame waits.
    pub(super) fn room(&mut self, pipe: &Pipe, buffered: bool, max_body: usize) -> Option<usize> {
        if self.at < self.out.len() {
            return None;
        }
        let room = if buffered { max_body } else { self.wire.max_body(pipe.room()).min(max_body) };
        self.blocked = room < MIN_BODY || pipe.room() == 0;
        (!self.blocked).then_some(room)
    }

    /// Makes `frame` what is written next.
    pub(super) fn encode(&mut self, frame: &Frame<'_>, opening: bool) {
        self.out.clear();
        self.at = 0;
        if opening {
            self.out.extend_from_slice(self.wire.opening());
        }
        let begin = self.out.len();
        let body = frame.payload().len() + MAX_HEAD;
        self.out.resize(begin + self.wire.max_len(body), 0);
        let len = self.wire.encode(frame, &mut self.out[begin..]).expect("there is room for every frame");
        self.out.truncate(begin + len);
    }

    /// Raw bytes, of somebody who does not keep to the format.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Writes as much as the pipe takes.
    pub(super) fn write(
        &mut self,
        now: u64,
        pipe: &mut Pipe,
        random: &mut Random,
        trace: &mut Trace,
    ) -> Written {
        let rest = &self.out[self.at..];
        let taken = pipe.write(now, rest, true, random);
        trace.bytes(&rest[..taken]);
        self.at += taken;
        if taken > 0 {
            self.wrote = now;
        }
        let all = self.at == self.out.len();
        self.blocked = !all;
        if all {
            self.out.clear();
            self.at = 0;
        }
        Written { some: taken > 0, all }
    }

    /// Only so much of what waits is ever written.
    pub(super) fn cut(&mut self, len: usize) {
        self.out.truncate(self.at + len);
    }

    /// Bytes wait to be written.
    pub(super) fn waits(&self) -> bool {
        self.at < self.out.len()
    }

    /// For another connection.
    pub(super) fn renew(&mut self, wire: Wire<'b>, now: u64) {
        let mut out = core::mem::take(&mut self.out);
        out.clear();
        *self = End { out, heard: now, wrote: now, ..End::new(wire) };
    }
}

impl<'b> Conn<'b> {
    pub(super) fn new(line: Line) -> Self {
        Self {
            from: None,
            up: Pipe::new(line),
            down: Pipe::new(line),
            near: End::new(Wire::messages()),
            far: End::new(Wire::messages()),
            peer: None,
            accepts: u64::MAX,
            connects: u64::MAX,
            refused: false,
            up_says: CloseReason::Abnormal,
            down_says: CloseReason::Abnormal,
            probed: u64::MAX,
            attached: false,
            accepted: 0,
            welcomed: None,
        }
    }

    pub(super) fn client(&self) -> Option<(usize, Generation)> {
        match self.from {
            Some(From::Client(client, generation)) => Some((client, generation)),
            _ => None,
        }
    }

    /// When something comes out at the host's end, and at the client's.
    pub(super) fn up_due(&self) -> u64 {
        if !self.far.open { self.accepts } else { self.up.due() }
    }

    pub(super) fn down_due(&self) -> u64 {
        if self.connects != u64::MAX {
            self.connects
        } else if self.near.open {
            self.down.due()
        } else {
            u64::MAX
        }
    }

    /// Neither end is to be blamed for what it thinks of the other, until then.
    pub(super) fn excuse(&mut self, until: u64) {
        self.near.excuse = self.near.excuse.max(until);
        self.far.excuse = self.far.excuse.max(until);
    }

    /// Errors of both lines so far.
    pub(super) fn errors(&self) -> u64 {
        self.up.errors() + self.down.errors()
    }

    /// So long an answer may take on it, and be no sign of anything.
    pub(super) fn round_trip(&self) -> u64 {
        let way = |pipe: &Pipe| {
            let queue = pipe.line.capacity.max(17_000) as u64 * pipe.line.pace / 1_024;
            pipe.line.latency + pipe.line.jitter + queue + 20_000
        };
        way(&self.up) + way(&self.down)
    }

    /// The client's end is gone: what it wrote still arrives, unless the way is dead, and then the end.
    pub(super) fn leave_near(&mut self, now: u64, later: u64, says: CloseReason) {
        self.near.open = false;
        self.near.heard = now;
        self.connects = u64::MAX;
        self.down.forget();
        self.far.excuse = u64::MAX;
        self.up_says = says;
        self.probed = u64::MAX;
        if !self.far.open && self.accepts == u64::MAX {
            self.from = None;
        } else {
            self.up.close(now, later);
        }
        self.settle();
    }

    /// The host's end is gone.
    pub(super) fn leave_far(&mut self, now: u64, says: CloseReason) {
        self.far.open = false;
        self.accepts = u64::MAX;
        self.peer = None;
        self.up.forget();
        self.near.excuse = u64::MAX;
        self.down_says = says;
        self.down.close(now, 0);
        self.settle();
    }

    /// The host's process is gone; the client's end is told, or not.
    pub(super) fn vanish_far(&mut self, now: u64, told: bool) {
        self.far.open = false;
        self.accepts = u64::MAX;
        self.peer = None;
        self.up.forget();
        self.down_says = CloseReason::Abnormal;
        if told {
            self.down.reset(now + self.down.line.latency);
        } else {
            self.down.stall(u64::MAX);
        }
        self.settle();
    }

    /// The slot is free when both ends are gone.
    fn settle(&mut self) {
        if matches!(self.from, Some(From::Rogue(_))) && !self.far.open && self.accepts == u64::MAX {
            self.near.open = false; // nobody waits for it
        }
        if !self.near.open && !self.far.open && self.accepts == u64::MAX {
            self.from = None;
        }
    }
}

/// A wire of that kind; what a noisy one needs is cut off `memory`.
pub(super) fn wire<'b>(kind: Kind, max_body: u16, memory: &mut &'b mut [u8]) -> Wire<'b> {
    match kind {
        Kind::Messages => Wire::messages(),
        Kind::Stream => Wire::stream(),
        Kind::Noisy => {
            let len = usize::from(max_body) + 8;
            if memory.len() < len {
                *memory = Box::leak(vec![0; 1 << 16].into_boxed_slice());
            }
            let (buffer, rest) = core::mem::take(memory).split_at_mut(len);
            *memory = rest;
            Wire::noisy(buffer)
        }
    }
}
