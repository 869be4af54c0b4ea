//! Sessions that outlive who looks at them: hosts in the background, clients of every kind, links that break.

use std::fs;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::terminal::{Folder, alive, runner, signal};

const PATIENCE: Duration = Duration::from_secs(60);

/// A host in the background, ended with the test.
pub(crate) struct Hosted {
    pub(crate) folder: Folder,
    pub(crate) name: String,
    /// What it said when it began.
    pub(crate) hello: String,
}

impl Hosted {
    pub(crate) fn new(name: &str, options: &[&str], command: &[&str]) -> Self {
        let mut hosted = Self { folder: Folder::new(name), name: name.into(), hello: String::new() };
        hosted.start(options, command);
        hosted
    }

    pub(crate) fn start(&mut self, options: &[&str], command: &[&str]) {
        let mut host = self.runner(&["host", "-d", "--name", &self.name]);
        host.args(options).arg("--").args(command).stdin(Stdio::null());
        let said = host.output().expect("a host");
        self.hello = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(said.status.success(), "{}", self.hello);
    }

    /// The runner, where this host can be found.
    pub(crate) fn runner(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(runner());
        command.env("XDG_RUNTIME_DIR", self.folder.path("")).env_remove("STILLWIRE_TOKEN").args(arguments);
        command
    }

    /// A script's client: what it says is typed, and its output is read.
    pub(crate) fn attach(&self, arguments: &[&str]) -> Child {
        let mut attach = self.runner(&["attach"]);
        let piped =
            attach.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        piped.spawn().expect("attach")
    }

    /// Types into the session, and gives what came until it ended.
    pub(crate) fn script(&self, arguments: &[&str], typed: &str) -> Output {
        let mut attach = self.attach(arguments);
        attach.stdin.take().expect("a pipe").write_all(typed.as_bytes()).expect("somebody reads it");
        attach.wait_with_output().expect("it ends")
    }

    pub(crate) fn list(&self) -> Value {
        let said = self.runner(&["ps", "--json"]).output().expect("ps");
        serde_json::from_slice(&said.stdout).unwrap_or_default()
    }

    pub(crate) fn session(&self) -> Value {
        self.list()["sessions"][0].clone()
    }

    pub(crate) fn pid(&self) -> u64 {
        self.list()["pid"].as_u64().expect("it runs")
    }

    pub(crate) fn url(&self) -> &str {
        let url = self.hello.split_whitespace().find(|word| word.starts_with("http://")).expect("a URL");
        url.trim_end_matches(']')
    }

    pub(crate) fn address(&self) -> &str {
        self.url().trim_start_matches("http://").split('/').next().expect("an address")
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        if let Some(pid) = self.list()["pid"].as_u64() {
            let _ = Command::new("kill").arg(pid.to_string()).status();
        }
    }
}

