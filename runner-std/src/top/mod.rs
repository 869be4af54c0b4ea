//! `top`: the sessions of this machine, live.
//!
//! It sleeps until a host says that something has changed (output: at most once a second), a key comes, or an age on the
//! screen is no longer true: every second while something is younger than two minutes or has printed within the last one,
//! every minute after that, and not at all while there is no session.

mod errand;
mod keys;
mod model;
mod rate;
mod stage;
mod view;

use std::io;
use std::os::fd::AsFd as _;
use std::path::PathBuf;

use signal_hook::consts::{SIGCHLD, SIGCONT, SIGTSTP, SIGWINCH};
use stillwire::Instant;

use crate::cli::TopArgs;
use crate::failure::Failure;
use crate::os::{self, Interest, Poller, Source};
use crate::roster::feed::Feed;
use crate::roster::session::{Away, Host};
use crate::roster::{Call, News};
use crate::signals::Signals;
use crate::{kill, runtime};
use errand::Errand;
use keys::Key;
use model::{Id, Mode, Model};
use stage::Stage;

pub use model::Sort;

const SIGNAL: u64 = 1;
const KEYS: u64 = 2;
/// Of requests to end a session.
const CALLS: u64 = 1 << 50;
/// The first picture waits so long for the hosts, to be a whole one.
const FIRST: stillwire::Duration = stillwire::Duration::from_millis(250);
/// Between two pictures of a fleet.
const PICTURE: stillwire::Duration = stillwire::Duration::from_millis(100);

/// Shows the sessions until the user has seen enough.
///
/// # Errors
/// If this is no terminal.
pub fn top(args: &TopArgs) -> Result<u8, Failure> {
    if !(rustix::termios::isatty(rustix::stdio::stdin()) && rustix::termios::isatty(rustix::stdio::stdout()))
    {
        return Err(Failure::usage("top needs a terminal").hint("elsewhere: runner-std ps --watch"));
    }
    let failed = |error: io::Error| Failure::io("show the sessions", error);
    let mut poller = Poller::new().map_err(failed)?;
    let feed = Feed::follow(&args.view, "GET /sessions?live", &mut poller, os::now())?;
    let signals = Signals::new().map_err(failed)?;
    let mut model = Model::default();
    model.sort = args.sort;
    model.wanted = args.view.filter();
    model.filter.push_str(args.filter.as_deref().unwrap_or_default());
    let mut top = Top {
        poller,
        feed,
        signals,
        model,
        calls: Vec::new(),
        next: CALLS,
        colour: colour(),
        token: args.token_file.clone(),
        stale: true,
        drawn: None,
        end: None,
        failure: None,
    };
    let code = top.run().map_err(failed)?;
    top.failure.map_or(Ok(code), Err)
}

fn colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Everything that is waited for, and what is shown of it.
#[derive(Debug)]
struct Top {
    poller: Poller,
    feed: Feed,
    signals: Signals,
    model: Model,
    /// Requests to end a session.
    calls: Vec<(u64, String, Call)>,
    next: u64,
    colour: bool,
    /// For other machines.
    token: Option<PathBuf>,
    /// What is on the screen is not what is known; and when it was drawn.
    stale: bool,
    drawn: Option<Instant>,
    end: Option<u8>,
    failure: Option<Failure>,
}

