//! Many slots: who is due first, who watches a session and who may have something to say is known, whatever their number.
//!
//! Without the feature `many` they are asked one by one, by the same names (`few.rs`).

mod crowd;
mod order;

pub(super) use crowd::{Links, Speakers, Viewers};
pub(super) use order::{Node, Order, Timed};
