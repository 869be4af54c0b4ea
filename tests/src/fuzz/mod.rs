//! What is fuzzed, as functions: `fuzz/` explores with them, `fuzz_replay` gives them the corpus.

mod ansi_strip;
mod frame_decode;
mod host_ops;
mod idle_ops;
mod message_ops;
mod pair_world;
mod replay_ops;

pub use ansi_strip::{ansi_strip, ansi_strip_every_way};
pub use frame_decode::{Whole, frame_decode, receive_noisy, receive_stream};
pub use host_ops::host_ops;
pub use idle_ops::idle_ops;
pub use message_ops::message_ops;
pub use pair_world::pair_world;
pub use replay_ops::replay_ops;
