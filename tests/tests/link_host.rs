//! Stories of a host, in virtual time.

use stillwire::idle::Exit;
use stillwire::link::close::CloseReason;
use stillwire::link::frame::{Frame, Hello, MIN_BODY, Role, Token};
use stillwire::link::host::{Config, Link};
use stillwire::{Duration, Instant};
use stillwire_tests::desk::{Desk, hello, line};

fn s(seconds: u64) -> Instant {
    Instant::from_secs(seconds)
}

#[test]
fn whoever_comes_is_told_all_there_is_and_what_follows() {
    let mut desk = Desk::new(Config::DEFAULT);
    desk.print("login: ");
    let peer = desk.join(hello(1));
    assert_eq!(desk.events(), ["0 1 attached Controller Reanchor"]);
    assert_eq!(
        desk.told(peer),
        [
            "welcome Controller Reanchor at 0 input 0 limit 64",
            "running for 0s",
            "resize 80x24",
            "snapshot 0 \"\"",
            "output 0 login: ",
        ]
    );
    desk.print("root\r\n");
    assert_eq!(desk.told(peer), ["output 7 root\r\n"]);
    assert_eq!(desk.told(peer), [""; 0]);
}

#[test]
fn what_was_missed_comes_once_and_only_that() {
    let mut desk = Desk::new(Config::DEFAULT);
    desk.print("one two ");
    let peer = desk.rejoin(1, 4, 0);
    desk.print("three");
    let told = desk.told(peer);
    assert_eq!(told[0], "welcome Controller Exact at 4 input 0 limit 64");
    assert_eq!(told[3..], ["output 4 two three"]);
}

#[test]
fn whoever_is_overtaken_is_told_where_it_goes_on() {
    let mut desk = Desk::with(Config::DEFAULT, 4, 64);
    let peer = desk.join(hello(1));
    desk.told(peer);
    for _ in 0..10 {
        desk.print("0123456789abcde\n");
    }
    assert_eq!(desk.told(peer)[..2], ["resize 80x24", "snapshot 128 \"\""]);
    let detached = {
        desk.hear(peer, Frame::Close { reason: CloseReason::GoingAway, text: "" });
        desk.events()
    };
    assert_eq!(detached.last().unwrap(), "0 1 detached going_away lost 128");
}

#[test]
fn a_stranger_has_five_seconds_and_no_heartbeat() {
    let mut desk = Desk::new(Config::DEFAULT);
    let peer = desk.connect();
    desk.host.handle_received(s(0), peer).unwrap();
    assert_eq!(desk.until(s(4)), ["3.5 idle never_active"]);
    assert_eq!(desk.told(peer), [""; 0]);
    assert_eq!(desk.host.poll_at().unwrap().at, s(5));
    desk.until(s(5));
    assert_eq!(desk.told(peer), ["close 4001 heartbeat_lost"]);
    assert_eq!(desk.events(), ["5 1 detached heartbeat_lost lost 0"]);
}

#[test]
fn a_wrong_token_is_told_so() {
    let mut desk = Desk::new(Config::DEFAULT);
    let peer = desk.join(Hello { token: Token(b"guess"), ..hello(1) });
    assert_eq!(desk.told(peer), ["close 4003 unauthorised"]);
}

#[test]
fn a_frame_before_the_hello_breaks_the_protocol() {
    let mut desk = Desk::new(Config::DEFAULT);
    let peer = desk.connect();
    desk.hear(peer, Frame::Input { number: 0, bytes: b"rm -rf /" });
    assert_eq!(desk.told(peer), ["close 4004 protocol_error"]);
    assert_eq!(desk.typed(), "");
}

#[test]
fn one_that_does_not_read_why_it_is_closed_has_its_slot_for_five_seconds_more() {
    let mut desk = Desk::new(Config::DEFAULT);
    desk.flushes = false;
    let peer = desk.join(Hello { token: Token(b""), ..hello(1) });
    assert_eq!(desk.told(peer), ["close 4003 unauthorised"]);
    assert_eq!(desk.until(s(6)), ["3.5 idle never_active", "5 1 detached unauthorised lost 0"]);
    desk.hear(peer, Frame::Pong { nonce: 1 });
    assert_eq!(desk.events(), ["1 stale"]);
}

#[test]
fn the_newest_controller_takes_over_and_the_older_is_told() {
    let mut desk = Desk::new(Config::DEFAULT);
    let first = desk.join(hello(1));
    let viewer = desk.join(Hello { role: Role::Viewer, ..hello(2) });
    let second = desk.join(hello(3));
    assert_eq!(desk.told(first), ["close 4000 superseded"]);
    assert!(desk.told(viewer)[0].starts_with("welcome Viewer"));
    assert!(desk.told(second)[0].starts_with("welcome Controller"));
    desk.hear(first, Frame::Input { number: 0, bytes: b"late" });
    assert_eq!(desk.typed(), "", "what the superseded one had on the way is not typed");
}

