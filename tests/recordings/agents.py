"""How coding agents paint: the frames of five kinds of interface, without any agent.

Differ   parks the cursor in its input row and paints only the cells that changed (later Claude Code)
Inline   erases its last frame line by line and prints a new one (Ink: Claude Code, Gemini CLI)
Viewport keeps a few rows at the bottom, scrolls finished lines above them (ratatui: Codex)
Repl     prints, waits at a prompt, redraws a live tail of the answer (rich: aider)
Full     owns the alternate screen, paints differences (opencode)
"""

import re

GLYPHS = "·✢✳✶✻✽"
BRAILLE = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
DIM, BOLD, OFF = "\x1b[2m", "\x1b[1m", "\x1b[22m"
ORANGE, GREY, BASE = "\x1b[38;2;215;119;87m", "\x1b[38;2;153;153;153m", "\x1b[39m"
SYNC, END_SYNC = "\x1b[?2026h", "\x1b[?2026l"
WORDS = (
    "the parser reads each line and keeps what it has seen so that a later pass can tell a moved "
    "block from a new one we also need a test for empty input because the first version returned "
    "early here is what changes in the module and why this is safe on every platform"
).split()


def cells(text):
    """How many cells a line takes, colours aside."""
    return len(re.sub("\x1b\\[[0-9;]*m", "", text))


def prose(rng, width=70):
    """A line of an answer."""
    line = []
    while len(" ".join(line)) < width:
        line.append(rng.choice(WORDS))
    return " ".join(line[:-1])


class Inline:
    """A frame below the finished text, erased and printed anew each time."""

    def __init__(self, stage, sync=False):
        self.stage, self.sync = stage, sync
        self.height = 0
        self.typed, self.hint = "", "? for shortcuts"

    def frame(self, above=(), spinner=None, dialog=None):
        """Erase the old frame, print finished lines `above`, print the frame."""
        out = [SYNC if self.sync else ""]
        if self.height:
            out.append("\x1b[2K" + "\x1b[1A\x1b[2K" * (self.height - 1) + "\x1b[G")
        out.extend(line + "\r\n" for line in above)
        rows = [""]
        if spinner:
            rows += [spinner, ""]
        rows += dialog or self.box()
        out.append("\r\n".join(rows))
        out.append(END_SYNC if self.sync else "")
        self.height = len(rows)
        self.stage.write("".join(out))

    def box(self):
        """The input box with the line of hints below it."""
        text = self.typed if self.typed else f'{DIM}Try "edit main.rs to..."{OFF}'
        pad = 42 - (len(self.typed) if self.typed else 24)
        return [
            f"{GREY}╭{'─' * 46}╮{BASE}",
            f"{GREY}│{BASE} > {text}\x1b[7m \x1b[27m{' ' * pad}{GREY}│{BASE}",
            f"{GREY}╰{'─' * 46}╯{BASE}",
            f"{GREY}  {self.hint}{BASE}",
        ]

    def type(self, text, pause=0.11):
        """A person types: every key repaints the frame."""
        for char in text:
            self.stage.key(char)
            self.stage.wait(0.004)
            self.typed += char
            self.frame()
            self.stage.wait(pause * (0.5 + self.stage.rng.random()))

    def spin(self, seconds, verb, started, above_each=None, period=0.14):
        """Spinner frames for so long; now and then a finished line appears above."""
        end, n = self.stage.t + seconds, 0
        next_line = self.stage.t + (above_each or 1e9)
        while self.stage.t < end:
            age = int(self.stage.t - started)
            glyph = GLYPHS[n % len(GLYPHS)]
            tokens = int((self.stage.t - started) * 61)
            spinner = f"{ORANGE}{glyph} {verb}…{BASE} {GREY}({age}s · ↑ {tokens} tokens · esc to interrupt){BASE}"
            above = []
            if self.stage.t >= next_line:
                above.append("  " + prose(self.stage.rng))
                next_line += above_each
            self.frame(above, spinner)
            n += 1
            self.stage.wait(period * (0.8 + 0.4 * self.stage.rng.random()))


