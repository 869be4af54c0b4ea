//! `runner-std watch` in a real terminal: tmux types, and reads the screen and the events.

use serde_json::Value;

use crate::terminal::{Terminal, is_idle, time};

/// Quick verdicts for tests in which nothing depends on slow output.
pub(crate) const WATCH: &str = "runner-std watch --events events.jsonl --idle-after 1s --idle-confirm 200ms";

#[test]
fn a_command_that_falls_still_is_idle_until_it_goes_on() {
    let terminal = Terminal::open("still");
    terminal
        .line(&format!("{WATCH} -- sh -c 'echo working; sleep 4; echo more; sleep 1; exit 7'; echo rc=$?"));
    let idle = terminal.wait_for_idle(0);
    assert_eq!(idle["reason"], "quiet");
    let since = time(&idle) - idle["last_visible"].as_f64().expect("evidence");
    assert!((since - 1.2).abs() < 1e-6, "idle exactly quiet + confirm after the last output: {idle}");
    let running = terminal.wait_for_running(0);
    assert!(time(&running) >= 4.0, "{running}");
    assert_eq!(terminal.wait_for_exit()["code"], 7);
    terminal.wait_for("rc=7");
    assert_eq!(terminal.events()[0]["event"], "start");
}

#[test]
fn a_prompt_that_waits_is_awaiting_input() {
    let terminal = Terminal::open("read");
    terminal
        .line(&format!("{WATCH} -- bash -c 'read -p \"name? \" x; echo hello $x; read -s -p \"pass? \" y'"));
    terminal.wait_for("name?");
    assert_eq!(terminal.wait_for_idle(0)["reason"], "awaiting_input");
    terminal.line("world");
    terminal.wait_for("hello world");
    terminal.wait_for_running(0);
    terminal.wait_for("pass?");
    assert_eq!(terminal.wait_for_idle(1)["reason"], "awaiting_input");
    terminal.line("secret");
    assert_eq!(terminal.wait_for_exit()["code"], 0);
    terminal.wait_for_prompt();
    assert!(!terminal.screen().contains("secret"), "echo was off");
}

#[test]
fn a_sleeping_command_is_quiet_and_a_silent_busy_one_is_running() {
    let terminal = Terminal::open("busy");
    terminal.folder.write("script", "echo begun; while [ ! -e stop ]; do :; done; echo ended; sleep 100");
    terminal.line(&format!(
        "{WATCH} -- sh -c 'echo start; while [ ! -e stop ]; do :; done; echo stop; sleep 100'"
    ));
    terminal.wait_for("start");
    let began = std::time::Instant::now();
    terminal.wait(&|| began.elapsed().as_secs() >= 4, "four seconds of work");
    let idle = terminal.events().into_iter().find(is_idle);
    assert_eq!(idle, None, "the job burns CPU");
    terminal.folder.write("stop", "");
    assert_eq!(terminal.wait_for_idle(0)["reason"], "quiet");
    terminal.key("C-c");
    assert_eq!(terminal.wait_for_exit()["signal"], 2);
}

#[test]
fn a_shell_with_prompt_marks_is_at_its_prompt() {
    let terminal = Terminal::open("marks");
    terminal.folder.write(
        "marks",
        "PS1='\\[\\e]133;D;$?\\a\\e]133;A\\a\\]inner$ \\[\\e]133;B\\a\\]'\nPS0='\\e]133;C\\a'\nunset HISTFILE\n",
    );
    terminal.line(&format!("{WATCH} -- bash --noprofile --rcfile marks -i"));
    terminal.wait_for("inner$");
    assert_eq!(terminal.wait_for_idle(0)["reason"], "at_prompt");
    terminal.line("sh -c 'exit 3'");
    let finished = |event: &Value| event["mark"] == "command_finished" && event["code"] == 3;
    terminal.wait_for_event(0, "a command_finished signal with its exit code", finished);
    assert_eq!(terminal.wait_for_idle(1)["reason"], "at_prompt");
    terminal.line("exit");
    assert_eq!(terminal.wait_for_exit()["code"], 3);
}

