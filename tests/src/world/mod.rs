//! The world: a host and its clients, driven by the same loop as everywhere, in a time that jumps to the next wake-up.
//!
//! ```text
//!   seed ──▶ Plan ──▶ World ──▶ Queue ──▶ one wake-up at a time:
//!                                           Pipe (up, down) ──▶ driver hands over what came
//!                                           Machine's timer ──▶ driver polls, writes, sleeps
//!                                           Script, Life: sessions print, people type
//!                                           Fault: something goes wrong
//!            Follow, Port, Judge, Asked ◀── everything that comes out is checked at once
//! ```
//!
//! Nothing is kept that can be computed: every byte printed or typed is a function of its place (`stream.rs`). What a
//! run did is in one hash (`trace.rs`).

mod audit;
mod check;
mod client;
mod conn;
mod drive_client;
mod drive_host;
mod fault;
mod host;
mod life;
mod machine;
mod net;
mod pipe;
mod plan;
mod queue;
mod storm;
mod stream;
mod tally;
mod trace;
mod verdict;
mod wrong;

use client::ClientSide;
use conn::Conn;
use host::{Dirty, HostSide};
use life::Script;
use plan::{Kind, Plan, SECOND};
use queue::Queue;
pub use storm::{Cut, Storm, storm};
pub use tally::Tally;
use trace::Trace;

use crate::random::Random;

/// What lets one in.
const TOKEN: &[u8] = b"world";

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Faulty,
    Calm,
    Leaving,
    Over,
}

/// What came of a seed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was counted.
    pub tally: Tally,
    /// Of everything that happened.
    pub hash: u64,
    /// What did not hold.
    pub failure: Option<String>,
}

/// One world.
#[derive(Debug)]
struct World<'b> {
    plan: Plan,
    random: Random,
    trace: Trace,
    tally: Tally,
    queue: Queue,
    now: u64,
    phase: Phase,
    /// When the phase has to be over.
    deadline: u64,
    host: HostSide,
    script: Script,
    /// The session answers what was typed.
    echoes: u64,
    clients: Vec<ClientSide>,
    conns: Vec<Conn<'b>>,
    memory: &'b mut [u8],
    dirty: Dirty,
    /// Clients to be polled, a bit for each.
    wakes: u64,
    /// Whether everyone was Live once since the last fault.
    recovered: bool,
    /// Incarnations of clients so far, and of those who type.
    serials: usize,
    typists: usize,
    /// How often somebody did what may supersede another.
    asks: u64,
    /// Events at the same instant.
    burst: (u64, u32),
    failure: Option<String>,
}

/// Runs the world of `seed`, and prints its events from number `from` on.
pub fn run(seed: u64, from: u64) -> Outcome {
    let mut random = Random::new(seed);
    let plan = Plan::new(&mut random);
    live(seed, from, plan, random)
}

/// The world of `seed` at the end of time: all clocks stand at their last instant or come to it. What is due then never
/// comes, so nothing is promised but that nothing overflows, and that what is seen is right.
pub fn run_at_the_end_of_time(seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let plan = Plan::new(&mut random).at_the_end_of_time(&mut random);
    live(seed, u64::MAX, plan, random)
}

fn live(seed: u64, from: u64, plan: Plan, random: Random) -> Outcome {
    let mut memory = vec![0; if plan.kind == Kind::Noisy { 1 << 20 } else { 0 }];
    let mut world = World::new(seed, from, plan, random, &mut memory);
    while world.failure.is_none() && world.phase != Phase::Over {
        world.step();
    }
    world.outcome()
}

impl<'b> World<'b> {
    fn new(seed: u64, from: u64, plan: Plan, mut random: Random, memory: &'b mut [u8]) -> Self {
        let count = plan.clients.len();
        let conns: Vec<_> = (0..3 * count + 12).map(|_| Conn::new(plan.clients[0].line)).collect();
        let host = HostSide::new(&plan, random.bits(), count, 0);
        let mut world = Self {
            queue: Queue::new(2 * conns.len() + 2 * count + 4),
            trace: Trace::new(seed, from),
            tally: Tally::new(),
            now: 0,
            phase: Phase::Faulty,
            deadline: plan.span,
            script: Script::new(),
            echoes: u64::MAX,
            clients: Vec::with_capacity(count),
            dirty: Dirty::All,
            wakes: 0,
            recovered: false,
            serials: 0,
            typists: 0,
            asks: 0,
            burst: (0, 0),
            failure: None,
            host,
            conns,
            memory,
            random,
            plan,
        };
        world.trace.line(format_args!("{:?}", world.plan));
        for i in 0..count {
            let terminal = &world.plan.clients[i];
            let machine = machine::Machine::new(terminal.clock.ahead, terminal.clock.coarse);
            world.clients.push(ClientSide::new(&world.plan, terminal, machine, 0, 0, 0));
            world.client_begins(i);
            world.wake_life(i);
            world.queue.set(world.client_entity(i), 0);
        }
        world.wake_script();
        world.queue.set(world.host_entity(), 0);
        world.queue.set(world.fault_entity(), world.plan.fault);
        world.queue.set(world.phase_entity(), 7 * SECOND);
        world
    }

