"""A stage for recordings: a clock, events, labels, and the two files that come of it.

A synthetic recording moves the clock by hand and writes what a program would have written; a
real one (make_real.py) copies events from a PTY and sets labels at the instants of its script.
README.md explains the formats.
"""

import json
import os
import random

from pty_session import write_cast

HERE = os.path.dirname(os.path.abspath(__file__))


class Stage:
    """One recording in the making. Time in seconds, in virtual time unless copied."""

    def __init__(self, name, title, seed=1, cols=100, rows=30):
        self.name, self.title, self.cols, self.rows = name, title, cols, rows
        self.rng = random.Random(f"{name} {seed}")
        self.t = 0.0
        self.events = []
        self.labels = []
        self.hints = []

    # Time and bytes ---------------------------------------------------------------------------

    def wait(self, seconds):
        """Let time pass."""
        self.t += seconds

    def write(self, text):
        """The program writes; one write in eight arrives in two reads, cut anywhere."""
        data = text.encode()
        if len(data) > 40 and self.rng.random() < 0.125:
            cut = self.rng.randrange(1, len(data))
            self.events.append((self.t, "o", data[:cut]))
            self.events.append((self.t + 0.0005 + self.rng.random() * 0.004, "o", data[cut:]))
            self.t = self.events[-1][0]
        elif text:
            self.events.append((self.t, "o", data))

    def key(self, text):
        """A person presses a key."""
        self.events.append((self.t, "i", text.encode()))

    def reply(self, text):
        """The terminal itself answers or reports (focus, device attributes)."""
        self.events.append((self.t, "reply", text.encode()))

    # Labels -----------------------------------------------------------------------------------

    def label(self, state, why):
        """From now on the truth is `state`."""
        if self.labels and self.labels[-1]["from"] == self.t:
            self.labels.pop()
        self.labels.append({"from": self.t, "state": state, "why": why})

    def working(self, why):
        """Something is being done and it shows."""
        self.label("working", why)

    def silent(self, why):
        """Something is being done, but not a byte tells so."""
        self.label("silent", why)

    def waiting(self, why):
        """Nothing happens until a person acts."""
        self.label("waiting", why)

    def human(self, why):
        """A person is typing, or it does not matter: either verdict is right."""
        self.label("human", why)

    def repainting(self, why):
        """The screen moves, nothing is done (htop, a clock each second)."""
        self.label("repainting", why)

    def hint(self, hint):
        """What the runner would have seen in /proc: "busy", "blocked" or "none"."""
        self.hints.append([round(self.t, 6), hint])

    # Files ------------------------------------------------------------------------------------

    def save(self, made_by, labelled, config=None):
        """Write NAME.cast and NAME.labels.json next to this file."""
        end = max(self.t, self.events[-1][0])
        intervals = []
        for this, after in zip(self.labels, self.labels[1:] + [None]):
            to = after["from"] if after else end
            intervals.append(
                {"from": round(this["from"], 6), "to": round(to, 6), "state": this["state"], "why": this["why"]}
            )
        events = sorted(self.events, key=lambda e: e[0])
        path = os.path.join(HERE, self.name)
        write_cast(path + ".cast", events, self.cols, self.rows, self.title)
        labels = {
            "recording": self.name + ".cast",
            "title": self.title,
            "made_by": made_by,
            "labelled": labelled,
            "end": round(end, 6),
            "hints": self.hints,
            "intervals": intervals,
        }
        if config:
            labels["config"] = config
        with open(path + ".labels.json", "w", encoding="utf-8") as out:
            json.dump(labels, out, indent=1, ensure_ascii=False)
            out.write("\n")
        size = os.path.getsize(path + ".cast")
        print(f"{self.name:28} {end:6.1f} s  {len(events):5} events  {size / 1000:6.1f} kB")
