//! `runner-std host` and `attach`.

use std::process::Command;

use crate::terminal::{Terminal, signal};

/// A session of a host with these options, with a shell that works in the first window.
fn shell(name: &str, options: &str) -> Terminal {
    let terminal = Terminal::open(name);
    terminal.folder.write("innerrc", "PS1='inner$ '\nunset HISTFILE\n");
    terminal.line(&format!("runner-std host {options} -- bash --noprofile --rcfile innerrc -i; echo rc=$?"));
    terminal.wait_for("inner$");
    terminal
}

#[test]
fn a_host_is_attached_to_from_another_terminal() {
    let terminal = shell("host", "--name demo");
    terminal.wait(&|| terminal.title().contains("idle"), "the status in the title");
    terminal.open_window();
    terminal.line("runner-std attach demo; echo detached=$?");
    terminal.line("echo from-$((20 + 2))-attach");
    terminal.wait_for("from-22-attach");
    terminal.key("C-]");
    terminal.text("d");
    terminal.wait_for("detached=0");
    let (screen, place) = (terminal.screen(), |text: &str| terminal.screen().find(text));
    assert!(place("from-22-attach") < place("detached=0"), "the shell goes on below: {screen}");
    assert!(screen.contains("\n[detached from demo; "), "in a line of its own: {screen}");
    terminal.window(0);
    terminal.key("C-]");
    terminal.text("t");
    terminal.wait_for("from-22-attach");
    terminal.line("exit 4");
    terminal.wait_for("rc=4");
}

#[test]
fn a_command_that_is_over_at_once_is_shown_with_its_exit_code() {
    let terminal = Terminal::open("short");
    for round in 1..=3 {
        terminal.line(&format!(
            "runner-std host --listen none -- sh -c 'echo out-$((40 + {round})); exit {round}'; echo rc=$?"
        ));
        terminal.wait_for(&format!("rc={round}"));
        assert!(terminal.screen().contains(&format!("out-{}\n", 40 + round)), "{}", terminal.screen());
    }
}

#[test]
fn a_session_is_not_shown_within_itself() {
    let terminal = shell("within", "--listen none --name demo");
    terminal.line("runner-std attach demo; echo refused=$?");
    terminal.wait_for("refused=2");
    assert!(terminal.screen().contains("this terminal is in demo already"), "{}", terminal.screen());
    // Its name alone is no reason: whoever was started in it may be elsewhere by now.
    terminal.open_window();
    terminal.line("STILLWIRE_SESSION=demo runner-std attach demo; echo left=$?");
    terminal.line("exit 4");
    terminal.wait_for("left=4");
}

#[test]
fn a_host_that_is_silent_is_told_in_the_title_and_keys_wait_for_it() {
    let terminal = shell("silent", "--listen none --name quiet");
    terminal.open_window();
    terminal.line("runner-std ps --json > list; echo lis''ted");
    terminal.wait_for("listed");
    let list: serde_json::Value = serde_json::from_str(&terminal.folder.read("list")).expect("JSON");
    let pid = list["pid"].to_string();
    terminal.window(0);
    signal("STOP", &pid);
    terminal.line("echo once-$((20 + 3))");
    terminal.wait(&|| terminal.title().contains("syncing"), "the title");
    terminal.wait(&|| terminal.title().contains("last contact"), "for how long");
    signal("CONT", &pid);
    terminal.wait_for("once-23");
    terminal.wait(&|| !terminal.title().contains("syncing"), "the title");
    assert_eq!(terminal.screen().matches("once-23").count(), 1, "{}", terminal.screen());
    terminal.line("exit 6");
    terminal.wait_for("rc=6");
}

#[test]
fn a_terminal_that_is_superseded_parks_says_so_and_comes_back_when_asked() {
    let terminal = shell("parked", "--listen none --name demo");
    terminal.open_window();
    terminal.line("runner-std attach demo; echo left=$?");
    terminal.line("echo second-$((20 + 2))");
    terminal.wait_for("second-22");
    terminal.window(0);
    terminal
        .wait(&|| terminal.title().contains("demo: taken over by another terminal, pts/"), "who and what");
    terminal.line("echo nobody-hears-$((1 + 1))");
    terminal.key("C-]");
    terminal.text("t");
    terminal.wait_for("second-22");
    terminal.wait(&|| !terminal.title().contains("taken over"), "the title to go");
    terminal.line("echo first-$((30 + 3))");
    terminal.wait_for("first-33");
    assert!(!terminal.screen().contains("nobody-hears"), "{}", terminal.screen());
    terminal.window(1);
    terminal.wait(&|| terminal.title().contains("taken over"), "the title of the other");
    assert!(!terminal.screen().contains("first-33"), "the screen stays as it was");
    terminal.key("C-]");
    terminal.text("v");
    terminal.wait_for("first-33");
    terminal.key("C-]");
    terminal.text("q");
    terminal.wait_for("left=0");
    terminal.window(0);
    terminal.line("exit 4");
    terminal.wait_for("rc=4");
}

#[test]
fn a_host_that_is_full_is_told_until_there_is_room() {
    let terminal = Terminal::open("full");
    terminal.folder.write("innerrc", "PS1='inner$ '\nunset HISTFILE\n");
    let host =
        "runner-std host --listen none --max-peers 1 --name full -- bash --noprofile --rcfile innerrc -i";
    terminal.line(&format!("{host}; echo left=$?"));
    terminal.wait_for("inner$");
    terminal.open_window();
    terminal.line("runner-std attach full; echo rc=$?");
    terminal.wait_for("full: the host has no room for another; again in ");
    terminal.window(0);
    terminal.key("C-]");
    terminal.text("q");
    terminal.wait_for("left=0");
    terminal.window(1);
    terminal.wait_for("inner$");
    assert!(!terminal.screen().contains("no room"), "{}", terminal.screen());
    terminal.line("exit 5");
    terminal.wait_for("rc=5");
}

#[test]
fn a_break_goes_to_a_serial_line_and_whoever_has_none_is_told() {
    let terminal = Terminal::open("break");
    let (near, far) = (terminal.folder.path("near"), terminal.folder.path("far"));
    let end = |path: &std::path::Path| format!("PTY,raw,echo=0,link={}", path.display());
    let mut socat = Command::new("socat").args([end(&near), end(&far)]).spawn().expect("socat");
    terminal.wait(&|| near.exists(), "a serial line");
    terminal
        .line("runner-std host -d --listen none --log log --serial near:9600,nodtr -- sh -c 'read x'; clear");
    terminal.wait_for_prompt();
    for (session, told) in [("near", "near: break sent"), ("sh", "sh: this session has no serial line")] {
        terminal.line(&format!("runner-std attach {session}"));
        terminal.wait(&|| terminal.folder.read("log").contains(&format!("{session}: peer ")), "to be in");
        terminal.key("C-]");
        terminal.wait(&|| terminal.title().contains("b break"), "the menu");
        terminal.text("b");
        terminal.wait(&|| terminal.title().contains(told), told);
        terminal.key("C-]");
        terminal.text("q");
        terminal.wait_for(&format!("[detached from {session};"));
    }
    assert!(
        terminal.folder.read("log").contains("near: a break was sent"),
        "{}",
        terminal.folder.read("log")
    );
    terminal.line("runner-std kill near sh; echo over=$?");
    terminal.wait_for("over=0");
    socat.kill().expect("killed");
    socat.wait().expect("ended");
}
