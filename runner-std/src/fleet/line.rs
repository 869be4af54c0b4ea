//! One connection to a broker, and the way to it: [`Line`].
//!
//! ```text
//!   Away(until) ──dial──▶ Dialing ──open──▶ Up ──CONNACK──▶ News::Up
//!       ▲                    │               │
//!       └──── the backoff ───┴───────────────┤ closed, silent, refused
//!                                            └ somebody else has our name ──▶ Parked
//! ```

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;

use stillwire::Instant;
use stillwire::link::backoff::{Backoff, Config};

use super::protocol::Protocol;
use super::{Broker, Greeting, Message};
use crate::limits;
use crate::link::Stream;
use crate::os::{Interest, Poller, Ready, Source};
use crate::port::Background;

/// What a line has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The broker has let us in: nothing that was said before counts any more.
    Up,
    /// The connection is gone, or did not come to be. Refused: another try will not help by itself.
    Down {
        /// In words.
        why: String,
        /// Whether the broker, or its certificate, said no.
        refused: bool,
    },
    /// Somebody else has our name, and the broker has let him in. It is not tried again: two would take turns for ever.
    Taken,
    /// A message.
    Message(Message),
    /// What was published under this number has arrived, or was refused.
    Acked {
        /// The number.
        id: u16,
        /// Why.
        refused: Option<String>,
    },
    /// What was asked for under this number will be told, or was refused.
    Subscribed {
        /// The number.
        id: u16,
        /// Why.
        refused: Option<String>,
    },
    /// The answer to a ping.
    Pong,
}

/// A connection to a broker, dialed whenever it is not there.
#[derive(Debug)]
pub struct Line {
    broker: Arc<Broker>,
    greeting: Greeting,
    source: Source,
    state: State,
    backoff: Backoff,
    /// Of connections that are gone.
    news: VecDeque<News>,
    /// Bytes written and read.
    pub moved: [u64; 2],
}

#[derive(Debug)]
enum State {
    Away { until: Instant },
    Dialing(Background<Stream>),
    Up(Box<Up>),
    Parked,
}

#[derive(Debug)]
struct Up {
    stream: Stream,
    protocol: Protocol,
    since: Instant,
    /// The broker has let us in.
    open: bool,
}

impl Line {
    /// A line that is dialed at the first poll. `seed` has to differ from line to line.
    pub fn new(broker: Arc<Broker>, greeting: Greeting, token: u64, seed: u64, now: Instant) -> Self {
        let backoff = Backoff::new(Config::DEFAULT, seed);
        let (source, state) = (Source::new(token), State::Away { until: now });
        Self { broker, greeting, source, state, backoff, news: VecDeque::new(), moved: [0; 2] }
    }

    /// Host and port of the broker.
    pub fn address(&self) -> &str {
        self.broker.address()
    }

    /// Whether the broker has let us in.
    pub fn is_up(&self) -> bool {
        matches!(&self.state, State::Up(up) if up.open)
    }

    /// Whether nothing waits to be written.
    pub fn is_flushed(&self) -> bool {
        !matches!(&self.state, State::Up(up) if !up.protocol.out.is_empty() || up.stream.holds())
    }

    /// Sends a message that arrives at least once while the connection lasts; None: there is no room now.
    pub fn publish(&mut self, now: Instant, topic: &str, payload: &[u8], retain: bool) -> Option<u16> {
        self.up()?.protocol.publish(now, topic, payload, retain)
    }

    /// Whether [`publish`](Self::publish) would take another one.
    pub fn has_room(&self) -> bool {
        matches!(&self.state, State::Up(up) if up.protocol.has_room())
    }

    /// Asks for messages.
    pub fn subscribe(&mut self, now: Instant, filters: &[String]) -> Option<u16> {
        self.up()?.protocol.subscribe(now, filters)
    }

    /// Asks for them no more.
    pub fn unsubscribe(&mut self, now: Instant, filter: &str) -> Option<u16> {
        self.up()?.protocol.unsubscribe(now, filter)
    }

    /// Asks for an answer, which comes behind everything that was asked for before.
    pub fn ping(&mut self, now: Instant) {
        if let Some(up) = self.up() {
            up.protocol.ping(now);
        }
    }

    /// Says goodbye: the last will is not carried out, and it is not dialed again.
    pub fn leave(&mut self, now: Instant, poller: &mut Poller) {
        if let Some(up) = self.up() {
            up.protocol.disconnect(now);
            let _ = up.write();
        }
        self.forget(poller);
        self.state = State::Parked;
    }

    fn up(&mut self) -> Option<&mut Up> {
        match &mut self.state {
            State::Up(up) if up.open => Some(up),
            _ => None,
        }
    }

    /// The next news; hand in what is ready, poll, and then ask until None.
    pub fn next_news(&mut self) -> Option<News> {
        if let Some(news) = self.news.pop_front() {
            return Some(news);
        }
        let State::Up(up) = &mut self.state else { return None };
        let news = up.protocol.news.pop_front()?;
        up.open |= news == News::Up;
        Some(news)
    }

