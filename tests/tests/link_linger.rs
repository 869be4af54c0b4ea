//! When a host that nobody uses may go, and what it must not take with it. The numbers are those of the pains
//! in the evidence that the project began with.

use core::mem::size_of;

use stillwire::duration::parse;
use stillwire::idle::Hint;
use stillwire::link::late::ASLEEP;
use stillwire::link::linger::{Activity, Config, Due, Exit, Frame, Linger, Reason, Status};
use stillwire::{Duration, Instant};
use stillwire_tests::laws::{Machine, check};
use stillwire_tests::random::Random;
use stillwire_tests::reconnect::LingerOp;

fn linger() -> Linger {
    Linger::new(Config::DEFAULT, Instant::ZERO)
}

fn strict() -> Linger {
    Linger::new(Config { strict: true, ..Config::DEFAULT }, Instant::ZERO)
}

const fn secs(secs: u64) -> Instant {
    Instant::from_secs(secs)
}

/// Sleeps until the deadline, looks at the jobs, and polls.
fn verdict(linger: &mut Linger, hint: Hint) -> Option<Exit> {
    let deadline = linger.poll_at()?;
    assert_eq!(deadline.reason, Due::Verdict);
    linger.handle_hint(deadline.at, hint);
    linger.poll(deadline.at)
}

fn exit(at: u64, reason: Reason) -> Option<Exit> {
    Some(Exit { at: secs(at), reason })
}

#[test]
fn lingering_keeps_the_laws() {
    check::<Linger>(4_000);
}

#[test]
fn a_host_that_nobody_comes_to_goes_after_ten_minutes_to_the_microsecond() {
    let mut linger = linger();
    assert_eq!(linger.poll(Instant::from_micros(599_999_999)), None);
    assert_eq!(verdict(&mut linger, Hint::Neither), exit(600, Reason::NoConnection));
    assert_eq!(linger.status(), Status::Leaving(Reason::NoConnection));
    assert_eq!((linger.poll(secs(9_999)), linger.poll_at()), (None, None));
}

#[test]
fn zero_never_and_off_stay() {
    for text in ["0", "never", "off"] {
        let mut linger = Linger::new(Config { timeout: parse(text).unwrap(), strict: true }, Instant::ZERO);
        assert_eq!(linger.poll_at(), None);
        assert_eq!(linger.poll(Instant::MAX), None);
    }
}

// 6. Idle shutdown kills live work.

#[test]
fn a_build_that_nobody_watches_is_not_killed() {
    let mut linger = linger();
    linger.handle_attach(secs(5));
    linger.handle_frame(secs(10), Frame::Input); // make
    linger.handle_detach(secs(20));
    for minute in 1..=180 {
        linger.handle_output(secs(60 * minute));
        assert_eq!(linger.poll(secs(60 * minute)), None);
    }
    assert_eq!(linger.evidence().activity, Activity::Output);
    assert_eq!(verdict(&mut linger, Hint::Neither), exit(60 * 190, Reason::NoConnection));
}

#[test]
fn a_job_that_is_silent_and_works_is_not_killed() {
    let mut linger = linger();
    for _ in 0..6 {
        assert_eq!(verdict(&mut linger, Hint::Busy), None);
    }
    assert_eq!(linger.evidence().activity, Activity::Busy);
    assert_eq!(verdict(&mut linger, Hint::Blocked), exit(70 * 60, Reason::NoConnection));
}

#[test]
fn a_job_seen_busy_in_between_counts_from_then() {
    let mut linger = linger();
    linger.handle_hint(secs(540), Hint::Busy); // the verdict of a session had it looked at
    assert_eq!(verdict(&mut linger, Hint::Neither), exit(1_140, Reason::NoConnection));
}

#[test]
fn a_forgotten_tab_does_not_hold_a_host_and_whoever_types_in_one_does() {
    let mut linger = linger();
    linger.handle_attach(secs(5));
    linger.handle_frame(secs(300), Frame::Resize);
    linger.handle_frame(secs(500), Frame::Message);
    assert_eq!(verdict(&mut linger, Hint::Neither), exit(1_100, Reason::NoActivity)); // heartbeats are not told
}

#[test]
fn whoever_comes_at_the_last_moment_is_let_in() {
    let mut linger = linger();
    linger.handle_attach(secs(600)); // handed in before the poll
    assert_eq!(linger.poll(secs(600)), None);
    assert_eq!(linger.poll_at().unwrap().at, secs(1_200));
}

#[test]
fn the_older_rule_counts_people_only() {
    let mut linger = strict();
    linger.handle_output(secs(300));
    assert_eq!(verdict(&mut linger, Hint::Busy), exit(600, Reason::NoConnection));

    let mut linger = strict();
    linger.handle_attach(secs(100));
    linger.handle_attach(secs(200));
    linger.handle_frame(secs(250), Frame::Input);
    linger.handle_detach(secs(400)); // one is left, who has sent nothing since
    assert_eq!(linger.poll_at().unwrap().at, secs(850));
    linger.handle_detach(secs(500)); // now nobody is
    assert_eq!(verdict(&mut linger, Hint::Busy), exit(1_100, Reason::NoConnection));
}

// 13. Clocks: a laptop that slept.

#[test]
fn a_night_with_the_lid_closed_does_not_end_the_session_in_the_morning() {
    let mut linger = linger();
    linger.handle_attach(secs(10));
    let morning = secs(8 * 3_600);
    assert_eq!(linger.poll(morning), None);
    assert_eq!(linger.evidence().activity, Activity::Woke);
    assert_eq!(linger.poll_at().unwrap().at, morning + Duration::from_secs(600));
}

#[test]
fn a_poll_that_is_a_little_late_tells_what_was_due() {
    let mut linger = linger();
    assert_eq!(linger.poll(secs(600) + ASLEEP), exit(600, Reason::NoConnection));
}

/// The rule in a few lines: what counted last, and who was there.
#[test]
fn the_exit_is_that_of_the_reference_model() {
    for seed in 0..4_000 {
        let mut rng = Random::new(seed);
        let config = Config {
            timeout: Some(Duration::from_micros(1 + rng.bits() % 20_000_000)),
            strict: rng.below(2) == 0,
        };
        let mut linger = Linger::new(config, Instant::ZERO);
        let (mut now, mut counted, mut connections) = (Instant::ZERO, Instant::ZERO, 0_u16);
        let (mut told, mut expected) = (None, None);
        for _ in 0..100 {
            now += Duration::from_micros(rng.bits() % 8_000_000);
            let due = counted + config.timeout.unwrap();
            if expected.is_none() && due <= now {
                let reason = if connections == 0 { Reason::NoConnection } else { Reason::NoActivity };
                expected = Some(Exit { at: due, reason });
            }
            let op = LingerOp::random(&mut rng);
            let counts = match op {
                LingerOp::Attach => {
                    connections += 1;
                    true
                }
                LingerOp::Detach => {
                    connections = connections.saturating_sub(1);
                    !config.strict || connections == 0
                }
                LingerOp::Frame(_) => true,
                LingerOp::Output | LingerOp::Hint(Hint::Busy) => !config.strict,
                LingerOp::Hint(_) => false,
            };
            if counts {
                counted = now;
            }
            while let Some(due) = linger.poll_at().filter(|due| due.at <= now) {
                told = linger.poll(due.at).or(told);
            }
            linger.apply(now, &op);
        }
        assert_eq!(told, expected, "seed {seed}");
    }
}

#[test]
fn memory_is_a_promise() {
    assert!(size_of::<Linger>() <= 72, "{}", size_of::<Linger>());
}
