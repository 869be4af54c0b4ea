//! A few worlds in every test run; `tests/run sim` runs many more, and the `sim` binary as many as one likes.

use stillwire_tests::world::{Cut, run, run_at_the_end_of_time, storm};

#[test]
fn worlds_hold_what_is_promised_whatever_goes_wrong() {
    for seed in 1..=8 {
        let outcome = run(seed, u64::MAX);
        assert_eq!(outcome.failure, None, "seed {seed}");
        assert!(outcome.tally.faults() * 10 > outcome.tally.seconds() as u64, "a fault each ten seconds");
    }
}

#[test]
fn a_seed_is_a_run_to_the_last_byte() {
    for seed in [4, 6] {
        assert_eq!(run(seed, u64::MAX).hash, run(seed, u64::MAX).hash);
    }
    assert_ne!(run(4, u64::MAX).hash, run(6, u64::MAX).hash);
}

#[test]
fn nothing_overflows_at_the_end_of_time() {
    for seed in 1..=12 {
        assert_eq!(run_at_the_end_of_time(seed).failure, None, "seed {seed}");
    }
}

#[test]
fn ten_thousand_clients_cut_together_come_back_without_a_storm() {
    for cut in [Cut::Broken, Cut::Silent, Cut::Restarting] {
        for away in [30, 120] {
            let storm = storm(10_000, away, cut);
            assert!(storm.worst as f64 <= 3.0 * storm.mean, "{cut:?}, {away} s: {storm:?}");
            assert!(storm.last <= 65.0, "{cut:?}, {away} s: {storm:?}");
        }
    }
}