pub(crate) fn wait(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The next line that has `text` in it.
pub(crate) fn line_with(out: &mut impl BufRead, text: &str) -> String {
    loop {
        let mut line = String::new();
        assert!(out.read_line(&mut line).expect("text") > 0, "the end came before {text:?}");
        if line.contains(text) {
            return line;
        }
    }
}

pub(crate) const SHELL: [&str; 2] = ["sh", "-i"];

#[test]
fn a_script_types_reads_and_gets_the_exit_code() {
    let host = Hosted::new("script", &["--listen", "none"], &SHELL);
    let view = host.attach(&["--view", "script"]);
    writeln!(view.stdin.as_ref().expect("a pipe"), "exit 3").expect("typed");
    wait("a viewer", || host.session()["peers"] == 1);
    let said = host.script(&["script"], "echo $((40 + 2)) $STILLWIRE_SESSION\nexit 7\n");
    assert!(String::from_utf8_lossy(&said.stdout).contains("42 script"), "{said:?}");
    assert_eq!(said.status.code(), Some(7));
    wait("the host to leave", || host.list().is_null());
    assert!(!host.folder.path("stillwire/script.sock").exists());
    let view = view.wait_with_output().expect("ended");
    let told = String::from_utf8_lossy(&view.stderr).into_owned();
    assert!(told.contains("script: only watching") && view.status.code() == Some(7), "{told}");
}

#[test]
fn a_session_goes_on_without_anybody_and_is_listed_and_killed() {
    let host =
        Hosted::new("alone", &["--listen", "none"], &["sh", "-c", "trap '' HUP; echo begun; sleep 1000"]);
    wait("it to fall idle", || host.session()["status"] == "idle");
    let session = host.session();
    assert_eq!((&session["name"], &session["peers"]), (&Value::from("alone"), &Value::from(0)));
    let table = host.runner(&["ps"]).output().expect("ps").stdout;
    let table = String::from_utf8_lossy(&table).into_owned();
    assert!(table.contains("alone") && table.contains("idle ("), "{table}");
    let child = session["pid"].to_string();
    let (began, killed) = (Instant::now(), host.runner(&["kill", "alone"]).status().expect("kill"));
    assert!(killed.success());
    wait("the end of what ignores a hangup", || !alive(&child));
    assert!(began.elapsed() > Duration::from_secs(2), "it had its grace");
    wait("the host to leave", || host.list().is_null());
}

#[test]
fn a_grandchild_that_holds_the_terminal_blocks_nothing() {
    let script = "trap '' HUP; (trap '' HUP; sleep 1000) & echo $! > left; exit 3";
    let mut host = Hosted { folder: Folder::new("left"), name: "left".into(), hello: String::new() };
    let left = host.folder.path("left");
    let script = script.replace("> left", &format!("> '{}'; read go", left.display()));
    host.start(&["--listen", "none"], &["bash", "-c", &script]);
    let said = host.script(&["left"], "\n");
    assert_eq!(said.status.code(), Some(3), "{said:?}");
    wait("the host to leave", || host.list().is_null());
    signal("KILL", fs::read_to_string(left).expect("a number").trim());
}

#[test]
fn urls_with_the_token_reach_a_session_and_others_do_not() {
    let host = Hosted::new("url", &[], &SHELL);
    let tcp = host.url().replace("http://", "tcp://");
    for (url, count) in [(host.url(), 1), (tcp.as_str(), 2)] {
        let mut attach = host.attach(&[url]);
        let mut input = attach.stdin.take().expect("a pipe");
        writeln!(input, "echo over-$((40 + {count}))").expect("typed");
        line_with(
            &mut BufReader::new(attach.stdout.take().expect("a pipe")),
            &format!("over-{}", 40 + count),
        );
        attach.kill().expect("killed");
        attach.wait().expect("ended");
    }
    for wrong in [host.url().split('#').next().expect("a URL").to_owned(), tcp[..tcp.len() - 1].to_owned()] {
        let refused = host.script(&[&wrong], "");
        assert_eq!(refused.status.code(), Some(1), "{wrong}: {refused:?}");
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(told.contains("token") && told.contains("--token-file"), "{told}");
    }
    let mut page = TcpStream::connect(host.address()).expect("it listens");
    page.write_all(b"GET /sessions HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("asked");
    let mut answer = String::new();
    page.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    let token = host.url().split("token=").nth(1).expect("a token");
    let args = fs::read_to_string(format!("/proc/{}/cmdline", host.pid())).expect("it runs");
    let told = fs::read_to_string(format!("/proc/{}/environ", host.session()["pid"])).expect("it runs");
    assert!(!args.contains(token) && !told.contains(token), "the token is told to nobody");
}

#[test]
fn a_script_that_is_superseded_ends_and_says_so() {
    let host = Hosted::new("over", &["--listen", "127.0.0.1:0"], &SHELL);
    let first = host.attach(&["over"]);
    wait("the first to be in", || host.session()["controllers"] == 1);
    let second = host.attach(&["over"]);
    let over = first.wait_with_output().expect("ended");
    let told = String::from_utf8_lossy(&over.stderr).into_owned();
    assert!(told.contains("over: taken over by another terminal") && told.contains("--share"), "{told}");
    assert_eq!(over.status.code(), Some(1));
    let third = host.attach(&[host.url()]);
    let over = second.wait_with_output().expect("ended");
    let told = String::from_utf8_lossy(&over.stderr).into_owned();
    assert!(told.contains("over: taken over by another terminal, 127.0.0.1:"), "{told}");
    let controller = host.session()["controller"].as_str().expect("somebody").to_owned();
    assert!(told.contains(&controller), "{told} {controller}");
    let last = host.attach(&["over"]);
    let over = third.wait_with_output().expect("ended");
    let told = String::from_utf8_lossy(&over.stderr).into_owned();
    assert!(told.contains("taken over by another terminal, ") && told.contains("this machine"), "{told}");
    writeln!(last.stdin.as_ref().expect("a pipe"), "exit 9").expect("typed");
    assert_eq!(last.wait_with_output().expect("ended").status.code(), Some(9));
}

#[test]
fn a_client_outlives_its_host() {
    let mut host = Hosted::new("again", &["--listen", "none"], &SHELL);
    let mut attach = host.attach(&["again"]);
    let mut shown = BufReader::new(attach.stdout.take().expect("a pipe"));
    let mut input = attach.stdin.take().expect("a pipe");
    writeln!(input, "echo before-$((1 + 1))").expect("typed");
    line_with(&mut shown, "before-2");
    let child = host.session()["pid"].to_string();
    signal("KILL", &host.pid().to_string());
    wait("the session to be hung up", || !alive(&child));
    host.start(&["--listen", "none"], &SHELL);
    wait("the client to be back", || host.session()["peers"] == 1);
    writeln!(input, "echo after-$((1 + 2)); exit 4").expect("typed");
    line_with(&mut shown, "after-3");
    assert_eq!(attach.wait().expect("ended").code(), Some(4));
}

/// Every line that was printed is shown once and in order, or is in a gap that was told.
#[test]
fn every_line_arrives_once_or_is_told_to_be_lost() {
    const LINES: usize = 400_000;
    let script = format!("read go; seq -f 'line %08g of a long output' {LINES}; echo the end");
    let host = Hosted::new("lines", &["--listen", "none", "--history", "128KiB"], &["bash", "-c", &script]);
    let mut attach = host.attach(&["lines"]);
    let pid = attach.id().to_string();
    writeln!(attach.stdin.as_ref().expect("a pipe"), "go").expect("typed");
    let stopper = thread::spawn(move || {
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(150));
            signal("STOP", &pid);
            thread::sleep(Duration::from_millis(700));
            signal("CONT", &pid);
        }
    });
    let shown = BufReader::new(attach.stdout.take().expect("a pipe"));
    let (mut bytes, mut last, mut cut) = (0_u64, 0, 0);
    for line in shown.split(b'\n') {
        let line = line.expect("bytes");
        bytes += line.len() as u64 + 1;
        let text = String::from_utf8_lossy(&line);
        if let Some(number) = text.split("line ").nth(1).and_then(|text| text.get(..8)?.parse::<usize>().ok())
        {
            assert!(number > last, "{number} after {last}");
            cut += usize::from(number != last + 1);
            last = number;
        }
    }
    stopper.join().expect("it stopped and went on");
    let mut told = String::new();
    attach.stderr.take().expect("a pipe").read_to_string(&mut told).expect("text");
    let lost: u64 = told.split('[').filter_map(|text| text.split(' ').next()?.parse::<u64>().ok()).sum();
    let printed = (LINES * "line 00000001 of a long output\r\n".len() + "the end\r\n".len()) as u64;
    // The line that was typed is echoed.
    assert_eq!(bytes + lost, printed + "go\r\n".len() as u64, "{cut} cuts, told: {told}");
    assert_eq!(last, LINES, "the end is there");
    assert!(attach.wait().expect("ended").success());
}

