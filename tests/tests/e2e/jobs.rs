//! Signals and the terminal's own state: whatever happens to the runner, the terminal is usable afterwards.

use crate::terminal::{Terminal, alive, signal};
use crate::watch::WATCH;

#[test]
fn control_z_stops_the_job_of_a_shell_inside() {
    let terminal = Terminal::open("job");
    terminal.folder.write("innerrc", "PS1='inner$ '\nunset HISTFILE\n");
    terminal.line(&format!("{WATCH} -- bash --noprofile --rcfile innerrc -i"));
    terminal.wait_for("inner$");
    terminal.line("sleep 1000");
    terminal.wait_for_idle(0);
    terminal.key("C-z");
    terminal.wait_for("Stopped");
    terminal.line("fg");
    terminal.wait_for_idle(1);
    terminal.key("C-c");
    terminal.line("echo status=$?");
    terminal.wait_for("status=130");
    terminal.line("exit 5");
    assert_eq!(terminal.wait_for_exit()["code"], 5);
}

#[test]
fn a_stopped_runner_gives_the_terminal_back_and_goes_on_later() {
    let terminal = Terminal::open("stop");
    terminal.line("stty -a > before");
    terminal.folder.write("script", "echo here; read x; echo got $x");
    terminal.line(&format!("{WATCH} -- sh script"));
    terminal.wait_for("here");
    signal("TSTP", &terminal.runner_pid());
    terminal.wait_for("Stopped");
    terminal.line("stty -a > stopped");
    terminal.line("echo out-$((40 + 2))");
    terminal.wait_for("out-42");
    assert_eq!(
        terminal.folder.read("stopped"),
        terminal.folder.read("before"),
        "echo and line editing are back"
    );
    terminal.line("fg");
    terminal.line("word");
    terminal.wait_for("got word");
    assert_eq!(terminal.wait_for_exit()["code"], 0);
}

#[test]
fn the_terminal_is_restored_when_the_runner_is_asked_to_end() {
    let terminal = Terminal::open("term");
    terminal.line("stty -a > before");
    terminal.folder.write("script", "echo here; sleep 1000");
    terminal.line(&format!("{WATCH} -- sh script; echo rc=$?"));
    terminal.wait_for("here");
    signal("TERM", &terminal.runner_pid());
    terminal.wait_for("rc=143");
    terminal.line("stty -a > after; echo writ''ten");
    terminal.wait_for("written\n");
    assert_eq!(terminal.folder.read("after"), terminal.folder.read("before"));
}

#[test]
fn a_killed_runner_takes_the_command_with_it_and_leaves_whole_lines() {
    let terminal = Terminal::open("kill");
    terminal.folder.write("script", "echo $$ > pid; echo here; sleep 1000");
    terminal.line(&format!("{WATCH} -- sh script"));
    terminal.wait_for("here");
    terminal.wait_for_idle(0);
    let child = terminal.folder.read("pid").trim().to_owned();
    signal("KILL", &terminal.runner_pid());
    terminal.wait(&|| !alive(&child), "the end of the command: its terminal hung up");
    let text = terminal.folder.read("events.jsonl");
    assert!(text.ends_with('\n'), "{text}");
    terminal.line("stty sane");
    terminal.line("echo usable-$((1 + 1))");
    terminal.wait_for("usable-2");
}

#[test]
fn a_command_that_a_signal_kills_is_told_by_its_signal() {
    let terminal = Terminal::open("signal");
    terminal.line(&format!("{WATCH} -- sh -c 'kill -TERM $$'; echo rc=$?"));
    terminal.wait_for("rc=143");
    assert_eq!(terminal.wait_for_exit()["signal"], 15);
    terminal.clear();
    terminal.line("runner-std watch -- /no/such/command; echo rc=$?");
    terminal.wait_for("rc=127");
}

#[test]
fn a_terminal_that_is_closed_ends_the_runner_and_its_command() {
    let terminal = Terminal::open("hangup");
    terminal.folder.write("script", "echo $$ > pid; echo here; sleep 1000");
    terminal.line(&format!("{WATCH} -- sh script"));
    terminal.wait_for("here");
    let (child, runner) = (terminal.folder.read("pid").trim().to_owned(), terminal.runner_pid());
    terminal.close();
    terminal.wait(&|| !alive(&child) && !alive(&runner), "the end of both");
    let last = terminal.events().pop().expect("events");
    assert_eq!(last["event"], "exit", "{last}");
}
