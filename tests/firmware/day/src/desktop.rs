//! The desktop at the line.

use stillwire::Instant;
use stillwire::link::client::{Client, Config, Credentials, Event, Heard};
use stillwire::link::frame::wire::Wire;
use stillwire::link::frame::{MIN_BODY, Token};
use stillwire::link::host::Link;
use stillwire::link::reconnect::Generation;

/// A client with its codec, and what it was told.
pub struct Desktop<'b> {
    pub client: Client<&'b mut [u8]>,
    wire: Wire<'b>,
    generation: Option<Generation>,
    /// Bytes of output.
    pub shown: usize,
    /// Of which it was told that they are lost.
    pub lost: u64,
    pub connections: u32,
}

impl<'b> Desktop<'b> {
    pub fn new(typed: &'b mut [u8], requests: &'b mut [u8], packet: &'b mut [u8]) -> Self {
        let config = Config { link: Link::Lossy, max_body: MIN_BODY as u16, ..Config::DEFAULT };
        Self {
            client: Client::new(config, 1, 2, typed, requests, Instant::ZERO),
            wire: Wire::noisy(packet),
            generation: None,
            shown: 0,
            lost: 0,
            connections: 0,
        }
    }

    /// These bytes came.
    pub fn receive(&mut self, now: Instant, mut input: &[u8]) {
        let Some(generation) = self.generation.filter(|_| !input.is_empty()) else { return };
        let _stale = self.client.handle_received(now, generation);
        while let Some(part) = self.wire.next(&mut input) {
            let Ok(part) = part else { continue };
            match self.client.handle_part(now, generation, part) {
                Ok(Heard::Output { bytes, .. }) => self.shown += bytes.len(),
                Ok(Heard::Restart { lost, .. }) => self.lost += lost,
                _ => {}
            }
        }
    }

    /// What it has to say now.
    pub fn send<'a>(&mut self, now: Instant, buffer: &'a mut [u8]) -> &'a [u8] {
        let mut len = 0;
        while let Some(event) = self.client.poll(now) {
            if let Event::Dial(generation) = event {
                self.wire.reset();
                (self.generation, self.connections) = (Some(generation), self.connections + 1);
                let _stale = self.client.handle_connected(now, generation);
                buffer[0] = 0; // the end of whatever was before
                len = 1;
            }
        }
        let credentials = Credentials { token: Token(b""), session: "" };
        if let Some(generation) = self.generation {
            while buffer.len() - len > 2 * MIN_BODY
                && let Some(frame) = self.client.next_frame(now, generation, &credentials, MIN_BODY)
            {
                len += self.wire.encode(&frame, &mut buffer[len..]).unwrap_or(0);
                let _stale = self.client.handle_flushed(now, generation);
            }
        }
        &buffer[..len]
    }
}
