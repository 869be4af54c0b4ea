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
use crate::cli::PsArgs;
use crate::failure::Failure;
use crate::lines;
use crate::os::{self, Interest, Poller, Source};
use crate::roster::News;
use crate::roster::feed::Feed;
use crate::roster::filter::Filter;
use crate::roster::session::{Host, Session, Status};
use crate::terminal;

const OUT: u64 = 1;
/// Between two paintings of a fleet.
const PICTURE: Duration = Duration::from_millis(100);

/// Prints whatever changes until nobody reads it any more.
///
/// # Errors
/// There is no place where hosts could be, or the output takes no more.
pub(super) fn follow(args: &PsArgs, page: Page) -> Result<u8, Failure> {
    let filter = args.view.filter();
    if args.json && filter != (Filter { host: filter.host.clone(), ..Filter::default() }) {
        return Err(Failure::usage("event lines are not filtered by status, reason or time")
            .hint("runner-std ps --watch --json | jq 'select(.reason==\"awaiting_input\")'"));
    }
    let mut show: Box<dyn Show> = match page.width {
        _ if args.json => Box::new(Events { filter, ..Events::default() }),
        Some(_) => Box::new(Table { page, filter, hosts: BTreeMap::new(), away: BTreeMap::new(), lines: 0 }),
        None => {
            Box::new(Log { page, filter, hosts: BTreeMap::new(), away: BTreeMap::new(), text: String::new() })
        }
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
    let mut feed = Feed::follow(&args.view, show.request(), &mut poller, os::now())?;
    let mut painted = None;
    let mut out = io::stdout().lock();
    loop {
        // A fleet has more news than anybody could read.
        let paint_at =
            painted.filter(|_| feed.is_fleet()).map_or(Instant::ZERO, |at: Instant| at.after(PICTURE));
        let text = if paint_at <= os::now() && !(feed.is_fleet() && feed.is_loading()) {
            painted = None;
            show.paint()
        } else {
            String::new()
        };
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(0),
            written => written.map_err(|error| Failure::io("print", error))?,
        }
        let waits = painted.map(|at: Instant| at.after(PICTURE));
        let until = [feed.poll_at(), waits].into_iter().flatten().min();
        let ready = poller.wait(until).map_err(failed)?.to_vec();
        let now = os::now();
        let mut news = Vec::new();
        for ready in ready {
            if ready.token == OUT {
                return Ok(0);
            }
            news.extend(feed.ready(&mut poller, now, ready.token));
        }
        news.extend(feed.poll(&mut poller, now)?);
        if !news.is_empty() && feed.is_fleet() {
            painted.get_or_insert(now);
        }
        for news in news {
            match news {
                News::Line(path, line) => show.line(now, path, line),
                News::Over(path) => show.over(now, &path),
                News::Session(_, name, session) => show.session(now, name, session.map(|session| *session)),
                News::Trouble(what) => {
                    let _ = writeln!(io::stderr(), "warning: {what}");
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
    /// A session of another machine is another, or gone.
    fn session(&mut self, now: Instant, name: String, session: Option<Session>);
    /// A host is gone.
    fn over(&mut self, now: Instant, path: &Path);
    /// What is to be written now.
    fn paint(&mut self) -> String;
}

/// The table, always in the same place.
struct Table {
    page: Page,
    filter: Filter,
    hosts: BTreeMap<PathBuf, (Instant, Host)>,
    away: BTreeMap<String, (Instant, Session)>,
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

    fn session(&mut self, now: Instant, name: String, session: Option<Session>) {
        match session {
            Some(session) => drop(self.away.insert(name, (now, session))),
            None => drop(self.away.remove(&name)),
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
        let away = self.away.values().map(|(at, session)| session.later(older(*at)));
        let mut sessions: Vec<Session> = told.chain(away).collect();
        sessions.retain(|session| self.filter.lets(session, 0.0));
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
    filter: Filter,
    hosts: BTreeMap<PathBuf, (Host, String)>,
    away: BTreeMap<String, Session>,
    /// Of other machines.
    text: String,
}

impl Log {
    fn say(&self, session: &Session, what: &str) -> String {
        let (on, off) = if self.page.colour { (session.status.colour(), "\x1B[m") } else { ("", "") };
        format!("{}  {}  {on}{what}{off}\n", clock(wall()), session.name)
    }
}

impl Log {
    /// What is another, in lines.
    fn changes(&self, was: Option<&Session>, session: &Session) -> String {
        let mut text = String::new();
        if was.is_none_or(|was| (was.status, &was.reason) != (session.status, &session.reason)) {
            text.push_str(&self.say(session, &session.spoken()));
        }
        let peers = was.map_or(0, |was| was.peers);
        if peers != session.peers {
            let count = if session.peers == 1 { "1 peer".into() } else { format!("{} peers", session.peers) };
            text.push_str(&self.say(session, &count));
        }
        text
    }
}

impl Show for Log {
    fn request(&self) -> &'static str {
        "GET /sessions?watch"
    }

    fn line(&mut self, _: Instant, path: PathBuf, line: String) {
        let Some(host) = Host::parse(&line) else { return };
        let (before, mut text) = self.hosts.remove(&path).unwrap_or_default();
        for session in host.sessions.iter().filter(|session| self.filter.lets(session, 0.0)) {
            let was = before.sessions.iter().find(|was| was.name == session.name);
            text.push_str(&self.changes(was, session));
        }
        self.hosts.insert(path, (host, text));
    }

    fn session(&mut self, _: Instant, name: String, session: Option<Session>) {
        let was = self.away.remove(&name);
        let Some(session) = session else {
            if let Some(was) = was.filter(|was| self.filter.lets(was, 0.0)) {
                self.text.push_str(&self.say(&was, "has ended"));
            }
            return;
        };
        if self.filter.lets(&session, 0.0) {
            self.text.push_str(&self.changes(was.as_ref(), &session));
        }
        self.away.insert(name, session);
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
        let mut text: String = self.hosts.values_mut().map(|(_, text)| std::mem::take(text)).collect();
        text.push_str(&std::mem::take(&mut self.text));
        self.hosts.retain(|_, (host, _)| !host.sessions.is_empty());
        text
    }
}

/// Event lines as they come.
#[derive(Default)]
struct Events {
    text: String,
    filter: Filter,
    /// Of each host: the last time it told, when that was here, and its sessions that have not ended.
    hosts: BTreeMap<PathBuf, (Duration, Instant, Vec<String>)>,
}

impl Show for Events {
    fn request(&self) -> &'static str {
        "GET /events"
    }

    fn line(&mut self, now: Instant, path: PathBuf, line: String) {
        let Ok(event) = serde_json::from_str::<Value>(&line) else { return };
        if event["host"].as_str().is_some_and(|host| !self.filter.lets_host(host)) {
            return;
        }
        self.text.push_str(&line);
        self.text.push('\n');
        if event["host"].is_string() {
            return; // what becomes of another machine is told by its broker
        }
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

    fn session(&mut self, _: Instant, _: String, session: Option<Session>) {
        let lost = session.filter(|session| session.status == Status::Lost);
        let Some((session, away)) = lost.and_then(|it| it.away.clone().map(|away| (it, away))) else {
            return;
        };
        if self.filter.lets_host(&away.host) {
            let t = Instant::from_micros((session.uptime * 1e6) as u64);
            let line = lines::of(&away.session, lines::gone(t));
            let open = line.trim_end().trim_end_matches('}');
            self.text.push_str(&format!("{open},\"host\":{}}}\n", lines::quoted(&away.host)));
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
