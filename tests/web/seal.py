#!/usr/bin/env python3
"""Notes in a WebAssembly module from which sources it was made, and by whom.

usage: seal.py FROM INTO COMPILER     adds a section "stillwire" with both
       seal.py --same FILE MADE       fails if FILE is not what MADE, which was made just now, is: other code; or, of another
                                      compiler, of other sources
"""
import hashlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECTION = b"stillwire"


def sources():
    """SHA-256 over names and contents of all that the module is made of."""
    files = [ROOT / "core/Cargo.toml", ROOT / "core/capi/Cargo.toml"]
    for folder in ("core/src", "core/capi/src"):
        files += (ROOT / folder).rglob("*.rs")
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.relative_to(ROOT).as_posix()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def number(value):
    """LEB128, as lengths are written."""
    made = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        made.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(made)


def seal(module, compiler):
    note = json.dumps({"sources": sources(), "compiler": compiler}).encode()
    body = number(len(SECTION)) + SECTION + note
    return module + b"\0" + number(len(body)) + body


def note(module):
    """What seal() noted, which is at the end."""
    at = module.rfind(SECTION + b"{")
    return json.loads(module[at + len(SECTION) :]) if at >= 0 else {}


def code(module):
    """All but the note."""
    at = module.rfind(SECTION + b"{")
    return module[: at - 4] if at >= 0 else module


def main():
    if sys.argv[1] == "--same":
        there, made = (pathlib.Path(path).read_bytes() for path in sys.argv[2:4])
        old, new = note(there), note(made)
        same = "sources" if old.get("compiler") != new["compiler"] else "code"
        print(f"{len(made)} bytes, compared by {same}: {old.get('compiler')}, {new['compiler']}")
        if code(there) != code(made) if same == "code" else old.get("sources") != new["sources"]:
            sys.exit(f"{sys.argv[2]} is stale: run tests/web/core.sh and commit it")
        return
    _, come_from, into, compiler = sys.argv
    module = seal(pathlib.Path(come_from).read_bytes(), compiler)
    pathlib.Path(into).write_bytes(module)
    print(f"{into}: {len(module)} bytes")


if __name__ == "__main__":
    main()
