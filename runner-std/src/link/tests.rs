//! Both ends of a connection, over real sockets.

use super::*;
use crate::door::Door;
use crate::token::Token;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
use stillwire::link::close::CloseReason;

const PING: Frame<'static> = Frame::Pong { nonce: 7 };

/// Somebody who knocks at a door, and the connection that the door makes of it.
fn knock() -> (TcpStream, Connection) {
    let policy = Policy { token: Some(Token::given("secret").unwrap()), ..Policy::default() };
    let mut door = Door::tcp(TcpListener::bind("127.0.0.1:0").unwrap(), policy, None, 1).unwrap();
    let client = TcpStream::connect(door.address().unwrap()).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let connection = (0..1_000)
        .find_map(|_| door.accept().or_else(|| (std::thread::sleep(Duration::from_millis(5)), None).1));
    (client, connection.expect("the door is open"))
}

/// What comes within a while, as a text.
fn hear(connection: &mut Connection) -> String {
    let mut buffer = vec![0; limits::BITE];
    for _ in 0..1_000 {
        let heard = match connection.read(&mut buffer, &mut 4096.clone()) {
            Input::Nothing => None,
            Input::Bytes([]) => Some("open".into()),
            Input::Bytes(mut bytes) => {
                Some(connection.wire.next(&mut bytes).map_or_else(String::new, |part| format!("{part:?}")))
            }
            Input::Asked(asked) => Some(format!("{asked:?}")),
            Input::Closed(code) => Some(format!("closed {code:?}")),
        };
        if let Some(heard) = heard {
            return heard;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    "nothing".into()
}

fn bytes(frame: &Frame<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&Wire::stream(), frame, &mut out).unwrap();
    out
}

#[test]
fn the_first_byte_tells_frames_from_http() {
    let (mut client, mut connection) = knock();
    client.write_all(&bytes(&PING)).unwrap();
    assert!(hear(&mut connection).contains("Pong"));
    connection.send(&PING).unwrap();
    assert_eq!(connection.flush().unwrap(), Written::All);
    let mut answer = vec![0; bytes(&PING).len()];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(answer, bytes(&PING));

    let (mut client, mut connection) = knock();
    assert_eq!(connection.room(), 0, "nothing is sent before it is known how");
    client.write_all(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert!(hear(&mut connection).contains("\"/x\""));
    connection.answer(&Reply { status: "404 Not Found", body: b"no\n".into(), ..Reply::OK });
    assert_eq!((connection.flush().unwrap(), connection.is_done()), (Written::All, true));
    drop(connection);
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n") && answer.ends_with("\r\n\r\nno\n"));
}

#[test]
fn a_websocket_carries_a_frame_per_message_and_its_own_close() {
    let (mut client, mut connection) = knock();
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                   Authorization: Bearer secret\r\n\r\n";
    client.write_all(request.as_bytes()).unwrap();
    assert_eq!(hear(&mut connection), "open");
    connection.flush().unwrap();
    let mut answer = [0; 129];
    client.read_exact(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.ends_with("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"), "RFC 6455, section 1.3: {answer}");

    let mut page = Connection::websocket(Stream::Tcp(client), Vec::new()).unwrap();
    page.send(&PING).unwrap();
    page.flush().unwrap();
    assert!(hear(&mut connection).contains("Pong"));
    let long = vec![b'x'; 16_000];
    connection.send(&Frame::Output { offset: 0, bytes: &long }).unwrap();
    connection.send(&Frame::Close { reason: CloseReason::Superseded, text: "taken over" }).unwrap();
    connection.flush().unwrap();
    assert!(hear(&mut page).contains("Output"));
    assert_eq!(hear(&mut page), "closed Some((4000, \"taken over\"))");
}

#[test]
fn whoever_asks_and_never_reads_is_not_heard_any_more() {
    let (mut client, mut connection) = knock();
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nUpgrade: websocket\r\n\
                   Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    client.write_all(request.as_bytes()).unwrap();
    assert_eq!(hear(&mut connection), "open");
    client.set_nonblocking(true).unwrap();
    let ping = [&[0x89, 0x80 | 125, 0, 0, 0, 0][..], &[b'x'; 125]].concat().repeat(100);
    let (mut buffer, mut idle) = (vec![0; limits::BITE], 0);
    while idle < 100 {
        idle = if client.write(&ping).is_ok() { 0 } else { idle + 1 };
        assert!(matches!(connection.read(&mut buffer, &mut limits::BITE.clone()), Input::Nothing));
        assert!(connection.out.len() <= limits::OUT + limits::READ_AHEAD + 2 * limits::BITE);
    }
    assert!(connection.is_stuffed() && connection.room() == 0);
}

#[test]
fn what_is_too_long_or_nonsense_is_refused() {
    for request in [&[b'A'; limits::REQUEST + 1][..], b"SSH-2.0-OpenSSH_9.9\r\n\r\n"] {
        let (mut client, mut connection) = knock();
        client.write_all(request).unwrap();
        let mut buffer = vec![0; limits::BITE];
        while !connection.is_done() {
            assert!(!matches!(connection.read(&mut buffer, &mut 4096.clone()), Input::Bytes(_)));
            let _ = connection.flush();
        }
        let mut answer = [0; 12];
        client.read_exact(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 4"), "{answer:?}");
    }
}
