#!/usr/bin/env python3
"""Play a recording's output in real time, deaf to input (make_real.py runs it inside tmux)."""

import json
import sys
import time
import tty

tty.setraw(sys.stdin)
with open(sys.argv[1], encoding="utf-8") as file:
    events = [json.loads(line) for line in file][1:]
start = time.monotonic()
for at, kind, data in events:
    if kind == "o":
        time.sleep(max(0, start + at - time.monotonic()))
        sys.stdout.write(data)
        sys.stdout.flush()
time.sleep(60)
