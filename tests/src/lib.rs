//! What several tests share: oracles, laws, worlds.

pub mod cases;
pub mod fuzz;
pub mod implementations;
pub mod naive;
pub mod random;
pub mod verdicts;
pub mod vte_oracle;
