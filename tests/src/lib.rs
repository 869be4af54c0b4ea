//! What several tests share: oracles, laws, worlds.
