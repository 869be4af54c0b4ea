//! The log: who came and went, what fell idle, and why.

use std::io::{BufReader, Read as _, Write as _};
use std::process::Stdio;

use crate::sessions::{Hosted, SHELL, line_with, wait};
use crate::terminal::Folder;

#[test]
fn the_log_has_a_line_for_whatever_happens_and_says_why() {
    let mut host = Hosted { folder: Folder::new("log"), name: "log".into(), hello: String::new() };
    let file = host.folder.path("log").display().to_string();
    host.start(&["--listen", "127.0.0.1:0", "--log", &file], &SHELL);
    let log = || host.folder.read("log");
    let mut first = host.attach(&["log"]);
    let from = |place: &str| {
        let text = log();
        let mut lines = text.lines().filter_map(|line| line.split_once(" attached as controller from "));
        let (before, _) = lines.find(|(_, from)| from.contains(place))?;
        Some(before.rsplit_once("log: ")?.1.to_owned()) // "peer 3"
    };
    wait("the first", || from("this machine").is_some());
    let one = from("this machine").expect("it is in");
    let mut second = host.attach(&[host.url()]);
    wait("the second", || from("127.0.0.1:").is_some());
    let two = from("127.0.0.1:").expect("it is in");
    wait("a takeover", || log().contains(&format!("log: {two} took over from {one}, from 127.0.0.1:")));
    wait("why", || log().contains(&format!("{one} detached (superseded), 0 bytes lost")));
    wait("an idle flip", || log().contains("INFO log: idle ("));
    second.kill().expect("killed");
    second.wait().expect("ended");
    wait("its end", || log().contains(&format!("{two} detached (")));
    let end = host.script(&["log"], "exit 7\n");
    assert_eq!(end.status.code(), Some(7));
    wait("the exit", || log().contains("log: exited with code 7"));
    wait("the end", || log().contains("INFO host: is over, with code 7"));
    let token = host.url().split("token=").nth(1).expect("a token");
    assert!(!log().contains(token), "{}", log());
    for line in log().lines() {
        let (time, rest) = line.split_once(' ').expect("a time");
        assert!(time.ends_with('Z') && time.contains('T'), "{line}");
        assert!(rest.trim_start().starts_with("INFO "), "nobody asked for more: {line}");
    }
    first.kill().expect("killed");
    first.wait().expect("ended");
}

#[test]
fn a_slow_reader_is_told_of_in_the_log_and_the_level_decides() {
    let mut host = Hosted { folder: Folder::new("gap"), name: "gap".into(), hello: String::new() };
    let file = host.folder.path("log").display().to_string();
    let options = ["--listen", "none", "--log", &file, "--log-level", "warn", "--history", "64KiB"];
    host.start(&options, &["sh", "-c", "read go; exec yes"]);
    let mut attach = host.attach(&["gap"]);
    writeln!(attach.stdin.as_ref().expect("a pipe"), "go").expect("typed");
    let mut shown = BufReader::new(attach.stdout.take().expect("a pipe"));
    line_with(&mut shown, "y");
    // Nobody reads on, so the pipe is full, and then everything behind it.
    wait("output that is lost", || host.session()["printed"].as_u64() > Some(8 << 20));
    let mut some = vec![0; 1 << 20];
    shown.read_exact(&mut some).expect("output");
    wait("a line about it", || host.folder.read("log").contains(" reads too slowly: "));
    assert!(!host.folder.read("log").contains("INFO"), "{}", host.folder.read("log"));
    attach.kill().expect("killed");
    attach.wait().expect("ended");
}

#[test]
fn a_level_comes_from_a_flag_a_variable_or_the_file_in_this_order() {
    let host = Hosted { folder: Folder::new("level"), name: "level".into(), hello: String::new() };
    host.folder.write(
        "host.toml",
        "listen = 'none'\nlog-level = 'debug'\nidle-timeout = '200ms'\nidle-strict = true\n",
    );
    let config = host.folder.path("host.toml").display().to_string();
    let said = |flags: &[&str], variable: Option<&str>| {
        let mut service = host.runner(&["host", "--headless", "--config", &config]);
        service.args(flags).args(["--", "sh", "-c", "stty size; exec sleep 1000"]).stdin(Stdio::null());
        if let Some(level) = variable {
            service.env("STILLWIRE_LOG_LEVEL", level);
        }
        let ended = service.output().expect("a host");
        String::from_utf8_lossy(&ended.stderr).into_owned()
    };
    assert!(said(&[], None).contains("DEBUG host: "), "the file");
    let quiet = said(&[], Some("off"));
    assert!(!quiet.contains("host: "), "the variable: {quiet}");
    let usual = said(&["--log-level", "info"], Some("off"));
    assert!(usual.contains("INFO host: idle exit (") && !usual.contains("DEBUG"), "the flag: {usual}");
}
