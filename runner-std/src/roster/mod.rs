//! The hosts of this machine, asked all at once: for a list once, or for whatever changes.
//!
//! A roster sleeps with its owner in one poller. New hosts are noticed by their sockets (inotify; where there is no such
//! thing a look every few seconds), those that are gone by the end of their connection; what a dead one left is removed.

pub(crate) mod feed;
pub(crate) mod filter;
mod find;
pub(crate) mod session;

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::process::Resource;
use stillwire::{Duration, Instant};

use crate::failure::Failure;
use crate::os::{self, Appear, Interest, Poller, Source};
use crate::{limits, runtime};
pub(crate) use find::find;
use session::{Host, Session};

/// Tokens of a roster in its owner's poller begin here.
pub(crate) const TOKENS: u64 = 1 << 40;
const FOLDER: u64 = TOKENS;
/// Between two looks where nothing tells.
const LOOK: Duration = Duration::from_secs(3);
/// Until a host that closed the door in our face is asked again.
const PAUSE: Duration = Duration::from_secs(2);

/// Something a roster has to tell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    /// A line that a host says.
    Line(PathBuf, String),
    /// A host is gone, or has said all that was asked for.
    Over(PathBuf),
    /// A session of another machine, by its host and its name here; None: it is gone.
    Session(PathBuf, String, Option<Box<Session>>),
    /// Other machines cannot be heard now.
    Trouble(String),
}

/// The hosts of this machine.
#[derive(Debug)]
pub(crate) struct Roster {
    directory: PathBuf,
    request: &'static str,
    /// None: the hosts are asked once.
    folder: Option<Folder>,
    hosts: BTreeMap<PathBuf, Call>,
    /// Sockets that are not asked now.
    waiting: Vec<PathBuf>,
    /// Those that are asked again later.
    again: Option<(Instant, Vec<PathBuf>)>,
    next: u64,
}

#[derive(Debug)]
struct Folder {
    appear: Option<(Appear, Source)>,
    look_at: Option<Instant>,
}

/// A request on its way, and its answer.
#[derive(Debug)]
pub(crate) struct Call {
    stream: UnixStream,
    source: Source,
    got: Vec<u8>,
    /// The answer's status, once its head is there.
    status: Option<u16>,
}

impl Roster {
    /// Asks all hosts once.
    ///
    /// # Errors
    /// There is no place where they could be.
    pub(crate) fn once(request: &'static str, poller: &mut Poller) -> Result<Self, Failure> {
        let mut roster = Self::new(request, None)?;
        roster.look(poller, Instant::ZERO)?;
        Ok(roster)
    }

    /// Asks all hosts, and those that come later.
    ///
    /// # Errors
    /// There is no place where they could be.
    pub(crate) fn follow(request: &'static str, poller: &mut Poller, now: Instant) -> Result<Self, Failure> {
        let mut roster = Self::new(request, None)?;
        let mut appear = watch(&roster.directory).map(|appear| (appear, Source::new(FOLDER)));
        if let Some((fd, source)) = &mut appear
            && poller.set(fd.as_fd(), source, Interest::READ).is_err()
        {
            appear = None;
        }
        roster.folder = Some(Folder { appear, look_at: None });
        roster.look(poller, now)?;
        Ok(roster)
    }

    fn new(request: &'static str, folder: Option<Folder>) -> Result<Self, Failure> {
        let directory = runtime::directory()?;
        let mut descriptors = rustix::process::getrlimit(Resource::Nofile);
        descriptors.current = descriptors.maximum;
        let _ = rustix::process::setrlimit(Resource::Nofile, descriptors);
        let hosts = BTreeMap::new();
        Ok(Self { directory, request, folder, hosts, waiting: Vec::new(), again: None, next: FOLDER + 1 })
    }

    /// When to poll next.
    pub(crate) fn poll_at(&self) -> Option<Instant> {
        let look = self.folder.as_ref().and_then(|folder| folder.look_at);
        [look, self.again.as_ref().map(|(at, _)| *at)].into_iter().flatten().min()
    }

    /// Does what is due.
    pub(crate) fn poll(&mut self, poller: &mut Poller, now: Instant) {
        if self.poll_at().is_some_and(|at| at <= now) {
            self.again = None;
            let _ = self.look(poller, now);
        }
    }

    /// Hears what there is under a token of this roster.
    pub(crate) fn ready(&mut self, poller: &mut Poller, now: Instant, token: u64) -> Vec<News> {
        if token == FOLDER {
            if let Some((appear, _)) = self.folder.as_ref().and_then(|folder| folder.appear.as_ref()) {
                appear.drain();
            }
            let _ = self.look(poller, now);
            return Vec::new();
        }
        let found = self.hosts.iter_mut().find(|(_, call)| call.source.token == token);
        let Some((path, call)) = found else { return Vec::new() };
        let path = path.clone();
        let open = call.read();
        let mut news: Vec<News> =
            call.lines(!open).into_iter().map(|line| News::Line(path.clone(), line)).collect();
        if !open {
            let answered = call.status.is_some();
            call.forget(poller);
            self.hosts.remove(&path);
            news.push(News::Over(path.clone()));
            if self.folder.is_some() && !runtime::sweep(&path) && path.exists() {
                // It has no room for one more who follows, or is about to go.
                let pause = if answered { Duration::from_millis(200) } else { PAUSE };
                let (_, waiting) = self.again.get_or_insert((now.after(pause), Vec::new()));
                waiting.push(path);
            }
            self.call_more(poller);
        }
        news
    }

