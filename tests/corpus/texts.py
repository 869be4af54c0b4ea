"""Synthetic originals, seeded. Each generator returns (bytes, note)."""

import base64
import math
import random

UNIQUE = 900_000  # bytes made before the file repeats
WORDS = (
    "alpha anchor arrow basin beacon binary border bridge buffer cable cargo castle cedar channel "
    "circle cloud cobalt copper coral crate cursor daemon delta device drift ember engine fabric "
    "falcon fiber filter forest frame garden gate glass grain granite harbor helper hollow index "
    "iron island ivory jungle kernel ladder lantern latch lemon level linear magnet maple marble "
    "matrix meadow mirror module needle nickel north object ocean orbit packet panel parcel pearl "
    "pepper pillar pixel planet pocket quartz queue raven reader record ribbon river rocket saddle "
    "signal silver socket spiral spring stable stream summit switch table target thread timber "
    "token tunnel valley vector velvet vessel violet walnut window winter wonder yellow zenith"
).split()


def sentence(rng, least=4, most=12):
    """Some words."""
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(least, most)))


def build(seed, piece):
    """Pieces (strings) until there is enough."""
    rng = random.Random(seed)
    out, size = [], 0
    while size < UNIQUE:
        data = piece(rng).encode()
        out.append(data)
        size += len(data)
    return b"".join(out), "synthetic"


def stamp(rng):
    """A log's time."""
    return f"2026-11-21T{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.random() * 60:06.3f}Z"


def plain_log():
    """A service's log."""

    def line(rng):
        level = rng.choice(["INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR"])
        path = "/".join(rng.choice(WORDS) for _ in range(rng.randint(1, 4)))
        return (
            f"{stamp(rng)} {level:5} {rng.choice(WORDS)}[{rng.randrange(99999)}]: {sentence(rng)} "
            f"path=/{path} status={rng.choice([200, 200, 204, 301, 404, 500])} ms={rng.randrange(900)}\n"
        )

    return build(1, line)


def grep_like():
    """Hits as grep colours them."""

    def hit(rng):
        return (
            f"\x1b[35m\x1b[Ksrc/{rng.choice(WORDS)}.rs\x1b[m\x1b[K\x1b[36m\x1b[K:\x1b[m\x1b[K"
            f"\x1b[32m\x1b[K{rng.randrange(999)}\x1b[m\x1b[K\x1b[36m\x1b[K:\x1b[m\x1b[K {sentence(rng)} "
            f"\x1b[01;31m\x1b[K{rng.choice(WORDS)}\x1b[m\x1b[K {sentence(rng)}\n"
        )

    return build(2, hit)[0]


