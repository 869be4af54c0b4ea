//! A client under random calls, for the laws: what its host says mostly fits to what it said, and sometimes not.

use stillwire::idle::{self, Reason};
use stillwire::link::client::{Client, Config, Event};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::stream::Part;
use stillwire::link::frame::{Frame, FrameError, MAX_BODY, MIN_BODY, Outcome, Role, Welcome};
use stillwire::link::history::Size;
use stillwire::link::host::Link;
use stillwire::link::reconnect::{self, Generation, Status};
use stillwire::link::replay::{Attach, Place};
use stillwire::link::{backoff, probe};
use stillwire::{Duration, Instant};

use crate::client::{Terminal, WELCOME};
use crate::laws::Machine;
use crate::random::Random;

/// A call to [`Client`]; of a connection, from the one held or from an older one.
#[derive(Clone, Copy, Debug)]
pub enum ClientOp {
    /// `handle_connected`
    Connected(bool),
    /// `handle_received`
    Received(bool),
    /// `handle_written`
    Written(bool),
    /// `handle_flushed`
    Flushed(bool),
    /// `handle_received` and `handle_part`, whole or in two parts; whether it comes even if it cannot be
    Hear(bool, Said, bool, bool),
    /// `handle_broken`
    Broken(bool),
    /// `handle_closed`
    Closed(bool, CloseReason),
    /// `next_frame` so many times with so much room
    Pull(bool, usize, usize),
    /// `handle_online`
    Online,
    /// `handle_offline`
    Offline,
    /// `handle_wake`
    Wake,
    /// `handle_visible`
    Visible,
    /// `handle_user`
    User,
    /// `handle_leave`
    Leave,
    /// `handle_typed`
    Typed(usize),
    /// `handle_resize`
    Resize(u16),
    /// `handle_shown`
    Shown(u64),
    /// `handle_role`
    Role(Role),
    /// `request`
    Request(usize),
}

/// What a host says, beside what it should.
#[derive(Clone, Copy, Debug)]
pub enum Said {
    /// A welcome to the last hello, from a host that knows the client or not, of this epoch.
    Welcome(u64, bool, Role),
    /// A welcome that may fit to nothing.
    Wrong(Welcome),
    /// Output, so far beside where it should begin.
    Output(i64),
    /// A snapshot, likewise; whether it is the last.
    Snapshot(i64, bool),
    /// A ping that tells of so much that did not come.
    Ping(u64),
    /// A pong to the last ping but so many.
    Pong(u32),
    /// All but so many typed bytes are applied.
    Ack(u64, bool),
    /// Anything that says nothing of places.
    Other(Frame<'static>),
}

const TEXT: &[u8] = b"a line of text, as a session prints it";

impl Said {
    fn random(rng: &mut Random) -> Self {
        let role = *rng.pick(&[Role::Controller, Role::Controller, Role::Viewer]);
        let beside = *rng.pick(&[0, 0, 0, 0, -9, 9]);
        match rng.below(32) {
            0..=11 => Self::Welcome(*rng.pick(&[7, 7, 7, 7, 8]), rng.below(3) > 0, role),
            12 => Self::Wrong(Welcome {
                attach: *rng.pick(&[Attach::Exact, Attach::Tail, Attach::Reanchor]),
                offset: rng.bits() % 64,
                heartbeat: span(rng),
                timeout: span(rng),
                input: rng.bits() % 8,
                ..welcome(7, role)
            }),
            13..=17 => Self::Output(beside),
            18..=19 => Self::Snapshot(beside, rng.below(3) > 0),
            20..=21 => Self::Ping(*rng.pick(&[0, 0, 0, 5])),
            22..=23 => Self::Pong(rng.below(4) as u32 / 2),
            24..=26 => Self::Ack(rng.bits() % 3, rng.below(4) == 0),
            27 => Self::Other(Frame::Close { reason: code(rng), text: "" }),
            _ => Self::Other(*rng.pick(&[
                Frame::Status { status: idle::Status::Idle(Reason::Quiet), age: Duration::from_secs(3) },
                Frame::Resize { columns: 80, rows: 24 },
                Frame::Role { role },
                Frame::Bootstrap { key: 1, bytes: b"dark" },
                Frame::Message { channel: "clip", id: 3, bytes: b"copy" },
                Frame::Reply { id: 1, outcome: Outcome::Done, bytes: b"ok" },
                Frame::Reply { id: 2, outcome: Outcome::Lost, bytes: b"" },
                Frame::Unknown { kind: 99, bytes: b"new" },
                Frame::Input { number: 0, bytes: b"x" },
            ])),
        }
    }

