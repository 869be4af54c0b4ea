//! The command line as a script sees it: no terminal anywhere. What needs one is in `tests/e2e`.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn run(args: &[&str], stdin: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runner-std"));
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    // The child may have ended before it read everything.
    let _ = pipe.write_all(stdin);
    drop(pipe);
    child.wait_with_output().expect("the binary ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Event lines without what differs from run to run.
fn shape(events: &str) -> Vec<String> {
    let strip =
        |line: &str| line.split_once(",\"event\"").map_or(line.to_owned(), |(_, rest)| rest.to_owned());
    events.lines().map(|line| strip(line).split(",\"pid\"").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_exit_code_is_that_of_the_command() {
    let code = |script| run(&["watch", "--", "sh", "-c", script], b"").status.code();
    assert_eq!(code("exit 0"), Some(0));
    assert_eq!(code("exit 42"), Some(42));
    assert_eq!(code("kill -TERM $$"), Some(143));
    assert_eq!(run(&["watch", "--", "no-such-command-here"], b"").status.code(), Some(127));
    assert_eq!(run(&["watch", "--", "/etc/passwd"], b"").status.code(), Some(126));
    assert_eq!(run(&["watch"], b"").status.code(), Some(2));
    assert_eq!(run(&["strip", "/no/such/file"], b"").status.code(), Some(1));
}

#[test]
fn a_pipe_on_standard_input_reaches_the_command_and_ends() {
    let output = run(&["watch", "--", "cat"], b"one\ntwo without an end");
    assert_eq!(text(&output.stdout), "one\r\ntwo without an end");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_command_inherits_no_descriptor_and_knows_its_session() {
    let output =
        run(&["watch", "--name", "a b", "--", "sh", "-c", "echo $STILLWIRE_SESSION; ls /proc/self/fd"], b"");
    // 3 is the directory that ls reads.
    assert_eq!(text(&output.stdout).split_whitespace().collect::<Vec<_>>(), ["a", "b", "0", "1", "2", "3"]);
}

#[test]
fn what_a_background_job_holds_open_does_not_keep_the_runner() {
    let begin = std::time::Instant::now();
    let output = run(&["watch", "--", "sh", "-c", "trap '' HUP; sleep 20 & echo done"], b"");
    assert_eq!(text(&output.stdout), "done\r\n");
    assert!(begin.elapsed().as_secs() < 10);
}

#[test]
fn events_on_standard_output_are_alone_there() {
    let args = ["watch", "--events", "-", "--idle-after", "100ms", "--idle-confirm", "50ms"];
    let script = "echo shown; printf '\\033]0;title\\007\\a\\033]133;D;3\\007'; sleep 1; echo again; exit 3";
    let output = run(&[&args[..], &["--name", "x", "--", "sh", "-c", script]].concat(), b"");
    assert_eq!(
        shape(&text(&output.stdout))
            .iter()
            .map(|line| line.split(",\"last_visible\"").next().unwrap_or_default().to_owned())
            .collect::<Vec<_>>(),
        [
            ":\"start\",\"session\":\"x\"",
            ":\"signal\",\"signal\":\"title\",\"text\":\"title\"}",
            ":\"signal\",\"signal\":\"bell\"}",
            ":\"signal\",\"signal\":\"prompt\",\"mark\":\"command_finished\",\"code\":3}",
            ":\"status\",\"status\":\"idle\",\"reason\":\"bell\"",
            ":\"status\",\"status\":\"running\"}",
            ":\"exit\",\"code\":3}",
        ]
    );
    assert!(text(&output.stderr).contains("shown"), "without a terminal the session is on standard error");
}

#[test]
fn the_timeline_is_exact_and_the_same_for_every_version() {
    let v2 = "{\"version\":2,\"width\":80,\"height\":24}\n[1.0,\"o\",\"x\"]\n[9.12,\"o\",\"y\"]\n[9.13,\"o\",\"\\u0007\"]\n";
    let v3 = "{\"version\":3,\"term\":{\"cols\":80,\"rows\":24}}\n[1.0,\"o\",\"x\"]\n[8.12,\"o\",\"y\"]\n[0.01,\"o\",\"\\u0007\"]\n";
    let expected = "\
        {\"t\":0.000000,\"event\":\"start\",\"session\":\"recording\"}\n\
        {\"t\":4.500000,\"event\":\"status\",\"status\":\"idle\",\"reason\":\"quiet\",\"last_visible\":1.000000}\n\
        {\"t\":9.120000,\"event\":\"status\",\"status\":\"running\"}\n\
        {\"t\":9.130000,\"event\":\"signal\",\"signal\":\"bell\"}\n\
        {\"t\":12.620000,\"event\":\"status\",\"status\":\"idle\",\"reason\":\"bell\",\"last_visible\":9.120000}\n";
    for cast in [v2, v3] {
        assert_eq!(text(&run(&["timeline", "--json", "-"], cast.as_bytes()).stdout), expected);
    }
    let ended = format!("{v3}[50.87,\"x\",\"0\"]\n");
    let last = text(&run(&["timeline", "--json", "-"], ended.as_bytes()).stdout);
    assert!(last.ends_with("{\"t\":60.000000,\"event\":\"exit\",\"code\":0}\n"), "{last}");
}

#[test]
fn a_malformed_recording_is_refused_with_line_and_expectation() {
    let output = run(&["timeline", "-"], b"{\"version\":2,\"width\":80,\"height\":24}\n[1.0,\"o\"]\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let error = text(&output.stderr);
    assert!(error.contains("line 2") && error.contains("[time, \"code\", \"data\"]"), "{error}");
}

#[test]
fn pictures_are_well_formed_and_escape_what_they_show() {
    let cast =
        "{\"version\":2,\"width\":80,\"height\":24,\"title\":\"a<b>&\\u001b[31m\"}\n[1.0,\"o\",\"x\"]\n";
    let svg = text(&run(&["timeline", "--svg", "-", "-"], cast.as_bytes()).stdout);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("a&lt;b&gt;&amp;[31m") && !svg.contains('\u{1b}'));
    let plain = text(&run(&["timeline", "-"], cast.as_bytes()).stdout);
    assert!(!plain.contains('\u{1b}'), "no colours into a pipe");
    assert!(plain.lines().all(|line| line.chars().count() <= 80), "{plain}");
}

#[test]
fn strip_keeps_text_and_nothing_else() {
    let strip = |args: &[&str], input: &[u8]| run(&[&["strip"], args].concat(), input).stdout;
    assert_eq!(strip(&[], b"\x1b[1;31mred\x1b[m\t\xC3\xA4\r\n\x07\x7F\xFF"), "red\tä\r\n\u{FFFD}".as_bytes());
    assert_eq!(strip(&["--invalid", "drop"], b"a\xFFb"), b"ab");
    assert_eq!(strip(&["--invalid", "keep", "-"], b"a\xFFb"), b"a\xFFb");
    assert_eq!(strip(&["--c1-8bit", "--invalid", "keep"], b"\x9B31mred\xE4"), b"red\xE4");
}

#[test]
fn durations_say_what_to_write() {
    let output = run(&["watch", "--idle-after", "3", "--", "true"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("3s"), "{}", text(&output.stderr));
}
