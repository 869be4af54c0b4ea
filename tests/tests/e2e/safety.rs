//! Who may not come in, what it costs them, and that nobody else notices: docs/SECURITY.md.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use stillwire::link::close::CloseReason;
use stillwire::link::frame::wire::Wire;
use stillwire::link::frame::{Frame, Hello, MAX_BODY, Role, Token};

use crate::terminal::{Folder, runner};

const PATIENCE: Duration = Duration::from_secs(60);

/// A host that stays where it was started, and what it said.
pub(crate) struct Guarded {
    pub(crate) folder: Folder,
    host: Child,
    pub(crate) token: String,
    pub(crate) address: String,
    said: Arc<Mutex<String>>,
}

impl Guarded {
    pub(crate) fn new(name: &str, options: &[&str], command: &[&str]) -> Self {
        Self::through(name, &[], options, command)
    }

    /// Started by another program, which sets limits.
    fn through(name: &str, wrapper: &[&str], options: &[&str], command: &[&str]) -> Self {
        let folder = Folder::new(&format!("safe-{name}"));
        let mut words = wrapper.iter().map(PathBuf::from).collect::<Vec<_>>();
        words.push(runner().to_owned());
        let mut host = Command::new(&words[0])
            .args(&words[1..])
            .args(["host", "--headless", "--name", name, "--listen", "127.0.0.1:0"])
            .args(options)
            .arg("--")
            .args(command)
            .env("XDG_RUNTIME_DIR", folder.path(""))
            .current_dir(folder.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a host");
        let mut lines = BufReader::new(host.stderr.take().expect("a pipe"));
        let said = Arc::new(Mutex::new(String::new()));
        let url = loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).expect("text") > 0, "no URL: {}", said.lock().unwrap());
            said.lock().unwrap().push_str(&line);
            if let Some(url) = line.split_whitespace().find(|word| word.contains("://")) {
                break url.trim_end_matches(']').to_owned();
            }
        };
        let hears = Arc::clone(&said);
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                hears.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        let (address, token) = url.split_once("/#token=").expect("a token");
        let address = address.split_once("://").expect("a scheme").1.to_owned();
        Self { folder, host, token: token.to_owned(), address, said }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.host.id()
    }

    /// What it said so far, the URL included.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    pub(crate) fn runner(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(runner());
        command.env("XDG_RUNTIME_DIR", self.folder.path("")).args(arguments);
        command
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    fn session(&self) -> Value {
        let said = self.runner(&["ps", "--json"]).output().expect("ps");
        let host: Value = serde_json::from_slice(&said.stdout).unwrap_or_default();
        host["sessions"][0].clone()
    }

    /// Open descriptors, resident KiB, and children that nobody has waited for.
    fn weight(&self) -> (usize, u64, usize) {
        let proc = PathBuf::from(format!("/proc/{}", self.pid()));
        let status = fs::read_to_string(proc.join("status")).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        let resident = line.trim().trim_end_matches(" kB").parse().expect("a number");
        let children = Command::new("ps")
            .args(["-o", "stat=", "--ppid", &self.pid().to_string()])
            .output()
            .expect("ps")
            .stdout;
        let zombies = String::from_utf8_lossy(&children).lines().filter(|stat| stat.starts_with('Z')).count();
        (fs::read_dir(proc.join("fd")).expect("it runs").count(), resident, zombies)
    }

    /// CPU time so far, in hundredths of a second.
    fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("it runs");
        let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
        fields[11].parse::<u64>().expect("user") + fields[12].parse::<u64>().expect("system")
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.pid().to_string()).status();
        let _ = self.host.wait();
    }
}

pub(crate) fn wait(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn hello(client: u64, token: &str, role: Role) -> Vec<u8> {
    let hello = Hello {
        minor: 0,
        role,
        max_body: MAX_BODY as u16,
        has: None,
        screen: false,
        client,
        input: 0,
        token: Token(token.as_bytes()),
        session: "",
    };
    let mut bytes = vec![0; 256];
    let len = Wire::stream().encode(&Frame::Hello(hello), &mut bytes).expect("it fits");
    bytes.truncate(len);
    bytes
}

/// What comes until the other side closes, or enough of it.
pub(crate) fn rest(mut stream: impl Read) -> Vec<u8> {
    let (mut all, mut bytes) = (Vec::new(), [0; 4096]);
    while let Ok(count) = stream.read(&mut bytes)
        && count > 0
    {
        all.extend_from_slice(&bytes[..count]);
    }
    all
}

/// The kind of the first frame that comes.
fn first_kind(stream: &mut TcpStream) -> Option<u8> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).ok()?;
    assert_eq!(head[0], 0xA1);
    let mut body = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]]))];
    stream.read_exact(&mut body).ok()?;
    Some(head[1])
}