    /// As a frame to this client.
    fn frame(self, terminal: &Terminal) -> Frame<'static> {
        let place = terminal.client.place().unwrap_or(Place { epoch: 7, offset: 0 });
        let beside = |beside: i64| place.offset.saturating_add_signed(beside);
        match self {
            Self::Welcome(epoch, resumed, role) => {
                let (has, input) = terminal.hello;
                let attach = match has {
                    Some(has) if has.epoch == epoch => Attach::Exact,
                    _ => Attach::Reanchor,
                };
                let offset = has.filter(|_| attach == Attach::Exact).map_or(0, |has| has.offset);
                let known_since = if resumed { 1 } else { 2 };
                let limit = input + 9;
                Frame::Welcome(Welcome { attach, offset, known_since, input, limit, ..welcome(epoch, role) })
            }
            Self::Wrong(welcome) => Frame::Welcome(welcome),
            Self::Output(by) => Frame::Output { offset: beside(by), bytes: TEXT },
            Self::Snapshot(by, last) => Frame::Snapshot { offset: beside(by), last, bytes: TEXT },
            Self::Ping(lost) => Frame::Ping { nonce: 5, sent: place.offset + lost },
            Self::Pong(ago) => Frame::Pong { nonce: terminal.nonce.wrapping_sub(ago) },
            Self::Ack(missing, again) => {
                let number = terminal.typed.saturating_sub(missing);
                Frame::InputAck { number, limit: number + 9, again }
            }
            Self::Other(frame) => frame,
        }
    }
}

const fn welcome(epoch: u64, role: Role) -> Welcome {
    Welcome { epoch, role, limit: 9, ..WELCOME }
}

fn span(rng: &mut Random) -> Duration {
    Duration::from_micros(*rng.pick(&[0, 1, 500_000, 3_000_000, 15_000_000, 35_000_000, u64::MAX]))
}

fn code(rng: &mut Random) -> CloseReason {
    CloseReason::from_code(*rng.pick(&[1000, 1001, 1006, 1006, 1012, 1013, 4000, 4001, 4003, 4004]))
}

impl Machine for Terminal {
    const BOUND: usize = Client::<Vec<u8>>::EVENTS + 8;
    type Op = ClientOp;
    type Event = Event;
    type Facts = (Status, Option<Generation>, String, Vec<String>);

    fn new(rng: &mut Random, now: Instant) -> Self {
        let mut some = |spans: &[u64]| Duration::from_micros(*rng.pick(spans));
        let reconnect = reconnect::Config {
            backoff: backoff::Config::DEFAULT,
            dial_timeout: some(&[100_000, 10_000_000, 10_000_000, u64::MAX]),
            stuck: some(&[100_000, 3_000_000, u64::MAX]),
            stable: some(&[0, 10_000_000, u64::MAX]),
            burst: some(&[0, 200_000, 200_000, u64::MAX]),
            later: some(&[0, 5_000_000, u64::MAX]),
        };
        let probe = probe::Config {
            shortest: some(&[0, 1_000_000, 1_000_000, 1_000_000, u64::MAX]),
            longest: some(&[0, 5_000_000, 5_000_000, 5_000_000, u64::MAX]),
        };
        let link = *rng.pick(&[Link::Reliable, Link::Lossy]);
        let window = *rng.pick(&[0, 9, u32::MAX]);
        let config = Config { reconnect, probe, link, window, ..Config::DEFAULT };
        Self::new(config, rng.bits(), now)
    }

    fn op(rng: &mut Random) -> ClientOp {
        let old = rng.below(8) == 0;
        match rng.below(64) {
            0..=7 => ClientOp::Connected(old),
            8..=9 => ClientOp::Received(old),
            10 => ClientOp::Written(old),
            11..=16 => ClientOp::Flushed(old),
            17..=36 => ClientOp::Hear(old, Said::random(rng), rng.below(4) == 0, rng.below(64) == 0),
            37..=48 => ClientOp::Pull(old, 1 + rng.below(9), *rng.pick(&[MAX_BODY, MAX_BODY, MIN_BODY, 255])),
            49..=50 => ClientOp::Typed(rng.below(6)),
            51 if rng.below(2) == 0 => ClientOp::Shown(rng.bits() % 99),
            51 => ClientOp::Resize(rng.below(3) as u16),
            52 => ClientOp::Role(*rng.pick(&[Role::Controller, Role::Controller, Role::Viewer])),
            53 => ClientOp::Request(rng.below(20)),
            54 => ClientOp::Closed(old, code(rng)),
            55 if rng.below(4) == 0 => ClientOp::Broken(old),
            55..=56 => ClientOp::Online,
            57 => ClientOp::Offline,
            58 => ClientOp::Wake,
            59 => ClientOp::Visible,
            60 if rng.below(4) == 0 => ClientOp::Leave,
            _ => ClientOp::User,
        }
    }

