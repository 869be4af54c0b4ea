//! What somebody sees who comes late: the screen as it is.

use crate::terminal::Terminal;

const SHELL: &str = "bash --noprofile --rcfile innerrc -i";

/// A session with a shell in the first window.
fn session(name: &str) -> Terminal {
    let terminal = Terminal::open(name);
    terminal.folder.write("innerrc", "PS1='inner$ '\nunset HISTFILE PROMPT_COMMAND\nset +o histexpand\n");
    terminal.line(&format!("runner-std host --listen none --name {name} -- {SHELL}; echo rc=$?"));
    terminal.wait_for("inner$");
    terminal
}

/// Attaches a second terminal that only looks, and waits until it shows what the first one does.
fn compare(terminal: &Terminal, name: &str) {
    let first = terminal.colours();
    terminal.open_window();
    terminal.line(&format!("runner-std attach --view {name}"));
    let same = || {
        let second = terminal.colours();
        seen(&second) == seen(&first)
    };
    terminal.wait(&same, &format!("the same as in the first window:\n{first}\n---"));
}

#[test]
fn whoever_watches_in_a_smaller_terminal_is_told() {
    let terminal = session("small");
    terminal.open_window();
    terminal.line("runner-std attach --view small");
    terminal.wait_for("inner$");
    terminal.resize(60, 20);
    terminal.wait(&|| terminal.title().contains("small is 80×24, larger than this terminal"), "the title");
    terminal.resize(80, 24);
    terminal.wait(&|| !terminal.title().contains("larger"), "another title");
    terminal.text("x");
    terminal.wait(&|| terminal.title().contains("small: only watching"), "why nothing is typed");
    terminal.window(0);
    terminal.line("exit 7");
    terminal.wait_for("rc=7");
}

/// Without the blank end, whose colours nobody sees.
fn seen(mut screen: &str) -> &str {
    loop {
        screen = screen.trim_end();
        match screen.strip_suffix('m').and_then(|rest| rest.rsplit_once("\x1b[")) {
            Some((before, colours)) if colours.bytes().all(|b| matches!(b, b'0'..=b'9' | b';' | b':')) => {
                screen = before;
            }
            _ => return screen,
        }
    }
}

#[test]
fn a_second_viewer_sees_what_vim_shows_and_the_shell_behind_it() {
    let terminal = session("vim");
    terminal.line("echo before-$((40 + 2))-vim");
    terminal.wait_for("before-42-vim");
    terminal.folder.write("text", "first line\nsecond \u{4e2d}\u{6587} line\n\te\u{301} third\n");
    terminal
        .line("vim -u NONE -N -i NONE --cmd 'syntax on' -c 'set number hlsearch showmode' -c '/line' text");
    terminal.wait_for("second");
    terminal.key("i");
    terminal.wait_for("INSERT");
    compare(&terminal, "vim");
    terminal.window(0);
    terminal.text("typed ");
    terminal.wait_for("typed");
    terminal.window(1);
    terminal.wait_for("typed");
    terminal.window(0);
    terminal.key("Escape");
    terminal.line(":q!");
    terminal.wait_for("before-42-vim");
    terminal.window(1);
    terminal.wait_for("before-42-vim");
    assert!(!terminal.screen().contains("first line"), "{}", terminal.screen());
    terminal.window(0);
    terminal.line("exit 7");
    terminal.wait_for("rc=7");
}

#[test]
fn whoever_attaches_after_ten_megabytes_sees_the_prompt_at_once() {
    let terminal = session("late");
    terminal.line("seq 1500000; printf '\\033[1;32mdone\\033[m\\n'");
    terminal.wait_for("1500000");
    terminal.wait(&|| terminal.screen().trim_end().ends_with("inner$"), "the prompt");
    compare(&terminal, "late");
    let above = terminal.scrollback();
    assert!(above.contains("\n1499800\n1499801\n"), "lines above the screen are told, too");
    assert!(above.contains("outer$ runner-std attach"), "what was there before is kept: {above}");
    terminal.window(0);
    terminal.line("exit 8");
    terminal.wait_for("rc=8");
}

#[test]
fn a_pager_is_the_same_for_who_takes_over() {
    let terminal = session("less");
    terminal.line("seq 3000 | sed 's/5/\\x1b[31m&\\x1b[m/g' | LESS= less -R");
    terminal.wait_for("23");
    terminal.key("Space");
    terminal.wait_for("46");
    let first = terminal.colours();
    terminal.open_window();
    terminal.line("runner-std attach less");
    terminal
        .wait(&|| terminal.colours() == first, &format!("the same as in the first window:\n{first}\n---"));
    terminal.key("Space");
    terminal.wait_for("69");
    terminal.text("q");
    terminal.wait(&|| terminal.screen().trim_end().ends_with("inner$"), "the shell behind the pager");
    terminal.line("exit 9");
    terminal.wait_for("outer$");
}
