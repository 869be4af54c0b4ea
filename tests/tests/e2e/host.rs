//! `runner-std host` and `attach`.

use crate::terminal::Terminal;

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
