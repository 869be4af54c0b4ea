//! What several tests share: oracles, laws, worlds.

pub mod caller;
pub mod calling;
pub mod cases;
pub mod client;
pub mod desk;
pub mod exhaustive;
pub mod frames;
pub mod fuzz;
pub mod hosting;
pub mod implementations;
pub mod laws;
pub mod liveness;
pub mod machines;
pub mod model;
pub mod naive;
pub mod pacing;
pub mod pair;
pub mod random;
pub mod reconnect;
pub mod session;
pub mod tape;
pub mod verdicts;
pub mod vte_oracle;
pub mod wire;
pub mod world;
