//! What a link and its user live through, in virtual time. Numbers are those of the pains in the evidence
//! that the project began with; each story names its own.

use core::mem::size_of;

use stillwire::link::backoff::{self, Backoff};
use stillwire::link::close::CloseReason;
use stillwire::link::reconnect::{Config, Due, Event, Generation, Reconnect};
use stillwire::{Duration, Instant};
use stillwire_tests::laws::check;
use stillwire_tests::random::Random;
use stillwire_tests::reconnect::DialerOp::{
    Alive, Closed, Leave, Offline, Online, Open, Silent, User, Visible, Wake,
};
use stillwire_tests::reconnect::{Client, Dialer};

/// Of the connection that is held, and of an older one.
const THIS: bool = false;
const OLD: bool = true;

fn live() -> Client {
    Client::live(Config::DEFAULT, 7)
}

fn closed(code: u16) -> stillwire_tests::reconnect::DialerOp {
    Closed(THIS, CloseReason::from_code(code))
}

#[test]
fn reconnecting_keeps_the_laws() {
    check::<Dialer>(6_000);
}

#[test]
fn a_client_dials_at_once_and_is_live_when_it_is_welcome() {
    let mut client = Client::new(Config::DEFAULT, 7);
    client.at(120, Open(THIS)).until(86_400_000);
    assert_eq!(client.story(), ["0.000000 dial 1", "0.120000 live"]);
    assert_eq!(client.next(), None); // nothing polls a link that lives
    assert_eq!(client.dialer.machine.silence(Instant::from_secs(10)), Some(Duration::from_millis(9_880)));
}

// 10. Reconnect storms.

#[test]
fn ten_thousand_clients_cut_together_never_dial_in_step() {
    const SLICES: u64 = 10; // in a second
    let (cut, longest) = (Instant::from_secs(20), Duration::from_secs(300));
    let mut dials = vec![0_u32; (longest.as_secs() * SLICES) as usize];
    for seed in 0..10_000 {
        let mut client = Reconnect::new(Config::DEFAULT, seed, Instant::ZERO);
        let mut link = dialed(&mut client, Instant::ZERO).unwrap();
        client.handle_open(Instant::ZERO, link).unwrap();
        client.handle_closed(cut, link, CloseReason::Abnormal).unwrap();
        assert_eq!(dialed(&mut client, cut), None);
        while let Some(due) = client.poll_at().map(|due| due.at).filter(|due| due.since(cut) < longest) {
            link = dialed(&mut client, due).unwrap();
            dials[(due.since(cut).as_millis() * SLICES / 1_000) as usize] += 1;
            let refused = due + Duration::from_millis(30);
            client.handle_closed(refused, link, CloseReason::Abnormal).unwrap();
            assert_eq!(dialed(&mut client, refused), None);
        }
    }
    for outage in [10, 30, 60, 300] {
        let dials = &dials[..(outage * SLICES) as usize];
        let mean = f64::from(dials.iter().sum::<u32>()) / outage as f64;
        let worst = dials.windows(SLICES as usize).map(|second| second.iter().sum::<u32>()).max().unwrap();
        assert!(f64::from(worst) <= 3.0 * mean, "{worst} in one second of {outage}, {mean} in the mean");
    }
}

/// Drains; what there is to dial.
fn dialed(client: &mut Reconnect, now: Instant) -> Option<Generation> {
    let mut found = None;
    while let Some(event) = client.poll(now) {
        if let Event::Dial(generation) = event {
            found = Some(generation);
        }
    }
    found
}

#[test]
fn clients_at_the_cap_do_not_fall_into_step_again() {
    let mut waits: Vec<Duration> = (0..10_000)
        .map(|seed| {
            let mut backoff = Backoff::new(backoff::Config::DEFAULT, seed);
            (0..20).map(|_| backoff.wait()).next_back().unwrap()
        })
        .collect();
    waits.sort();
    let in_a_second = waits.iter().filter(|wait| wait.as_secs() == 29).count();
    assert!(in_a_second < 1_000, "{in_a_second}");
}

// 10. Reset-on-open made hundreds of sockets a second.

#[test]
fn a_link_that_opens_and_breaks_does_not_reset_the_backoff() {
    let sum = |stable: u64| {
        let mut client = Client::new(Config::DEFAULT, 3);
        let mut now = 0;
        for _ in 0..200 {
            client.at(now, Open(THIS)).at(now + stable, closed(1006));
            now = client.next().unwrap().0.as_micros() / 1_000 + 1;
        }
        now / 200 - stable
    };
    assert!(sum(9_999) > 8_000, "{} ms between", sum(9_999)); // at the cap: half of 30 s, less what is drawn low
    assert!(sum(10_000) < 5_500, "{} ms between", sum(10_000)); // half of 9 s
}

