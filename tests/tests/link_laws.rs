//! The machines that judge a link keep the seven laws under random input, agree with their models, and are small.

use core::mem::size_of;

use stillwire::link::heartbeat::Heartbeat;
use stillwire::link::probe::Probe;
use stillwire::link::rtt::Rtt;
use stillwire::link::throttle::Throttle;
use stillwire::link::watchdog::{Event, Watchdog};
use stillwire::{Duration, Instant};
use stillwire_tests::laws::check;
use stillwire_tests::liveness::{RttModel, found_dead};
use stillwire_tests::random::Random;

#[test]
fn the_heartbeat_keeps_the_laws() {
    check::<Heartbeat>(4_000);
}

#[test]
fn the_watchdog_keeps_the_laws() {
    check::<Watchdog>(4_000);
}

#[test]
fn the_probe_keeps_the_laws() {
    check::<Probe>(4_000);
}

#[test]
fn the_round_trip_time_keeps_the_laws() {
    check::<Rtt>(4_000);
}

#[test]
fn the_throttle_keeps_the_laws() {
    check::<Throttle>(4_000);
}

#[test]
fn whole_microseconds_are_as_good_as_fractions() {
    for seed in 0..500 {
        let mut rng = Random::new(seed);
        let longest = 1 << rng.below(23);
        let (mut rtt, mut model, mut now) = (Rtt::new(Duration::MAX, Instant::ZERO), RttModel::default(), 0);
        for _ in 0..100 {
            let sample = rng.bits() % longest;
            let nonce = rtt.ping();
            rtt.handle_flushed(Instant::from_micros(now), nonce);
            now += sample;
            assert_eq!(
                rtt.handle_pong(Instant::from_micros(now), nonce),
                Some(Duration::from_micros(sample))
            );
            model.sample(sample as f64);
            let (is, should) = (rtt.budget().as_micros() as f64, model.budget());
            // Each step cuts less than 1 µs off; SRTT is then off by 8 at most, RTTVAR by 4 · (1 + 8 / 4).
            assert!((is - should).abs() <= 56.0, "seed {seed}: {is} is not {should}");
        }
    }
}

#[test]
fn the_watchdog_fires_when_its_model_says() {
    let (heartbeat, timeout) = (Duration::from_secs(15), Duration::from_secs(35));
    for seed in 0..2_000 {
        let mut rng = Random::new(seed);
        let mut now = 0;
        let heard: Vec<_> = (0..40)
            .map(|_| {
                now += rng.bits() % *rng.pick(&[1_000, 1_000_000, 15_000_000, 36_000_000]);
                Instant::from_micros(now)
            })
            .collect();
        let mut watchdog = Watchdog::new(Instant::ZERO);
        watchdog.handle_welcome(Instant::ZERO, heartbeat, timeout);
        let mut dead = None;
        for &at in &heard {
            while let Some(due) = watchdog.poll_at().filter(|due| due.at <= at) {
                assert_eq!(watchdog.poll(due.at), Some(Event::Dead));
                dead = Some(due.at);
            }
            watchdog.handle_received(at);
        }
        assert_eq!(dead, found_dead(Instant::ZERO, &heard, timeout), "seed {seed}");
    }
}

#[test]
fn they_are_small() {
    assert!(size_of::<Rtt>() <= 48, "{}", size_of::<Rtt>());
    assert!(size_of::<Heartbeat>() <= 128, "{}", size_of::<Heartbeat>());
    assert!(size_of::<Watchdog>() <= 64, "{}", size_of::<Watchdog>());
    assert!(size_of::<Probe>() <= 112, "{}", size_of::<Probe>());
    println!(
        "rtt {}, heartbeat {}, watchdog {}, probe {}",
        size_of::<Rtt>(),
        size_of::<Heartbeat>(),
        size_of::<Watchdog>(),
        size_of::<Probe>()
    );
}
