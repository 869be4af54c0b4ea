//! What a person typed, on its way to the host: nothing lost, nothing doubled, across reconnects.
//!
//! ```text
//!   Typed (client)                                                       Applied (host)
//!   push ──▶ │ acked ┊ on its way ┊ waiting │ ── Chunk { offset, bytes } ──▶ fresh ──▶ session
//!     │      ▲       ▲            ▲    ┊    ▲                              │
//!     │    forgotten base        next limit end    ◀── ack, limit ── commit(count)
//!     ▼
//!   Full: said at once      handle_welcome, handle_again: next goes back to what the host expects
//! ```
//!
//! Bytes are numbered from the first that was ever typed into this client. There is no timer: whether the
//! connection lives is the watchdog's question, and that frames were lost on a noisy link is seen by the
//! pings, which say [`Typed::next_number`].

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
/// typed.handle_welcome(false, applied.count(), 100).unwrap();
/// let Chunk { offset, bytes } = typed.next(3).unwrap();
/// let fresh = applied.fresh(offset, bytes).unwrap();
/// assert_eq!(fresh, b"ls ");
/// applied.commit(fresh.len());
/// // The connection is lost with the acknowledgement on it. On the next one the host says how far it is:
/// assert_eq!(typed.handle_welcome(true, applied.count(), 100), Ok(0));
/// assert_eq!(typed.next(100), Some(Chunk { offset: 3, bytes: b"-l\r" }));
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Typed<S> {
    ring: Ring<S>,
    /// Bytes ever pushed.
    end: u64,
    /// Bytes sent on this connection, or acknowledged.
    next: u64,
    /// Bytes sent on any connection: those behind were certainly never applied.
    sent: u64,
    /// What is behind may not be sent yet.
    limit: u64,
}

/// Typed bytes to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Chunk<'t> {
    /// The number of the first one.
    pub offset: u64,
    /// Them; not empty.
    pub bytes: &'t [u8],
}

/// Nothing of it was taken: too much is on its way already. Tell the person; the link is slow or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Full {
    /// Bytes that would be taken now.
    pub room: usize,
}

/// The other side expects what it cannot have been sent yet, or has forgotten what it acknowledged: a protocol
/// error, close the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BadAck {
    /// What it said.
    pub got: u64,
}

impl<S: AsRef<[u8]>> Typed<S> {
    /// Nothing typed yet. The length of `storage` bounds what may be on its way. Nothing is sent before a welcome.
    pub const fn new(storage: S) -> Self {
        Self { ring: Ring::new(storage), end: 0, next: 0, sent: 0, limit: 0 }
    }

    /// Bytes that can be pushed now.
    pub fn room(&self) -> usize {
        self.ring.capacity().saturating_sub(self.ring.len())
    }

    /// Bytes that are not acknowledged.
    pub const fn pending(&self) -> usize {
        self.ring.len()
    }

    /// Bytes that were sent on this connection and are not acknowledged.
    pub const fn unacknowledged(&self) -> u64 {
        self.next.saturating_sub(self.base())
    }

    /// The number of the first byte that was never sent, on no connection. For the hello.
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// The number of the next byte to send on this connection. For the pings.
    pub const fn next_number(&self) -> u64 {
        self.next
    }

    /// Whether there is something to send that the limit allows.
    pub const fn is_waiting(&self) -> bool {
        self.next < self.end && self.next < self.limit
    }

