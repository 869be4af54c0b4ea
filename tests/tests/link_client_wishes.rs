//! What a client wants of its host, and what a noisy line does to it: stories in virtual time.

use stillwire::Instant;
use stillwire::link::client::{Client, Config};
use stillwire::link::frame::{Frame, Outcome, Role, Welcome};
use stillwire::link::history::Size;
use stillwire::link::host::Link;
use stillwire::link::replay::Attach;
use stillwire_tests::client::{Terminal, WELCOME};

fn back(offset: u64, input: u64) -> Welcome {
    Welcome { attach: Attach::Exact, offset, input, ..WELCOME }
}

fn live(config: Config) -> Terminal {
    let mut terminal = Terminal::new(config, 7, Instant::ZERO);
    terminal.at(0).connected().hear(Frame::Welcome(WELCOME)).at(10).hear(Frame::Pong { nonce: 1 });
    terminal.at(20_000).hear(Frame::Output { offset: 0, bytes: b"login: " }).story();
    terminal
}

fn lossy() -> Terminal {
    live(Config { link: Link::Lossy, ..Config::DEFAULT })
}

fn size(columns: u16, rows: u16) -> Size {
    Size { columns, rows }
}

fn told(columns: u16, rows: u16) -> Frame<'static> {
    Frame::Resize { columns, rows }
}

// Wishes are states: the latest counts.

#[test]
fn the_size_that_is_wanted_is_said_once_and_again_to_whoever_does_not_know_it() {
    let mut terminal = live(Config::DEFAULT);
    terminal.now(|client, now| {
        client.handle_resize(now, size(80, 24));
        client.handle_resize(now, size(100, 40));
    });
    terminal.hear(told(100, 40)).now(|client, now| client.handle_resize(now, size(100, 40)));
    assert_eq!(terminal.words(), ["> resize 100x40", "< resize 100x40"]);
    terminal.hear(told(90, 30)); // another controller: two must not answer each other for ever
    terminal.closed(1006).now(Client::handle_user).connected().words();
    terminal.hear(Frame::Welcome(back(7, 0)));
    assert_eq!(terminal.words(), ["< welcome", "live", "> ping 1 sent 0", "> resize 100x40"]);
}

#[test]
fn a_size_without_cells_is_made_one() {
    let mut terminal = live(Config::DEFAULT);
    terminal.now(|client, now| client.handle_resize(now, size(0, u16::MAX)));
    assert_eq!(terminal.words(), ["> resize 1x4096"]);
}

#[test]
fn a_viewer_neither_types_nor_resizes_until_it_controls() {
    let mut terminal = live(Config { role: Role::Viewer, ..Config::DEFAULT });
    terminal.hear(Frame::Role { role: Role::Viewer }).words();
    terminal.now(|client, now| client.handle_resize(now, size(80, 24)));
    assert_eq!(terminal.client.handle_typed(Instant::from_secs(20), b"x").unwrap_err().room, 0);
    assert_eq!((terminal.words(), terminal.client.wants_input()), (vec![], 0));
    terminal.now(|client, now| client.handle_role(now, Role::Controller));
    assert_eq!(terminal.words(), ["> role { role: controller }"]);
    assert_eq!(terminal.client.role(), Role::Viewer); // not before the host says so
    terminal.hear(Frame::Role { role: Role::Controller }).types("x");
    assert_eq!(terminal.words(), ["< role(controller)", "> resize 80x24", "> input 0 x"]);
}

#[test]
fn whoever_stops_controlling_stops_at_once() {
    let mut terminal = live(Config::DEFAULT);
    terminal.now(|client, now| client.handle_role(now, Role::Viewer));
    assert_eq!((terminal.client.role(), terminal.client.wants_input()), (Role::Viewer, 0));
}

// Requests.

