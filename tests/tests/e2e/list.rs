//! `ps`, `top` and `kill`: who is there, what they do, and how they end.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::terminal::{Folder, Terminal, alive, runner, signal};

/// The runner, where the hosts of this test can be found.
fn command(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(runner());
    command
        .env("XDG_RUNTIME_DIR", folder.path(""))
        .env_remove("NO_COLOR")
        .args(arguments)
        .stdin(Stdio::null());
    command
}

fn run(folder: &Folder, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("the runner")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A session in the background; it ends by itself.
fn host(folder: &Folder, name: &str, script: &str) {
    let said = run(folder, &["host", "-d", "--listen", "none", "--name", name, "--", "sh", "-c", script]);
    assert!(said.status.success(), "{said:?}");
}

/// The process of the only host.
fn host_pid(folder: &Folder) -> String {
    let list = text(&run(folder, &["ps", "--json"]).stdout);
    let host: Value = serde_json::from_str(list.lines().next().expect("a host")).expect("JSON");
    host["pid"].to_string()
}

/// How often a process gave up the processor of itself.
fn switches(pid: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it is alive");
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.and_then(|count| count.trim().parse().ok()).expect("a number")
}

/// `ps --watch --json`, and its lines as they come.
pub(crate) struct Follower {
    child: Child,
    lines: Receiver<Value>,
}

impl Follower {
    pub(crate) fn new(folder: &Folder) -> Self {
        let mut child =
            command(folder, &["ps", "--watch", "--json"]).stdout(Stdio::piped()).spawn().expect("ps");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (send, lines) = channel();
        thread::spawn(move || {
            let lines = stdout.lines().map_while(Result::ok);
            for line in lines.map(|line| serde_json::from_str(&line).expect("an event line")) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// The next event of this kind about this session.
    pub(crate) fn wait(&self, session: &str, kind: &str) -> Value {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60));
            let line = line.unwrap_or_else(|_| panic!("waited in vain for {kind} of {session}"));
            if line["session"] == session && line["event"] == kind {
                return line;
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_follower_is_told_of_hosts_that_come_change_and_die_and_sleeps_between() {
    let folder = Folder::new("follow");
    let follower = Follower::new(&folder);
    host(&folder, "one", "echo working; sleep 1; echo done; exec sleep 60");
    assert!(follower.wait("one", "start")["pid"].is_number());
    assert_eq!(follower.wait("one", "status")["status"], "running");
    assert_eq!(follower.wait("one", "peers")["peers"], 0);
    let idle = follower.wait("one", "status");
    let (at, last) = (idle["t"].as_f64().expect("a time"), idle["last_visible"].as_f64().expect("a time"));
    assert!(idle["status"] == "idle" && (at - last - 3.5).abs() < 0.001, "{idle}");

    let pid = host_pid(&folder);
    let ps = follower.child.id().to_string();
    thread::sleep(Duration::from_millis(300)); // the last of what was just asked
    let before = (switches(&pid), switches(&ps));
    thread::sleep(Duration::from_secs(5));
    assert_eq!((switches(&pid), switches(&ps)), before, "nothing happened, so nobody woke");

    host(&folder, "two", "sleep 1; exit 3");
    assert_eq!(follower.wait("two", "exit")["code"], 3);
    assert!(folder.path("stillwire/one.sock").exists());
    signal("KILL", &pid);
    let gone = follower.wait("one", "gone");
    assert!(gone["t"].as_f64() > idle["t"].as_f64(), "{gone}");
    assert!(!folder.path("stillwire/one.sock").exists(), "what a dead host left is removed");
    assert_eq!(text(&run(&folder, &["ps", "--json"]).stdout), "");
}

#[test]
fn a_host_that_hangs_holds_nobody_up() {
    let folder = Folder::new("hangs");
    host(&folder, "stuck", "exec sleep 60");
    let pid = host_pid(&folder);
    host(&folder, "well", "exec sleep 60");
    signal("STOP", &pid);
    let list = run(&folder, &["ps"]);
    signal("CONT", &pid);
    assert!(text(&list.stdout).contains("well") && !text(&list.stdout).contains("stuck"), "{list:?}");
    assert!(text(&list.stderr).contains("the host of stuck does not answer"), "{list:?}");
    assert!(run(&folder, &["kill", "stuck", "well"]).status.success());
}

#[test]
fn kill_names_what_was_meant_and_returns_when_it_is_over() {
    let folder = Folder::new("ends");
    host(
        &folder,
        "build",
        "trap 'echo caught' USR1; echo $$ > \"$XDG_RUNTIME_DIR/pid\"; while :; do sleep 0.1; done",
    );
    host(&folder, "stubborn", "trap '' HUP; while :; do sleep 0.1; done");
    let wrong = run(&folder, &["kill", "biuld"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("did you mean build?"), "{wrong:?}");
    let wrong = run(&folder, &["kill", "--signal", "BREAK", "build"]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    assert!(run(&folder, &["kill", "--signal", "usr1", "build"]).status.success());
    let pid = || folder.read("pid").trim().to_owned();
    while pid().is_empty() {
        thread::sleep(Duration::from_millis(20));
    }
    assert!(alive(&pid()));
    assert!(run(&folder, &["kill", "build", "stubborn"]).status.success());
    assert!(!alive(&pid()), "it is over when kill returns");
    assert!(
        !folder.path("stillwire/stubborn.sock").exists(),
        "one that does not listen is killed after a while"
    );
}

#[test]
fn top_shows_attaches_kills_and_gives_the_terminal_back() {
    let terminal = Terminal::open("top");
    for (name, script) in [
        ("printer", "while :; do echo tick; sleep 0.2; done"),
        ("asks", "printf 'Name? '; read x; sleep 60"),
        ("rests", "exec sleep 60"),
    ] {
        host(&terminal.folder, name, script);
    }
    terminal.line("stty -a > before; runner-std top; echo rc=$?");
    terminal.wait_for("2 idle");
    terminal.wait_for("idle (awaiting input)");
    terminal.wait(&|| terminal.screen().contains(['▂', '▃']), "a sparkline");
    let screen = terminal.screen();
    assert!(screen.contains("tick") && screen.contains("Name?"), "{screen}");
    let colours = terminal.colours();
    assert!(colours.contains("5;4midle") && colours.contains("5;2mrunning"), "{colours:?}");

    terminal.text("/");
    terminal.text("await");
    terminal.wait(&|| !terminal.screen().contains("rests"), "only what fits the filter");
    terminal.key("Enter");
    terminal.key("Enter");
    terminal.wait(&|| terminal.screen().trim_end().ends_with("\nName?"), "the session itself");
    terminal.line("me");
    terminal.key("C-]");
    terminal.text("d");
    terminal.wait_for("2 running");
    terminal.key("Escape");
    terminal.wait_for("rests");

    terminal.resize(40, 10);
    let narrow = |screen: String| {
        let whole = ["asks", "rests", "q quit"].iter().all(|text| screen.contains(text));
        whole && !screen.contains("LAST LINE")
    };
    terminal.wait(&|| narrow(terminal.screen()), "a narrow list");
    terminal.resize(80, 24);
    terminal.text("G");
    terminal.text("K");
    terminal.wait_for("kill rests? y / n");
    terminal.text("n");
    terminal.wait_for("? help");
    terminal.text("K");
    terminal.wait_for("kill rests? y / n");
    terminal.text("y");
    terminal.wait_for("rests: exited 129");

    terminal.text("q");
    terminal.wait_for("rc=0");
    terminal.line("sh -c 'echo $$ > pid; exec runner-std top printer'; echo rc=$?");
    terminal.wait_for("1 running");
    signal("TERM", terminal.folder.read("pid").trim());
    terminal.wait_for("rc=143");
    terminal.line("stty -a > after; echo writ''ten");
    terminal.wait_for("written\n");
    assert_eq!(terminal.folder.read("after"), terminal.folder.read("before"));
    run(&terminal.folder, &["kill", "printer", "asks"]);
    let refused = run(&terminal.folder, &["top"]);
    assert!(refused.status.code() == Some(2) && text(&refused.stderr).contains("ps --watch"), "{refused:?}");
}

#[test]
fn a_list_on_a_terminal_stays_in_its_place() {
    let terminal = Terminal::open("list");
    terminal.line("NO_COLOR= runner-std ps --watch");
    terminal.wait_for("NAME");
    host(&terminal.folder, "comes", "echo one; exec sleep 60");
    terminal.wait_for("comes  running");
    terminal.wait_for("comes  idle (");
    let screen = terminal.screen();
    assert_eq!(screen.matches("NAME").count(), 1, "{screen}");
    assert_eq!(screen.matches("comes").count(), 1, "{screen}");
    assert!(terminal.colours().contains("\x1b[34midle"), "{}", terminal.colours());
    run(&terminal.folder, &["kill", "comes"]);
    terminal.wait(&|| !terminal.screen().contains("comes"), "a list without it");
    terminal.key("C-c");
}