    /// The next bytes to send on this connection, at most `room`, below the limit. They count as sent. Where the
    /// storage ends, so does the chunk: ask again.
    pub fn next(&mut self, room: usize) -> Option<Chunk<'_>> {
        let (offset, base) = (self.next, self.base());
        let index = |number: u64| usize::try_from(number.saturating_sub(base)).unwrap_or(usize::MAX);
        let to = index(offset).saturating_add(room).min(index(self.limit));
        let (bytes, _) = self.ring.slices(index(offset), to);
        self.next = offset.saturating_add(bytes.len() as u64);
        self.sent = self.sent.max(self.next);
        (!bytes.is_empty()).then_some(Chunk { offset, bytes })
    }

    /// The host has applied all before `number`, and takes what is before `limit`. A number that is not more
    /// than the last is of no account.
    ///
    /// # Errors
    /// So much was never sent. Nothing changed.
    pub fn handle_ack(&mut self, number: u64, limit: u64) -> Result<(), BadAck> {
        if number > self.sent {
            return Err(BadAck { got: number });
        }
        self.forget(number);
        self.next = self.next.max(number);
        self.limit = limit;
        Ok(())
    }

    /// On a noisy link the host misses bytes that it was sent: from `number` on they are sent again.
    ///
    /// # Errors
    /// It acknowledged this byte, or was never sent what is before it. Nothing changed.
    pub fn handle_again(&mut self, number: u64) -> Result<(), BadAck> {
        if number < self.base() || number > self.sent {
            return Err(BadAck { got: number });
        }
        self.next = number;
        Ok(())
    }

    /// There is a new connection to the same life of the session, or this one begins anew. The host expects
    /// byte `input` next and takes what is before `limit`; `resumed`: it knows this client, so all before
    /// `input` is applied. The rest is sent again.
    ///
    /// Returns how many bytes are dropped because nobody knows whether they were applied, to be told: if it
    /// does not know this client, all that was sent and not acknowledged.
    ///
    /// # Errors
    /// It expects less than was acknowledged or more than was sent. Nothing changed.
    pub fn handle_welcome(&mut self, resumed: bool, input: u64, limit: u64) -> Result<u64, BadAck> {
        let base = self.base();
        self.handle_again(input)?;
        self.forget(input);
        self.limit = limit;
        Ok(if resumed { 0 } else { input.saturating_sub(base) })
    }

    /// There is a new connection, but to another session (epoch), for which none of this was meant. The host
    /// expects byte `input` next and takes what is before `limit`: what is typed from now on.
    ///
    /// Returns how many bytes are dropped, to be told.
    pub fn handle_new_session(&mut self, input: u64, limit: u64) -> u64 {
        let dropped = self.ring.len();
        self.ring.forget(dropped);
        (self.end, self.next, self.sent, self.limit) = (input, input, input, limit);
        dropped as u64
    }

    /// Nothing before `number` is kept any longer.
    fn forget(&mut self, number: u64) {
        let known = number.saturating_sub(self.base());
        self.ring.forget(usize::try_from(known).unwrap_or(usize::MAX));
    }

    /// What is not acknowledged, the oldest first.
    pub(super) fn kept(&self) -> (&[u8], &[u8]) {
        self.ring.slices(0, self.ring.len())
    }

    /// Bytes that are acknowledged.
    pub(super) const fn base(&self) -> u64 {
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

    /// Begins where another one left: `bytes` from number `base` on are not acknowledged, those before `sent` were sent.
    ///
    /// # Errors
    /// There is no room for all of them: none is taken.
    pub(super) fn restore(&mut self, base: u64, sent: u64, bytes: &[u8]) -> Result<(), Full> {
        self.ring.forget(self.ring.len());
        self.end = base;
        let taken = self.push(bytes);
        (self.next, self.sent, self.limit) = (base, sent.max(base).min(self.end), 0);
        taken
    }
}

/// The host's end: which byte of one client's input it expects next. It outlives connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Applied {
    count: u64,
    told: u64,
}

const _: () = assert!(size_of::<Applied>() <= 16, "one per client");

impl Applied {
    /// Of a client that nobody knows: it goes on at byte `at`, which is the `input` of its hello.
    pub const fn new(at: u64) -> Self {
        Self { count: at, told: at }
    }

    /// A [`Chunk`] came; returns what of it the session was not given yet. Give it to the session, then
    /// [`Self::commit`] what that took. If it did not take all, ask again later with the same chunk.
    ///
    /// # Errors
    /// Bytes before it never came. On a noisy link the client is asked for them again; on any other it is a
    /// protocol error.
    pub fn fresh<'b>(&self, offset: u64, bytes: &'b [u8]) -> Result<&'b [u8], Missing> {
        unseen(self.count, offset, bytes)
    }

    /// The session took so many bytes.
    pub const fn commit(&mut self, taken: usize) {
        self.count = self.count.saturating_add(taken as u64);
    }

    /// The number of the byte that is expected next; for a client that comes back.
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