def apt_progress():
    """An upgrade: downloads, the database, packages, with the bar in the last row."""

    def upgrade(rng):
        out = []
        for n in range(40):
            name = f"lib{rng.choice(WORDS)}{rng.randrange(9)}"
            out.append(f"Get:{n} http://archive.example.org stable/main amd64 {name} [{rng.randrange(999)} kB]\r\n")
            out.append(f"\r{n * 100 // 40}% [{n} {name} {rng.randrange(99)} kB/{rng.randrange(99, 999)} kB 43%]\x1b[K")
        out.append("\r\x1b[K\x1b[33m\r100% [Working]\x1b[0m\r\x1b[KFetched 23.4 MB in 2s (11.7 MB/s)\r\n")
        out.extend(f"(Reading database ... {p}%\r" for p in range(5, 101, 5))
        out.append("(Reading database ... 81234 files and directories currently installed.)\r\n")
        out.append("\n\x1b7\x1b[0;39r\x1b8\x1b[1A")
        for n in range(40):
            name = f"lib{rng.choice(WORDS)}{rng.randrange(9)}"
            bar = ("#" * (n * 60 // 40)).ljust(60, ".")
            out.append(f"\x1b7\x1b[40;0f\x1b[42m\x1b[30mProgress: [{n * 100 // 40:3}%]\x1b[49m\x1b[39m [{bar}] \x1b8")
            out.append(f"Preparing to unpack .../{n}-{name}_1.2-{n}_amd64.deb ...\r\n")
            out.append(f"Unpacking {name}:amd64 (1.2-{n + 1}) over (1.2-{n}) ...\r\n")
            out.append(f"Setting up {name}:amd64 (1.2-{n + 1}) ...\r\n")
        out.append("\n\x1b7\x1b[0;40r\x1b8\x1b[1A\x1b[J")
        return "".join(out)

    return build(6, upgrade)


def boot_log():
    """A kernel's messages, then units starting."""

    def boot(rng):
        out, t = [], 0.0
        for _ in range(120):
            t += rng.random() / 20
            driver = rng.choice(WORDS)
            text = sentence(rng)
            if rng.random() < 0.1:
                text = f"\x1b[31m\x1b[1m{text}\x1b[0m"
            out.append(f"\x1b[32m[{t:12.6f}] \x1b[0m\x1b[33m{driver} {rng.randrange(9)}-1: \x1b[0m{text}\r\n")
        for _ in range(60):
            unit = f"{rng.choice(WORDS)}-{rng.choice(WORDS)}.service"
            what = sentence(rng, 2, 4).title()
            state = rng.choice(["\x1b[0;32m  OK  \x1b[0m"] * 9 + ["\x1b[0;1;31mFAILED\x1b[0m"])
            if rng.random() < 0.4:
                out.append(f"         Starting \x1b[0;1;39m{unit}\x1b[0m - {what}...\r\n")
            if rng.random() < 0.1:
                out.append(f"[\x1b[0m\x1b[0;31m*     \x1b[0m] A start job is running for {unit} (3s / 1min 30s)\r\x1b[K")
            out.append(f"[{state}] Started \x1b[0;1;39m{unit}\x1b[0m - {what}.\r\n")
        return "".join(out)

    return build(7, boot)


def color_256():
    """As lolcat paints: one 256-colour SGR per character."""
    count = [0]

    def line(rng):
        count[0] += 1
        out = []
        for i, c in enumerate(sentence(rng, 6, 14)):
            a = (i + count[0]) / 12
            r, g, b = (int(2.99 + 3 * math.sin(a + k * 2 * math.pi / 3)) for k in range(3))
            out.append(f"\x1b[38;5;{16 + 36 * max(r, 0) + 6 * max(g, 0) + max(b, 0)}m{c}\x1b[39m")
        return "".join(out) + "\n"

    return build(13, line)


def color_true():
    """A picture in half blocks, and true-colour text."""
    count = [0]

    def line(rng):
        count[0] += 1
        y = count[0]
        if y % 12 == 0:
            words = (f"\x1b[38;2;{rng.randrange(256)};{rng.randrange(256)};{rng.randrange(256)}m{w}\x1b[0m" for w in sentence(rng).split())
            return " ".join(words) + "\r\n"
        out = []
        for x in range(80):
            v = int(127 + 127 * math.sin(x / 9 + y / 7))
            w = int(127 + 127 * math.cos(x / 5 - y / 11))
            out.append(f"\x1b[38;2;{v};{w};{(x * 3) % 256}m\x1b[48;2;{w};{v};{(y * 5) % 256}m▀")
        return "".join(out) + "\x1b[0m\r\n"

    return build(14, line)


def dense():
    """Sequences of every family, one to four characters apart."""
    kinds = [
        lambda r: f"\x1b[{r.randrange(30, 48)}m",
        lambda r: f"\x1b[{r.randrange(1, 50)};{r.randrange(1, 120)}H",
        lambda r: f"\x1b[{r.randrange(1, 9)}{r.choice('ABCDGKJXP@L')}",
        lambda r: f"\x1b[?{r.choice([25, 7, 1, 2004, 1006])}{r.choice('hl')}",
        lambda r: f"\x1b[4:{r.randrange(4)}m",
        lambda r: f"\x1b[{r.randrange(7)} q",
        lambda r: r.choice(["\x1b7", "\x1b8", "\x1b(B", "\x1b(0", "\x1b=", "\x1b>", "\x1bM"]),
        lambda r: f"\x1b]0;{r.choice(WORDS)}\x07",
        lambda r: r.choice(["\r", "\n", "\b", "\x07", "\t"]),
    ]
    weights = [12, 8, 8, 2, 1, 1, 3, 0.3, 3]

    def piece(rng):
        text = "".join(rng.choice("etaoinshrdlu ") for _ in range(rng.randint(1, 4)))
        return rng.choices(kinds, weights)[0](rng) + text

    return build(15, piece)


def cjk():
    """Text of common Han, kana and Hangul, with ASCII words and a coloured line now and then."""
    han = "的一是不了人我在有他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市"
    kana = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをんアイウエオカキクケコサシスセソタチツテトナニヌネノ"
    hangul = "가나다라마바사아자차카타파하고노도로모보소오조초코토포호구누두루무부수우주추쿠투푸후그느드르므브스으즈기니디리미비시이지"

    def line(rng):
        kind = rng.choice([han, han, kana, hangul])
        text = "".join(rng.choice(kind) for _ in range(rng.randint(12, 40)))
        if rng.random() < 0.3:
            text += " " + sentence(rng, 1, 3) + " "
        if rng.random() < 0.15:
            text = f"\x1b[{rng.randrange(31, 37)}m{text}\x1b[0m"
        return text + rng.choice("。！？、") + "\n"

    return build(16, line)


def emoji():
    """Emoji of all constructions among words."""
    marks = "😀 🚀 ✅ ❌ 🔥 ⚠️ ❤️ 👍🏽 👩‍💻 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 🇯🇵 1️⃣ 🧑🏿‍🚀 ✨ 📦 🐛 🎉 ☕ é ñ".split()

    def line(rng):
        words = []
        for word in sentence(rng, 4, 10).split():
            words.append(word)
            if rng.random() < 0.5:
                words.append(rng.choice(marks) * rng.choice([1, 1, 1, 3]))
        text = " ".join(words)
        return (f"\x1b[1m{text}\x1b[22m" if rng.random() < 0.2 else text) + "\n"

    return build(17, line)


def links_osc8():
    """A listing as `ls --hyperlink --color` prints it."""

    def line(rng):
        name = f"{rng.choice(WORDS)}_{rng.choice(WORDS)}.{rng.choice(['rs', 'md', 'toml', 'png'])}"
        end = rng.choice(["\x07", "\x1b\\"])
        url = f"file://host/home/user/{rng.choice(WORDS)}/{name}"
        return (
            f"-rw-r--r-- 1 user user {rng.randrange(99999):6} Nov 21 03:{rng.randrange(60):02} "
            f"\x1b]8;;{url}{end}\x1b[0m\x1b[01;3{rng.randrange(1, 7)}m{name}\x1b[0m\x1b]8;;{end}\n"
        )

    return build(18, line)


def clipboard_osc52():
    """Clipboard writes of 0.3 to 12 kB, a few lines apart."""

    def piece(rng):
        blob = base64.b64encode(rng.randbytes(rng.choice([200, 900, 3000, 9000]))).decode()
        end = rng.choice(["\x07", "\x1b\\"])
        lines = "".join(f"{sentence(rng)}\r\n" for _ in range(rng.randint(1, 6)))
        return f"{lines}\x1b]52;c;{blob}{end}"

    return build(19, piece)


def sixel():
    """Plasma pictures in 16 colours, run-length coded, some lines of text between them."""

    def piece(rng):
        width, bands = 160, 12
        out = [f"{sentence(rng)}\r\n\x1bP0;0;0q\"1;1;{width};{bands * 6}"]
        out.extend(f"#{n};2;{n * 6};{100 - n * 6};{rng.randrange(100)}" for n in range(16))
        shift = rng.random() * 9
        for band in range(bands):
            columns = [int(8 + 7.9 * math.sin(x / 13 + band / 3 + shift)) for x in range(width)]
            for colour in sorted(set(columns)):
                out.append(f"#{colour}" + runs([63 if c == colour else 0 for c in columns]) + "$")
            out.append("-")
        return "".join(out) + "\x1b\\\r\n"

    return build(20, piece)


def runs(column_bits):
    """Sixel characters, with `!n` for four and more of a kind."""
    out, at = [], 0
    while at < len(column_bits):
        end = at
        while end < len(column_bits) and column_bits[end] == column_bits[at]:
            end += 1
        char = chr(63 + column_bits[at])
        out.append(f"!{end - at}{char}" if end - at > 3 else char * (end - at))
        at = end
    return "".join(out)


def box_drawing():
    """Tables and trees."""

    def piece(rng):
        widths = [rng.randint(6, 18) for _ in range(rng.randint(3, 6))]

        def rule(left, mid, right):
            return left + mid.join("─" * w for w in widths) + right + "\n"

        out = [rule("┌", "┬", "┐")]
        for row in range(rng.randint(3, 9)):
            cells = (rng.choice(WORDS).ljust(w)[:w] for w in widths)
            out.append("│" + "│".join(f"\x1b[1m{c}\x1b[0m" if row == 0 else c for c in cells) + "│\n")
            if row == 0:
                out.append(rule("├", "┼", "┤"))
        out.append(rule("└", "┴", "┘"))
        for _ in range(rng.randint(3, 8)):
            out.append("│   " * rng.randrange(4) + rng.choice(["├── ", "└── "]) + rng.choice(WORDS) + "\n")
        out.append("".join(rng.choice("▁▂▃▄▅▆▇█") for _ in range(60)) + "\n")
        return "".join(out)

    return build(21, piece)


def progress_cr():
    """Downloads as pip, curl and wget draw them."""

    def piece(rng):
        name = f"{rng.choice(WORDS)}-{rng.randrange(9)}.{rng.randrange(9)}.tar.gz"
        kind, out, total = rng.randrange(3), [f"Downloading {name}\r\n"], rng.randint(20, 90)
        for n in range(total + 1):
            done = n * 40 // total
            if kind == 0:
                rest = 39 - done
                bar = f"\x1b[38;2;249;38;114m{'━' * done}\x1b[0m\x1b[38;5;237m╺{'━' * max(rest, 0)}\x1b[0m"
                out.append(f"\r\x1b[2K   {bar} \x1b[32m{n / 10:.1f}/{total / 10:.1f} MB\x1b[0m \x1b[31m9.1 MB/s\x1b[0m eta \x1b[36m0:00:0{(total - n) // 10}\x1b[0m")
            elif kind == 1:
                out.append(f"\r{'#' * (done * 2):<80} {n * 100 / total:5.1f}%")
            else:
                out.append(f"\r{name:20.20} {n * 100 // total:3}%[{'=' * done + '>':<41}] {n * 37:6}K  {rng.randrange(900)}KB/s")
        return "".join(out) + "\r\n"

    return build(22, piece)
