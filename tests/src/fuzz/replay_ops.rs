//! Bytes as a list of operations on a history and its readers, on typed input, or on a bootstrap.

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

/// A link that is cut now and then, with all that is on it; and a host that takes what it can.
fn typed(capacity: usize, ops: &mut dyn Iterator<Item = [u8; 3]>) {
    let (mut typed, mut applied) = (Typed::new(vec![0; capacity]), Applied::new(0));
    let (mut taken, mut session) = (Vec::new(), Vec::new());
    let (mut up, mut down) = (Vec::<(u64, Vec<u8>)>::new(), Vec::new());
    for [kind, a, b] in ops.chain((0..2_000_u32).map(|round| [1 + (round % 3) as u8, 255, 255])) {
        match kind % 6 {
            0 => {
                let text: Vec<u8> = (0..a % 24).map(|index| index ^ b).collect();
                let room = typed.room();
                match typed.push(&text) {
                    Ok(()) => taken.extend(text),
                    Err(full) => {
                        assert_eq!(full, Full { room });
                        assert!(text.len() > room, "refused without need");
                    }
                }
            }
            1 => {
                if let Some(Chunk { offset, head, tail }) = typed.next(usize::from(b)) {
                    up.push((offset, [head, tail].concat()));
                }
            }
            2 if !up.is_empty() => {
                let (offset, bytes) = &up[0];
                let fresh = applied.fresh(*offset, bytes).expect("no gap on one connection");
                let count = fresh.len().min(usize::from(b));
                let whole = count == fresh.len();
                session.extend(&fresh[..count]);
                applied.commit(count);
                if whole {
                    up.remove(0);
                }
            }
            3 => {
                down.extend(applied.poll_ack());
                if b % 2 == 1 && !down.is_empty() {
                    typed.handle_ack(down.remove(0)).expect("an acknowledgement of what was sent");
                }
            }
            4 => {
                up.clear();
                down.clear();
                typed.handle_reconnect(applied.count()).expect("the same session");
            }
            _ => {
                // Nonsense changes nothing.
                let (pending, count) = (typed.pending(), applied.count());
                assert!(typed.handle_ack(u64::MAX - u64::from(a)).is_err());
                assert!(applied.fresh(count + 1 + u64::from(b), b"x").is_err());
                assert_eq!((typed.pending(), applied.count()), (pending, count));
            }
        }
        assert!(taken.starts_with(&session), "applied once, in order");
        assert!(typed.pending() <= capacity);
    }
    assert_eq!(session, taken, "all of it");
}

fn bootstrap(capacity: usize, ops: &mut dyn Iterator<Item = [u8; 3]>) {
    let mut bootstrap = Bootstrap::new(vec![0; capacity]);
    let mut model = Vec::<(u32, u8, Vec<u8>)>::new(); // in the order of the first set
    let (mut joining, mut told) = (Joining::new(), Vec::new());
    for [kind, a, b] in ops {
        let (key, priority) = (u32::from(a % 20), kind >> 6);
        let old = model.iter().position(|&(it, ..)| it == key);
        match kind % 4 {
            0..=1 => {
                let payload = vec![a ^ b; usize::from(b)];
                let others =
                    model.iter().filter(|&&(it, ..)| it != key).map(|(.., it)| it.len()).sum::<usize>();
                let expected = if payload.len() > capacity {
                    Err(Refused::TooLarge { capacity })
                } else if payload.len() > capacity - others {
                    Err(Refused::Full { room: capacity - others })
                } else if old.is_none() && model.len() == KEYS {
                    Err(Refused::TooManyKeys)
                } else {
                    Ok(())
                };
                assert_eq!(bootstrap.set(key, priority, &payload), expected);
                match old {
                    _ if expected.is_err() => {}
                    Some(old) => model[old] = (key, priority, payload),
                    None => model.push((key, priority, payload)),
                }
            }
            2 => {
                let due = model.iter().filter(|(key, ..)| !told.contains(key)).min_by_key(|(_, it, _)| *it);
                let due = due.map(|(key, _, payload)| (*key, payload.clone()));
                let item = joining.next(&bootstrap).map(|item| (item.key, item.payload.to_vec()));
                assert_eq!(item, due);
                told.extend(due.map(|(key, _)| key));
            }
            _ if b == 0 => (joining, told) = (Joining::new(), Vec::new()),
            _ => assert_eq!(joining.has(&bootstrap, key), told.contains(&key)),
        }
        assert_eq!(bootstrap.len(), model.len());
        for (key, _, payload) in &model {
            assert_eq!(bootstrap.get(*key), Some(&payload[..]));
        }
    }
}
