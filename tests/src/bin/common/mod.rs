//! What the benchmarks of whole programs share: processes that are found by a mark, terminals that are read here.
#![allow(dead_code, reason = "each of them uses its part")]

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use runner_std::port::pty::{Pty, Spawn};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::Winsize;

/// Nothing takes longer than this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// A variable by which the processes of a peer are found, those in the background too.
pub(crate) const MARK: &str = "STILLWIRE_BENCH";
/// What runs in the sessions.
const INSIDE: [&str; 5] = ["sh", "cat", "seq", "sleep", "bash"];

/// A process of a peer.
pub(crate) struct Process {
    /// Its number.
    pub(crate) pid: u32,
    /// Ticks of CPU that it has used.
    ticks: f64,
}

/// Where a program is, if it is installed.
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.exists())
}

/// Starts a command with the mark `name`, in a terminal whose other end is read here.
pub(crate) fn start(words: impl IntoIterator<Item = String>, name: &str) -> io::Result<Pty> {
    // Whatever becomes of it inherits the mark.
    let marked = ["env".to_owned(), format!("{MARK}={name}")].into_iter().chain(words);
    let command: Vec<OsString> = marked.map(OsString::from).collect();
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    Pty::spawn(&Spawn { command: &command, session: "", modes: None, keyboard: true, hears: false, size })
}

/// Runs a shell command with the mark `name`, and gives what it printed.
pub(crate) fn shell(command: &str, name: &str) -> io::Result<String> {
    let said = Command::new("sh").args(["-c", command]).env(MARK, name).output()?;
    if !said.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&said.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&said.stdout).into_owned())
}

/// All processes that carry the mark, those that run inside left out.
pub(crate) fn marked(name: &str) -> Vec<Process> {
    let mark = format!("{MARK}={name}\0");
    let process = |folder: fs::DirEntry| {
        let pid = folder.file_name().to_str()?.parse().ok()?;
        let environment = fs::read(folder.path().join("environ")).ok()?;
        environment.windows(mark.len()).any(|window| window == mark.as_bytes()).then_some(())?;
        let stat = fs::read_to_string(folder.path().join("stat")).ok()?;
        let (before, after) = stat.rsplit_once(')')?;
        let inside = before.split_once('(').is_some_and(|(_, name)| INSIDE.contains(&name));
        let fields: Vec<&str> = after.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
        (!inside).then_some(Process { pid, ticks: ticks(11)? + ticks(12)? })
    };
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(process).collect()
}

/// Seconds of CPU of all processes that carry the mark.
pub(crate) fn cpu(name: &str) -> f64 {
    let ticks: f64 = marked(name).iter().map(|process| process.ticks).sum();
    ticks / rustix::param::clock_ticks_per_second() as f64
}

/// Ends whatever carries the mark.
pub(crate) fn kill(name: &str) {
    for process in marked(name) {
        let _ = Command::new("kill").args(["-9", &process.pid.to_string()]).output();
    }
}

/// The median and the 99th percentile of the time from a key to its echo, in µs.
pub(crate) fn echoes(pty: &Pty, keys: usize) -> io::Result<[f64; 2]> {
    std::thread::sleep(Duration::from_millis(300)); // status lines settle; nothing is measured yet
    while !read(pty, 0)?.is_empty() {}
    let mut spans = (0..keys).map(|_| key(pty)).collect::<io::Result<Vec<_>>>()?;
    spans.sort_by(f64::total_cmp);
    Ok([spans[spans.len() / 2], spans[spans.len() * 99 / 100]])
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
pub(crate) fn read(pty: &Pty, millis: i64) -> io::Result<Vec<u8>> {
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
pub(crate) fn read_until(pty: &Pty, mark: &[u8], patience: Duration) -> io::Result<()> {
    let (start, mut tail) = (Instant::now(), Vec::new());
    while start.elapsed() < patience {
        tail.extend(read(pty, 1_000)?);
        if tail.windows(mark.len()).any(|window| window == mark) {
            return Ok(());
        }
        let keep = tail.len().saturating_sub(mark.len());
        tail.drain(..keep);
    }
    Err(io::ErrorKind::TimedOut.into())
}