#[test]
fn a_request_is_repeated_after_a_reconnect_and_answered_once() {
    let mut terminal = live(Config::DEFAULT);
    terminal.now(|client, now| assert_eq!(client.request(now, "clip", b"copy"), Ok(1)));
    terminal.closed(1006).now(Client::handle_user).connected().words();
    terminal.hear(Frame::Welcome(back(7, 0)));
    let reply = Frame::Reply { id: 1, outcome: Outcome::Done, bytes: b"ok" };
    terminal.hear(reply).hear(reply);
    assert_eq!(terminal.words()[2..], ["> ping 1 sent 0", "> message 1 clip copy", "< reply 1 ok"]);
}

#[test]
fn a_request_that_a_forgetful_host_may_have_handled_is_told_as_lost() {
    let mut terminal = live(Config::DEFAULT);
    terminal.now(|client, now| assert_eq!(client.request(now, "clip", b"copy"), Ok(1)));
    terminal.closed(1006).now(Client::handle_user).connected().words();
    terminal.hear(Frame::Welcome(Welcome { known_since: 2, ..back(7, 0) }));
    assert_eq!(terminal.words(), ["< welcome", "lost request 1 sent true", "live", "> ping 1 sent 0"]);
}

#[test]
fn nothing_is_said_behind_a_ping_that_has_not_left() {
    let mut terminal = live(Config::DEFAULT);
    terminal.stuck = true;
    terminal.now(Client::handle_online).types("x");
    assert_eq!(terminal.words(), ["> ping 2 sent 0"]);
    terminal.stuck = false;
    terminal.flushed();
    assert_eq!(terminal.words(), ["> input 0 x"]);
}

// A noisy line.

#[test]
fn a_lost_hello_is_said_again() {
    let config = Config { link: Link::Lossy, ..Config::DEFAULT };
    let mut terminal = Terminal::new(config, 7, Instant::ZERO);
    terminal.at(0).connected().hear(Frame::Output { offset: 99, bytes: b"of another connection" }).at(1_000);
    terminal.hear(Frame::Welcome(WELCOME)).hear(Frame::Welcome(WELCOME));
    assert_eq!(
        terminal.words(),
        [
            "dial 1",
            "> hello new input 0",
            "> hello new input 0",
            "< welcome",
            "live",
            "> ping 1 sent 0",
            "< welcome", // whose bytes answered the ping, but not in a way that can be measured
            "> ping 2 sent 0",
        ]
    );
}

#[test]
fn a_lost_output_is_seen_by_the_next_ping_at_the_latest() {
    let mut terminal = lossy();
    terminal.hear(Frame::Ping { nonce: 3, sent: 9 });
    assert_eq!(terminal.words(), ["> hello 7:7 input 0", "> pong 3"]);
    terminal.at(21_000); // the welcome is lost as well
    terminal.hear(Frame::Welcome(back(7, 0))).hear(Frame::Output { offset: 7, bytes: b"ok" });
    assert_eq!(terminal.words(), ["> hello 7:7 input 0", "< welcome", "< output 7 ok"]);
}

#[test]
fn a_second_answer_shows_nothing_twice() {
    let mut terminal = lossy();
    let tail = Frame::Welcome(Welcome { attach: Attach::Tail, ..back(7, 0) });
    let restart = Frame::Snapshot { offset: 50, last: true, bytes: b"modes" };
    let output = Frame::Output { offset: 50, bytes: b"$ ls" };
    terminal.hear(Frame::Ping { nonce: 3, sent: 60 }).words();
    terminal.hear(tail).hear(restart).hear(output).hear(tail).hear(restart).hear(output);
    assert_eq!(
        terminal.words(),
        ["< welcome", "< restart 50 lost 43 modes", "< output 50 $ ls", "< welcome"]
    );
}

#[test]
fn a_snapshot_whose_end_is_lost_is_asked_for_anew() {
    let mut terminal = lossy();
    terminal.hear(Frame::Snapshot { offset: 50, last: false, bytes: b"modes" });
    terminal.hear(Frame::Output { offset: 50, bytes: b"$ " });
    assert_eq!(terminal.words(), ["< restart 50 lost 43 modes", "> hello new input 0"]);
}

