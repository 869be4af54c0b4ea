//! From an interrupt to the main loop: bytes, and the time of the last of them: [`Ring`].
//!
//! ```text
//!   interrupt:  push(byte, ticks) ──▶ ┌ ring of N ┐ ──▶ take, feed: main loop ──▶ Host::handle_output
//!                      full: dropped, │           │
//!                      and counted ───┴── lost ───┴───▶ told behind the last byte before the hole
//!   interrupt:  pop ◀──────────────── │   ring    │ ◀── put: main loop ◀── Session::typed
//! ```
//!
//! One side is an interrupt and the other the main loop; [`critical_section`] is what lies between them, and holds
//! interrupts off for one byte or [`SECTION`] at the most. So no byte is lost as long as the main loop comes round
//! before the ring is full: at 115,200 baud 256 bytes last 22 ms.
//!
//! When a ring is full, what comes is dropped **until the main loop has emptied it**: one hole of a known size at a known
//! place, rather than many between scraps.

#[cfg(feature = "embedded-io")]
mod port;

use core::cell::RefCell;
use core::fmt::Write;

use critical_section::Mutex;

use crate::link::host::{Host, Peer, Session};
use crate::ticks::Widener;
use crate::time::{Instant, write_number};
#[cfg(feature = "embedded-io")]
pub use port::Port;

/// Bytes that are copied while interrupts are held off, at the most: some 150 cycles of a Cortex-M0.
pub const SECTION: usize = 16;

/// Bytes that are handed on at once.
const CHUNK: usize = 64;

/// A ring of `N` bytes for a `static`, between one interrupt and the main loop.
///
/// ```
/// use stillwire::isr::{Ring, Taken};
///
/// static RECEIVED: Ring<4> = Ring::new();
///
/// for (tick, byte) in b"boot:".iter().enumerate() {
///     RECEIVED.push(*byte, tick as u32); // in the interrupt
/// }
/// let mut bytes = [0; 16]; // in the main loop
/// assert_eq!(RECEIVED.take(&mut bytes), Taken { len: 4, lost: 1, at: 4 });
/// assert_eq!(&bytes[..4], b"boot");
/// ```
#[derive(Debug)]
pub struct Ring<const N: usize> {
    state: Mutex<RefCell<State<N>>>,
}

#[derive(Debug)]
struct State<const N: usize> {
    bytes: [u8; N],
    /// Index of the oldest byte.
    first: usize,
    len: usize,
    /// When the newest byte came, lost or not, in ticks.
    at: u32,
    /// Bytes that came when there was no room, and the main loop does not know of.
    hole: u32,
    /// All that did.
    lost: u32,
}

/// What was in a [`Ring`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Taken {
    /// So many bytes.
    pub len: usize,
    /// Behind these so many are missing.
    pub lost: u32,
    /// The reading of the counter when the newest byte came, be it one that was lost.
    pub at: u32,
}

impl<const N: usize> Ring<N> {
    /// An empty ring.
    pub const fn new() -> Self {
        let state = State { bytes: [0; N], first: 0, len: 0, at: 0, hole: 0, lost: 0 };
        Self { state: Mutex::new(RefCell::new(state)) }
    }

    /// A byte came when the counter stood at `ticks`. False: it is lost, and counted.
    pub fn push(&self, byte: u8, ticks: u32) -> bool {
        self.with(|state| state.push(byte, ticks)).unwrap_or(false)
    }

    /// The oldest byte.
    pub fn pop(&self) -> Option<u8> {
        self.with(State::pop)?
    }

    /// Takes as many of `bytes` as there is room for; how many. Nothing is lost.
    pub fn put(&self, bytes: &[u8]) -> usize {
        let mut count = 0usize;
        for section in bytes.chunks(SECTION) {
            let taken = self.with(|state| state.put(section)).unwrap_or(0);
            count = count.saturating_add(taken);
            if taken < section.len() {
                break;
            }
        }
        count
    }

    /// Moves what came to `into`, as much as that has room for, but nothing from beyond a hole.
    pub fn take(&self, into: &mut [u8]) -> Taken {
        let mut all = Taken::default();
        for section in into.chunks_mut(SECTION) {
            let taken = self.with(|state| state.take(section)).unwrap_or_default();
            all = Taken { len: all.len.saturating_add(taken.len), ..taken };
            if taken.len < section.len() || taken.lost > 0 {
                break;
            }
        }
        all
    }

    /// Bytes that wait.
    pub fn len(&self) -> usize {
        self.with(|state| state.len).unwrap_or(0)
    }

