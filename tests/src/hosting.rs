//! A host under random calls: for the laws, and for fuzzing.

use stillwire::idle::{Exit, Hint};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::stream::Part;
use stillwire::link::frame::{Frame, FrameError, Hello, MIN_BODY, Outcome, Role};
use stillwire::link::heartbeat;
use stillwire::link::host::{Config, Event, Heard, Host, Link, Peer, PeerId};
use stillwire::link::linger;
use stillwire::link::replay::Place;
use stillwire::{Duration, Instant};

use crate::desk::{EPOCH, OwnedHost, hello, line, session};
use crate::laws::Machine;
use crate::random::Random;

/// Slots of the host.
const PEERS: usize = 3;
/// The longest screen, in bytes.
const SCREEN: usize = 600;
/// Sessions of the host.
const SESSIONS: usize = 2;

/// A host with all connections there ever were, of which most are stale.
#[derive(Clone, Debug)]
pub struct Hosting {
    /// The host.
    pub host: OwnedHost,
    peers: Vec<PeerId>,
    shares: bool,
    /// Of all that was told, in order.
    told: u64,
}

/// A call; connections are counted from the newest.
#[derive(Clone, Debug)]
pub enum HostOp {
    /// `handle_connect`
    Connect(Link),
    /// `handle_received` and `handle_part`; who says hello is let in
    Hear(usize, Said),
    /// `next_frame` so many times with so much room
    Pull(usize, usize, usize),
    /// `handle_written`
    Written(usize),
    /// `handle_screen` with so many bytes
    Screen(usize, usize),
    /// `handle_flushed`
    Flushed(usize),
    /// `handle_broken`
    Broken(usize),
    /// `handle_closed`
    Closed(usize),
    /// `handle_output`
    Output(usize, usize),
    /// `handle_typed`
    Typed(usize, usize),
    /// `handle_hint`
    Hint(Hint),
    /// `handle_exit`
    Exit(usize),
    /// `publish`
    Publish(u32, usize),
    /// `reply`
    Reply(u64, u64, usize),
    /// `handle_shutdown`
    Shutdown,
    /// `handle_wake`
    Wake,
}

/// A frame.
#[derive(Clone, Copy, Debug)]
pub enum Said {
    /// By this client, which has so much; in this session
    Hello(u64, Role, Option<Place>, u64, usize),
    /// Nonce, sent
    Ping(u32, u64),
    /// Nonce
    Pong(u32),
    /// Number and length
    Input(u64, usize),
    /// Role
    Role(Role),
    /// Columns
    Resize(u16),
    /// Id
    Message(u64),
    /// Id
    Reply(u64),
    /// From the wrong side
    Output,
    /// Good bye
    Close,
}

/// What is printed, typed, published and replied: the beginning of it.
const TEXT: &[u8] = b"\x1b[?2004h$ make \xE2\x9C\x93\r\n\x1b]0;t\x07\x1b[2J\x1b[Hdone 0123456789 0123456789 0123456789 0123456789";

fn text(len: usize) -> &'static [u8] {
    &TEXT[..len.min(TEXT.len())]
}

impl Hosting {
    /// A host with three slots and two sessions.
    pub fn new(config: Config, now: Instant) -> Self {
        #[cfg(feature = "many")]
        let session = |size| session(size).paced(stillwire::link::pace::Config::DEFAULT, now);
        let sessions = (0..SESSIONS).map(|_| session(128)).collect();
        let host = Host::new(config, vec![Peer::new(); PEERS], sessions, vec![0; 64], now);
        Self { host, peers: Vec::new(), shares: config.share, told: 0 }
    }

    /// Makes the call.
    pub fn call(&mut self, now: Instant, op: &HostOp) {
        match *op {
            HostOp::Connect(link) => {
                if let Ok(peer) = self.host.handle_connect(now, link) {
                    self.peers.push(peer);
                }
            }
            HostOp::Output(session, len) => drop(self.host.handle_output(now, session, text(len))),
            HostOp::Typed(session, taken) => self.host.handle_typed(now, session, taken),
            HostOp::Hint(hint) => self.host.handle_hint(now, 0, hint),
            HostOp::Exit(session) => self.host.handle_exit(now, session, Exit::Code(1)),
            HostOp::Publish(key, len) => drop(self.host.publish(0, key, key as u8, text(len))),
            HostOp::Reply(client, id, len) => drop(self.host.reply(client, id, Outcome::Done, text(len))),
            HostOp::Wake => self.host.handle_wake(now),
            HostOp::Shutdown => self.host.handle_shutdown(now, CloseReason::GoingAway),
            HostOp::Hear(peer, _)
            | HostOp::Pull(peer, ..)
            | HostOp::Written(peer)
            | HostOp::Screen(peer, _)
            | HostOp::Flushed(peer)
            | HostOp::Broken(peer)
            | HostOp::Closed(peer) => {
                if let Some(&peer) = self.peers.iter().rev().nth(peer) {
                    self.connection(now, peer, op);
                }
            }
        }
    }

