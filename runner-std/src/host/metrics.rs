//! What Prometheus reads: [`Metrics`], kept only if somebody asked for them.
//!
//! No label says the name of a session or of a peer, so there are as many series with ten thousand sessions as with one.

use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use stillwire::idle::Status;
use stillwire::link::close::CloseReason;
use stillwire::link::frame::Role;
use stillwire::link::host::{Event, Peer, PeerId};
use stillwire::{Duration, Instant};

use super::server::Server;
use crate::failure::Failure;

/// What a scraper is told that it gets.
pub(super) const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Clients that are remembered to see how long they were away.
const AWAY: usize = 256;

type Label = [(&'static str, &'static str); 1];

/// The series of one host.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    sessions: Family<Label, Gauge>,
    peers: Family<Label, Gauge>,
    flips: Family<Label, Counter>,
    output: Counter,
    input: Counter,
    gaps: Counter,
    gap_bytes: Counter,
    takeovers: Counter,
    rtt: Histogram,
    reconnect: Histogram,
    late: Histogram,
    connected: Gauge,
    messages: Counter,
    held: Counter,
    lost: Counter,
    /// The client in each slot, and its round-trip time when it was last seen.
    slots: Vec<(Option<u64>, Option<Duration>)>,
    /// Clients that went, and when.
    away: VecDeque<(u64, Instant)>,
}

impl Metrics {
    /// Nothing has happened yet.
    ///
    /// # Errors
    /// Never; a build without metrics has some.
    #[expect(clippy::unnecessary_wraps, reason = "a build without metrics has errors")]
    pub(super) fn new() -> Result<Self, Failure> {
        let seconds = |buckets: &[f64]| Histogram::new(buckets.iter().copied());
        let mut metrics = Self {
            registry: Registry::with_prefix("stillwire"),
            sessions: Family::default(),
            peers: Family::default(),
            flips: Family::default(),
            output: Counter::default(),
            input: Counter::default(),
            gaps: Counter::default(),
            gap_bytes: Counter::default(),
            takeovers: Counter::default(),
            rtt: seconds(&[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0]),
            reconnect: seconds(&[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0]),
            late: seconds(&[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5]),
            connected: Gauge::default(),
            messages: Counter::default(),
            held: Counter::default(),
            lost: Counter::default(),
            slots: Vec::new(),
            away: VecDeque::new(),
        };
        metrics.register();
        Ok(metrics)
    }

    fn register(&mut self) {
        let Self { registry, .. } = self;
        registry.register("sessions", "Sessions by status", self.sessions.clone());
        registry.register("peers", "Clients that are attached, by role", self.peers.clone());
        registry.register("flips", "Changes of a session's status, by the new one", self.flips.clone());
        let (bytes, seconds) = (Unit::Bytes, Unit::Seconds);
        registry.register_with_unit("output", "Printed by the sessions", bytes.clone(), self.output.clone());
        registry.register_with_unit("input", "Typed into the sessions", bytes.clone(), self.input.clone());
        registry.register("gaps", "Clients that left without all of the output", self.gaps.clone());
        registry.register_with_unit("gap", "Output that they did not get", bytes, self.gap_bytes.clone());
        registry.register("takeovers", "Clients that were superseded by a newer one", self.takeovers.clone());
        let rtt = "Smoothed round-trip time to a client, at each answer to a ping";
        registry.register_with_unit("rtt", rtt, seconds.clone(), self.rtt.clone());
        let away = "How long a client was away that came back";
        registry.register_with_unit("reconnect", away, seconds.clone(), self.reconnect.clone());
        let late = "How much later than wanted the loop woke at a deadline";
        registry.register_with_unit("loop_late", late, seconds.clone(), self.late.clone());
        registry.register("mqtt_connected", "Whether the broker hears this host", self.connected.clone());
        registry.register("mqtt_messages", "Messages handed to the broker", self.messages.clone());
        let held = "Changes that the broker was told together with a later one";
        registry.register("mqtt_changes_held", held, self.held.clone());
        registry.register("mqtt_events_lost", "Events that the broker was not told", self.lost.clone());
        let start: Gauge<f64, std::sync::atomic::AtomicU64> = Gauge::default();
        start.set(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |span| span.as_secs_f64()));
        registry.register_with_unit("start_time", "When this host began, as Unix time", seconds, start);
        registry.register("build", "The program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
    }

