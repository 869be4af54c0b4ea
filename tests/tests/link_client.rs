//! What a client and the person behind it live through, in virtual time. Numbers are those of the pains in the
//! evidence that the project began with; each story names its own.

use core::mem::size_of;

use stillwire::idle::{Exit, Reason};
use stillwire::link::client::{Client, Config, Due};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::{Frame, MAX_BODY, Welcome};
use stillwire::link::reconnect::Status;
use stillwire::link::replay::Attach;
use stillwire::{Duration, Instant, idle};
use stillwire_tests::client::{Terminal, WELCOME};

/// Of one that knows it: it stands at `offset`, and the host expects byte `input`.
fn back(offset: u64, input: u64) -> Frame<'static> {
    Frame::Welcome(Welcome { attach: Attach::Exact, offset, input, limit: input + 1_000, ..WELCOME })
}

fn output(offset: u64, text: &str) -> Frame<'_> {
    Frame::Output { offset, bytes: text.as_bytes() }
}

fn ack(number: u64) -> Frame<'static> {
    Frame::InputAck { number, limit: number + 1_000, again: false }
}

fn pong(nonce: u32) -> Frame<'static> {
    Frame::Pong { nonce }
}

fn dialing() -> Terminal {
    let mut terminal = Terminal::new(Config::DEFAULT, 7, Instant::ZERO);
    terminal.at(0);
    terminal
}

/// A link that is open since the first moment, with a way there and back of 10 ms, whose story has been read.
fn live() -> Terminal {
    let mut terminal = dialing();
    terminal.connected().hear(Frame::Welcome(WELCOME)).at(10).hear(pong(1)).story();
    terminal
}

/// As [`live`], for longer than a link has to last to be stable.
fn stable() -> Terminal {
    let mut terminal = live();
    terminal.at(20_000).hear(output(0, "login: ")).story();
    terminal
}

#[test]
fn a_client_keeps_the_laws() {
    stillwire_tests::laws::check::<Terminal>(2_000);
}

#[test]
fn a_client_says_hello_and_is_live_when_it_is_welcome() {
    let mut terminal = dialing();
    terminal.at(30).connected().at(60).hear(Frame::Welcome(WELCOME)).at(90).hear(pong(1));
    terminal.hear(output(0, "login: ")).hear(Frame::Ping { nonce: 9, sent: 7 });
    assert_eq!(
        terminal.story(),
        [
            "0.000000 dial 1",
            "0.030000 > hello new input 0",
            "0.060000 < welcome",
            "0.060000 live",
            "0.060000 > ping 1 sent 0", // the first measure of a new way
            "0.090000 < output 0 login: ",
            "0.090000 > pong 9",
        ]
    );
    assert_eq!(terminal.client.rtt().unwrap().srtt(), Some(Duration::from_millis(30)));
    assert_eq!(terminal.next().unwrap().0, Instant::from_millis(35_090)); // nothing else wakes it
}

// 1. Half-open link after sleep or a change of networks.

#[test]
fn what_came_before_the_machine_slept_does_not_answer_for_the_link() {
    let mut terminal = stable();
    terminal.stuck = true;
    terminal.sleep_until(3_600_000).now(Client::handle_wake).hear(output(7, "old")); // it had been in a buffer
    terminal.stuck = false;
    terminal.flushed().at(3_602_000);
    assert_eq!(
        terminal.story(),
        [
            "3600.000000 syncing",
            "3600.000000 > ping 2 sent 0",
            "3600.000000 < output 7 old",
            "3601.000000 close 1 heartbeat_lost", // as long as this way takes at the most
            "3601.000000 > close 4001 ",
            "3601.000000 dial 2",
        ]
    );
}

#[test]
fn a_link_that_lived_through_the_sleep_is_kept() {
    let mut terminal = stable();
    terminal
        .sleep_until(3_600_000)
        .now(Client::handle_wake)
        .at(3_600_300)
        .hear(output(7, "$ "))
        .at(3_610_000);
    assert_eq!(terminal.words(), ["syncing", "> ping 2 sent 0", "< output 7 $ ", "live"]);
}

#[test]
fn a_key_without_an_answer_asks_the_link_and_a_dead_one_is_replaced_in_seconds() {
    let mut terminal = stable();
    terminal.types("x").at(20_500);
    assert_eq!(terminal.next(), Some((Instant::from_secs(21), Due::Typed)));
    terminal.at(22_500);
    let story = terminal.story();
    assert_eq!(
        story[..5],
        [
            "20.000000 > input 0 x",
            "21.000000 > ping 2 sent 1",
            "22.000000 close 1 heartbeat_lost",
            "22.000000 > close 4001 ",
            "22.000000 syncing",
        ]
    );
}

