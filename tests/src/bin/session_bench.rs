//! How long text and keys take through a session, beside others that keep sessions, in one run.
//!
//! `cargo run --release -p stillwire-tests --features sessions --bin session_bench [-- MEGABYTES KEYS]`, with `runner-std` built by
//! `cargo build --release`. Each peer runs the same command in a pseudo-terminal of 80 by 24 whose other end is read
//! here, so a figure is what a person's terminal would see. Peers that are not installed are left out, and named.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use runner_std::port::pty::{Pty, Spawn};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::Winsize;

/// What the command prints last.
const END: &[u8] = b"stillwire-end";
/// Nothing takes longer than this.
const PATIENCE: Duration = Duration::from_secs(120);

/// One way to keep a session.
struct Peer {
    name: &'static str,
    /// What runs a shell command in a session and shows it here; `@` is that command, `%` a name.
    command: &'static str,
    /// What ends it.
    end: &'static str,
}

const PEERS: [Peer; 6] = [
    Peer { name: "bare PTY", command: "sh -c @", end: "" },
    Peer { name: "stillwire", command: "runner-std host --name % -- sh -c @", end: "runner-std kill %" },
    Peer { name: "dtach", command: "dtach -A /tmp/% -E -z sh -c @", end: "pkill -f dtach.*/tmp/%" },
    Peer {
        name: "tmux",
        command: "tmux -L % -f /dev/null new-session sh -c @",
        end: "tmux -L % kill-server",
    },
    Peer { name: "screen", command: "screen -c /dev/null -S % sh -c @", end: "screen -S % -X quit" },
    Peer { name: "mosh", command: "sh tests/bench/mosh @", end: "pkill -f mosh-server" },
];

fn main() -> io::Result<()> {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<usize>().ok());
    let (megabytes, keys) = (numbers.next().unwrap_or(100), numbers.next().unwrap_or(2_000));
    let text = text_file(megabytes)?;
    println!("| session | {megabytes} MB of text, MB/s | key p50, µs | p99 | beside a flood p50 | p99 |");
    println!("|---|---|---|---|---|---|");
    for peer in PEERS {
        let program = peer.command.split(' ').next().unwrap_or_default();
        let needed = if peer.name == "mosh" { "mosh-server" } else { program };
        if which(needed).is_none() {
            println!("| {} | not installed | | | | |", peer.name);
            continue;
        }
        let flow = throughput(&peer, &text).map(|span| megabytes as f64 / span.as_secs_f64());
        let idle = echo(&peer, keys, false);
        let flood = echo(&peer, keys, true);
        println!(
            "| {} | {} | {} | {} |",
            peer.name,
            figure(&flow.map(|mbs| vec![mbs])),
            figure(&idle),
            figure(&flood)
        );
        io::stdout().flush()?;
    }
    fs::remove_file(text)
}

fn figure(values: &io::Result<Vec<f64>>) -> String {
    match values {
        Ok(values) => values.iter().map(|value| format!("{value:.0}")).collect::<Vec<_>>().join(" | "),
        Err(error) => format!("{error}"),
    }
}

fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.exists())
}

/// Numbered lines, some of them coloured.
fn text_file(megabytes: usize) -> io::Result<PathBuf> {
    let file = std::env::temp_dir().join(format!("stillwire-bench-{}", std::process::id()));
    let mut out = io::BufWriter::new(fs::File::create(&file)?);
    let mut written = 0;
    for number in 0_u64.. {
        let line = match number % 8 {
            0 => format!("\x1b[32m{number:10}\x1b[0m ok    the quick brown fox jumps over the lazy dog\n"),
            _ => format!("{number:10} info  the quick brown fox jumps over the lazy dog and goes on\n"),
        };
        written += line.len();
        out.write_all(line.as_bytes())?;
        if written >= megabytes * 1_000_000 {
            return out.flush().map(|()| file);
        }
    }
    Ok(file)
}