#[test]
fn shared_sessions_have_many_controllers_and_each_its_part_of_the_inbox() {
    let mut desk = Desk::new(Config { share: true, ..Config::DEFAULT });
    let (first, second) = (desk.join(hello(1)), desk.join(hello(2)));
    assert_eq!(desk.told(first)[0], "welcome Controller Reanchor at 0 input 0 limit 16");
    desk.told(second);
    desk.hear(first, Frame::Input { number: 0, bytes: b"abc" });
    desk.hear(second, Frame::Input { number: 0, bytes: b"xyz" });
    assert_eq!(desk.typed(), "abcxyz");
}

#[test]
fn a_viewer_that_takes_control_supersedes() {
    let mut desk = Desk::new(Config::DEFAULT);
    let first = desk.join(hello(1));
    let viewer = desk.join(Hello { role: Role::Viewer, ..hello(2) });
    desk.told(viewer);
    desk.hear(viewer, Frame::Role { role: Role::Controller });
    assert_eq!(desk.told(viewer), ["role Controller"]);
    assert_eq!(desk.told(first), ["close 4000 superseded"]);
}

#[test]
fn viewers_never_write() {
    let mut desk = Desk::new(Config::DEFAULT);
    let viewer = desk.join(Hello { role: Role::Viewer, ..hello(2) });
    desk.hear(viewer, Frame::Input { number: 0, bytes: b"oops" });
    assert_eq!(desk.told(viewer), ["close 4004 protocol_error"]);
    assert_eq!(desk.typed(), "");
}

#[test]
fn keys_are_applied_once_though_they_are_sent_again() {
    let mut desk = Desk::new(Config::DEFAULT);
    let peer = desk.join(hello(1));
    desk.told(peer);
    desk.hear(peer, Frame::Input { number: 0, bytes: b"ls -l" });
    assert_eq!(desk.told(peer), ["ack 5 limit 64"]);
    assert_eq!(desk.typed(), "ls -l");
    // The acknowledgement is lost with the connection; the client comes back before the old one is closed.
    let again = desk.rejoin(1, 0, 5);
    assert_eq!(desk.told(peer), ["close 4000 superseded"]);
    assert!(desk.told(again)[0].ends_with("input 5 known since 1 limit 69"));
    desk.hear(again, Frame::Input { number: 3, bytes: b"-l\r" });
    assert_eq!(desk.typed(), "\r");
}

#[test]
fn a_hello_that_was_under_way_for_long_does_not_take_the_place_of_a_newer_one() {
    let mut desk = Desk::new(Config::DEFAULT);
    let slow = desk.connect();
    let quick = desk.join(hello(1)); // the client had dialed again
    desk.hear(slow, Frame::Hello(hello(1)));
    assert_eq!(desk.told(slow), ["close 4000 superseded"]);
    assert!(desk.told(quick)[0].starts_with("welcome"), "the newer one stays");
    desk.hear(quick, Frame::Input { number: 0, bytes: b"ls" });
    assert_eq!(desk.typed(), "ls");
}

#[test]
fn whoever_was_forgotten_is_told_that_nobody_knows() {
    let mut desk = Desk::with(Config::DEFAULT, 1, 64);
    let leave = |desk: &mut Desk, peer| {
        desk.host.handle_closed(s(0), peer, CloseReason::Abnormal).unwrap();
        desk.events();
    };
    let first = desk.join(hello(1));
    desk.hear(first, Frame::Input { number: 0, bytes: b"abc" });
    leave(&mut desk, first);
    let other = desk.join(hello(2));
    leave(&mut desk, other);
    let first = desk.rejoin(1, 0, 3);
    assert!(desk.told(first)[0].contains(" input 3 limit"), "it is new");
    leave(&mut desk, first);
    // That may be lost with its connection, so it is said again.
    let first = desk.rejoin(1, 0, 3);
    assert!(desk.told(first)[0].contains(" input 3 known since 3 limit"));
}

