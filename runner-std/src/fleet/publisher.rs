//! What a host tells a broker: [`Publisher`].
//!
//! ```text
//!   Away ──News::Up──▶ Asking ──Pong──▶ Telling ──leave──▶ Leaving ──all acknowledged──▶ (gone)
//!     ▲                   │                │ queue: sessions whose newest state was not told
//!     └────News::Down─────┴────────────────┘
//! ```
//!
//! *Asking*: the broker may still keep sessions of an earlier life of this host, one that was killed. They are asked
//! for, and those that are not ours are cleared.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use stillwire::Instant;
use stillwire::link::throttle::{Config, Throttle};

use super::payload::About;
use super::{Broker, Greeting, Line, News, Topic, Topics};
use crate::limits;
use crate::lines;
use crate::os::{Poller, Ready};

/// A host as a broker sees it.
#[derive(Debug)]
pub struct Publisher {
    line: Line,
    topics: Topics,
    host: String,
    about: String,
    phase: Phase,
    sessions: Vec<Entry>,
    /// Sessions whose pace does not allow it yet.
    paced: Vec<usize>,
    /// Sessions whose newest state is to be told.
    queue: VecDeque<usize>,
    /// Retained messages about the host that are to be told: topic, payload.
    facts: VecDeque<(String, String)>,
    /// Lines that are no state: of which session.
    events: VecDeque<(usize, String)>,
    /// Lines that did not fit, of which session the last one was.
    lost: (u64, usize),
    /// What is on its way, for complaints.
    flying: BTreeMap<u16, String>,
    remarks: VecDeque<String>,
    count: Count,
}

/// What a publisher has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Messages handed to the broker, and bytes of what they said.
    pub messages: u64,
    /// See `messages`.
    pub payload: u64,
    /// Changes that were told together with a later one.
    pub held: u64,
    /// Events that were dropped.
    pub lost: u64,
    /// Bytes written to the broker and read from it, TLS and TCP not counted.
    pub written: u64,
    /// See `written`.
    pub read: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Away,
    Asking,
    Telling,
    Leaving,
}

#[derive(Debug)]
struct Entry {
    name: String,
    throttle: Throttle,
    /// It is in the queue.
    queued: bool,
    /// It has ended: what is told is that there is none.
    over: bool,
}

impl Publisher {
    /// A host with these sessions, in the order of the numbers by which it calls them.
    pub fn new(
        broker: Broker,
        host: &str,
        sessions: &[String],
        about: &About,
        token: u64,
        seed: u64,
        now: Instant,
    ) -> Self {
        let topics = Topics::new(broker.prefix());
        let greeting = Greeting { client: format!("stillwire {host}"), will: Some(topics.online(host)) };
        let entry = |name: &String| Entry {
            name: name.clone(),
            throttle: Throttle::new(Config::DEFAULT, now),
            queued: false,
            over: false,
        };
        Self {
            line: Line::new(Arc::new(broker), greeting, token, seed, now),
            topics,
            host: host.to_owned(),
            about: serde_json::to_string(about).unwrap_or_default(),
            phase: Phase::Away,
            sessions: sessions.iter().map(entry).collect(),
            paced: Vec::new(),
            queue: VecDeque::new(),
            facts: VecDeque::new(),
            events: VecDeque::new(),
            lost: (0, 0),
            flying: BTreeMap::new(),
            remarks: VecDeque::new(),
            count: Count::default(),
        }
    }

    /// The state of a session is another.
    pub fn changed(&mut self, now: Instant, session: usize) {
        let Some(entry) = self.sessions.get_mut(session).filter(|entry| !entry.over) else { return };
        if !entry.throttle.is_due() {
            self.paced.push(session);
        }
        entry.throttle.handle_change(now);
    }

    /// A session is over: it is cleared, at once.
    pub fn ended(&mut self, session: usize) {
        if let Some(entry) = self.sessions.get_mut(session)
            && !std::mem::replace(&mut entry.over, true)
        {
            self.enqueue(session);
        }
    }

    /// Something that is no state: an event line. If the broker is away the oldest make room.
    pub fn event(&mut self, session: usize, line: String) {
        if self.events.len() >= limits::NEWS
            && let Some((of, _)) = self.events.pop_front()
        {
            self.lost = (self.lost.0 + 1, of);
            self.count.lost += 1;
        }
        self.events.push_back((session, line));
    }

