//! Bytes as a list of operations on clients that ask, a host that answers, and the links between them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use stillwire::link::frame::Outcome;
use stillwire::link::message::{
    Answers, BadReply, Handled, REPLY_FIELDS, REQUEST_FIELDS, Refused, Requests, WINDOW,
};

const CAPACITIES: [usize; 8] = [0, 19, 24, 60, 100, 256, 1_000, 4_096];

struct World {
    answers: Answers<Vec<u8>>,
    clients: Vec<Client>,
    /// At the handlers: client, id.
    handling: Vec<(usize, u64)>,
    replies: u64,
    noisy: bool,
    /// For one reply at least.
    has_storage: bool,
}

struct Client {
    requests: Requests<Vec<u8>>,
    handled: Handled,
    /// None: not connected. What is on the link, and the longest body.
    link: Option<Link>,
    /// Asked, and not told what became of it; whether it was sent.
    waiting: BTreeMap<u64, bool>,
    /// By its handlers, with what they said.
    handled_once: BTreeMap<u64, Option<(Outcome, Vec<u8>)>>,
    done: BTreeSet<u64>,
    max_body: usize,
}

#[derive(Default)]
struct Link {
    up: VecDeque<(u64, Vec<u8>)>,
    down: VecDeque<(u64, Outcome, Vec<u8>)>,
}

/// Lives one life of a host and three clients.
///
/// # Panics
/// If a request is handled twice, a reply is told twice or is another's, or somebody is never told.
pub fn message_ops(data: &[u8]) {
    let Some((&head, data)) = data.split_first() else { return };
    let capacity = |index: u8| CAPACITIES[usize::from(index % 8)];
    let client = |number| Client {
        requests: Requests::new(vec![0; capacity(head)]),
        handled: Handled::new(number),
        link: None,
        waiting: BTreeMap::new(),
        handled_once: BTreeMap::new(),
        done: BTreeSet::new(),
        max_body: 0,
    };
    let mut world = World {
        answers: Answers::new(vec![0; capacity(head >> 3)]),
        clients: (0..3).map(client).collect(),
        handling: Vec::new(),
        replies: 0,
        noisy: head >= 0x80,
        has_storage: capacity(head >> 3) >= 20,
    };
    for op in data.chunks(3) {
        let [kind, a, b] = [0, 1, 2].map(|index| op.get(index).copied().unwrap_or(0));
        world.step(kind, usize::from(kind >> 4) % 3, usize::from(a), usize::from(b));
    }
    world.calm();
}

impl World {
    fn step(&mut self, kind: u8, client: usize, a: usize, b: usize) {
        match kind % 16 {
            0..=2 => self.clients[client].ask(a, b),
            3 | 4 => self.clients[client].send(1 + a % 8, REQUEST_FIELDS + 1 + b),
            5 | 6 => (0..=a % 8).for_each(|_| self.arrive(client)),
            7 | 8 => self.answer(a, b),
            9 | 10 => self.say(client, 1 + a % 8, REPLY_FIELDS + b),
            11 => self.clients[client].hear(1 + a % 8),
            12 => self.cut(client),
            13 | 14 => self.connect(client, !a.is_multiple_of(16), if a < 128 { 256 } else { 10 + b }),
            _ if self.noisy => {
                if let Some(link) = &mut self.clients[client].link {
                    let _damaged = if a.is_multiple_of(2) {
                        link.up.pop_front().is_some()
                    } else {
                        link.down.pop_front().is_some()
                    };
                }
                if b.is_multiple_of(4) {
                    self.clients[client].requests.handle_doubt();
                }
            }
            _ => {}
        }
    }

    fn cut(&mut self, client: usize) {
        let client = &mut self.clients[client];
        if client.link.take().is_some() {
            self.answers.handle_detach(&mut client.handled);
        }
    }

    /// A new connection, or another hello on the one there is.
    fn connect(&mut self, client: usize, resumed: bool, max_body: usize) {
        let client = &mut self.clients[client];
        if !resumed {
            client.handled = Handled::new(client.handled.client());
        }
        client.link = Some(Link::default());
        client.max_body = max_body;
        self.answers.handle_attach(&mut client.handled);
        assert!(!client.handled.is_due());
        client.requests.handle_welcome(resumed, max_body);
        while let Some(lost) = client.requests.poll_lost() {
            assert_eq!(
                client.waiting.remove(&lost.id),
                Some(lost.sent),
                "told once, and whether it was sent"
            );
        }
    }

    /// A request comes to the host.
    fn arrive(&mut self, index: usize) {
        let client = &mut self.clients[index];
        let Some((id, _)) = client.link.as_mut().and_then(|link| link.up.pop_front()) else { return };
        let new = client.handled.is_new(id);
        assert_eq!(self.answers.handle_request(&mut client.handled, id), new);
        assert!(!client.handled.is_new(id));
        if new {
            let twice = client.handled_once.insert(id, None);
            assert!(twice.is_none(), "handled once");
            self.handling.push((index, id));
        }
    }

