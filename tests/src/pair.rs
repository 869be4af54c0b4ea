//! A host and a client with every frame between them in sight: [`Pair`], which does one small thing at a time.
//!
//! Time stands still but for [`Pair::settle`]. So a pair has finitely many states, and `exhaustive` looks at all.

use core::fmt::Debug;
use std::collections::VecDeque;

use stillwire::link::client::{self, Client, Credentials};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::stream::Part;
use stillwire::link::frame::{Frame, MIN_BODY, Role, Token, decode, encode};
use stillwire::link::history::History;
use stillwire::link::host::{self, Event, Heard, Host, Link, Peer, PeerId, Session};
use stillwire::link::reconnect::{Generation, Status};
use stillwire::link::{linger, replay};
use stillwire::{Duration, Instant, monitor};

use crate::desk::OwnedHost;

/// Of the host.
const SLOTS: usize = 2;
/// The secret.
const CREDENTIALS: Credentials<'static> = Credentials { token: Token(b"s"), session: "" };

/// What may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Bytes that the session prints.
    pub prints: u8,
    /// Bytes that are typed.
    pub keys: u8,
    /// Connections that are cut.
    pub cuts: u8,
    /// Frames that are lost, each way and on a lossy link only.
    pub losses: u8,
}

/// One small thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The session prints a byte.
    Print,
    /// A byte is typed.
    Type,
    /// The port takes what was typed.
    Port,
    /// The client sends a frame on its connection.
    Say,
    /// The host sends a frame on this connection.
    Tell(usize),
    /// The first frame to the host arrives, or that there will be no other.
    Up(usize),
    /// The first frame to the client arrives, or that there will be no other.
    Down(usize),
    /// The first frame to the host is lost.
    LoseUp(usize),
    /// The first frame to the client is lost.
    LoseDown(usize),
    /// The client finds its connection broken; the host does not know.
    Break,
    /// The host finds this connection broken; the client does not know.
    Drop(usize),
    /// The person asks for a link.
    Ask,
}

/// One connection, as long as either side has it.
#[derive(Clone, Debug)]
struct Wire {
    generation: Generation,
    /// The host's end, until it is closed.
    peer: Option<PeerId>,
    /// Whether the client has its end.
    open: bool,
    /// Nothing arrives any more, not even that it ended.
    dead: bool,
    up: VecDeque<Vec<u8>>,
    down: VecDeque<Vec<u8>>,
}

/// A host with one session, a client, and what is between them.
#[derive(Clone, Debug)]
pub struct Pair {
    /// What may still happen.
    pub budget: Budget,
    now: Instant,
    link: Link,
    host: OwnedHost,
    client: Client<Vec<u8>>,
    wires: Vec<Wire>,
    /// Bytes that were printed, and of these shown to the client or told to be lost.
    printed: u64,
    seen: u64,
    /// Bytes that were typed, and of these given to the port or told to be lost.
    typed: u64,
    applied: u64,
}

/// Byte `number` of either stream.
const fn byte(number: u64) -> u8 {
    b'a' + (number % 26) as u8
}

impl Pair {
    /// Nothing has happened. Of the output the last `history` bytes are kept.
    pub fn new(link: Link, budget: Budget, history: usize) -> Self {
        let now = Instant::ZERO;
        let session = Session::new(
            monitor::Config::DEFAULT,
            History::new(vec![0; history], 7, None),
            vec![0; 4],
            Vec::new(),
            now,
        );
        let linger = linger::Config { timeout: None, strict: false };
        let config = host::Config { linger, max_body: MIN_BODY as u16, ..host::Config::DEFAULT };
        let host = Host::new(config, vec![Peer::new(); SLOTS], vec![session], Vec::new(), now);
        let config = client::Config { link, max_body: MIN_BODY as u16, ..client::Config::DEFAULT };
        let client = Client::new(config, 1, 2, vec![0; 4], Vec::new(), now);
        let mut pair = Self {
            budget,
            now,
            link,
            host,
            client,
            wires: Vec::new(),
            printed: 0,
            seen: 0,
            typed: 0,
            applied: 0,
        };
        pair.poll();
        pair
    }

