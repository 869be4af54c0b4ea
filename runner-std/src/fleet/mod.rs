//! The fleet: sessions of many hosts in one list, by way of an MQTT broker that somebody has already.
//!
//! ```text
//!   host ── Publisher ──┐                       ┌── Subscriber ── ps, top
//!   host ── Publisher ──┼── Line ══ broker ══ Line
//!   host ── Publisher ──┘                       └── mosquitto_sub, paho, anything
//! ```
//!
//! A [`Publisher`] keeps no queue of states: it knows for each session whether the newest one has been told, and asks for
//! it when there is room. A [`Line`] is one connection to a broker, dialed again whenever it goes away; the protocol
//! itself is that of a sans-IO crate, so it sits in our loop as everything else does.

pub mod args;
mod broker;
mod known;
mod line;
pub mod payload;
#[cfg_attr(not(feature = "mqtt"), path = "no_protocol.rs")]
mod protocol;
mod publisher;
mod subscriber;
mod topic;

pub use broker::Broker;
pub use line::{Line, News};
pub use publisher::{Count, Publisher};
pub(crate) use subscriber::{Subscriber, Update};
pub use topic::{Topic, Topics, check};

/// What a connection says of itself at its beginning.
#[derive(Clone, Debug, Default)]
pub struct Greeting {
    /// Nobody else has it: a second one ends the first.
    pub client: String,
    /// The topic of the last will, which says `false`; None: nobody has to know that we are gone.
    pub will: Option<String>,
}

/// A message from the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its topic.
    pub topic: String,
    /// What it says.
    pub payload: Vec<u8>,
    /// The broker kept it from before we asked.
    pub retained: bool,
    /// Seconds until the broker forgets it, if ever.
    pub expiry: Option<u32>,
}

/// Seconds that a broker remembers a host that is lost; after that its state is forgotten. How many of them are left
/// tells since when: the broker counts them down.
pub const LOST: u32 = 30 * 24 * 3600;
