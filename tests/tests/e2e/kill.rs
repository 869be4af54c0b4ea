//! Hosts and clients that are killed at any moment: the next one finds everything in order.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use crate::sessions::{Hosted, wait};
use crate::terminal::{Folder, alive, signal};

/// Numbers that follow from a seed (an LCG of Knuth's), so that a run can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

#[test]
fn clients_that_are_killed_at_any_moment_lose_nothing_of_the_session() {
    const LINES: usize = 20_000;
    let script = format!("read go; seq -f 'line %06g of the output' {LINES}; read end; exit 5");
    let host = Hosted::new("killed", &["--listen", "none", "--history", "4MiB"], &["sh", "-c", &script]);
    let mut dice = Dice(7);
    for round in 0..12 {
        let mut attach = host.attach(&["killed"]);
        let mut typed = attach.stdin.take().expect("a pipe");
        if round == 0 {
            writeln!(typed, "go").expect("typed");
        }
        // Killed after it has shown so much: before it is in, in the middle, and at the end.
        let mut shown = BufReader::new(attach.stdout.take().expect("a pipe"));
        let mut line = Vec::new();
        let first = u64::from(round == 0) * 3; // by then the session has heard the line
        for _ in 0..first + dice.below(if round < 6 { 10 } else { 5_000 }) {
            line.clear();
            shown.read_until(b'\n', &mut line).expect("output");
        }
        attach.kill().expect("killed");
        attach.wait().expect("ended");
    }
    wait("those who were killed to be forgotten", || host.session()["peers"] == 0);
    let last = host.script(&["killed"], "end\n");
    assert_eq!(last.status.code(), Some(5));
    let told = String::from_utf8_lossy(&last.stdout).into_owned();
    let lines: Vec<&str> = told.lines().filter(|line| line.starts_with("line ")).collect();
    assert_eq!(lines.last().map(|line| line.trim_end()), Some("line 020000 of the output"));
}

#[test]
fn hosts_that_are_killed_at_any_moment_leave_a_name_that_can_be_taken_again() {
    let mut host = Hosted { folder: Folder::new("rekilled"), name: "again".into(), hello: String::new() };
    let mut dice = Dice(11);
    for round in 0..8 {
        host.start(&["--listen", "none"], &["sh", "-c", "while :; do echo $((n += 1)); done"]);
        let (pid, child) = (host.pid().to_string(), host.session()["pid"].to_string());
        let mut attach = host.attach(&["again"]);
        let mut shown = BufReader::new(attach.stdout.take().expect("a pipe")).lines();
        for _ in 0..dice.below(2_000) {
            shown.next().expect("a line").expect("text");
        }
        signal("KILL", &pid);
        wait("its session to be hung up", || !alive(&child));
        attach.kill().expect("killed");
        attach.wait().expect("ended");
        assert!(host.list().is_null(), "round {round}: nobody is there, and ps says so");
    }
    let left: Vec<_> = fs::read_dir(host.folder.path("stillwire")).expect("a folder").flatten().collect();
    let sockets = left.iter().filter(|entry| entry.path().extension().is_some_and(|end| end == "sock"));
    assert_eq!(sockets.count(), 0, "{left:?}");
}

#[test]
fn a_thousand_sessions_of_one_host_are_listed_attached_to_and_end() {
    const SESSIONS: usize = 1_000;
    let mut host = Hosted { folder: Folder::new("many"), name: "s1".into(), hello: String::new() };
    let table = |number| {
        format!("[[session]]\nname = 's{number}'\ncommand = ['sh', '-c', 'read x; echo got-$x; read y']\n")
    };
    let tables: String = (1..=SESSIONS).map(table).collect();
    host.folder.write("host.toml", &format!("listen = 'none'\nhistory = '64KiB'\n{tables}"));
    let config = host.folder.path("host.toml").display().to_string();
    let said =
        host.runner(&["host", "-d", "--config", &config]).stdin(Stdio::null()).output().expect("a host");
    host.hello = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.status.success(), "{}", host.hello);
    assert_eq!(host.list()["sessions"].as_array().map(Vec::len), Some(SESSIONS));
    for name in ["s1", "s500", "s1000"] {
        let mut attach = host.attach(&[name]);
        writeln!(attach.stdin.as_ref().expect("a pipe"), "{name}").expect("typed");
        let shown = BufReader::new(attach.stdout.take().expect("a pipe"));
        let got = shown.lines().map_while(Result::ok).any(|line| line.trim_end() == format!("got-{name}"));
        assert!(got, "{name}");
        attach.kill().expect("killed");
        attach.wait().expect("ended");
    }
    let pid = host.pid().to_string();
    let child = host.session()["pid"].to_string();
    signal("TERM", &pid);
    wait("all of them to end", || !alive(&pid) && !alive(&child));
}
