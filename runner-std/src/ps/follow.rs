//! `ps --watch`: sleeps until a host says that something has changed.
//!
//! On a terminal the table is painted again in its place, with times of day, which stay true while nothing happens; there
//! output is a change too, at most once a second. Elsewhere every change of a status or of the peers is a line; with
//! `--json` an event line, just as the hosts write them.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::FileType;
use serde_json::Value;
use stillwire::{Duration, Instant};

use super::table::{Page, clock};
use crate::failure::Failure;
use crate::lines;
use crate::os::{self, Interest, Poller, Source};
use crate::roster::session::{Host, Session, Status};
use crate::roster::{News, Roster};
use crate::terminal;

const OUT: u64 = 1;

/// Prints whatever changes until nobody reads it any more.
///
/// # Errors
/// There is no place where hosts could be, or the output takes no more.
pub(super) fn follow(json: bool, page: Page) -> Result<u8, Failure> {
    let mut show: Box<dyn Show> = match page.width {
        _ if json => Box::new(Events::default()),
        Some(_) => Box::new(Table { page, hosts: BTreeMap::new(), lines: 0 }),
        None => Box::new(Log { page, hosts: BTreeMap::new() }),
    };
    let failed = |error: io::Error| Failure::io("follow the hosts", error);
    let mut poller = Poller::new().map_err(failed)?;
    let mut gone = Source::new(OUT);
    let stdout = rustix::stdio::stdout();
    // A pipe that nobody reads any more tells so, even if there is nothing to write.
    let pipe =
        rustix::fs::fstat(stdout).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo);
    if pipe {
        let _ = poller.set(stdout.as_fd(), &mut gone, Interest::READ);
    }
    let mut roster = Roster::follow(show.request(), &mut poller, os::now())?;
    let mut out = io::stdout().lock();
    loop {
        let text = show.paint();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(0),
            written => written.map_err(|error| Failure::io("print", error))?,
        }
        let until = roster.poll_at();
        let ready = poller.wait(until).map_err(failed)?.to_vec();
        let now = os::now();
        roster.poll(&mut poller, now);
        for ready in ready {
            if ready.token == OUT {
                return Ok(0);
            }
            for news in roster.ready(&mut poller, now, ready.token) {
                match news {
                    News::Line(path, line) => show.line(now, path, line),
                    News::Over(path) => show.over(now, &path),
                }
            }
        }
    }
}

/// One way to show changes.
trait Show {
    /// What hosts are asked for.
    fn request(&self) -> &'static str;
    /// A host says something.
    fn line(&mut self, now: Instant, path: PathBuf, line: String);
    /// A host is gone.
    fn over(&mut self, now: Instant, path: &Path);
    /// What is to be written now.
    fn paint(&mut self) -> String;
}

/// The table, always in the same place.
struct Table {
    page: Page,
    hosts: BTreeMap<PathBuf, (Instant, Host)>,
    /// Lines that it has on the screen.
    lines: usize,
}

impl Show for Table {
    fn request(&self) -> &'static str {
        "GET /sessions?live"
    }

    fn line(&mut self, now: Instant, path: PathBuf, line: String) {
        if let Some(host) = Host::parse(&line) {
            self.hosts.insert(path, (now, host));
        }
    }

    fn over(&mut self, _: Instant, path: &Path) {
        self.hosts.remove(path);
    }

    fn paint(&mut self) -> String {
        let (size, now) = (terminal::size(), os::now());
        let older = |at: Instant| seconds(now.since(at));
        let told = self.hosts.values().flat_map(|(at, host)| {
            host.sessions.iter().map(|session| session.later(older(*at))).collect::<Vec<_>>()
        });
        let mut sessions: Vec<Session> = told.collect();
        let room = usize::from(size.ws_row).saturating_sub(2).max(1);
        let hidden = sessions.len().saturating_sub(room);
        if hidden > 0 {
            sessions.truncate(room - 1);
        }
        self.page.width = Some(usize::from(size.ws_col));
        self.page.clock = Some(wall());
        let mut table = self.page.table(&sessions);
        if hidden > 0 {
            table.push_str(&format!("and {} more\n", hidden + 1));
        }
        // Written over what was there, not wiped before: nothing flickers.
        let table = table.replace('\n', "\x1B[K\n");
        let back = if self.lines > 0 { format!("\x1B[{}A\r", self.lines) } else { String::new() };
        self.lines = table.lines().count();
        format!("{back}{table}\x1B[J")
    }
}