#[test]
fn the_window_closes_while_the_port_takes_nothing_and_opens_when_it_has_taken_all() {
    let mut desk = Desk::new(Config::DEFAULT);
    let peer = desk.join(hello(1));
    desk.told(peer);
    desk.hear(peer, Frame::Input { number: 0, bytes: &[b'x'; 40] });
    assert_eq!(desk.told(peer), ["ack 40 limit 64"]);
    desk.host.handle_typed(s(0), 0, 39);
    assert_eq!(desk.told(peer), [""; 0]);
    desk.host.handle_typed(s(0), 0, 1);
    assert_eq!(desk.told(peer), ["ack 40 limit 104"]);
    desk.hear(peer, Frame::Input { number: 40, bytes: &[b'x'; 65] });
    assert_eq!(desk.told(peer), ["close 4004 protocol_error"], "more than the limit");
}

#[test]
fn lost_keys_are_asked_for_again() {
    let mut desk = Desk::new(Config::DEFAULT);
    let peer = desk.host.handle_connect(s(0), Link::Lossy).unwrap();
    desk.hear(peer, Frame::Hello(hello(1)));
    desk.told(peer);
    desk.hear(peer, Frame::Input { number: 2, bytes: b"c" }); // `ab` was lost
    assert_eq!(desk.told(peer), ["ack 0 limit 64 again"]);
    desk.hear(peer, Frame::Input { number: 3, bytes: b"d" });
    assert_eq!(desk.told(peer), [""; 0], "once is enough");
    // All were lost; the client asks whether the link lives and says how much it has sent.
    desk.hear(peer, Frame::Ping { nonce: 1, sent: 4 });
    assert_eq!(desk.told(peer), ["ack 0 limit 64 again", "pong 1"]);
}

#[test]
fn a_hello_on_the_same_connection_attaches_again() {
    let mut desk = Desk::new(Config::DEFAULT);
    desk.print("one two");
    let peer = desk.join(hello(1));
    desk.told(peer);
    desk.hear(
        peer,
        Frame::Hello(Hello { has: Some(stillwire::link::replay::Place { epoch: 7, offset: 4 }), ..hello(1) }),
    );
    assert_eq!(desk.told(peer).last().unwrap(), "output 4 two");
    assert_eq!(desk.events(), ["0 1 attached Controller Exact"], "told once");
    assert_eq!(desk.host.linger().connections(), 1);
}

#[test]
fn one_that_comes_back_before_its_older_connection_is_gone_is_counted_once() {
    let mut desk = Desk::new(Config::DEFAULT);
    desk.join(hello(1));
    desk.events();
    let peer = desk.join(hello(1));
    desk.told(peer);
    desk.until(s(6));
    assert_eq!(desk.host.linger().connections(), 1);
}

#[test]
fn a_silent_peer_is_dead_after_thirty_seconds_and_others_are_not() {
    let mut desk = Desk::new(Config::DEFAULT);
    let (dead, alive) = (desk.join(hello(1)), desk.join(Hello { role: Role::Viewer, ..hello(2) }));
    desk.told(dead);
    desk.until(s(15));
    assert_eq!(desk.told(dead), ["ping 1 at 0", "idle for 11s500ms"]);
    desk.told(alive);
    desk.hear(alive, Frame::Pong { nonce: 1 });
    assert_eq!(desk.until(s(40)), ["30 1 detached heartbeat_lost lost 0"]);
}

#[test]
fn a_ping_is_timed_from_its_flush_and_holds_back_what_would_hide_it() {
    let mut desk = Desk::new(Config::DEFAULT);
    let peer = desk.join(hello(1));
    desk.told(peer);
    desk.flushes = false;
    desk.until(s(15));
    desk.print("more");
    assert_eq!(desk.told(peer), ["ping 1 at 0"]);
    desk.now = s(20);
    desk.host.handle_flushed(s(20), peer).unwrap();
    assert_eq!(desk.told(peer)[1..], ["output 0 more"]);
    assert_eq!(desk.until(s(60)).last().unwrap(), "35 1 detached heartbeat_lost lost 0");
}

#[test]
fn everyone_is_told_what_the_session_does() {
    let mut desk = Desk::new(Config::DEFAULT);
    let (one, two) = (desk.join(hello(1)), desk.join(Hello { role: Role::Viewer, ..hello(2) }));
    desk.print("$ ");
    desk.told(one);
    desk.told(two);
    assert_eq!(desk.until(s(10)).last().unwrap(), "3.5 idle quiet");
    for peer in [one, two] {
        assert_eq!(desk.told(peer), ["idle for 6s500ms"]);
    }
}

#[test]
fn a_session_that_ends_says_so_after_its_last_byte() {
    let mut desk = Desk::new(Config::DEFAULT);
    let peer = desk.join(hello(1));
    desk.told(peer);
    desk.print("bye");
    desk.exit(Exit::Code(3));
    assert_eq!(desk.told(peer), ["exited for 0s", "output 0 bye", "close 1000 child_exited"]);
    assert_eq!(desk.events().last().unwrap(), "0 1 detached child_exited lost 0");
    let late = desk.join(hello(2));
    assert_eq!(desk.told(late).last().unwrap(), "close 1000 child_exited");
}

