//! A host and those who sit at it, frame by frame, in virtual time: [`Desk`]. What a peer was told is text.

use stillwire::idle::{self, Exit};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::stream::Part;
use stillwire::link::frame::{Frame, Hello, MAX_BODY, Role, Token, Welcome};
use stillwire::link::history::{History, Size};
use stillwire::link::host::{Config, Event, Heard, Host, Link, Peer, PeerId, Session};
use stillwire::link::replay::Place;
use stillwire::{Instant, monitor};

/// A host whose storage is vectors.
pub type OwnedHost = Host<Vec<Peer>, Vec<Session<Vec<u8>>>, Vec<u8>>;

/// The life of the session at every desk.
pub const EPOCH: u64 = 7;

/// One host with one session, and a driver that does what it is told.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The time of the world.
    pub now: Instant,
    /// The host.
    pub host: OwnedHost,
    /// Whether what is handed out is written at once.
    pub flushes: bool,
    /// What is on the screen of every session.
    pub screen: &'static str,
    events: Vec<String>,
}

/// A session with a history of `bytes` and an inbox of 64 bytes.
pub fn session(bytes: usize) -> Session<Vec<u8>> {
    let history = History::new(vec![0; bytes], EPOCH, Some(Size { columns: 80, rows: 24 }));
    Session::new(monitor::Config::DEFAULT, history, vec![0; 64], vec![0; 256], Instant::ZERO)
}

/// What `client` says first, with nothing in its hands.
pub const fn hello(client: u64) -> Hello<'static> {
    Hello {
        minor: 0,
        role: Role::Controller,
        max_body: MAX_BODY as u16,
        has: None,
        screen: true,
        client,
        input: 0,
        token: Token(b"secret"),
        session: "",
    }
}

impl Desk {
    /// Four slots, 1 KiB of history.
    pub fn new(config: Config) -> Self {
        Self::with(config, 4, 1_024)
    }

    /// So many slots, and so many bytes of history.
    pub fn with(config: Config, peers: usize, history: usize) -> Self {
        let (peers, sessions) = (vec![Peer::new(); peers], vec![session(history)]);
        let host = Host::new(config, peers, sessions, vec![0; 256], Instant::ZERO);
        Self { now: Instant::ZERO, host, flushes: true, screen: "", events: Vec::new() }
    }

    /// Somebody connects.
    pub fn connect(&mut self) -> PeerId {
        self.host.handle_connect(self.now, Link::Reliable).expect("there is a slot")
    }

    /// Somebody connects, and is let in as what they want to be.
    pub fn join(&mut self, hello: Hello<'_>) -> PeerId {
        let peer = self.connect();
        self.hear(peer, Frame::Hello(hello));
        peer
    }

    /// As [`Self::join`], with what the client has of the output.
    pub fn rejoin(&mut self, client: u64, offset: u64, input: u64) -> PeerId {
        self.join(Hello { has: Some(Place { epoch: EPOCH, offset }), input, ..hello(client) })
    }

    /// A frame comes from `peer`. Whoever says hello with the right token is let in.
    pub fn hear(&mut self, peer: PeerId, frame: Frame<'_>) {
        if self.host.handle_received(self.now, peer).is_err() {
            self.events.push(format!("{} stale", peer.generation));
            return;
        }
        match self.host.handle_part(self.now, peer, Part { frame, at: 0, rest: 0 }).expect("not stale") {
            Heard::Nothing => {}
            Heard::Hello(hello) if hello.token.matches(b"secret") => {
                self.host.admit(self.now, peer, &hello, 0, Role::Controller).expect("not stale");
            }
            Heard::Hello(_) => {
                self.host.refuse(self.now, peer, CloseReason::Unauthorised).expect("not stale");
            }
            Heard::Message { client, id, channel, bytes, .. } => {
                self.events.push(format!("client {client} asks {id} {channel} {}", text(bytes)));
            }
            Heard::Reply { client, id, bytes, .. } => {
                self.events.push(format!("client {client} replies {id} {}", text(bytes)));
            }
        }
    }

    /// The session prints.
    pub fn print(&mut self, output: &str) {
        drop(self.host.handle_output(self.now, 0, output.as_bytes()));
    }

    /// The session ends.
    pub fn exit(&mut self, exit: Exit) {
        self.host.handle_exit(self.now, 0, exit);
        self.drain();
    }