    /// What holds after every call: who controls, who is in, what may be typed.
    ///
    /// # Panics
    /// If it does not hold.
    pub fn check(&self) {
        let peers = self.host.peers();
        let is_in =
            |client| peers.iter().filter(|peer| peer.is_attached() && peer.client() == Some(client)).count();
        assert!((0..4).all(|client| is_in(client) <= 1), "a client is in twice");
        for session in 0..SESSIONS {
            let controls =
                |peer: &&Peer| peer.session() == Some(session) && peer.role() == Some(Role::Controller);
            let controllers = peers.iter().filter(controls).count();
            assert!(controllers <= 1 || self.shares, "{controllers} controllers");
        }
        for session in self.host.sessions() {
            let (head, tail) = session.typed();
            assert!(head.len() + tail.len() <= 64, "more is typed than there is room for");
        }
    }

    fn connection(&mut self, now: Instant, peer: PeerId, op: &HostOp) {
        let _stale = match *op {
            HostOp::Hear(_, said) => self.hear(now, peer, said),
            HostOp::Pull(_, count, room) => {
                for _ in 0..count {
                    let Some(frame) = self.host.next_frame_with(now, peer, room, &[b'#'; SCREEN]) else {
                        break;
                    };
                    assert!(frame.payload().len() <= room, "{frame:?} in {room}");
                    let said = line(&frame);
                    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
                    self.told = said.bytes().fold(self.told, mix);
                }
                Ok(())
            }
            HostOp::Screen(_, len) => self.host.handle_screen(now, peer, len),
            HostOp::Written(_) => self.host.handle_written(now, peer),
            HostOp::Flushed(_) => self.host.handle_flushed(now, peer),
            HostOp::Broken(_) => self.host.handle_broken(now, peer, FrameError::Truncated),
            _ => self.host.handle_closed(now, peer, CloseReason::Abnormal),
        };
    }

    fn hear(&mut self, now: Instant, peer: PeerId, said: Said) -> Result<(), stillwire::link::host::Stale> {
        self.host.handle_received(now, peer)?;
        let frame = match said {
            Said::Hello(client, role, has, input, _) => {
                let screen = client % 2 == 0;
                Frame::Hello(Hello { role, has, input, screen, max_body: MIN_BODY as u16, ..hello(client) })
            }
            Said::Ping(nonce, sent) => Frame::Ping { nonce, sent },
            Said::Pong(nonce) => Frame::Pong { nonce },
            Said::Input(number, len) => Frame::Input { number, bytes: text(len) },
            Said::Role(role) => Frame::Role { role },
            Said::Resize(columns) => Frame::Resize { columns, rows: 24 },
            Said::Message(id) => Frame::Message { channel: "c", id, bytes: b"?" },
            Said::Reply(id) => Frame::Reply { id, outcome: Outcome::Done, bytes: b"!" },
            Said::Output => Frame::Output { offset: 0, bytes: b"?" },
            Said::Close => Frame::Close { reason: CloseReason::GoingAway, text: "" },
        };
        let heard = self.host.handle_part(now, peer, Part { frame, at: 0, rest: 0 })?;
        if let (Heard::Hello(hello), Said::Hello(.., session)) = (heard, said) {
            self.host.admit(now, peer, &hello, session, Role::Controller)?;
        }
        Ok(())
    }
}

fn role(rng: &mut Random) -> Role {
    *rng.pick(&[Role::Controller, Role::Controller, Role::Viewer])
}

