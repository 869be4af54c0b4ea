//! A reader of a [`History`]: [`Replay`] on the host, one per peer; [`Follower`] at the other end.
//!
//! ```text
//!   attach ── Exact ────────────▶ Reading ◀─┐ Piece::Bytes, Piece::Size
//!     │                           ▲  ▲  │ └─┘
//!     ├─ Tail ────┐ Piece::Restart│  │  │ the ring has passed it by
//!     └─ Reanchor ┴─▶ Joining ────┘  │  ▼
//!         at the oldest safe place   └─ Overtaken
//!                                       Piece::Restart, in the newer half of the ring
//! ```
//!
//! A reader that falls behind loses its own bytes, and nobody else's; it is told how many, to the byte.
//! One that was overtaken skips half the ring: at the oldest place it would be overtaken again at once.

use super::history::{Anchor, History, Size};
use crate::scan::Modes;

/// What a client has of a stream: all before this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Place {
    /// Which life of the session.
    pub epoch: u64,
    /// Bytes that it has, or was told are lost.
    pub offset: u64,
}

/// How a client goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Attach {
    /// It gets every byte that it missed, once.
    Exact,
    /// Some of that has been forgotten: it is told how much, and goes on from a safe place.
    Tail,
    /// What it has, if anything, is of another stream: it begins afresh, with all that there is.
    Reanchor,
}

/// What a reader is given next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Piece<'h> {
    /// Reading begins at `offset`, which is no longer where the reader was.
    Restart {
        /// Bytes between the two, which this reader will never see.
        lost: u64,
        /// Where the next bytes come from; between two sequences.
        offset: u64,
        /// What its terminal has to be told, after a reset: [`Modes::write_to`].
        modes: Modes,
        /// The size that the next bytes were printed for.
        size: Option<Size>,
    },
    /// What follows was printed for this size.
    Size(Size),
    /// Bytes of the stream.
    Bytes {
        /// The offset of the first one.
        offset: u64,
        /// Not empty; less than there is, where the ring wraps.
        bytes: &'h [u8],
    },
}

/// A peer's place in a history.
///
/// ```
/// use stillwire::link::history::History;
/// use stillwire::link::replay::{Attach, Piece, Place, Replay};
///
/// let mut history = History::new([0; 64], 7, None);
/// history.push(b"make: all done");
/// let (mut replay, how) = Replay::attach(&history, Some(Place { epoch: 7, offset: 6 }));
/// assert_eq!(how, Attach::Exact);
/// assert_eq!(replay.next(&history, 4), Some(Piece::Bytes { offset: 6, bytes: b"all " }));
/// assert_eq!(replay.behind(&history), 4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Replay {
    place: Place,
    lost: u64,
    state: State,
    /// The size that was told last.
    told: Option<Size>,
}

/// What a reader is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum State {
    Joining,
    Reading,
    Overtaken,
}

const _: () = assert!(size_of::<Replay>() <= 40, "one per peer");

impl Replay {
    /// Nobody's.
    pub(super) const NONE: Self =
        Self { place: Place { epoch: 0, offset: 0 }, lost: 0, state: State::Joining, told: None };

    /// A reader that comes, or comes back, with what it `has`. None: it has nothing.
    pub fn attach<S: AsRef<[u8]>>(history: &History<S>, has: Option<Place>) -> (Self, Attach) {
        let epoch = history.epoch();
        let known = has.filter(|place| place.epoch == epoch && place.offset <= history.end());
        let how = match known {
            None => Attach::Reanchor,
            Some(place) if place.offset < history.start() => Attach::Tail,
            Some(_) => Attach::Exact,
        };
        let place = known.unwrap_or(Place { epoch, offset: 0 });
        let state = if how == Attach::Exact { State::Reading } else { State::Joining };
        (Self { place, lost: 0, state, told: None }, how)
    }

