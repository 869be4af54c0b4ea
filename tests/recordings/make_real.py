#!/usr/bin/env python3
"""Record real programs in a PTY, in real time, and label them by the script that drives them.

    tests/recordings/make_real.py            all, about six minutes
    tests/recordings/make_real.py vim htop   only these

What is working and what is waiting is known here, because the script starts and ends the work
itself. Recordings differ a little each time; the committed ones are those the tests judge.
Hosts, users and paths are kept out: an empty home, a plain prompt, htop on three processes only.
"""

import json
import os
import shutil
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from pty_session import Session  # noqa: E402
from stage import Stage  # noqa: E402

MADE_BY = "tests/recordings/make_real.py"
LABELLED = "by the script that typed the keys; ends taken at the last byte of the work"

SPINNER = """
for i in $(seq 200); do
  case $((i % 4)) in 0) c='|';; 1) c='/';; 2) c='-';; *) c='\\';; esac
  printf '\\r\\033[36m%s\\033[m working (%ds)' "$c" $((i / 10)); sleep 0.1
done; printf '\\r\\033[Kdone\\n'
"""

PROGRESS = """
echo 'Collecting package'
for i in $(seq 0 60); do
  printf '\\r   \\033[32m%s\\033[m %d/60 MB eta 0:00:%02d' "$(printf '%*s' $((i / 2)) '' | tr ' ' '#')" $i $((60 - i))
  case $i in 30) sleep 2;; *) sleep 0.12;; esac
done; printf '\\nSuccessfully installed\\n'
"""

BUILD = """
for i in $(seq 12); do printf '\\033[1;32m   Compiling\\033[0m crate-%d v0.%d.1\\n' $i $i; sleep 0.15; done
printf '\\033[1;36m    Building\\033[0m [=====> ] 12/13: big\\r'
sleep 8
printf '\\033[K\\033[1;32m   Compiling\\033[0m app v0.1.0\\n'; sleep 2
for i in $(seq 6); do printf '\\033[33mwarning\\033[0m: unused variable x%d\\n' $i; sleep 0.2; done
printf '\\033[1;32m    Finished\\033[0m dev profile in 13.2s\\n'
"""

MARKED_PROMPT = (
    "PS1='\\[\\033]133;A\\007\\]$ \\[\\033]133;B\\007\\]'; PS0='\\033]133;C\\007';"
    "PROMPT_COMMAND='printf \"\\033]133;D;%s\\007\" $?'"
)


class Real(Stage):
    """A stage whose events come from a PTY."""

    def __init__(self, name, title, argv, cols=80, rows=24, **more):
        super().__init__(name, title, cols=cols, rows=rows)
        self.session = Session(argv, cols=cols, rows=rows, **more)

    def label(self, state, why):
        """At the real time."""
        self.t = self.session.now()
        super().label(state, why)

    def hint(self, hint):
        """At the real time."""
        self.t = self.session.now()
        super().hint(hint)

    def type(self, text, pause=0.09):
        """As a person types."""
        self.session.keys([c.encode() for c in text], pause)

    def enter(self, command, why):
        """Type a command; the work begins with the return key."""
        self.human("typing")
        self.type(command)
        self.working(why)
        self.session.send(b"\r")

    def rest(self, seconds, why):
        """The work has ended with the last byte seen; nothing more for so long."""
        self.session.run(0.15)
        last = max(e[0] for e in self.session.events if e[1] == "o")
        self.waiting(why)
        self.labels[-1]["from"] = last
        self.session.run(seconds)

    def finish(self, **more):
        """Copy what was recorded and write the files."""
        end = self.session.now()
        self.session.close()
        self.events = [e for e in self.session.events if e[0] <= end]
        self.t = end
        self.save(MADE_BY, LABELLED, **more)


