//! What the host answered: [`Handled`] for each client, [`Answers`] for all.

use super::records::{HEAD, Record, Records};
use super::{ID, REPLY_FIELDS, WINDOW, id_of};
use crate::link::frame::{MAX_BODY, Outcome};

/// Bits of the outcome.
const OUTCOME: u8 = 3;
/// To be sent.
const DUE: u8 = 4;
/// It was sent once.
const SENT: u8 = 8;
/// Bytes of a body before the payload: client, id.
const OWN: usize = 2 * ID;

/// What one client asked. It outlives connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Handled {
    client: u64,
    /// The highest id that came; 0: none.
    highest: u64,
    /// Bit i: `highest` − i came.
    came: u64,
    /// Bit i: `highest` − i came, and is not answered.
    open: u64,
    /// Bit i: the reply to `highest` − i is due.
    owed: u64,
    /// No reply that is due to it is before this place; or [`NOWHERE`], or [`AWAY`].
    place: u64,
}

/// Nothing is due.
const NOWHERE: u64 = u64::MAX - 1;
/// Nor will it be: the client is not connected.
const AWAY: u64 = u64::MAX;

const _: () = assert!(size_of::<Handled>() <= 48 && WINDOW == 64, "one per client, a bit for each id");

/// Replies to all clients, over lent or owned storage.
///
/// Each takes the length of its payload and 20 bytes. Those that are not due are kept until there is no room for a new
/// one, so that a request that comes again is answered again, and not handled again. If they are too few, the oldest
/// of those that are due go too: their clients are told [`Outcome::Lost`].
///
/// A reply costs a copy, and every now and then a pass over the storage.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Answers<S> {
    /// Tag: flags and outcome. Body: client, id, payload. In the order in which they came.
    records: Records<S>,
    /// The place of the first record; places only grow, also when records move.
    base: u64,
    dropped: u64,
}

/// A reply to send, whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Answer<'a> {
    /// That of the request.
    pub id: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// The application's.
    pub bytes: &'a [u8],
}

/// Why a reply was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BadReply {
    /// The client did not ask that, or was answered.
    NotOpen,
    /// It is longer than the storage, or than any body. The request is still open: answer something shorter.
    TooLong {
        /// Bytes that a payload may have.
        max: usize,
    },
}

impl Handled {
    /// The client with this number asked nothing yet, and is not connected.
    pub const fn new(client: u64) -> Self {
        Self { client, highest: 0, came: 0, open: 0, owed: 0, place: AWAY }
    }

    /// Whose it is.
    pub const fn client(&self) -> u64 {
        self.client
    }

    /// Whether `id` did not come before, as a whole. Ask when a request begins to come; if it is new give its parts to
    /// the handler.
    pub const fn is_new(&self, id: u64) -> bool {
        match self.bit(id) {
            Some(bit) => self.came & bit == 0,
            None => id > self.highest,
        }
    }

    /// Whether `id` came and is not answered. Of ids that are [`WINDOW`] and more below the highest that is forgotten.
    pub const fn is_open(&self, id: u64) -> bool {
        matches!(self.bit(id), Some(bit) if self.open & bit != 0)
    }

    /// Whether [`Answers::next`] may have something for it.
    pub const fn is_due(&self) -> bool {
        self.place < NOWHERE || self.owed != 0
    }

    /// The bit of `id`, if it is one of the last.
    const fn bit(&self, id: u64) -> Option<u64> {
        match self.highest.checked_sub(id) {
            Some(below) if below < WINDOW as u64 && id > 0 => 1_u64.checked_shl(below as u32),
            _ => None,
        }
    }

    fn mark(&mut self, id: u64) {
        if let Some(above) = id.checked_sub(self.highest) {
            let above = u32::try_from(above).unwrap_or(u32::MAX);
            for bits in [&mut self.came, &mut self.open, &mut self.owed] {
                *bits = bits.checked_shl(above).unwrap_or(0);
            }
            self.highest = id;
        }
        let bit = self.bit(id).unwrap_or(0);
        (self.came, self.open) = (self.came | bit, self.open | bit);
    }

