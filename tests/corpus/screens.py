"""Full-screen programs, run in a PTY with scripted keys. Each returns (bytes, note)."""

import os
import random
import shutil
import sysconfig

import texts
from pty_session import Session

SECONDS = 25  # no capture takes longer
ENOUGH = 1_300_000

UP, DOWN, LEFT, RIGHT = b"\x1bOA", b"\x1bOB", b"\x1bOD", b"\x1bOC"
PAGE_UP, PAGE_DOWN = b"\x1b[5~", b"\x1b[6~"
F3, F10 = b"\x1bOR", b"\x1b[21~"


def capture(argv, script, before=1.0, pause=0.03, cols=120, rows=40, **more):
    """Run `argv`, repeat the keys of `script` until there is enough; the bytes or None."""
    if not shutil.which(argv[0]):
        return stand_in(argv[0])
    session = Session(argv, cols=cols, rows=rows, **more)
    session.run(before)
    size, seen = 0, 0
    while session.alive and session.now() < SECONDS and size < ENOUGH:
        for key in script:
            session.keys([key], pause)
            size += sum(len(d) for _, k, d in session.events[seen:] if k == "o")
            seen = len(session.events)
            if session.now() >= SECONDS or size >= ENOUGH:
                break
    data = session.output()
    session.close()
    if len(data) < 20_000:
        return stand_in(argv[0])
    return data, f"real {argv[0]}, {session.now():.0f} s"


def stand_in(name):
    """A made-up full-screen program: cursor addressing, colours, partial updates."""
    rng = random.Random(name)
    out = ["\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J"]
    for _ in range(9000):
        row, col = rng.randrange(1, 40), rng.randrange(1, 80)
        colour = rng.choice(["0", "1", "7", "1;32", "38;5;%d" % rng.randrange(256)])
        out.append(f"\x1b[{row};{col}H\x1b[{colour}m{texts.sentence(rng)}\x1b[m\x1b[K")
    out.append("\x1b[?25h\x1b[?1049l")
    return "".join(out).encode(), f"{name} is not installed or said little: synthetic screen"


def source(name):
    """A source file to look at."""
    return os.path.join(sysconfig.get_path("stdlib"), name)


def htop():
    """The fastest refresh, with sorting, tree view and scrolling."""
    script = [DOWN, DOWN, PAGE_DOWN, b"t", b"P", PAGE_UP, b"M", b"t", b"H", b"I", UP, b"K"]
    return capture(["htop", "-d", "1"], script, pause=0.06)


def vim():
    """Python source with syntax colours: paging, jumping, inserting, searching, two windows."""
    argv = ["vim", "-N", "-u", "NONE", "-i", "NONE", "-n"]
    argv += ["-c", "syntax on", "-c", "set number hlsearch ruler showcmd mouse=a", source("argparse.py")]
    script = [b"\x06"] * 12 + [b"10j", b"w" * 9, b"ihello there ", b"\x1b", b"/def\r", b"n", b"n"]
    script += [b":vsplit\r", b"\x04", b"\x15", b":q!\r", b"\x05" * 8, b"u", b"gg", b"50%", b"zz"]
    return capture(argv, script)


def nano():
    """Paging, typing and cutting lines."""
    argv = ["nano", "--linenumbers", "--syntax=python", "--ignorercfiles", source("typing.py")]
    script = [b"\x16"] * 12 + [DOWN] * 10 + [b"some new text", b"\r", b"\x0b", b"\x0b", b"\x19", b"\x15"]
    script += [b"\x1b\\", b"\x1b/", b"\x19", b"\x19"]
    return capture(argv, script)


def mc():
    """Walking through directories, panels swapped, a file viewed."""
    argv = ["mc", "--nosubshell", "-d", "/usr/lib", "/usr/share"]
    script = [DOWN] * 8 + [PAGE_DOWN] * 4 + [b"\t", PAGE_DOWN, PAGE_DOWN, b"\x15", b"\r", b"\t"]
    script += [PAGE_UP, UP, UP, b"\x1bt", b"\x1b[1~", b"\r", DOWN, DOWN, b"\r"]
    return capture(argv, script)


def tmux():
    """Three panes: a scrolling one, a coloured listing, a shell; a clock in the status bar."""
    argv = ["tmux", "-f", "/dev/null", "new-session", "-s", "corpus", "sh"]
    chain = [
        b"tmux set -g status-interval 1; tmux set -g status-right '%H:%M:%S'; tmux set -g mouse on\r",
        b"tmux split-window -h sh; tmux split-window -v sh\r",
        b"while :; do ls -l --color=always /usr/bin | head -200; done\r",
        b"\x02o",
        b"i=0; while :; do i=$((i+1)); printf '\\033[3%dmline %d\\033[m of output\\n' $((i%8)) $i; done\r",
        b"\x02o",
    ]
    script = [b"echo typed here\r", b"ls --color=always /\r", b"\x02[", PAGE_UP, PAGE_UP, b"q", b"clear\r"]
    if not shutil.which("tmux"):
        return stand_in("tmux")
    session = Session(argv, cols=160, rows=48)
    session.run(0.7)
    for key in chain:
        session.keys([key], 0.4)
    while session.alive and session.now() < SECONDS and len(session.output()) < ENOUGH:
        session.keys(script, 0.05)
    data = session.output()
    session.command(["tmux", "kill-server"])
    session.close()
    return (data, f"real tmux, {session.now():.0f} s") if len(data) > 20_000 else stand_in("tmux")
