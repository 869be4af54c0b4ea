//! `runner-std attach` at a line of the firmware, as a person with a serial cable would.

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::board::{Board, Machine};

/// `runner-std attach` to a line of a board, through TCP as of a terminal server.
struct Attached {
    child: Child,
    shown: Arc<Mutex<Vec<u8>>>,
}

fn runner() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/debug/runner-std")
}

/// A terminal server: whoever connects is at the board's line.
fn serve(line: PathBuf) -> String {
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = server.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        for near in server.incoming() {
            let near = near.expect("a connection");
            let far = UnixStream::connect(&line).expect("the board listens");
            let (mut from, mut to) =
                (near.try_clone().expect("a socket"), far.try_clone().expect("a socket"));
            thread::spawn(move || {
                let _gone = io::copy(&mut from, &mut to);
                let _gone = to.shutdown(std::net::Shutdown::Both);
            });
            let (mut from, mut to) = (far, near);
            thread::spawn(move || {
                let _gone = io::copy(&mut from, &mut to);
                let _gone = to.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    address
}

impl Attached {
    fn start(address: &str, secret: &str) -> Self {
        let mut child = Command::new(runner())
            .args(["attach", &format!("line://{address}#token={secret}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`tests/run embedded` builds runner-std");
        let shown = Arc::new(Mutex::new(Vec::new()));
        let (mut stdout, seen) = (child.stdout.take().expect("a pipe"), Arc::clone(&shown));
        thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(len @ 1..) = stdout.read(&mut bytes) {
                seen.lock().expect("no panic").extend_from_slice(&bytes[..len]);
            }
        });
        Self { child, shown }
    }

    fn shows(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.shown.lock().expect("no panic")).contains(text)
    }

    fn types(&mut self, keys: &[u8]) {
        self.child.stdin.as_mut().expect("a pipe").write_all(keys).expect("it reads");
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

#[test]
fn a_terminal_attaches_to_the_line_types_and_comes_back() {
    let mut board = Board::start(Machine::Firmware, "attach");
    assert!(board.print(b"U-Boot\r\nlogin: ", &mut []));
    let address = serve(board.line("one"));
    let mut first = Attached::start(&address, "gateway");
    assert!(board.until(20, &mut [], |_, _| first.shows("login: ")), "the boot log");
    first.types(b"root\r");
    assert!(board.until(20, &mut [], |board, _| board.typed == b"root\r"), "{:?}", board.typed);
    assert!(board.print(b"root\r\nPassword: ", &mut []));
    assert!(board.until(20, &mut [], |_, _| first.shows("Password: ")));
    drop(first);
    assert!(board.print(b"\r\nwhile nobody watched\r\n", &mut []));
    let second = Attached::start(&address, "gateway");
    assert!(board.until(20, &mut [], |_, _| second.shows("while nobody watched")), "all of it, again");
    assert!(second.shows("U-Boot"));
}

#[test]
fn a_terminal_with_the_wrong_secret_is_told() {
    let mut board = Board::start(Machine::Firmware, "secret");
    assert!(board.print(b"nothing for strangers\r\n", &mut []));
    let mut stranger = Attached::start(&serve(board.line("two")), "guess");
    let mut ended = None;
    assert!(board.until(20, &mut [], |_, _| {
        ended = stranger.child.try_wait().expect("a child");
        ended.is_some()
    }));
    let mut said = String::new();
    stranger.child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("UTF-8");
    assert!(!ended.expect("it ended").success() && said.contains("token"), "{said}");
    assert!(!stranger.shows("strangers"));
}
