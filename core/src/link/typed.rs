//! What a person typed, on its way to the host: nothing lost, nothing doubled, across reconnects.
//!
//! ```text
//!   Typed (client)                                                       Applied (host)
//!   push ──▶ │ acked ┊ sent ┊ waiting │ ── Chunk { offset, bytes } ──▶ fresh ──▶ session
//!     │      ▲       ▲      ▲         ▲                                  │
//!     │    forgotten base   next     end      ◀──────── ack ─────── commit(count)
//!     ▼
//!   Full: said at once           handle_reconnect(applied): next goes back to what the host has
//! ```
//!
//! Within one connection bytes arrive in order or not at all, so nothing is sent twice on it and there is
//! no timer: whether the connection lives is the watchdog's question.

use super::replay::{Missing, unseen};
use super::ring::Ring;

/// Input that the host has not acknowledged yet, over lent or owned storage.
///
/// ```
/// use stillwire::link::typed::{Applied, Chunk, Typed};
///
/// let (mut typed, mut applied) = (Typed::new([0; 8]), Applied::new(0));
/// typed.push(b"ls -l\r").unwrap();
/// assert!(typed.push(b"exit").is_err()); // four bytes where there is room for two
/// let Chunk { offset, head, .. } = typed.next(3).unwrap();
/// let fresh = applied.fresh(offset, head).unwrap();
/// assert_eq!(fresh, b"ls ");
/// applied.commit(fresh.len());
/// // The connection is lost with the acknowledgement on it. On the next one the host says how far it is:
/// typed.handle_reconnect(applied.count()).unwrap();
/// assert_eq!(typed.next(100), Some(Chunk { offset: 3, head: b"-l\r", tail: b"" }));
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Typed<S> {
    ring: Ring<S>,
    /// Bytes ever pushed.
    end: u64,
    /// Bytes sent on this connection, or acknowledged.
    next: u64,
}

/// Typed bytes to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Chunk<'t> {
    /// The number of the first one, counted from 0.
    pub offset: u64,
    /// The first of them; not empty.
    pub head: &'t [u8],
    /// The others; often empty.
    pub tail: &'t [u8],
}

/// Nothing of it was taken: too much is on its way already. Tell the person; the link is slow or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Full {
    /// Bytes that would be taken now.
    pub room: usize,
}

/// The other side acknowledged what it cannot have, or has forgotten what it acknowledged: a protocol
/// error, or another life of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BadAck {
    /// What it said.
    pub got: u64,
}

impl<S: AsRef<[u8]>> Typed<S> {
    /// Nothing typed yet. The length of `storage` bounds what may be on its way.
    pub const fn new(storage: S) -> Self {
        Self { ring: Ring::new(storage), end: 0, next: 0 }
    }

    /// Bytes that can be pushed now.
    pub fn room(&self) -> usize {
        self.ring.capacity().saturating_sub(self.ring.len())
    }

    /// Bytes that are not acknowledged.
    pub const fn pending(&self) -> usize {
        self.ring.len()
    }

    /// The next bytes to send on this connection, at most `room`. They count as sent.
    pub fn next(&mut self, room: usize) -> Option<Chunk<'_>> {
        let (offset, base) = (self.next, self.base());
        let from = usize::try_from(offset.saturating_sub(base)).unwrap_or(usize::MAX);
        let (head, tail) = self.ring.slices(from, from.saturating_add(room));
        self.next = offset.saturating_add(head.len() as u64).saturating_add(tail.len() as u64);
        (!head.is_empty()).then_some(Chunk { offset, head, tail })
    }

    /// The host has applied all before `count`. An acknowledgement older than the last is of no account.
    ///
    /// # Errors
    /// So much was not sent.
    pub fn handle_ack(&mut self, count: u64) -> Result<(), BadAck> {
        if count > self.next {
            return Err(BadAck { got: count });
        }
        let known = count.saturating_sub(self.base());
        self.ring.forget(usize::try_from(known).unwrap_or(usize::MAX));
        Ok(())
    }

    /// There is a new connection, to the same life of the session, and its host has applied all before
    /// `count`. The rest is sent again.
    ///
    /// # Errors
    /// It cannot be the same: it has less than was acknowledged or more than was sent. Nothing changed.
    pub fn handle_reconnect(&mut self, count: u64) -> Result<(), BadAck> {
        if count < self.base() {
            return Err(BadAck { got: count });
        }
        self.handle_ack(count)?;
        self.next = count;
        Ok(())
    }

    /// There is a new connection, but to another session (epoch), for which none of this was meant.
    /// Returns how many bytes are dropped, to be told; numbers begin at 0 again.
    pub fn handle_new_session(&mut self) -> usize {
        let dropped = self.ring.len();
        self.ring.forget(dropped);
        (self.end, self.next) = (0, 0);
        dropped
    }

    /// Bytes that are acknowledged.
    const fn base(&self) -> u64 {
        self.end.saturating_sub(self.ring.len() as u64)
    }
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Typed<S> {
    /// Takes `bytes`, all or nothing.
    ///
    /// # Errors
    /// There is no room for all of them.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let room = self.room();
        if bytes.len() > room {
            return Err(Full { room });
        }
        self.ring.push(bytes);
        self.end = self.end.saturating_add(bytes.len() as u64);
        Ok(())
    }
}

/// The host's end: how much of one client's input the session has been given. It outlives connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Applied {
    count: u64,
    told: u64,
}

const _: () = assert!(size_of::<Applied>() <= 16, "one per client");

impl Applied {
    /// Nothing yet.
    pub const fn new(at: u64) -> Self {
        Self { count: at, told: at }
    }

    /// A [`Chunk`] came; returns what of it the session was not given yet. Give it to the session, then
    /// [`Self::commit`] what that took. If it did not take all, ask again later with the same chunk.
    ///
    /// # Errors
    /// Bytes before it never came: a protocol error, close the connection. The client then sends them again.
    pub fn fresh<'b>(&self, offset: u64, bytes: &'b [u8]) -> Result<&'b [u8], Missing> {
        unseen(self.count, offset, bytes)
    }

    /// The session took so many bytes.
    pub const fn commit(&mut self, taken: usize) {
        self.count = self.count.saturating_add(taken as u64);
    }

    /// Bytes that the session was given; for a client that comes back.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// An acknowledgement that is due: the number to tell, if it is not the one told last.
    pub const fn poll_ack(&mut self) -> Option<u64> {
        if self.told == self.count {
            return None;
        }
        self.told = self.count;
        Some(self.count)
    }
}