#[test]
fn an_hour_of_refusals_is_a_few_hundred_dials() {
    let mut client = Client::new(Config::DEFAULT, 11);
    let mut dials = 0;
    while client.now(closed(1006)).next().unwrap().0 < Instant::from_secs(3_600) {
        let due = client.next().unwrap().0.as_micros() / 1_000 + 1;
        client.until(due);
        dials += 1;
    }
    assert!((240..500).contains(&dials), "{dials}");
    assert_eq!(client.story()[1], "0.000000 disconnected abnormal"); // and it is told only once
}

// 5. Takeover wars, silent supersession.

#[test]
fn who_is_superseded_stays_away_until_its_user_asks() {
    let mut client = live();
    client.at(30_000, closed(4000)).at(31_000, Online).at(32_000, Visible).at(40_000, Wake);
    client.until(86_400_000);
    assert_eq!(client.story(), ["30.000000 disconnected superseded"]);
    assert_eq!(client.next(), None);
    client.now(User).at(86_400_050, Open(THIS));
    assert_eq!(client.story(), ["86400.000000 dial 2", "86400.000000 syncing", "86400.050000 live"]);
}

#[test]
fn an_exit_is_an_end_and_a_takeover_is_not() {
    let mut client = live();
    client.at(30_000, closed(1000)).at(31_000, Online).until(86_400_000);
    assert_eq!(client.story(), ["30.000000 ended"]);
}

#[test]
fn what_is_refused_is_not_tried_blindly() {
    for (code, word) in
        [(4003, "unauthorised"), (4004, "protocol_error"), (4002, "idle_exit"), (1008, "other")]
    {
        let mut client = Client::new(Config::DEFAULT, 1);
        client.at(100, closed(code)).at(200, Online).until(3_600_000);
        assert_eq!(client.story(), ["0.000000 dial 1", &format!("0.100000 disconnected {word}")]);
    }
}

#[test]
fn a_full_host_is_left_alone_for_five_seconds_whatever_the_network_says() {
    let mut client = live();
    client.at(30_000, closed(1013)).at(30_010, Online).at(31_000, Visible).until(34_999);
    assert_eq!(client.story(), ["30.000000 disconnected full"]);
    client.until(35_000);
    assert_eq!(client.story(), ["35.000000 dial 2"]);
}

#[test]
fn who_leaves_is_gone() {
    let mut client = live();
    client.at(30_000, Leave).at(31_000, Online).until(86_400_000);
    assert_eq!(client.story(), ["30.000000 close 1", "30.000000 disconnected left"]);
    assert_eq!(client.next(), None);
}

// 11. Stale callbacks clobber the new one. (That they change nothing at all is checked under the laws, too.)

#[test]
fn a_late_close_of_the_old_connection_does_not_close_the_new_one() {
    let mut client = live();
    client.at(60_000, Offline).at(61_000, Online).at(62_000, Silent(THIS)).at(62_300, Open(THIS));
    assert_eq!(
        client.story(),
        ["60.000000 syncing", "61.000000 probe 1", "62.000000 close 1", "62.000000 dial 2", "62.300000 live"]
    );
    client.at(75_000, Closed(OLD, CloseReason::Superseded)).at(75_001, Open(OLD)).at(75_002, Silent(OLD));
    assert!(client.story().is_empty());
    assert_eq!(client.next(), None);
}

// 1. Half-open after sleep or a Wi-Fi change.

#[test]
fn a_link_that_says_it_is_open_after_wake_is_asked_and_not_shown_as_live() {
    let mut client = live();
    client.until(60_000).sleep_until(3_660_000).now(Wake);
    assert_eq!(client.story(), ["3660.000000 probe 1", "3660.000000 syncing"]);
    client.at(3_660_080, Alive(THIS)); // it lived through it
    assert_eq!(client.story(), ["3660.080000 live"]);
}

#[test]
fn a_link_that_does_not_answer_after_wake_is_replaced_at_once() {
    let mut client = live();
    client
        .until(60_000)
        .sleep_until(3_660_000)
        .now(Wake)
        .at(3_661_000, Silent(THIS))
        .at(3_661_090, Open(THIS));
    assert_eq!(client.story()[2..], ["3661.000000 close 1", "3661.000000 dial 2", "3661.090000 live"]);
}

#[test]
fn a_link_that_a_watchdog_gives_up_is_dialed_after_the_backoff() {
    let mut client = live(); // thousands may have lost theirs in the same instant
    client.at(60_000, Silent(THIS));
    assert_eq!(client.story(), ["60.000000 close 1", "60.000000 syncing"]);
    let (at, reason) = client.next().unwrap();
    assert!(reason == Due::Dial && at >= Instant::from_millis(60_500) && at < Instant::from_secs(69));
}

// 1. Stuck CONNECTING after wake.