/// The reason in a close frame.
fn close_reason(bytes: &[u8]) -> Option<CloseReason> {
    let at = bytes.windows(3).position(|three| three[..2] == [0xA1, 0x03] && three[2] == 0)?;
    let code = bytes.get(at + 4..at + 6)?;
    Some(CloseReason::from_code(u16::from_be_bytes([code[0], code[1]])))
}

const WELCOME: u8 = 0x02;
const SLEEP: [&str; 2] = ["sleep", "1000"];

#[test]
fn only_the_token_opens_the_tcp_port() {
    let host = Guarded::new("token", &[], &SLEEP);
    let mut right = host.connect();
    right.write_all(&hello(1, &host.token, Role::Viewer)).unwrap();
    assert_eq!(first_kind(&mut right), Some(WELCOME));
    let wrong = [
        String::new(),
        host.token[..31].to_owned(),
        format!("{}0", host.token),
        host.token.to_uppercase(),
        "0".repeat(32),
    ];
    for token in wrong.iter().filter(|token| **token != host.token) {
        let mut stream = host.connect();
        stream.write_all(&hello(2, token, Role::Viewer)).unwrap();
        assert_eq!(close_reason(&rest(stream)), Some(CloseReason::Unauthorised), "{token}");
    }
    // Once in is not in for ever: the token is asked for with every hello.
    right.write_all(&hello(1, "", Role::Controller)).unwrap();
    assert_eq!(close_reason(&rest(right)), Some(CloseReason::Unauthorised));
    assert_eq!(host.session()["peers"], 0);
}

#[test]
fn the_token_is_in_a_file_of_ours_and_nowhere_else() {
    let host = Guarded::new("secret", &[], &["sh", "-c", "sleep 1000; true"]);
    let mut guess = host.connect();
    guess.write_all(&hello(2, "guessed-by-somebody-else", Role::Viewer)).unwrap();
    rest(guess);
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let folder = host.folder.path("stillwire");
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("secret.sock")), 0o600);
    assert_eq!(mode(&folder.join("secret.token")), 0o600);
    assert_eq!(fs::read_to_string(folder.join("secret.token")).unwrap().trim(), host.token);
    let child = host.session()["pid"].to_string();
    for pid in [child, host.pid().to_string()] {
        for file in ["cmdline", "environ"] {
            let shown = fs::read(format!("/proc/{pid}/{file}")).expect("it runs");
            assert!(!String::from_utf8_lossy(&shown).contains(&host.token), "{pid} {file}");
        }
    }
    assert_eq!(host.said().matches(&host.token).count(), 1, "only in the URL: {}", host.said());
    assert!(!host.said().contains("guessed-by"), "{}", host.said());
    // A file is a log.
    let log = fs::File::create(host.folder.path("log")).expect("a file");
    let mut other = host.runner(&["host", "--headless", "--name", "logged", "--", "sleep", "1000"]);
    let mut other = other.stdin(Stdio::null()).stderr(log).spawn().expect("a host");
    wait("the second host", || host.folder.read("log").contains("logged.token"));
    let token = fs::read_to_string(folder.join("logged.token")).expect("a token");
    assert!(!host.folder.read("log").contains(token.trim()));
    Command::new("kill").arg(other.id().to_string()).status().expect("kill");
    other.wait().expect("it ends");
    assert!(!folder.join("logged.token").exists() && !folder.join("logged.sock").exists());
}