    /// A handler is done, not always the first one that was asked.
    fn answer(&mut self, a: usize, b: usize) {
        if self.handling.is_empty() {
            return;
        }
        let (index, id) = self.handling.swap_remove(a % self.handling.len());
        let client = &mut self.clients[index];
        let outcome = if a == 255 { Outcome::NoHandler } else { Outcome::Done };
        let mut payload = vec![index as u8 ^ id as u8; b];
        let was_open = client.handled.is_open(id);
        let mut replied = self.answers.reply(&mut client.handled, id, outcome, &payload);
        if let Err(BadReply::TooLong { max }) = replied {
            assert!(payload.len() > max && client.handled.is_open(id) == was_open);
            payload.truncate(max);
            replied = self.answers.reply(&mut client.handled, id, outcome, &payload);
        }
        match replied {
            Ok(()) => {
                self.replies += 1;
                client.handled_once.insert(id, Some((outcome, payload)));
            }
            Err(bad) => assert!(bad == BadReply::NotOpen && !was_open, "{bad:?}: the host has forgotten it"),
        }
        if !client.is_old(id) {
            let again = self.answers.reply(&mut client.handled, id, outcome, b"");
            assert_eq!(again, Err(BadReply::NotOpen), "answered once");
        }
    }

    /// The host sends.
    fn say(&mut self, index: usize, count: usize, room: usize) {
        let client = &mut self.clients[index];
        let Some(link) = &mut client.link else { return };
        for _ in 0..count {
            let due = client.handled.is_due();
            let Some(answer) =
                self.answers.next(&mut client.handled, room.min(client.max_body), client.max_body)
            else {
                assert!(room < client.max_body || !client.handled.is_due());
                return;
            };
            assert!(due && answer.bytes.len() + REPLY_FIELDS <= room.min(client.max_body));
            link.down.push_back((answer.id, answer.outcome, answer.bytes.to_vec()));
        }
    }

    /// No more faults: everybody is told what became of everything. Of ids that are older than the host remembers only
    /// after another connection, and if there is any storage for it.
    fn calm(&mut self) {
        let waits = |world: &Self| world.clients.iter().map(|client| client.waiting.len()).sum::<usize>();
        for _ in 0..=WINDOW {
            for client in 0..3 {
                self.connect(client, true, 10_000);
            }
            let mut rounds = 0..3;
            while waits(self) > 0 && rounds.next().is_some() {
                let before = waits(self);
                self.round();
                if waits(self) < before {
                    rounds = 0..3;
                }
            }
            assert!(self.clients.iter().all(|client| client.waiting.keys().all(|&id| client.is_old(id))));
        }
        for client in &self.clients {
            assert_eq!(client.requests.pending(), client.waiting.len());
            assert!(!client.handled.is_due() && !client.requests.is_due());
        }
        assert!(waits(self) == 0 || !self.has_storage, "everybody is told");
        assert!(self.answers.dropped() <= self.replies);
    }

    fn round(&mut self) {
        while !self.handling.is_empty() {
            self.answer(0, 5);
        }
        for client in 0..3 {
            self.clients[client].send(100, 10_000);
            (0..100).for_each(|_| self.arrive(client));
            self.say(client, 100, 10_000);
            self.clients[client].hear(100);
        }
    }
}

impl Client {
    /// Whether the host does not remember it.
    fn is_old(&self, id: u64) -> bool {
        self.handled_once.keys().max().is_some_and(|highest| id + WINDOW as u64 <= *highest)
    }

    fn ask(&mut self, a: usize, b: usize) {
        let channel = &"a channel's name of some length"[..1 + a % 30];
        let payload = vec![a as u8; if b < 128 { b % 16 } else { b }];
        let before = self.requests.pending();
        match self.requests.request(channel, &payload) {
            Ok(id) => {
                let last = self.waiting.keys().chain(&self.done).max().copied();
                assert!(last.is_none_or(|last| id > last));
                self.waiting.insert(id, false);
            }
            Err(Refused::TooLong { max } | Refused::Full { room: max }) => {
                assert!(channel.len() + payload.len() > max, "refused without need");
            }
            Err(Refused::BadChannel) => unreachable!("it has a name"),
        }
        assert_eq!(self.requests.pending(), self.waiting.len());
        assert!(before <= self.waiting.len());
    }

    fn send(&mut self, count: usize, room: usize) {
        let Some(link) = &mut self.link else { return };
        for _ in 0..count {
            let due = self.requests.is_due();
            let Some(request) = self.requests.next(room) else { return };
            let len = request.channel.len() + request.bytes.len() + REQUEST_FIELDS;
            assert!(due && len <= room && len <= self.max_body);
            assert!(request.channel.starts_with('a'));
            assert!(self.waiting.insert(request.id, true).is_some(), "it waits");
            link.up.push_back((request.id, request.bytes.to_vec()));
        }
    }

    fn hear(&mut self, count: usize) {
        let Some(link) = &mut self.link else { return };
        let came: Vec<_> = link.down.drain(..count.min(link.down.len())).collect();
        for (id, outcome, bytes) in came {
            let waiting = self.requests.is_waiting(id);
            assert_eq!(waiting, self.waiting.get(&id) == Some(&true));
            assert_eq!(self.requests.handle_reply(id), waiting, "told once");
            if !waiting {
                continue;
            }
            self.waiting.remove(&id);
            self.done.insert(id);
            let handled = self.handled_once.get(&id);
            match outcome {
                Outcome::Lost => {
                    assert!(
                        handled.is_some() || self.is_old(id),
                        "it was handled, or came much later than others"
                    );
                }
                _ => assert_eq!(handled, Some(&Some((outcome, bytes))), "what its handler said"),
            }
        }
    }
}
