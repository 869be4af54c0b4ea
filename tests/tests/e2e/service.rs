//! A host as a service: what systemd hands over, and what it is told.

use std::io::{BufReader, Write as _};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use stillwire::link::frame::Role;

use crate::safety::{hello, wait};
use crate::sessions::{Hosted, line_with};
use crate::terminal::{Folder, runner};

#[test]
fn a_service_takes_its_socket_and_tells_that_it_is_ready_alive_and_stopping() {
    let folder = Folder::new("service");
    let notified = UnixDatagram::bind(folder.path("notify")).expect("a socket");
    notified.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    let told = || {
        let mut word = [0; 64];
        let count = notified.recv(&mut word).expect("a word");
        String::from_utf8_lossy(&word[..count]).into_owned()
    };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let log = std::fs::File::create(folder.path("log")).expect("a file");
    // systemd gives descriptor 3, and says to whom.
    let script = "LISTEN_PID=$$ WATCHDOG_PID=$$ \
                  exec \"$0\" host --name unit -- sh -c 'exec sleep 1000' 3<&0 0</dev/null";
    let inherited = OwnedFd::from(listener.try_clone().expect("a descriptor"));
    let mut host = Command::new("bash")
        .args(["-c", script])
        .arg(runner())
        .env("XDG_RUNTIME_DIR", folder.path(""))
        .env("NOTIFY_SOCKET", folder.path("notify"))
        .env("WATCHDOG_USEC", "400000")
        .env("LISTEN_FDS", "1")
        .stdin(Stdio::from(inherited))
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("a host");
    assert_eq!(told(), "READY=1");
    assert_eq!((told(), told()), ("WATCHDOG=1".into(), "WATCHDOG=1".into()));
    let token = folder.read("stillwire/unit.token");
    assert!(token.len() > 30 && !folder.read("log").contains(token.trim()), "the journal has no token");
    let mut client = std::net::TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
    client.write_all(&hello(1, token.trim(), Role::Viewer)).expect("sent");
    let mut welcome = [0; 2];
    std::io::Read::read_exact(&mut client, &mut welcome).expect("an answer");
    assert_eq!(welcome, [0xA1, 0x02]);
    wait("a line about it", || folder.read("log").contains("attached"));
    let shown = Command::new(runner())
        .args(["ps", "--json"])
        .env("XDG_RUNTIME_DIR", folder.path(""))
        .output()
        .expect("ps");
    let list: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    let child =
        std::fs::read_to_string(format!("/proc/{}/environ", list["sessions"][0]["pid"])).expect("it runs");
    for private in ["NOTIFY_SOCKET", "WATCHDOG", "LISTEN_"] {
        assert!(!child.contains(private), "{private} is not for the session");
    }
    Command::new("kill").arg(host.id().to_string()).status().expect("kill");
    while told() != "STOPPING=1" {}
    assert_eq!(host.wait().expect("it ends").code(), Some(0));
    assert!(!folder.path("stillwire/unit.token").exists());
}

#[test]
fn a_supervisor_that_does_not_listen_stops_no_host_and_hears_all_of_it_later() {
    let host = Hosted { folder: Folder::new("unheard"), name: "unheard".into(), hello: String::new() };
    let path = host.folder.path("notify");
    let notified = UnixDatagram::bind(&path).expect("a socket");
    notified.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    let other = UnixDatagram::unbound().expect("a socket");
    other.set_nonblocking(true).expect("a socket");
    while other.send_to(b"noise", &path).is_ok() {}
    let mut service = host
        .runner(&["host", "--headless", "--listen", "none", "--name", "unheard", "--", "sh", "-i"])
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "20000")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a host");
    wait("it to serve", || host.session()["status"] == "idle");
    let mut attach = host.attach(&["unheard"]);
    let mut shown = BufReader::new(attach.stdout.take().expect("a pipe"));
    writeln!(attach.stdin.as_ref().expect("a pipe"), "echo here-$((40 + 2))").expect("typed");
    line_with(&mut shown, "here-42");
    let told = || {
        let mut word = [0; 64];
        let count = notified.recv(&mut word).expect("a word");
        String::from_utf8_lossy(&word[..count]).into_owned()
    };
    let first = std::iter::repeat_with(told).find(|word| word != "noise");
    assert_eq!(first.as_deref(), Some("READY=1"));
    assert_eq!(told(), "WATCHDOG=1");
    writeln!(attach.stdin.as_ref().expect("a pipe"), "exit 7").expect("typed");
    assert_eq!(attach.wait().expect("ended").code(), Some(7));
    assert_eq!(service.wait().expect("ended").code(), Some(7));
}
