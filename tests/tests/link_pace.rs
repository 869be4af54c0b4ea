//! A session waits a moment for whoever controls it, and never for long.

use stillwire::link::frame::{Frame, Hello, Role};
use stillwire::link::host::{Config as HostConfig, Due, Event as HostEvent};
use stillwire::link::pace::{Config, Event, Pace, Status};
use stillwire::{Duration, Instant};
use stillwire_tests::desk::{Desk, hello, session};
use stillwire_tests::laws::check;

const MS: fn(u64) -> Instant = Instant::from_millis;

#[test]
fn the_pace_keeps_the_laws() {
    check::<Pace>(4_000);
}

#[test]
fn a_reader_that_lives_is_waited_for_and_one_that_is_stuck_is_not() {
    let mut pace = Pace::new(Config::DEFAULT, MS(0));
    pace.handle_behind(MS(0), 500, 1_000);
    assert_eq!((pace.poll(MS(0)), pace.status()), (None, Status::Free), "half is not far");
    pace.handle_behind(MS(1), 501, 1_000);
    assert_eq!(pace.poll(MS(1)), Some(Event::Hold));
    assert_eq!(pace.poll_at().map(|due| due.at), Some(MS(251)));
    pace.handle_behind(MS(100), 251, 1_000);
    assert_eq!(pace.poll(MS(100)), None);
    pace.handle_behind(MS(101), 250, 1_000);
    assert_eq!(pace.poll(MS(101)), Some(Event::Resume), "it has caught up");
    pace.handle_behind(MS(200), 900, 1_000);
    assert_eq!(pace.poll(MS(200)), Some(Event::Hold));
    assert_eq!(pace.poll(MS(450)), Some(Event::Resume), "it is stuck");
    assert_eq!((pace.status(), pace.poll_at()), (Status::Deaf(MS(10_450)), None));
    pace.handle_behind(MS(10_449), 900, 1_000);
    assert_eq!(pace.poll(MS(10_449)), None);
    pace.handle_behind(MS(10_450), 900, 1_000);
    assert_eq!(pace.poll(MS(10_450)), Some(Event::Hold), "and gets another chance later");
}

#[test]
fn a_driver_that_was_late_blames_nobody() {
    let mut pace = Pace::new(Config::DEFAULT, MS(0));
    pace.handle_behind(MS(0), 900, 1_000);
    assert_eq!(pace.poll(MS(0)), Some(Event::Hold));
    assert_eq!(pace.poll(MS(3_000)), None, "it was stopped for three seconds, and the reader with it");
    assert_eq!(pace.poll_at().map(|due| due.at), Some(MS(3_250)));
    assert_eq!(pace.poll(MS(3_250)), Some(Event::Resume));
}

#[test]
fn who_is_patient_for_no_time_waits_for_nobody() {
    let mut pace = Pace::new(Config::OFF, MS(0));
    pace.handle_behind(MS(0), u64::MAX, 1_000);
    assert_eq!((pace.poll(MS(0)), pace.poll_at()), (None, None));
}

/// A paced session of 1 KiB, and whoever is attached as `role`.
fn desk(role: Role) -> (Desk, stillwire::link::host::PeerId) {
    let mut desk = Desk::new(HostConfig::DEFAULT);
    let sessions = vec![session(1_024).paced(Config::DEFAULT, MS(0))];
    let peers = vec![stillwire::link::host::Peer::new(); 4];
    desk.host = stillwire::link::host::Host::new(HostConfig::DEFAULT, peers, sessions, vec![0; 64], MS(0));
    desk.print("$ ");
    let peer = desk.join(Hello { role, ..hello(1) });
    desk.told(peer);
    desk.events();
    (desk, peer)
}

fn paced(desk: &mut Desk) -> Vec<Event> {
    let events = std::iter::from_fn(|| desk.host.poll(desk.now));
    events
        .filter_map(|event| if let HostEvent::Pace { event, .. } = event { Some(event) } else { None })
        .collect()
}

#[test]
fn a_session_waits_for_its_controller_until_that_has_caught_up() {
    let (mut desk, peer) = desk(Role::Controller);
    desk.now = MS(1_000);
    desk.print(&"x".repeat(512));
    assert_eq!(paced(&mut desk), [], "half of the history is not far");
    desk.print("x");
    assert_eq!(paced(&mut desk), [Event::Hold]);
    assert!(
        matches!(desk.host.poll_at().map(|due| (due.at, due.reason)), Some((at, Due::Pace(0, _))) if at == MS(1_250))
    );
    while desk.host.next_frame(desk.now, peer, 256).is_some() {}
    assert_eq!(paced(&mut desk), [], "nobody knows yet that it was written");
    desk.host.handle_flushed(desk.now, peer).unwrap();
    assert_eq!(paced(&mut desk), [Event::Resume]);
}

#[test]
fn a_session_waits_a_quarter_of_a_second_for_who_is_stuck_and_not_at_all_when_it_has_gone() {
    let (mut desk, peer) = desk(Role::Controller);
    desk.print(&"x".repeat(600));
    assert_eq!(paced(&mut desk), [Event::Hold]);
    desk.now += Duration::from_millis(250);
    assert_eq!(paced(&mut desk), [Event::Resume]);
    desk.now = MS(20_000);
    desk.print("x");
    assert_eq!(paced(&mut desk), [Event::Hold]);
    desk.hear(peer, Frame::Close { reason: stillwire::link::close::CloseReason::GoingAway, text: "" });
    assert_eq!(paced(&mut desk), [Event::Resume]);
}

#[test]
fn a_session_never_waits_for_who_only_watches() {
    let (mut desk, _) = desk(Role::Viewer);
    desk.print(&"x".repeat(900));
    assert_eq!(paced(&mut desk), []);
}