    /// What happened.
    pub(super) fn note(&mut self, now: Instant, event: &Event, peers: &[Peer]) {
        match *event {
            Event::Status { event, .. } => {
                self.flips.get_or_create(&[("to", event.status.as_str())]).inc();
            }
            Event::Attached { peer, .. } => {
                let slot = usize::from(peer.slot);
                let client = peers.get(slot).and_then(Peer::client);
                if self.slots.len() <= slot {
                    self.slots.resize(slot + 1, (None, None));
                }
                self.slots[slot] = (client, None);
                let back = self.away.iter().position(|(of, _)| Some(*of) == client);
                if let Some((_, since)) = back.and_then(|at| self.away.remove(at)) {
                    self.reconnect.observe(seconds(now.since(since)));
                }
            }
            Event::Detached { peer, session: Some(_), reason, lost } => {
                let slot = self.slots.get_mut(usize::from(peer.slot));
                if let Some((Some(client), _)) = slot.map(std::mem::take) {
                    self.away.truncate(AWAY - 1);
                    self.away.push_front((client, now));
                }
                if lost > 0 {
                    self.gaps.inc();
                    self.gap_bytes.inc_by(lost);
                }
                if reason == CloseReason::Superseded {
                    self.takeovers.inc();
                }
            }
            _ => {}
        }
    }

    /// A client was heard: perhaps it answered to a ping.
    pub(super) fn heard(&mut self, peer: PeerId, peers: &[Peer]) {
        let slot = usize::from(peer.slot);
        let srtt = peers.get(slot).and_then(|peer| peer.heartbeat().rtt().srtt());
        if let Some((Some(_), before)) = self.slots.get_mut(slot)
            && *before != srtt
        {
            *before = srtt;
            self.rtt.observe(srtt.map_or(0.0, seconds));
        }
    }

    /// So many bytes went to a session.
    pub(super) fn typed(&self, bytes: usize) {
        self.input.inc_by(bytes as u64);
    }

    /// The loop wanted to wake at `until`, if at all, and is awake `now`.
    pub(super) fn woke(&self, until: Option<Instant>, now: Instant) {
        if let Some(until) = until.filter(|until| *until <= now && *until > Instant::ZERO) {
            self.late.observe(seconds(now.since(until)));
        }
    }
}

impl Server {
    /// All series, as text.
    pub(super) fn metrics_text(&self) -> Option<String> {
        let metrics = self.metrics.as_ref()?;
        for status in ["running", "idle", "exited"] {
            let sessions = self.core.sessions().iter().filter(|session| spoken(session.status()) == status);
            metrics.sessions.get_or_create(&[("status", status)]).set(sessions.count() as i64);
        }
        for (role, name) in [(Role::Controller, "controller"), (Role::Viewer, "viewer")] {
            let peers = self.core.peers().iter().filter(|peer| peer.role() == Some(role));
            metrics.peers.get_or_create(&[("role", name)]).set(peers.count() as i64);
        }
        let printed = self.core.sessions().iter().map(|session| session.history().end()).sum();
        raise(&metrics.output, printed);
        let (connected, count) = self.fleet.as_ref().map(super::fleet::Fleet::count).unwrap_or_default();
        metrics.connected.set(i64::from(connected));
        raise(&metrics.messages, count.messages);
        raise(&metrics.held, count.held);
        raise(&metrics.lost, count.lost);
        let mut text = String::new();
        encode(&mut text, &metrics.registry).ok()?;
        Some(text)
    }
}

/// Brings a counter to what somebody else has counted.
fn raise(counter: &Counter, to: u64) {
    counter.inc_by(to.saturating_sub(counter.get()));
}

const fn spoken(status: Status) -> &'static str {
    status.as_str()
}

fn seconds(span: Duration) -> f64 {
    span.as_micros() as f64 / 1e6
}
