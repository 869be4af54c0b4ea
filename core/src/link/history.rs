//! What a session printed last, for whoever comes late or is slow: [`History`].
//!
//! ```text
//!   forgotten │ start ………………… ring over lent storage ………………… end
//!   ──────────┼──────▲────────▲───────────────▲──────▲────────┤◀── push: never fails, waits for nobody
//!             │    Anchor   Anchor          Anchor  latest    │
//!             │                                               │
//!             mark of Resync ──▶ latest ──▶ kept: one anchor per 1/14 of the ring, the best;
//!                                  ▲                 those that fall out of the ring are forgotten
//!                          resize ─┘ a boundary: here if it is safe, else at the next mark
//! ```
//!
//! Readers are not known here: each is a [`Replay`](super::replay::Replay), which holds a place in this.
//!
//! *Storage* is anything that is a slice of bytes: an MCU lends `&mut [u8]`, a desktop gives a `Vec<u8>`
//! away and needs no lifetime. Its length is the size of the history, and must not change.

use super::ring::Ring;
use crate::scan::{Mark, Modes, Quality};

/// So many anchors are kept at the most: two more than the parts in which the ring is thought, as the
/// anchor of a part may be anywhere in it.
const ANCHORS: usize = 16;

/// Rows and columns of a terminal, in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Size {
    /// Cells in a row.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// A place where a reader may begin, with what it has to know there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Anchor {
    /// Bytes of the stream before it; between two sequences and two characters.
    pub offset: u64,
    /// How good a place it is.
    pub quality: Quality,
    /// The sticky modes in force.
    pub modes: Modes,
    /// The size that what follows was printed for. None: the session has none (a serial port).
    pub size: Option<Size>,
    /// A resize took effect here.
    pub boundary: bool,
}

/// The last bytes of one stream, with absolute offsets, and the places where one may begin to read.
///
/// A push costs a copy; so does a mark. Nothing else is done until somebody reads.
///
/// ```
/// use stillwire::link::history::History;
/// use stillwire::{Instant, Monitor, monitor};
///
/// let mut storage = [0; 17];
/// let mut history = History::new(&mut storage[..], 0xC0FFEE, None);
/// let mut monitor = Monitor::new(monitor::Config::DEFAULT, Instant::ZERO);
/// for output in [&b"\x1b[?2004hone\n"[..], b"\x1b[31mtwo\x1b[0m"] {
///     history.push(output);
///     let mut watched = monitor.handle_output(Instant::ZERO, output);
///     while watched.next().is_some() {
///         if let Some(mark) = watched.mark() {
///             history.mark(mark, watched.modes());
///         }
///     }
/// }
/// assert_eq!((history.start(), history.end()), (7, 24)); // `h`, the end of a sequence, and all after it
/// let anchor = history.anchor_from(0).expect("a place");
/// assert_eq!(anchor.offset, 8); // behind the sequence
/// assert!(anchor.modes.is_on(stillwire::scan::Mode::BracketedPaste)); // which is no longer here
/// assert_eq!(history.read(20), Some((&b"\x1b[0m"[..], &b""[..])));
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct History<S> {
    ring: Ring<S>,
    epoch: u64,
    end: u64,
    /// The oldest is at `first`; the rest follow, round the end.
    anchors: [Anchor; ANCHORS],
    first: usize,
    count: usize,
    /// Where the part of the ring begins whose anchor was kept last.
    part: u64,
    /// The newest place where a reader may begin. In `anchors` too, if it is the best of its part.
    latest: Anchor,
    /// The size in force now.
    size: Option<Size>,
    /// The size that was in force before the oldest anchor.
    forgotten: Option<Size>,
}

const _: () = assert!(size_of::<Anchor>() <= 48, "sixteen are 768 bytes");

impl Anchor {
    /// Where a stream begins.
    const fn origin(size: Option<Size>) -> Self {
        Self { offset: 0, quality: Quality::Screen, modes: Modes::DEFAULT, size, boundary: false }
    }

    /// Which of two in the same part of the ring is kept: the last boundary, else the best, else the first.
    fn replaces(&self, kept: &Self) -> bool {
        self.boundary || (!kept.boundary && self.quality > kept.quality)
    }
}

impl<S: AsRef<[u8]>> History<S> {
    /// The history of a session that begins now, with a terminal of `size`.
    ///
    /// `epoch`: a random number, another one for every life of a session, so that a client that comes
    /// back after a restart is not given bytes of another stream.
    pub const fn new(storage: S, epoch: u64, size: Option<Size>) -> Self {
        let origin = Anchor::origin(size);
        Self {
            ring: Ring::new(storage),
            epoch,
            end: 0,
            anchors: [origin; ANCHORS],
            first: 0,
            count: 1,
            part: 0,
            latest: origin,
            size,
            forgotten: size,
        }
    }

    /// The number of this life of the session.
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Bytes that the ring holds at the most.
    pub fn capacity(&self) -> usize {
        self.ring.capacity()
    }

    /// The offset of the oldest byte that is still here.
    pub const fn start(&self) -> u64 {
        self.end.saturating_sub(self.ring.len() as u64)
    }

    /// Bytes printed so far: the offset of the next one.
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// The size in force now.
    pub const fn size(&self) -> Option<Size> {
        self.size
    }

    /// All bytes from `offset` to the end, in two slices, of which the second is often empty. None: they have been forgotten, or were never
    /// written.
    pub fn read(&self, offset: u64) -> Option<(&[u8], &[u8])> {
        self.read_to(offset, self.end)
    }