    /// Whether every host has said what it was asked for.
    pub(crate) fn is_done(&self) -> bool {
        self.hosts.is_empty() && self.waiting.is_empty()
    }

    /// The hosts that have not answered yet.
    pub(crate) fn silent(&self) -> impl Iterator<Item = &Path> {
        self.hosts.iter().filter(|(_, call)| call.status.is_none()).map(|(path, _)| path.as_path())
    }

    /// Looks who is there.
    fn look(&mut self, poller: &mut Poller, now: Instant) -> Result<(), Failure> {
        let later = self.again.as_ref().map_or(&[][..], |(_, paths)| paths);
        let paths = runtime::paths(&self.directory)?;
        self.waiting = paths
            .into_iter()
            .filter(|path| !self.hosts.contains_key(path) && !later.contains(path))
            .collect();
        self.waiting.reverse();
        if let Some(folder) = &mut self.folder
            && folder.appear.is_none()
        {
            folder.look_at = Some(now.after(LOOK));
        }
        self.call_more(poller);
        Ok(())
    }

    /// Asks those who wait; not so many at once that no descriptor is left.
    fn call_more(&mut self, poller: &mut Poller) {
        let most = if self.folder.is_some() { usize::MAX } else { limits::CALLS };
        while self.hosts.len() < most
            && let Some(path) = self.waiting.pop()
        {
            let Ok(stream) = runtime::connect(&path) else { continue };
            self.next += 1;
            if let Ok(call) = Call::new(stream, self.request, poller, self.next) {
                self.hosts.insert(path, call);
            }
        }
    }
}

/// What all hosts said.
#[derive(Debug)]
pub(crate) struct Gathered {
    /// The line of each.
    pub lines: Vec<(PathBuf, String)>,
    /// Those that did not answer in time.
    pub silent: Vec<PathBuf>,
}

impl Gathered {
    /// The same, understood.
    pub(crate) fn hosts(self) -> impl Iterator<Item = (PathBuf, Host)> {
        self.lines.into_iter().filter_map(|(path, line)| Some((path, Host::parse(&line)?)))
    }
}

/// Asks all hosts once, and waits for them, but for no more than [`limits::ANSWER`].
///
/// # Errors
/// There is no place where they could be, or no descriptor is left.
pub(crate) fn gather(request: &'static str) -> Result<Gathered, Failure> {
    let failed = |error: io::Error| Failure::io("ask the hosts", error);
    let mut poller = Poller::new().map_err(failed)?;
    let mut roster = Roster::once(request, &mut poller)?;
    let until = os::now().after(limits::ANSWER);
    let mut lines = Vec::new();
    while !roster.is_done() && os::now() < until {
        let ready = poller.wait(Some(until)).map_err(failed)?.to_vec();
        for ready in ready {
            for news in roster.ready(&mut poller, os::now(), ready.token) {
                if let News::Line(path, line) = news {
                    lines.push((path, line));
                }
            }
        }
    }
    lines.sort();
    let silent = roster.silent().map(Path::to_owned).chain(roster.waiting.iter().cloned()).collect();
    Ok(Gathered { lines, silent })
}

#[cfg(not(feature = "portable"))]
fn watch(directory: &Path) -> Option<Appear> {
    Appear::near(&directory.join("any")).ok()
}

/// Elsewhere nothing tells, and there it has to be right as well.
#[cfg(feature = "portable")]
fn watch(_: &Path) -> Option<Appear> {
    None
}

impl Call {
    /// Sends a request, the first line of it, to a host.
    ///
    /// # Errors
    /// The host is gone again, or no descriptor is left.
    pub(crate) fn new(
        mut stream: UnixStream,
        request: &str,
        poller: &mut Poller,
        token: u64,
    ) -> io::Result<Self> {
        // A socket that was just made takes far more than this at once.
        write!(stream, "{request} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        let mut source = Source::new(token);
        poller.set(stream.as_fd(), &mut source, Interest::READ)?;
        Ok(Self { stream, source, got: Vec::new(), status: None })
    }

    /// Takes what came; false: that was all.
    pub(crate) fn read(&mut self) -> bool {
        let mut bytes = [0; 16 << 10];
        loop {
            match self.stream.read(&mut bytes) {
                Ok(0) => return false,
                Ok(count) => self.got.extend_from_slice(bytes.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
            if self.got.len() > limits::LIST {
                return false;
            }
        }
        true
    }

    /// The whole lines of the body so far; at its `end` what is left as well.
    pub(crate) fn lines(&mut self, end: bool) -> Vec<String> {
        if self.status.is_none() {
            let Some(head) = self.got.windows(4).position(|four| four == b"\r\n\r\n") else {
                return Vec::new();
            };
            let text = String::from_utf8_lossy(self.got.get(..head).unwrap_or_default());
            self.status = Some(text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0));
            self.got.drain(..head + 4);
        }
        let whole = self.got.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let whole = if end { self.got.len() } else { whole };
        let text: Vec<u8> = self.got.drain(..whole).collect();
        String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()
    }

    /// The answer's status.
    pub(crate) const fn status(&self) -> Option<u16> {
        self.status
    }

    /// Has the poller forget it, to be dropped.
    pub(crate) fn forget(&mut self, poller: &mut Poller) {
        let _ = poller.set(self.stream.as_fd(), &mut self.source, Interest::NONE);
    }
}