    /// Clears everything, says goodbye.
    pub fn leave(&mut self, now: Instant, poller: &mut Poller) {
        if self.phase == Phase::Leaving {
            return;
        }
        let telling = self.phase == Phase::Telling && self.line.is_up();
        self.phase = Phase::Leaving;
        if !telling {
            self.line.leave(now, poller);
            return;
        }
        for session in 0..self.sessions.len() {
            self.ended(session);
        }
        self.facts.push_back((self.topics.about(&self.host), String::new()));
        self.facts.push_back((self.topics.online(&self.host), String::new()));
    }

    /// Whether there is nothing more to say after [`leave`](Self::leave).
    pub fn is_gone(&self) -> bool {
        self.phase == Phase::Leaving && !self.line.is_up()
    }

    /// Whether the broker hears us.
    pub fn is_up(&self) -> bool {
        self.line.is_up()
    }

    /// What it has done.
    pub fn count(&self) -> Count {
        let held = self.sessions.iter().map(|entry| entry.throttle.held()).sum();
        let [written, read] = self.line.moved;
        Count { held, written, read, ..self.count }
    }

    /// Something for the log.
    pub fn remark(&mut self) -> Option<String> {
        self.remarks.pop_front()
    }

    /// When to poll next.
    pub fn poll_at(&self) -> Option<Instant> {
        let paced = self.paced.iter().filter_map(|&session| self.sessions.get(session)?.throttle.poll_at());
        paced.map(|due| due.at).chain(self.line.poll_at()).min()
    }

    /// Hears what came under its token.
    pub fn ready(&mut self, now: Instant, poller: &mut Poller, ready: Ready) {
        self.line.ready(now, poller, ready);
    }

    /// Does what is due; `state` says what is to be told of a session, as of now.
    pub fn poll(&mut self, now: Instant, poller: &mut Poller, mut state: impl FnMut(usize) -> String) {
        self.line.poll(now, poller);
        for session in std::mem::take(&mut self.paced) {
            let Some(entry) = self.sessions.get_mut(session) else { continue };
            if entry.throttle.poll(now).is_some() {
                self.enqueue(session);
            } else {
                self.paced.push(session);
            }
        }
        while let Some(news) = self.line.next_news() {
            self.hear(now, news);
        }
        self.tell(now, &mut state);
        if self.phase == Phase::Leaving && self.is_silent() && self.line.is_up() {
            self.line.leave(now, poller);
        }
        self.line.poll(now, poller);
    }

    fn enqueue(&mut self, session: usize) {
        if let Some(entry) = self.sessions.get_mut(session)
            && !std::mem::replace(&mut entry.queued, true)
        {
            self.queue.push_back(session);
        }
    }

    /// Whether all that there was has been told, and has arrived.
    fn is_silent(&self) -> bool {
        self.facts.is_empty() && self.queue.is_empty() && self.flying.is_empty() && self.line.is_flushed()
    }

    fn hear(&mut self, now: Instant, news: News) {
        match news {
            News::Up => self.arrived(now),
            News::Down { why, .. } => {
                let line = format!("{}: {why}", self.line.address());
                self.remark_once(line);
                self.away();
            }
            News::Taken => {
                let host = &self.host;
                let line =
                    format!("another host goes by the name of {host}: choose another with --mqtt-name");
                self.remark_once(line);
                self.away();
            }
            News::Message(message) => match self.topics.read(&message.topic) {
                Topic::Status(host, session)
                    if host == self.host
                        && !message.payload.is_empty()
                        && !self.sessions.iter().any(|entry| entry.name == session) =>
                {
                    self.facts.push_back((message.topic, String::new()));
                }
                // The will of an earlier connection of ours came late.
                Topic::Online(host) if host == self.host && message.payload == b"false" => {
                    self.facts.push_back((message.topic, "true".into()));
                }
                _ => {}
            },
            News::Acked { id, refused } => {
                let topic = self.flying.remove(&id);
                if let Some((why, topic)) = refused.zip(topic) {
                    self.remark_once(format!("{} does not take {topic}: {why}", self.line.address()));
                }
            }
            News::Subscribed { refused: Some(why), .. } => {
                let of = self.topics.all_status(Some(&self.host));
                self.remark_once(format!("{} does not tell {of}: {why}", self.line.address()));
            }
            News::Subscribed { refused: None, .. } => {}
            News::Pong if self.phase == Phase::Asking => {
                self.phase = Phase::Telling;
                let filter = self.topics.all_status(Some(&self.host));
                let _ = self.line.unsubscribe(now, &filter);
            }
            News::Pong => {}
        }
    }