def shell(name, title, **more):
    """A shell at a plain prompt, settled."""
    stage = Real(name, title, ["bash", "--norc", "--noprofile", "--noediting"], **more)
    stage.human("start-up")
    stage.session.run(0.5)
    stage.waiting("prompt")
    stage.session.run(5)
    return stage


def script_file(stage, name, text):
    """A script in the session's home, so that the command typed stays short."""
    with open(os.path.join(stage.session.home, name), "w", encoding="utf-8") as file:
        file.write(text)


def spinner():
    """20 s of a spinner, then the prompt."""
    stage = shell("spinner", "a spinner for 20 s, then the prompt")
    script_file(stage, "work", SPINNER)
    stage.enter("sh work", "spinner")
    stage.session.run_until(b"$ ", 40)
    stage.rest(8, "prompt")
    stage.finish()


def progress():
    """A progress bar by CR, with a stall of 2 s."""
    stage = shell("progress_bar", "a progress bar redrawn by CR, stalling once for 2 s")
    script_file(stage, "work", PROGRESS)
    stage.enter("sh work", "progress bar")
    stage.session.run_until(b"$ ", 40)
    stage.rest(8, "prompt")
    stage.finish()


def prompt_read():
    """Work, a question, an answer, more work."""
    stage = shell("prompt_read", "a script that asks a question with read -p and waits")
    work = "for i in $(seq 12); do echo step $i; sleep 0.2; done\n"
    script_file(stage, "work", work + 'read -p "Continue? [y/N] " a; echo got $a\n' + work)
    stage.enter("bash work", "steps")
    stage.session.run_until(b"[y/N] ", 20)
    stage.hint("blocked")
    stage.rest(9, "asks a question")
    stage.human("answering")
    stage.type("y")
    stage.working("steps")
    stage.session.send(b"\r")
    stage.hint("none")
    stage.session.run_until(b"$ ", 20)
    stage.rest(7, "prompt")
    stage.finish()


def build():
    """A build with two silences, of 8 s (longer than quiet) and 2 s."""
    stage = shell("build_silent", "a build with silent phases of 8 s and 2 s")
    script_file(stage, "work", BUILD)
    stage.enter("sh work", "compiling")
    stage.session.run_until(b"12/13: big", 20)
    stage.silent("linking, 8 s without a byte")
    stage.hint("busy")
    stage.session.run_until(b"app v0", 20)
    stage.working("compiling")
    stage.hint("none")
    stage.session.run_until(b"$ ", 20)
    stage.rest(8, "prompt")
    stage.finish()


def cargo():
    """A real build of eight small crates with the real bar, then one more with nothing to do."""
    if not shutil.which("cargo"):
        return print("cargo is not installed; kept as it was")
    env = {"CARGO_HOME": os.path.expanduser("~/.cargo"), "RUSTUP_HOME": os.path.expanduser("~/.rustup")}
    stage = shell("cargo_build", "cargo build of eight crates with its progress bar", env=env)
    home, names = stage.session.home, ["base", "text", "graph", "parse", "store", "wire", "serve", "app"]
    for n, name in enumerate(names):
        os.makedirs(os.path.join(home, name, "src"))
        before = names[n - 1] if n else None
        needs = f'{before} = {{ path = "../{before}" }}\n' if n else ""
        script_file(stage, f"{name}/Cargo.toml", f'[package]\nname = "{name}"\nversion = "0.{n}.1"\n[dependencies]\n{needs}')
        body = "".join(f"pub fn f{i}(v: &[u64]) -> Vec<String> {{ v.iter().map(|x| format!(\"{{x}} {i}\")).collect() }}\n" for i in range(250))
        script_file(stage, f"{name}/src/lib.rs", body + (f"pub fn unused() {{ let {name} = 1; }}\n" if n % 3 == 0 else ""))
    stage.enter("cd app && cargo build --offline", "cargo builds")
    stage.session.run_until(b"Finished", 120)
    stage.session.run_until(b"$ ", 5)
    stage.rest(8, "prompt")
    stage.enter("cargo build --offline", "nothing to build")
    stage.session.run_until(b"$ ", 20)
    stage.rest(7, "prompt")
    stage.session.events = [(at, kind, data.replace(home.encode(), b"/home/u")) for at, kind, data in stage.session.events]
    return stage.finish()


