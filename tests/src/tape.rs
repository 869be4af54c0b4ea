//! A session's output on its way through the monitor into a history, as a host does it; and a model
//! beside it that forgets nothing.

use stillwire::link::history::{History, Size};
use stillwire::link::replay::{Follower, Piece, Place, Replay};
use stillwire::scan::{self, Modes, Scanner};
use stillwire::{Instant, Monitor, monitor};

/// The life of the session that is on tape.
pub const EPOCH: u64 = 0xA11CE;

/// A session, its history, and every byte that it ever printed.
#[derive(Debug)]
pub struct Tape {
    /// Under test.
    pub history: History<Vec<u8>>,
    /// Every byte.
    pub all: Vec<u8>,
    monitor: Monitor,
}

/// A peer and its client, which checks all that it is given against the tape.
#[derive(Debug)]
pub struct Reader {
    /// The host's end.
    pub replay: Replay,
    /// The client's end.
    pub follower: Follower,
    /// All that was shown since the last restart.
    pub shown: Vec<u8>,
    /// What it was told to restore at the last restart.
    pub modes: Option<Modes>,
    /// The size it was told last.
    pub size: Option<Size>,
    /// Bytes that it was told are lost.
    pub lost: u64,
    /// Where it began; all from here on was either shown or told to be lost.
    at: u64,
}

impl Tape {
    /// A session of a terminal of 80 × 24 that begins, with a history of `capacity` bytes.
    pub fn new(capacity: usize) -> Self {
        let size = Size { columns: 80, rows: 24 };
        Self {
            history: History::new(vec![0; capacity], EPOCH, Some(size)),
            all: Vec::new(),
            monitor: Monitor::new(monitor::Config::DEFAULT, Instant::ZERO),
        }
    }

    /// The session prints `output`.
    pub fn print(&mut self, output: &[u8]) {
        self.all.extend(output);
        self.history.push(output);
        let mut watched = self.monitor.handle_output(Instant::ZERO, output);
        while watched.next().is_some() {
            if let Some(mark) = watched.mark() {
                self.history.mark(mark, watched.modes());
            }
        }
    }

    /// A client comes, or comes back.
    pub fn attach(&self, has: Option<Place>) -> Reader {
        let (replay, _) = Replay::attach(&self.history, has);
        let at = replay.place().offset;
        let follower = Follower::new();
        Reader { replay, follower, shown: Vec::new(), modes: None, size: None, lost: 0, at }
    }

    /// The sticky modes at `offset`, if that is between two sequences.
    pub fn modes_at(&self, offset: u64) -> Option<Modes> {
        let (mut scanner, mut modes) = (Scanner::new(scan::Config::DEFAULT), Modes::DEFAULT);
        for token in scanner.scan(&self.all[..offset as usize]) {
            modes.handle(&token);
        }
        // A character that was cut short, and that what comes next does not continue, is over.
        let next = self.all.get(offset as usize).is_some_and(|byte| !(0x80..0xC0).contains(byte));
        (scanner.is_ground() || (next && scanner.finish().is_some())).then_some(modes)
    }
}

impl Reader {
    /// The host gives it a piece; false if there is none.
    ///
    /// # Panics
    /// If it is not the next one.
    pub fn read(&mut self, tape: &Tape, room: usize) -> bool {
        let end = tape.all.len() as u64;
        let behind = self.replay.behind(&tape.history);
        assert_eq!(self.at + behind, end, "how far it is behind");
        match self.replay.next(&tape.history, room) {
            None => {
                assert!(room == 0 || self.at == end || self.replay.is_seeking(), "a reader that is stalled");
                return false;
            }
            Some(Piece::Restart { lost, offset, modes, size }) => {
                self.at += lost;
                self.lost += lost;
                assert_eq!(offset, self.at, "the gap is exact");
                assert_eq!(tape.modes_at(offset), Some(modes), "a safe place, with its modes: {offset}");
                self.follower.handle_restart(EPOCH, offset);
                self.shown.clear();
                (self.modes, self.size) = (Some(modes), size);
            }
            Some(Piece::Size(size)) => {
                assert_ne!(self.size, Some(size), "told twice");
                self.size = Some(size);
            }
            Some(Piece::Bytes { offset, bytes }) => {
                assert!(!bytes.is_empty() && bytes.len() <= room);
                assert_eq!(offset, self.at, "no byte twice, none left out");
                assert_eq!(bytes, &tape.all[offset as usize..][..bytes.len()], "the bytes printed");
                if self.follower.place().is_none() {
                    self.follower.handle_restart(EPOCH, offset); // attached again with what it has
                }
                assert_eq!(self.follower.handle_bytes(offset, bytes), Ok(bytes));
                assert_eq!(self.follower.handle_bytes(offset, bytes), Ok(&b""[..]), "seen before");
                self.at += bytes.len() as u64;
                self.shown.extend(bytes);
            }
        }
        assert_eq!(self.lost, self.replay.lost());
        assert_eq!(self.replay.place(), Place { epoch: EPOCH, offset: self.at });
        true
    }

    /// Reads until there is nothing.
    pub fn read_all(&mut self, tape: &Tape) {
        while self.read(tape, usize::MAX) {}
    }
}
