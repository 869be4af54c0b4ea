//! A host and a client in one process: the smallest complete driver, on both sides.
//!
//! `cargo run --example loopback`. Two buffers stand for the network, a session that repeats what is typed for the
//! port, and virtual time for the clock. A driver for sockets has the same two loops, and waits in `poll(2)`.

use stillwire::link::client::{self, Client, Credentials};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::wire::Wire;
use stillwire::link::frame::{MAX_FRAME, Role, Token};
use stillwire::link::history::History;
use stillwire::link::host::{self, Host, Link, Peer, PeerId, Session};
use stillwire::link::reconnect::{Generation, Stale};
use stillwire::{Instant, monitor};

const SECRET: Token<'static> = Token(b"correct horse battery staple");
/// Bytes of a body that a link has room for.
const ROOM: usize = 1_024;

type OwnedHost = Host<Vec<Peer>, Vec<Session<Vec<u8>>>, Vec<u8>>;

/// What was written and not yet read, each way.
#[derive(Default)]
struct Network {
    up: Vec<u8>,
    down: Vec<u8>,
}

/// Hands over what came on a connection; lets in who knows the secret.
fn hear(
    now: Instant,
    host: &mut OwnedHost,
    (peer, wire): &mut (PeerId, Wire<'_>),
    mut input: &[u8],
) -> Result<(), host::Stale> {
    host.handle_received(now, *peer)?;
    while let Some(part) = wire.next(&mut input) {
        match part {
            Err(error) => host.handle_broken(now, *peer, error)?,
            Ok(part) => match host.handle_part(now, *peer, part)? {
                host::Heard::Hello(hello) if hello.token.matches(SECRET.0) => {
                    host.admit(now, *peer, &hello, 0, Role::Controller)?;
                }
                host::Heard::Hello(_) => host.refuse(now, *peer, CloseReason::Unauthorised)?,
                _ => {}
            },
        }
    }
    Ok(())
}

/// One turn of the host: what came, what is due, what the port takes, what the connection takes.
fn turn_host(
    now: Instant,
    host: &mut OwnedHost,
    link: &mut Option<(PeerId, Wire<'_>)>,
    network: &mut Network,
) {
    let input = std::mem::take(&mut network.up);
    if let Some(link) = link.as_mut().filter(|_| !input.is_empty()) {
        let _stale = hear(now, host, link, &input);
    }
    while let Some(event) = host.poll(now) {
        println!("{now}\thost:   {event:?}");
    }
    let typed = host.session(0).map_or(Vec::new(), |session| [session.typed().0, session.typed().1].concat());
    host.handle_typed(now, 0, typed.len()); // the port took it,
    drop(host.handle_output(now, 0, &typed)); // and the session repeats it
    let Some((peer, wire)) = link else { return };
    let mut buffer = [0; MAX_FRAME];
    while let Some(frame) = host.next_frame(now, *peer, ROOM) {
        let len = wire.encode(&frame, &mut buffer).expect("there is room for any frame");
        network.down.extend_from_slice(&buffer[..len]);
        let _stale = host.handle_flushed(now, *peer); // this network takes all, at once
    }
}

/// Hands over what came on a connection, and shows it.
fn show(
    now: Instant,
    client: &mut Client<Vec<u8>>,
    (generation, wire): &mut (Generation, Wire<'_>),
    mut input: &[u8],
) -> Result<(), Stale> {
    client.handle_received(now, *generation)?;
    while let Some(part) = wire.next(&mut input) {
        match part {
            Err(error) => client.handle_broken(now, *generation, error)?,
            Ok(part) => match client.handle_part(now, *generation, part)? {
                client::Heard::Nothing => {}
                client::Heard::Output { bytes, .. } => println!("{now}\tshown:  {}", bytes.escape_ascii()),
                heard => println!("{now}\theard:  {heard:?}"),
            },
        }
    }
    Ok(())
}

/// One turn of the client: what came, what is due, what the connection takes. True: it dials.
fn turn_client(
    now: Instant,
    client: &mut Client<Vec<u8>>,
    link: &mut Option<(Generation, Wire<'_>)>,
    network: &mut Network,
) -> bool {
    let input = std::mem::take(&mut network.down);
    if let Some(link) = link.as_mut().filter(|_| !input.is_empty()) {
        let _stale = show(now, client, link, &input);
    }
    let mut dials = false;
    while let Some(event) = client.poll(now) {
        println!("{now}\tclient: {event:?}");
        match event {
            client::Event::Dial(generation) => {
                (*link, dials) = (Some((generation, Wire::stream())), true);
                let _stale = client.handle_connected(now, generation); // this network connects at once
            }
            client::Event::Close(..) => *link = None,
            _ => {}
        }
    }
    let Some((generation, wire)) = link else { return dials };
    let mut buffer = [0; MAX_FRAME];
    let credentials = Credentials { token: SECRET, session: "" };
    while let Some(frame) = client.next_frame(now, *generation, &credentials, ROOM) {
        let len = wire.encode(&frame, &mut buffer).expect("there is room for any frame");
        network.up.extend_from_slice(&buffer[..len]);
        let _stale = client.handle_flushed(now, *generation);
    }
    dials
}

fn main() {
    let mut now = Instant::ZERO;
    let history = History::new(vec![0; 4_096], 0xC0FFEE, None);
    let session = Session::new(monitor::Config::DEFAULT, history, vec![0; 256], Vec::new(), now);
    let mut host = Host::new(host::Config::DEFAULT, vec![Peer::new()], vec![session], Vec::new(), now);
    let mut client = Client::new(client::Config::DEFAULT, 1, 42, vec![0; 256], Vec::new(), now);
    let (mut accepted, mut dialed, mut network) = (None, None, Network::default());

    client.handle_typed(now, b"typed before there is a link").expect("it is less than 256 bytes");
    while now <= Instant::from_secs(40) {
        loop {
            if turn_client(now, &mut client, &mut dialed, &mut network) {
                accepted = host.handle_connect(now, Link::Reliable).ok().map(|peer| (peer, Wire::stream()));
            }
            turn_host(now, &mut host, &mut accepted, &mut network);
            if network.up.is_empty() && network.down.is_empty() {
                break;
            }
        }
        // Nothing happens before one of the two wants to be polled.
        let (host_at, client_at) = (host.poll_at().map(|due| due.at), client.poll_at().map(|due| due.at));
        now = host_at.into_iter().chain(client_at).min().unwrap_or(Instant::MAX);
    }
}