def vim():
    """Edited, left alone, edited, quit."""
    if not shutil.which("vim"):
        return print("vim is not installed; kept as it was")
    stage = shell("vim", "vim: edit, leave alone, edit again, quit")
    stage.human("editing")
    stage.type("vim -N -u NONE -i NONE -n -c 'set number ruler' new\r", 0.03)
    stage.session.run(0.6)
    stage.type("ihello world\rsecond line\r")
    stage.type("\x1b")
    stage.session.run(1.2)  # vim redraws when it is sure that no key follows
    stage.rest(9, "left alone in normal mode")
    stage.human("editing")
    stage.type("ggdwjp/sec\r")
    stage.rest(7, "left alone")
    stage.human("quitting")
    stage.type(":q!\r")
    stage.rest(6, "prompt")
    return stage.finish()


def htop():
    """htop for 20 s on three processes, quit."""
    if not shutil.which("htop"):
        return print("htop is not installed; kept as it was")
    stage = shell("htop", "htop refreshing each 1.5 s, then left", rows=16)
    script_file(stage, "run", "sleep 60 & a=$!; sleep 60 & b=$!; htop -d 15 -p $a,$b; kill $a $b\n")
    stage.human("starting it")
    stage.type("sh run\r")
    stage.session.run(0.5)
    stage.repainting("htop refreshes, nothing is done")
    stage.session.run(20)
    stage.human("quitting")
    stage.type("q")
    stage.rest(7, "prompt")
    return stage.finish()


def marks():
    """A shell that says OSC 133: a quick command, a silent one, a failing one, a busy one."""
    stage = shell("shell_osc133", "a shell with OSC 133 marks: quick, silent, failing, busy commands")
    stage.human("setting the prompt")
    script_file(stage, "rc", MARKED_PROMPT + "\n")
    stage.type(". ./rc\r")
    stage.rest(5, "prompt")
    stage.enter("seq 5", "seq")
    stage.rest(6, "prompt")
    stage.enter("sleep 6; false", "starts")
    stage.session.run(0.05)
    stage.silent("sleep, running but without a byte")
    stage.session.run_until(b"133;A", 20)
    stage.rest(6, "prompt")
    stage.enter("for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.3; done", "loop")
    stage.session.run_until(b"133;A", 20)
    stage.rest(6, "prompt")
    stage.finish()


def in_tmux(name, title, options, **more):
    """tmux with its status bar, as quiet as a fresh one is."""
    argv = ["tmux", "-f", "/dev/null", "start-server", ";"]
    for option in options:
        argv += [*option.split("|"), ";"]
    stage = Real(name, title, [*argv, "new-session", "-s", "work", "sh"], **more)
    stage.human("start-up")
    stage.session.run(1)
    return stage


def tmux_clock(name="tmux_clock", interval=5, state="waiting"):
    """A clock with seconds in the status bar while the shell idles; work in the middle."""
    if not shutil.which("tmux"):
        return print("tmux is not installed; kept as it was")
    bar = [f"set|-g|status-interval|{interval}", "set|-g|status-right|%H:%M:%S"]
    stage = in_tmux(name, f"tmux, status clock each {interval} s; shell idle, busy, idle", bar, rows=12)
    rest = stage.waiting if state == "waiting" else stage.repainting
    rest("only the clock moves")
    stage.session.run(16)
    stage.human("typing")
    stage.type("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; sleep 0.3; done", 0.03)
    stage.working("loop")
    stage.session.send(b"\r")
    stage.session.run_until(b"line 12", 20)
    stage.session.run(0.35)
    rest("only the clock moves")
    stage.session.run(17)
    stage.session.command(["tmux", "kill-server"])
    return stage.finish()


