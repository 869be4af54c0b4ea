//! What a host tells its fleet: the state of each session when it is another, and what happens to it.

use stillwire::idle::{Evidence, Status};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::Role;
use stillwire::link::host::{Event, Session};
use stillwire::{Duration, Instant};

use super::config::Settings;
use super::glance::last_line;
use super::server::{Core, Server, kind};
use crate::failure::Failure;
#[cfg(feature = "metrics")]
use crate::fleet::Count;
use crate::fleet::payload::{self, About, State};
use crate::fleet::{Broker, Publisher, check};
use crate::lines;
use crate::os::{self, Poller, Ready};
use crate::port::pty::{Outcome, exit_code};
use crate::token::random;
use crate::track::{Report, What};
use stillwire::scan::Signal;

/// So long a host that ends waits for the broker to hear it.
const GOODBYE: Duration = Duration::from_secs(1);

/// The fleet, as a host sees it.
#[derive(Debug)]
pub(super) struct Fleet {
    publisher: Publisher,
    sessions: Vec<Known>,
    last_line: bool,
    /// When it ends, whether the broker has heard or not.
    until: Option<Instant>,
    hello: String,
}

/// What is known of a session over there.
#[derive(Debug, Default)]
struct Known {
    name: String,
    told: Option<(Status, usize, usize)>,
    title: String,
    over: bool,
}

impl Fleet {
    /// Tells the broker that the settings name about these sessions.
    ///
    /// # Errors
    /// The URL is none, the password cannot be read, or a name has no topic.
    pub(super) fn new(settings: &Settings, names: &[String]) -> Result<Option<Self>, Failure> {
        let fleet = &settings.fleet;
        let Some(url) = &fleet.mqtt else { return Ok(None) };
        let broker = Broker::new(url, fleet.mqtt_password_file.as_deref(), fleet.mqtt_ca.as_deref())?;
        let (address, warning) = (broker.address().to_owned(), broker.warning());
        let host = match &fleet.mqtt_name {
            Some(name) => crate::plain::plain(name),
            None => format!("{}.{}", os::machine(), names.first().map_or("", String::as_str)),
        };
        check("a host", &host)?;
        names.iter().try_for_each(|name| check("a session", name))?;
        if let Some(address) = &fleet.mqtt_address
            && (!address.contains("://") || address.contains("token="))
        {
            return Err(Failure::usage("--mqtt-address: a URL without a token is wanted")
                .hint("--mqtt-address https://lab3.example:7681"));
        }
        let about = About {
            start: payload::wall(),
            sessions: names.len(),
            address: fleet.mqtt_address.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
        };
        let seed = random().map_err(|error| Failure::io("set up the fleet", error))?;
        let publisher = Publisher::new(
            broker,
            &host,
            names,
            &about,
            kind::FLEET,
            u64::from_ne_bytes(seed),
            Instant::ZERO,
        );
        let mut hello = format!("[tells {address} about it, as {host}]\r\n");
        if let Some(warning) = warning {
            hello.push_str(&format!("[warning: {warning}]\r\n"));
        }
        let known = |name: &String| Known { name: name.clone(), ..Known::default() };
        let sessions = names.iter().map(known).collect();
        Ok(Some(Self { publisher, sessions, last_line: fleet.mqtt_last_line, until: None, hello }))
    }

    /// What to say when it begins.
    pub(super) fn hello(&self) -> String {
        self.hello.clone()
    }

    /// When to poll next.
    pub(super) fn poll_at(&self) -> Option<Instant> {
        [self.publisher.poll_at(), self.until].into_iter().flatten().min()
    }

    /// Hears what came from the broker.
    pub(super) fn ready(&mut self, now: Instant, poller: &mut Poller, ready: Ready) {
        self.publisher.ready(now, poller, ready);
    }

    /// A session said something out loud. What it said is output, and stays here; a title is for lists.
    pub(super) fn said(&mut self, session: usize, report: &Report) {
        let Some(known) = self.sessions.get_mut(session) else { return };
        let What::Signal { signal, text, dropped } = &report.what else { return };
        match signal {
            Signal::Bell => {
                let line = lines::signal(report.at, *signal, "", *dropped);
                self.happened(report.at, report.at, session, line);
            }
            Signal::Title if known.title != *text => {
                known.title.clone_from(text);
                self.publisher.changed(report.at, session);
            }
            _ => {}
        }
    }