    /// One wake-up.
    fn step(&mut self) {
        let Some((at, entity)) = self.queue.first() else {
            return self.fail("nothing will ever happen again".into());
        };
        if at > self.now {
            (self.now, self.burst) = (at, (at, 0));
        }
        self.burst.1 += 1;
        if self.burst.1 > 100_000 {
            return self.fail(format!("time does not go on, at {}", self.name(entity)));
        }
        self.trace.event(self.now, entity);
        let pipes = 2 * self.conns.len();
        let others = entity.wrapping_sub(pipes + 2 + 2 * self.clients.len());
        match entity {
            _ if entity < pipes && entity.is_multiple_of(2) => self.host_reads(entity / 2),
            _ if entity < pipes => self.client_reads(entity / 2),
            _ if entity == self.script_entity() => self.script_runs(),
            _ if entity == self.host_entity() => self.host_wakes(),
            _ if others == 0 => self.fault_comes(),
            _ if others == 1 => self.phase_turns(),
            _ => {
                let i = (entity - pipes - 2) / 2;
                if entity == self.client_entity(i) {
                    self.wakes |= 1 << i;
                } else {
                    self.lives(i);
                }
            }
        }
        // Whatever came at the same instant is handed over before anyone polls.
        let more =
            self.queue.first().is_some_and(|(at, next)| at <= self.now && next < pipes && next != entity);
        if !more {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.host_settles();
        while self.wakes != 0 {
            let i = self.wakes.trailing_zeros() as usize;
            self.wakes &= self.wakes - 1;
            self.client_settles(i);
        }
    }

    fn host_wakes(&mut self) {
        if self.host.absent.is_some_and(|absent| absent <= self.now) {
            self.host_begins();
        }
        self.dirty = Dirty::All;
    }

    fn fault_comes(&mut self) {
        if self.phase != Phase::Faulty {
            return self.queue.set(self.fault_entity(), u64::MAX);
        }
        let next = self.now + 1 + self.random.bits() % (2 * self.plan.fault);
        self.queue.set(self.fault_entity(), next);
        self.goes_wrong();
    }

    /// Whose wake-up it is.
    fn name(&self, entity: usize) -> String {
        let pipes = 2 * self.conns.len();
        match entity {
            _ if entity < pipes && entity.is_multiple_of(2) => format!("connection {} up", entity / 2),
            _ if entity < pipes => format!("connection {} down", entity / 2),
            _ if entity == self.script_entity() => "the session".into(),
            _ if entity == self.host_entity() => "the host".into(),
            _ if entity == self.fault_entity() => "a fault".into(),
            _ if entity == self.phase_entity() => "an audit".into(),
            _ if entity.is_multiple_of(2) => format!("client {}", (entity - pipes - 2) / 2),
            _ => format!("the life of client {}", (entity - pipes - 2) / 2),
        }
    }

    fn fail(&mut self, what: String) {
        self.failure.get_or_insert(what);
    }

    fn script_entity(&self) -> usize {
        2 * self.conns.len()
    }

    fn host_entity(&self) -> usize {
        2 * self.conns.len() + 1
    }

    fn client_entity(&self, i: usize) -> usize {
        2 * self.conns.len() + 2 + 2 * i
    }

    fn life_entity(&self, i: usize) -> usize {
        2 * self.conns.len() + 3 + 2 * i
    }

    fn fault_entity(&self) -> usize {
        2 * self.conns.len() + 2 + 2 * self.plan.clients.len()
    }

    fn phase_entity(&self) -> usize {
        self.fault_entity() + 1
    }

    fn outcome(mut self) -> Outcome {
        self.tally.seeds = 1;
        self.tally.errors += self.conns.iter().map(|conn| conn.up.errors() + conn.down.errors()).sum::<u64>();
        self.tally.events = self.trace.events();
        self.tally.simulated = self.now;
        let events = self.trace.events();
        let failure = self
            .failure
            .take()
            .map(|what| format!("event {events}, at {:.6} s: {what}", self.now as f64 / 1e6));
        Outcome { hash: self.trace.hash(), failure, tally: self.tally }
    }
}