#[test]
fn a_host_that_nobody_uses_goes_and_says_why() {
    let mut desk = Desk::new(Config::DEFAULT);
    let peer = desk.join(hello(1));
    desk.told(peer);
    desk.flushes = false;
    for second in (15..600).step_by(15) {
        desk.until(s(second));
        if desk.told(peer).iter().any(|said| said.starts_with("ping")) {
            desk.host.handle_flushed(desk.now, peer).unwrap();
            desk.hear(peer, Frame::Pong { nonce: 0 });
        }
    }
    assert_eq!(desk.until(s(600)), ["600 exit no activity"]);
    assert_eq!(desk.told(peer), ["close 4002 idle_exit"]);
    assert!(desk.host.handle_connect(s(600), Link::Reliable).is_err());
    assert!(!desk.host.is_empty());
    desk.until(s(605));
    assert!(desk.host.is_empty() && desk.host.poll_at().is_none(), "no deadline remains");
}

#[test]
fn a_reader_that_stands_still_costs_the_others_nothing() {
    let mut desk = Desk::with(Config::DEFAULT, 4, 256);
    let (slow, quick) = (desk.join(hello(1)), desk.join(Hello { role: Role::Viewer, ..hello(2) }));
    desk.told(slow);
    desk.told(quick);
    for number in 0..100 {
        desk.print(&format!("{number:3} a line of text\n"));
        let told = desk.told(quick);
        assert!(
            (1..=2).contains(&told.len()) && told.iter().all(|said| said.starts_with("output")),
            "{told:?}"
        );
    }
    assert!(desk.told(slow)[1].starts_with("snapshot "));
}

#[test]
fn modes_that_need_more_than_a_small_body_come_in_parts() {
    let mut desk = Desk::new(Config::DEFAULT);
    desk.print("\x1b[?1h\x1b[?2004h\x1b[?1049h\x1b[?1000h\x1b[?1006h\x1b[?25l\x1b[>1u$ ");
    let peer = desk.join(Hello { max_body: MIN_BODY as u16, ..hello(1) });
    let mut host = desk.host.clone();
    while let Some(frame) = host.next_frame(s(0), peer, MIN_BODY) {
        assert!(frame.payload().len() <= MIN_BODY - 8, "{}", line(&frame));
    }
    assert!(desk.told(peer).iter().any(|said| said.contains("2004h")));
}

#[test]
fn what_is_retained_is_told_once_to_everyone_and_again_when_it_changes() {
    let mut desk = Desk::new(Config::DEFAULT);
    desk.host.publish(0, 7, 1, b"dark").unwrap().unwrap();
    desk.host.publish(0, 2, 0, b"first").unwrap().unwrap();
    let peer = desk.join(hello(1));
    assert_eq!(desk.told(peer)[1..3], ["retained 2 first", "retained 7 dark"]);
    desk.host.publish(0, 7, 1, b"light").unwrap().unwrap();
    assert_eq!(desk.told(peer), ["retained 7 light"]);
}

#[test]
fn a_message_is_handled_once_and_its_reply_finds_the_client() {
    use stillwire::link::frame::Outcome;
    let mut desk = Desk::new(Config::DEFAULT);
    let peer = desk.join(hello(1));
    desk.told(peer);
    desk.events();
    let ask = Frame::Message { channel: "git", id: 1, bytes: b"status" };
    desk.hear(peer, ask);
    assert_eq!(desk.events(), ["client 1 asks 1 git status"]);
    desk.host.handle_closed(s(0), peer, CloseReason::Abnormal).unwrap();
    desk.events();
    desk.host.reply(1, 1, Outcome::Done, b"clean").unwrap();
    let peer = desk.rejoin(1, 0, 0);
    desk.hear(peer, ask);
    assert_eq!(desk.events().len(), 1, "attached; not asked again");
    assert!(desk.told(peer).contains(&"reply 1 Done clean".to_string()));
}

#[test]
fn the_deadlines_say_why() {
    let desk = Desk::new(Config { linger: Default::default(), ..Config::DEFAULT });
    let deadline = desk.host.poll_at().unwrap();
    assert_eq!(deadline.at, Instant::ZERO + Duration::from_secs(3));
    assert!(format!("{:?}", deadline.reason).contains("Quiet"));
}

#[test]
fn the_host_keeps_the_laws() {
    stillwire_tests::laws::check::<stillwire_tests::hosting::Hosting>(1_500);
}