#[test]
fn a_key_that_is_answered_by_anything_asks_nothing() {
    let mut terminal = stable();
    terminal.types("x").at(20_900).hear(output(7, "x")).at(30_000);
    assert_eq!(terminal.words(), ["> input 0 x", "< output 7 x"]);
}

// 4. Bytes lost or doubled on reconnect.

#[test]
fn output_goes_on_where_it_was_and_is_shown_once() {
    let mut terminal = stable();
    terminal.closed(1006).now(Client::handle_user).connected();
    terminal.hear(back(7, 0)).hear(output(3, "in: root")).hear(output(5, ": r"));
    assert_eq!(
        terminal.words()[2..],
        ["> hello 7:7 input 0", "< welcome", "live", "> ping 1 sent 0", "< output 7 root"]
    );
}

#[test]
fn what_is_lost_is_told_to_the_byte() {
    let mut terminal = stable();
    terminal.closed(1006).now(Client::handle_user).connected().story();
    let tail = Welcome { attach: Attach::Tail, offset: 7, ..WELCOME };
    terminal.hear(Frame::Welcome(tail));
    terminal.hear(Frame::Snapshot { offset: 100, last: false, bytes: b"modes" });
    terminal.hear(Frame::Snapshot { offset: 100, last: true, bytes: b"screen" }).hear(output(100, "$ "));
    assert_eq!(
        terminal.words()[3..],
        ["< restart 100 lost 93 modes", "< snapshot last true screen", "< output 100 $ "]
    );
}

#[test]
fn a_new_beginning_that_was_cut_off_comes_again_as_a_whole() {
    let mut terminal = stable();
    terminal.hear(Frame::Snapshot { offset: 100, last: false, bytes: b"half a " });
    terminal.closed(1006).now(Client::handle_user).connected();
    assert!(terminal.words().contains(&"> hello new input 0".to_string()), "what it has is of no use");
}

#[test]
fn a_missing_output_is_asked_for_again_and_not_skipped() {
    let mut terminal = stable();
    terminal.hear(output(9, "late")).hear(output(13, "later"));
    assert_eq!(terminal.words(), ["> hello 7:7 input 0"]); // once
    terminal.hear(back(7, 0)).hear(output(7, "no late"));
    assert_eq!(terminal.words(), ["< welcome", "< output 7 no late"]);
    terminal.hear(output(99, "again")); // a reliable link that loses twice is none
    assert_eq!(
        terminal.words(),
        ["close 1 protocol_error", "> close 4004 output is missing", "disconnected protocol_error"]
    );
}

#[test]
fn a_host_that_never_answers_a_second_hello_is_left() {
    let mut terminal = stable();
    terminal.hear(output(9, "late")).at(25_000).hear(output(13, "later")).at(30_000);
    assert_eq!(
        terminal.story()[1..],
        ["30.000000 close 1 heartbeat_lost", "30.000000 > close 4001 ", "30.000000 syncing"]
    );
}

#[test]
fn keys_typed_while_syncing_are_kept_and_delivered_once() {
    let mut terminal = stable();
    terminal.types("ls").closed(1006).types("\r").now(Client::handle_user);
    assert_eq!(terminal.client.wants_input(), 13);
    terminal.connected().hear(back(7, 2)).hear(ack(3)); // "ls" had arrived, its acknowledgement had not
    assert_eq!(
        terminal.words(),
        [
            "> input 0 ls",
            "syncing",
            "dial 2",
            "> hello 7:7 input 2",
            "< welcome",
            "live",
            "> ping 1 sent 2",
            "> input 2 \\r",
        ]
    );
    assert_eq!(terminal.client.wants_input(), 16);
}

#[test]
fn a_host_that_heard_none_of_the_keys_but_knows_the_client_gets_them_again() {
    let mut terminal = Terminal::new(Config::DEFAULT, 7, Instant::ZERO);
    terminal.at(0).connected().hear(Frame::Welcome(WELCOME)).at(10).hear(Frame::Pong { nonce: 1 });
    terminal.types("ls").closed(1006).now(Client::handle_user).connected().words();
    terminal.hear(Frame::Welcome(Welcome { generation: 2, input: 0, ..WELCOME }));
    assert_eq!(terminal.words(), ["< welcome", "live", "> ping 1 sent 0", "> input 0 ls"]);
}

#[test]
fn a_host_that_has_forgotten_the_client_makes_it_say_what_nobody_knows() {
    let mut terminal = stable();
    terminal.types("ls").closed(1006).types("\r").now(Client::handle_user).connected().words();
    let anew = Welcome { attach: Attach::Exact, offset: 7, input: 2, known_since: 2, ..WELCOME };
    terminal.hear(Frame::Welcome(anew));
    assert_eq!(terminal.words(), ["< welcome", "lost 2 typed", "live", "> ping 1 sent 2", "> input 2 \\r"]);
}

