//! What hosts tell, and what becomes of it when somebody dies.

use std::process::Stdio;

use serde_json::Value;

use crate::broker::{Broker, wait};
use crate::terminal::signal;

/// The states that a foreign client was told of a session, oldest first; an empty one clears.
fn states(broker: &Broker, file: &str, topic: &str) -> Vec<String> {
    let text = broker.folder.read(file);
    let lines =
        text.lines().filter_map(|line| line.split_once(' ')).filter_map(|(_, rest)| rest.split_once(' '));
    lines.filter(|(of, _)| *of == topic).map(|(_, text)| text.to_owned()).collect()
}

#[test]
fn a_session_is_told_when_it_changes_and_at_no_other_time() {
    let broker = Broker::open("fleet-told");
    let _listener = broker.listen("all");
    let mut host = broker.host("lab3", "build", &["--mqtt-address", "https://lab3.example:7681"]);
    broker.say("build", "\x1b]0;my title\x07secret output\n");
    let told = broker.wait_for("lab3", "build", "idle");
    assert_eq!((told["title"].as_str(), told["last"].as_str()), (Some("my title"), None));
    assert!(told["novel"].as_f64().is_some_and(|age| age >= 0.4), "{told}");
    let topic = "stillwire/v1/lab3/build/status";
    let before = states(&broker, "all", topic).len();
    // Output while it runs is no change; a bell is no state.
    broker.say("build", "more\n");
    broker.wait_for("lab3", "build", "running");
    broker.say("build", "and more\x07\n");
    broker.wait_for("lab3", "build", "idle");
    let after = states(&broker, "all", topic);
    assert_eq!(after.len(), before + 2, "{after:#?}");
    let last: Value = serde_json::from_str(&after[after.len() - 1]).expect("an event line");
    assert_eq!((last["event"].as_str(), last["status"].as_str()), (Some("status"), Some("idle")));
    assert_eq!(last["reason"], "bell");
    let bells = states(&broker, "all", "stillwire/v1/lab3/build/events");
    assert!(bells.iter().any(|line| line.contains("\"bell\"")), "{bells:?}");
    // It ends: the session is cleared, and so is the host.
    signal("TERM", &host.pid());
    assert!(host.0.wait().expect("it ends").success());
    wait("an empty list", || broker.ps(&[]).is_empty());
    wait("the end", || states(&broker, "all", "stillwire/v1/lab3/online").iter().any(String::is_empty));
    assert_eq!(states(&broker, "all", topic).last().map(String::as_str), Some(""));
    let all = broker.folder.read("all");
    assert!(!all.contains("secret") && !all.contains("token") && !all.contains("tail"), "{all}");
    assert!(
        states(&broker, "all", "stillwire/v1/lab3/build/events").iter().any(|line| line.contains("\"exit\""))
    );
}

#[test]
fn the_last_line_is_told_only_if_that_was_asked_for() {
    let broker = Broker::open("fleet-line");
    broker.say("web", "\x1b[32mlistening on 8080\x1b[m\n");
    let _host = broker.host("lab3", "web", &["--mqtt-last-line"]);
    assert_eq!(broker.wait_for("lab3", "web", "idle")["last"], "listening on 8080");
}

#[test]
fn a_broker_that_was_killed_is_told_the_newest_state_of_everybody() {
    let mut broker = Broker::open("fleet-broker");
    let mut hosts: Vec<_> = (0..3).map(|n| broker.host(&format!("lab{n}"), &format!("s{n}"), &[])).collect();
    for n in 0..3 {
        broker.wait_for(&format!("lab{n}"), &format!("s{n}"), "idle");
    }
    broker.kill();
    // Change while it is away: several times in one session, the last state is running.
    broker.say("s0", "one\n");
    broker.say("s1", "one\x1b]0;new\x07\n");
    broker.start();
    let _listener = broker.listen("all");
    for n in 0..3 {
        broker.wait_for(&format!("lab{n}"), &format!("s{n}"), "idle");
    }
    wait("the new title", || broker.session("lab1", "s1").is_some_and(|told| told["title"] == "new"));
    // The one that did not change is told once and no more.
    let quiet = states(&broker, "all", "stillwire/v1/lab2/s2/status");
    assert_eq!(quiet.len(), 1, "{quiet:#?}");
    // No session has noticed.
    for host in &mut hosts {
        assert!(host.0.try_wait().expect("a child").is_none());
    }
}

#[test]
fn a_host_that_is_killed_is_lost_and_clears_up_when_it_is_back() {
    let broker = Broker::open("fleet-lost");
    let mut host = broker.host("lab3", "old", &[]);
    let _other = broker.host("lab4", "other", &[]);
    broker.wait_for("lab3", "old", "idle");
    broker.wait_for("lab4", "other", "idle");
    let watch = broker.folder.path("watch");
    let url = broker.url();
    let watching = broker
        .runner(&["ps", "--watch", "--json", "--mqtt", &url])
        .stdout(std::fs::File::create(&watch).expect("a file"))
        .spawn();
    let _watching = crate::broker::Process(watching.expect("ps"));
    wait("the list", || broker.folder.read("watch").contains("\"session\":\"other\""));
    host.kill();
    let lost = broker.wait_for("lab3", "old", "lost");
    assert_eq!(lost["reason"], "idle", "what it did last");
    assert!(lost["for"].as_f64().is_some_and(|age| age < 60.0), "since it was killed: {lost}");
    wait("the word", || {
        broker.folder.read("watch").contains("\"event\":\"gone\",\"session\":\"old\",\"host\":\"lab3\"")
    });
    let hosts = broker.ps(&["--status", "lost"]);
    assert_eq!((hosts.len(), &hosts[0]["online"]), (1, &Value::from(false)));
    // It is back with another session; the old one was never ended, and is gone all the same.
    let _back = broker.host("lab3", "new", &[]);
    broker.wait_for("lab3", "new", "idle");
    wait("the old one to be cleared", || broker.session("lab3", "old").is_none());
    assert_eq!(broker.ps(&["--host", "lab3"]).len(), 1);
    assert_eq!(broker.ps(&["--host", "lab*", "--waiting", "1h"]).len(), 0);
}

#[test]
fn two_hosts_of_one_name_do_not_take_turns_for_ever() {
    let broker = Broker::open("fleet-name");
    let _first = broker.host("lab3", "first", &[]);
    broker.wait_for("lab3", "first", "idle");
    let _second = broker.host("lab3", "second", &[]);
    broker.wait_for("lab3", "second", "idle");
    wait("the first to be told", || broker.folder.read("lab3.log").contains("hears lab3"));
    wait("one session", || broker.session("lab3", "first").is_none());
    assert_eq!(broker.session("lab3", "second").expect("it is told")["status"], "idle");
    let text = |broker: &Broker| {
        let output = broker.runner(&["ps", "--mqtt", &broker.url()]).stderr(Stdio::null()).output();
        String::from_utf8_lossy(&output.expect("ps").stdout).into_owned()
    };
    assert!(text(&broker).contains("lab3/second  idle"), "{}", text(&broker));
}