fn request(host: &Guarded, text: &str) -> String {
    let mut stream = host.connect();
    stream.write_all(text.replace("HOST", &host.address).as_bytes()).unwrap();
    let status = String::from_utf8_lossy(&rest(stream)).into_owned();
    status.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn requests_of_strangers_are_refused_with_the_reason() {
    let host = Guarded::new("http", &[], &SLEEP);
    let open = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let bearer = format!("Authorization: Bearer {}\r\n", host.token);
    let many = (0..100).map(|n| format!("X-{n}: 1\r\n")).collect::<String>();
    let table = [
        (format!("GET / HTTP/1.1\r\nHost: HOST\r\nOrigin: http://evil\r\n{open}{bearer}\r\n"), "403"),
        (format!("GET / HTTP/1.1\r\nHost: HOST\r\nOrigin: null\r\n{open}\r\n"), "403"),
        (format!("GET / HTTP/1.1\r\nHost: HOST\r\n{open}\r\n"), "403"),
        (format!("GET /?token={} HTTP/1.1\r\nHost: HOST\r\n{open}\r\n", host.token), "403"),
        (format!("GET / HTTP/1.1\r\nHost: rebound.example\r\n{open}{bearer}\r\n"), "421"),
        (format!("GET / HTTP/1.1\r\n{open}{bearer}\r\n"), "400"),
        ("GET /sessions HTTP/1.1\r\nHost: HOST\r\n\r\n".into(), "401"),
        (format!("GET /sessions?token={} HTTP/1.1\r\nHost: HOST\r\n\r\n", host.token), "401"),
        ("POST /kill?session=http HTTP/1.1\r\nHost: HOST\r\n\r\n".into(), "401"),
        (
            format!("POST /kill?session=http HTTP/1.1\r\nHost: HOST\r\nOrigin: http://evil\r\n{bearer}\r\n"),
            "403",
        ),
        (format!("GET /../../etc/passwd HTTP/1.1\r\nHost: HOST\r\n{bearer}\r\n"), "404"),
        (format!("GET /sessions HTTP/1.1\r\nHost: HOST\r\n{bearer}\r\n"), "200"),
        (format!("GET / HTTP/1.1\r\nHost: HOST\r\n{many}\r\n"), "400"),
        (format!("GET / HTTP/1.1\r\nHost: HOST\r\nX: {}\r\n\r\n", "x".repeat(9_000)), "431"),
        ("SSH-2.0-OpenSSH_9.9\r\n\r\n".into(), "400"),
    ];
    for (text, status) in table {
        assert!(request(&host, &text).starts_with(&format!("HTTP/1.1 {status}")), "{status}: {text}");
    }
    assert_eq!(host.session()["code"], Value::Null, "nobody ended it");
}

#[test]
fn garbage_and_half_frames_cost_their_sender_only() {
    let host = Guarded::new("garbage", &[], &SLEEP);
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut noise = |len: usize| -> Vec<u8> {
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed as u8
        };
        (0..len).map(|_| next()).collect()
    };
    for round in 0..200 {
        let mut stream = host.connect();
        let mut bytes = noise(1 + round * 7);
        if round % 2 == 0 {
            bytes.splice(0..1, [0xA1, round as u8, 0x40, 0x01]);
        }
        let _ = stream.write_all(&bytes); // it may be refused before it has said all
        let _ = stream.shutdown(std::net::Shutdown::Write);
        assert_ne!(rest(stream).get(..2), Some(&[0xA1, WELCOME][..]));
    }
    // A frame that is longer than any may be, and one of another version.
    for (start, reason) in
        [([0xA1, 0x01, 0xFF, 0xFF], Some(CloseReason::ProtocolError)), ([0xA2, 1, 0, 50], None)]
    {
        let mut stream = host.connect();
        stream.write_all(&start).unwrap();
        let answer = close_reason(&rest(stream));
        assert!(reason.is_none_or(|reason| answer == Some(reason)), "{answer:?}");
    }
    // What never ends: half a hello, a request byte by byte, nothing at all. Five seconds each, at the same time.
    let began = Instant::now();
    let (mut half, mut slow, silent) = (host.connect(), host.connect(), host.connect());
    half.write_all(&hello(1, &host.token, Role::Viewer)[..20]).unwrap();
    let drip = thread::spawn(move || {
        let request = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}", "x".repeat(1_000));
        for byte in request.bytes() {
            if slow.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("it may go on for ever");
    });
    assert_eq!(close_reason(&rest(half)), Some(CloseReason::HeartbeatLost));
    rest(silent);
    drip.join().unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!((&host.session()["status"], &host.session()["peers"]), (&"idle".into(), &0.into()));
}

#[test]
fn ten_thousand_connections_leave_nothing_behind() {
    let host = Guarded::new("many", &[], &SLEEP);
    let knock = |round: usize| {
        let mut stream = host.connect();
        let _ = match round % 6 {
            0 => Ok(()),
            1 => stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            2 => stream.write_all(b"GET / HT"),
            3 => stream.write_all(&hello(round as u64, &host.token, Role::Viewer)),
            4 => stream.write_all(&hello(round as u64, "wrong", Role::Viewer)),
            _ => stream.write_all(&[0xA1, 0x20, 0x00]),
        };
        if round % 12 < 6 {
            let _ = stream.set_read_timeout(Some(Duration::from_millis(1)));
            let _ = stream.read(&mut [0; 64]);
        }
    };
    let settled = || {
        wait("everybody to be gone", || host.weight().0 < 40 && host.session()["peers"] == 0);
        host.weight()
    };
    (0..2_000).for_each(knock);
    let (fds, resident, _) = settled();
    let began = Instant::now();
    (0..10_000).for_each(knock);
    let took = began.elapsed();
    let after = settled();
    assert_eq!((after.0, after.2), (fds, 0), "descriptors, zombies");
    assert!(after.1 < resident + 1_024, "{resident} KiB before, {} KiB after", after.1);
    assert_eq!(host.session()["status"], "idle");
    eprintln!("10,000 connections in {took:?}; {fds} descriptors, {resident} KiB, then {} KiB", after.1);
}