#[test]
fn keys_meant_for_another_session_are_dropped_and_told() {
    let mut terminal = stable();
    terminal.hear(Frame::Status { status: idle::Status::Running, age: Duration::ZERO });
    terminal.closed(1006).types("rm -rf build\r").now(Client::handle_user).connected().words();
    terminal.hear(Frame::Welcome(Welcome { epoch: 8, ..WELCOME }));
    terminal.hear(Frame::Snapshot { offset: 0, last: true, bytes: b"" }).hear(output(0, "new")).types("y");
    assert_eq!(terminal.client.session_status(), None);
    assert_eq!(
        terminal.words(),
        [
            "< welcome anew",
            "lost 13 typed",
            "live",
            "> ping 1 sent 0",
            "< restart 0 lost 0 ",
            "< output 0 new",
            "> input 0 y",
        ]
    );
}

#[test]
fn whoever_types_more_than_can_be_kept_is_told_at_once() {
    let mut terminal = stable();
    terminal.closed(1006).types("0123456789");
    let refused = terminal.client.handle_typed(Instant::from_secs(21), b"abcdefg");
    assert_eq!(refused.unwrap_err().room, 6);
    assert_eq!(terminal.client.wants_input(), 6);
}

#[test]
fn a_client_keeps_to_the_limit_of_its_host() {
    let mut terminal = dialing();
    terminal.connected().hear(Frame::Welcome(Welcome { limit: 4, ..WELCOME })).types("make all").words();
    terminal.hear(Frame::InputAck { number: 4, limit: 6, again: false });
    assert_eq!(terminal.words(), ["> input 4  a"]);
}

// 5. Takeover wars, silent supersession.

#[test]
fn whoever_is_superseded_parks_until_the_person_asks() {
    let mut terminal = stable();
    terminal.hear(Frame::Close { reason: CloseReason::Superseded, text: "taken over" });
    terminal.at(21_000).now(Client::handle_online).now(Client::handle_visible).at(80_000_000);
    assert_eq!(
        terminal.words(),
        ["< close 4000 taken over", "close 1 superseded", "disconnected superseded"]
    );
    assert_eq!((terminal.next(), terminal.client.next_dial()), (None, None));
    terminal.now(Client::handle_user);
    assert_eq!(terminal.words(), ["dial 2", "syncing"]);
}

#[test]
fn a_session_that_exited_is_an_end() {
    let mut terminal = stable();
    terminal.hear(Frame::Status { status: idle::Status::Exited(Exit::Code(2)), age: Duration::from_secs(1) });
    terminal.hear(Frame::Close { reason: CloseReason::ChildExited, text: "" }).at(80_000_000);
    assert_eq!(terminal.words()[1..], ["< close 1000 ", "close 1 child_exited", "ended"]);
    let exited = (idle::Status::Exited(Exit::Code(2)), Instant::from_secs(19));
    assert_eq!(terminal.client.session_status(), Some(exited));
    assert_eq!(terminal.next(), None);
}

#[test]
fn whoever_is_not_let_in_does_not_try_blindly() {
    let mut terminal = dialing();
    terminal.connected().hear(Frame::Close { reason: CloseReason::Unauthorised, text: "" }).at(80_000_000);
    assert_eq!(terminal.words()[3..], ["close 1 unauthorised", "disconnected unauthorised"]);
}

#[test]
fn whoever_leaves_says_so() {
    let mut terminal = stable();
    terminal.now(Client::handle_leave).at(80_000_000);
    assert_eq!(terminal.words(), ["close 1 going_away", "> close 1001 ", "disconnected left"]);
}

// 8. and 9. False death.

#[test]
fn a_key_that_waits_in_a_full_pipe_is_not_missed_before_it_has_left() {
    let mut terminal = stable();
    terminal.stuck = true;
    terminal.types("x").at(50_000);
    assert_eq!(terminal.words(), ["> input 0 x"]);
    terminal.flushed();
    assert_eq!(terminal.next(), Some((Instant::from_secs(51), Due::Typed)));
}

#[test]
fn a_page_whose_timers_stood_still_blames_nobody() {
    let mut terminal = stable();
    terminal.sleep_until(70_000).at(70_000).hear(Frame::Ping { nonce: 5, sent: 7 });
    assert_eq!(terminal.words(), ["> pong 5"]);
}