fn start(peer: &Peer, shell: &str, name: &str) -> io::Result<Pty> {
    let words = peer.command.split(' ').map(|word| match word {
        "@" => shell.to_owned(),
        word => word.replace('%', name),
    });
    let command: Vec<OsString> = words.map(OsString::from).collect();
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    Pty::spawn(&Spawn { command: &command, session: "", modes: None, keyboard: true, size })
}

fn end(peer: &Peer, name: &str) {
    if !peer.end.is_empty() {
        let _ = std::process::Command::new("sh").args(["-c", &peer.end.replace('%', name)]).output();
    }
}

/// From the first byte of the text to the last, at the viewer's end.
fn throughput(peer: &Peer, text: &Path) -> io::Result<Duration> {
    let shell =
        format!("sleep 1; echo stillwire-go; cat {}; printf {}; sleep 1", text.display(), "stillwire-''end");
    let name = format!("bench-{}-t", std::process::id());
    let pty = start(peer, &shell, &name)?;
    read_until(&pty, b"stillwire-go")?;
    let start = Instant::now();
    let done = read_until(&pty, END);
    let span = start.elapsed();
    end(peer, &name);
    done.map(|()| span)
}

/// The median and the 99th percentile of the time from a key to its echo, in µs.
fn echo(peer: &Peer, keys: usize, flood: bool) -> io::Result<Vec<f64>> {
    let (name, other) =
        (format!("bench-{}-e", std::process::id()), format!("bench-{}-f", std::process::id()));
    let flooding = if flood { Some(start(peer, "while :; do seq 1000000; done", &other)?) } else { None };
    let stop = std::sync::atomic::AtomicBool::new(false);
    let pty = start(peer, "stty -icanon; printf stillwire-''end; exec cat >/dev/null", &name)?;
    let result = std::thread::scope(|scope| {
        if let Some(flooding) = &flooding {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    if read(flooding, 100).is_err() {
                        break;
                    }
                }
            });
        }
        let result = read_until(&pty, END).and_then(|()| {
            std::thread::sleep(Duration::from_millis(300)); // status lines settle; nothing is measured yet
            while !read(&pty, 0)?.is_empty() {}
            (0..keys).map(|_| key(&pty)).collect::<io::Result<Vec<_>>>()
        });
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        result
    });
    end(peer, &name);
    end(peer, &other);
    let mut spans = result?;
    spans.sort_by(f64::total_cmp);
    Ok(vec![spans[spans.len() / 2], spans[spans.len() * 99 / 100]])
}

fn key(pty: &Pty) -> io::Result<f64> {
    let start = Instant::now();
    rustix::io::write(pty.master(), b"x")?;
    while !read(pty, 2_000)?.contains(&b'x') {
        if start.elapsed() > PATIENCE {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
    let span = start.elapsed().as_secs_f64() * 1e6;
    while !read(pty, 1)?.is_empty() {} // what comes after the echo
    Ok(span)
}

/// What there is within so many milliseconds; nothing if there is none.
fn read(pty: &Pty, millis: i64) -> io::Result<Vec<u8>> {
    let master = pty.master();
    let timeout = Timespec { tv_sec: millis / 1_000, tv_nsec: millis % 1_000 * 1_000_000 };
    if poll(&mut [PollFd::new(&master, PollFlags::IN)], Some(&timeout))? == 0 {
        return Ok(Vec::new());
    }
    let mut buffer = [0; 65_536];
    let len = rustix::io::read(master, &mut buffer)?;
    Ok(buffer[..len].to_vec())
}

/// Reads until `mark` has come.
fn read_until(pty: &Pty, mark: &[u8]) -> io::Result<()> {
    let (start, mut tail) = (Instant::now(), Vec::new());
    while start.elapsed() < PATIENCE {
        tail.extend(read(pty, 1_000)?);
        if tail.windows(mark.len()).any(|window| window == mark) {
            return Ok(());
        }
        let keep = tail.len().saturating_sub(mark.len());
        tail.drain(..keep);
    }
    Err(io::ErrorKind::TimedOut.into())
}