def tmux_repaint():
    """Two panes; work in one; then tmux repaints parts of an idle screen now and then."""
    if not shutil.which("tmux"):
        return print("tmux is not installed; kept as it was")
    options = ["set|-g|status-interval|0", "set|-g|status-right|"]
    stage = in_tmux("tmux_repaint", "tmux, two panes: partial and whole repaints while idle", options)
    stage.session.command(["tmux", "split-window", "-h", "sh"])
    stage.session.run(0.4)
    stage.waiting("two shells")
    stage.session.run(6)
    stage.human("typing")
    stage.type("for i in $(seq 16); do seq -f 'row %g of some output' ${i}1 ${i}9; sleep 0.2; done", 0.03)
    stage.working("scrolling one pane: tmux repaints half the rows")
    stage.session.send(b"\r")
    stage.session.run(3.5)
    stage.waiting("two shells; repaints by tmux itself")
    stage.session.run(6)
    for command in ("select-pane|-L", "refresh-client", "display-message|-d|900|a message", "refresh-client|-S"):
        stage.session.command(["tmux", *command.split("|")])
        stage.session.run(5)
    stage.session.command(["tmux", "kill-server"])
    return stage.finish()


def agent_in_tmux():
    """The inline agent of make_agents.py, played in real time inside tmux, as tmux repaints it."""
    if not shutil.which("tmux"):
        return print("tmux is not installed; kept as it was")
    with open(os.path.join(HERE, "agent_inline.cast"), encoding="utf-8") as file:
        original = [json.loads(line) for line in file][1:]
    with open(os.path.join(HERE, "agent_inline.labels.json"), encoding="utf-8") as file:
        truth = json.load(file)["intervals"]
    bar = ["set|-g|status-interval|15", "set|-g|status-right|%H:%M"]
    stage = in_tmux("agent_in_tmux", "the inline agent inside tmux, status clock each 15 s", bar)
    player = [sys.executable, os.path.join(HERE, "play.py"), os.path.join(HERE, "agent_inline.cast")]
    stage.session.command(["tmux", "respawn-pane", "-k", "-t", "work", " ".join(player)])
    start = stage.session.now()
    stage.session.run_until(b"Welcome", 5)
    zero = stage.session.now() - next(e[0] for e in original if "Welcome" in e[2])
    for at, kind, data in original:
        if kind == "i" and data not in ("\x1b[O",):
            stage.session.run(zero + at - stage.session.now())
            stage.session.send(data.encode())
    stage.session.run(zero + truth[-1]["to"] - stage.session.now())
    stage.labels = [label for label in stage.labels if label["from"] < start]
    stage.labels += [{"from": zero + i["from"], "state": i["state"], "why": i["why"]} for i in truth]
    stage.session.command(["tmux", "kill-server"])
    return stage.finish()


RECORDINGS = {
    "agent_in_tmux": agent_in_tmux,
    "spinner": spinner,
    "progress": progress,
    "prompt_read": prompt_read,
    "build": build,
    "cargo": cargo,
    "vim": vim,
    "htop": htop,
    "marks": marks,
    "tmux_clock": tmux_clock,
    "tmux_clock_1s": lambda: tmux_clock("tmux_clock_1s", 1, "repainting"),
    "tmux_repaint": tmux_repaint,
}


def main():
    """Those asked for, or all; each in a process of its own, three at a time."""
    names = sys.argv[1:] or list(RECORDINGS)
    running = []
    for name in names:
        while len(running) >= 3:
            running = [pid for pid in running if os.waitpid(pid, os.WNOHANG)[0] == 0]
            time.sleep(0.2)
        pid = os.fork()
        if pid == 0:
            RECORDINGS[name]()
            sys.stdout.flush()
            os._exit(0)
        running.append(pid)
    for pid in running:
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
