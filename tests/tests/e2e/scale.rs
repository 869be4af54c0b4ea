//! Many sessions: what they cost when nothing happens, and how long one of them waits for the others.

use std::fs;
use std::io::{BufReader, Write as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::sessions::{Hosted, line_with, wait};
use crate::terminal::{Folder, runner};

/// A configuration with so many sessions that sleep, and one that answers.
fn many(folder: &Folder, sessions: usize) -> String {
    let mut text = String::from("listen = 'none'\n[[session]]\nname = 'answers'\ncommand = ['sh', '-i']\n");
    for number in 0..sessions {
        text.push_str(&format!("[[session]]\nname = 'sleeper-{number}'\ncommand = ['sleep', '100000']\n"));
    }
    folder.write("host.toml", &text);
    folder.path("host.toml").to_str().expect("text").to_owned()
}

/// A host in the background, with these limits of open files.
fn start(folder: &Folder, files: &str, config: &str) -> (bool, String) {
    let mut host = Command::new("prlimit");
    host.arg(format!("--nofile={files}")).arg(runner()).args(["host", "-d", "--config", config]);
    let said = host.env("XDG_RUNTIME_DIR", folder.path("")).stdin(Stdio::null()).output().expect("a host");
    (said.status.success(), String::from_utf8_lossy(&said.stderr).into_owned())
}

/// A number from `/proc/PID/status`.
fn status(pid: u64, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find(|line| line.starts_with(field)).expect("a field");
    line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("a number")
}

#[test]
fn a_thousand_sessions_sleep_in_little_memory_and_one_of_them_answers() {
    let hosted = Hosted { folder: Folder::new("thousand"), name: "answers".into(), hello: String::new() };
    let config = many(&hosted.folder, 1_000);
    let (started, said) = start(&hosted.folder, "256:8192", &config);
    assert!(started, "{said}");
    let pid = hosted.pid();
    let all_idle = || {
        let list = hosted.list();
        let sessions = list["sessions"].as_array().expect("a list");
        sessions.len() == 1_001 && sessions.iter().all(|session| session["status"] == "idle")
    };
    wait("them to fall idle", all_idle);

    // Nothing happens, so nothing wakes it.
    let switches = || status(pid, "voluntary_ctxt_switches") + status(pid, "nonvoluntary_ctxt_switches");
    thread::sleep(Duration::from_millis(500));
    let before = switches();
    thread::sleep(Duration::from_secs(5));
    assert_eq!(switches(), before, "nothing polls");
    let resident = status(pid, "VmRSS");
    assert!(resident < 64 * 1_001, "{resident} KiB for 1,001 sessions");

    let mut attach = hosted.attach(&["answers"]);
    let mut shown = BufReader::new(attach.stdout.take().expect("a pipe"));
    let mut input = attach.stdin.take().expect("a pipe");
    // A command has the limit that whoever started the host had.
    writeln!(input, "echo files-$(ulimit -n)").expect("typed");
    line_with(&mut shown, "files-256");
    let began = Instant::now();
    for number in 0..50 {
        writeln!(input, "echo n-$(({number} + 1))").expect("typed");
        line_with(&mut shown, &format!("n-{}", number + 1));
    }
    println!("{resident} KiB, {:?} for an answer", began.elapsed() / 50);
    writeln!(input, "exit").expect("typed");
    assert!(attach.wait().expect("ended").success());
}

#[test]
fn sessions_for_which_there_are_not_enough_files_are_refused_with_a_reason() {
    let folder = Folder::new("files");
    let config = many(&folder, 40);
    let (started, said) = start(&folder, "64:64", &config);
    assert!(
        !started && said.contains("41 sessions need 114 open files") && said.contains("ulimit"),
        "{said}"
    );
}
