"""A program in a pseudo-terminal of its own, driven by a script, every byte kept with its time.

Used by the recordings (tests/recordings/make_real.py) and by the benchmark corpus
(tests/corpus/make). Python standard library only, Unix only.

The session answers the few device queries that programs wait for (device attributes, cursor
position, mode requests) as a plain xterm would. Such answers are kept as input events marked
"reply", because a verdict must not mistake them for a person typing.
"""

import codecs
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

# What is asked, and what a plain xterm answers.
REPLIES = [
    (re.compile(rb"\x1b\[0?c"), b"\x1b[?62;22c"),
    (re.compile(rb"\x1b\[>0?c"), b"\x1b[>41;390;0c"),
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),
    (re.compile(rb"\x1b\[5n"), b"\x1b[0n"),
    (re.compile(rb"\x1b\]11;\?(?:\x07|\x1b\\)"), b"\x1b]11;rgb:0000/0000/0000\x1b\\"),
]


class Session:
    """A child in a PTY. `events` is a list of (seconds, kind, bytes), kind "o", "i" or "reply"."""

    def __init__(self, argv, cols=100, rows=30, env=None, cwd=None):
        self.cols, self.rows = cols, rows
        self.events = []
        self.marks = []
        self.home = tempfile.mkdtemp(prefix="stillwire-pty-")
        self.alive = True
        self.start = time.monotonic()
        clean = {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": self.home,
            "SHELL": "/bin/sh",
            "PS1": "$ ",
            "TMUX_TMPDIR": self.home,
        }
        clean.update(env or {})
        self.env = clean
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(cwd or self.home)
                os.execvpe(argv[0], argv, clean)
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def now(self):
        """Seconds since the start."""
        return time.monotonic() - self.start

    def run(self, seconds):
        """Record for so long, or until the child ends. True while the child lives."""
        end = time.monotonic() + seconds
        while self.alive and (left := end - time.monotonic()) > 0:
            self._read_once(left)
        return self.alive

    def run_until(self, needle, timeout=10.0):
        """Record until `needle` shows up in the output that comes from now on."""
        first = len(self.events)
        end = time.monotonic() + timeout
        while self.alive and (left := end - time.monotonic()) > 0:
            if needle in b"".join(d for _, k, d in self.events[first:] if k == "o"):
                return True
            self._read_once(left)
        return False

    def send(self, data):
        """Type as a person would: recorded as input."""
        if self.alive:
            self.events.append((self.now(), "i", data))
            os.write(self.fd, data)

    def keys(self, keys, pause=0.05):
        """Type one after the other, recording in between."""
        for key in keys:
            self.send(key)
            if not self.run(pause):
                return

    def command(self, argv):
        """Run a helper command beside the child, in its environment (`tmux kill-server`)."""
        quiet = subprocess.DEVNULL
        subprocess.run(argv, env=self.env, stdin=quiet, stdout=quiet, stderr=quiet, check=False)

    def mark(self, name):
        """Remember this instant for the labels."""
        self.marks.append((self.now(), name))

    def output(self):
        """All bytes that the child wrote."""
        return b"".join(data for _, kind, data in self.events if kind == "o")

    def close(self):
        """End the child (only this one) and tidy up."""
        try:
            os.kill(self.pid, signal.SIGHUP)
            self.run(0.3)
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        try:
            os.waitpid(self.pid, 0)
        except ChildProcessError:
            pass
        os.close(self.fd)
        shutil.rmtree(self.home, ignore_errors=True)

    def _read_once(self, left):
        ready, _, _ = select.select([self.fd], [], [], min(left, 0.2))
        if not ready:
            return
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        if not data:
            self.alive = False
            return
        self.events.append((self.now(), "o", data))
        for pattern, answer in REPLIES:
            for _ in pattern.finditer(data):
                self.events.append((self.now(), "reply", answer))
                os.write(self.fd, answer)


def write_cast(path, events, cols, rows, title):
    """Write events as asciicast v2. Input is kept as "i"; characters cut by a read are joined."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with open(path, "w", encoding="utf-8") as out:
        header = {"version": 2, "width": cols, "height": rows, "title": title}
        out.write(json.dumps(header) + "\n")
        for at, kind, data in events:
            if kind == "o":
                text = decoder.decode(data)
            else:
                text = data.decode("utf-8", "replace")
            if text:
                line = [round(at, 6), "o" if kind == "o" else "i", text]
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
