//! What happens, a line each, with why: on standard error, in a file, or in the journal.
//!
//! The host says it with the macros of `tracing`. A line is whole by itself; in the journal its parts are fields as well
//! (`STILLWIRE_SESSION`, `STILLWIRE_PEER`, …). Names and what others say are made [`plain`](crate::plain) before.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Mutex;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::pipe::PIPE_BUF;
use stillwire::idle::{Reason, Status};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::Role;
use stillwire::link::host::{Event, Peer, PeerId};
use stillwire::link::replay::Attach;
use stillwire::{Duration, Instant};
use tracing::{Subscriber, debug, error, info, warn};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::{debug_fn, format};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use super::server::Server;
use crate::cli::Verbosity;
use crate::failure::Failure;
use crate::port::pty::exit_code;

/// A reader that loses output again and again is a line so often at the most.
const GAPS: Duration = Duration::from_secs(10);

/// Begins to tell: in `file`, else, if this host `stays` where it was started, in the journal if that is where standard
/// error goes, or on standard error. A host in the background without a file tells nobody.
///
/// # Errors
/// If the file cannot be opened.
pub(super) fn begin(file: Option<&Path>, level: Verbosity, stays: bool) -> Result<(), Failure> {
    let level = filter(level);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        error!("host: {panic}");
        before(panic);
    }));
    if let Some(path) = file {
        let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        let opened = opened.map_err(|error| Failure::io(format!("log to {}", path.display()), error))?;
        keep(text(opened.into(), level));
    } else if stays {
        match tracing_journald::layer() {
            Ok(journal) if is_journal(std::env::var("JOURNAL_STREAM").ok().as_deref()) => {
                keep(registry().with(journal.with_field_prefix(Some("STILLWIRE".into()))).with(level));
            }
            _ => {
                if let Ok(stderr) = rustix::stdio::stderr().try_clone_to_owned() {
                    keep(text(stderr, level));
                }
            }
        }
    }
    Ok(())
}

