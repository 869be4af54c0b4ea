//! What many idle sessions cost, beside others that keep sessions, in one run.
//!
//! `cargo run --release -p stillwire-tests --features sessions --bin scale_bench [-- SESSIONS SECONDS [NAME…]]`, with `runner-std` built
//! by `cargo build --release` in the PATH. Each peer keeps the same sessions: one that echoes what is typed, and others that
//! sleep. Memory and context switches are those of all processes of the peer, without what runs in the sessions. Memory
//! of a session is what so many need more than one needs.

mod common;

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::time::Duration;

use common::{PATIENCE, Process, echoes, kill, marked, read_until, shell, which};

/// Until verdicts have fallen and nothing is left to be done.
const SETTLE: Duration = Duration::from_secs(15);
/// Keys that are typed into one of them.
const KEYS: usize = 500;
/// What runs in the session that echoes.
const ECHO: &str = "read go; stty -icanon; printf stillwire-''end; exec cat >/dev/null";

/// One way to keep sessions.
#[derive(Clone, Copy)]
enum Peer {
    Stillwire,
    Tmux,
    Dtach,
}

struct Cost {
    processes: usize,
    /// Resident and proportional, KiB.
    resident: f64,
    proportional: f64,
    /// In a minute.
    switches: f64,
}

fn main() -> io::Result<()> {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<usize>().ok());
    let (sessions, seconds) = (numbers.next().unwrap_or(1_000), numbers.next().unwrap_or(60));
    let named: Vec<String> = std::env::args().skip(1).filter(|arg| arg.parse::<usize>().is_err()).collect();
    println!(
        "| {sessions} sessions | processes | KiB resident per session | proportional | context switches per minute | key p50, µs | p99 |"
    );
    println!("|---|---|---|---|---|---|---|");
    for peer in [Peer::Stillwire, Peer::Tmux, Peer::Dtach] {
        let (name, program) = peer.names();
        if !named.is_empty() && !named.iter().any(|wanted| wanted == name) {
            continue;
        }
        if which(program).is_none() {
            println!("| {name} | not installed | | | | | |");
            continue;
        }
        let row = measure(peer, sessions, seconds);
        println!("| {name} | {} |", row.unwrap_or_else(|error| format!("{error} | | | | |")));
        io::stdout().flush()?;
    }
    Ok(())
}

fn measure(peer: Peer, sessions: usize, seconds: usize) -> io::Result<String> {
    let one = with(peer, 1, |mark| Ok(cost(mark, None)))?;
    with(peer, sessions, |mark| {
        let many = cost(mark, Some(seconds));
        let folder = folder(mark);
        let pty = common::start(peer.attach(mark, &folder), mark)?;
        std::thread::sleep(Duration::from_secs(1)); // it is attached, and its terminal as it wants it
        rustix::io::write(pty.master(), b"\r")?;
        let [median, most] =
            read_until(&pty, b"stillwire-end", PATIENCE).and_then(|()| echoes(&pty, KEYS))?;
        let each = |many: f64, one: f64| (many - one) / (sessions.max(2) - 1) as f64;
        Ok(format!(
            "{} | {:.0} | {:.0} | {:.0} | {median:.0} | {most:.0}",
            many.processes,
            each(many.resident, one.resident),
            each(many.proportional, one.proportional),
            many.switches
        ))
    })
}

/// Does something with so many sessions that have settled, and ends them.
fn with<T>(peer: Peer, sessions: usize, then: impl FnOnce(&str) -> io::Result<T>) -> io::Result<T> {
    let mark = format!("scale-{}-{}", std::process::id(), sessions);
    let folder = folder(&mark);
    fs::create_dir_all(&folder)?;
    let started = peer.start(&mark, &folder, sessions);
    std::thread::sleep(SETTLE);
    let result = started.and_then(|_| then(&mark));
    kill(&mark);
    let _ = fs::remove_dir_all(&folder);
    result
}

fn folder(mark: &str) -> String {
    std::env::temp_dir().join(mark).to_string_lossy().into_owned()
}

/// What the peer costs now, and in so many seconds.
fn cost(mark: &str, seconds: Option<usize>) -> Cost {
    let processes = marked(mark);
    let switches = || processes.iter().map(|process| sum(process, "status", "ctxt_switches")).sum::<f64>();
    let before = switches();
    std::thread::sleep(Duration::from_secs(seconds.unwrap_or(0) as u64));
    let switched = (switches() - before) * 60.0 / seconds.unwrap_or(60) as f64;
    let total = |file: &str, field: &str| processes.iter().map(|process| sum(process, file, field)).sum();
    Cost {
        processes: processes.len(),
        resident: total("status", "VmRSS:"),
        proportional: total("smaps_rollup", "Pss:"),
        switches: switched,
    }
}

/// The numbers behind a field of a file in `/proc`, added up.
fn sum(process: &Process, file: &str, field: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{}/{file}", process.pid)).unwrap_or_default();
    let lines = text.lines().filter(|line| line.contains(field));
    lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok()).sum()
}

impl Peer {
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Stillwire => ("stillwire", "runner-std"),
            Self::Tmux => ("tmux", "tmux"),
            Self::Dtach => ("dtach", "dtach"),
        }
    }

    fn start(self, mark: &str, folder: &str, sessions: usize) -> io::Result<String> {
        let echo = ECHO;
        let sleepers = 1..sessions;
        match self {
            Self::Stillwire => {
                let mut text = format!("listen = 'none'\n[[session]]\nname = 'echo'\ncommand = \"{echo}\"\n");
                for number in sleepers {
                    let _ = writeln!(text, "[[session]]\nname = 's{number}'\ncommand = ['sleep', '86400']");
                }
                fs::write(format!("{folder}/host.toml"), text)?;
                shell(
                    &format!(
                        "XDG_RUNTIME_DIR={folder} runner-std host -d --config {folder}/host.toml </dev/null"
                    ),
                    mark,
                )
            }
            Self::Tmux => {
                let mut text = format!("tmux -L {mark} -f /dev/null new-session -d -x 80 -y 24 \"{echo}\"\n");
                for _ in sleepers {
                    let _ = writeln!(text, "tmux -L {mark} new-window -d 'exec sleep 86400'");
                }
                shell(&text, mark)
            }
            Self::Dtach => {
                let mut text = format!("dtach -n {folder}/echo -E -z sh -c \"{echo}\"\n");
                for number in sleepers {
                    let _ = writeln!(text, "dtach -n {folder}/s{number} -E -z sleep 86400");
                }
                shell(&text, mark)
            }
        }
    }

    fn attach(self, mark: &str, folder: &str) -> Vec<String> {
        let words = match self {
            Self::Stillwire => format!("env XDG_RUNTIME_DIR={folder} runner-std attach echo"),
            Self::Tmux => format!("tmux -L {mark} attach -t :0"),
            Self::Dtach => format!("dtach -a {folder}/echo -E -z"),
        };
        words.split(' ').map(str::to_owned).collect()
    }
}