class Differ:
    """A frame below the finished text of which single cells are painted: down to the bottom, up to
    the cell, down by line feeds, up to the input row. Blanks erase."""

    SPINNER, RULE, INPUT, STATUS, FOOTER = 7, 5, 4, 2, 1  # rows above the bottom

    def __init__(self, stage):
        self.stage, self.typed = stage, ""

    def column(self):
        """Where the cursor is parked."""
        return 2 + len(self.typed)

    def update(self, cells, title=None):
        """Cells (row above the bottom, column, text) from top to bottom in one update."""
        out = (f"\x1b]0;{title}\x07" if title else "") + SYNC
        out += f"\x1b[{self.column()}D\x1b[{self.INPUT}B\r"
        row = 0
        for above, column, text in cells:
            move = f"\x1b[{above}A" if row == 0 else f"\r\x1b[{row - above}B"
            out += (f"\x1b[{column}C" if column else "") + move + text
            row = above
        out += f"{BASE}\r" + "\r\n" * row + f"\x1b[{self.column()}C\x1b[{self.INPUT}A{END_SYNC}"
        self.stage.write(out)

    def lines(self, above, spinner="", status="Cost: $0.00", title=None):
        """Finished lines, and the whole frame below them; it grows by the lines."""
        rule = f"\x1b[38;2;136;136;136m{'─' * 100}{BASE}"
        rows = [*above, spinner, "", rule, f"❯ {self.typed}\x1b[7m \x1b[27m", rule]
        rows += [f"  {GREY}{status}{BASE}", f"  {GREY}(shift+tab to cycle){BASE}", ""]
        rows = [row + " " * (100 - cells(row)) for row in rows]
        out = (f"\x1b]0;{title}\x07" if title else "") + SYNC
        out += f"\x1b[2D\x1b[{self.INPUT}B\r\x1b[{self.SPINNER}A"
        out += "\r\r\n".join(rows) + f"\x1b[{self.column()}C\x1b[{self.INPUT}A{END_SYNC}"
        self.stage.write(out)

    def type(self, text):
        """A person types; each key is one cell."""
        for char in text:
            self.stage.key(char)
            self.stage.wait(0.004)
            column = self.column()
            self.update([(self.INPUT, column, f"{char}\x1b[7m \x1b[27m")])
            self.typed += char
            self.stage.wait(0.06 + self.stage.rng.random() * 0.12)

    def spin(self, seconds, verb, every=None):
        """A glyph, or a letter that the light runs over, 10 to 20 times a second."""
        end, n = self.stage.t + seconds, 0
        next_line = self.stage.t + (every or 1e9)
        while self.stage.t < end:
            if self.stage.t >= next_line:
                self.lines([f"● {prose(self.stage.rng)}"], f"{ORANGE}✶ {verb}…{BASE}")
                next_line += every
            elif n % 3:
                at = n % len(verb)
                self.update([(self.SPINNER, 2 + at, f"\x1b[38;2;235;159;127m{verb[at]}")])
            else:
                self.update([(self.SPINNER, 0, f"{ORANGE}{GLYPHS[n // 3 % len(GLYPHS)]}")])
            n += 1
            self.stage.wait(0.05 + 0.07 * self.stage.rng.random())


class Viewport:
    """Rows at the bottom of the screen; finished lines scroll into the region above."""

    ROWS = 5

    def __init__(self, stage):
        self.stage = stage
        self.top = stage.rows - self.ROWS + 1

    def insert(self, lines):
        """Scroll finished lines in above the viewport, as ratatui's insert_before does."""
        out = f"{SYNC}\x1b[1;{self.top - 1}r\x1b[{self.top - 1};1H"
        out += "".join(f"\r\n{line}\x1b[K" for line in lines)
        self.stage.write(out + f"\x1b[r\x1b[{self.top + 3};3H{END_SYNC}")

    def paint(self, row, text):
        """One row of the viewport."""
        at = self.top + row
        self.stage.write(f"{SYNC}\x1b[{at};1H{text}\x1b[K\x1b[{self.top + 3};3H{END_SYNC}")

    def shimmer(self, seconds, started, period=0.1):
        """`Working` with a light running over its letters; the seconds count."""
        end, n = self.stage.t + seconds, 0
        while self.stage.t < end:
            word = ""
            for i, c in enumerate("Working"):
                level = 128 + max(0, 100 - 30 * abs(n % 12 - i))
                word += f"\x1b[38;2;{level};{level};{level}m{c}"
            age = int(self.stage.t - started)
            self.paint(0, f"• {word}{BASE}{DIM} ({age}s • esc to interrupt){OFF}")
            n += 1
            self.stage.wait(period * (0.8 + 0.4 * self.stage.rng.random()))

    def rest(self, typed="", hint="100% context left · ? for shortcuts"):
        """The composer without anything going on."""
        text = typed or f"{DIM}Ask anything{OFF}"
        at = self.top
        self.stage.write(
            f"{SYNC}\x1b[{at};1H\x1b[K\x1b[{at + 1};1H\x1b[K\x1b[{at + 2};1H\x1b[K\x1b[{at + 3};1H› {text}\x1b[K"
            f"\x1b[{at + 4};1H{DIM}  {hint}{OFF}\x1b[K\x1b[{at + 3};{3 + len(typed)}H{END_SYNC}"
        )