    fn apply(&mut self, now: Instant, op: &ClientOp) {
        match *op {
            ClientOp::Connected(old) => {
                self.from(old, |client, generation| client.handle_connected(now, generation));
            }
            ClientOp::Received(old) => {
                self.from(old, |client, generation| client.handle_received(now, generation));
            }
            ClientOp::Written(old) => {
                self.from(old, |client, generation| client.handle_written(now, generation));
            }
            ClientOp::Flushed(old) => {
                self.from(old, |client, generation| client.handle_flushed(now, generation));
            }
            ClientOp::Broken(old) => {
                let error = FrameError::Truncated;
                self.from(old, |client, generation| client.handle_broken(now, generation, error));
            }
            ClientOp::Hear(old, said, cut, wild) => {
                if old || wild || self.may_hear(now, said) {
                    self.hear_part(now, old, said, cut);
                }
            }
            ClientOp::Closed(old, reason) => {
                let closed =
                    self.from(old, |client, generation| client.handle_closed(now, generation, reason));
                if closed.is_some() {
                    self.older = self.held.take();
                }
            }
            ClientOp::Pull(old, count, room) => {
                let generation = if old { self.older } else { self.held };
                let mut count = count;
                while count > 0 && generation.is_some_and(|generation| self.speak_at(now, generation, room)) {
                    count -= 1;
                }
            }
            ClientOp::Online => self.client.handle_online(now),
            ClientOp::Offline => self.client.handle_offline(now),
            ClientOp::Wake => self.client.handle_wake(now),
            ClientOp::Visible => self.client.handle_visible(now),
            ClientOp::User => self.client.handle_user(now),
            ClientOp::Leave => self.client.handle_leave(now),
            ClientOp::Typed(len) => {
                let room = self.client.wants_input();
                let taken = self.client.handle_typed(now, TEXT.get(..len).unwrap());
                assert_eq!(taken.is_ok(), len <= room && (len > 0 || self.client.role() == Role::Controller));
            }
            ClientOp::Resize(side) => self.client.handle_resize(now, Size { columns: side, rows: side }),
            ClientOp::Shown(offset) => self.client.handle_shown(now, offset),
            ClientOp::Role(role) => self.client.handle_role(now, role),
            ClientOp::Request(len) => {
                let _ = self.client.request(now, "clip", TEXT.get(..len).unwrap());
            }
        }
    }

    fn poll_at(&self) -> Option<Instant> {
        let next = self.client.poll_at().map(|deadline| deadline.at);
        assert!(next.is_none() || next != Some(Instant::MAX), "waits for the end of time");
        next
    }

    fn poll(&mut self, now: Instant) -> Option<Event> {
        Terminal::poll(self, now)
    }

    fn facts(&self) -> Self::Facts {
        let client = &self.client;
        let known = format!(
            "{:?} {:?} {:?} {:?} {:?} {}",
            client.silence(Instant::MAX),
            client.session_status(),
            client.place(),
            client.size(),
            client.role(),
            client.wants_input(),
        );
        (client.status(), client.generation(), known, self.told())
    }
}

impl Terminal {
    /// Whether a host that keeps the rules could say this now. If it is a welcome, the client asks for it first.
    fn may_hear(&mut self, now: Instant, said: Said) -> bool {
        let Some(generation) = self.held else { return false };
        match said {
            Said::Other(Frame::Close { .. }) => self.asks || self.joined,
            Said::Other(Frame::Input { .. }) => false,
            Said::Welcome(..) | Said::Wrong(_) => {
                self.from(false, |client, generation| client.handle_connected(now, generation));
                if !self.asks {
                    self.speak_at(now, generation, MAX_BODY);
                }
                self.asks
            }
            Said::Output(_) | Said::Snapshot(..) => self.joined && !self.asks,
            _ => self.joined,
        }
    }

    fn hear_part(&mut self, now: Instant, old: bool, said: Said, cut: bool) {
        let frame = said.frame(self);
        let parts = match frame {
            Frame::Output { offset, bytes } if cut => {
                let (a, b) = bytes.split_at(7);
                let first = Part { frame: Frame::Output { offset, bytes: a }, at: 0, rest: b.len() };
                vec![first, Part { frame: Frame::Output { offset: offset + 7, bytes: b }, at: 7, rest: 0 }]
            }
            frame => vec![Part { frame, at: 0, rest: 0 }],
        };
        self.from(old, |client, generation| client.handle_received(now, generation));
        for part in parts {
            let before = self.client.place();
            let heard = self.from(old, |client, generation| client.handle_part(now, generation, part));
            self.hears(before, heard);
        }
    }
}
