//! A host and a client that ask each other whether they are alive, over a wire that can be cut without a
//! word, on machines that sleep and are late: [`Wire`]. Virtual time; a story is what the machines said.

use stillwire::link::heartbeat::{self, Heartbeat};
use stillwire::link::probe::{self, Doubt, Probe};
use stillwire::link::watchdog::Watchdog;
use stillwire::{Duration, Instant};

/// Who runs where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// [`Heartbeat`]
    Host,
    /// [`Watchdog`] and [`Probe`]
    Client,
}

/// How often a pipe with a backlog takes some more, as one does whose buffers are small.
const DRAIN: Duration = Duration::from_secs(5);

/// One connection between the two, authenticated and welcomed at zero.
#[derive(Clone, Debug)]
pub struct Wire {
    /// The time of the world.
    pub now: Instant,
    /// One way, for every message.
    pub latency: Duration,
    /// How long what the host queues waits behind other bytes. These flow: the pipe takes some each `DRAIN`.
    pub backlog: Duration,
    /// Nothing arrives any more, and nobody is told.
    pub cut: bool,
    /// Timers of the client fire at multiples of this only.
    pub tick: Duration,
    /// On waking a machine looks at its timers before it reads what came meanwhile, though it should not.
    pub polls_first: bool,
    /// Whoever found the other dead goes on as on a new connection.
    pub goes_on: bool,
    host: Heartbeat,
    watchdog: Watchdog,
    probe: Probe,
    asleep: [Instant; 2],
    flight: Vec<(Instant, Side, What)>,
    story: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Flushed(u32),
    Written,
    Ping(u32),
    Pong(u32),
    Bytes,
}

impl Default for Wire {
    fn default() -> Self {
        Self::new()
    }
}

impl Wire {
    /// 20 ms each way, no load, exact timers, the values of the design.
    pub fn new() -> Self {
        let mut wire = Self {
            now: Instant::ZERO,
            latency: Duration::from_millis(20),
            backlog: Duration::ZERO,
            cut: false,
            tick: Duration::from_micros(1),
            polls_first: false,
            goes_on: false,
            host: Heartbeat::new(heartbeat::Config::DEFAULT, Instant::ZERO),
            watchdog: Watchdog::new(Instant::ZERO),
            probe: Probe::new(probe::Config::DEFAULT, Instant::ZERO),
            asleep: [Instant::ZERO; 2],
            flight: Vec::new(),
            story: Vec::new(),
        };
        wire.begin(Side::Host);
        wire.begin(Side::Client);
        wire
    }

    /// What was said since the last call.
    pub fn story(&mut self) -> Vec<String> {
        core::mem::take(&mut self.story)
    }

    /// The client doubts its link.
    pub fn doubt(&mut self, doubt: Doubt) -> &mut Self {
        self.probe.handle_doubt(self.now, doubt);
        self
    }

    /// One machine sleeps for so long, from now.
    pub fn sleep(&mut self, side: Side, span: Duration) -> &mut Self {
        self.asleep[side as usize] = self.now + span;
        self
    }

    /// The host writes some output.
    pub fn output(&mut self) -> &mut Self {
        self.send(Side::Client, self.backlog, What::Bytes);
        self
    }

    /// The client's measured wait.
    pub fn budget(&self) -> Duration {
        self.probe.budget()
    }

