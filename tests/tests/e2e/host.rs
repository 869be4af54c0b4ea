//! `runner-std host` and `attach`.

use crate::terminal::{Terminal, signal};

#[test]
fn a_host_is_attached_to_from_another_terminal() {
    let terminal = Terminal::open("host");
    terminal.folder.write("innerrc", "PS1='inner$ '\nunset HISTFILE\n");
    terminal.line("runner-std host --name demo -- bash --noprofile --rcfile innerrc -i; echo rc=$?");
    terminal.wait_for("inner$");
    terminal.wait(&|| terminal.title().contains("idle"), "the status in the title");
    terminal.open_window();
    terminal.line("runner-std attach demo; echo detached=$?");
    terminal.line("echo from-$((20 + 2))-attach");
    terminal.wait_for("from-22-attach");
    terminal.window(0);
    terminal.wait_for("from-22-attach");
    terminal.window(1);
    terminal.key("C-]");
    terminal.text("d");
    terminal.wait_for("detached=0");
    terminal.window(0);
    terminal.line("exit 4");
    terminal.wait_for("rc=4");
}

#[test]
fn a_host_that_is_silent_is_told_in_the_title_and_keys_wait_for_it() {
    let terminal = Terminal::open("silent");
    terminal.folder.write("innerrc", "PS1='inner$ '\nunset HISTFILE\n");
    terminal.line(
        "runner-std host --listen none --name quiet -- bash --noprofile --rcfile innerrc -i; echo rc=$?",
    );
    terminal.wait_for("inner$");
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
