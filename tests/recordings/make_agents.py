#!/usr/bin/env python3
"""Make the agent-like recordings: synthetic, seeded, the same bytes each time.

    tests/recordings/make_agents.py

The scenes are invented; how they are painted follows what agents were seen to write (agents.py).
Labels are exact, because the script that writes the bytes also knows what the agent does.
"""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from agents import DIM, GREY, BASE, OFF, ORANGE, Differ, Full, Inline, Repl, Viewport, prose  # noqa: E402
from stage import Stage  # noqa: E402

MADE_BY = "tests/recordings/make_agents.py"
LABELLED = "by the script that wrote the bytes, exact"


def agent_inline(name="agent_inline", sync=False):
    """Three turns: one asked for, one that starts by itself, a short one; hints in between."""
    stage = Stage(name, "inline agent: box, spinner, streamed lines, lone hints while idle")
    ui = Inline(stage, sync)
    stage.human("start-up")
    stage.write("\x1b[?25l\x1b[?2004h\x1b[?1004h\x1b]0;✳ agent\x07")
    stage.wait(0.2)
    ui.frame(["", " ✻ Welcome back!", "   cwd: ~/project", ""])
    stage.wait(0.4)
    stage.waiting("empty box")
    stage.wait(6.1)
    ui.hint = "tip: press # to remember something"
    ui.frame()  # a lone hint on an idle screen
    stage.wait(6.5)
    stage.human("typing the question")
    ui.type("why does the test fail?")
    stage.wait(0.6)
    stage.key("\r")
    stage.working("first turn")
    asked, ui.typed, ui.hint = ui.typed, "", "? for shortcuts"
    started = stage.t
    stage.wait(0.03)
    ui.frame([f"{GREY}> {asked}{BASE}", ""], "· Thinking…")
    stage.write("\x1b]0;⠂ agent\x07")
    stage.wait(0.1)
    ui.spin(4.2, "Thinking", started)
    stage.wait(2.4)  # the model stalls, so do the frames
    ui.spin(2.0, "Reading", started)
    ui.frame(["● Bash(cargo test)", "  ⎿  Running…"], "✶ Reading…")
    ui.spin(3.3, "Testing", started, above_each=0.7)
    stage.write("\x1b]0;✳ agent\x07")
    ui.frame(["", "● " + prose(stage.rng), "  " + prose(stage.rng), ""])
    stage.waiting("answered")
    stage.wait(5.3)
    ui.hint = "ctrl-r to see the whole output"
    ui.frame()
    stage.wait(7.7)
    stage.reply("\x1b[O")  # the terminal loses the focus, the box is painted without cursor
    stage.wait(0.01)
    ui.frame()
    stage.wait(4.2)
    ui.hint = "? for shortcuts          Context left until auto-compact: 11%"
    ui.frame()
    stage.wait(6.0)
    background_turn(stage, ui)
    stage.save(MADE_BY, LABELLED)


def background_turn(stage, ui):
    """A turn that nobody typed for, a question with a bell, a short turn."""
    stage.working("a background job reports, the agent goes on by itself")
    started = stage.t
    ui.spin(3.1, "Checking", started, above_each=1.1)
    dialog = [
        f"{GREY}╭{'─' * 44}╮{BASE}",
        "  Do you want to run rm -r build?",
        "  ❯ 1. Yes",
        "    2. No, and tell what to do instead (esc)",
        f"{GREY}╰{'─' * 44}╯{BASE}",
    ]
    ui.frame(["● Bash(rm -r build)"], dialog=dialog)
    stage.waiting("asks for permission")
    stage.write("\x07")
    stage.wait(9.0)
    stage.key("1")
    stage.working("permission given")
    stage.wait(0.05)
    started = stage.t
    ui.spin(1.3, "Deleting", started)
    ui.frame(["● Done.", ""])
    stage.waiting("done")
    stage.wait(11.0)