    /// Whether the broker hears it, and what it has been told.
    #[cfg(feature = "metrics")]
    pub(super) fn count(&self) -> (bool, Count) {
        (self.publisher.is_up(), self.publisher.count())
    }

    fn happened(&mut self, now: Instant, at: Instant, session: usize, line: String) {
        let Some(known) = self.sessions.get(session) else { return };
        let time = payload::wall() - seconds(now.since(at));
        self.publisher.event(session, payload::event(&lines::of(&known.name, line), time));
    }

    /// Compares what is with what was told.
    fn compare(&mut self, now: Instant, core: &Core, outcome: impl Fn(usize) -> Option<Outcome>) {
        let mut peers = vec![(0, 0); self.sessions.len()];
        for peer in core.peers() {
            if let Some(count) = peer.session().and_then(|session| peers.get_mut(session)) {
                count.0 += usize::from(matches!(peer.role(), Some(Role::Controller | Role::Viewer)));
                count.1 += usize::from(peer.role() == Some(Role::Controller));
            }
        }
        for (session, (state, (peers, controllers))) in core.sessions().iter().zip(peers).enumerate() {
            let Some(known) = self.sessions.get_mut(session).filter(|known| !known.over) else { continue };
            let is = (state.status(), peers, controllers);
            if known.told.replace(is) == Some(is) {
                continue;
            }
            if let Status::Exited(exit) = state.status() {
                known.over = true;
                let outcome = outcome(session).unwrap_or(Outcome::Code(exit_code(exit)));
                self.happened(now, state.since(), session, lines::exit(state.since(), outcome));
                self.publisher.ended(session);
            } else {
                self.publisher.changed(now, session);
            }
        }
    }
}

impl Server {
    /// Tells the fleet what is not as it was.
    pub(super) fn tell_fleet(&mut self, now: Instant) {
        let Some(fleet) = &mut self.fleet else { return };
        if self.changed {
            let seats = &self.seats;
            fleet.compare(now, &self.core, |session| seats.get(session)?.outcome());
        }
        let (core, known, last_line) = (&self.core, &fleet.sessions, fleet.last_line);
        let state = |session| message(now, core.session(session), known.get(session), last_line);
        fleet.publisher.poll(now, &mut self.poller, state);
        while let Some(remark) = fleet.publisher.remark() {
            tracing::info!("mqtt: {}", crate::plain::plain(&remark));
        }
    }

    /// Something happened that is no state.
    pub(super) fn note_fleet(&mut self, now: Instant, event: &Event) {
        let Some(fleet) = &mut self.fleet else { return };
        let Event::Detached { session: Some(session), reason, lost, .. } = *event else { return };
        if lost > 0 {
            fleet.happened(now, now, session, lines::gap(now, lost));
        }
        if reason == CloseReason::Superseded {
            fleet.happened(now, now, session, lines::takeover(now));
        }
    }

    /// Whether the fleet has nothing more to hear from a host that ends.
    pub(super) fn fleet_has_heard(&mut self, now: Instant) -> bool {
        let Some(fleet) = &mut self.fleet else { return true };
        let until = *fleet.until.get_or_insert(now.after(GOODBYE));
        fleet.publisher.leave(now, &mut self.poller);
        fleet.publisher.is_gone() || until <= now
    }
}

fn message(
    now: Instant,
    session: Option<&Session<Vec<u8>>>,
    known: Option<&Known>,
    last_line: bool,
) -> String {
    let Some((session, known)) = session.zip(known) else { return String::new() };
    let (_, peers, controllers) = known.told.unwrap_or((session.status(), 0, 0));
    let last = last_line.then(|| crate::plain::plain(&self::last_line(session.history())));
    let evidence: Evidence = session.evidence();
    let state = State {
        session: &known.name,
        since: session.since(),
        status: session.status(),
        evidence,
        peers,
        controllers,
        title: &known.title,
        last: last.as_deref(),
    };
    payload::status(&state, payload::wall() - seconds(now.since(Instant::ZERO)))
}

fn seconds(span: Duration) -> f64 {
    span.as_micros() as f64 / 1e6
}