    /// All that may happen next, with at most `flight` frames on their way.
    pub fn steps(&self, flight: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut may = |is: bool, step| {
            if is {
                steps.push(step);
            }
        };
        let (typed, _) = self.host.session(0).expect("a session").typed();
        may(self.budget.prints > 0, Step::Print);
        may(self.budget.keys > 0 && self.client.wants_input() > 0, Step::Type);
        may(!typed.is_empty(), Step::Port);
        // With a slot for it: one that is turned away could ask for ever.
        let is_down = self.client.generation().is_none() && self.client.next_dial().is_some();
        may(is_down && self.wires.len() < SLOTS, Step::Ask);
        let flying: usize = self.wires.iter().map(|wire| wire.up.len() + wire.down.len()).sum();
        let room = flying < flight;
        let lossy = self.link == Link::Lossy && self.budget.losses > 0;
        for (index, wire) in self.wires.iter().enumerate() {
            may(wire.open && room && self.client.wants_write(wire.generation), Step::Say);
            may(wire.peer.is_some() && room, Step::Tell(index));
            may(!wire.dead && (!wire.up.is_empty() || !wire.open), Step::Up(index));
            may(!wire.dead && (!wire.down.is_empty() || wire.peer.is_none()), Step::Down(index));
            may(lossy && !wire.up.is_empty(), Step::LoseUp(index));
            may(lossy && !wire.down.is_empty(), Step::LoseDown(index));
            may(self.budget.cuts > 0 && wire.open, Step::Break);
            may(self.budget.cuts > 0 && wire.peer.is_some(), Step::Drop(index));
        }
        steps
    }

    /// Does one of [`Self::steps`]. False: it changed nothing that can be seen.
    ///
    /// # Panics
    /// If a byte is doubled, left out or out of order without a word.
    pub fn step(&mut self, step: Step) -> bool {
        match step {
            Step::Print => {
                self.budget.prints -= 1;
                drop(self.host.handle_output(self.now, 0, &[byte(self.printed)]));
                self.printed += 1;
            }
            Step::Type => {
                self.budget.keys -= 1;
                self.client.handle_typed(self.now, &[byte(self.typed)]).expect("there is room");
                self.typed += 1;
            }
            Step::Port => self.port(),
            Step::Ask => self.client.handle_user(self.now),
            Step::Say => return self.say(),
            Step::Tell(wire) => return self.tell(wire),
            Step::Up(wire) => self.up(wire),
            Step::Down(wire) => self.down(wire),
            Step::LoseUp(wire) => {
                self.budget.losses -= 1;
                self.wires[wire].up.pop_front();
            }
            Step::LoseDown(wire) => {
                self.budget.losses -= 1;
                self.wires[wire].down.pop_front();
            }
            Step::Break => {
                self.budget.cuts -= 1;
                let wire = self.wires.iter_mut().find(|wire| wire.open).expect("an open connection");
                (wire.open, wire.dead) = (false, true);
                let generation = wire.generation;
                let _stale = self.client.handle_closed(self.now, generation, CloseReason::Abnormal);
            }
            Step::Drop(wire) => {
                self.budget.cuts -= 1;
                let wire = &mut self.wires[wire];
                wire.dead = true;
                let peer = wire.peer.take().expect("a connection");
                let _stale = self.host.handle_closed(self.now, peer, CloseReason::Abnormal);
            }
        }
        self.poll();
        true
    }

    /// No more faults: everything arrives, and time passes as it has to. Afterwards all is well.
    ///
    /// # Panics
    /// If it is not.
    pub fn settle(&mut self) {
        for _ in 0..200 {
            while let Some(step) = self.helpful() {
                self.step(step);
            }
            let is_well = self.client.status() == Status::Live
                && self.seen == self.printed
                && self.applied == self.typed
                && self.wires.len() == 1;
            if is_well {
                return;
            }
            self.wait();
        }
        panic!("it does not settle: {self:#?}");
    }

    /// Time passes until one of the two wants to be polled.
    pub fn wait(&mut self) {
        let due = [self.host.poll_at().map(|due| due.at), self.client.poll_at().map(|due| due.at)];
        self.now = due.into_iter().flatten().min().unwrap_or(self.now + Duration::from_secs(1));
        self.poll();
    }

    /// A step that only helps.
    fn helpful(&mut self) -> Option<Step> {
        let (typed, _) = self.host.session(0).expect("a session").typed();
        if !typed.is_empty() {
            return Some(Step::Port);
        }
        for index in 0..self.wires.len() {
            let wire = &self.wires[index];
            if !wire.dead && (!wire.up.is_empty() || !wire.open) {
                return Some(Step::Up(index));
            }
            if !wire.dead && (!wire.down.is_empty() || wire.peer.is_none()) {
                return Some(Step::Down(index));
            }
            if self.tell(index) {
                return self.helpful();
            }
        }
        if self.say() { self.helpful() } else { None }
    }

    fn port(&mut self) {
        let (head, tail) = self.host.session(0).expect("a session").typed();
        let typed = [head, tail].concat();
        for &got in &typed {
            assert_eq!(got, byte(self.applied), "typed once, in order");
            self.applied += 1;
        }
        self.host.handle_typed(self.now, 0, typed.len());
    }

