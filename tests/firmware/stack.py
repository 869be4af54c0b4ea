#!/usr/bin/env python3
"""The deepest stack that a function of a linked image can need, from the sizes that the compiler noted
(-Zemit-stack-sizes) and the calls in its code.

usage: stack.py OBJDUMP READOBJ ELF PATTERN

Of the functions that PATTERN finds the one that needs most. Of those without a noted size (copies and divisions of the
compiler's, what it cut out of several functions to make them smaller) it is counted what they push. Fails on what would make
the bound wrong: recursion, and calls through a pointer.
"""
import re
import struct
import subprocess
import sys


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def noted_sizes(readobj, elf):
    sizes = {}
    for names, size in re.findall(r"Functions?: \[?(.*?)\]?\s*Size: (0x[0-9A-Fa-f]+)", output(readobj, "--stack-sizes", elf)):
        for name in names.split(", "):
            sizes[name.strip()] = int(size, 16)
    return sizes


def pushed(line):
    """Bytes of stack that an instruction takes."""
    if listed := re.search(r"\sv?push(?:\.w)?\s+\{(.+)\}", line):
        return sum(4 if register.strip()[0] != "d" else 8 for register in listed.group(1).split(","))
    if moved := re.search(r"\ssub(?:\.w)?\s+sp,(?: sp,)? #(\d+)|\[sp, #-(\d+)\]!", line):
        return int(moved.group(1) or moved.group(2))
    return 0


def constants(elf):
    """What tells the word at an address."""
    with open(elf, "rb") as file:
        image = file.read()
    first, size, count = struct.unpack_from("<I", image, 28) + struct.unpack_from("<HH", image, 42)
    loaded = [struct.unpack_from("<IIIII", image, first + size * number) for number in range(count)]

    def word(address):
        for kind, offset, start, _, length in loaded:
            if kind == 1 and start <= address < start + length:
                return struct.unpack_from("<I", image, offset + address - start)[0]
        return None

    return word


def read_code(objdump, elf):
    calls, pointers, pushes, function, registers = {}, set(), {}, None, {}
    code = output(objdump, "-d", "--no-show-raw-insn", elf)
    word = constants(elf)
    addresses = {int(at, 16) | 1: name for at, name in re.findall(r"^([0-9a-f]+) <([^$].*)>:$", code, re.MULTILINE)}
    for line in code.split("\n"):
        if label := re.match(r"^[0-9a-f]+ <(.+)>:$", line):
            if not label.group(1).startswith("$"):  # code behind constants, of the same function
                function, registers = label.group(1), {}
            calls.setdefault(function, set())
            pushes.setdefault(function, 0)
            continue
        if function is None:
            continue
        pushes[function] += pushed(line)
        if call := re.search(r"\s(bl|b|b\.w|blx|b[a-z]{2}(?:\.w)?|cbn?z)\s.*<(.+?)(\+0x[0-9a-f]+)?>", line):
            callee = call.group(2)
            if not call.group(3) and not callee.startswith("$") and (callee != function or call.group(1) == "bl"):
                calls[function].add(callee)
        elif constant := re.search(r"\sldr(?:\.w)?\s+(r\d+|lr), \[pc.*@ 0x([0-9a-f]+)", line):
            registers[constant.group(1)] = word(int(constant.group(2), 16))
        elif copied := re.search(r"\smov\s+(r\d+|lr), (r\d+|lr)$", line):
            registers[copied.group(1)] = registers.get(copied.group(2))
        elif pointer := re.search(r"\sblx\s+(r\d+|lr)", line):
            # Of a function that is called often the address is kept in a register.
            callee = addresses.get(registers.get(pointer.group(1)))
            calls[function].add(callee) if callee else pointers.add(function)
        elif written := re.search(r":\s+(?!str|cmp|cmn|tst|teq|it|push|pop)\S+\s+(r\d+|lr)\b", line):
            registers.pop(written.group(1), None)
    return calls, pointers, pushes


def main():
    objdump, readobj, elf, pattern = sys.argv[1:]
    sizes = noted_sizes(readobj, elf)
    calls, pointers, pushes = read_code(objdump, elf)
    deepest, doubts = {}, set()

    def depth(function, path):
        if function in path:
            doubts.add("recursion: " + " -> ".join([*path, function]))
            return 0, []
        if function not in deepest:
            if function in pointers:
                doubts.add(f"a call through a pointer in {function}")
            below = max((depth(callee, [*path, function]) for callee in sorted(calls.get(function, ()))), default=(0, []))
            own = sizes.get(function, pushes.get(function, 0))
            deepest[function] = own + below[0], [(own, function), *below[1]]
        return deepest[function]

    bound, way = max(depth(function, []) for function in sorted(calls) if re.search(pattern, function))
    print(bound)
    for own, function in way:
        print(f"    {own:5} {function}", file=sys.stderr)
    for doubt in sorted(doubts):
        print(doubt, file=sys.stderr)
    sys.exit(bool(doubts))


main()
