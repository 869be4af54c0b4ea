//! What a client asked: [`Requests`].

use super::records::{HEAD, Records};
use super::{ID, REQUEST_FIELDS, WINDOW, id_of};
use crate::link::frame::{MAX_BODY, MAX_NAME};

/// It was sent, on this connection or another.
const SENT: u8 = 1;
/// Nobody will answer it; the application has to be told.
const LOST: u8 = 2;

/// Requests that have not been answered, over lent or owned storage. It outlives connections.
///
/// Each takes the length of its channel and of its payload, and 12 bytes. All are kept until they are answered or
/// lost.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Requests<S> {
    /// Tag: flags, length of the channel. Body: id, channel, payload. In the order of their ids.
    records: Records<S>,
    /// The last id.
    last: u64,
    /// The last id that was sent on this connection.
    sent: u64,
    /// The longest body that the host can receive, as far as is known.
    max_body: usize,
    /// Whether some are lost.
    lost: bool,
}

/// A request to send, whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Request<'r> {
    /// Comes back in the reply.
    pub id: u64,
    /// Who is meant.
    pub channel: &'r str,
    /// The application's.
    pub bytes: &'r [u8],
}

/// A request that nobody will answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Unanswered {
    /// Which one.
    pub id: u64,
    /// Whether it was sent, so that it may have been handled. Ask again only if twice does no harm.
    pub sent: bool,
}

/// Why a request was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Refused {
    /// A channel has 1 to [`MAX_NAME`] bytes.
    BadChannel,
    /// It is longer than the storage, or than what the host can receive.
    TooLong {
        /// Bytes that channel and payload may have together.
        max: usize,
    },
    /// Too many wait for their replies. Tell the person; the link is slow or down.
    Full {
        /// Bytes that channel and payload may have together now.
        room: usize,
    },
}

impl<S: AsRef<[u8]>> Requests<S> {
    /// None was asked yet.
    pub const fn new(storage: S) -> Self {
        Self { records: Records::new(storage), last: 0, sent: 0, max_body: MAX_BODY, lost: false }
    }

    /// Requests that are not answered. Takes time in their number.
    pub fn pending(&self) -> usize {
        self.records.iter().count()
    }

    /// Whether `id` was sent and its reply did not come yet. Ask when a reply begins to come.
    pub fn is_waiting(&self, id: u64) -> bool {
        self.records.iter().any(|(_, record)| record.tag[0] & SENT != 0 && id_of(record.body) == id)
    }

    /// Whether there is something to send on this connection. Takes time in the number of requests.
    pub fn is_due(&self) -> bool {
        self.due().is_some()
    }

    /// Whether [`poll_lost`](Self::poll_lost) may have something to tell.
    pub const fn has_lost(&self) -> bool {
        self.lost
    }

    /// Where the next one to send is.
    fn due(&self) -> Option<usize> {
        let waiting = self.records.iter().filter(|(_, record)| record.tag[0] & LOST == 0);
        let (at, _) = waiting.take(WINDOW).find(|(_, record)| id_of(record.body) > self.sent)?;
        Some(at)
    }
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Requests<S> {
    /// Asks whoever handles `channel` at the host. Returns the id: 1 for the first, each one more.
    ///
    /// # Errors
    /// Nothing of it was taken: it cannot be, or not now.
    pub fn request(&mut self, channel: &str, payload: &[u8]) -> Result<u64, Refused> {
        let Some(name) = u8::try_from(channel.len()).ok().filter(|&len| (1..=MAX_NAME).contains(&len.into()))
        else {
            return Err(Refused::BadChannel);
        };
        let len = channel.len().saturating_add(payload.len());
        let capacity = self.records.capacity().saturating_sub(HEAD + ID);
        let max = capacity.min(self.max_body.saturating_sub(REQUEST_FIELDS));
        if len > max {
            return Err(Refused::TooLong { max });
        }
        let id = self.last.saturating_add(1);
        let pushed = self.records.push([0, name], &[&id.to_be_bytes(), channel.as_bytes(), payload]);
        pushed.ok_or(Refused::Full { room: self.records.free().saturating_sub(HEAD + ID) })?;
        self.last = id;
        Ok(id)
    }

    /// The next request to send on this connection, if its frame's body has at most `room` bytes. It counts as sent.
    ///
    /// No more than [`WINDOW`] are sent without having been answered: so far the host knows what it has handled.
    pub fn next(&mut self, room: usize) -> Option<Request<'_>> {
        let at = self.due()?;
        let record = self.records.get(at).filter(|record| record.body.len() < room)?;
        let (tag, id) = (record.tag[0], id_of(record.body));
        self.records.retag(at, tag | SENT);
        self.sent = id;
        let record = self.records.get(at)?;
        let (channel, bytes) = record.body.get(ID..)?.split_at_checked(record.tag[1].into())?;
        Some(Request { id, channel: core::str::from_utf8(channel).unwrap_or(""), bytes })
    }

    /// The whole reply to `id` has come. Whether it was waited for: give it to the application only then.
    pub fn handle_reply(&mut self, id: u64) -> bool {
        let waiting = self.is_waiting(id);
        if waiting {
            self.records.retain(|record| id_of(record.body) != id);
        }
        waiting
    }

    /// There was a welcome. The host receives bodies of `max_body` bytes. If it knows this client (`resumed`),
    /// whatever is not answered is sent again. If not, what was sent before is lost, as nobody knows whether it was
    /// handled; so is what is too long for this host.
    pub fn handle_welcome(&mut self, resumed: bool, max_body: usize) {
        let (mut at, mut lost) = (0, false);
        self.max_body = max_body;
        self.sent = 0;
        while let Some(record) = self.records.get(at) {
            let (mut tag, next) = (record.tag[0], record.next);
            if (tag & SENT != 0 && !resumed) || record.body.len() >= max_body {
                tag |= LOST;
            }
            lost |= tag & LOST != 0;
            self.records.retag(at, tag);
            at = next;
        }
        self.lost = lost;
    }

    /// Frames may have been lost on this connection: whatever is not answered is sent again. Only on noisy links.
    pub const fn handle_doubt(&mut self) {
        self.sent = 0;
    }

    /// A request that nobody will answer, each once. It is forgotten.
    pub fn poll_lost(&mut self) -> Option<Unanswered> {
        if !self.lost {
            return None;
        }
        let mut lost = None;
        self.records.retain(|record| {
            let tag = record.tag[0];
            let first = tag & LOST != 0 && lost.is_none();
            if first {
                lost = Some(Unanswered { id: id_of(record.body), sent: tag & SENT != 0 });
            }
            !first
        });
        self.lost = lost.is_some();
        lost
    }
}
