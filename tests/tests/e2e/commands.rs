//! What goes through pipes and files: `strip`, `timeline`, `watch` without a terminal.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::terminal::{Folder, Terminal, runner, time};
use crate::watch::WATCH;

/// Runs the runner with `input` on its standard input, and without a terminal.
fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(runner())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the runner starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input); // it may not want all of it
    });
    let output = child.wait_with_output().expect("the runner ends");
    writer.join().expect("the writer ends");
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_pipe_on_standard_input_reaches_the_command_and_ends() {
    let output = run(&["watch", "--", "cat"], b"one\ntwo\n");
    let shown = text(&output.stdout).replace("\r\n", "\n");
    assert!(shown.contains("one\ntwo\n"), "{output:?}");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_lot_of_output_arrives_whole() {
    let output = run(&["watch", "--", "seq", "1", "200000"], b"");
    let lines = text(&output.stdout);
    assert!(
        lines.lines().map(str::trim_end).eq((1..=200_000).map(|line| line.to_string())),
        "{} lines",
        lines.lines().count()
    );
}

#[test]
fn strip_keeps_the_text() {
    let input = "\x1b[1;31mred\x1b[0m\tgrün\r\n\x1b]8;;https://example.org\x07link\x1b]8;;\x07\x07\n";
    let output = run(&["strip"], input.as_bytes());
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("red\tgrün\r\nlink\n", Some(0)));
    let output = run(&["strip", "--invalid", "drop", "-"], b"caf\xE9 \xC3");
    assert_eq!(text(&output.stdout), "caf ");
}

#[test]
fn strip_names_a_file_that_is_not_there_and_is_quiet_when_its_reader_leaves() {
    let output = run(&["strip", "/no/such/file"], b"");
    assert_ne!(output.status.code(), Some(0));
    assert!(text(&output.stderr).contains("/no/such/file"), "{output:?}");
    let runner = runner().display();
    let pipe = format!("yes | {runner} strip | head -n 1; echo ${{PIPESTATUS[1]}}");
    let output = Command::new("bash").args(["-c", &pipe]).output().expect("bash");
    assert_eq!(text(&output.stderr), "", "no word about the closed pipe");
    assert!(text(&output.stdout).starts_with("y\n"), "{output:?}");
}

/// Output at 1 s, control chatter every 100 ms for ten seconds, output at 12 s.
fn cast() -> String {
    let mut lines = vec![r#"{"version": 2, "width": 80, "height": 24}"#.to_owned()];
    lines.push(r#"[1.0, "o", "working\r\n"]"#.to_owned());
    lines.extend(
        (11..110).map(|tenth| format!(r#"[{}.{}, "o", "\u001b[?25l\u001b[?25h"]"#, tenth / 10, tenth % 10)),
    );
    lines.push(r#"[12.0, "o", "done\r\n"]"#.to_owned());
    lines.push(r#"[20.0, "o", ""]"#.to_owned());
    lines.join("\n") + "\n"
}

#[test]
fn a_timeline_is_exact_and_control_chatter_does_not_count() {
    let output = run(&["timeline", "--json", "-"], cast().as_bytes());
    let events: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    let changes: Vec<_> = events
        .iter()
        .filter(|event| event["event"] == "status")
        .map(|event| (time(event), event["status"].as_str().expect("a status")))
        .collect();
    assert_eq!(changes, [(4.5, "idle"), (12.0, "running"), (15.5, "idle")], "{output:?}");
}

#[test]
fn a_timeline_names_the_line_that_is_wrong() {
    let output = run(
        &["timeline", "-"],
        b"{\"version\": 2, \"width\": 80, \"height\": 24}\n[1.0, \"o\", \"x\"]\n[oops\n",
    );
    assert_ne!(output.status.code(), Some(0));
    assert!(text(&output.stderr).contains('3'), "{output:?}");
}

#[test]
fn a_timeline_draws_a_picture() {
    let folder = Folder::new("svg");
    let picture = folder.path("out.svg");
    let output = run(&["timeline", "--svg", picture.to_str().expect("UTF-8"), "-"], cast().as_bytes());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let picture = folder.read("out.svg");
    assert!(picture.starts_with("<svg") || picture.starts_with("<?xml"), "{picture}");
    assert!(picture.trim_end().ends_with("</svg>"));
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let terminal = Terminal::open("colour");
    terminal.folder.write("demo.cast", &cast());
    let coloured =
        |screen: String| screen.contains("\x1b[3") || screen.contains("\x1b[4") || screen.contains("\x1b[9");
    terminal.line("runner-std timeline demo.cast; echo rc=$?");
    terminal.wait_for("rc=0");
    assert!(coloured(terminal.colours()), "{}", terminal.colours());
    terminal.clear();
    terminal.line("NO_COLOR=1 runner-std timeline demo.cast; echo rc=$?");
    terminal.wait_for("rc=0");
    assert!(!coloured(terminal.colours()), "{}", terminal.colours());
    assert!(!run(&["timeline", "-"], cast().as_bytes()).stdout.contains(&0x1B), "a pipe is no terminal");
}

#[test]
fn a_recording_replays_to_the_same_verdicts() {
    let terminal = Terminal::open("record");
    terminal.line(&format!(
        "{WATCH} --record demo.cast -- sh -c 'echo one; sleep 3; echo two; sleep 3; echo end'"
    ));
    terminal.wait_for_exit();
    terminal.wait_for_prompt();
    terminal.line(
        "runner-std timeline --json --idle-after 1s --idle-confirm 200ms demo.cast > again.jsonl; echo rc=$?",
    );
    terminal.wait_for("rc=0");
    let (live, again) = (terminal.events(), terminal.folder.events("again.jsonl"));
    let changes = |events: &[Value]| -> Vec<Value> {
        events.iter().filter(|event| event["event"] == "status").cloned().collect()
    };
    let (live, again) = (changes(&live), changes(&again));
    // A recording of version 2 does not tell the end, so the timeline falls idle once more.
    assert!(live.len() >= 4 && again.len() >= live.len(), "{live:?} {again:?}");
    for (live, again) in live.iter().zip(&again) {
        let apart = (time(live) - time(again)).abs();
        assert!(live["status"] == again["status"] && apart < 0.02, "{live} {again}");
    }
}

#[test]
fn events_go_to_a_descriptor_or_to_standard_output() {
    let folder = Folder::new("descriptor");
    let runner = runner().display();
    let file = folder.path("three");
    let command = format!("{runner} watch --events 3 -- echo shown 3>{} </dev/null", file.display());
    let output = Command::new("bash").args(["-c", &command]).output().expect("bash");
    assert_eq!(text(&output.stdout).trim_end(), "shown", "{output:?}");
    let names = |events: &[Value]| events.iter().map(|event| event["event"].to_string()).collect::<Vec<_>>();
    assert_eq!(names(&folder.events("three")), ["\"start\"", "\"exit\""]);
    let output = run(&["watch", "--events", "-", "--", "echo", "shown"], b"");
    folder.write("stdout", &text(&output.stdout));
    assert_eq!(names(&folder.events("stdout")), ["\"start\"", "\"exit\""], "{output:?}");
    assert!(text(&output.stderr).contains("shown"), "{output:?}");
}