    /// Lives until `end`, jumping from wake-up to wake-up.
    pub fn until(&mut self, end: Instant) -> &mut Self {
        loop {
            let read = (0..self.flight.len()).map(|index| (self.arrival(index), !self.polls_first, index));
            let polls = [Side::Host, Side::Client]
                .into_iter()
                .filter_map(|side| Some((self.wakes(side)?, self.polls_first, side as usize)));
            // Of two at the same instant the greater comes first.
            let first = |a: &(Instant, bool, usize), b: &(Instant, bool, usize)| {
                a.0.cmp(&b.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2))
            };
            let (read, poll) = (read.min_by(first), polls.min_by(first));
            let is_read = match (&read, &poll) {
                (Some(read), Some(poll)) => first(read, poll).is_lt(),
                (read, _) => read.is_some(),
            };
            match if is_read { read } else { poll } {
                Some((at, _, which)) if at <= end => {
                    self.now = self.now.max(at);
                    if is_read { self.read(which) } else { self.poll(which) }
                }
                _ => break,
            }
        }
        self.now = self.now.max(end);
        self
    }

    fn begin(&mut self, side: Side) {
        match side {
            Side::Host => {
                self.host = Heartbeat::new(heartbeat::Config::DEFAULT, self.now);
                self.host.handle_authenticated(self.now);
            }
            Side::Client => {
                let config = heartbeat::Config::DEFAULT;
                self.watchdog = Watchdog::new(self.now);
                self.watchdog.handle_welcome(self.now, config.interval, config.timeout());
                self.probe = Probe::new(probe::Config::DEFAULT, self.now);
            }
        }
    }

    fn arrival(&self, index: usize) -> Instant {
        let (at, side, _) = self.flight[index];
        at.max(self.asleep[side as usize])
    }

    fn wakes(&self, side: Side) -> Option<Instant> {
        let due = match side {
            Side::Host => self.host.poll_at()?.at,
            Side::Client => {
                let dog = self.watchdog.poll_at().map(|due| due.at);
                let due = self.probe.poll_at().map(|due| due.at).into_iter().chain(dog).min()?;
                let tick = self.tick.as_micros();
                Instant::from_micros(due.as_micros().div_ceil(tick) * tick)
            }
        };
        Some(due.max(self.asleep[side as usize]).max(self.now))
    }

    fn read(&mut self, index: usize) {
        let (_, side, what) = self.flight.remove(index);
        let now = self.now;
        match (side, what) {
            (Side::Host, What::Flushed(nonce)) => self.host.handle_flushed(now, nonce),
            (Side::Host, What::Written) => self.host.handle_written(now),
            (Side::Client, What::Written) => self.probe.handle_written(now),
            (Side::Client, What::Flushed(nonce)) => self.probe.handle_flushed(now, nonce),
            _ if self.cut => {}
            (Side::Host, What::Pong(nonce)) => self.host.handle_pong(now, nonce),
            (Side::Host, _) => self.host.handle_received(now),
            (Side::Client, What::Pong(nonce)) => {
                self.watchdog.handle_received(now);
                self.probe.handle_pong(now, nonce);
            }
            (Side::Client, _) => {
                self.watchdog.handle_received(now);
                self.probe.handle_received(now);
            }
        }
        if let (What::Ping(nonce), false) = (what, self.cut) {
            match side {
                Side::Host => self.send(Side::Client, self.backlog, What::Pong(nonce)),
                Side::Client => self.send(Side::Host, Duration::ZERO, What::Pong(nonce)),
            }
        }
    }

    fn poll(&mut self, side: usize) {
        let now = self.now;
        if side == Side::Host as usize {
            while let Some(event) = self.host.poll(now) {
                match event {
                    heartbeat::Event::SendPing { nonce } => self.ping(Side::Host, nonce, self.backlog),
                    event => self.ended(Side::Host, format!("{now} host: {event:?}")),
                }
            }
            return;
        }
        while let Some(event) = self.probe.poll(now) {
            match event {
                probe::Event::SendPing { nonce } => self.ping(Side::Client, nonce, Duration::ZERO),
                event => self.ended(Side::Client, format!("{now} client: {event:?}")),
            }
        }
        while let Some(event) = self.watchdog.poll(now) {
            self.ended(Side::Client, format!("{now} client: {event:?}"));
        }
    }

    fn ended(&mut self, side: Side, line: String) {
        self.story.push(line);
        if self.goes_on {
            self.flight
                .retain(|(_, to, what)| !matches!(what, What::Flushed(_) | What::Written) || *to != side);
            self.begin(side);
        }
    }

    fn ping(&mut self, from: Side, nonce: u32, backlog: Duration) {
        let drains = (1..).map(|count| DRAIN.times(count)).take_while(|&after| after < backlog);
        self.flight.extend(drains.map(|after| (self.now + after, from, What::Written)));
        self.flight.push((self.now + backlog, from, What::Flushed(nonce)));
        let to = if from == Side::Host { Side::Client } else { Side::Host };
        self.send(to, backlog, What::Ping(nonce));
    }

    fn send(&mut self, to: Side, backlog: Duration, what: What) {
        if !self.cut {
            self.flight.push((self.now + backlog + self.latency, to, what));
        }
    }
}
