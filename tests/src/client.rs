//! [`Client`] under [`crate::laws`], with a driver and a host of one line at a time: [`Terminal`].

use std::collections::VecDeque;

use stillwire::link::client::{Client, Config, Credentials, Due, Event, Heard};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::stream::Part;
use stillwire::link::frame::{Frame, FrameError, MAX_BODY, MINOR, Role, Token, Welcome};
use stillwire::link::history::Size;
use stillwire::link::reconnect::{Generation, Stale, Status};
use stillwire::link::replay::{Attach, Place};
use stillwire::{Duration, Instant};

/// Of a host that has never seen this client.
pub const WELCOME: Welcome = Welcome {
    minor: MINOR,
    role: Role::Controller,
    max_body: MAX_BODY as u16,
    slot: 0,
    generation: 1,
    heartbeat: Duration::from_secs(15),
    timeout: Duration::from_secs(35),
    epoch: 7,
    offset: 0,
    attach: Attach::Reanchor,
    known_since: 1,
    input: 0,
    limit: 1_000,
};

/// A [`Client`] with its driver, in virtual time, and what became of it: `12.500000 dial 3`, `12.600000 > hello new 0`.
#[derive(Clone, Debug)]
pub struct Terminal {
    /// The machine.
    pub client: Client<Vec<u8>>,
    /// What the driver was told to dial, and not yet to close.
    pub held: Option<Generation>,
    /// One that is older.
    pub older: Option<Generation>,
    /// Whether what is written goes nowhere for now.
    pub stuck: bool,
    /// What the last hello said.
    pub hello: (Option<Place>, u64),
    /// Whether it has not been answered yet.
    pub asks: bool,
    /// Whether this connection was welcomed.
    pub joined: bool,
    /// The nonce of the last ping.
    pub nonce: u32,
    /// The number behind the last input.
    pub typed: u64,
    now: Instant,
    story: VecDeque<String>,
}

/// What lets it in.
const CREDENTIALS: Credentials<'_> = Credentials { token: Token(b"secret"), session: "build" };

impl Terminal {
    /// Of a client that begins at `now`, and that nobody has polled.
    pub fn new(config: Config, seed: u64, now: Instant) -> Self {
        Self {
            client: Client::new(config, 0xC11E, seed, vec![0; 16], vec![0; 64], now),
            held: None,
            older: None,
            stuck: false,
            hello: (None, 0),
            asks: false,
            joined: false,
            nonce: 0,
            typed: 0,
            now,
            story: VecDeque::new(),
        }
    }

