//! What a broker knows of all hosts: [`Subscriber`].
//!
//! Hosts come first, and then their sessions, some hosts at a time: a broker in its default configuration drops what waits
//! for one client beyond 1,000 messages, and says so to nobody but its log.
//!
//! A host whose last will says `false` is lost, and so is one that nothing is known of but its sessions: the will has been
//! forgotten. Both keep their sessions, as they were.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use stillwire::Instant;

use super::known::{self, Known};
use super::payload::{read, read_about, wall};
use super::{Broker, Greeting, LOST, Line, Message, News, Topic, Topics};
use crate::failure::Failure;
use crate::limits;
use crate::lines::quoted;
use crate::os::{Poller, Ready};
use crate::roster::filter::Filter;
use crate::roster::session::Session;

/// The hosts of a broker.
#[derive(Debug)]
pub(crate) struct Subscriber {
    line: Line,
    topics: Topics,
    /// Only hosts like this.
    hosts_like: Filter,
    events: bool,
    hosts: BTreeMap<String, Known>,
    /// Hosts whose sessions were asked for, and those whose sessions will be.
    asked: BTreeSet<String>,
    next: VecDeque<String>,
    /// An answer is on its way.
    busy: bool,
    /// The broker has told all that it kept.
    whole: bool,
    /// Something kept came since the last ping.
    more: bool,
    /// Sessions that the broker has not told since it let us in.
    unseen: BTreeSet<(String, String)>,
    updates: Vec<Update>,
}

/// What is another.
#[derive(Debug)]
pub(crate) enum Update {
    /// A session of a host, or it is not there any more.
    Session(String, String),
    /// An event line, as the host wrote it.
    Event(String, String),
    /// The connection is not what it should be.
    Trouble(Failure),
}

impl Subscriber {
    /// Asks a broker for all hosts that a filter lets through; with their events if they are wanted.
    pub(crate) fn new(
        broker: Broker,
        hosts_like: Filter,
        events: bool,
        token: u64,
        seed: u64,
        now: Instant,
    ) -> Self {
        let topics = Topics::new(broker.prefix());
        let greeting = Greeting { client: format!("stillwire-view-{seed:016x}"), will: None };
        Self {
            line: Line::new(Arc::new(broker), greeting, token, seed, now),
            topics,
            hosts_like,
            events,
            hosts: BTreeMap::new(),
            asked: BTreeSet::new(),
            next: VecDeque::new(),
            busy: false,
            whole: false,
            more: false,
            unseen: BTreeSet::new(),
            updates: Vec::new(),
        }
    }

    /// Whether all that the broker keeps has been told once.
    pub(crate) const fn is_whole(&self) -> bool {
        self.whole
    }

    /// Host and port of the broker.
    pub(crate) fn address(&self) -> &str {
        self.line.address()
    }

    /// When to poll next.
    pub(crate) fn poll_at(&self) -> Option<Instant> {
        self.line.poll_at()
    }

    /// Hears what came under its token.
    pub(crate) fn ready(&mut self, now: Instant, poller: &mut Poller, ready: Ready) {
        self.line.ready(now, poller, ready);
    }

    /// Does what is due, and says what is another.
    pub(crate) fn poll(&mut self, now: Instant, poller: &mut Poller) -> Vec<Update> {
        self.line.poll(now, poller);
        while let Some(news) = self.line.next_news() {
            self.hear(now, news);
        }
        if !self.busy && !self.next.is_empty() {
            self.ask(now);
        }
        self.line.poll(now, poller);
        std::mem::take(&mut self.updates)
    }

    /// A session as it is now; None: there is none.
    pub(crate) fn session(&self, host: &str, name: &str) -> Option<Session> {
        let known = self.hosts.get(host)?;
        Some(known.session(host, name, known.sessions.get(name)?, wall()))
    }