    /// Whether nothing waits: neither a byte nor the news of a hole.
    pub fn is_empty(&self) -> bool {
        self.with(|state| state.len == 0 && state.hole == 0).unwrap_or(true)
    }

    /// Bytes that can be [`put`](Self::put).
    pub fn room(&self) -> usize {
        N.saturating_sub(self.len())
    }

    /// Bytes that were lost since the beginning. The count stops at its largest value.
    pub fn lost(&self) -> u32 {
        self.with(|state| state.lost).unwrap_or(0)
    }

    /// Hands to `session` what its console printed, at the time at which it did, `N` bytes at the most; how many.
    ///
    /// Where some are missing a note takes their place, so that whoever watches knows; it begins with a CAN, which ends a
    /// sequence that was cut off.
    pub fn feed<P, S, B>(&self, clock: &mut Widener, host: &mut Host<P, S, B>, session: usize) -> usize
    where
        P: AsRef<[Peer]> + AsMut<[Peer]>,
        S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
        B: AsRef<[u8]> + AsMut<[u8]>,
    {
        let mut count = 0;
        let mut chunk = [0; CHUNK];
        while count < N {
            let taken = self.take(&mut chunk);
            if taken.len == 0 && taken.lost == 0 {
                break;
            }
            let now = clock.at(taken.at);
            drop(host.handle_output(now, session, chunk.get(..taken.len).unwrap_or_default()));
            if taken.lost > 0 {
                note(now, host, session, taken.lost);
            }
            count = count.saturating_add(taken.len.max(1));
        }
        count
    }

    /// None: the other side is at work on it, which a critical section rules out.
    fn with<T>(&self, work: impl FnOnce(&mut State<N>) -> T) -> Option<T> {
        critical_section::with(|section| {
            let mut state = self.state.borrow(section).try_borrow_mut().ok()?;
            Some(work(&mut state))
        })
    }
}

impl<const N: usize> Default for Ring<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "defmt")]
impl<const N: usize> defmt::Format for Ring<N> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Ring {{ len: {}, lost: {} }}", self.len(), self.lost());
    }
}

impl<const N: usize> State<N> {
    fn push(&mut self, byte: u8, ticks: u32) -> bool {
        self.at = ticks;
        if self.hole == 0 && self.append(byte) {
            return true;
        }
        self.hole = self.hole.saturating_add(1);
        self.lost = self.lost.saturating_add(1);
        false
    }

    fn append(&mut self, byte: u8) -> bool {
        let next = self.first.wrapping_add(self.len);
        let next = if next >= N { next.wrapping_sub(N) } else { next };
        match self.bytes.get_mut(next) {
            Some(slot) if self.len < N => {
                *slot = byte;
                self.len = self.len.wrapping_add(1);
                true
            }
            _ => false,
        }
    }

    fn pop(&mut self) -> Option<u8> {
        self.len = self.len.checked_sub(1)?;
        let byte = self.bytes.get(self.first).copied();
        self.first = self.first.wrapping_add(1);
        if self.first >= N {
            self.first = 0;
        }
        byte
    }

    fn put(&mut self, bytes: &[u8]) -> usize {
        bytes.iter().take_while(|byte| self.append(**byte)).count()
    }

    fn take(&mut self, into: &mut [u8]) -> Taken {
        let mut len = 0usize;
        for slot in into {
            let Some(byte) = self.pop() else { break };
            *slot = byte;
            len = len.wrapping_add(1);
        }
        let lost = if self.len == 0 { core::mem::take(&mut self.hole) } else { 0 };
        Taken { len, lost, at: self.at }
    }
}

/// Says in the session's output that `lost` bytes are missing here.
fn note<P, S, B>(now: Instant, host: &mut Host<P, S, B>, session: usize, lost: u32)
where
    P: AsRef<[Peer]> + AsMut<[Peer]>,
    S: AsRef<[Session<B>]> + AsMut<[Session<B>]>,
    B: AsRef<[u8]> + AsMut<[u8]>,
{
    let mut text = Note { bytes: [0; 48], len: 0 };
    let _fits = text
        .write_str("\x18\r\n[stillwire: ")
        .and_then(|()| write_number(&mut text, u64::from(lost)))
        .and_then(|()| text.write_str(" bytes lost]\r\n"));
    drop(host.handle_output(now, session, text.bytes.get(..text.len).unwrap_or_default()));
}

/// Text in a small buffer; what does not fit is left out.
struct Note {
    bytes: [u8; 48],
    len: usize,
}

impl Write for Note {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for byte in text.bytes() {
            *self.bytes.get_mut(self.len).ok_or(core::fmt::Error)? = byte;
            self.len = self.len.wrapping_add(1);
        }
        Ok(())
    }
}