    /// The reply to `id` is due, at `place` if it is anywhere. Whether that is noted: not if `id` is too old.
    fn owe(&mut self, id: u64, place: u64) -> bool {
        let bit = self.bit(id).unwrap_or(0);
        self.owed |= bit;
        self.place = self.place.min(place);
        bit != 0 || place < NOWHERE
    }

    /// The lowest id of which the reply is due.
    fn oldest_owed(&self) -> Option<u64> {
        let below = 63_u32.checked_sub(self.owed.leading_zeros())?;
        self.highest.checked_sub(below.into())
    }

    fn told(&mut self, id: u64) {
        self.owed &= !self.bit(id).unwrap_or(0);
    }
}

impl<S> Answers<S> {
    /// No reply yet.
    pub const fn new(storage: S) -> Self {
        Self { records: Records::new(storage), base: 0, dropped: 0 }
    }

    /// Replies that were never sent and are no longer here, or were too long for their client.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    fn place(&self, at: usize) -> u64 {
        self.base.saturating_add(at as u64)
    }
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Answers<S> {
    /// The client has a new connection, or said hello again on the one that it has. It will ask again whatever is not
    /// answered, so nothing is due to it until then. Takes time in the number of replies.
    pub fn handle_attach(&mut self, handled: &mut Handled) {
        self.forget_due(handled);
        handled.place = NOWHERE;
    }

    /// The client has no connection any more. What it is answered meanwhile is kept as if it had been sent: for as long
    /// as there is room. Takes time in the number of replies.
    pub fn handle_detach(&mut self, handled: &mut Handled) {
        self.forget_due(handled);
        handled.place = AWAY;
    }

    fn forget_due(&mut self, handled: &mut Handled) {
        handled.owed = 0;
        let mut at = 0;
        while let Some(record) = self.records.get(at) {
            let (tag, next) = (record.tag[0], record.next);
            if client_of(&record) == handled.client {
                self.records.retag(at, tag & !DUE);
            }
            at = next;
        }
    }

    /// A whole request has come. True: it is new; it has to be handled and answered with [`Self::reply`], once.
    ///
    /// False: it came before. If it was answered it is due again, or [`Outcome::Lost`] if that is no longer here.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn handle_request(&mut self, handled: &mut Handled, id: u64) -> bool {
        if handled.is_new(id) {
            handled.mark(id);
            return true;
        }
        if handled.is_open(id) {
            return false;
        }
        let is_it = |record: &Record<'_>| client_of(record) == handled.client && id_of(own(record)) == id;
        let found =
            self.records.iter().find(|(_, record)| is_it(record)).map(|(at, record)| (at, record.tag[0]));
        if let Some((at, tag)) = found {
            self.records.retag(at, tag | DUE);
            handled.owe(id, self.place(at));
        } else if !handled.owe(id, NOWHERE) {
            self.push(handled, id, Outcome::Lost, &[]);
        }
        false
    }

    /// Answers request `id` of a client, whether it is connected or not.
    ///
    /// An id that is [`WINDOW`] and more below the highest is taken to be open. If such a reply has to make room before it
    /// is sent, its client is told so when it asks again.
    ///
    /// # Errors
    /// It was not asked, or the payload is too long. Nothing was taken.
    pub fn reply(
        &mut self,
        handled: &mut Handled,
        id: u64,
        outcome: Outcome,
        payload: &[u8],
    ) -> Result<(), BadReply> {
        let old = handled.bit(id).is_none() && id <= handled.highest && id > 0;
        if !old && !handled.is_open(id) {
            return Err(BadReply::NotOpen);
        }
        let max = self.records.capacity().saturating_sub(HEAD + OWN).min(MAX_BODY - REPLY_FIELDS);
        if payload.len() > max {
            return Err(BadReply::TooLong { max });
        }
        handled.open &= !handled.bit(id).unwrap_or(0);
        self.push(handled, id, outcome, payload);
        Ok(())
    }

    /// The next reply to send to this client, if its frame's body has at most `room` bytes. It counts as sent.
    ///
    /// One that is longer than `max_body`, which is what the client can receive at all, is told as [`Outcome::Lost`].
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn next(&mut self, handled: &mut Handled, room: usize, max_body: usize) -> Option<Answer<'_>> {
        if !handled.is_due() {
            return None;
        }
        let mut at = usize::try_from(handled.place.saturating_sub(self.base)).unwrap_or(usize::MAX);
        while let Some(record) = self.records.get(at) {
            let ([tag, _], next, body) = (record.tag, record.next, record.body.len());
            if tag & DUE == 0 || client_of(&record) != handled.client {
                at = next;
                continue;
            }
            let len = body.saturating_sub(OWN).saturating_add(REPLY_FIELDS);
            let fits = len <= max_body;
            if fits && len > room {
                handled.place = self.place(at);
                return None;
            }
            handled.place = self.place(next);
            self.dropped = self.dropped.saturating_add(u64::from(!fits && tag & SENT == 0));
            self.records.retag(at, (tag & !DUE) | SENT);
            let (id, payload) = own(&self.records.get(at)?).split_at_checked(ID)?;
            let id = id_of(id);
            handled.told(id);
            return Some(if fits {
                Answer { id, outcome: outcome(tag), bytes: payload }
            } else {
                Answer { id, outcome: Outcome::Lost, bytes: &[] }
            });
        }
        handled.place = NOWHERE;
        let id = handled.oldest_owed()?; // it is no longer here
        handled.told(id);
        Some(Answer { id, outcome: Outcome::Lost, bytes: &[] })
    }

    /// Stores a reply, which is due if the client is there. If there is no room, the storage is too small for any.
    fn push(&mut self, handled: &mut Handled, id: u64, outcome: Outcome, payload: &[u8]) {
        let away = handled.place == AWAY;
        let tag = outcome as u8 | if away { 0 } else { DUE };
        self.make_room(payload.len().saturating_add(HEAD + OWN));
        let body = [&handled.client.to_be_bytes()[..], &id.to_be_bytes(), payload];
        let pushed = self.records.push([tag, 0], &body);
        if !away {
            handled.owe(id, pushed.map_or(NOWHERE, |at| self.place(at)));
        }
    }

    /// Makes room for a record of `size` bytes.
    fn make_room(&mut self, size: usize) {
        if size > self.records.free() {
            // More than is needed of what is not due, so that not every reply costs a pass.
            let quarter = self.records.capacity() / 4;
            self.free(size.max(quarter), DUE);
        }
        if size > self.records.free() {
            self.free(size, 0);
        }
    }

    /// Forgets those without a flag of `stays`, from the oldest on, until `size` bytes are free.
    #[cfg_attr(target_os = "none", inline(never))]
    fn free(&mut self, size: usize, stays: u8) {
        let (mut free, dropped) = (self.records.free(), &mut self.dropped);
        self.base = self.base.saturating_add(self.records.end() as u64);
        self.records.retain(|record| {
            let tag = record.tag[0];
            let goes = free < size && tag & stays == 0;
            if goes {
                free = free.saturating_add(HEAD).saturating_add(record.body.len());
                *dropped =
                    dropped.saturating_add(u64::from(tag & SENT == 0 && outcome(tag) != Outcome::Lost));
            }
            !goes
        });
    }
}

fn client_of(record: &Record<'_>) -> u64 {
    id_of(record.body)
}

/// The body behind the client.
fn own<'r>(record: &Record<'r>) -> &'r [u8] {
    record.body.get(ID..).unwrap_or(&[])
}

const fn outcome(tag: u8) -> Outcome {
    match tag & OUTCOME {
        0 => Outcome::Done,
        1 => Outcome::NoHandler,
        _ => Outcome::Lost,
    }
}