#[test]
fn a_host_that_is_silent_for_longer_than_it_promised_is_left() {
    let mut terminal = stable();
    terminal.at(54_999);
    assert!(terminal.story().is_empty());
    assert_eq!(terminal.client.silence(Instant::from_millis(54_999)), Some(Duration::from_millis(34_999)));
    terminal.at(55_000);
    assert_eq!(terminal.words(), ["close 1 heartbeat_lost", "> close 4001 ", "syncing"]);
    let dial = terminal.client.next_dial().unwrap(); // after the backoff: others may have lost theirs
    assert!(dial >= Instant::from_millis(55_500) && dial < Instant::from_secs(86), "{dial}");
}

// 11. Stale callbacks clobber the new one.

#[test]
fn an_older_connection_changes_nothing() {
    let mut terminal = stable();
    terminal.types("x").closed(1006).now(Client::handle_user).connected().words();
    let now = Instant::from_secs(25);
    let part = |frame| stillwire::link::frame::stream::Part { frame, at: 0, rest: 0 };
    assert!(terminal.from(true, |client, old| client.handle_connected(now, old)).is_none());
    assert!(terminal.from(true, |client, old| client.handle_received(now, old)).is_none());
    assert!(terminal.from(true, |client, old| client.handle_written(now, old)).is_none());
    assert!(terminal.from(true, |client, old| client.handle_flushed(now, old)).is_none());
    assert!(
        terminal.from(true, |client, old| client.handle_part(now, old, part(ack(1))).map(drop)).is_none()
    );
    assert!(
        terminal.from(true, |client, old| client.handle_part(now, old, part(back(7, 1))).map(drop)).is_none()
    );
    let closed = |client: &mut Client<_>, old| client.handle_closed(now, old, CloseReason::Superseded);
    assert!(terminal.from(true, closed).is_none());
    let old = terminal.older.unwrap();
    assert!(!terminal.client.wants_write(old) && !terminal.speak(old, MAX_BODY));
    terminal.hear(back(7, 1));
    assert_eq!(terminal.client.status(), Status::Live);
}

// Offline, online, visible.

#[test]
fn offline_is_told_at_once_and_closes_nothing() {
    let mut terminal = stable();
    terminal.now(Client::handle_offline).at(25_000).now(Client::handle_online).at(25_020).hear(pong(2));
    terminal.at(26_000).now(Client::handle_visible);
    assert_eq!(terminal.words(), ["syncing", "> ping 2 sent 0", "live", "> ping 3 sent 0"]);
}

// Errors of the protocol.

#[test]
fn whoever_breaks_the_rules_is_closed_with_a_text_that_says_which() {
    let hello = stillwire_tests::desk::hello(1);
    let cases: [(&[Frame<'_>], &str); 7] = [
        (&[Frame::Hello(hello)], "frame of a client from a host"),
        (&[Frame::Input { number: 0, bytes: b"x" }], "frame of a client from a host"),
        (&[Frame::Welcome(WELCOME)], "welcome without a hello"),
        (&[ack(5)], "acknowledgement of what was not sent"),
        (
            &[Frame::Snapshot { offset: 9, last: false, bytes: b"" }, output(9, "x")],
            "output within a snapshot",
        ),
        (&[output(99, "x"), back(99, 0)], "welcome to what was not asked for"),
        (&[output(99, "x"), back(7, 5)], "welcome that expects what was not sent"),
    ];
    for (frames, text) in cases {
        let mut terminal = stable();
        for frame in frames {
            terminal.hear(*frame);
        }
        let words = terminal.words();
        assert!(words.contains(&format!("> close 4004 {text}")), "{frames:?}: {words:?}");
        assert_eq!(words.last().unwrap(), "disconnected protocol_error");
        assert_eq!(terminal.next(), None);
    }
}

#[test]
fn before_the_welcome_nothing_else_is_said_or_heard() {
    let mut terminal = dialing();
    terminal.types("x").connected();
    terminal.client.handle_resize(Instant::ZERO, stillwire::link::history::Size { columns: 80, rows: 24 });
    terminal.at(100);
    assert_eq!(terminal.words(), ["dial 1", "> hello new input 0"]);
    terminal.hear(output(0, "x"));
    assert_eq!(terminal.words()[..2], ["close 1 protocol_error", "> close 4004 frame before the welcome"]);
    let mut terminal = dialing();
    terminal.connected().broken();
    assert_eq!(terminal.words()[2..4], ["close 1 protocol_error", "> close 4004 frame cut short"]);
}

// What was seen of the session.

#[test]
fn an_idle_session_says_why_and_since_when() {
    let mut terminal = stable();
    let status = idle::Status::Idle(Reason::AwaitingInput);
    terminal.hear(Frame::Status { status, age: Duration::from_secs(5) });
    assert_eq!(terminal.client.session_status(), Some((status, Instant::from_secs(15))));
}

#[test]
fn memory_is_a_promise() {
    assert!(size_of::<Client<&mut [u8]>>() <= 1_024, "{}", size_of::<Client<&mut [u8]>>());
}