/// A line per change.
struct Log {
    page: Page,
    hosts: BTreeMap<PathBuf, (Host, String)>,
}

impl Log {
    fn say(&self, session: &Session, what: &str) -> String {
        let (on, off) = if self.page.colour { (session.status.colour(), "\x1B[m") } else { ("", "") };
        format!("{}  {}  {on}{what}{off}\n", clock(wall()), session.name)
    }
}

impl Show for Log {
    fn request(&self) -> &'static str {
        "GET /sessions?watch"
    }

    fn line(&mut self, _: Instant, path: PathBuf, line: String) {
        let Some(host) = Host::parse(&line) else { return };
        let (before, mut text) = self.hosts.remove(&path).unwrap_or_default();
        for session in &host.sessions {
            let was = before.sessions.iter().find(|was| was.name == session.name);
            if was.is_none_or(|was| (was.status, &was.reason) != (session.status, &session.reason)) {
                text.push_str(&self.say(session, &session.spoken()));
            }
            let peers = was.map_or(0, |was| was.peers);
            if peers != session.peers {
                let count =
                    if session.peers == 1 { "1 peer".into() } else { format!("{} peers", session.peers) };
                text.push_str(&self.say(session, &count));
            }
        }
        self.hosts.insert(path, (host, text));
    }

    fn over(&mut self, _: Instant, path: &Path) {
        let Some((host, mut text)) = self.hosts.remove(path) else { return };
        let left = host.sessions.iter().filter(|session| session.status != Status::Exited);
        text.extend(left.map(|session| self.say(session, "its host is gone")));
        if !text.is_empty() {
            self.hosts.insert(path.to_owned(), (Host::default(), text));
        }
    }

    fn paint(&mut self) -> String {
        let text = self.hosts.values_mut().map(|(_, text)| std::mem::take(text)).collect();
        self.hosts.retain(|_, (host, _)| !host.sessions.is_empty());
        text
    }
}

/// Event lines as they come.
#[derive(Default)]
struct Events {
    text: String,
    /// Of each host: the last time it told, when that was here, and its sessions that have not ended.
    hosts: BTreeMap<PathBuf, (Duration, Instant, Vec<String>)>,
}

impl Show for Events {
    fn request(&self) -> &'static str {
        "GET /events"
    }

    fn line(&mut self, now: Instant, path: PathBuf, line: String) {
        let Ok(event) = serde_json::from_str::<Value>(&line) else { return };
        self.text.push_str(&line);
        self.text.push('\n');
        let (told, at, alive) = self.hosts.entry(path).or_insert((Duration::ZERO, now, Vec::new()));
        let time = event["t"].as_f64().and_then(|t| std::time::Duration::try_from_secs_f64(t).ok());
        *told =
            time.map_or(*told, |t| Duration::from_micros(u64::try_from(t.as_micros()).unwrap_or(u64::MAX)));
        *at = now;
        let name = event["session"].as_str().unwrap_or_default();
        match event["event"].as_str() {
            Some("start") => alive.push(name.to_owned()),
            Some("exit") => alive.retain(|alive| alive != name),
            _ => {}
        }
    }

    fn over(&mut self, now: Instant, path: &Path) {
        let Some((told, at, alive)) = self.hosts.remove(path) else { return };
        let t = Instant::ZERO.after(told).after(now.since(at));
        self.text.extend(alive.iter().map(|name| lines::of(name, lines::gone(t))));
    }

    fn paint(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

/// Seconds since 1970.
fn wall() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |span| span.as_secs_f64())
}

fn seconds(span: Duration) -> f64 {
    span.as_millis() as f64 / 1_000.0
}