fn said(rng: &mut Random) -> Said {
    match rng.below(12) {
        0..=3 => {
            let place = Place { epoch: EPOCH + (rng.below(8) / 7) as u64, offset: rng.below(200) as u64 };
            let has = (rng.below(2) == 0).then_some(place);
            Said::Hello(rng.below(4) as u64, role(rng), has, rng.below(9) as u64, rng.below(9) / 4)
        }
        4 => Said::Ping(rng.below(4) as u32, rng.below(20) as u64),
        5 => Said::Pong(rng.below(4) as u32),
        6 | 7 => Said::Input(rng.below(20) as u64, rng.below(20)),
        8 => Said::Role(role(rng)),
        9 => Said::Resize(80 + rng.below(3) as u16),
        10 => Said::Message(rng.below(5) as u64),
        _ => *rng.pick(&[Said::Reply(1), Said::Output, Said::Close]),
    }
}

impl Machine for Hosting {
    const BOUND: usize = 2 * PEERS + 4 * SESSIONS + 1;
    type Op = HostOp;
    type Event = Event;
    type Facts = String;

    fn new(rng: &mut Random, now: Instant) -> Self {
        let span = |micros: &[u64], rng: &mut Random| Duration::from_micros(*rng.pick(micros));
        let interval = span(&[0, 1, 15_000_000, 15_000_000, u64::MAX], rng);
        let stall = span(&[0, 15_000_000, u64::MAX], rng);
        let config = Config {
            heartbeat: heartbeat::Config { interval, stall, ..heartbeat::Config::DEFAULT },
            linger: linger::Config {
                timeout: (rng.below(2) == 0).then(|| span(&[0, 60_000_000, u64::MAX], rng)),
                strict: rng.below(2) == 0,
            },
            authentication: span(&[0, 5_000_000, 5_000_000, u64::MAX], rng),
            closing: span(&[0, 5_000_000, u64::MAX], rng),
            share: rng.below(2) == 0,
            screens: rng.below(2) == 0,
            ..Config::DEFAULT
        };
        Self::new(config, now)
    }

    fn op(rng: &mut Random) -> HostOp {
        let peer = rng.below(8) / 2;
        match rng.below(26) {
            0..=3 => HostOp::Connect(*rng.pick(&[Link::Reliable, Link::Lossy])),
            4..=11 => HostOp::Hear(peer, said(rng)),
            12..=14 => HostOp::Pull(peer, rng.below(12), *rng.pick(&[0, MIN_BODY, 1_000])),
            15 | 16 => HostOp::Flushed(peer),
            17 => HostOp::Written(peer),
            18 => HostOp::Closed(peer),
            19 | 20 => HostOp::Output(rng.below(SESSIONS + 1), rng.below(80)),
            21 => HostOp::Typed(rng.below(SESSIONS), rng.below(70)),
            24 | 25 => HostOp::Screen(peer, *rng.pick(&[0, 1, SCREEN, SCREEN + 1])),
            22 => match rng.below(8) {
                0 => HostOp::Exit(rng.below(SESSIONS)),
                1 => HostOp::Shutdown,
                2 => HostOp::Wake,
                3 => HostOp::Broken(peer),
                _ => HostOp::Hint(*rng.pick(&[Hint::Busy, Hint::Blocked, Hint::Neither])),
            },
            _ => match rng.below(2) {
                0 => HostOp::Publish(rng.below(3) as u32, rng.below(80)),
                _ => HostOp::Reply(rng.below(4) as u64, rng.below(5) as u64, rng.below(60)),
            },
        }
    }

    fn apply(&mut self, now: Instant, op: &HostOp) {
        self.call(now, op);
        self.check();
    }

    fn poll_at(&self) -> Option<Instant> {
        self.host.poll_at().map(|deadline| deadline.at)
    }

    fn poll(&mut self, now: Instant) -> Option<Event> {
        self.host.poll(now)
    }

    fn facts(&self) -> String {
        let peers: Vec<_> = self
            .host
            .peers()
            .iter()
            .map(|peer| {
                (
                    peer.client(),
                    peer.role(),
                    peer.session(),
                    peer.heartbeat().status(),
                    peer.heartbeat().heard(),
                )
            })
            .collect();
        let sessions: Vec<_> = self
            .host
            .sessions()
            .iter()
            .map(|session| {
                (session.status(), session.since(), session.history().end(), session.typed().0.len())
            })
            .collect();
        let linger = self.host.linger();
        format!("{peers:?} {sessions:?} {:?} {:?} {}", linger.status(), linger.evidence(), self.told)
    }
}
