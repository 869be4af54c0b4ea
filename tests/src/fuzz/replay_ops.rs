//! Bytes as a list of operations on a history and its readers, on typed input, or on a bootstrap.

use core::ops::Range;
use std::collections::BTreeSet;

use stillwire::link::bootstrap::{Bootstrap, Joining, KEYS, Refused};
use stillwire::link::history::Size;
use stillwire::link::replay::Place;
use stillwire::link::typed::{Applied, Chunk, Full, Typed};

use crate::tape::{EPOCH, Reader, Tape};

const CAPACITIES: [usize; 8] = [0, 1, 2, 7, 16, 33, 100, 512];

/// Output that has places where nobody may begin.
const OUTPUTS: [&[u8]; 14] = [
    b"$ make all\r\n",
    b"\x1b[?1049h\x1b[2J\x1b[H",
    b"\x1b[?1049l",
    b"\x1b[?2004h\x1b[1;31mError\x1b[0m",
    b"\x1b]0;a title that is longer than some rings are\x07",
    b"\x1bP1$r0m\x1b\\",
    "grüße ✔ 🚀\n".as_bytes(),
    b"\x1b[?2026h\x1b[5;5Hhalf a frame",
    b"the other half\x1b[?2026l",
    b"\x1b[?25l\x1b[?1002;1006h",
    b"\x1bc",
    b"\n",
    b"\x1bX an unfinished string",
    b"\x18\x1b[!p",
];

/// Lives one life of a history with readers, of typed input with a bad link, or of a bootstrap, beside a
/// model that forgets nothing.
///
/// # Panics
/// If a byte is lost, doubled or out of order without being told, or a reader begins in a bad place.
pub fn replay_ops(data: &[u8]) {
    let Some((&head, data)) = data.split_first() else { return };
    let capacity = CAPACITIES[usize::from(head >> 2) % 8];
    let mut ops = data.chunks(3).map(|op| [0, 1, 2].map(|index| op.get(index).copied().unwrap_or(0)));
    match head % 4 {
        0 | 1 => history(capacity, &mut ops),
        2 => typed(capacity, &mut ops),
        _ => bootstrap(capacity, &mut ops),
    }
}

fn history(capacity: usize, ops: &mut dyn Iterator<Item = [u8; 3]>) {
    let (mut tape, mut readers) = (Tape::new(capacity), Vec::<Reader>::new());
    let mut size = tape.history.size();
    for [kind, a, b] in ops {
        let (a, b) = (usize::from(a), usize::from(b));
        match kind % 8 {
            0..=2 => {
                let output = OUTPUTS[a % OUTPUTS.len()];
                tape.print(&output[..output.len().saturating_sub(b % 16 / 8 * (b >> 4))]);
            }
            3 => {
                size = Some(Size { columns: a as u16, rows: b as u16 });
                tape.history.handle_resize(Size { columns: a as u16, rows: b as u16 });
            }
            4 if readers.len() < 8 => {
                let epoch = EPOCH + u64::from(kind >= 0xF0);
                let place = Place { epoch, offset: (a * 8 + b) as u64 };
                readers.push(tape.attach((kind < 0x80 || epoch != EPOCH).then_some(place)));
            }
            5 if !readers.is_empty() => {
                // It goes, and comes back with what it has.
                let has = readers.swap_remove(a % readers.len()).follower.place();
                readers.push(tape.attach(has));
            }
            _ if !readers.is_empty() => {
                let reader = a % readers.len();
                readers[reader].read(&tape, b);
            }
            _ => {}
        }
    }
    // Whatever was unfinished ends; everyone reads on. In a ring of less than this nothing can be read.
    tape.print(b"\x18");
    for output in [&b"\x1b[?2026l"[..], b"\n"] {
        tape.print(output);
    }
    for reader in &mut readers {
        reader.read_all(&tape);
        assert_eq!(reader.replay.behind(&tape.history), 0, "everyone arrives");
        assert_eq!(reader.size, size, "and knows the size");
    }
}

/// What is typed on a link that is cut now and then, with all that is on it, and loses frames; and a host that
/// takes what it can, and forgets its clients and its session.
struct Typing {
    typed: Typed<Vec<u8>>,
    applied: Applied,
    /// All that was ever typed in this life of the session, by number.
    taken: Vec<u8>,
    /// What the session was given, with its numbers.
    session: Vec<(u64, u8)>,
    /// Numbers of which was said that nobody knows.
    unsure: Vec<Range<u64>>,
    up: Vec<(u64, Vec<u8>)>,
    /// Number, limit, again.
    down: Vec<(u64, u64, bool)>,
    /// The largest limit told on this connection.
    limit: u64,
}