    /// All of them.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = Session> {
        let now = wall();
        self.hosts.iter().flat_map(move |(host, known)| {
            known.sessions.iter().map(move |(name, told)| known.session(host, name, told, now))
        })
    }

    /// A host and those of its sessions that are wanted, in the words of the list of a host.
    pub(crate) fn json(&self, wanted: impl Fn(&Session) -> bool) -> String {
        let now = wall();
        let mut lines = String::new();
        for (host, known) in &self.hosts {
            let sessions = known.sessions.iter().map(|(name, told)| known.session(host, name, told, now));
            let sessions: Vec<Value> =
                sessions.filter(|session| wanted(session)).map(|it| known::json(&it)).collect();
            if sessions.is_empty() && !known.sessions.is_empty() {
                continue;
            }
            let address = known.about.as_ref().and_then(|about| about.address.clone());
            let line = json!({ "host": host, "online": known.online, "lost": known.lost, "listen": address,
                "sessions": sessions });
            lines.push_str(&format!("{line}\n"));
        }
        lines
    }

    fn hear(&mut self, now: Instant, news: News) {
        match news {
            News::Up => {
                (self.asked, self.next, self.busy) = (BTreeSet::new(), VecDeque::new(), true);
                let filters: Vec<String> = match self.hosts_like.only() {
                    Some(host) => vec![self.topics.online(&host), self.topics.about(&host)],
                    None => self.topics.all_hosts().into(),
                };
                let known = self.hosts.iter();
                let pairs = known.flat_map(|(host, known)| {
                    known.sessions.keys().map(move |name| (host.clone(), name.clone()))
                });
                self.unseen = pairs.collect();
                let _ = self.line.subscribe(now, &filters);
            }
            News::Subscribed { refused: Some(why), .. } => {
                let what = format!("{} does not tell about sessions: {why}", self.address());
                self.updates.push(Update::Trouble(Failure::new(what).hint(RIGHTS)));
            }
            News::Subscribed { refused: None, .. } => {
                self.more = false;
                self.line.ping(now);
            }
            // What it kept comes before the answer, or as we acknowledge it: ask until nothing comes in between.
            News::Pong if std::mem::take(&mut self.more) => self.line.ping(now),
            News::Pong if !self.next.is_empty() => self.ask(now),
            News::Pong => {
                self.busy = false;
                if !std::mem::replace(&mut self.whole, true) {
                    self.tell_all();
                }
                for (host, name) in std::mem::take(&mut self.unseen) {
                    self.forget(&host, &name);
                }
            }
            News::Down { why, .. } => {
                let hint = hint(&why);
                let failure = Failure::io(format!("use the broker at {}", self.address()), why);
                self.updates.push(Update::Trouble(match hint {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                }));
            }
            News::Message(message) => {
                self.more |= message.retained;
                self.read(message);
            }
            News::Acked { .. } | News::Taken => {}
        }
    }

    fn read(&mut self, message: Message) {
        let Message { topic, payload, expiry, retained } = message;
        match self.topics.read(&topic) {
            Topic::Online(host) => {
                if !payload.is_empty() {
                    self.found(&host);
                }
                let known = self.hosts.entry(host.clone()).or_default();
                let was = known.online;
                known.online = payload == b"true";
                let age = expiry.map(|left| f64::from(LOST.saturating_sub(left)));
                known.lost = match (payload.as_slice(), age) {
                    (b"false", Some(age)) => Some(wall() - age),
                    (b"false", None) if !retained => Some(wall()),
                    _ => None,
                };
                if was != known.online && self.whole {
                    let names: Vec<String> = known.sessions.keys().cloned().collect();
                    self.updates.extend(names.into_iter().map(|name| Update::Session(host.clone(), name)));
                }
                self.tidy(&host);
            }
            Topic::About(host) => {
                if !payload.is_empty() {
                    self.found(&host);
                }
                self.hosts.entry(host.clone()).or_default().about = read_about(&payload);
                self.tidy(&host);
            }
            Topic::Status(host, name) if payload.is_empty() => self.forget(&host, &name),
            Topic::Status(host, name) => {
                let Some(told) = read(&payload) else { return };
                self.unseen.remove(&(host.clone(), name.clone()));
                self.hosts.entry(host.clone()).or_default().sessions.insert(name.clone(), told);
                if self.events {
                    self.event(&host, &payload);
                }
                self.change(&host, &name);
            }
            Topic::Event(host) => self.event(&host, &payload),
            Topic::Other => {}
        }
    }

    /// Asks for the sessions of the next hosts, of so many that a broker drops nothing.
    fn ask(&mut self, now: Instant) {
        let (mut filters, mut sessions) = (Vec::new(), 0);
        while let Some(host) = self.next.front() {
            let about = self.hosts.get(host).and_then(|known| known.about.as_ref());
            sessions += about.map_or(limits::WAVE / 20, |about| about.sessions);
            if !filters.is_empty() && sessions > limits::WAVE {
                break;
            }
            filters.push(self.topics.all_status(Some(host)));
            if self.events {
                filters.push(self.topics.all_events(host));
            }
            self.next.pop_front();
        }
        self.busy = self.line.subscribe(now, &filters).is_some();
    }

    /// A host is there: its sessions will be asked for.
    fn found(&mut self, host: &str) {
        if self.hosts_like.lets_host(host) && self.asked.insert(host.to_owned()) {
            self.next.push_back(host.to_owned());
        }
    }

    /// An event line of a host, with its name.
    fn event(&mut self, host: &str, payload: &[u8]) {
        let Ok(text) = str::from_utf8(payload) else { return };
        // It is a line of JSON, and stays one: whatever else comes is not passed on.
        let open = text
            .trim()
            .strip_suffix('}')
            .filter(|_| serde_json::from_str::<Map<String, Value>>(text).is_ok());
        if let Some(open) = open.filter(|open| !open.contains('\n')) {
            let line = format!("{open},\"host\":{}}}", quoted(host));
            self.updates.push(Update::Event(host.to_owned(), line));
        }
    }

    fn forget(&mut self, host: &str, name: &str) {
        let known = self.hosts.get_mut(host);
        if known.is_some_and(|known| known.sessions.remove(name).is_some()) {
            self.change(host, name);
        }
        self.tidy(host);
    }

    /// What is loaded is told in one go.
    fn change(&mut self, host: &str, name: &str) {
        if self.whole {
            self.updates.push(Update::Session(host.to_owned(), name.to_owned()));
        }
    }

    fn tell_all(&mut self) {
        for (host, known) in &self.hosts {
            let names = known.sessions.keys();
            self.updates.extend(names.map(|name| Update::Session(host.clone(), name.clone())));
        }
    }

    /// A host of which nothing is known is none.
    fn tidy(&mut self, host: &str) {
        if self.hosts.get(host).is_some_and(Known::is_nothing) {
            self.hosts.remove(host);
        }
    }
}

const RIGHTS: &str = "the broker's access list has to let this user read stillwire/v1/#";

fn hint(why: &str) -> Option<&'static str> {
    let table = [
        (
            "user name or password",
            "mqtts://USER@BROKER with --mqtt-password-file FILE or STILLWIRE_MQTT_PASSWORD",
        ),
        ("not authorized", "mqtts://USER@BROKER with --mqtt-password-file FILE or STILLWIRE_MQTT_PASSWORD"),
        ("not valid for name", "use the name in the broker's certificate in the URL"),
        ("UnknownIssuer", "--mqtt-ca FILE trusts the certificate authority in FILE"),
        ("refused", "is it running, and is that its port?"),
    ];
    table.iter().find(|(part, _)| why.contains(part)).map(|(_, hint)| *hint)
}
