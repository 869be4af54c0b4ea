//! One turn of a driver, over any port: the same for a stream and for a line, and nothing waits.

use critical_section as _; // its std implementation
use std::convert::Infallible;

use embedded_io::{ErrorType, Read, ReadReady, Write, WriteReady};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::Role;
use stillwire::link::history::History;
use stillwire::link::host::{self, Event, Heard, Host, Link, Peer, PeerId, Session};
use stillwire::pump::{Console, Gone, Uplink};
use stillwire::{Duration, Instant, monitor};
use stillwire_tests::caller::Caller;
use stillwire_tests::random::Random;

const BODY: usize = 256;

type OwnedHost = Host<Vec<Peer>, Vec<Session<Vec<u8>>>, Vec<u8>>;

/// A port in memory; it takes so many bytes, and gives what it has in pieces.
#[derive(Default)]
struct Memory {
    received: Vec<u8>,
    sent: Vec<u8>,
    room: usize,
    closed: bool,
}

impl ErrorType for Memory {
    type Error = Infallible;
}

impl ReadReady for Memory {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.closed || !self.received.is_empty())
    }
}

impl Read for Memory {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        assert!(self.closed || !self.received.is_empty(), "this would wait for ever");
        let len = self.received.len().min(into.len()).min(23);
        into[..len].copy_from_slice(&self.received[..len]);
        self.received.drain(..len);
        Ok(len)
    }
}

impl WriteReady for Memory {
    fn write_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.room > 0)
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        assert!(self.room > 0, "this would wait for ever");
        let len = bytes.len().min(self.room);
        self.sent.extend_from_slice(&bytes[..len]);
        self.room -= len;
        Ok(len)
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A gateway with a console and one uplink, and a desktop at its other end.
struct Gateway {
    now: Instant,
    host: OwnedHost,
    uplink: Uplink<'static>,
    link: Memory,
    console: Memory,
    caller: Caller,
    events: Vec<Event>,
    connected: bool,
}

impl Gateway {
    fn new(link: Link) -> Self {
        Self::of_epoch(link, 7)
    }

    fn of_epoch(link: Link, epoch: u64) -> Self {
        let now = Instant::ZERO;
        let history = History::new(vec![0; 4_096], epoch, None);
        let session = Session::new(monitor::Config::DEFAULT, history, vec![0; 64], vec![], now);
        let config = host::Config { max_body: BODY as u16, ..host::Config::DEFAULT };
        let (packet, out) = (vec![0; BODY + 8].leak(), vec![0; BODY + 16].leak());
        Self {
            now,
            host: Host::new(config, vec![Peer::new()], vec![session], vec![], now),
            uplink: if link == Link::Lossy { Uplink::line(packet, out) } else { Uplink::stream(out) },
            link: Memory { room: usize::MAX, ..Memory::default() },
            console: Memory { room: usize::MAX, ..Memory::default() },
            caller: Caller::new(link, 1, Role::Controller, b"secret", now),
            events: vec![],
            connected: link == Link::Lossy,
        }
    }

    /// One turn of everything, as `pump` describes it; whether anything moved.
    fn turn(&mut self) -> bool {
        let Self { now, host, uplink, link, console, caller, .. } = self;
        let port = Console { session: 0 };
        let (heard, gone) =
            uplink.receive(*now, link, host, |host, peer, heard| admit(*now, host, peer, heard)).unwrap();
        assert_eq!(gone, if link.closed { Gone::Yes } else { Gone::No });
        let mut moved = heard + port.receive(*now, console, host).unwrap();
        while let Some(event) = host.poll(*now) {
            if uplink.handle_event(&event) && !matches!(link.room, usize::MAX) {
                link.closed = true;
            }
            self.events.push(event);
        }
        moved += uplink.send(*now, link, host).unwrap() + port.send(*now, console, host).unwrap();
        caller.receive(*now, &std::mem::take(&mut link.sent));
        let said = caller.send(*now, true);
        if !said.is_empty() && !self.connected {
            uplink.handle_connect(*now, host).expect("a slot");
            self.connected = true;
        }
        link.received.extend_from_slice(&said);
        moved + said.len() > 0
    }

    /// Turns until nothing moves.
    fn settle(&mut self) -> &mut Self {
        while self.turn() {}
        self
    }

    fn wait(&mut self, span: Duration) -> &mut Self {
        let end = self.now + span;
        loop {
            self.settle();
            let due = [self.host.poll_at().map(|due| due.at), self.caller.client.poll_at().map(|due| due.at)];
            let next = due.into_iter().flatten().min().filter(|at| *at <= end);
            self.now = next.unwrap_or(end).max(self.now);
            if next.is_none() {
                self.settle();
                return self;
            }
        }
    }

    fn print(&mut self, text: &str) -> &mut Self {
        self.console.received.extend_from_slice(text.as_bytes());
        self
    }
}

fn admit(now: Instant, host: &mut OwnedHost, peer: PeerId, heard: Heard<'_>) {
    if let Heard::Hello(hello) = heard {
        if hello.token.matches(b"secret") {
            host.admit(now, peer, &hello, 0, Role::Controller).unwrap();
        } else {
            host.refuse(now, peer, CloseReason::Unauthorised).unwrap();
        }
    }
}