    /// Where a reader may begin that wants all from `offset` on: there, or as little later as is known.
    ///
    /// None: the stream is in the middle of a sequence, a character or an update that began before
    /// `offset` or before the ring. Then nobody else sees anything of it either; the place is where it ends.
    pub fn anchor_from(&self, offset: u64) -> Option<Anchor> {
        let offset = offset.max(self.start());
        let kept = self.kept(self.before(offset));
        kept.or(Some(&self.latest).filter(|latest| latest.offset >= offset)).copied()
    }

    /// The newest place where a reader may begin. It may have been forgotten, in a sequence longer than the ring.
    pub const fn latest(&self) -> &Anchor {
        &self.latest
    }

    /// The size that the byte at `offset` was printed for. If the size changed more than once within
    /// 1/14 of the ring, the last change there is the one that is remembered.
    pub fn size_at(&self, offset: u64) -> Option<Size> {
        if offset >= self.latest.offset {
            return self.latest.size;
        }
        let last = self.before(offset.saturating_add(1)).checked_sub(1);
        last.and_then(|last| self.kept(last)).map_or(self.forgotten, |anchor| anchor.size)
    }

    /// Where the next resize behind `offset` took effect, as far as that is remembered.
    pub fn boundary_after(&self, offset: u64) -> Option<u64> {
        let mut next = self.before(offset.saturating_add(1));
        while let Some(anchor) = self.kept(next) {
            if anchor.boundary {
                return Some(anchor.offset);
            }
            next = next.saturating_add(1);
        }
        None
    }

    /// The bytes from `offset` to `end`.
    pub(super) fn read_to(&self, offset: u64, end: u64) -> Option<(&[u8], &[u8])> {
        let from = usize::try_from(offset.checked_sub(self.start())?).ok()?;
        let to = usize::try_from(end.min(self.end).saturating_sub(self.start())).ok()?;
        (offset <= self.end).then(|| self.ring.slices(from, to))
    }

    /// The anchor that is kept `index` behind the oldest.
    fn kept(&self, index: usize) -> Option<&Anchor> {
        let anchor = self.anchors.get(self.first.wrapping_add(index) % ANCHORS);
        anchor.filter(|_| index < self.count)
    }

    /// So many of those that are kept are before `offset`.
    #[cfg_attr(target_os = "none", inline(never))]
    fn before(&self, offset: u64) -> usize {
        let mut count = 0;
        while self.kept(count).is_some_and(|anchor| anchor.offset < offset) {
            count = count.wrapping_add(1);
        }
        count
    }

    /// Drops the anchors that have fallen out of the ring.
    fn forget(&mut self) {
        let start = self.start();
        while let Some(oldest) = self.kept(0).filter(|oldest| oldest.offset < start) {
            self.forgotten = oldest.size;
            self.first = self.first.wrapping_add(1) % ANCHORS;
            self.count = self.count.saturating_sub(1);
        }
    }

    /// Keeps `anchor`, the newest, if it is the first or the best of its part of the ring. The origin is
    /// kept besides: as long as it is here, a late reader gets all.
    fn keep(&mut self, anchor: Anchor) {
        let last = self.first.wrapping_add(self.count).wrapping_sub(1) % ANCHORS;
        let part = self.capacity().div_ceil(ANCHORS - 2).max(1) as u64;
        let kept = self.anchors.get_mut(last).filter(|kept| self.count > 0 && kept.offset > 0);
        if let Some(kept) = kept
            && anchor.offset < self.part.saturating_add(part)
        {
            if anchor.replaces(kept) {
                *kept = anchor;
            }
            return;
        }
        if self.count == ANCHORS {
            self.first = self.first.wrapping_add(1) % ANCHORS; // not reached: see ANCHORS
            self.count = ANCHORS - 1;
        }
        if let Some(free) = self.anchors.get_mut(self.first.wrapping_add(self.count) % ANCHORS) {
            *free = anchor;
        }
        self.count = self.count.saturating_add(1);
        self.part = anchor.offset;
    }

    /// A reader may begin at `mark`, which is behind every mark before and not behind [`Self::end`],
    /// and has to be told `modes` there.
    ///
    /// From [`Watched::mark`](crate::monitor::Watched::mark), or from [`Resync`](crate::scan::Resync).
    /// Marks that are out of order are not taken.
    pub fn mark(&mut self, mark: Mark, modes: &Modes) {
        if mark.offset < self.latest.offset || mark.offset > self.end {
            return;
        }
        let boundary = self.size != self.latest.size;
        self.latest =
            Anchor { offset: mark.offset, quality: mark.quality, modes: *modes, size: self.size, boundary };
        if mark.offset >= self.start() {
            self.keep(self.latest);
        } else {
            self.forgotten = self.size; // all that are kept are older, so none is
        }
    }

    /// The terminal has `size` now: what is pushed from here on is printed for it.
    ///
    /// It takes effect here, or behind the sequence that has begun.
    pub fn handle_resize(&mut self, size: Size) {
        self.size = Some(size);
        if self.latest.offset == self.end && self.latest.size != self.size {
            let quality = self.latest.quality;
            self.mark(Mark { offset: self.end, quality }, &self.latest.modes.clone());
        }
    }
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> History<S> {
    /// The session printed `bytes`. The oldest make room for them, whoever has not read them yet.
    ///
    /// The marks in `bytes` are to be told next ([`Self::mark`]), before anything else is pushed. Of more
    /// bytes at once than the capacity only the last are ever seen: push what is long in pieces of half
    /// the capacity, and let readers read in between.
    pub fn push(&mut self, bytes: &[u8]) {
        self.ring.push(bytes);
        self.end = self.end.saturating_add(bytes.len() as u64);
        self.forget();
    }
}
