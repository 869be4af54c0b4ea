"""Output of real line-oriented programs: ls, grep, git, cargo. Each returns (bytes, note)."""

import os
import random
import shutil
import subprocess
import sysconfig
import tempfile

import texts
from pty_session import Session

ENOUGH = 6_000_000
ENV = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "LANG": "C.UTF-8",
    "TERM": "xterm-256color",
    "HOME": "/nonexistent",
    "LS_COLORS": "rs=0:di=01;34:ln=01;36:so=01;35:pi=40;33:ex=01;32:*.tar=01;31:*.gz=01;31:"
    "*.zip=01;31:*.png=01;35:*.jpg=01;35:*.mp3=00;36:*.so=00;33:*.py=00;35:*.h=00;36",
}


def stdlib():
    """A tree of source text that every machine with Python has."""
    return sysconfig.get_path("stdlib")


def head_of(argv, cwd="/"):
    """The first ENOUGH bytes of a program's output, ending at a line."""
    child = subprocess.Popen(
        argv, cwd=cwd, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    data = b""
    while len(data) < ENOUGH:
        piece = child.stdout.read(1 << 16)
        if not piece:
            break
        data += piece
    child.stdout.close()
    child.kill()
    child.wait()
    return data[: data.rfind(b"\n") + 1]


def ls_color():
    """A recursive long listing."""
    return head_of(["ls", "-lR", "--color=always", "/usr"]), "ls -lR --color=always"


def grep_color():
    """Hits with file name, line number and coloured match."""
    argv = ["grep", "-rn", "--color=always", "--include=*.py", "-E", "self|return|import", stdlib()]
    return head_of(argv), "grep -rn --color=always"


def git(tree, *words, when=0):
    """Run git in `tree` without the user's configuration."""
    date = f"{1_750_000_000 + when * 3600} +0000"
    env = dict(ENV)
    for who in ("AUTHOR", "COMMITTER"):
        env[f"GIT_{who}_NAME"] = "A. Author"
        env[f"GIT_{who}_EMAIL"] = "author@example.com"
        env[f"GIT_{who}_DATE"] = date
    env["GIT_CONFIG_NOSYSTEM"] = "1"
    return subprocess.run(
        ["git", *words], cwd=tree, env=env, check=True, stdout=subprocess.PIPE
    ).stdout


def git_log_color():
    """The history of a repository made here: files of the standard library, edited 60 times."""
    if not shutil.which("git"):
        return texts.grep_like(), "no git: synthetic hits"
    rng = random.Random(4)
    tree = tempfile.mkdtemp(prefix="stillwire-git-")
    try:
        git(tree, "init", "-q")
        names = sorted(n for n in os.listdir(stdlib()) if n.endswith(".py"))[:60]
        for when in range(60):
            for name in names[when : when + 1]:
                shutil.copyfile(os.path.join(stdlib(), name), os.path.join(tree, name))
            for name in rng.sample(names[: when + 1], min(when + 1, 12)):
                edit(rng, os.path.join(tree, name))
            git(tree, "add", ".")
            git(tree, "commit", "-q", "--no-gpg-sign", "-m", texts.sentence(rng), when=when)
        data = git(tree, "log", "-p", "--color=always", "--stat")
        return data[:ENOUGH], "git log -p --color=always"
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def edit(rng, path):
    """Change, drop and add some lines of a file."""
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = file.readlines()
    for _ in range(max(3, len(lines) // 60)):
        at = rng.randrange(len(lines)) if lines else 0
        lines[at : at + rng.randrange(3)] = ["    # " + texts.sentence(rng) + "\n"]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines)


def cargo_build():
    """A crate full of warnings built by the real cargo, between many `Compiling` lines."""
    rng = random.Random(5)
    real = cargo_diagnostics(rng) if shutil.which("cargo") else b""
    out = bytearray()
    while len(out) < 900_000:
        out += cargo_progress(rng)
        at = rng.randrange(max(1, len(real) - 20_000)) if real else 0
        out += real[real.find(b"\n", at) + 1 :][:20_000]
        out += b"\x1b[0m\r\n"
    note = "cargo check in a PTY" if real else "no cargo: progress only"
    return bytes(out), note


def cargo_diagnostics(rng):
    """What the real cargo says about a crate with 300 warnings."""
    tree = tempfile.mkdtemp(prefix="stillwire-cargo-")
    try:
        os.mkdir(os.path.join(tree, "src"))
        with open(os.path.join(tree, "Cargo.toml"), "w") as file:
            file.write('[package]\nname = "noisy"\nversion = "0.1.0"\nedition = "2021"\n[workspace]\n')
        with open(os.path.join(tree, "src", "lib.rs"), "w") as file:
            for n in range(300):
                word = rng.choice(texts.WORDS)
                file.write(f"fn {word}_{n}(a: u32) {{ let mut {word} = {n}; let x: u8 = 1; }}\n")
        env = {k: v for k, v in os.environ.items() if k.startswith(("CARGO_HOME", "RUSTUP"))}
        env.setdefault("CARGO_HOME", os.path.expanduser("~/.cargo"))
        env.setdefault("RUSTUP_HOME", os.path.expanduser("~/.rustup"))
        session = Session(["cargo", "check", "--offline"], cols=120, cwd=tree, env=env)
        session.run(30)
        data = session.output()
        session.close()
        return data if b"warning" in data else b""
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def cargo_progress(rng):
    """`Compiling` lines with the bar redrawn below them, as cargo draws it."""
    out = []
    total = 120
    for done in range(total):
        name = f"{rng.choice(texts.WORDS)}-{rng.choice(texts.WORDS)}"
        version = f"v{rng.randrange(3)}.{rng.randrange(40)}.{rng.randrange(12)}"
        out.append(f"\r\x1b[K\x1b[1m\x1b[92m   Compiling\x1b[0m {name} {version}\r\n")
        bar = ("=" * (done * 25 // total) + ">").ljust(25)
        active = ", ".join(rng.sample(texts.WORDS, 3))
        out.append(f"\x1b[1m\x1b[96m    Building\x1b[0m [{bar}] {done}/{total}: {active}...\x1b[K\r")
    seconds = rng.randrange(20, 90)
    out.append(f"\x1b[K\x1b[1m\x1b[92m    Finished\x1b[0m `dev` profile in {seconds}.04s\r\n")
    return "".join(out).encode()