    /// Goes on to `millis`, polling at every deadline on the way.
    pub fn at(&mut self, millis: u64) -> &mut Self {
        let end = Instant::from_millis(millis);
        while let Some(due) = self.client.poll_at().map(|due| due.at).filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.step();
        }
        self.now = end;
        self.step();
        self
    }

    /// The machine sleeps until `millis`: nothing is polled.
    pub fn sleep_until(&mut self, millis: u64) -> &mut Self {
        self.now = Instant::from_millis(millis);
        self
    }

    /// Something that concerns no connection happens now.
    pub fn now(&mut self, happens: impl FnOnce(&mut Client<Vec<u8>>, Instant)) -> &mut Self {
        happens(&mut self.client, self.now);
        self.step();
        self
    }

    /// The dial succeeds.
    pub fn connected(&mut self) -> &mut Self {
        let generation = self.held.expect("a dial");
        self.client.handle_connected(self.now, generation).unwrap();
        self.step();
        self
    }

    /// The host says this.
    pub fn hear(&mut self, frame: Frame<'_>) -> &mut Self {
        let generation = self.held.expect("a connection");
        self.client.handle_received(self.now, generation).unwrap();
        let before = self.client.place();
        let heard = self.client.handle_part(self.now, generation, Part { frame, at: 0, rest: 0 }).unwrap();
        self.hears(before, Some(heard));
        self.step();
        self
    }

    /// The connection breaks, or is closed without a frame.
    pub fn closed(&mut self, code: u16) -> &mut Self {
        let generation = self.held.take().expect("a connection");
        self.client.handle_closed(self.now, generation, CloseReason::from_code(code)).unwrap();
        self.older = Some(generation);
        self.step();
        self
    }

    /// Somebody types.
    pub fn types(&mut self, keys: &str) -> &mut Self {
        self.client.handle_typed(self.now, keys.as_bytes()).unwrap();
        self.step();
        self
    }

    /// All that was written arrives.
    pub fn flushed(&mut self) -> &mut Self {
        if let Some(generation) = self.held {
            self.client.handle_flushed(self.now, generation).unwrap();
        }
        self.step();
        self
    }

    /// All that was said.
    pub fn told(&self) -> Vec<String> {
        self.story.iter().cloned().collect()
    }

    /// Every byte of output is shown, or told to be lost, once.
    pub fn hears(&mut self, before: Option<Place>, heard: Option<Heard<'_>>) {
        self.tell(heard.as_ref().and_then(heard_in_words));
        let (before, after) =
            (before.map_or(0, |place| place.offset), self.client.place().map_or(0, |place| place.offset));
        match heard {
            Some(Heard::Output { offset, bytes }) => {
                assert_eq!(
                    (offset, after),
                    (before, before + bytes.len() as u64),
                    "shown twice, or not at all"
                );
            }
            Some(Heard::Restart { lost, offset, .. }) => {
                assert_eq!(after, offset);
                // After a beginning that was lost in part all begins again, and what was shown before is not
                // lost: the world knows what that was.
                assert!(before + lost <= offset, "{before} + {lost}: {offset}");
            }
            Some(Heard::Welcome { .. }) => {
                (self.joined, self.asks) = (true, false);
                assert!(after == before || after == 0);
            }
            Some(Heard::Nothing) => assert!(after == before || after == 0),
            _ => assert_eq!(after, before),
        }
    }

    /// What happened since this was asked last.
    pub fn story(&mut self) -> Vec<String> {
        self.story.drain(..).collect()
    }

    /// As [`Self::story`], without the times.
    pub fn words(&mut self) -> Vec<String> {
        self.story().into_iter().map(|line| line.split_once(' ').unwrap().1.to_string()).collect()
    }

    /// The next deadline, and why.
    pub fn next(&self) -> Option<(Instant, Due)> {
        self.client.poll_at().map(|deadline| (deadline.at, deadline.reason))
    }

    /// The loop of a driver: polls, and writes what there is to say.
    fn step(&mut self) {
        while let Some(event) = self.poll(self.now) {
            self.tell(Some(event_in_words(event)));
            if let Event::Close(generation, _) = event {
                self.speak(generation, usize::MAX);
            }
        }
        if let Some(generation) = self.held {
            while self.speak(generation, MAX_BODY) {
                if !self.stuck {
                    // A driver that finds a connection stale drops it at the next poll.
                    let _ = self.client.handle_flushed(self.now, generation);
                }
            }
        }
    }

    /// Polls once, and does what is said. Checks what no driver may ever see.
    pub fn poll(&mut self, now: Instant) -> Option<Event> {
        let event = self.client.poll(now)?;
        match event {
            Event::Dial(generation) => {
                assert_eq!(self.held, None, "two connections at once");
                (self.held, self.asks, self.joined) = (Some(generation), false, false);
            }
            // If the driver has reported the close itself, there is nothing to close.
            Event::Close(generation, _) => {
                assert_eq!(self.held, Some(generation), "closes what is not held");
                self.older = self.held.take();
            }
            _ => {}
        }
        Some(event)
    }

    /// Takes one frame; whether there was one.
    pub fn speak(&mut self, generation: Generation, room: usize) -> bool {
        self.speak_at(self.now, generation, room)
    }

    /// As [`Self::speak`], at another time.
    pub fn speak_at(&mut self, now: Instant, generation: Generation, room: usize) -> bool {
        let wants = self.client.wants_write(generation);
        let frame = self.client.next_frame(now, generation, &CREDENTIALS, room);
        assert!(wants || frame.is_none(), "said unasked: {frame:?}");
        let Some(frame) = frame else {
            assert!(!wants || room < MAX_BODY, "wants to write, and says nothing");
            return false;
        };
        let words = frame_in_words(&frame);
        match frame {
            Frame::Hello(hello) => (self.hello, self.asks) = ((hello.has, hello.input), true),
            Frame::Ping { nonce, .. } => self.nonce = nonce,
            Frame::Input { number, bytes } => self.typed = number + bytes.len() as u64,
            _ => {}
        }
        self.tell(Some(words));
        true
    }

    /// Lets a connection speak. What an older one says must change nothing.
    pub fn from<T>(
        &mut self,
        old: bool,
        say: impl FnOnce(&mut Client<Vec<u8>>, Generation) -> Result<T, Stale>,
    ) -> Option<T> {
        let generation = if old { self.older } else { self.held }?;
        let before = format!("{:?}", self.client);
        let said = say(&mut self.client, generation);
        assert!(!old || said.is_err(), "an older connection was heard");
        if said.is_err() {
            assert_eq!(format!("{:?}", self.client), before, "a stale generation changed something");
        }
        said.ok()
    }

    /// What came breaks the format.
    pub fn broken(&mut self) -> &mut Self {
        let generation = self.held.expect("a connection");
        self.client.handle_broken(self.now, generation, FrameError::Truncated).unwrap();
        self.step();
        self
    }

    fn tell(&mut self, words: Option<String>) {
        self.story.extend(words.map(|words| format!("{} {words}", self.now)));
    }
}