#[test]
fn who_comes_late_gets_the_boot_log_and_what_is_typed_reaches_the_port() {
    for link in [Link::Reliable, Link::Lossy] {
        let mut gateway = Gateway::new(link);
        gateway.print("booting\r\nlogin: ").wait(Duration::from_secs(1));
        assert_eq!(gateway.caller.text(), "booting\r\nlogin: ", "{link:?}");
        gateway.caller.client.handle_typed(gateway.now, b"root\r").unwrap();
        gateway.wait(Duration::from_secs(60));
        assert_eq!(gateway.console.sent, b"root\r");
        assert!(gateway.caller.closed.is_empty() && gateway.caller.lost == 0);
        assert_eq!(gateway.caller.statuses, ["running", "idle quiet"], "{link:?}");
    }
}

#[test]
fn a_port_that_takes_a_byte_at_a_time_gets_everything() {
    let mut gateway = Gateway::new(Link::Lossy);
    gateway.link.room = 0;
    let text: String = (0..60).map(|line| format!("line {line}\r\n")).collect();
    gateway.print(&text);
    for step in 0..4_000 {
        gateway.now = Instant::from_millis(step);
        gateway.link.room = 1;
        gateway.turn();
    }
    assert_eq!(gateway.caller.text(), text);
    assert_eq!(gateway.uplink.wire().dropped().packets, 0);
}

#[test]
fn on_a_line_a_client_that_the_host_forgot_says_hello_again() {
    let mut gateway = Gateway::new(Link::Lossy);
    gateway.print("one\r\n").wait(Duration::from_secs(1));
    let fresh = Gateway::of_epoch(Link::Lossy, 8); // the gateway was reset; its line still is there
    (gateway.host, gateway.uplink) = (fresh.host, fresh.uplink);
    gateway.caller.client.handle_typed(gateway.now, b"x").unwrap();
    gateway.print("two\r\n").wait(Duration::from_secs(10));
    assert_eq!(gateway.caller.closed, [CloseReason::GoingAway]);
    assert_eq!(gateway.caller.text(), "one\r\ntwo\r\n");
    assert_eq!(gateway.host.peers()[0].client(), Some(1));
}

#[test]
fn a_client_with_the_wrong_token_is_told_and_the_line_is_free_again() {
    let mut gateway = Gateway::new(Link::Lossy);
    gateway.caller = Caller::new(Link::Lossy, 2, Role::Controller, b"guess", gateway.now);
    gateway.print("secret\r\n").wait(Duration::from_secs(1));
    assert_eq!(gateway.caller.closed, [CloseReason::Unauthorised]);
    assert!(gateway.host.is_empty() && gateway.uplink.peer().is_none());
    gateway.caller = Caller::new(Link::Lossy, 3, Role::Controller, b"secret", gateway.now);
    gateway.wait(Duration::from_secs(1));
    assert_eq!(gateway.caller.text(), "secret\r\n");
}

#[test]
fn a_line_that_flips_bits_delivers_nothing_wrong_and_everything_in_the_end() {
    let mut random = Random::new(8);
    let mut gateway = Gateway::new(Link::Lossy);
    let mut text = String::new();
    for step in 0..20_000u64 {
        gateway.now = Instant::from_millis(step * 10);
        if step % 200 == 0 && step < 16_000 {
            let line = format!("line {step}\r\n");
            gateway.print(&line);
            text += &line;
        }
        gateway.link.room = 64;
        gateway.turn();
        for bytes in [&mut gateway.link.received, &mut gateway.link.sent] {
            if !bytes.is_empty() && step < 18_000 && random.below(8) == 0 {
                let at = random.below(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
        }
    }
    assert_eq!(gateway.caller.text(), text, "{:?}", gateway.caller.closed);
    assert!(gateway.uplink.wire().dropped().packets > 0);
}

#[test]
fn the_end_of_a_stream_is_told_and_the_slot_is_free() {
    let mut gateway = Gateway::new(Link::Reliable);
    gateway.print("x").wait(Duration::from_secs(1));
    let Gateway { now, host, uplink, link, .. } = &mut gateway;
    link.closed = true;
    let (_, gone) = uplink.receive(*now, link, host, |_, _, _| {}).unwrap();
    assert_eq!(gone, Gone::Yes);
    uplink.handle_closed(*now, host);
    assert!(matches!(host.poll(*now), Some(Event::Detached { reason: CloseReason::Abnormal, .. })));
    assert!(host.is_empty());
}

#[test]
fn whoever_finds_no_slot_is_told_so() {
    let mut gateway = Gateway::new(Link::Reliable);
    gateway.wait(Duration::from_secs(1));
    let Gateway { now, host, link, .. } = &mut gateway;
    let mut second = Uplink::stream(vec![0; 300].leak());
    assert_eq!(second.handle_connect(*now, host), Err(CloseReason::Full));
    link.sent.clear();
    assert!(second.send(*now, link, host).unwrap() > 0);
    let frame = stillwire::link::frame::decode(&link.sent).unwrap();
    assert!(matches!(frame, stillwire::link::frame::Frame::Close { reason: CloseReason::Full, .. }));
}
