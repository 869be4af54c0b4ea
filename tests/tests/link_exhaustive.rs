//! Every state of a host and a client that print or type, are cut and lose frames a little: none loses or doubles a
//! byte, and from each all becomes well. The binary `exhaustive` visits more of them.

use stillwire::link::host::Link;
use stillwire_tests::exhaustive::explore;
use stillwire_tests::pair::{Budget, Pair};

#[test]
fn every_way_to_be_cut_ends_well() {
    let budget = Budget { prints: 1, keys: 0, cuts: 1, losses: 0 };
    let found = explore(Pair::new(Link::Reliable, budget, 8), 1);
    assert!(found.states > 1_000, "{found:?}");
}

#[test]
fn every_way_to_lose_a_frame_ends_well() {
    let budget = Budget { prints: 0, keys: 1, cuts: 0, losses: 1 };
    let found = explore(Pair::new(Link::Lossy, budget, 8), 1);
    assert!(found.states > 200, "{found:?}");
}
