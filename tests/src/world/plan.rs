//! What a world is like: all of it follows from its seed.

use stillwire::link::frame::Role;

use super::pipe::Line;
use super::stream::TYPISTS;
use crate::random::Random;

/// A second of the world's time.
pub(super) const SECOND: u64 = 1_000_000;
/// A minute.
pub(super) const MINUTE: u64 = 60 * SECOND;

/// A whole history is caught up with in so many windows, each of which takes a round trip.
pub(super) const WINDOWS: usize = 32;

/// Clients of one world at the most: a bit for each in a word.
const MOST: usize = 64;

/// What connections are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Messages,
    Stream,
    Noisy,
}

/// What is decided before anything happens.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// So long things go wrong.
    pub(super) span: u64,
    pub(super) share: bool,
    pub(super) kind: Kind,
    /// Bytes of history, of the port's inbox, of what one client may have typed ahead.
    pub(super) history: usize,
    pub(super) inbox: usize,
    pub(super) typed: usize,
    /// What each side can receive.
    pub(super) max_body: u16,
    /// Slots for connections.
    pub(super) slots: usize,
    /// Whether a driver keeps a frame that was written in part.
    pub(super) buffered: bool,
    /// Bytes that a driver reads at once.
    pub(super) reads: usize,
    /// Whether sessions paint as well as append, and are judged with damping.
    pub(super) paints: bool,
    /// µs between outputs of an active session, about; and bytes of one at the most.
    pub(super) gap: u64,
    pub(super) print: usize,
    /// µs for which a session is still between two times of activity, about.
    pub(super) still: u64,
    /// µs between two faults, about.
    pub(super) fault: u64,
    /// µs between two bursts of one client's typing, about.
    pub(super) types: u64,
    pub(super) clients: Vec<Terminal>,
    pub(super) host: Clock,
    /// Whether the session ends by itself, at the end.
    pub(super) exits: bool,
    /// Clocks come to their end: nobody is judged by what time does.
    pub(super) ends: bool,
}

/// Where a machine's clock begins, and whether it counts milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) ahead: u64,
    pub(super) coarse: bool,
}

/// One client.
#[derive(Clone, Debug)]
pub(super) struct Terminal {
    pub(super) role: Role,
    pub(super) clock: Clock,
    pub(super) line: Line,
}

impl Plan {
    pub(super) fn new(random: &mut Random) -> Self {
        let kind = *random.pick(&[
            Kind::Messages,
            Kind::Messages,
            Kind::Stream,
            Kind::Stream,
            Kind::Stream,
            Kind::Noisy,
        ]);
        // Many hours of links that are mostly up, beside many faults on few links.
        let long = random.below(2) == 0;
        let most = match kind {
            Kind::Noisy => *random.pick(&[1, 1, 2, 4]),
            _ if long => MOST,
            _ => *random.pick(&[1, 2, 4, 8, 8, 16, 16, 24, 32, 48, 64]),
        };
        let long = long && kind != Kind::Noisy;
        let clients = if long { MOST - random.below(16) } else { 1 + random.below(most) };
        let (share, paints) = (random.below(3) == 0, random.below(3) == 0);
        let max_body = if kind == Kind::Noisy {
            *random.pick(&[256, 512])
        } else {
            *random.pick(&[256, 1_000, 4_096, 16_384])
        };
        let typists = clients.min(TYPISTS).min(if share { TYPISTS } else { 5 });
        let terminals = (0..clients).map(|index| terminal(kind, index < typists, max_body, random)).collect();
        let busiest = SECOND / 50 * clients as u64;
        Self {
            span: match long {
                true => 4 * 60 * MINUTE,
                false => (12 * 60 * MINUTE / clients as u64).clamp(15 * MINUTE, 4 * 60 * MINUTE),
            },
            share,
            kind,
            history: 256 << random.below(if kind == Kind::Noisy { 4 } else { 9 }),
            // Those who share a session share its inbox: with a few bytes each they type a few in a round trip.
            inbox: (256 << random.below(4)).max(if share { 128 * clients } else { 0 }),
            typed: 64 << random.below(5),
            max_body,
            slots: clients + 1 + random.below(clients + 4),
            buffered: random.below(2) == 0,
            reads: *random.pick(&[16, 300, 4_096, 65_536]),
            paints,
            gap: random.pick(&[20_000, 200_000, SECOND]).max(&busiest) + 1,
            print: *random.pick(&[3, 40, 40, 300, 2_000]),
            still: if long { 600 * SECOND } else { random.pick(&[2, 10, 60, 300]) * SECOND + busiest * 20 },
            fault: if long { 8 * SECOND } else { *random.pick(&[2, 4, 7]) * SECOND },
            types: if long { 300 * SECOND } else { *random.pick(&[5, 30, 120]) * SECOND },
            clients: terminals,
            host: clock(random),
            exits: random.below(3) == 0,
            ends: false,
        }
    }

    /// How far the host may be ahead of a client's terminal; 0: as far as the link takes. A history takes [`WINDOWS`] of them at most.
    pub(super) fn window(&self, serial: usize) -> u32 {
        match serial % 2 {
            0 => 0,
            _ => (64 << (serial / 2 % 8)).max(self.history / WINDOWS) as u32,
        }
    }

    /// The same with clocks that come to their end within minutes, and no more time than that.
    pub(super) fn at_the_end_of_time(mut self, random: &mut Random) -> Self {
        self.ends = true;
        self.span = 5 * MINUTE;
        let mut ends = || Clock { ahead: u64::MAX - random.bits() % (6 * MINUTE), coarse: false };
        self.host = ends();
        for terminal in &mut self.clients {
            terminal.clock = ends();
        }
        self
    }
}

fn clock(random: &mut Random) -> Clock {
    let coarse = random.below(5) == 0;
    let ahead = match random.below(6) {
        _ if coarse => 0,
        0 => 0,
        // Where 32 bits of microseconds, of milliseconds, and 53 bits end.
        1 => (1 << 32) - 200 * SECOND,
        2 => (1 << 32) * 1_000 - 900 * SECOND,
        3 => (1 << 53) - 500 * SECOND,
        4 => 1 << 62,
        _ => random.bits() >> 20,
    };
    Clock { ahead, coarse }
}

fn terminal(kind: Kind, types: bool, max_body: u16, random: &mut Random) -> Terminal {
    let role = if types { Role::Controller } else { Role::Viewer };
    let ms = 1_000;
    let (latency, jitter, pace) = if kind == Kind::Noisy {
        *random.pick(&[(ms, 200, 89_000), (2 * ms, 500, 40_000), (ms, 100, 9_000)])
    } else {
        *random.pick(&[
            (200, 100, 10),
            (5 * ms, 2 * ms, 100),
            (20 * ms, 10 * ms, 500),
            (150 * ms, 100 * ms, 10 * ms),
            (600 * ms, 150 * ms, 5 * ms),
        ])
    };
    // A buffer that takes longer to drain than anyone waits is a fault of its own.
    let drains = (2 * SECOND / pace).min(64) as usize * 1_024;
    let capacity = drains.max(usize::from(max_body) + 300) >> random.below(2);
    let capacity = capacity.max(usize::from(max_body).min(2_000) + 300);
    let noise = if kind == Kind::Noisy { *random.pick(&[1_000, 10_000, 100_000]) } else { 0 };
    Terminal { role, clock: clock(random), line: Line { latency, jitter, pace, capacity, noise } }
}
