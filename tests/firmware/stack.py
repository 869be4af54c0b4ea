#!/usr/bin/env python3
"""The deepest stack that a function of a linked image can need, from the sizes that the compiler noted
(-Zemit-stack-sizes) and the calls in its code.

usage: stack.py OBJDUMP READOBJ ELF FUNCTION

Fails on what would make the bound wrong: recursion, calls through a pointer, and functions without a noted size, other
than those of compiler_builtins (copies, divisions), none of which takes more than BUILTIN bytes.
"""
import re
import subprocess
import sys

BUILTIN = 64
BUILTINS = re.compile(r"^__|compiler_builtins|^mem(cpy|set|cmp|move)$")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def noted_sizes(readobj, elf):
    sizes = {}
    for names, size in re.findall(r"Functions?: \[?(.*?)\]?\s*Size: (0x[0-9A-Fa-f]+)", output(readobj, "--stack-sizes", elf)):
        for name in names.split(", "):
            sizes[name.strip()] = int(size, 16)
    return sizes


def call_graph(objdump, elf):
    calls, pointers, function = {}, set(), None
    for line in output(objdump, "-d", "--no-show-raw-insn", elf).split("\n"):
        if label := re.match(r"^[0-9a-f]+ <(.+)>:$", line):
            function = label.group(1)
            calls.setdefault(function, set())
        elif call := re.search(r"\s(bl|b|b\.w|blx|b[a-z]{2}(?:\.w)?|cbn?z)\s.*<(.+?)(\+0x[0-9a-f]+)?>", line):
            if not call.group(3) and (call.group(2) != function or call.group(1) == "bl"):
                calls[function].add(call.group(2))
        elif re.search(r"\sblx\s+r\d+", line):
            pointers.add(function)
    return calls, pointers


def main():
    objdump, readobj, elf, root = sys.argv[1:]
    sizes = noted_sizes(readobj, elf)
    calls, pointers = call_graph(objdump, elf)
    deepest, doubts = {}, set()

    def depth(function, path):
        if function in path:
            doubts.add("recursion: " + " -> ".join([*path, function]))
            return 0, []
        if function not in deepest:
            if function in pointers:
                doubts.add(f"a call through a pointer in {function}")
            if function not in sizes and not BUILTINS.search(function):
                doubts.add(f"no noted size: {function}")
            below = max((depth(callee, [*path, function]) for callee in sorted(calls.get(function, ()))), default=(0, []))
            own = sizes.get(function, BUILTIN)
            deepest[function] = own + below[0], [(own, function), *below[1]]
        return deepest[function]

    bound, way = depth(root, [])
    print(bound)
    for own, function in way:
        print(f"    {own:5} {function}", file=sys.stderr)
    for doubt in sorted(doubts):
        print(doubt, file=sys.stderr)
    sys.exit(bool(doubts))


main()
