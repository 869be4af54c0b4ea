//! What must hold, checked at every step and without keeping what was sent.

use std::collections::VecDeque;

use stillwire::idle::{Event, Reason, Status};
use stillwire::monitor::{self, Monitor};
use stillwire::{Duration, Instant};

use super::stream::{self, Stream};

/// So long after the last activity a session is idle.
const STILL: Duration = Duration::from_millis(3_500);

/// What one client has seen of the session.
#[derive(Debug)]
pub(super) struct Follow {
    stream: Option<Stream>,
    at: u64,
    /// Bytes that it was told are lost, and how often.
    pub(super) lost: (u64, u64),
    /// The status that it was told last.
    pub(super) status: Option<Status>,
    /// The number of each retained payload that it was told last.
    pub(super) retained: [u64; 4],
    part: Vec<u8>,
    /// The snapshot of the last restart has not come to its end.
    pub(super) cut: bool,
}

impl Follow {
    pub(super) fn new() -> Self {
        Self {
            stream: None,
            at: 0,
            lost: (0, 0),
            status: None,
            retained: [0; 4],
            part: Vec::new(),
            cut: false,
        }
    }

    /// It was let in, to this life of the session. True: to another than before.
    pub(super) fn welcome(&mut self, epoch: u64, paints: bool) -> bool {
        let anew = self.stream.as_ref().is_none_or(|stream| stream.epoch() != epoch);
        if anew {
            *self = Self { stream: Some(Stream::new(epoch, paints)), lost: self.lost, ..Self::new() };
        }
        anew
    }

    /// How far it has seen, and of what.
    pub(super) fn place(&self) -> Option<(u64, u64)> {
        self.stream.as_ref().map(|stream| (stream.epoch(), self.at))
    }

    pub(super) fn output(&mut self, offset: u64, bytes: &[u8]) -> Result<(), String> {
        let Some(stream) = &mut self.stream else { return Err("output before a welcome".into()) };
        if offset != self.at {
            return Err(format!("output at {offset} where {} is due", self.at));
        }
        if let Some(wrong) = stream.differs(offset, bytes) {
            return Err(format!("output at {wrong} is not what was printed there"));
        }
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// It goes on elsewhere. `oldest`: the first byte that the host still has; None: bytes may be lost on the way.
    pub(super) fn restart(
        &mut self,
        lost: u64,
        offset: u64,
        modes: Option<&[u8]>,
        oldest: Option<u64>,
    ) -> Result<(), String> {
        let Some(stream) = &mut self.stream else { return Err("a restart before a welcome".into()) };
        // After a snapshot that was lost in part all begins anew, further back.
        let back = lost == 0 && offset < self.at && self.cut;
        if offset != self.at + lost && !back {
            return Err(format!("at {}, {lost} lost, but going on at {offset}", self.at));
        }
        if let Some(oldest) = oldest.filter(|oldest| lost > 0 && self.at >= *oldest) {
            return Err(format!("{lost} bytes lost at {}, and the host has all from {oldest} on", self.at));
        }
        if let Some(modes) = modes {
            let on = modes.windows(8).any(|bytes| bytes == b"\x1b[?2004h");
            if on != stream.pastes(offset) {
                return Err(format!("at {offset} bracketed paste is {}, was told {on}", !on));
            }
        }
        self.at = offset;
        if lost > 0 {
            self.lost = (self.lost.0 + lost, self.lost.1 + 1);
        }
        Ok(())
    }
}

impl Follow {
    /// A part of a retained payload came, which begins with its number.
    pub(super) fn retained(&mut self, key: u32, bytes: &[u8], at: usize, rest: usize) -> Result<(), String> {
        if at == 0 {
            self.part.clear();
        }
        if self.part.len() != at {
            return Err(format!("retained payload {key} goes on at {at}"));
        }
        self.part.extend_from_slice(bytes);
        if rest > 0 {
            return Ok(());
        }
        let told = &mut self.retained[key as usize];
        let (number, filling) = self.part.split_at(8);
        let number = u64::from_be_bytes(number.try_into().expect("eight bytes"));
        if number < *told || filling.iter().any(|byte| u32::from(*byte) != key) {
            return Err(format!("retained payload {key}: number {number} after {told}"));
        }
        *told = number;
        Ok(())
    }
}

/// What the port of one life of a session was given, client by client.
#[derive(Debug)]
pub(super) struct Port {
    typists: Vec<Typist>,
    /// Bytes.
    pub(super) taken: u64,
}

#[derive(Clone, Debug, Default)]
struct Typist {
    /// Where it may be: after what nobody can tell whether it was lost, there are several.
    places: Vec<u64>,
    /// From anywhere in such a span the next may be its end.
    jumps: Vec<(u64, u64)>,
}

impl Typist {
    /// Where it may go on: where it may be, and the ends of what it may have dropped from there.
    fn reach(&self) -> Vec<u64> {
        let mut places = self.places.clone();
        let mut seen = 0;
        while let Some(&place) = places.get(seen) {
            seen += 1;
            for &(from, to) in &self.jumps {
                if (from..to).contains(&place) && !places.contains(&to) {
                    places.push(to);
                }
            }
        }
        places
    }
}

impl Port {
    pub(super) fn new() -> Self {
        Self { typists: vec![Typist::default(); stream::TYPISTS], taken: 0 }
    }

    /// The first that it will be given of `client` is byte `number`.
    pub(super) fn begin(&mut self, client: usize, number: u64) {
        if let Some(typist) = self.typists.get_mut(client) {
            *typist = Typist { places: vec![number], jumps: Vec::new() };
        }
    }

