//! Many hosts on one broker, from one process: what telling costs, and how soon somebody else sees it.
//!
//! `cargo run --release -p stillwire-tests --features fleet --bin fleet_bench -- URL [HOSTS SESSIONS FLIPS SECONDS]`, 200
//! hosts with 50 sessions each and 1,000 flips a second for 20 s unless it says otherwise. The hosts are the publishers that
//! `host --mqtt` has, each with its own connection; what is measured is seen by one more connection that asks for
//! everything, as `top --mqtt` does.

use std::collections::HashMap;
use std::io;

use runner_std::fleet::payload::{self, About, State};
use runner_std::fleet::{Broker, Count, Greeting, Line, News, Publisher, Topic, Topics};
use runner_std::os::{self, Poller};
use std::sync::Arc;
use stillwire::idle::{Evidence, Reason, Status};
use stillwire::{Duration, Instant};
use stillwire_tests::random::Random;

/// The token of the one who watches.
const VIEWER: u64 = u64::MAX - 1;
/// Nothing takes longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// A session that flips.
#[derive(Clone, Copy)]
struct Flip {
    at: Instant,
    idle: bool,
}

/// All of it.
struct Fleet {
    poller: Poller,
    hosts: Vec<Publisher>,
    names: Vec<String>,
    states: Vec<Vec<Flip>>,
    viewer: Line,
    topics: Topics,
    zero: Instant,
    /// When a session flipped, by its name and the number that it told.
    flights: HashMap<(usize, usize), Instant>,
    seen: Vec<u64>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let url = args.next().ok_or("which broker? mqtt://127.0.0.1:1883")?;
    let numbers: Vec<u64> = args.filter_map(|arg| arg.parse().ok()).collect();
    let number = |index: usize, default| numbers.get(index).copied().unwrap_or(default);
    let (hosts, sessions) = (number(0, 200) as usize, number(1, 50) as usize);
    let (flips, seconds) = (number(2, 1_000), number(3, 20));
    let mut fleet = Fleet::new(&url, hosts, sessions)?;
    let first = fleet.settle(hosts * sessions)?;
    println!("{hosts} hosts with {sessions} sessions are told after {:.2} s", millis(first) / 1_000.0);
    let (before, began, cpu) = (fleet.count(), os::now(), cpu());
    let told = fleet.run(flips, Duration::from_secs(seconds))?;
    let (after, took) = (fleet.count(), os::now().since(began));
    report(&mut fleet, told, after, before, took);
    println!(
        "this process: {:.1} % of a core, {} KiB resident",
        (self::cpu() - cpu) / millis(took) * 100_000.0,
        resident()
    );
    fleet.leave()?;
    Ok(())
}