#[test]
fn a_lost_key_is_asked_about_until_it_is_acknowledged() {
    let mut terminal = lossy();
    terminal.types("x").at(20_500).hear(Frame::Output { offset: 7, bytes: b"clock" }).at(21_500);
    assert_eq!(terminal.words(), ["> input 0 x", "< output 7 clock", "> ping 2 sent 1"]);
    terminal.hear(Frame::InputAck { number: 0, limit: 1_000, again: true });
    terminal.hear(Frame::InputAck { number: 1, limit: 1_000, again: false }).at(40_000);
    assert_eq!(terminal.words(), ["> input 0 x"]);
}

#[test]
fn a_lost_ping_does_not_end_a_noisy_line() {
    let mut terminal = lossy();
    terminal.now(Client::handle_online).at(21_500); // its pong is lost
    terminal.hear(Frame::Welcome(back(7, 0))).hear(Frame::Pong { nonce: 1 }).at(30_000);
    assert_eq!(terminal.words(), ["> ping 2 sent 0", "> hello 7:7 input 0", "< welcome", "> ping 1 sent 0"]);
}

#[test]
fn a_noisy_line_with_nobody_at_its_end_is_left() {
    let mut terminal = lossy();
    terminal.now(Client::handle_online).at(26_000);
    assert_eq!(
        terminal.story()[..5],
        [
            "20.000000 > ping 2 sent 0",
            "21.000000 > hello 7:7 input 0",
            "22.000000 > hello 7:7 input 0",
            "23.000000 > hello 7:7 input 0",
            "24.000000 close 1 heartbeat_lost",
        ]
    );
}

#[test]
fn what_is_wanted_and_may_be_lost_is_said_again_with_each_ping() {
    let mut terminal = lossy();
    terminal.now(|client, now| {
        client.handle_resize(now, size(80, 24));
        client.request(now, "clip", b"").unwrap();
        client.handle_role(now, Role::Viewer);
        client.handle_role(now, Role::Controller);
    });
    terminal.words();
    terminal.hear(Frame::Ping { nonce: 3, sent: 7 });
    assert_eq!(terminal.words(), ["> pong 3", "> resize 80x24", "> message 1 clip "]);
    terminal.hear(told(80, 24)).hear(Frame::Reply { id: 1, outcome: Outcome::NoHandler, bytes: b"" }).words();
    terminal.hear(Frame::Ping { nonce: 4, sent: 7 });
    assert_eq!(terminal.words(), ["> pong 4"]);
}

// A page that is loaded again.

#[test]
fn a_client_goes_on_where_another_left_and_sends_what_that_had_no_answer_for() {
    let mut first = live(Config::DEFAULT);
    first.types("root\r").hear(Frame::InputAck { number: 2, limit: 1_000, again: false });
    let saved = first.client.saved();
    let (older, newer) = first.client.unacknowledged();
    let typed = [older, newer].concat();
    assert_eq!((saved.base, saved.sent, typed.as_slice()), (2, 5, &b"ot\r"[..]));

    let mut second = Terminal::new(Config::DEFAULT, 8, Instant::ZERO);
    second.client.handle_saved(&saved, &typed).expect("there is room");
    second.types("ls").at(0).connected();
    assert_eq!(second.hello, (saved.place, 5));
    second.hear(Frame::Welcome(back(7, 3))); // one more of them had arrived
    assert_eq!(second.typed, 7, "all that followed is sent, once");
    second.hear(Frame::Output { offset: 7, bytes: b"password: " });
    assert_eq!(second.words().last().map(String::as_str), Some("< output 7 password: "));
}

#[test]
fn nothing_is_taken_of_what_has_no_room_but_the_place_is() {
    let mut second = Terminal::new(Config::DEFAULT, 8, Instant::ZERO);
    let saved = live(Config::DEFAULT).client.saved();
    assert!(second.client.handle_saved(&saved, &[b'x'; 17]).is_err());
    assert_eq!((second.client.place(), second.client.unacknowledged()), (saved.place, (&[][..], &[][..])));
}
