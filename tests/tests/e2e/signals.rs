//! Signals that whoever starts us ignores, as `nohup` does: a session of a host is none of his business.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::sessions::{Hosted, wait};
use crate::terminal::{Folder, runner, signal};

/// Runs the runner with what a careless parent leaves behind: signals ignored, and held back.
fn deaf(host: &Hosted, arguments: &[&str]) -> Output {
    let mut command = Command::new("env");
    command
        .args(["--ignore-signal=HUP,INT,QUIT,TERM,PIPE,CHLD,TSTP,USR1", "--block-signal=TERM,USR2"])
        .arg(runner())
        .args(arguments)
        .env("XDG_RUNTIME_DIR", host.folder.path(""))
        .stdin(Stdio::null());
    command.output().expect("env, of coreutils")
}

/// Signals 1 to 31, in a mask of proc(5); some of those behind are the C library's own.
const STANDARD: u64 = (1 << 31) - 1;

/// A mask that a session shows.
fn mask(text: &str, name: &str) -> u64 {
    let words = text.split_once(name).and_then(|(_, rest)| rest.split_whitespace().next());
    words.and_then(|mask| u64::from_str_radix(mask, 16).ok()).unwrap_or_else(|| panic!("{name} {text}"))
}

#[test]
fn a_session_hears_signals_that_whoever_started_its_host_ignores() {
    let mut host = Hosted { folder: Folder::new("deaf"), name: "deaf".into(), hello: String::new() };
    let script = "read go; grep -E 'Sig(Ign|Blk)' /proc/self/status; read on; exec sleep 1000";
    let started =
        deaf(&host, &["host", "-d", "--name", "deaf", "--listen", "none", "--", "sh", "-c", script]);
    host.hello = String::from_utf8_lossy(&started.stderr).into_owned();
    assert!(started.status.success(), "{}", host.hello);
    let mut attach = host.attach(&["deaf"]);
    let mut typed = attach.stdin.take().expect("a pipe");
    writeln!(typed, "go").expect("typed");
    writeln!(typed, "on").expect("typed");
    wait("the last program", || {
        let pid = host.session()["pid"].to_string();
        std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "sleep\n")
    });
    let killed = host.runner(&["kill", "deaf"]).output().expect("kill");
    assert!(killed.status.success(), "{killed:?}");
    let shown = attach.wait_with_output().expect("ended");
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert_eq!((mask(&text, "SigBlk:") & STANDARD, mask(&text, "SigIgn:") & STANDARD), (0, 0), "{text}");
    assert_eq!(shown.status.code(), Some(129), "a hang-up ended it, and nothing harder");
    wait("the host to leave", || host.list().is_null());
}

#[test]
fn whoever_is_attached_leaves_when_the_host_says_that_it_goes() {
    let host = Hosted::new("goes", &["--listen", "none"], &["sleep", "1000"]);
    let attach = host.attach(&["goes"]);
    wait("it to be in", || host.session()["peers"] == 1);
    signal("TERM", &host.pid().to_string());
    let end = attach.wait_with_output().expect("ended");
    let told = String::from_utf8_lossy(&end.stderr).into_owned();
    assert!(told.contains("goes: its host has gone") && told.contains("runner-std ps"), "{told}");
    assert_eq!(end.status.code(), Some(1));
}

#[test]
fn a_command_that_is_watched_keeps_what_is_ignored_and_its_end_is_noticed() {
    let host = Hosted { folder: Folder::new("nohup"), name: "nohup".into(), hello: String::new() };
    let script = "grep SigIgn /proc/self/status; exit 6";
    let shown = deaf(&host, &["watch", "--", "sh", "-c", script]);
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert_eq!(mask(&text, "SigIgn:") & 1, 1, "a hang-up: {text}");
    assert_eq!(shown.status.code(), Some(6));
}