def agent_viewport():
    """Shimmering text of which only colours change; focus reports; a turn with many lines."""
    stage = Stage("agent_viewport", "agent with a bottom viewport, synchronised updates, shimmer")
    ui = Viewport(stage)
    stage.human("start-up")
    stage.write("\x1b[?2004h\x1b[?1004h\x1b[?u\x1b[c\x1b[6n")
    stage.reply("\x1b[?0u\x1b[?62;22c\x1b[24;1R")
    stage.wait(0.15)
    ui.insert([">_ agent (v0.1.0)", "", "model: some-model", ""])
    ui.rest()
    stage.wait(0.3)
    stage.waiting("empty composer")
    stage.wait(8)
    stage.human("typing")
    typed = ""
    for char in "explain the build":
        stage.key(char)
        stage.wait(0.005)
        typed += char
        ui.rest(typed)
        stage.wait(0.09 + stage.rng.random() * 0.08)
    stage.key("\r")
    stage.working("first turn")
    started = stage.t
    stage.wait(0.02)
    ui.insert([f"› {typed}", ""])
    ui.rest()
    ui.shimmer(5.0, started)
    for _ in range(6):
        ui.insert(["• " + prose(stage.rng, 80)])
        ui.shimmer(0.5, started)
    ui.insert([f"  {prose(stage.rng, 80)}", ""])
    ui.rest(hint="97% context left · ? for shortcuts")
    stage.waiting("answered")
    stage.wait(0.004)
    stage.write("\x1b]9;agent: turn complete\x07")
    stage.wait(6)
    for report, hint in (("\x1b[O", "97% context left"), ("\x1b[I", "97% context left · ? for shortcuts")):
        stage.reply(report)
        stage.wait(0.006)
        ui.rest(hint=hint)
        stage.wait(5)
    stage.working("a turn begun from elsewhere")
    started = stage.t
    ui.shimmer(2.2, started)
    ui.insert(["• " + prose(stage.rng, 80), ""])
    ui.rest()
    stage.waiting("answered")
    stage.wait(9)
    stage.save(MADE_BY, LABELLED)


def agent_repl():
    """Prompt, waiting scanner, streamed answer with a live tail; twice."""
    stage = Stage("agent_repl", "chat agent at a prompt: CR spinner, live tail of the answer")
    ui = Repl(stage)
    stage.human("start-up")
    stage.write("Agent v0.86\r\nModel: some-model with diff format\r\nRepo: .git with 211 files\r\n")
    stage.wait(0.4)
    ui.prompt()
    stage.waiting("prompt")
    stage.wait(7)
    for count in (14, 5):
        stage.human("typing")
        ui.type("add a test for empty input")
        stage.key("\r")
        stage.working("turn")
        stage.wait(0.01)
        stage.write("\x1b[?25l\r\x1b[J\x1b[0;38;5;2m> add a test for empty input\x1b[0m\r\n\x1b[?2004l\r\n")
        ui.wait_for_model(2.8)
        ui.answer([prose(stage.rng, 74) for _ in range(count)])
        stage.write(f"\r\n{DIM}Tokens: 2.9k sent, 311 received.{OFF}\r\n")
        stage.wait(0.3)
        stage.write("Applied edit to src/lib.rs\r\nCommit 1a2b3c4 test: add a test for empty input\r\n")
        ui.prompt()
        stage.waiting("prompt")
        stage.wait(12)
    stage.save(MADE_BY, LABELLED)


def agent_fullscreen():
    """Alternate screen, differences only, a footer that changes while idle."""
    stage = Stage("agent_fullscreen", "agent in the alternate screen, synchronised updates")
    stage.human("start-up")
    ui = Full(stage)
    stage.wait(0.1)
    ui.input(f"{DIM}Ask anything{OFF}")
    ui.footer("~/project:main                      0.1.0")
    stage.wait(0.3)
    stage.waiting("empty")
    stage.wait(5)
    for turn, (seconds, every) in enumerate([(7, 0.45), (6, 0.3), (1.5, None)]):
        stage.human("typing")
        typed = ""
        for char in "find the slow test":
            stage.key(char)
            stage.wait(0.004)
            typed += char
            ui.input(typed)
            stage.wait(0.08 + stage.rng.random() * 0.08)
        stage.key("\r")
        stage.working(f"turn {turn + 1}")
        stage.wait(0.02)
        ui.input("")
        ui.transcript("┃ " + typed)
        stage.wait(0.08)
        ui.busy(seconds, every)
        ui.transcript(prose(stage.rng, 60))
        stage.waiting("answered")
        stage.wait(6.2)
        ui.footer(f"~/project:main          {12 + turn * 7}K tokens  ${turn}.0{turn}  0.1.0")
        stage.wait(7)
    stage.save(MADE_BY, LABELLED)