    /// The broker has let us in, and knows nothing that can be relied on.
    fn arrived(&mut self, now: Instant) {
        self.remarks.push_back(format!("{} hears {}", self.line.address(), self.host));
        self.phase = Phase::Asking;
        self.flying.clear();
        self.facts.clear();
        self.facts.push_back((self.topics.online(&self.host), "true".into()));
        self.facts.push_back((self.topics.about(&self.host), self.about.clone()));
        for session in 0..self.sessions.len() {
            self.enqueue(session);
        }
        let filters = [self.topics.all_status(Some(&self.host)), self.topics.online(&self.host)];
        let _ = self.line.subscribe(now, &filters);
        self.line.ping(now);
    }

    fn away(&mut self) {
        if self.phase != Phase::Leaving {
            self.phase = Phase::Away;
        }
    }

    /// The same thing is not said again and again.
    fn remark_once(&mut self, line: String) {
        if self.remarks.back() != Some(&line) && self.remarks.len() < limits::NEWS {
            self.remarks.push_back(line);
        }
    }

    /// Tells what there is while there is room: the host, what happened, then the newest state of each session.
    fn tell(&mut self, now: Instant, state: &mut dyn FnMut(usize) -> String) {
        while self.line.has_room() && self.phase != Phase::Away {
            let (topic, payload, retain) = if let Some((topic, payload)) = self.next_fact() {
                (topic, payload, true)
            } else if self.phase == Phase::Asking {
                return;
            } else if let Some((session, line)) = self.next_event(now) {
                let name = self.sessions.get(session).map_or("", |entry| &entry.name);
                (self.topics.events(&self.host, name), line, false)
            } else if let Some(session) = self.queue.pop_front() {
                let Some(entry) = self.sessions.get_mut(session) else { continue };
                entry.queued = false;
                let payload = if entry.over { String::new() } else { state(session) };
                (self.topics.status(&self.host, &entry.name), payload, true)
            } else {
                return;
            };
            self.count.messages += 1;
            self.count.payload += payload.len() as u64;
            if let Some(id) = self.line.publish(now, &topic, payload.as_bytes(), retain) {
                self.flying.insert(id, topic);
            }
        }
    }

    /// The end of a host comes after that of its sessions.
    fn next_fact(&mut self) -> Option<(String, String)> {
        let last = self.phase == Phase::Leaving && !(self.queue.is_empty() && self.events.is_empty());
        if last { None } else { self.facts.pop_front() }
    }

    fn next_event(&mut self, now: Instant) -> Option<(usize, String)> {
        if self.lost.0 > 0 && !self.events.is_empty() {
            let (count, session) = std::mem::take(&mut self.lost);
            let name = self.sessions.get(session).map_or("", |entry| &entry.name);
            return Some((session, lines::of(name, lines::lost(now, count)).trim_end().to_owned()));
        }
        self.events.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_that_is_away_costs_a_bounded_queue_and_one_mark_per_session() {
        let broker = Broker::new("mqtt://127.0.0.1:1", None, None).unwrap();
        let names = ["a".to_owned(), "b".to_owned()];
        let mut publisher = Publisher::new(broker, "h", &names, &About::default(), 1, 1, Instant::ZERO);
        let many = limits::NEWS + 40;
        for number in 0..many {
            publisher.event(number % 2, format!("{{\"event\":\"bell\",\"t\":{number}}}"));
            publisher.changed(Instant::from_millis(number as u64), 0);
        }
        assert_eq!((publisher.events.len(), publisher.count().lost), (limits::NEWS, 40));
        assert_eq!((publisher.paced.len(), publisher.queue.len()), (1, 0), "one state waits, the newest");
        // What is missing is told before what is there.
        let (_, lost) = publisher.next_event(Instant::ZERO).unwrap();
        assert_eq!(lost, "{\"t\":0.000000,\"event\":\"lost\",\"count\":40,\"session\":\"b\"}");
        assert!(publisher.next_event(Instant::ZERO).unwrap().1.contains("\"t\":40}"));
        // A session that has ended is told once, and never again.
        publisher.ended(1);
        publisher.ended(1);
        publisher.changed(Instant::ZERO, 1);
        assert_eq!((publisher.queue.len(), publisher.paced.len()), (1, 1));
    }
}