/// Carries bytes to a host and back, and breaks: each connection after so many bytes, at once or by falling silent.
fn flaky(host: String, lives: Vec<usize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        let mut lives = lives.into_iter();
        for client in listener.incoming().map_while(Result::ok) {
            let (near, far) = (client, TcpStream::connect(&host).expect("the host"));
            let (mut up, mut to) = (near.try_clone().expect("a copy"), far.try_clone().expect("a copy"));
            thread::spawn(move || {
                let _ = std::io::copy(&mut up, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
            let life = lives.next().unwrap_or(usize::MAX);
            thread::spawn(move || {
                let _ = std::io::copy(&mut (&far).take(life as u64), &mut &near);
                let _ = near.shutdown(Shutdown::Both);
                let _ = far.shutdown(Shutdown::Both);
            });
        }
    });
    address
}

#[test]
fn a_link_that_breaks_shows_every_line_once() {
    const LINES: usize = 60_000;
    let script = format!("read go; seq -f 'line %08g of a long output' {LINES}; read on; exit 8");
    let host = Hosted::new("cuts", &["--history", "4MiB"], &["bash", "-c", &script]);
    let token = host.url().split('#').nth(1).expect("a token").to_owned();
    for scheme in ["tcp", "ws"] {
        let address = flaky(host.address().to_owned(), vec![100_000, 300_000, 1]);
        let mut attach = host.attach(&[&format!("{scheme}://{address}/#{token}")]);
        let mut input = attach.stdin.take().expect("a pipe");
        if scheme == "tcp" {
            writeln!(input, "go").expect("typed");
        }
        let mut shown = BufReader::new(attach.stdout.take().expect("a pipe"));
        for number in 1..=LINES {
            let line = line_with(&mut shown, "line ");
            assert_eq!(line.trim_end(), format!("line {number:08} of a long output"), "{scheme}");
        }
        if scheme == "ws" {
            writeln!(input, "on").expect("typed");
            assert_eq!(attach.wait().expect("ended").code(), Some(8));
        } else {
            attach.kill().expect("killed");
            attach.wait().expect("ended");
        }
    }
}

#[test]
fn a_viewer_that_stands_still_stops_nobody() {
    let host = Hosted::new("still", &["--listen", "none"], &["sh", "-c", "read go; exec yes"]);
    let mut attach = host.attach(&["still"]);
    writeln!(attach.stdin.as_ref().expect("a pipe"), "go").expect("typed");
    wait("output", || host.session()["printed"].as_u64() > Some(0));
    signal("STOP", &attach.id().to_string());
    let before = host.session()["printed"].as_u64().expect("a number");
    // More than everything on the way to it holds.
    wait("output that it does not read", || host.session()["printed"].as_u64() > Some(before + (4 << 20)));
    attach.kill().expect("killed");
    attach.wait().expect("ended");
}

#[test]
fn an_idle_host_sleeps() {
    let host = Hosted::new("sleeps", &[], &["sleep", "1000"]);
    let pid = host.pid();
    wait("it to fall idle", || host.session()["status"] == "idle");
    let switches = || {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
        status.lines().filter(|line| line.contains("ctxt_switches")).map(str::to_owned).collect::<Vec<_>>()
    };
    thread::sleep(Duration::from_millis(500));
    let before = switches();
    thread::sleep(Duration::from_secs(5));
    assert_eq!(switches(), before, "nothing polls");
}

#[test]
fn two_thousand_who_knock_and_go_leave_nothing_behind() {
    let host = Hosted::new("knocks", &["--max-peers", "16"], &["sleep", "1000"]);
    let descriptors = |pid: u64| fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs").count();
    let pid = host.pid();
    let before = descriptors(pid);
    for round in 0..2_000 {
        // A host whose slots are all taken closes at once.
        let Ok(mut stream) = TcpStream::connect(host.address()) else { panic!("round {round}") };
        let _ = match round % 4 {
            0 => Ok(()),
            1 => stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            2 => stream.write_all(b"\xA1\xFF\xFF\xFF"),
            _ => stream.write_all(&[0xA1, 1, 0, 200, 0]),
        };
    }
    wait("all to be forgotten", || descriptors(pid) <= before);
    let mut viewer = host.attach(&["knocks", "--view"]);
    wait("a viewer to be in", || host.session()["peers"] == 1);
    viewer.kill().expect("killed");
    viewer.wait().expect("ended");
}

/// Where a serial port comes and goes: a pair of socat.
#[test]
fn a_serial_port_that_is_plugged_in_later_is_a_session() {
    let folder = Folder::new("serial");
    let (near, far): (PathBuf, PathBuf) = (folder.path("near"), folder.path("far"));
    let device = format!("{}:9600", near.display());
    let mut host = Hosted { folder, name: "tty".into(), hello: String::new() };
    let plug = || {
        let end = |path: &PathBuf| format!("PTY,raw,echo=0,link={}", path.display());
        Command::new("socat")
            .args([end(&near), end(&far)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("socat (tests/run e2e installs it)")
    };
    let mut said = host.runner(&["host", "-d", "--listen", "none", "--name", "tty", "--serial", &device]);
    host.hello = String::from_utf8_lossy(&said.output().expect("a host").stderr).into_owned();
    let mut attach = host.attach(&["tty"]);
    let mut shown = BufReader::new(attach.stdout.take().expect("a pipe"));
    for round in 1..=2 {
        wait("its absence to be known", || host.session()["trouble"] == "No such file or directory");
        let mut socat = plug();
        wait("the device", || far.exists());
        let mut board = fs::OpenOptions::new().read(true).write(true).open(&far).expect("the other end");
        writeln!(attach.stdin.as_ref().expect("a pipe"), "boot {round}").expect("typed");
        let mut heard = BufReader::new(board.try_clone().expect("a descriptor"));
        assert_eq!(line_with(&mut heard, "boot"), format!("boot {round}\n"));
        writeln!(board, "kernel {round} panics").expect("printed");
        assert_eq!(line_with(&mut shown, "kernel"), format!("kernel {round} panics\n"));
        assert!(host.session()["trouble"].is_null());
        socat.kill().expect("killed");
        socat.wait().expect("ended");
        wait("it to be unplugged", || !far.exists());
    }
    wait("its absence to be known", || !host.session()["trouble"].is_null());
    assert!(host.runner(&["kill", "tty"]).status().expect("kill").success());
    let said = attach.wait_with_output().expect("ended");
    let told = String::from_utf8_lossy(&said.stderr).into_owned();
    for why in ["No such file or directory", "it was unplugged"] {
        assert!(told.contains(&format!("[tty waits for {}: {why}]", near.display())), "{told}");
    }
}

#[test]
fn a_file_lists_sessions_and_each_is_reached_by_its_name() {
    let mut host = Hosted { folder: Folder::new("file"), name: "one".into(), hello: String::new() };
    let sessions = "listen = 'none'\n[[session]]\nname = 'one'\ncommand = ['sh', '-i']\n\
                    [[session]]\nname = 'two'\ncommand = 'echo here is two; read line; exit 5'\n";
    host.folder.write("host.toml", sessions);
    let config = host.folder.path("host.toml");
    let config = config.to_str().expect("text");
    let said =
        host.runner(&["host", "-d", "--config", config]).stdin(Stdio::null()).output().expect("a host");
    host.hello = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.status.success(), "{}", host.hello);
    let two = host.script(&["two"], "\n");
    assert!(String::from_utf8_lossy(&two.stdout).contains("here is two"), "{two:?}");
    assert_eq!(two.status.code(), Some(5));
    assert!(!host.script(&[], "").status.success(), "there are two to choose from");
    assert_eq!(host.script(&["one"], "exit 6\n").status.code(), Some(6));
    wait("the host to leave", || host.list().is_null());
    host.folder.write("host.toml", "share = true\nidle-timeuot = '10m'\n");
    let wrong =
        host.runner(&["host", "-d", "--config", config]).stdin(Stdio::null()).output().expect("a host");
    let told = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(told.contains("line 2") && told.contains("idle-timeuot"), "{told}");
}

#[test]
fn a_host_that_nobody_uses_leaves_and_says_why() {
    let host = Hosted::new("unused", &["--listen", "none", "--idle-timeout", "2s"], &["sleep", "1000"]);
    let child = host.session()["pid"].to_string();
    let mut attach = host.attach(&["unused"]);
    let mut told = String::new();
    attach.stderr.take().expect("a pipe").read_to_string(&mut told).expect("text");
    assert!(told.contains("nobody used it"), "{told}");
    assert_eq!(attach.wait().expect("ended").code(), Some(1));
    wait("the session to end", || !alive(&child));
    let mut service = host.runner(&["host", "--headless", "--listen", "none", "--", "sleep", "1000"]);
    let ended = service.env("STILLWIRE_IDLE_TIMEOUT", "1s").stdin(Stdio::null()).output().expect("a host");
    let log = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success() && log.contains("idle exit (no connection)"), "{log}");
}

#[test]
fn a_shared_session_is_typed_into_by_all() {
    let host = Hosted::new("share", &["--listen", "none", "--share"], &SHELL);
    let (mut first, mut second) = (host.attach(&["share"]), host.attach(&["share"]));
    wait("both to be in", || host.session()["controllers"] == 2);
    let mut shown = BufReader::new(first.stdout.take().expect("a pipe"));
    for (number, client) in [&first, &second, &first, &second].into_iter().enumerate() {
        writeln!(client.stdin.as_ref().expect("a pipe"), "echo turn-$((10 + {number}))").expect("typed");
        line_with(&mut shown, &format!("turn-{}", 10 + number));
    }
    writeln!(second.stdin.as_ref().expect("a pipe"), "exit 2").expect("typed");
    assert_eq!(first.wait().expect("ended").code(), Some(2));
    assert_eq!(second.wait().expect("ended").code(), Some(2));
}