def agent_differ():
    """Single cells painted; notices that come and go by blanks; a turn that begins by itself."""
    stage = Stage("agent_differ", "agent that paints single cells around a parked cursor")
    stage.human("start-up")
    ui = Differ(stage)
    stage.write("\x1b[?25l\x1b[?2004h\x1b[?1004h\x1b[?2031h\x1b[>1u\x1b[>0q\x1b[c")
    stage.wait(0.05)
    stage.write("\r\n" * 8)
    ui.lines([f"{ORANGE} ▐▛███▜▌\x1b[3C{BASE}Agent\x1b[1Cv2.1", " ▝▜█████▛▘  ~/project", ""], title="✳ Agent")
    stage.wait(0.3)
    stage.waiting("empty")
    stage.wait(6)
    ui.update([(ui.FOOTER, 60, "\x1b[38;2;255;107;128m1 server failed · /mcp")])
    stage.wait(5)
    ui.update([(ui.FOOTER, 60, " " * 22)])
    stage.wait(6)
    for turn in range(2):
        if turn == 0:
            stage.human("typing")
            ui.type("please fix the theme")
            stage.wait(0.5)
            stage.key("\r")
        stage.working("asked for" if turn == 0 else "begins by itself")
        stage.wait(0.01)
        asked, ui.typed = ui.typed, ""
        if turn == 0:
            ui.lines([f"❯ {asked}", ""], f"{ORANGE}✶ Beaming…{BASE}", title="⠂ Agent")
        ui.spin(3.0, "Beaming")
        ui.spin(4.0 - turn, "Beaming", every=0.9)
        ui.lines([f"● {prose(stage.rng)}", f"  {prose(stage.rng)}", "", "✻ Baked for 7s", ""], title="✳ Agent")
        stage.wait(0.31)
        ui.update([(ui.STATUS, 8, f"$0.{turn}4")])  # the status line's command has run
        stage.waiting("answered")
        stage.wait(7)
        stage.write("\x1b]0;✳ Theme\x07")
        stage.wait(5)
        ui.update([(ui.FOOTER, 60, f"{GREY}new version installed")])
        stage.wait(8)
    stage.save(MADE_BY, LABELLED)


def agent_stalled():
    """A turn whose spinner goes on for long without anything new: Running, but stale."""
    stage = Stage("agent_stalled", "inline agent: the spinner turns, nothing new for 50 s")
    ui = Inline(stage)
    stage.human("start-up")
    ui.frame(["✻ Welcome back!", ""])
    stage.wait(0.5)
    stage.waiting("empty box")
    stage.wait(5)
    stage.key("\r")
    stage.working("turn; its work stalled, the spinner did not")
    started = stage.t
    stage.wait(0.03)
    ui.spin(50, "Thinking", started, period=0.6)
    ui.frame(["API error: timed out"])
    stage.waiting("gave up")
    stage.wait(9)
    stage.save(MADE_BY, LABELLED)


def in_pieces(stage, paint, cuts, gap=0.003):
    """What `paint` writes arrives in `cuts` reads, as a slow link or a full buffer cuts it."""
    first = len(stage.events)
    paint()
    data = b"".join(e[2] for e in stage.events[first:])
    del stage.events[first:]
    size = -(-len(data) // cuts)
    for at in range(0, len(data), size):
        stage.events.append((stage.t, "o", data[at : at + size]))
        stage.wait(gap)


def agent_hints():
    """An idle inline agent for two minutes: every kind of lone repaint that is not a turn."""
    stage = Stage("agent_hints", "idle inline agent: hints, focus, redraws, cut in pieces; no turn")
    ui = Inline(stage)
    stage.human("start-up")
    ui.frame(["✻ Welcome back!", ""])
    stage.wait(0.5)
    stage.waiting("empty box")
    stage.wait(8)
    for n, hint in enumerate(["shift+tab to cycle modes", "IDE disconnected", "/help for help", "? for shortcuts"]):
        ui.hint = hint
        in_pieces(stage, ui.frame, n + 1)  # whole, then cut in two, three, four
        stage.wait(7)
    ui.hint = "Update available! Run: agent update"
    ui.frame()
    stage.wait(2.5)
    ui.hint = "? for shortcuts"
    ui.frame()  # gone again after 2.5 s
    stage.wait(8)
    stage.write("\x1b]0;agent\x07\x1b[?25l")
    stage.wait(0.2)
    stage.write("\x1b[?25h\x1b[6 q")  # title and cursor: nothing visible
    stage.wait(8)
    for report in ("\x1b[O", "\x1b[I"):
        stage.reply(report)
        stage.wait(0.012)
        ui.frame()
        stage.wait(6)
    for _ in range(12):
        stage.reply("\x1b[<35;40;12M")  # the mouse moves over it
        stage.wait(0.05)
    stage.wait(8)
    redraw = lambda: (stage.write("\x1b[2J\x1b[3J\x1b[H"), setattr(ui, "height", 0), ui.frame(["✻ Welcome back!", ""]))  # noqa: E731
    redraw()  # all anew, as after a resize
    stage.wait(9)
    stage.save(MADE_BY, LABELLED)


def main():
    """All of them."""
    agent_inline()
    agent_inline("agent_inline_sync", sync=True)
    agent_viewport()
    agent_repl()
    agent_fullscreen()
    agent_differ()
    agent_stalled()
    agent_hints()


if __name__ == "__main__":
    main()