#[test]
fn a_dial_that_slept_is_made_again_on_wake() {
    let mut client = Client::new(Config::DEFAULT, 7);
    client.until(500).sleep_until(6_000).now(Wake); // before its time is up
    assert_eq!(client.story(), ["0.000000 dial 1", "6.000000 close 1", "6.000000 dial 2"]);
    client.sleep_until(3_600_000).now(Wake); // long after
    let story = client.story();
    assert_eq!(story.first().unwrap(), "3600.000000 close 2");
    assert_eq!(story.get(1).unwrap(), "3600.000000 dial 3");
}

#[test]
fn a_young_dial_is_given_its_three_seconds_and_made_again_then() {
    let mut client = Client::new(Config::DEFAULT, 7);
    client.at(1_000, Online).at(1_500, Online).until(2_999);
    assert_eq!(client.story(), ["0.000000 dial 1"]);
    assert_eq!(client.next(), Some((Instant::from_secs(3), Due::Stuck)));
    client.until(3_000);
    assert_eq!(client.story(), ["3.000000 close 1", "3.000000 dial 2"]);
}

#[test]
fn a_dial_that_neither_opens_nor_fails_times_out() {
    let mut client = Client::new(Config::DEFAULT, 7);
    client.until(10_000);
    assert_eq!(
        client.story(),
        ["0.000000 dial 1", "10.000000 close 1", "10.000000 disconnected dial_timeout"]
    );
    assert_eq!(client.next().unwrap().1, Due::Dial);
}

#[test]
fn a_dial_that_opened_while_we_were_late_is_not_thrown_away() {
    let mut client = Client::new(Config::DEFAULT, 7);
    client.sleep_until(12_000).now(Open(THIS)); // handed in before the timer was looked at
    assert_eq!(client.story(), ["0.000000 dial 1", "12.000000 live"]);
}

// Offline and online come in bursts.

#[test]
fn a_burst_of_online_dials_once() {
    let mut client = live();
    client.at(60_000, closed(1006));
    for millis in 0..10 {
        client.at(60_010 + 15 * millis, Online);
        if millis == 0 {
            client.now(closed(1006)); // the network is not quite back
        }
    }
    assert_eq!(client.story(), ["60.000000 syncing", "60.010000 dial 2", "60.010000 disconnected abnormal"]);
    client.at(60_210, Online);
    assert_eq!(client.story(), ["60.210000 dial 3"]);
}

#[test]
fn offline_is_told_at_once_and_closes_nothing() {
    let mut client = live();
    client.at(60_000, Offline).at(60_001, Offline).until(86_400_000);
    assert_eq!(client.story(), ["60.000000 syncing"]);
    client.now(Alive(THIS)); // a host on this very machine
    assert_eq!(client.story(), ["86400.000000 live"]);
}

#[test]
fn a_flapping_network_asks_a_link_in_doubt_even_within_the_burst() {
    let mut client = live();
    client.at(60_000, Online).at(60_020, Alive(THIS)).at(60_050, Offline).at(60_100, Online);
    client.at(60_110, Offline).at(60_120, Online);
    assert_eq!(client.story(), ["60.000000 probe 1", "60.050000 syncing", "60.100000 probe 1"]);
}

#[test]
fn a_page_that_is_shown_again_probes_and_does_not_blink() {
    let mut client = live();
    client.at(60_000, Visible).at(60_001, Online).at(60_030, Alive(THIS));
    assert_eq!(client.story(), ["60.000000 probe 1"]);
}

#[test]
fn a_client_without_a_network_goes_on_dialing_in_case_that_is_not_true() {
    let mut client = live();
    client.at(60_000, Offline).at(60_100, closed(1006)).until(70_000);
    assert!(client.story().iter().any(|line| line.ends_with("dial 2")));
}

// 13. Clocks.

#[test]
fn generations_never_repeat_in_a_long_life_and_time_may_end() {
    let mut client = Client::new(Config::DEFAULT, 7);
    let mut rng = Random::new(1);
    let mut last = 1;
    for _ in 0..5_000 {
        client.now(closed(1006)).now(User);
        if rng.below(2) == 0 {
            client.now(Open(THIS));
        }
        let generation = client.dialer.machine.generation().unwrap().get();
        assert!(generation > last);
        last = generation;
    }
    let mut machine = Reconnect::new(Config::DEFAULT, 1, Instant::MAX);
    machine.handle_user(Instant::MAX);
    assert!(matches!(machine.poll(Instant::MAX), Some(Event::Dial(_))));
    assert_eq!((machine.poll(Instant::MAX), machine.poll_at()), (None, None));
}

#[test]
fn memory_is_a_promise() {
    assert!(size_of::<Backoff>() <= 40, "{}", size_of::<Backoff>());
    assert!(size_of::<Reconnect>() <= 184, "{}", size_of::<Reconnect>());
    assert!(size_of::<Event>() <= 8, "{}", size_of::<Event>());
}