    /// When to poll next.
    pub fn poll_at(&self) -> Option<Instant> {
        match &self.state {
            State::Away { until } => Some(*until),
            State::Up(up) => {
                let opened = (!up.open).then(|| up.since.after(limits::DIAL.into()));
                [up.protocol.poll_at(), opened].into_iter().flatten().min()
            }
            State::Dialing(_) | State::Parked => None,
        }
    }

    /// Does what is due, and says what to wait for. Afterwards there may be news.
    pub fn poll(&mut self, now: Instant, poller: &mut Poller) {
        match &mut self.state {
            State::Away { until } if *until <= now => {
                let broker = Arc::clone(&self.broker);
                match Background::start(move || broker.dial()) {
                    Ok(dial) => self.state = State::Dialing(dial),
                    Err(error) => self.fail(now, poller, &error),
                }
            }
            State::Up(up) => {
                up.protocol.poll(now);
                if !up.open && up.since.after(limits::DIAL.into()) <= now {
                    let why = "the broker does not answer".into();
                    self.lost(now, poller, News::Down { why, refused: false });
                } else {
                    self.settle(now, poller);
                }
            }
            _ => {}
        }
        self.watch(poller);
    }

    /// Hears what came under its token.
    pub fn ready(&mut self, now: Instant, poller: &mut Poller, ready: Ready) {
        match &mut self.state {
            State::Dialing(dial) => {
                let Some(result) = dial.take() else { return };
                self.forget(poller);
                match result {
                    Ok(stream) => {
                        let protocol = Protocol::new(now, &self.broker, &self.greeting);
                        let up = Up { stream, protocol, since: now, open: false };
                        self.state = State::Up(Box::new(up));
                    }
                    Err(error) => self.fail(now, poller, &error),
                }
            }
            State::Up(up) if ready.read => match up.read(now) {
                Ok(count) => self.moved[1] += count,
                Err(error) => {
                    self.settle(now, poller); // what it said before it went
                    if matches!(self.state, State::Up(_)) {
                        self.lost(now, poller, News::Down { why: words(&error), refused: false });
                    }
                }
            },
            _ => {}
        }
    }

    /// Writes what there is, and sees whether this life is over.
    fn settle(&mut self, now: Instant, poller: &mut Poller) {
        let State::Up(up) = &mut self.state else { return };
        let written = up.write();
        let end = matches!(up.protocol.news.back(), Some(News::Down { .. } | News::Taken));
        match written {
            Ok(count) => self.moved[0] += count,
            Err(error) if !end => {
                return self.lost(now, poller, News::Down { why: words(&error), refused: false });
            }
            Err(_) => {}
        }
        if end && let Some(last) = up.protocol.news.pop_back() {
            self.lost(now, poller, last);
        }
    }

    /// This life is over; `last` is why.
    fn lost(&mut self, now: Instant, poller: &mut Poller, last: News) {
        self.forget(poller);
        let parked = last == News::Taken;
        if let State::Up(up) = &mut self.state {
            self.news.append(&mut up.protocol.news);
            // As for any link: one that was stable begins a new sequence.
            if up.open && now.since(up.since) >= stillwire::link::reconnect::Config::DEFAULT.stable {
                self.backoff.reset();
            }
        }
        self.news.push_back(last);
        self.state =
            if parked { State::Parked } else { State::Away { until: now.after(self.backoff.wait()) } };
    }

    fn fail(&mut self, now: Instant, poller: &mut Poller, error: &io::Error) {
        // A certificate that is not right will not be right in a moment.
        let refused = error.kind() == io::ErrorKind::InvalidData;
        self.lost(now, poller, News::Down { why: words(error), refused });
    }

    fn watch(&mut self, poller: &mut Poller) {
        let _ = match &self.state {
            State::Away { .. } | State::Parked => Ok(()),
            State::Dialing(dial) => poller.set(dial.as_fd(), &mut self.source, Interest::READ),
            State::Up(up) => {
                let write = !up.protocol.out.is_empty() || up.stream.holds();
                poller.set(up.stream.as_fd(), &mut self.source, Interest { read: true, write })
            }
        };
    }

    fn forget(&mut self, poller: &mut Poller) {
        let _ = match &self.state {
            State::Away { .. } | State::Parked => Ok(()),
            State::Dialing(dial) => poller.set(dial.as_fd(), &mut self.source, Interest::NONE),
            State::Up(up) => poller.set(up.stream.as_fd(), &mut self.source, Interest::NONE),
        };
    }
}

impl Up {
    /// Hands over what came; so many bytes.
    fn read(&mut self, now: Instant) -> io::Result<u64> {
        let (mut buffer, mut total) = ([0; 16 << 10], 0);
        // The poller tells again what is left in the socket, but knows nothing of what TLS has decrypted.
        while total < limits::BITE as u64 || self.stream.pending() {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    total += count as u64;
                    self.protocol.receive(now, buffer.get(..count).unwrap_or_default());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(total)
    }

    /// Writes what the kernel takes; so many bytes.
    fn write(&mut self) -> io::Result<u64> {
        let mut total = 0;
        loop {
            let (head, _) = self.protocol.out.as_slices();
            if head.is_empty() {
                break;
            }
            match self.stream.write(head) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    total += count as u64;
                    self.protocol.out.drain(..count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(total),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let _ = self.stream.push()?;
        Ok(total)
    }
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the broker has closed the connection".into(),
        _ => error.to_string(),
    }
}