#[test]
fn vim_edits_a_file_and_leaves_the_screen_as_it_was() {
    let terminal = Terminal::open("vim");
    terminal.line("echo before-vim");
    terminal.line(&format!("{WATCH} -- vim -u NONE -i NONE -n notes.txt; echo rc=$?"));
    terminal.wait_for("[New");
    terminal.wait_for_idle(0);
    terminal.text("ione");
    terminal.key("Enter");
    terminal.text("two — drei");
    terminal.key("Escape");
    terminal.wait_for("two — drei");
    terminal.wait_for_running(0);
    terminal.line(":wq");
    terminal.wait_for("rc=0");
    assert_eq!(terminal.folder.read("notes.txt"), "one\ntwo — drei\n");
    let screen = terminal.screen();
    assert!(screen.contains("before-vim") && !screen.contains("two"), "the first screen is back:\n{screen}");
}

#[test]
fn a_spinner_keeps_a_session_running_until_it_stops() {
    let terminal = Terminal::open("spinner");
    let script = r#"printf '\033[?25l'; while [ ! -e stop ]; do for c in '|' / - '\'; do
printf '\r%s working' "$c"; sleep 0.1; done; done; printf '\r\033[Kdone\n'; sleep 100"#;
    terminal.folder.write("spin", script);
    terminal.line("runner-std watch --events events.jsonl -- sh spin"); // the default of 3.5 s: the machine may be busy
    terminal.wait_for("working");
    let began = std::time::Instant::now();
    terminal.wait(&|| began.elapsed().as_secs() >= 6, "six seconds of spinning");
    assert_eq!(terminal.events().into_iter().find(is_idle), None);
    terminal.folder.write("stop", "");
    terminal.wait_for("done");
    assert_eq!(terminal.wait_for_idle(0)["reason"], "quiet");
    terminal.key("C-c");
    terminal.wait_for_exit();
}

#[test]
fn a_progress_bar_is_one_turn() {
    let terminal = Terminal::open("progress");
    let script = r#"i=0; while [ $i -le 100 ]; do printf '\r[%-20.*s] %3d%%' $((i / 5)) '####################' $i
i=$((i + 2)); sleep 0.1; done; echo; exit 0"#;
    terminal.folder.write("bar", script);
    terminal.line("runner-std watch --events events.jsonl -- bash bar");
    let exit = terminal.wait_for_exit();
    assert_eq!(exit["code"], 0);
    let changes: Vec<_> = terminal.events().into_iter().filter(|event| event["event"] == "status").collect();
    assert!(!changes.iter().any(is_idle), "{changes:?}");
    terminal.wait_for("100%");
}

#[test]
fn a_resize_reaches_the_command() {
    let terminal = Terminal::open("resize");
    let script = "trap 'stty size' WINCH; stty size; while [ ! -e stop ]; do sleep 0.1; done";
    terminal.folder.write("size", script);
    terminal.line(&format!("{WATCH} -- bash size"));
    terminal.wait_for("24 80");
    terminal.resize(100, 30);
    terminal.wait_for("30 100");
    terminal.resize(60, 20);
    terminal.wait_for("20 60");
    terminal.folder.write("stop", "");
    assert_eq!(terminal.wait_for_exit()["code"], 0);
}

#[test]
fn hooks_are_told_what_happened() {
    let terminal = Terminal::open("hooks");
    let hook = r#"echo "$STILLWIRE_SESSION $STILLWIRE_STATUS $STILLWIRE_REASON" >> hooks"#;
    terminal.line(&format!(
        "{WATCH} --name demo --on-idle '{hook}' --on-active '{hook}' -- sh -c 'echo a; sleep 3; echo b; sleep 3'"
    ));
    terminal.wait_for_exit();
    terminal.wait_for_prompt();
    let lines = terminal.folder.read("hooks");
    let lines: Vec<_> = lines.lines().map(str::trim_end).collect();
    assert_eq!(lines, ["demo idle quiet", "demo running", "demo idle quiet"]);
}

#[test]
fn a_session_out_of_sight_rings_when_it_falls_idle() {
    let terminal = Terminal::open("notify");
    terminal
        .folder
        .write("script", "echo begun; while [ ! -e stop ]; do printf .; sleep 0.2; done; sleep 1000");
    terminal.line("runner-std watch --events events.jsonl --notify -- sh script");
    terminal.wait_for("begun");
    terminal.open_window();
    assert!(!terminal.rang(0));
    terminal.folder.write("stop", "");
    terminal.wait(&|| terminal.rang(0), "the bell of the other window");
    assert!(is_idle(&terminal.wait_for_idle(0)));
}