impl Top {
    fn run(&mut self) -> io::Result<u8> {
        let (mut signals, mut input) = (Source::new(SIGNAL), Source::new(KEYS));
        self.poller.set(self.signals.fd(), &mut signals, Interest::READ)?;
        let stdin = rustix::stdio::stdin();
        self.poller.set(stdin.as_fd(), &mut input, Interest::READ)?;
        let mut stage = Stage::new()?;
        let first = os::now().after(FIRST);
        let mut whole = false;
        while self.end.is_none() {
            let now = os::now();
            whole |= (now >= first && !self.feed.is_fleet()) || !self.feed.is_loading();
            if whole && self.draw_at(now) <= now {
                (self.stale, self.drawn) = (false, Some(now));
                let (model, colour) = (&mut self.model, self.colour);
                stage
                    .screen
                    .draw(|frame| view::draw(model, now, colour, frame.area(), frame.buffer_mut()))?;
            }
            let stale = match whole {
                true if self.stale => Some(self.draw_at(now)),
                true => self.stale_at(now),
                false => (!self.feed.is_fleet()).then_some(first),
            };
            let until = [stale, self.feed.poll_at()].into_iter().flatten().min();
            let ready = self.poller.wait(until)?.to_vec();
            let now = os::now();
            if stale.is_some_and(|at| at <= now) {
                self.stale = true;
            }
            for ready in ready {
                if matches!(ready.token, SIGNAL | KEYS) {
                    (self.stale, self.drawn) = (true, None); // whoever typed is not kept waiting
                }
                match ready.token {
                    SIGNAL => self.heed(&mut stage)?,
                    KEYS => self.read_keys(now, &mut stage)?,
                    token if token >= CALLS => self.answered(token),
                    token => {
                        let news = self.feed.ready(&mut self.poller, now, token);
                        self.hear(now, news);
                    }
                }
            }
            match self.feed.poll(&mut self.poller, now) {
                Ok(news) => self.hear(now, news),
                Err(failure) => (self.end, self.failure) = (Some(failure.code), Some(failure)),
            }
        }
        Ok(self.end.unwrap_or(0))
    }

    /// When the picture has to be drawn again although nothing happens.
    fn stale_at(&mut self, now: Instant) -> Option<Instant> {
        if self.model.mode == Mode::Help { None } else { self.model.stale_at(now) }
    }

    /// When the next picture may be drawn: a fleet has more news than anybody could read.
    fn draw_at(&self, now: Instant) -> Instant {
        match self.drawn {
            _ if !self.stale => Instant::MAX,
            Some(drawn) if self.feed.is_fleet() => drawn.after(PICTURE),
            _ => now,
        }
    }

    fn hear(&mut self, now: Instant, news: Vec<News>) {
        self.stale |= !news.is_empty();
        for news in news {
            match news {
                News::Line(path, line) => {
                    if let Some(host) = Host::parse(&line) {
                        self.model.tell(now, &path, host);
                    }
                }
                News::Over(path) => self.model.forget(&path),
                News::Session(path, name, session) => {
                    self.model.hear(now, (path, name), session.map(|session| *session));
                }
                News::Trouble(what) => self.model.notice = Some(what),
            }
        }
    }

    fn heed(&mut self, stage: &mut Stage) -> io::Result<()> {
        for signal in self.signals.take() {
            match signal {
                SIGWINCH | SIGCHLD => {}
                SIGTSTP => stop(stage)?,
                SIGCONT => stage.screen.clear()?,
                signal => self.end = Some(128 + u8::try_from(signal).unwrap_or(0)),
            }
        }
        Ok(())
    }

