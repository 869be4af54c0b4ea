//! Bytes as what happens to a host and a client, for fuzzing.

use stillwire::link::host::Link;

use crate::pair::{Budget, Pair};

/// The first byte says what the link is and how much of the output is kept; every other chooses one of the things that may
/// happen next, the last of which is that time passes. Then all is to become well.
///
/// # Panics
/// If it does not, or a byte is lost or doubled without a word.
pub fn pair_world(data: &[u8]) {
    let (&head, choices) = data.split_first().unwrap_or((&0, &[]));
    let link = if head & 1 == 0 { Link::Reliable } else { Link::Lossy };
    let budget = Budget { prints: 20, keys: 20, cuts: 6, losses: 10 };
    let mut pair = Pair::new(link, budget, [64, 4, 1, 16][usize::from(head >> 1) % 4]);
    for &choice in choices {
        let steps = pair.steps(8);
        match steps.get(usize::from(choice) % (steps.len() + 1)) {
            Some(&step) => drop(pair.step(step)),
            None => pair.wait(),
        }
    }
    pair.settle();
}
