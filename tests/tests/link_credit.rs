//! A terminal that is slower than its link: output waits at the host, and not in front of the terminal.

use stillwire::Instant;
use stillwire::idle::Exit;
use stillwire::link::client::{Client, Config, Saved};
use stillwire::link::frame::{Frame, MAX_OFFSET};
use stillwire::link::host;
use stillwire::link::host::Link;
use stillwire::link::replay::{Attach, Place};
use stillwire_tests::client::{Terminal, WELCOME};
use stillwire_tests::desk::{Desk, hello};

fn slow(link: Link) -> Terminal {
    let mut terminal = Terminal::new(Config { link, window: 16, ..Config::DEFAULT }, 7, Instant::ZERO);
    terminal.at(0).connected().hear(Frame::Welcome(WELCOME)).at(10).hear(Frame::Pong { nonce: 1 });
    terminal
}

fn credits(terminal: &mut Terminal) -> Vec<String> {
    terminal.words().into_iter().filter(|word| word.contains("credit")).collect()
}

fn prints(terminal: &mut Terminal, offset: u64) {
    terminal.hear(Frame::Output { offset, bytes: b"12345678" });
}

fn shows(terminal: &mut Terminal, offset: u64) {
    terminal.now(|client, now| client.handle_shown(now, offset));
}

#[test]
fn a_client_says_how_much_may_come_and_again_when_some_of_it_was_shown() {
    let mut terminal = slow(Link::Reliable);
    assert_eq!(credits(&mut terminal), ["> credit { limit: 16 }"]);
    prints(&mut terminal, 0);
    prints(&mut terminal, 8);
    assert!(credits(&mut terminal).is_empty(), "nothing of it was shown");
    shows(&mut terminal, 4);
    assert!(credits(&mut terminal).is_empty(), "a quarter is not worth a frame");
    shows(&mut terminal, 5);
    assert_eq!(credits(&mut terminal), ["> credit { limit: 21 }"]);
    shows(&mut terminal, MAX_OFFSET);
    assert_eq!(credits(&mut terminal), ["> credit { limit: 32 }"], "no more was shown than came");
}

#[test]
fn without_a_window_nothing_is_said() {
    let mut terminal = Terminal::new(Config::DEFAULT, 7, Instant::ZERO);
    terminal.at(0).connected().hear(Frame::Welcome(WELCOME)).at(10).hear(Frame::Pong { nonce: 1 });
    shows(&mut terminal, 100);
    assert!(credits(&mut terminal).is_empty());
}

#[test]
fn another_connection_is_told_and_another_life_of_the_session_begins_at_nothing() {
    let mut terminal = slow(Link::Reliable);
    prints(&mut terminal, 0);
    shows(&mut terminal, 8);
    terminal.closed(1006).now(Client::handle_user).connected().words();
    let back = stillwire::link::frame::Welcome { attach: Attach::Exact, offset: 8, ..WELCOME };
    terminal.hear(Frame::Welcome(back));
    assert_eq!(credits(&mut terminal), ["> credit { limit: 24 }"]);
    terminal.closed(1006).now(Client::handle_user).connected().words();
    terminal.hear(Frame::Welcome(stillwire::link::frame::Welcome { epoch: 8, ..WELCOME }));
    assert_eq!(credits(&mut terminal), ["> credit { limit: 16 }"]);
    shows(&mut terminal, 8); // of the life before
    assert!(credits(&mut terminal).is_empty());
}

#[test]
fn whoever_goes_on_has_shown_what_the_one_before_had() {
    let mut terminal = Terminal::new(Config { window: 16, ..Config::DEFAULT }, 7, Instant::ZERO);
    let saved = Saved { place: Some(Place { epoch: 7, offset: 1_000 }), ..Saved::default() };
    terminal.client.handle_saved(&saved, &[]).unwrap();
    terminal.at(0).connected().words();
    terminal.hear(Frame::Welcome(stillwire::link::frame::Welcome {
        attach: Attach::Exact,
        offset: 1_000,
        ..WELCOME
    }));
    assert_eq!(credits(&mut terminal), ["> credit { limit: 1016 }"]);
}

#[test]
fn on_a_line_that_loses_frames_it_is_said_again() {
    let mut terminal = slow(Link::Lossy);
    terminal.words();
    terminal.hear(Frame::Ping { nonce: 1, sent: 0 });
    assert_eq!(credits(&mut terminal), ["> credit { limit: 16 }"]);
}

#[test]
fn a_host_sends_as_much_as_may_come_and_tells_of_the_end_after_the_rest() {
    let mut desk = Desk::new(host::Config::DEFAULT);
    let peer = desk.join(hello(1));
    desk.told(peer);
    desk.hear(peer, Frame::Credit { limit: 4 });
    desk.print("all that was printed");
    let outputs = |desk: &mut Desk| {
        let told = desk.told(peer).into_iter();
        told.filter(|word| word.starts_with("output") || word.starts_with("close")).collect::<Vec<_>>()
    };
    assert_eq!(outputs(&mut desk), ["output 0 all "]);
    desk.exit(Exit::Code(0));
    desk.events();
    assert!(outputs(&mut desk).is_empty(), "not over: there is more");
    desk.hear(peer, Frame::Credit { limit: 8 });
    assert_eq!(outputs(&mut desk), ["output 4 that"]);
    desk.hear(peer, Frame::Credit { limit: 100 });
    assert_eq!(outputs(&mut desk), ["output 8  was printed", "close 1000 child_exited"]);
}

#[test]
fn a_client_that_never_says_so_gets_what_the_link_takes() {
    let mut desk = Desk::new(host::Config::DEFAULT);
    let peer = desk.join(hello(1));
    desk.hear(peer, Frame::Credit { limit: 0 });
    let again = desk.rejoin(1, 0, 0);
    desk.print("all");
    assert!(
        desk.told(again).contains(&"output 0 all".to_owned()),
        "what was said on the connection before is void"
    );
}
