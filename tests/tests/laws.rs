//! Every machine of the core keeps the seven laws under random input, and the verdict follows its model.

use stillwire::idle::Idle;
use stillwire::input::Keys;
use stillwire::monitor::Monitor;
use stillwire_tests::fuzz::idle_ops;
use stillwire_tests::laws::check;
use stillwire_tests::random::Random;

#[test]
fn the_verdict_keeps_the_laws() {
    check::<Idle>(4_000);
}

#[test]
fn the_monitor_keeps_the_laws() {
    check::<Monitor>(2_000);
}

#[test]
fn the_keys_keep_the_laws() {
    check::<Keys>(2_000);
}

#[test]
fn the_verdict_is_that_of_the_reference_model() {
    for seed in 0..2_000 {
        let mut rng = Random::new(seed);
        let data: Vec<u8> = (0..rng.below(400)).map(|_| rng.bits() as u8).collect();
        if let Err(panic) = std::panic::catch_unwind(|| idle_ops(&data)) {
            eprintln!("seed {seed}");
            std::panic::resume_unwind(panic);
        }
    }
}
