//! Every state that a [`Pair`] can get into.

use core::fmt::Write as _;
use core::hash::Hasher as _;
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;

use crate::pair::{Pair, Step};

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Different states.
    pub states: u64,
    /// Ways from one to the next.
    pub steps: u64,
}

/// Visits every state that can be reached from `pair` with at most `flight` frames on their way, and lets each of them
/// settle.
///
/// # Panics
/// If one of them does not, or breaks a promise.
pub fn explore(pair: Pair, flight: usize) -> Found {
    let (mut found, mut known) = (Found::default(), HashSet::from([fingerprint(&pair)]));
    // Depth first, so that only the states on the way here are kept.
    let mut way = vec![visit(pair, flight, &mut found)];
    while let Some((pair, steps)) = way.last_mut() {
        let Some(step) = steps.pop() else {
            way.pop();
            continue;
        };
        let mut next = pair.clone();
        found.steps += 1;
        if next.step(step) && known.insert(fingerprint(&next)) {
            way.push(visit(next, flight, &mut found));
        }
    }
    found
}

fn visit(pair: Pair, flight: usize, found: &mut Found) -> (Pair, Vec<Step>) {
    found.states += 1;
    pair.clone().settle();
    let steps = pair.steps(flight);
    (pair, steps)
}

/// 128 bits of all that a state is; two states in a billion billions have the same.
fn fingerprint(pair: &Pair) -> (u64, u64) {
    struct Hash(DefaultHasher, u64);
    impl core::fmt::Write for Hash {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            self.0.write(text.as_bytes());
            self.1 = text
                .bytes()
                .fold(self.1, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3));
            Ok(())
        }
    }
    let mut hash = Hash(DefaultHasher::new(), 0xCBF2_9CE4_8422_2325);
    write!(hash, "{pair:?}").expect("hashing does not fail");
    (hash.0.finish(), hash.1)
}