fn keep(subscriber: impl Subscriber + Send + Sync) {
    // Only a second one would fail, and there is none.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

const fn filter(level: Verbosity) -> LevelFilter {
    match level {
        Verbosity::Off => LevelFilter::OFF,
        Verbosity::Error => LevelFilter::ERROR,
        Verbosity::Warn => LevelFilter::WARN,
        Verbosity::Info => LevelFilter::INFO,
        Verbosity::Debug => LevelFilter::DEBUG,
    }
}

/// Time in UTC, level, message; the fields say the same once more, for programs.
fn text(fd: OwnedFd, level: LevelFilter) -> impl Subscriber + Send + Sync {
    let message = debug_fn(|writer, field, value| match field.name() {
        // Whatever somebody calls himself: one line, which says nothing to a terminal.
        "message" => {
            format!("{value:?}").chars().filter(|c| !c.is_control()).try_for_each(|c| writer.write_char(c))
        }
        _ => Ok(()),
    });
    let lines = Mutex::new(Lines { fd, lost: 0 });
    tracing_subscriber::fmt()
        .event_format(format().with_target(false))
        .fmt_fields(message)
        .with_max_level(level)
        .with_writer(lines)
        .finish()
}

/// Whether standard error goes to the journal, as systemd says with the device and inode of the stream.
fn is_journal(stream: Option<&str>) -> bool {
    let here = rustix::fs::fstat(rustix::stdio::stderr()).map(|stat| (stat.st_dev, stat.st_ino));
    let parts = stream.and_then(|stream| stream.split_once(':'));
    let named = parts.and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
    named.is_some() && named == here.ok()
}

/// Lines to somebody who may have stopped reading. Nobody waits for that: what is not taken at once is counted.
#[derive(Debug)]
struct Lines {
    fd: OwnedFd,
    lost: u64,
}

impl Lines {
    fn put(&self, line: &[u8]) -> bool {
        let mut fds = [PollFd::new(&self.fd, PollFlags::OUT)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let ready = matches!(rustix::event::poll(&mut fds, Some(&now)), Ok(1));
        // What is no longer than this a pipe that says it is ready takes whole.
        let line = line.get(..line.len().min(PIPE_BUF)).unwrap_or_default();
        ready && rustix::io::write(&self.fd, line).is_ok()
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.lost > 0 && self.put(format!("{} lines are missing here\n", self.lost).as_bytes()) {
            self.lost = 0;
        }
        if self.lost > 0 || !self.put(line) {
            self.lost += 1;
        }
        // A log that cannot be written is no reason to end a session.
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Output that a peer never got, until there is a line about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    lost: u64,
    told: Option<Instant>,
}

impl Gap {
    /// Nothing was lost.
    pub(super) const NONE: Self = Self { lost: 0, told: None };

    /// So many bytes more. Returns how many to tell now, if it is time.
    pub(super) fn add(&mut self, now: Instant, lost: u64) -> Option<u64> {
        self.lost = self.lost.saturating_add(lost);
        let due = self.lost > 0 && self.told.is_none_or(|told| now.since(told) >= GAPS);
        due.then(|| {
            self.told = Some(now);
            std::mem::take(&mut self.lost)
        })
    }
}

/// A peer lost output.
pub(super) fn gap(session: &str, peer: PeerId, lost: u64) {
    let peer = peer.slot;
    warn!(session, peer, lost, "{session}: peer {peer} reads too slowly: {lost} bytes are lost to it");
}

/// What is behind a session is not there, and why; or, if there is nothing to say of that, it is again.
pub(super) fn port(session: &str, trouble: &str) {
    if trouble.is_empty() {
        info!(session, "{session}: is there again");
    } else {
        warn!(session, "{session}: waits for {trouble}");
    }
}

/// Somebody asked for a break. Returns what they are answered: nothing, or why there was none.
pub(super) fn sent_break(session: &str, sent: io::Result<()>) -> String {
    match sent {
        Ok(()) => {
            info!(session, "{session}: a break was sent");
            String::new()
        }
        Err(error) => error.to_string(),
    }
}

impl Server {
    /// The host has begun.
    pub(super) fn note_start(&self) {
        let (pid, version) = (std::process::id(), env!("CARGO_PKG_VERSION"));
        debug!(pid, version, "host: runner-std {version}, pid {pid}, {} peers at most", self.max_peers);
        for seat in &self.seats {
            match seat.pid {
                Some(pid) => info!(session = seat.name, pid, "{}: started, pid {pid}", seat.name),
                None => info!(session = seat.name, "{}: waits for {}", seat.name, seat.command),
            }
        }
        for door in &self.doors {
            if let Some(address) = door.address() {
                info!(%address, "host: listens on {address}");
            }
        }
    }

    /// The host is about to end.
    pub(super) fn note_end(&self, reason: CloseReason) {
        let reason = reason.as_str();
        info!(reason, "host: ends ({reason})");
    }

    /// A line about what the core says, if it is worth one.
    pub(super) fn note(&self, event: &Event) {
        let name = |session: usize| self.seats.get(session).map_or("host", |seat| seat.name.as_str());
        match *event {
            Event::Attached { peer, session, role, attach } => {
                let (session, role, gets) = (name(session), role_name(role), gets(attach));
                let from = &*self.whence(peer);
                let peer = peer.slot;
                info!(
                    session,
                    peer, role, from, "{session}: peer {peer} attached as {role} from {from}, gets {gets}"
                );
            }
            Event::Detached { peer, session: Some(index), reason, lost } => {
                let (session, peer, why) = (name(index), peer.slot, reason.as_str());
                if let Some(newest) = self.controller(index).filter(|_| reason == CloseReason::Superseded) {
                    let place = self.controls(index).unwrap_or_default();
                    info!(
                        session,
                        peer = newest,
                        from = peer,
                        place,
                        "{session}: peer {newest} took over from peer {peer}, from {place}"
                    );
                }
                info!(
                    session,
                    peer,
                    reason = why,
                    lost,
                    "{session}: peer {peer} detached ({why}), {lost} bytes lost"
                );
            }
            // It only asked something, or looked whether anybody is here.
            Event::Detached {
                peer,
                session: None,
                reason: CloseReason::GoingAway | CloseReason::Abnormal,
                ..
            } => debug!(peer = peer.slot, "host: peer {} asked and went", peer.slot),
            Event::Detached { peer, session: None, reason, .. } => {
                let (peer, reason) = (peer.slot, reason.as_str());
                warn!(peer, reason, "host: peer {peer} was not let in ({reason})");
            }
            Event::Resize { session, size } => {
                let (columns, rows) = (size.columns, size.rows);
                debug!(session = name(session), "{}: is {columns}x{rows} now", name(session));
            }
            Event::Status { session, event } => note_status(name(session), event.status),
            Event::Exit(exit) => {
                let reason = exit.reason.as_str();
                info!(reason, "host: idle exit ({reason})");
            }
            Event::Screen { peer, session, .. } => {
                debug!(peer = peer.slot, "{}: peer {} gets the screen", name(session), peer.slot);
            }
            _ => {}
        }
    }

    /// The slot of whoever controls a session.
    fn controller(&self, session: usize) -> Option<usize> {
        let controls = |peer: &Peer| peer.session() == Some(session) && peer.role() == Some(Role::Controller);
        self.core.peers().iter().position(controls)
    }
}

fn note_status(session: &str, status: Status) {
    let word = status.as_str();
    match (status, status.reason().map(Reason::as_str)) {
        (Status::Exited(exit), _) => {
            let code = exit_code(exit);
            info!(session, status = word, code, "{session}: exited with code {code}");
        }
        (_, Some(reason)) => info!(session, status = word, reason, "{session}: {word} ({reason})"),
        (_, None) => info!(session, status = word, "{session}: {word}"),
    }
}

const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Controller => "controller",
        Role::Viewer => "viewer",
    }
}

const fn gets(attach: Attach) -> &'static str {
    match attach {
        Attach::Exact => "every byte it missed",
        Attach::Tail => "the end of what it missed",
        Attach::Reanchor => "a new beginning",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_line_is_one_line_and_only_its_owner_reads_it() {
        let path = std::env::temp_dir().join(format!("stillwire-log-{}", std::process::id()));
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path).unwrap();
        tracing::subscriber::with_default(text(file.into(), LevelFilter::INFO), || {
            gap("build", PeerId { slot: 3, generation: 1 }, 70);
            note_status("a\x1B[2J", Status::Idle(Reason::Quiet));
            debug!("nobody asked for this");
        });
        let told = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> =
            told.lines().map(|line| line.split_once(' ').unwrap().1.trim_start()).collect();
        assert_eq!(lines[0], "WARN build: peer 3 reads too slowly: 70 bytes are lost to it");
        assert!(lines[1].starts_with("INFO a") && lines[1].ends_with("idle (quiet)"), "{told:?}");
        assert!(lines.len() == 2 && !told.contains('\x1B'), "{told:?}");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_log_that_nobody_reads_stops_nobody_and_says_what_is_missing() {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut lines = Lines { fd: writer.into(), lost: 0 };
        let line = [[b'x'; 1023].as_slice(), b"\n"].concat();
        for _ in 0..200 {
            lines.write_all(&line).unwrap();
        }
        assert!(lines.lost > 100, "a pipe holds 64 KiB: {}", lines.lost);
        let lost = lines.lost;
        reader.read_exact(&mut vec![0; (200 - usize::try_from(lost).unwrap()) * line.len()]).unwrap();
        lines.write_all(b"after\n").unwrap();
        drop(lines);
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, format!("{lost} lines are missing here\nafter\n"));
    }

    #[test]
    fn a_reader_that_is_always_late_is_a_line_in_ten_seconds() {
        let (mut gap, at) = (Gap::NONE, Instant::from_millis);
        assert_eq!(gap.add(at(0), 0), None);
        assert_eq!(gap.add(at(1), 5), Some(5));
        assert_eq!((gap.add(at(2), 7), gap.add(at(9_000), 1)), (None, None));
        assert_eq!(gap.add(at(10_001), 2), Some(10));
    }

    #[test]
    fn the_journal_is_known_by_its_inode() {
        let stat = rustix::fs::fstat(rustix::stdio::stderr()).unwrap();
        assert!(is_journal(Some(&format!("{}:{}", stat.st_dev, stat.st_ino))));
        for other in [None, Some(""), Some("1:2"), Some("x:y")] {
            assert!(!is_journal(other), "{other:?}");
        }
    }
}
