//! Ten thousand clients that lose their host at the same instant: how they come back.

use stillwire::Instant;
use stillwire::link::client::{Client, Config, Credentials, Event};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::stream::Part;
use stillwire::link::frame::{Frame, MAX_BODY, Token, Welcome};
use stillwire::link::reconnect::Generation;

use super::plan::SECOND;
use super::queue::Queue;
use crate::client::WELCOME;

/// When all are cut, after a stable time.
const CUT: u64 = 60 * SECOND;
/// Windows of one second begin this often.
const STEP: u64 = SECOND / 10;

/// What everyone says in the hello.
const NOBODY: Credentials<'static> = Credentials { token: Token(b""), session: "" };

/// How an outage begins for those who live through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Every connection breaks.
    Broken,
    /// Nothing comes any more, and nobody is told.
    Silent,
    /// The host has gone and says when: 1012, not before 5 s.
    Restarting,
}

/// What a crowd did.
#[derive(Clone, Copy, Debug)]
pub struct Storm {
    /// Dials in all while the host was away, and in the worst second.
    pub dials: u64,
    /// The most in any second.
    pub worst: u64,
    /// Those per second in the mean, from the cut (or when it can first be noticed) to the end of the outage.
    pub mean: f64,
    /// When the last was Live again, from the end of the outage.
    pub last: f64,
}

/// `clients` lose their host for `away` seconds; dials are refused, or go into nothing if the cut is silent.
pub fn storm(clients: usize, away: u64, cut: Cut) -> Storm {
    let at = |now: u64| Instant::from_micros(now);
    let mut queue = Queue::new(clients);
    let mut crowd: Vec<_> = (0..clients as u64)
        .map(|seed| Client::new(Config::DEFAULT, seed, seed ^ 0x5EED, [0; 16], [0; 16], at(0)))
        .collect();
    for client in &mut crowd {
        let generation = polled(client, 0).expect("it dials at once");
        welcome(client, 0, generation);
        let (now, ping) = (at(CUT - SECOND), Frame::Ping { nonce: 1, sent: 0 });
        client.handle_received(now, generation).expect("it counts");
        client.handle_part(now, generation, Part { frame: ping, at: 0, rest: 0 }).expect("it counts");
        if cut != Cut::Silent {
            let reason = if cut == Cut::Broken { CloseReason::Abnormal } else { CloseReason::Restarting };
            client.handle_closed(at(CUT), generation, reason).expect("it counts");
        }
    }
    let begin = if cut == Cut::Silent { CUT - SECOND + 35 * SECOND } else { CUT };
    let end = begin + away * SECOND;
    let mut seconds = vec![0u64; (away * SECOND / STEP) as usize + 1];
    let (mut last, mut missing) = (0, clients);
    for (index, client) in crowd.iter_mut().enumerate() {
        polled(client, if cut == Cut::Silent { CUT - SECOND } else { CUT });
        queue.set(index, client.poll_at().map_or(u64::MAX, |due| due.at.as_micros()));
    }
    while missing > 0 {
        let Some((now, index)) = queue.first() else { break };
        let client = &mut crowd[index];
        if let Some(generation) = polled(client, now) {
            if now < end {
                seconds[(now.saturating_sub(begin) / STEP) as usize] += 1;
                if cut != Cut::Silent {
                    let refused = Instant::from_micros(now + 30_000);
                    client.handle_closed(refused, generation, CloseReason::Abnormal).expect("it counts");
                    polled(client, now + 30_000);
                }
            } else {
                welcome(client, now + 30_000, generation);
                (last, missing) = (last.max(now), missing - 1);
                queue.set(index, u64::MAX);
                continue;
            }
        }
        queue.set(index, client.poll_at().map_or(u64::MAX, |due| due.at.as_micros().max(now + 1)));
    }
    let dials: u64 = seconds.iter().sum();
    let worst =
        seconds.windows((SECOND / STEP) as usize).map(|second| second.iter().sum()).max().unwrap_or(0);
    Storm { dials, worst, mean: dials as f64 / away as f64, last: last.saturating_sub(end) as f64 / 1e6 }
}

/// Drains; what there is to dial.
fn polled(client: &mut Client<[u8; 16]>, now: u64) -> Option<Generation> {
    let mut dial = None;
    while let Some(event) = client.poll(Instant::from_micros(now)) {
        if let Event::Dial(generation) = event {
            dial = Some(generation);
        }
    }
    dial
}

/// The host lets it in.
fn welcome(client: &mut Client<[u8; 16]>, now: u64, generation: Generation) {
    let now = Instant::from_micros(now);
    client.handle_connected(now, generation).expect("it counts");
    let hello = client.next_frame(now, generation, &NOBODY, MAX_BODY);
    assert!(matches!(hello, Some(Frame::Hello(_))), "it says hello: {hello:?}");
    client.handle_flushed(now, generation).expect("it counts");
    let frame = Frame::Welcome(Welcome { limit: 0, ..WELCOME });
    client.handle_received(now, generation).expect("it counts");
    client.handle_part(now, generation, Part { frame, at: 0, rest: 0 }).expect("it counts");
    // The first ping, which measures the link, is answered.
    polled(client, now.as_micros());
    let ping = client.next_frame(now, generation, &NOBODY, MAX_BODY);
    assert!(matches!(ping, Some(Frame::Ping { nonce: 1, .. })), "it measures the link: {ping:?}");
    client.handle_flushed(now, generation).expect("it counts");
    let pong = Frame::Pong { nonce: 1 };
    client.handle_part(now, generation, Part { frame: pong, at: 0, rest: 0 }).expect("it counts");
}
