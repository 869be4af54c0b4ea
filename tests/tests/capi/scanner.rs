//! The filter `core/capi/examples/signals.c`, beside the scanner that it is made of.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use stillwire::scan::{Config, Progress, PromptMark, Scanner, Signal};

use crate::program;

/// What every signal in `input` is told as.
fn told(input: &[u8]) -> String {
    let mut lines = String::new();
    for token in Scanner::new(Config::DEFAULT).scan(input) {
        let Some(signal) = token.signal() else { continue };
        let value = |value: Option<i32>| value.filter(|value| *value != 0).map(|v| format!(" {v}"));
        let (name, value) = match signal {
            Signal::Bell => ("bell", None),
            Signal::Prompt(PromptMark::PromptStart) => ("prompt_start", None),
            Signal::Prompt(PromptMark::CommandStart) => ("command_start", None),
            Signal::Prompt(PromptMark::CommandExecuted) => ("command_executed", None),
            Signal::Prompt(PromptMark::CommandFinished { exit }) => ("command_finished", value(exit)),
            Signal::Progress(Progress::Clear) => ("progress_clear", None),
            Signal::Progress(Progress::Percent(done)) => ("progress", value(Some(done.into()))),
            Signal::Progress(Progress::Error(done)) => ("progress_error", value(done.map(i32::from))),
            Signal::Progress(Progress::Indeterminate) => ("progress_indeterminate", None),
            Signal::Progress(Progress::Paused(done)) => ("progress_paused", value(done.map(i32::from))),
            Signal::Notification => ("notification", None),
            Signal::Title => ("title", None),
            Signal::AlternateScreen(on) => ("alternate_screen", value(Some(on.into()))),
            Signal::SynchronizedUpdate(on) => ("synchronized_update", value(Some(on.into()))),
            Signal::Query => ("query", None),
        };
        writeln!(lines, "{name}{}", value.unwrap_or_default()).expect("a string");
    }
    lines
}

/// What the program says when it reads `chunk` bytes at a time.
fn said(input: &[u8], chunk: usize) -> String {
    let mut child = Command::new(program("signals"))
        .arg(chunk.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`tests/run capi` makes it");
    let (mut stdin, input) = (child.stdin.take().expect("a pipe"), input.to_vec());
    let writer = std::thread::spawn(move || stdin.write_all(&input).expect("it reads"));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("ASCII")
}

#[test]
fn a_filter_in_c_hears_what_the_scanner_hears_wherever_the_input_is_cut() {
    let every = b"\x07\x1b]133;A\x07\x1b]133;D;-2\x1b\\\x1b]9;4;1;50\x07\x1b]9;4;2\x07\x1b]0;t\x07\x1b[?1049h\x1b[?2026l\x1b[c\
        \x1b]777;notify;a;b\x07\x1b]9;4;4;7\x07\x1bPcut\x18\x1b]0;\xc3\xbc\x18\x07\x9b\xff text \xf0\x9f";
    for chunk in [1, 2, 3, 7, 4_096] {
        assert_eq!(said(every, chunk), told(every), "{chunk} bytes at a time");
    }
}

#[test]
fn on_recordings_too() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings");
    let mut heard = 0;
    for entry in fs::read_dir(folder).expect("recordings").map(|entry| entry.expect("an entry").path()) {
        if entry.extension().is_none_or(|extension| extension != "cast") {
            continue;
        }
        let cast = fs::read_to_string(&entry).expect("a recording");
        let output: String = cast.lines().skip(1).filter_map(output_of).collect();
        let told = told(output.as_bytes());
        heard += told.lines().count();
        assert_eq!(said(output.as_bytes(), 61), told, "{}", entry.display());
    }
    assert!(heard > 100, "{heard}");
}

/// What a line of an asciicast prints.
fn output_of(line: &str) -> Option<String> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    (event.get(1)?.as_str()? == "o").then(|| event[2].as_str().expect("text").to_owned())
}
