//! Stories of those who get a screen rather than old output.

use stillwire::link::close::CloseReason;
use stillwire::link::frame::{Frame, Hello, MIN_BODY};
use stillwire::link::history::History;
use stillwire::link::host::{Config, Host, Link, Peer, PeerId, Session};
use stillwire::{Instant, monitor};
use stillwire_tests::desk::{Desk, hello, line};

const CONFIG: Config = Config { screens: true, ..Config::DEFAULT };

fn answer(desk: &mut Desk, peer: PeerId, screen: &'static str) {
    desk.screen = screen;
    desk.host.handle_screen(desk.now, peer, screen.len()).unwrap();
}

#[test]
fn whoever_comes_new_gets_the_screen_and_what_follows() {
    let mut desk = Desk::new(CONFIG);
    desk.print("one\ntwo\n\x1b[1mthr");
    let peer = desk.join(hello(1));
    assert_eq!(desk.told(peer).len(), 2, "welcome and status; no output before the screen");
    assert_eq!(desk.events(), ["0 1 attached Controller Reanchor", "0 1 wants a screen"]);
    desk.print("ee\x1b["); // the screen is made of what is there now, to the last place where one may begin
    answer(&mut desk, peer, "SCREEN");
    desk.print("m");
    assert_eq!(
        desk.told(peer),
        ["resize 80x24", "snapshot 17 \"SCREEN\"", "output 17 \u{1b}[m"],
        "from the last safe place on"
    );
    desk.hear(peer, Frame::Close { reason: CloseReason::GoingAway, text: "" });
    assert_eq!(desk.events(), ["0 1 detached going_away lost 0"], "what was before its time is not lost");
}

#[test]
fn whoever_has_all_is_not_shown_a_screen() {
    let mut desk = Desk::new(CONFIG);
    desk.print("one two");
    let peer = desk.rejoin(1, 4, 0);
    assert_eq!(desk.told(peer).last().unwrap(), "output 4 two");
}

#[test]
fn whoever_is_overtaken_gets_the_screen_and_is_told_what_it_lost() {
    let mut desk = Desk::with(CONFIG, 4, 64);
    let peer = desk.join(hello(1));
    desk.told(peer);
    desk.events();
    answer(&mut desk, peer, "EMPTY");
    desk.told(peer);
    for _ in 0..10 {
        desk.print("0123456789abcde\n");
    }
    assert_eq!(desk.told(peer), [""; 0]);
    assert_eq!(desk.events(), ["0 1 wants a screen"]);
    answer(&mut desk, peer, "SCREEN");
    assert_eq!(desk.told(peer), ["resize 80x24", "snapshot 160 \"SCREEN\""]);
    desk.hear(peer, Frame::Close { reason: CloseReason::GoingAway, text: "" });
    assert_eq!(desk.events(), ["0 1 detached going_away lost 160"]);
}

#[test]
fn a_screen_comes_in_parts_and_one_that_is_out_of_date_by_then_is_followed_by_another() {
    let mut desk = Desk::with(CONFIG, 4, 64);
    let peer = desk.join(hello(1));
    desk.told(peer);
    desk.events();
    desk.screen = Box::leak("#".repeat(600).into_boxed_str());
    desk.host.handle_screen(desk.now, peer, 600).unwrap();
    let mut parts = Vec::new();
    while let Some(frame) = desk.next_frame(peer, MIN_BODY) {
        parts.push(frame.payload().len());
        for _ in 0..10 {
            desk.print("0123456789abcde\n");
        }
    }
    assert_eq!(parts, [0, 247, 247, 106], "the size, and three parts of one screen");
    assert_eq!(desk.events(), ["0 1 wants a screen"]);
    answer(&mut desk, peer, "SCREEN");
    assert_eq!(desk.told(peer), ["resize 80x24", "snapshot 640 \"SCREEN\""]);
}

#[test]
fn without_a_screen_all_is_as_it_was() {
    let mut desk = Desk::new(CONFIG);
    desk.print("\x1b[?2004h$ ");
    let peer = desk.join(hello(1));
    desk.told(peer);
    desk.events();
    desk.host.handle_screen(desk.now, peer, 0).unwrap();
    assert_eq!(desk.told(peer), ["resize 80x24", "snapshot 0 \"\"", "output 0 \u{1b}[?2004h$ "]);
}

#[test]
fn nobody_is_asked_for_the_screen_of_a_pipe_a_serial_line_or_a_noisy_link() {
    let mut desk = Desk::new(CONFIG);
    desk.print("$ ");
    let peer = desk.join(Hello { screen: false, ..hello(1) });
    assert_eq!(desk.told(peer).last().unwrap(), "output 0 $ ");
    // A part of a snapshot that was lost there would not be missed.
    let peer = desk.host.handle_connect(desk.now, Link::Lossy).unwrap();
    desk.hear(peer, Frame::Hello(hello(2)));
    assert_eq!(desk.told(peer).last().unwrap(), "output 0 $ ");
    let history = History::new(vec![0; 64], 7, None);
    let session = Session::new(monitor::Config::DEFAULT, history, vec![0; 64], vec![], Instant::ZERO);
    desk.host = Host::new(CONFIG, vec![Peer::new()], vec![session], vec![], Instant::ZERO);
    desk.print("login: ");
    let peer = desk.join(hello(1));
    assert_eq!(desk.told(peer).last().unwrap(), "output 0 login: ");
}

#[test]
fn nothing_is_told_of_a_screen_that_the_driver_does_not_have() {
    let mut desk = Desk::new(CONFIG);
    let peer = desk.join(hello(1));
    desk.told(peer);
    desk.events();
    desk.screen = "SHORT";
    desk.host.handle_screen(desk.now, peer, 9).unwrap();
    assert_eq!(desk.told(peer), [""; 0]);
    answer(&mut desk, peer, "IGNORED: nobody asked");
    assert!(desk.next_frame(peer, MIN_BODY).is_some_and(|frame| line(&frame).starts_with("resize")));
}

#[test]
fn one_that_is_gone_wants_none() {
    let mut desk = Desk::new(CONFIG);
    let peer = desk.join(hello(1));
    desk.told(peer);
    desk.host.handle_closed(desk.now, peer, CloseReason::Abnormal).unwrap();
    assert_eq!(
        desk.events(),
        ["0 1 attached Controller Reanchor", "0 1 detached abnormal lost 0"],
        "no screen"
    );
    assert!(desk.host.handle_screen(desk.now, peer, 1).is_err());
}
