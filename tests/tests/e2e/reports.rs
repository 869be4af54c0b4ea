//! `--events`, hooks and recordings: of every session of a host.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::list::Follower;
use crate::sessions::{Hosted, wait};
use crate::terminal::{Folder, runner};

const SESSIONS: &str = "listen = 'none'
[[session]]
name = 'one'
command = 'read go; printf \"\\\\033]0;first\\\\007rings\\\\007\\\\n\"; read end; exit 3'
[[session]]
name = 'two/2'
command = 'printf \"here is two\"; exec sleep 1000'
";

#[test]
fn every_session_of_a_host_is_reported_recorded_and_has_hooks() {
    let mut host = Hosted { folder: Folder::new("reports"), name: "one".into(), hello: String::new() };
    host.folder.write("host.toml", SESSIONS);
    let path = |name: &str| host.folder.path(name).display().to_string();
    let hook = format!("echo \"$STILLWIRE_SESSION $STILLWIRE_STATUS\" >>'{}'", path("hooks"));
    let (config, events, cast) = (path("host.toml"), path("events.jsonl"), path("out.cast"));
    let mut starts =
        host.runner(&["host", "-d", "--config", &config, "--events", &events, "--on-idle", &hook]);
    let said =
        starts.args(["--record", &cast, "--record-input"]).stdin(Stdio::null()).output().expect("a host");
    host.hello = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.status.success(), "{}", host.hello);
    let follower = Follower::new(&host.folder);
    follower.wait("two/2", "peers");
    let mut attach = host.attach(&["one"]);
    let mut typed = attach.stdin.take().expect("a pipe");
    writeln!(typed, "go").expect("typed");
    let title = follower.wait("one", "signal");
    assert_eq!((&title["signal"], &title["text"]), (&Value::from("title"), &Value::from("first")));
    assert_eq!(follower.wait("one", "signal")["signal"], "bell");
    assert_eq!(host.session()["title"], "first");
    wait("both to fall idle", || {
        ["one idle\n", "two/2 idle\n"].iter().all(|line| host.folder.read("hooks").contains(line))
    });
    writeln!(typed, "end").expect("typed");
    assert_eq!(attach.wait().expect("ended").code(), Some(3));
    assert_eq!(follower.wait("one", "exit")["code"], 3);
    let written = host.folder.events("events.jsonl");
    let of = |event: &Value, session: &str, kind: &str| event["session"] == session && event["event"] == kind;
    let has = |session: &str, kind: &str| written.iter().any(|event| of(event, session, kind));
    for (session, kind) in
        [("one", "start"), ("one", "status"), ("one", "signal"), ("one", "exit"), ("two/2", "status")]
    {
        assert!(has(session, kind), "{session} {kind}: {written:?}");
    }
    let (one, two) = (host.folder.read("out-one.cast"), host.folder.read("out-two_2-2.cast"));
    assert!(one.contains("rings") && one.contains(r#""i", "go"#) && !one.contains("here is two"), "{one}");
    assert!(two.contains("here is two"), "{two}");
}

#[test]
fn the_events_of_a_lone_session_are_those_of_watch() {
    let host = Hosted { folder: Folder::new("lone"), name: "lone".into(), hello: String::new() };
    let mut service =
        host.runner(&["host", "--headless", "--listen", "none", "--name", "lone", "--events", "-"]);
    let ended = service.args(["--", "printf", "a\\007"]).stdin(Stdio::null()).output().expect("a host");
    let lines: Vec<Value> = String::from_utf8_lossy(&ended.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
    assert_eq!(kinds, ["start", "signal", "exit"], "{lines:?}");
    assert!(lines[0]["pid"].is_number() && lines[1].get("session").is_none(), "{lines:?}");
}

#[test]
fn what_the_caller_had_open_is_open_in_no_host_and_no_session() {
    let mut host = Hosted { folder: Folder::new("leaks"), name: "leaks".into(), hello: String::new() };
    let (secret, events) = (host.folder.path("secret"), host.folder.path("events.jsonl"));
    let script = format!(
        "exec 9>'{}' 8>&1 7>'{}'; exec \"$0\" host -d --name leaks --listen none --events 7 -- sleep 1000",
        secret.display(),
        events.display()
    );
    let mut starts = Command::new("bash");
    starts.args(["-c", &script]).arg(runner()).env("XDG_RUNTIME_DIR", host.folder.path(""));
    // Its end would not come if the host had a copy of it.
    let said = starts.stdin(Stdio::null()).output().expect("a host");
    host.hello = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.status.success(), "{}", host.hello);
    for process in [host.list()["pid"].clone(), host.session()["pid"].clone()] {
        let open = fs::read_dir(format!("/proc/{process}/fd")).expect("it runs").flatten();
        let open: Vec<_> = open.filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
        assert!(!open.is_empty() && !open.contains(&secret), "{open:?}");
    }
    wait("the events", || !host.folder.events("events.jsonl").is_empty());
}