class Repl:
    """A prompt, a waiting spinner by CR, an answer whose tail is redrawn."""

    def __init__(self, stage):
        self.stage = stage

    def prompt(self):
        """As prompt_toolkit does: a rule, the prompt, a cursor query that the terminal answers."""
        self.stage.write(f"\x1b[32m{'─' * 80}\x1b[0m\r\n\x1b[?2004h\x1b[?1l\x1b[6n")
        self.stage.wait(0.003)
        self.stage.reply("\x1b[12;1R")
        self.stage.wait(0.003)
        self.stage.write("\x1b[?25l\x1b[0m\x1b[?7l\x1b[0m\x1b[J\x1b[0;38;5;2m> \x1b[0m\r\x1b[2C\x1b[?7h\x1b[0m\x1b[?12l\x1b[?25h")

    def type(self, text):
        """Echo of typed keys, painted as prompt_toolkit paints them."""
        for n, char in enumerate(text):
            self.stage.key(char)
            self.stage.wait(0.003)
            self.stage.write(f"\x1b[?25l\x1b[?7l\x1b[0;38;5;2m{char}\x1b[0m\r\x1b[{n + 3}C\x1b[?7h\x1b[0m\x1b[?25h")
            self.stage.wait(0.08 + self.stage.rng.random() * 0.1)

    def wait_for_model(self, seconds):
        """The scanner that runs to and fro."""
        end, n = self.stage.t + seconds, 0
        while self.stage.t < end:
            at = abs(n % 18 - 9)
            bar = " " * at + "░█" + " " * (9 - at)
            self.stage.write(f"\r{bar} Waiting for the model\x1b[K")
            n += 1
            self.stage.wait(0.1)
        self.stage.write("\r\x1b[K")

    def answer(self, lines, live=4, pause=0.21):
        """Lines appear; the last few are erased and printed again as they grow."""
        shown = 0
        for n in range(1, len(lines) + 1):
            tail = lines[max(0, n - live) : n]
            up = f"\x1b[{shown}A\x1b[J" if shown else ""
            if n > live and shown:
                up += lines[n - live - 1] + "\r\n"
            self.stage.write("\x1b[?25l" + up + "\r\n".join(tail) + "\r\n\x1b[?25h")
            shown = len(tail)
            self.stage.wait(pause * (0.5 + self.stage.rng.random()))


class Full:
    """The alternate screen: a transcript, an input row, a footer; only differences are written."""

    def __init__(self, stage):
        self.stage = stage
        self.lines = []
        stage.write("\x1b[?1049h\x1b[2J\x1b[?1000;1003;1006h\x1b[?2004h\x1b[?25l")

    def put(self, cells):
        """Rows of (row, column, text) in one synchronised update."""
        body = "".join(f"\x1b[{row};{col}H{text}" for row, col, text in cells)
        self.stage.write(f"{SYNC}{body}\x1b[0m{END_SYNC}")

    def transcript(self, line):
        """One more line; when the pane is full every row moves up and is painted again."""
        self.lines.append(line)
        pane = self.stage.rows - 5
        if len(self.lines) <= pane:
            self.put([(len(self.lines), 3, line)])
            return
        shown = self.lines[-pane:]
        self.put([(n + 1, 3, f"{text:<72}") for n, text in enumerate(shown)])

    def footer(self, text):
        """The last row."""
        self.put([(self.stage.rows, 3, f"{GREY}{text:<70}{BASE}")])

    def input(self, text):
        """The input row."""
        row = self.stage.rows - 2
        self.put([(row, 1, f"{ORANGE}┃{BASE} {text:<70}")])

    def busy(self, seconds, every=None, verb="Build"):
        """A row of marching blocks, and lines as they come."""
        end, n = self.stage.t + seconds, 0
        next_line = self.stage.t + (every or 1e9)
        row = self.stage.rows - 1
        while self.stage.t < end:
            blocks = "".join("■" if i == n % 8 else "⬝" for i in range(8))
            self.put([(row, 3, f"{ORANGE}{blocks}{BASE}  esc {GREY}interrupt{BASE}  {verb}")])
            if self.stage.t >= next_line:
                self.transcript(prose(self.stage.rng, 66))
                next_line += every
            n += 1
            self.stage.wait(0.08 + self.stage.rng.random() * 0.04)
        self.put([(row, 3, " " * 60)])
