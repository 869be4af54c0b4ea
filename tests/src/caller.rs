//! A desktop at the far end of a line or a stream, with no port of its own: [`Caller`].

use stillwire::Instant;
use stillwire::link::client::{Client, Config, Credentials, Event, Heard};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::wire::Wire;
use stillwire::link::frame::{MAX_BODY, MAX_FRAME, Role, Token};
use stillwire::link::host::Link;
use stillwire::link::reconnect::Generation;

/// A [`Client`] with its codec, and what it was told.
#[derive(Debug)]
pub struct Caller {
    /// The machine.
    pub client: Client<Vec<u8>>,
    /// What was output, in order.
    pub shown: Vec<u8>,
    /// Bytes of output that it was told are lost.
    pub lost: u64,
    /// What the host closed the connection for.
    pub closed: Vec<CloseReason>,
    /// What it said the session is doing, each change once: `idle quiet`.
    pub statuses: Vec<String>,
    /// Offsets at which output began anew.
    pub restarts: Vec<u64>,
    /// The answers to what it asked.
    pub replies: Vec<Vec<u8>>,
    wire: Wire<'static>,
    link: Link,
    generation: Option<Generation>,
    secret: &'static [u8],
}

impl Caller {
    /// Number `id`, who knows `secret`.
    pub fn new(link: Link, id: u64, role: Role, secret: &'static [u8], now: Instant) -> Self {
        let config = Config { link, role, max_body: 512, ..Config::DEFAULT };
        Self {
            client: Client::new(config, id, id ^ 0x5EED, vec![0; 256], vec![0; 256], now),
            shown: vec![],
            lost: 0,
            closed: vec![],
            statuses: vec![],
            restarts: vec![],
            replies: vec![],
            wire: wire(link),
            link,
            generation: None,
            secret,
        }
    }

    /// These bytes came.
    pub fn receive(&mut self, now: Instant, mut input: &[u8]) {
        let Some(generation) = self.generation.filter(|_| !input.is_empty()) else { return };
        let _stale = self.client.handle_received(now, generation);
        while let Some(part) = self.wire.next(&mut input) {
            let heard = match part {
                Ok(part) => self.client.handle_part(now, generation, part),
                Err(error) => {
                    self.closed.push(CloseReason::ProtocolError);
                    self.client.handle_broken(now, generation, error).map(|()| Heard::Nothing)
                }
            };
            match heard {
                Ok(Heard::Output { bytes, .. }) => self.shown.extend_from_slice(bytes),
                Ok(Heard::Restart { lost, offset, .. }) => {
                    self.lost += lost;
                    self.restarts.push(offset);
                }
                Ok(Heard::Reply { bytes, .. }) => self.replies.push(bytes.to_vec()),
                Ok(Heard::Closed { reason, .. }) => self.closed.push(reason),
                Ok(Heard::Status { status, .. }) => {
                    let reason = status.reason().map_or("", |reason| reason.as_str());
                    let status = format!("{} {reason}", status.as_str()).trim_end().to_owned();
                    if self.statuses.last() != Some(&status) {
                        self.statuses.push(status);
                    }
                }
                _ => {}
            }
        }
    }

    /// What it has to say now. `connects`: whether somebody answers when it dials.
    pub fn send(&mut self, now: Instant, connects: bool) -> Vec<u8> {
        let mut written = vec![];
        while let Some(event) = self.client.poll(now) {
            match event {
                Event::Dial(generation) => {
                    (self.generation, self.wire) = (Some(generation), wire(self.link));
                    if connects {
                        let _stale = self.client.handle_connected(now, generation);
                        written.extend_from_slice(self.wire.opening());
                    } else {
                        let _stale = self.client.handle_closed(now, generation, CloseReason::Abnormal);
                    }
                }
                Event::Close(generation, _) => {
                    self.frames(now, generation, &mut written);
                    self.generation = None;
                }
                _ => {}
            }
        }
        if let Some(generation) = self.generation {
            self.frames(now, generation, &mut written);
        }
        written
    }

    /// The connection broke.
    pub fn cut(&mut self, now: Instant) {
        if let Some(generation) = self.generation.take() {
            let _stale = self.client.handle_closed(now, generation, CloseReason::Abnormal);
        }
    }

    /// What was shown, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }

    fn frames(&mut self, now: Instant, generation: Generation, written: &mut Vec<u8>) {
        let mut buffer = [0; MAX_FRAME + 128];
        let credentials = Credentials { token: Token(self.secret), session: "" };
        // Of the size that a small host takes.
        while let Some(frame) = self.client.next_frame(now, generation, &credentials, MAX_BODY) {
            let len = self.wire.encode(&frame, &mut buffer).expect("there is room for any frame");
            written.extend_from_slice(&buffer[..len]);
            let _stale = self.client.handle_flushed(now, generation);
        }
    }
}

fn wire(link: Link) -> Wire<'static> {
    match link {
        Link::Reliable => Wire::stream(),
        Link::Lossy => Wire::noisy(vec![0; 1_024].leak()),
    }
}