impl Typing {
    fn base(&self) -> u64 {
        (self.taken.len() - self.typed.pending()) as u64
    }

    fn send(&mut self, room: usize) {
        let waiting = self.typed.is_waiting();
        let chunk = self.typed.next(room);
        assert_eq!(chunk.is_some(), waiting && room > 0);
        if let Some(Chunk { offset, bytes }) = chunk {
            assert!(bytes.len() <= room && offset + bytes.len() as u64 <= self.limit, "beyond the limit");
            self.up.push((offset, bytes.to_vec()));
        }
    }

    /// The host gets what was sent first; it may be lost.
    fn receive(&mut self, room: usize) {
        let (offset, bytes) = self.up.remove(0);
        if room.is_multiple_of(16) {
            return;
        }
        match self.applied.fresh(offset, &bytes) {
            Ok(fresh) => {
                let (at, count) = (self.applied.count(), fresh.len().min(room));
                self.session.extend((at..).zip(fresh[..count].iter().copied()));
                self.applied.commit(count);
            }
            Err(missing) => self.down.push((missing.expected, self.limit, true)),
        }
    }

    /// The host says how far it is; if all that was sent came, also that it misses some.
    fn ack(&mut self, more: u8) {
        let (before, number) = (self.applied, self.applied.count());
        let due = self.applied.poll_ack();
        assert_eq!(due, (before != Applied::new(number)).then_some(number), "told once");
        let again = self.up.is_empty() && self.typed.next_number() > number; // as a ping would say
        self.limit = self.limit.max(number + u64::from(more));
        self.down.push((number, number + u64::from(more), again));
    }

    fn hear(&mut self) {
        let (number, limit, again) = self.down.remove(0);
        self.typed.handle_ack(number, limit).expect("an acknowledgement of what was sent");
        if again {
            self.typed.handle_again(number).expect("what it expects");
        }
    }

    fn reconnect(&mut self, kind: u8, room: u8) {
        (self.up, self.down) = (Vec::new(), Vec::new());
        let (base, sent) = (self.base(), self.typed.sent());
        let resumed = !kind.is_multiple_of(4);
        if !resumed {
            self.applied = Applied::new(sent);
        }
        let input = self.applied.count();
        self.limit = input + u64::from(room);
        if kind.is_multiple_of(16) {
            let dropped = self.typed.handle_new_session(input, self.limit);
            assert_eq!(dropped, self.taken.len() as u64 - base);
            self.taken.resize(input as usize, 0);
            self.session.clear();
            self.unsure.clear();
            self.unsure.push(0..input);
        } else {
            let dropped = self.typed.handle_welcome(resumed, input, self.limit).expect("the same session");
            assert_eq!(dropped, if resumed { 0 } else { sent - base });
            self.unsure.push(if resumed { 0..0 } else { base..sent });
        }
    }

    fn nonsense(&mut self, by: u8) {
        let (beyond, before) = (self.typed.sent() + 1 + u64::from(by), self.base().checked_sub(1));
        let state = |typed: &Typed<Vec<u8>>| (typed.pending(), typed.sent(), typed.next_number());
        let old = state(&self.typed);
        assert!(self.typed.handle_ack(beyond, 0).is_err());
        for number in [Some(beyond), before].into_iter().flatten() {
            assert!(self.typed.handle_again(number).is_err());
            assert!(self.typed.handle_welcome(by.is_multiple_of(2), number, 0).is_err());
        }
        assert!(self.applied.fresh(self.applied.count() + 1 + u64::from(by), b"x").is_err());
        assert_eq!(state(&self.typed), old);
    }

    fn check(&self) {
        assert!(self.session.is_sorted_by(|a, b| a.0 < b.0), "applied once, in order");
        assert!(self.session.iter().all(|&(number, byte)| self.taken[number as usize] == byte), "as typed");
        assert!(self.typed.next_number() <= self.typed.sent());
        assert_eq!(self.typed.unacknowledged(), self.typed.next_number() - self.base());
    }
}

