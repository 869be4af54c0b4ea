//! What the users of today's tools suffer from (evidence.md), lived through in virtual time. A line is what
//! a machine said; no line means that nobody was declared dead.

use stillwire::link::heartbeat::{self, Cause, Heartbeat};
use stillwire::link::probe::{self, Doubt, Probe, Status};
use stillwire::link::watchdog::{self, Watchdog};
use stillwire::{Duration, Instant};
use stillwire_tests::random::Random;
use stillwire_tests::wire::{Side, Wire};

const DAY: u64 = 86_400;

fn at(secs: u64) -> Instant {
    Instant::from_secs(secs)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A heartbeat that is authenticated at zero and has flushed its first ping at 15 s.
fn asked() -> Heartbeat {
    let mut host = Heartbeat::new(heartbeat::Config::DEFAULT, at(0));
    host.handle_authenticated(at(0));
    assert_eq!(host.poll(at(15)), Some(heartbeat::Event::SendPing { nonce: 1 }));
    host.handle_flushed(at(15), 1);
    host
}

/// A probe whose first ping was flushed at `now`.
fn probing(now: Instant) -> Probe {
    let mut probe = Probe::new(probe::Config::DEFAULT, at(0));
    probe.handle_doubt(now, Doubt::Wake);
    assert_eq!(probe.poll(now), Some(probe::Event::SendPing { nonce: 1 }));
    probe.handle_flushed(now, 1);
    probe
}

// 1. Half-open link after sleep or a change of network: superset #5130, Eternal Terminal #366.

#[test]
fn a_link_that_is_cut_without_a_word_is_noticed_by_both_sides_in_time() {
    for cut_at in [1, 14, 15, 16, 29, 31] {
        let mut wire = Wire::new();
        wire.until(at(cut_at)).cut = true;
        wire.until(at(cut_at) + Duration::from_secs(30)).until(at(cut_at + 300));
        let story = wire.story();
        assert_eq!(story.len(), 2, "{story:?}"); // each side says it once
        for line in &story {
            let found: f64 = line.split(' ').next().unwrap().parse().unwrap();
            let bound = if line.contains("host") { 30.1 } else { 35.1 };
            assert!(found <= cut_at as f64 + bound, "cut at {cut_at}: {line}");
        }
    }
}

#[test]
fn a_cut_link_is_replaced_five_seconds_after_the_wake_and_not_a_minute() {
    let mut wire = Wire::new();
    wire.until(at(20)).sleep(Side::Client, Duration::from_secs(3_600)).cut = true;
    wire.until(at(3_620)).doubt(Doubt::Wake).until(at(3_626));
    assert!(wire.story().contains(&"3625.000000 client: Replace".to_owned()));
}

#[test]
fn a_cut_link_with_full_pipes_is_noticed_though_the_ping_never_leaves() {
    let mut host = Heartbeat::new(heartbeat::Config::DEFAULT, at(0));
    host.handle_authenticated(at(0));
    assert!(host.poll(at(15)).is_some());
    host.handle_written(at(16)); // the last that the pipe took
    let deadline = host.poll_at().unwrap();
    assert_eq!((deadline.at, deadline.reason), (at(31), heartbeat::Due::Stall));
    assert_eq!(host.poll(deadline.at), Some(heartbeat::Event::Dead(Cause::Stalled)));
    assert_eq!(host.poll_at(), None);
}

#[test]
fn what_was_received_before_the_sleep_does_not_resolve_the_doubt() {
    let mut probe = Probe::new(probe::Config::DEFAULT, at(0));
    probe.handle_doubt(at(100), Doubt::Wake);
    probe.handle_received(at(100)); // it lay in the system's buffer
    assert_eq!(probe.poll(at(100)), Some(probe::Event::SendPing { nonce: 1 }));
    probe.handle_received(at(100));
    probe.handle_flushed(at(100), 1);
    assert_eq!(probe.poll(at(105)), Some(probe::Event::Replace));
}

// The opposite error: a fixed 3 s ping on wake kills links that would have lived (vscode-remote #11463).

#[test]
fn a_slow_link_that_a_fixed_3_s_ping_would_kill_lives() {
    let mut wire = Wire::new();
    wire.latency = ms(2_000);
    for second in [60, 120, 180, 240] {
        wire.until(at(second)).doubt(Doubt::Wake);
        wire.until(at(second) + ms(3_500));
    }
    assert!(wire.until(at(600)).story().is_empty());
    assert_eq!(wire.budget(), Duration::from_secs(5));
}

#[test]
fn a_fast_link_is_replaced_after_one_second_once_it_is_measured() {
    let mut wire = Wire::new();
    wire.doubt(Doubt::New).until(at(60)).cut = true;
    assert_eq!(wire.budget(), ms(1_000));
    wire.doubt(Doubt::Network).until(at(62));
    assert_eq!(wire.story(), ["61.000000 client: Replace"]);
}

#[test]
fn doubts_that_overlap_send_one_ping_and_keep_the_first_wait() {
    let mut probe = probing(at(10));
    for (now, doubt) in [(11, Doubt::Network), (12, Doubt::Unanswered), (14, Doubt::Network)] {
        probe.handle_doubt(at(now), doubt);
        assert_eq!(probe.poll(at(now)), None);
    }
    assert_eq!(probe.status(), Status::Doubting(Doubt::Wake));
    assert_eq!(probe.poll(at(15)), Some(probe::Event::Replace));
    assert_eq!(probe.status(), Status::Replaced(Doubt::Wake));
}

// 8. False death under load: wstunnel #535, websockets #1005, sockjs-node #169.

#[test]
fn a_ping_behind_40_s_of_output_kills_nobody() {
    let mut wire = Wire::new();
    for second in 0..600 {
        wire.backlog = Duration::from_secs((second / 2).min(40)); // it flows, but ever later
        wire.until(at(second)).output();
    }
    assert!(wire.story().is_empty());
}

#[test]
fn the_clock_of_a_ping_starts_at_its_flush() {
    let mut host = Heartbeat::new(heartbeat::Config::DEFAULT, at(0));
    host.handle_authenticated(at(0));
    assert!(host.poll(at(15)).is_some());
    for second in 16..200 {
        host.handle_written(at(second));
        assert_eq!(host.poll(at(second)), None);
    }
    host.handle_flushed(at(200), 7); // not that one
    assert_eq!(host.poll_at().unwrap().reason, heartbeat::Due::Stall);
    host.handle_flushed(at(200), 1);
    assert_eq!(host.poll_at().unwrap().at, at(215));
}

#[test]
fn any_byte_is_a_sign_of_life() {
    let mut host = asked();
    host.handle_received(Instant::from_millis(29_999)); // a key, and no pong
    assert_eq!(host.poll(at(30)), Some(heartbeat::Event::SendPing { nonce: 2 }));
    assert_eq!(host.rtt().srtt(), None);
}

#[test]
fn a_pong_that_overtakes_the_news_of_its_flush_counts() {
    let mut host = Heartbeat::new(heartbeat::Config::DEFAULT, at(0));
    host.handle_authenticated(at(0));
    assert!(host.poll(at(15)).is_some());
    host.handle_pong(at(16), 1);
    host.handle_flushed(at(17), 1);
    assert_eq!(host.status(), heartbeat::Status::Live);
    assert_eq!(host.poll_at().unwrap().at, at(31));
    assert_eq!(host.rtt().srtt(), None); // when it left is not known
}

#[test]
fn only_the_last_ping_answered_once_in_time_is_a_sample() {
    let mut host = asked();
    host.handle_pong(at(16), 9); // unknown
    assert_eq!(host.rtt().srtt(), None);
    host.handle_pong(at(17), 1);
    host.handle_pong(at(25), 1); // twice
    assert_eq!(host.rtt().srtt(), Some(ms(2_000)));
    assert!(host.poll(at(30)).is_some());
    host.handle_flushed(at(30), 2);
    host.handle_received(at(31));
    assert!(host.poll(at(45)).is_some());
    host.handle_flushed(at(45), 3);
    host.handle_pong(at(46), 2); // overtaken
    assert_eq!(host.rtt().srtt(), Some(ms(2_000)));
    host.handle_pong(at(45 + 16), 3); // late
    assert_eq!(host.rtt().srtt(), Some(ms(2_000)));
}

// 9. Background tabs throttle timers: socket.io #4040, wetty #579.

#[test]
fn a_tab_throttled_to_once_a_minute_neither_dies_nor_kills() {
    let mut wire = Wire::new();
    wire.tick = Duration::from_secs(60);
    wire.polls_first = true;
    for minute in 0..600 {
        wire.until(at(minute * 60 + 7)).doubt(Doubt::Network);
    }
    assert!(wire.story().is_empty());
}

#[test]
fn a_throttled_tab_still_finds_a_dead_host() {
    let mut wire = Wire::new();
    wire.tick = Duration::from_secs(60);
    wire.until(at(100)).cut = true;
    wire.until(at(1_000));
    // Heard at 90 s, so due at 125 s; polled late at 180 s, one more chance of 20 s, polled at 240 s.
    assert_eq!(wire.story(), ["120.000000 host: Dead(Silent)", "240.000000 client: Dead"]);
}

// 13. Clocks, and 1 again: the machine slept.

#[test]
fn a_machine_that_slept_30_days_blames_nobody() {
    for polls_first in [false, true] {
        for asleep_at in [5, 14, 15, 16, 34, 44] {
            let mut wire = Wire::new();
            wire.polls_first = polls_first;
            let span = Duration::from_secs(30 * DAY);
            wire.until(at(asleep_at)).sleep(Side::Host, span).sleep(Side::Client, span);
            wire.until(at(30 * DAY + asleep_at)).doubt(Doubt::Wake);
            wire.until(at(30 * DAY + 3_600));
            assert!(wire.story().is_empty(), "asleep at {asleep_at}");
        }
    }
}

#[test]
fn a_late_poll_asks_once_more_and_then_it_is_final() {
    let mut host = asked();
    assert_eq!(host.poll(at(32)), Some(heartbeat::Event::SendPing { nonce: 2 })); // due at 30 s
    host.handle_flushed(at(32), 2);
    assert_eq!(host.poll_at().unwrap().at, at(47));
    assert_eq!(host.poll(at(50)), Some(heartbeat::Event::Dead(Cause::Silent)));

    let mut probe = probing(at(10));
    assert_eq!(probe.poll(at(70)), Some(probe::Event::SendPing { nonce: 2 })); // due at 15 s
    probe.handle_flushed(at(70), 2);
    assert_eq!(probe.poll(at(120)), Some(probe::Event::Replace)); // due at 75 s
}

#[test]
fn a_poll_within_the_stated_lateness_is_in_time() {
    let late = stillwire::link::late::LATE;
    assert_eq!(asked().poll(at(30) + late), Some(heartbeat::Event::Dead(Cause::Silent)));
    let after = at(30) + late + Duration::from_micros(1);
    assert_eq!(asked().poll(after), Some(heartbeat::Event::SendPing { nonce: 2 }));
}

#[test]
fn a_machine_that_sleeps_in_its_last_wait_too_waits_again() {
    let mut watchdog = Watchdog::new(at(0));
    watchdog.handle_welcome(at(0), Duration::from_secs(15), Duration::from_secs(35));
    for hour in 1..10 {
        assert_eq!(watchdog.poll(at(hour * 3_600)), None); // a laptop that wakes each hour for a moment
        assert_eq!(watchdog.poll_at().unwrap().at, at(hour * 3_600 + 20));
    }
    assert_eq!(watchdog.poll(at(9 * 3_600 + 20)), Some(watchdog::Event::Dead));
}

#[test]
fn a_clock_that_goes_back_neither_kills_nor_postpones() {
    let mut host = asked();
    host.handle_written(at(3));
    assert_eq!(host.poll(at(2)), None);
    assert_eq!(host.poll_at().unwrap().at, at(30));
    host.handle_pong(at(0), 1);
    assert_eq!(host.heard(), Some(at(15)));
    assert_eq!(host.rtt().srtt(), Some(Duration::ZERO));

    let mut watchdog = Watchdog::new(at(50));
    watchdog.handle_welcome(at(10), Duration::from_secs(15), Duration::from_secs(35));
    assert_eq!(watchdog.poll_at().unwrap().at, at(85));
}

#[test]
fn at_the_end_of_time_nothing_is_due_and_nobody_dies() {
    let mut host = asked();
    assert!(host.poll(Instant::MAX).is_some()); // late, so it asks
    host.handle_flushed(Instant::MAX, 2);
    assert_eq!((host.poll_at(), host.poll(Instant::MAX)), (None, None));

    let mut watchdog = Watchdog::new(Instant::MAX);
    watchdog.handle_welcome(Instant::MAX, Duration::from_secs(15), Duration::from_secs(35));
    assert_eq!((watchdog.poll_at(), watchdog.poll(Instant::MAX)), (None, None));

    let mut probe = Probe::new(probe::Config::DEFAULT, Instant::MAX);
    probe.handle_doubt(Instant::MAX, Doubt::Wake);
    assert!(probe.poll(Instant::MAX).is_some());
    probe.handle_flushed(Instant::MAX, 1);
    assert_eq!((probe.poll_at(), probe.poll(Instant::MAX)), (None, None));
}

// What the host says holds.

#[test]
fn a_host_without_heartbeat_is_never_found_silent() {
    for (heartbeat, timeout) in [(0, 35), (15, 0), (u64::MAX, 35)] {
        let mut watchdog = Watchdog::new(at(0));
        watchdog.handle_welcome(at(0), Duration::from_secs(heartbeat), Duration::from_secs(timeout));
        assert_eq!(watchdog.poll_at(), None);
    }
    let config = heartbeat::Config { interval: Duration::ZERO, ..heartbeat::Config::DEFAULT };
    let mut host = Heartbeat::new(config, at(0));
    host.handle_authenticated(at(0));
    assert_eq!(host.poll_at(), None);
}

// Whoever slept a little longer than they would have waited, and is polled at once, has not listened either.

#[test]
fn a_sleep_that_ends_where_a_wait_ends_kills_nobody() {
    let mut host = asked();
    host.handle_wake(Instant::from_millis(30_500));
    assert_eq!(host.poll(Instant::from_millis(30_500)), Some(heartbeat::Event::SendPing { nonce: 2 }));
    host.handle_flushed(at(31), 2);
    assert_eq!(host.poll(at(46)), Some(heartbeat::Event::Dead(Cause::Silent)));

    let mut watchdog = Watchdog::new(at(0));
    watchdog.handle_welcome(at(0), Duration::from_secs(15), Duration::from_secs(35));
    watchdog.handle_wake(at(1)); // what there was to wait is not made shorter
    assert_eq!(watchdog.poll_at().map(|due| due.at), Some(at(35)));
    watchdog.handle_wake(at(35));
    assert_eq!(watchdog.poll(at(35)), None);
    assert_eq!(watchdog.poll(at(55)), Some(watchdog::Event::Dead));

    let mut probe = probing(at(10));
    probe.handle_doubt(at(15), Doubt::Wake);
    assert_eq!(probe.poll(at(15)), Some(probe::Event::SendPing { nonce: 2 }));
    assert_eq!(probe.poll(at(20)), Some(probe::Event::Replace));
}

/// The same on a link that loses frames.
fn asked_of_lossy() -> Heartbeat {
    let mut host = Heartbeat::new(heartbeat::Config::DEFAULT.lossy(), at(0));
    host.handle_authenticated(at(0));
    assert_eq!(host.poll(at(15)), Some(heartbeat::Event::SendPing { nonce: 1 }));
    host.handle_flushed(at(15), 1);
    host
}

// On a noisy line a ping that is lost proves nothing: it is asked again, and the dead are found as soon as ever.

#[test]
fn on_a_lossy_link_one_lost_ping_kills_nobody_and_five_do() {
    let mut host = Heartbeat::new(heartbeat::Config::DEFAULT.lossy(), at(0));
    host.handle_authenticated(at(0));
    for (ping, nonce) in [15, 18, 21, 24, 27].into_iter().zip(1..) {
        assert_eq!(host.poll_at().map(|due| due.at), Some(at(ping)));
        assert_eq!(host.poll(at(ping)), Some(heartbeat::Event::SendPing { nonce }));
        assert_eq!(host.poll(at(ping)), None);
        host.handle_flushed(at(ping), nonce);
    }
    let mut stopped = asked_of_lossy();
    assert_eq!(stopped.poll(Instant::from_millis(30_500)), Some(heartbeat::Event::SendPing { nonce: 2 }));
    stopped.handle_flushed(at(31), 2);
    assert_eq!(stopped.poll(at(46)), Some(heartbeat::Event::Dead(Cause::Silent)));

    let mut answered = host.clone();
    answered.handle_pong(at(28), 5);
    assert_eq!(answered.rtt().srtt(), Some(Duration::from_secs(1)));
    assert_eq!(answered.poll(at(30)), Some(heartbeat::Event::SendPing { nonce: 6 }));
    assert_eq!(host.poll_at().map(|due| due.at), Some(at(30)));
    assert_eq!(host.poll(at(30)), Some(heartbeat::Event::Dead(Cause::Silent)));
}

#[test]
fn a_timeout_shorter_than_two_heartbeats_is_taken_as_two() {
    let mut watchdog = Watchdog::new(at(0));
    watchdog.handle_welcome(at(0), Duration::from_secs(15), Duration::from_secs(1));
    assert_eq!(watchdog.poll_at().unwrap().at, at(30));
}

/// Everything at once: 3,000 lives of about an hour with sleep, load, slow links, throttled timers and doubts.
#[test]
fn a_healthy_side_is_never_declared_dead_whatever_the_other_goes_through() {
    for seed in 0..3_000 {
        let mut rng = Random::new(seed);
        let mut wire = Wire::new();
        wire.latency = Duration::from_micros(rng.bits() % 400_000);
        wire.goes_on = true;
        let sleeper = *rng.pick(&[Side::Host, Side::Client]);
        let (backlog, tick) = (*rng.pick(&[0, 0, 1, 14, 30]), *rng.pick(&[1, 1, 1_000_000, 60_000_000]));
        if sleeper == Side::Client {
            wire.tick = Duration::from_micros(tick);
        } else {
            wire.backlog = Duration::from_secs(backlog);
        }
        for _ in 0..60 {
            let awake = wire.now + ms(2_000) + Duration::from_micros(rng.bits() % 100_000_000);
            wire.until(awake);
            match rng.below(3) {
                0 if wire.backlog.is_zero() => {
                    wire.doubt(*rng.pick(&[Doubt::Network, Doubt::Unanswered, Doubt::Wake]));
                }
                _ => {
                    let secs = *rng.pick(&[1, 3, 20, 40, 90, 900, 30 * DAY]);
                    wire.sleep(sleeper, Duration::from_secs(1 + rng.bits() % secs));
                }
            }
        }
        let blamed = if sleeper == Side::Host { " host:" } else { " client:" };
        let story = wire.story();
        assert!(!story.iter().any(|line| line.contains(blamed)), "seed {seed}, {sleeper:?}: {story:?}");
    }
}
