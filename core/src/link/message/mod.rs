//! An application's own requests: each handled once, each reply given once, across reconnects.
//!
//! ```text
//!   Requests (client)                                                    Handled, Answers (host)
//!   request ──▶ waiting ── next ──▶ sent ── Request { id, channel, … } ──▶ handle_request: new? ──▶ the handler
//!                  ▲                 │ ▲                                      │ came before       open │
//!                  │ handle_welcome, │ └── Answer { id, outcome, … } ◀─ next ─┴─▶ due ◀─── reply ─────┘
//!                  │ resumed         │                                            │ ▲
//!                  └─────────────────┤                                       next ▼ │ handle_request: came before
//!                                    ├─ handle_reply ──▶ answered               kept ──▶ forgotten, for room
//!                                    └─ handle_welcome, not resumed ──▶ poll_lost
//! ```
//!
//! Ids count up for the life of a client. After each welcome the client sends again whatever is not answered; the
//! host handles an id once, and answers it as often as it comes: with the reply that it kept, or with
//! [`Outcome::Lost`]. There is no timer: whether the connection lives is the watchdog's question.
//!
//! ```
//! use stillwire::link::frame::Outcome;
//! use stillwire::link::message::{Answers, Handled, Requests};
//!
//! let (mut requests, mut answers, mut handled) = (Requests::new([0; 64]), Answers::new([0; 64]), Handled::new(7));
//! let id = requests.request("clip", b"copy").unwrap();
//! answers.handle_attach(&mut handled);
//! assert_eq!(requests.next(256).unwrap().id, id);
//! assert!(answers.handle_request(&mut handled, id));
//! answers.reply(&mut handled, id, Outcome::Done, b"ok").unwrap();
//! let _lost_with_the_connection = answers.next(&mut handled, 256, 256);
//! // On the next one:
//! answers.handle_attach(&mut handled);
//! requests.handle_welcome(true, 256);
//! assert_eq!(requests.next(256).unwrap().id, id);
//! assert!(!answers.handle_request(&mut handled, id)); // it is not handled again
//! let answer = answers.next(&mut handled, 256, 256).unwrap();
//! assert_eq!((answer.id, answer.bytes), (id, &b"ok"[..]));
//! assert!(requests.handle_reply(id));
//! ```

mod answers;
mod records;
mod requests;

pub use answers::{Answer, Answers, BadReply, Handled};
pub use requests::{Refused, Request, Requests, Unanswered};

#[cfg(doc)]
use super::frame::Outcome;

/// Requests of a client that are sent and not answered, at the most; so many ids a host remembers for each.
pub const WINDOW: usize = 64;
/// Bytes of a message's body beside channel and payload.
pub const REQUEST_FIELDS: usize = 9;
/// Bytes of a reply's body beside the payload.
pub const REPLY_FIELDS: usize = 9;

const ID: usize = size_of::<u64>();

/// The number at the beginning of `bytes`.
fn id_of(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |id| u64::from_be_bytes(*id))
}