    /// The client dropped these, which may have been applied or not.
    pub(super) fn dropped(&mut self, client: usize, from: u64, to: u64) {
        if let Some(typist) = self.typists.get_mut(client) {
            typist.jumps.push((from, to));
        }
    }

    pub(super) fn takes(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.taken += bytes.len() as u64;
        for &byte in bytes {
            let client = stream::typist(byte);
            let typist = self.typists.get_mut(client).ok_or(format!("nobody types {byte:#x}"))?;
            let mut after = Vec::new();
            for at in typist.reach() {
                if stream::typed(client, at) == byte && !after.contains(&(at + 1)) {
                    after.push(at + 1);
                }
            }
            if after.is_empty() {
                return Err(format!("typist {client}: byte {byte:#x} where {:?} is due", typist.places));
            }
            typist.places = after;
        }
        Ok(())
    }

    /// Whether it may have been given all before `number`.
    pub(super) fn has(&self, client: usize, number: u64) -> bool {
        let Some(typist) = self.typists.get(client) else { return true };
        typist.reach().contains(&number)
    }

    pub(super) fn places(&self, client: usize) -> &[u64] {
        self.typists.get(client).map_or(&[], |typist| &typist.places)
    }
}

/// What the status has to be: by three lines, where sessions only append; else by a monitor beside the host's.
#[derive(Debug)]
pub(super) struct Judge {
    now: Instant,
    active: Instant,
    ever: bool,
    since: Instant,
    status: Status,
    told: Status,
    /// What the host has told.
    pub(super) last: Event,
    shadow: Option<Box<Monitor>>,
}

impl Judge {
    pub(super) fn new(config: Option<monitor::Config>, now: Instant) -> Self {
        let status = Status::Running;
        Self {
            now,
            active: now,
            ever: false,
            since: now,
            status,
            told: status,
            last: Event { at: now, status },
            shadow: config.map(|config| Box::new(Monitor::new(config, now))),
        }
    }

    pub(super) fn output(&mut self, now: Instant, bytes: &[u8], visible: bool) {
        if let Some(shadow) = &mut self.shadow {
            drop(shadow.handle_output(now, bytes));
        } else if visible {
            self.activity(now);
        }
    }

    pub(super) fn input(&mut self, now: Instant, bytes: &[u8]) {
        if let Some(shadow) = &mut self.shadow {
            shadow.handle_input(now, bytes);
        } else if !bytes.is_empty() {
            self.activity(now);
        }
    }

    pub(super) fn exit(&mut self, now: Instant, exit: stillwire::idle::Exit) {
        if let Some(shadow) = &mut self.shadow {
            shadow.handle_exit(now, exit);
        } else {
            self.advance(now);
            (self.since, self.status) = (self.now, Status::Exited(exit));
        }
    }

    fn activity(&mut self, now: Instant) {
        self.advance(now);
        if self.status != Status::Running {
            (self.since, self.status) = (self.now, Status::Running);
        }
        (self.active, self.ever) = (self.now, true);
    }

    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        if self.status == Status::Running && self.now >= self.active + STILL {
            let reason = if self.ever { Reason::Quiet } else { Reason::NeverActive };
            (self.since, self.status) = (self.active + STILL, Status::Idle(reason));
        }
    }

    /// The host was polled, and told this.
    pub(super) fn told(&mut self, now: Instant, event: Event) -> Result<(), String> {
        let due = match &mut self.shadow {
            Some(shadow) => shadow.poll(now),
            None => {
                self.advance(now);
                (self.told != self.status).then_some(Event { at: self.since, status: self.status })
            }
        };
        (self.told, self.last) = (event.status, event);
        if due == Some(event) { Ok(()) } else { Err(format!("told {event:?}, due is {due:?}")) }
    }

    /// The host was polled until it said nothing more.
    pub(super) fn silent(&mut self, now: Instant) -> Result<(), String> {
        match &mut self.shadow {
            Some(shadow) => match shadow.poll(now) {
                Some(due) => Err(format!("nothing was told, due is {due:?}")),
                None => Ok(()),
            },
            None => {
                self.advance(now);
                let right = self.status == self.told;
                if right { Ok(()) } else { Err(format!("is told {:?}, is {:?}", self.told, self.status)) }
            }
        }
    }
}

/// The requests of one client, and what became of them.
#[derive(Debug, Default)]
pub(super) struct Asked {
    open: VecDeque<u64>,
    last: u64,
    reply: Vec<u8>,
}

impl Asked {
    pub(super) fn ask(&mut self, id: u64) {
        self.open.push_back(id);
        self.last = id;
    }

    /// The id that the next request gets.
    pub(super) fn next_id(&self) -> u64 {
        self.last + 1
    }

    /// Nobody will answer it. Whether it was asked.
    pub(super) fn lost(&mut self, id: u64) -> bool {
        let open = self.open.len();
        self.open.retain(|open| *open != id);
        self.open.len() < open
    }

    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    /// A part of a reply came; `right`: what it has to be, if there is only one right answer.
    pub(super) fn reply(
        &mut self,
        id: u64,
        part: (&[u8], usize, usize),
        right: Option<&[u8]>,
    ) -> Result<(), String> {
        let (bytes, at, rest) = part;
        if at == 0 {
            self.reply.clear();
        }
        if self.reply.len() != at {
            return Err(format!("a reply to {id} goes on at {at}, has {}", self.reply.len()));
        }
        self.reply.extend_from_slice(bytes);
        if rest > 0 {
            return Ok(());
        }
        let Some(place) = self.open.iter().position(|open| *open == id) else {
            return Err(format!("a reply to {id}, which is not open"));
        };
        self.open.remove(place);
        match right {
            Some(right) if right != self.reply => Err(format!("the wrong reply to {id}")),
            _ => Ok(()),
        }
    }
}