    fn read_keys(&mut self, now: Instant, stage: &mut Stage) -> io::Result<()> {
        let mut bytes = [0; 1024];
        let count = match rustix::io::read(rustix::stdio::stdin(), &mut bytes) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => 0,
            other => other?,
        };
        for key in keys::keys(bytes.get(..count).unwrap_or_default()) {
            self.model.notice = None;
            match (std::mem::take(&mut self.model.mode), key) {
                (_, Key::Ctrl('c')) => self.end = Some(0),
                (mode, Key::Ctrl('z')) => {
                    self.model.mode = mode;
                    stop(stage)?;
                }
                (mode, Key::Ctrl('l')) => {
                    self.model.mode = mode;
                    stage.screen.clear()?;
                }
                (Mode::List, key) => self.command(now, key, stage)?,
                (Mode::Filter, key) => self.filter(key),
                (Mode::Kill(id), Key::Char('y' | 'Y')) => self.kill(&id),
                (Mode::Kill(..) | Mode::Help, _) => {}
            }
        }
        Ok(())
    }

    fn command(&mut self, now: Instant, key: Key, stage: &mut Stage) -> io::Result<()> {
        let page = isize::try_from(self.model.room).unwrap_or(1);
        match key {
            Key::Up | Key::Char('k') | Key::Ctrl('p') => self.model.step(now, -1),
            Key::Down | Key::Char('j') | Key::Ctrl('n') => self.model.step(now, 1),
            Key::PageUp => self.model.step(now, -page),
            Key::PageDown => self.model.step(now, page),
            Key::Home | Key::Char('g') => self.model.step(now, isize::MIN),
            Key::End | Key::Char('G') => self.model.step(now, isize::MAX),
            Key::Char('\n') => self.attach(stage)?,
            Key::Char('K' | 'x') | Key::Delete => {
                self.model.mode = self.model.selected().cloned().map_or(Mode::List, Mode::Kill);
            }
            Key::Char('/') => self.model.mode = Mode::Filter,
            Key::Esc => self.model.filter.clear(),
            Key::Char('s') => self.model.sort = self.model.sort.next(),
            Key::Char('?' | 'h') | Key::F(1) => self.model.mode = Mode::Help,
            Key::Char('q') => self.end = Some(0),
            _ => {}
        }
        Ok(())
    }

    fn filter(&mut self, key: Key) {
        match key {
            Key::Char('\n') => return,
            Key::Esc => {
                self.model.filter.clear();
                return;
            }
            Key::Backspace | Key::Ctrl('h') if self.model.filter.pop().is_none() => return,
            Key::Ctrl('u') => self.model.filter.clear(),
            Key::Char(char) if !char.is_control() => self.model.filter.push(char),
            _ => {}
        }
        self.model.mode = Mode::Filter;
    }

    fn kill(&mut self, (path, name): &Id) {
        if self.feed.is_fleet() {
            self.model.notice = Some("a session of another machine is ended there: runner-std kill".into());
            return;
        }
        self.next += 1;
        let token = self.next;
        let call = runtime::connect(path)
            .and_then(|stream| Call::new(stream, &kill::request(name, None), &mut self.poller, token));
        match call {
            Ok(call) => {
                self.model.notice = Some(format!("{name} is asked to end"));
                self.calls.push((token, name.clone(), call));
            }
            Err(error) => self.model.notice = Some(format!("cannot ask the host of {name}: {error}")),
        }
    }

    /// A host answers to a request to end a session.
    fn answered(&mut self, token: u64) {
        let Some(place) = self.calls.iter().position(|(of, ..)| *of == token) else { return };
        let Some((_, name, call)) = self.calls.get_mut(place) else { return };
        let open = call.read();
        let lines = call.lines(!open);
        if call.status().is_some_and(|status| status != 200)
            && let Some(line) = lines.first()
        {
            self.model.notice = Some(format!("{name}: {line}"));
        }
        if !open {
            let (_, _, mut call) = self.calls.remove(place);
            call.forget(&mut self.poller);
        }
    }

    /// Attaches to the selected session and comes back.
    fn attach(&mut self, stage: &mut Stage) -> io::Result<()> {
        let Some((_, name)) = self.model.selected().cloned() else { return Ok(()) };
        let target = match self.model.away() {
            None => name.clone(),
            Some(Away { session, address: Some(address), .. }) => {
                format!("{}#session={session}", address.split('#').next().unwrap_or_default())
            }
            Some(Away { host, .. }) => {
                self.model.notice = Some(format!("{host} tells no address; its --mqtt-address would"));
                return Ok(());
            }
        };
        stage.leave();
        let errand =
            Errand::start(&target, self.token.as_deref()).and_then(|errand| errand.wait(&mut self.signals));
        stage.enter()?;
        match errand {
            Ok(errand::End { signal: Some(signal), .. }) => {
                self.end = Some(128 + u8::try_from(signal).unwrap_or(0));
            }
            Ok(errand::End { said, .. }) => self.model.notice = Some(said).filter(|said| !said.is_empty()),
            Err(error) => self.model.notice = Some(format!("cannot attach to {name}: {error}")),
        }
        Ok(())
    }
}

/// Stops this process, with the terminal given back until it goes on.
fn stop(stage: &mut Stage) -> io::Result<()> {
    stage.leave();
    Signals::stop_here();
    stage.enter()
}