    /// The next piece, with at most `room` bytes of the stream. It counts as given: what is not sent then
    /// is only sent again if the client attaches again.
    ///
    /// None: there is nothing until more is pushed, or no room; or the history is another one, and the
    /// peer has to attach again.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn next<'h, S: AsRef<[u8]>>(&mut self, history: &'h History<S>, room: usize) -> Option<Piece<'h>> {
        if self.place.epoch != history.epoch() {
            return None;
        }
        if self.state == State::Reading && self.place.offset < history.start() {
            self.state = State::Overtaken;
        }
        if self.state != State::Reading {
            return self.restart(history);
        }
        let size = history.size_at(self.place.offset);
        if let Some(size) = size.filter(|_| self.told != size) {
            self.told = Some(size);
            return Some(Piece::Size(size));
        }
        self.bytes(history, room)
    }

    /// The stream is over, and the reader waits for a place to begin that never comes: all that is left is lost.
    pub(super) const fn give_up<S: AsRef<[u8]>>(&mut self, history: &History<S>) -> u64 {
        self.lost = self.lost.saturating_add(history.end().saturating_sub(self.place.offset));
        self.place.offset = history.end();
        self.state = State::Reading;
        self.place.offset
    }

    /// The reader is shown the screen as it is at the newest place where one may begin, and goes on there. Returns that
    /// place and the size of the screen.
    pub(super) const fn skip<S: AsRef<[u8]>>(&mut self, history: &History<S>) -> (u64, Option<Size>) {
        let Anchor { offset, size, .. } = *history.latest();
        self.lost = self.lost.saturating_add(offset.saturating_sub(self.place.offset));
        self.place.offset = offset;
        self.told = size;
        (offset, size)
    }

    /// What it never had is not lost to it: it begins here.
    pub(super) const fn begin(&mut self) {
        self.lost = 0;
    }

    /// How far it is.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Bytes that it was told are lost, since it attached.
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Bytes printed that it was neither given nor told are lost.
    pub fn behind<S: AsRef<[u8]>>(&self, history: &History<S>) -> u64 {
        history.end().saturating_sub(self.place.offset)
    }

    /// Whether it waits for a place to begin.
    pub const fn is_seeking(&self) -> bool {
        !matches!(self.state, State::Reading)
    }

    fn restart<S: AsRef<[u8]>>(&mut self, history: &History<S>) -> Option<Piece<'static>> {
        let half = history.start().saturating_add(history.capacity() as u64 / 2);
        let ahead = if self.state == State::Overtaken { history.anchor_from(half) } else { None };
        let anchor = ahead.or_else(|| history.anchor_from(self.place.offset))?;
        let lost = anchor.offset.saturating_sub(self.place.offset);
        self.lost = self.lost.saturating_add(lost);
        self.place.offset = anchor.offset;
        self.state = State::Reading;
        self.told = anchor.size;
        Some(Piece::Restart { lost, offset: anchor.offset, modes: anchor.modes, size: anchor.size })
    }

    fn bytes<'h, S: AsRef<[u8]>>(&mut self, history: &'h History<S>, room: usize) -> Option<Piece<'h>> {
        let offset = self.place.offset;
        let end = offset.saturating_add(room as u64).min(history.boundary_after(offset).unwrap_or(u64::MAX));
        let (bytes, _) = history.read_to(offset, end)?;
        if bytes.is_empty() {
            return None;
        }
        self.place.offset = offset.saturating_add(bytes.len() as u64);
        Some(Piece::Bytes { offset, bytes })
    }
}

/// The client's end: takes care that every byte is shown once, and knows where to attach again.
///
/// ```
/// use stillwire::link::replay::{Follower, Missing, Place};
///
/// let mut follower = Follower::new();
/// assert_eq!(follower.place(), None); // has nothing
/// follower.handle_restart(7, 100);
/// assert_eq!(follower.handle_bytes(100, b"one "), Ok(&b"one "[..]));
/// assert_eq!(follower.handle_bytes(100, b"one two"), Ok(&b"two"[..])); // seen bytes are not shown again
/// assert_eq!(follower.handle_bytes(200, b"nine"), Err(Missing { expected: 107, got: 200 }));
/// assert_eq!(follower.place(), Some(Place { epoch: 7, offset: 107 })); // a frame that was refused does not count
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Follower {
    place: Option<Place>,
}

/// Bytes are missing that were not announced as lost: an error of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Missing {
    /// The offset that was due.
    pub expected: u64,
    /// The one that came.
    pub got: u64,
}

impl Follower {
    /// Has nothing yet.
    pub const fn new() -> Self {
        Self { place: None }
    }

    /// What to attach with.
    pub const fn place(&self) -> Option<Place> {
        self.place
    }

    /// A [`Piece::Restart`] came, from a session of `epoch`: the bytes from `offset` on are next.
    pub const fn handle_restart(&mut self, epoch: u64, offset: u64) {
        self.place = Some(Place { epoch, offset });
    }

    /// Bytes of the stream came; returns those to show, which are new.
    ///
    /// # Errors
    /// Some before them never came. They are not taken: attach again with [`Self::place`].
    pub fn handle_bytes<'b>(&mut self, offset: u64, bytes: &'b [u8]) -> Result<&'b [u8], Missing> {
        let place = self.place.as_mut().ok_or(Missing { expected: 0, got: offset })?;
        let fresh = unseen(place.offset, offset, bytes)?;
        place.offset = place.offset.saturating_add(fresh.len() as u64);
        Ok(fresh)
    }
}

/// Of `bytes`, which begin at `offset`, those from `expected` on.
pub(super) fn unseen(expected: u64, offset: u64, bytes: &[u8]) -> Result<&[u8], Missing> {
    let seen = expected.checked_sub(offset).ok_or(Missing { expected, got: offset })?;
    Ok(usize::try_from(seen).ok().and_then(|seen| bytes.get(seen..)).unwrap_or(&[]))
}