    /// The port takes all that was typed.
    pub fn typed(&mut self) -> String {
        let (head, tail) = self.host.session(0).expect("a session").typed();
        let typed = [head, tail].concat();
        self.host.handle_typed(self.now, 0, typed.len());
        text(&typed)
    }

    /// The next that `peer` is told, with so much room.
    pub fn next_frame(&mut self, peer: PeerId, room: usize) -> Option<Frame<'_>> {
        self.host.next_frame_with(self.now, peer, room, self.screen.as_bytes())
    }

    /// All that `peer` is told now.
    pub fn told(&mut self, peer: PeerId) -> Vec<String> {
        let mut told = Vec::new();
        loop {
            while let Some(frame) = self.next_frame(peer, MAX_BODY) {
                told.push(line(&frame));
            }
            let before = told.len();
            if !self.flushes || self.host.handle_flushed(self.now, peer).is_err() {
                return told;
            }
            told.extend(self.next_frame(peer, MAX_BODY).map(|frame| line(&frame)));
            if told.len() == before {
                return told;
            }
        }
    }

    /// Lives for a while, jumping from deadline to deadline, and gives what happened.
    pub fn until(&mut self, end: Instant) -> Vec<String> {
        self.drain();
        while let Some(deadline) = self.host.poll_at().filter(|deadline| deadline.at <= end) {
            self.now = self.now.max(deadline.at);
            self.drain();
        }
        self.now = end;
        std::mem::take(&mut self.events)
    }

    /// What happened by now.
    pub fn events(&mut self) -> Vec<String> {
        self.until(self.now)
    }

    fn drain(&mut self) {
        while let Some(event) = self.host.poll(self.now) {
            let now = self.now.as_micros() as f64 / 1e6;
            self.events.push(match event {
                Event::Attached { peer, role, attach, .. } => {
                    format!("{now} {} attached {role:?} {attach:?}", peer.generation)
                }
                Event::Detached { peer, reason, lost, .. } => {
                    format!("{now} {} detached {} lost {lost}", peer.generation, reason.as_str())
                }
                Event::Resize { size, .. } => format!("{now} resize {}x{}", size.columns, size.rows),
                Event::Status { event: idle::Event { status, .. }, .. } => {
                    let reason =
                        status.reason().map_or(String::new(), |reason| format!(" {}", reason.as_str()));
                    format!("{now} {}{reason}", status.as_str())
                }
                Event::Screen { peer, .. } => format!("{now} {} wants a screen", peer.generation),
                Event::Exit(exit) => format!("{now} exit {}", exit.reason.as_str()),
                other => format!("{now} {other:?}"),
            });
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn welcomed(welcome: &Welcome) -> String {
    let since = welcome.known_since;
    let known = if since == welcome.generation { String::new() } else { format!(" known since {since}") };
    format!(
        "welcome {:?} {:?} at {} input {}{known} limit {}",
        welcome.role, welcome.attach, welcome.offset, welcome.input, welcome.limit,
    )
}

/// A frame in a line.
pub fn line(frame: &Frame<'_>) -> String {
    match *frame {
        Frame::Welcome(welcome) => welcomed(&welcome),
        Frame::Close { reason, .. } => format!("close {} {}", reason.code(), reason.as_str()),
        Frame::Ping { nonce, sent } => format!("ping {nonce} at {sent}"),
        Frame::Pong { nonce } => format!("pong {nonce}"),
        Frame::Output { offset, bytes } => format!("output {offset} {}", text(bytes)),
        Frame::Snapshot { offset, last, bytes } => {
            format!("snapshot {offset} {:?}{}", text(bytes), if last { "" } else { " …" })
        }
        Frame::Bootstrap { key, bytes } => format!("retained {key} {}", text(bytes)),
        Frame::Status { status, age } => format!("{} for {age}", status.as_str()),
        Frame::Role { role } => format!("role {role:?}"),
        Frame::InputAck { number, limit, again } => {
            format!("ack {number} limit {limit}{}", if again { " again" } else { "" })
        }
        Frame::Resize { columns, rows } => format!("resize {columns}x{rows}"),
        Frame::Message { id, channel, bytes } => format!("message {id} {channel} {}", text(bytes)),
        Frame::Reply { id, outcome, bytes } => format!("reply {id} {outcome:?} {}", text(bytes)),
        ref other => format!("{other:?}"),
    }
}