fn report(fleet: &mut Fleet, told: u64, after: Count, before: Count, took: Duration) {
    let messages = after.messages - before.messages;
    println!(
        "{told} flips in {:.1} s ({:.0}/s): {messages} messages, {:.3} per flip",
        millis(took) / 1_000.0,
        told as f64 / millis(took) * 1_000.0,
        messages as f64 / told as f64
    );
    println!(
        "payload {:.0} bytes per message; on the wire {:.0} out, {:.0} in per flip (TCP and TLS not counted)",
        (after.payload - before.payload) as f64 / messages as f64,
        (after.written - before.written) as f64 / told as f64,
        (after.read - before.read) as f64 / told as f64
    );
    fleet.seen.sort_unstable();
    let at = |share: f64| {
        let index = ((fleet.seen.len() as f64 - 1.0) * share).max(0.0) as usize;
        fleet.seen.get(index).copied().unwrap_or(0) as f64 / 1_000.0
    };
    println!(
        "seen elsewhere: {} of {told}, p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms",
        fleet.seen.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

impl Fleet {
    fn new(url: &str, hosts: usize, sessions: usize) -> Result<Self, Box<dyn std::error::Error>> {
        let broker = || Broker::new(url, None, None).map_err(|failure| failure.to_string());
        let now = os::now();
        let names: Vec<String> = (0..sessions).map(|index| format!("session-{index:02}")).collect();
        let about = About { start: payload::wall(), sessions, ..About::default() };
        let publisher = |index: usize| -> Result<Publisher, String> {
            let name = format!("host-{index:03}");
            Ok(Publisher::new(broker()?, &name, &names, &about, index as u64, index as u64, now))
        };
        let publishers = (0..hosts).map(publisher).collect::<Result<Vec<_>, _>>()?;
        let topics = Topics::new(broker()?.prefix());
        let greeting = Greeting { client: format!("bench-{}", std::process::id()), will: None };
        let viewer = Line::new(Arc::new(broker()?), greeting, VIEWER, 7, now);
        Ok(Self {
            poller: Poller::new()?,
            hosts: publishers,
            states: vec![vec![Flip { at: now, idle: false }; names.len()]; hosts],
            names,
            viewer,
            topics,
            zero: now,
            flights: HashMap::new(),
            seen: Vec::new(),
        })
    }

    /// Waits until everybody has told everything.
    fn settle(&mut self, sessions: usize) -> io::Result<Duration> {
        let began = os::now();
        // Each host says two things of itself; a broker may drop most of the flood for the one who watches.
        let all = (sessions + 2 * self.hosts.len()) as u64;
        while self.count().messages < all {
            assert!(os::now().since(began) < PATIENCE, "only {} of {all} were told", self.count().messages);
            self.turn(os::now().after(Duration::from_millis(5)))?;
        }
        Ok(os::now().since(began))
    }

    /// So many flips a second, for so long; how many there were.
    fn run(&mut self, flips: u64, span: Duration) -> io::Result<u64> {
        let (began, mut rng, mut told) = (os::now(), Random::new(1), 0);
        loop {
            let passed = os::now().since(began);
            if passed >= span {
                break;
            }
            while told * 1_000_000 < passed.as_micros() * flips {
                let (host, session) = (rng.below(self.hosts.len()), rng.below(self.names.len()));
                self.flip(host, session);
                told += 1;
            }
            self.turn(began.after(Duration::from_micros((told + 1) * 1_000_000 / flips)))?;
        }
        // What flapped is told a second later.
        let end = os::now().after(Duration::from_secs(3));
        while !self.flights.is_empty() && os::now() < end {
            self.turn(os::now().after(Duration::from_millis(5)))?;
        }
        Ok(told)
    }

    fn flip(&mut self, host: usize, session: usize) {
        let now = os::now();
        let state = &mut self.states[host][session];
        (state.at, state.idle) = (now, !state.idle);
        // One that was not seen yet will be seen with this one.
        self.flights.entry((host, session)).or_insert(now);
        self.hosts[host].changed(now, session);
        self.poll(now, host);
    }

    fn poll(&mut self, now: Instant, host: usize) {
        let (states, names, zero) = (&self.states[host], &self.names, self.zero);
        self.hosts[host].poll(now, &mut self.poller, |session| {
            let flip = states[session];
            let seen = Some(Instant::ZERO.after(flip.at.since(zero)));
            let state = State {
                session: &names[session],
                since: Instant::ZERO.after(flip.at.since(zero)),
                status: if flip.idle { Status::Idle(Reason::AtPrompt) } else { Status::Running },
                evidence: Evidence {
                    raw: seen,
                    visible: seen,
                    novel: seen,
                    input: seen,
                    ..Evidence::default()
                },
                peers: 1,
                controllers: 1,
                title: "user@host: ~/project",
                last: None,
            };
            payload::status(&state, payload::wall() - millis(now.since(zero)) / 1_000.0)
        });
    }

    /// Sleeps until then or until something happens, and does it.
    fn turn(&mut self, until: Instant) -> io::Result<()> {
        let soonest = self.hosts.iter().filter_map(Publisher::poll_at).chain(self.viewer.poll_at()).min();
        let ready = self.poller.wait(Some(soonest.map_or(until, |at| at.min(until))))?.to_vec();
        let now = os::now();
        for ready in ready {
            if ready.token == VIEWER {
                self.viewer.ready(now, &mut self.poller, ready);
            } else if let Ok(host) = usize::try_from(ready.token) {
                self.hosts[host].ready(now, &mut self.poller, ready);
                self.poll(now, host);
            }
        }
        let due = |host: &Publisher| host.poll_at().is_some_and(|at| at <= now);
        let due: Vec<usize> = (0..self.hosts.len()).filter(|&host| due(&self.hosts[host])).collect();
        for host in due {
            self.poll(now, host);
        }
        self.viewer.poll(now, &mut self.poller);
        while let Some(news) = self.viewer.next_news() {
            self.hear(now, news);
        }
        self.viewer.poll(now, &mut self.poller);
        Ok(())
    }

    fn hear(&mut self, now: Instant, news: News) {
        match news {
            News::Up => {
                let _ = self.viewer.subscribe(now, &[self.topics.all_status(None)]);
            }
            News::Message(message) if !message.payload.is_empty() => {
                let Topic::Status(host, session) = self.topics.read(&message.topic) else { return };
                let number = |name: &str| name.rsplit('-').next().and_then(|digits| digits.parse().ok());
                let (Some(host), Some(session)) = (number(&host), number(&session)) else { return };
                let Some(told) = payload::read(&message.payload) else { return };
                let newest: Option<&Flip> = self.states.get(host).and_then(|of: &Vec<Flip>| of.get(session));
                let flip = newest.map(|flip| millis(flip.at.since(self.zero)) / 1_000.0);
                // An older state may be on its way still.
                if flip.is_some_and(|flip| (flip - told.t).abs() < 1e-3)
                    && let Some(at) = self.flights.remove(&(host, session))
                {
                    self.seen.push(now.since(at).as_micros());
                }
            }
            News::Down { why, .. } => eprintln!("the viewer: {why}"),
            _ => {}
        }
    }

    fn count(&self) -> Count {
        let mut sum = Count::default();
        for count in self.hosts.iter().map(Publisher::count) {
            sum.messages += count.messages;
            sum.payload += count.payload;
            sum.written += count.written;
            sum.read += count.read;
            sum.held += count.held;
        }
        sum
    }

    /// Clears everything.
    fn leave(&mut self) -> io::Result<()> {
        for host in &mut self.hosts {
            host.leave(os::now(), &mut self.poller);
        }
        let end = os::now().after(PATIENCE);
        for host in 0..self.hosts.len() {
            self.poll(os::now(), host);
        }
        while self.hosts.iter().any(|host| !host.is_gone()) && os::now() < end {
            self.turn(os::now().after(Duration::from_millis(20)))?;
        }
        Ok(())
    }
}

fn millis(span: Duration) -> f64 {
    span.as_micros() as f64 / 1_000.0
}

/// Seconds of processor time so far.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