    fn say(&mut self) -> bool {
        let Some(wire) = self.wires.iter_mut().find(|wire| wire.open) else { return false };
        let Some(frame) = self.client.next_frame(self.now, wire.generation, &CREDENTIALS, MIN_BODY) else {
            return false;
        };
        wire.up.push_back(bytes(&frame));
        let _stale = self.client.handle_flushed(self.now, wire.generation);
        self.poll();
        true
    }

    fn tell(&mut self, index: usize) -> bool {
        let wire = &mut self.wires[index];
        let Some(peer) = wire.peer else { return false };
        let Some(frame) = self.host.next_frame(self.now, peer, MIN_BODY) else { return false };
        wire.down.push_back(bytes(&frame));
        let _stale = self.host.handle_flushed(self.now, peer);
        self.poll();
        true
    }

    fn up(&mut self, index: usize) {
        let wire = &mut self.wires[index];
        let (frame, peer) = (wire.up.pop_front(), wire.peer);
        let Some(peer) = peer else { return };
        let Some(frame) = frame else {
            wire.peer = None;
            let _stale = self.host.handle_closed(self.now, peer, CloseReason::Abnormal);
            return;
        };
        let part = Part { frame: decode(&frame).expect("a frame"), at: 0, rest: 0 };
        let _stale = self.host.handle_received(self.now, peer);
        if let Ok(Heard::Hello(hello)) = self.host.handle_part(self.now, peer, part) {
            self.host.admit(self.now, peer, &hello, 0, Role::Controller).expect("not stale");
        }
    }

    fn down(&mut self, index: usize) {
        let wire = &mut self.wires[index];
        let generation = wire.generation;
        let Some(frame) = wire.down.pop_front() else {
            if core::mem::take(&mut wire.open) {
                let _stale = self.client.handle_closed(self.now, generation, CloseReason::Abnormal);
            }
            return;
        };
        let part = Part { frame: decode(&frame).expect("a frame"), at: 0, rest: 0 };
        let _stale = self.client.handle_received(self.now, generation);
        match self.client.handle_part(self.now, generation, part) {
            Ok(client::Heard::Output { offset, bytes }) => {
                assert_eq!(offset, self.seen, "shown once, in order");
                for &got in bytes {
                    assert_eq!(got, byte(self.seen));
                    self.seen += 1;
                }
            }
            Ok(client::Heard::Restart { lost, .. }) => {
                let kept = self.host.session(0).expect("a session").history().capacity() as u64;
                assert!(lost == 0 || self.seen + kept < self.printed, "what is kept is not lost");
                self.seen += lost;
                assert_eq!(self.client.place(), Some(replay::Place { epoch: 7, offset: self.seen }));
            }
            _ => {}
        }
    }

    fn poll(&mut self) {
        loop {
            let (mut host, mut client) = (false, false);
            while let Some(event) = self.host.poll(self.now) {
                host = true;
                if let Event::Detached { peer, .. } = event {
                    self.wires
                        .iter_mut()
                        .filter(|wire| wire.peer == Some(peer))
                        .for_each(|wire| wire.peer = None);
                }
            }
            while let Some(event) = self.client.poll(self.now) {
                client = true;
                self.obey(event);
            }
            self.wires.retain(|wire| wire.open || wire.peer.is_some());
            if !host && !client {
                return;
            }
        }
    }

    fn obey(&mut self, event: client::Event) {
        match event {
            client::Event::Dial(generation) => match self.host.handle_connect(self.now, self.link) {
                Ok(peer) => {
                    let (up, down) = (VecDeque::new(), VecDeque::new());
                    self.wires.push(Wire { generation, peer: Some(peer), open: true, dead: false, up, down });
                    self.client.handle_connected(self.now, generation).expect("not stale");
                }
                Err(reason) => {
                    self.client.handle_closed(self.now, generation, reason).expect("not stale");
                }
            },
            client::Event::Close(generation, _) => {
                let Some(wire) = self.wires.iter_mut().find(|wire| wire.generation == generation) else {
                    return;
                };
                if let Some(frame) = self.client.next_frame(self.now, generation, &CREDENTIALS, MIN_BODY) {
                    wire.up.push_back(bytes(&frame));
                }
                wire.open = false;
            }
            // The host has a slot to spare, so it remembers its only client.
            client::Event::TypedLost(lost) => panic!("{lost} typed bytes are lost"),
            _ => {}
        }
    }
}

fn bytes(frame: &Frame<'_>) -> Vec<u8> {
    let mut buffer = [0; MIN_BODY + 4];
    let len = encode(frame, &mut buffer).expect("there is room");
    buffer[..len].to_vec()
}