/// As in stories.
fn event_in_words(event: Event) -> String {
    match event {
        Event::Dial(generation) => format!("dial {}", generation.get()),
        Event::Close(generation, reason) => format!("close {} {}", generation.get(), reason.as_str()),
        Event::Status(Status::Disconnected(reason)) => format!("disconnected {}", reason.as_str()),
        Event::Status(status) => status.as_str().to_string(),
        Event::TypedLost(count) => format!("lost {count} typed"),
        Event::RequestLost(lost) => format!("lost request {} sent {}", lost.id, lost.sent),
        event => format!("{event:?}"),
    }
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

fn frame_in_words(frame: &Frame<'_>) -> String {
    match *frame {
        Frame::Hello(hello) => {
            let has = hello.has.map_or("new".into(), |has| format!("{}:{}", has.epoch, has.offset));
            format!("> hello {has} input {}", hello.input)
        }
        Frame::Close { reason, text } => format!("> close {} {text}", reason.code()),
        Frame::Ping { nonce, sent } => format!("> ping {nonce} sent {sent}"),
        Frame::Pong { nonce } => format!("> pong {nonce}"),
        Frame::Input { number, bytes } => format!("> input {number} {}", text(bytes)),
        Frame::Resize { columns, rows } => format!("> resize {columns}x{rows}"),
        Frame::Message { channel, id, bytes } => format!("> message {id} {channel} {}", text(bytes)),
        ref frame => format!("> {frame:?}").to_lowercase(),
    }
}

fn heard_in_words(heard: &Heard<'_>) -> Option<String> {
    Some(match *heard {
        Heard::Nothing => return None,
        Heard::Welcome { anew, .. } => if anew { "< welcome anew" } else { "< welcome" }.into(),
        Heard::Output { offset, bytes } => format!("< output {offset} {}", text(bytes)),
        Heard::Restart { lost, offset, bytes, .. } => {
            format!("< restart {offset} lost {lost} {}", text(bytes))
        }
        Heard::Snapshot { bytes, last } => format!("< snapshot last {last} {}", text(bytes)),
        Heard::Resize(Size { columns, rows }) => format!("< resize {columns}x{rows}"),
        Heard::Reply { id, bytes, .. } => format!("< reply {id} {}", text(bytes)),
        Heard::Closed { reason, text } => format!("< close {} {text}", reason.code()),
        heard => format!("< {heard:?}").to_lowercase(),
    })
}