#[test]
fn places_are_limited_and_freed_and_knocking_takes_none() {
    let host = Guarded::new("places", &["--max-peers", "2"], &SLEEP);
    let attach = |client: u64| {
        let mut stream = host.connect();
        stream.write_all(&hello(client, &host.token, Role::Viewer)).unwrap();
        stream
    };
    let mut crowd: Vec<TcpStream> = (0..300).map(|_| host.connect()).collect();
    let (mut one, mut two) = (attach(1), attach(2));
    assert_eq!((first_kind(&mut one), first_kind(&mut two)), (Some(WELCOME), Some(WELCOME)));
    crowd.extend((0..300).map(|_| host.connect()));
    assert_eq!(close_reason(&rest(attach(3))), Some(CloseReason::Full));
    let mut again = attach(2);
    assert_eq!(first_kind(&mut again), Some(WELCOME), "who is in comes back on another connection");
    assert_eq!(host.session()["peers"], 2, "its owner is always told");
    drop((one, two));
    wait("a place", || first_kind(&mut attach(4)) == Some(WELCOME));
    drop(crowd);
}

#[test]
fn a_host_without_descriptors_lives_on() {
    let host = Guarded::through("fds", &["prlimit", "--nofile=48:48"], &[], &SLEEP);
    let crowd: Vec<TcpStream> = (0..200).map(|_| host.connect()).collect();
    thread::sleep(Duration::from_millis(500));
    let before = host.ticks();
    thread::sleep(Duration::from_secs(2));
    assert!(host.ticks() - before < 40, "it is not busy with those who cannot come in");
    drop(crowd);
    wait("it to answer", || host.session()["status"] == "idle");
    let mut stream = host.connect();
    stream.write_all(&hello(1, &host.token, Role::Viewer)).unwrap();
    assert_eq!(first_kind(&mut stream), Some(WELCOME));
}

#[test]
fn a_full_disk_does_not_matter() {
    let reports = ["--events", "/dev/full"];
    let host = Guarded::new("disk", &reports, &["sh", "-c", "read go; seq 1 20000; exit 5"]);
    let attach = host.runner(&["attach", "disk"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut attach = attach.expect("attach");
    attach.stdin.take().expect("a pipe").write_all(b"\n").expect("typed");
    let said = attach.wait_with_output().expect("it ends");
    assert!(String::from_utf8_lossy(&said.stdout).contains("20000"));
    assert_eq!(said.status.code(), Some(5));
}

#[test]
fn another_user_is_not_let_in_even_where_the_folder_lets_them() {
    assert_eq!(fs::metadata("/proc/self").expect("proc").uid(), 0, "only root can become somebody else");
    let host = Guarded::new("uid", &[], &SLEEP);
    let folder = host.folder.path("stillwire");
    let socket = folder.join("uid.sock");
    for (path, mode) in [(host.folder.path(""), 0o755), (folder.clone(), 0o755), (socket.clone(), 0o666)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    }
    let script = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(20)\n\
                  try:\n s.sendall(b'GET /sessions HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n'); print(len(s.recv(100)))\n\
                  except OSError: print(0)";
    let socket = socket.display().to_string();
    let setpriv =
        ["--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", script, &socket];
    let other = Command::new("setpriv").args(setpriv).output().expect("setpriv");
    assert_eq!(String::from_utf8_lossy(&other.stdout).trim(), "0", "{other:?}");
    let mut ours = UnixStream::connect(socket).expect("it listens");
    ours.write_all(b"GET /sessions HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert!(rest(ours).starts_with(b"HTTP/1.1 200"));
}

#[test]
fn a_port_that_others_reach_is_not_opened_without_a_word() {
    let folder = Folder::new("safe-open");
    let refused = Command::new(runner())
        .args(["host", "--headless", "--listen", "0.0.0.0:0", "--", "true"])
        .env("XDG_RUNTIME_DIR", folder.path(""))
        .stdin(Stdio::null())
        .output()
        .expect("a host");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("--insecure"), "{said}");
    assert!(fs::read_dir(folder.path("stillwire")).expect("a folder").next().is_none(), "nothing is left");
}