fn typed(capacity: usize, ops: &mut dyn Iterator<Item = [u8; 3]>) {
    let mut it = Typing {
        typed: Typed::new(vec![0; capacity]),
        applied: Applied::new(0),
        taken: Vec::new(),
        session: Vec::new(),
        unsure: Vec::new(),
        up: Vec::new(),
        down: Vec::new(),
        limit: 32,
    };
    assert_eq!(it.typed.handle_welcome(false, 0, 32), Ok(0));
    for [kind, a, b] in ops.chain((0..4_000_u32).map(|round| [1 + (round % 4) as u8, 255, 255])) {
        match kind % 7 {
            0 => {
                let text: Vec<u8> = (0..a % 24).map(|index| index ^ b).collect();
                let room = it.typed.room();
                match it.typed.push(&text) {
                    Ok(()) => it.taken.extend(text),
                    Err(full) => {
                        assert_eq!(full, Full { room });
                        assert!(text.len() > room, "refused without need");
                    }
                }
            }
            1 => it.send(b.into()),
            2 if !it.up.is_empty() => it.receive(b.into()),
            3 => it.ack(a),
            4 if !it.down.is_empty() && b.is_multiple_of(8) => drop(it.down.remove(0)),
            4 if !it.down.is_empty() => it.hear(),
            5 => it.reconnect(a, b),
            _ => it.nonsense(a),
        }
        it.check();
        assert!(it.typed.pending() <= capacity);
    }
    assert_eq!(it.typed.pending(), 0, "all of it");
    let given: BTreeSet<u64> = it.session.iter().map(|&(number, _)| number).collect();
    for number in 0..it.taken.len() as u64 {
        let told = it.unsure.iter().any(|range| range.contains(&number));
        assert!(told || given.contains(&number), "byte {number} was lost, and nobody said so");
    }
}

/// What a model knows of a key, and of what the client was told of it.
struct Key {
    key: u32,
    priority: u8,
    payload: Vec<u8>,
    told: bool,
    stale: bool,
}

/// Keys, and one client that joins and stays.
fn bootstrap(capacity: usize, ops: &mut dyn Iterator<Item = [u8; 3]>) {
    const MAX: usize = 100;
    let mut bootstrap = Bootstrap::new(vec![0; capacity]);
    let mut model = Vec::<Key>::new(); // in the order of the first set
    let (mut joining, mut last) = (Joining::new(), 0);
    for [kind, a, b] in ops {
        let (key, priority) = (u32::from(a % 20), kind >> 6);
        let old = model.iter().position(|it| it.key == key);
        match kind % 4 {
            0..=1 => {
                let payload = vec![a ^ b; usize::from(b)];
                let others =
                    model.iter().filter(|it| it.key != key).map(|it| it.payload.len()).sum::<usize>();
                let refused = if payload.len() > capacity {
                    Some(Refused::TooLarge { capacity })
                } else if payload.len() > capacity - others {
                    Some(Refused::Full { room: capacity - others })
                } else {
                    (old.is_none() && model.len() == KEYS).then_some(Refused::TooManyKeys)
                };
                let changed = bootstrap.set(key, priority, &payload);
                assert_eq!(changed.err(), refused);
                let Ok(changed) = changed else { continue };
                joining.handle_change(changed);
                let (told, stale) = match old.map(|old| &model[old]) {
                    Some(old) => (old.told, old.told && (old.stale || old.payload != payload)),
                    None => (false, false),
                };
                let new = Key { key, priority, payload, told, stale };
                match old {
                    Some(old) => model[old] = new,
                    None => model.push(new),
                }
            }
            2 => {
                let room = 4 + usize::from(b);
                let item = joining.next(&bootstrap, room, MAX).map(|item| (item.key, item.payload.to_vec()));
                assert_eq!(item, next(&mut model, &mut last, room, MAX));
            }
            _ if b == 0 => {
                (joining, last) = (Joining::new(), 0);
                model.iter_mut().for_each(|it| (it.told, it.stale) = (false, false));
            }
            _ => assert_eq!(joining.has(&bootstrap, key), old.is_some_and(|old| model[old].told)),
        }
        assert_eq!(joining.is_due(&bootstrap), model.iter().any(|it| !it.told || it.stale));
        assert_eq!(bootstrap.len(), model.len());
        assert!(model.iter().all(|it| bootstrap.get(it.key) == Some(&it.payload)));
    }
}

/// What is told next: what never was, then what has changed, in turn. Not what is longer than `max`.
fn next(model: &mut [Key], last: &mut usize, room: usize, max: usize) -> Option<(u32, Vec<u8>)> {
    loop {
        let new = (0..model.len()).filter(|&slot| !model[slot].told).min_by_key(|&slot| model[slot].priority);
        let in_turn = (1..=KEYS).map(|step| (*last + step) % KEYS);
        let slot =
            new.or_else(|| in_turn.clone().find(|&slot| model.get(slot).is_some_and(|it| it.stale)))?;
        let len = model[slot].payload.len() + 4;
        if len <= max && len > room {
            return None;
        }
        if model[slot].told {
            *last = slot;
        }
        (model[slot].told, model[slot].stale) = (true, false);
        if len <= max {
            return Some((model[slot].key, model[slot].payload.clone()));
        }
    }
}
