#!/usr/bin/env python3
"""What a WebAssembly module imports and exports, by its binary format (https://webassembly.github.io/spec/core/binary/).

usage: wasm.py FILE

Prints its size, and every export that begins with sw_. Fails if it imports anything: a page could not load it as it is.
"""
import sys


def number(data, at):
    """An unsigned LEB128 number, and where the next thing begins."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def name(data, at):
    length, at = number(data, at)
    return data[at : at + length].decode(), at + length


def sections(data):
    at = 8
    while at < len(data):
        kind = data[at]
        length, at = number(data, at + 1)
        yield kind, data[at : at + length]
        at += length


def imports(section):
    count, at = number(section, 0)
    for _ in range(count):
        module, at = name(section, at)
        field, at = name(section, at)
        return [f"{module}.{field}"]  # one is too many, and the rest of it depends on its kind
    return []


def exports(section):
    count, at = number(section, 0)
    for _ in range(count):
        field, at = name(section, at)
        _, at = number(section, at + 1)
        yield field


def main():
    data = open(sys.argv[1], "rb").read()
    if data[:4] != b"\0asm":
        sys.exit("this is no module")
    found = {kind: section for kind, section in sections(data)}
    names = sorted(exports(found.get(7, b"\0")))
    print(len(data), "bytes;", " ".join(each for each in names if each.startswith("sw_")))
    wanted = imports(found.get(2, b"\0"))
    if wanted or "memory" not in names or not any(each.startswith("sw_") for each in names):
        sys.exit(f"imports {wanted}, exports {names}")


main()
