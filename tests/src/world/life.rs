//! What goes right: sessions print, people type, ask, resize; machines come back.

use stillwire::link::history::Size;

use super::client::ClientSide;
use super::fault::about;
use super::host::Dirty;
use super::machine::Machine;
use super::plan::{MINUTE, SECOND, Terminal, WINDOWS};
use super::stream;
use super::{Phase, World};

/// What a session is doing.
#[derive(Debug)]
pub(super) struct Script {
    /// It prints next.
    prints: u64,
    /// Until when it is active.
    active: u64,
    bytes: Vec<u8>,
}

impl Script {
    pub(super) fn new() -> Self {
        Self { prints: 0, active: 0, bytes: Vec::new() }
    }
}

impl World<'_> {
    /// When the session or its port does something next.
    pub(super) fn wake_script(&mut self) {
        let mut at = self.script.prints.min(self.echoes);
        if self.host.waiting() > 0 {
            at = at.min(self.host.stuck.max(self.now));
        }
        let at =
            if self.host.absent.is_some() { u64::MAX } else { self.host.machine.takes(at.max(self.now)) };
        self.queue.set(self.script_entity(), at);
    }

    /// The session prints, or its port takes what was typed.
    pub(super) fn script_runs(&mut self) {
        if !self.host_runs() {
            return self.wake_script();
        }
        self.dirty = Dirty::All;
        let late = self.phase != Phase::Faulty && self.now > self.plan.span + 25 * SECOND;
        if self.now >= self.script.prints || self.now >= self.echoes {
            if !self.host.over && !late {
                self.prints();
            }
            if self.now >= self.script.prints {
                self.script.prints = self.next_print();
            }
            self.echoes = u64::MAX;
        }
        for (client, id) in core::mem::take(&mut self.host.owed) {
            self.host.answers(client, id);
        }
        self.wake_script();
    }

    fn next_print(&mut self) -> u64 {
        if self.phase != Phase::Faulty && self.now > self.plan.span + 20 * SECOND {
            return u64::MAX; // so that everyone can get to the end
        }
        if self.now < self.script.active {
            return self.now + 1 + self.random.bits() % (2 * self.plan.gap);
        }
        self.script.active = self.now + about(SECOND / 2, 20 * SECOND, &mut self.random);
        self.now + 1 + self.random.bits() % (2 * self.plan.still)
    }

    fn prints(&mut self) {
        let Self { host, random, script, plan, tally, failure, .. } = self;
        let now = host.machine.now(self.now);
        let len = 1 + random.below(plan.print) as u64;
        script.bytes.clear();
        let visible = host.stream.write(host.printed, host.printed + len, &mut script.bytes);
        if random.below(16) == 0 {
            // In pieces, as a port is read; or with more than the history holds.
            let size = 1 + random.below(40);
            for piece in script.bytes.chunks(size) {
                drop(host.core.handle_output(now, 0, piece).expect("there is a session"));
                host.judge.output(now, piece, visible);
            }
        } else {
            let printed = host.core.handle_output(now, 0, &script.bytes).expect("there is a session");
            drop(printed);
            host.judge.output(now, &script.bytes, visible);
        }
        host.printed += len;
        tally.output += len;
        let end = host.core.session(0).map(|session| session.history().end());
        if end != Some(host.printed) && failure.is_none() {
            *failure = Some(format!("printed {}, the history ends at {end:?}", host.printed));
        }
        if random.below(20) == 0 {
            self.publishes();
        }
    }

    fn publishes(&mut self) {
        let Self { host, random, .. } = self;
        let key = random.below(4);
        let number = host.retained[key] + 1;
        let mut payload = number.to_be_bytes().to_vec();
        payload.resize(8 + random.below(100), key as u8);
        if let Some(Ok(())) = host.core.publish(0, key as u32, key as u8, &payload) {
            host.retained[key] = number;
        }
    }

    /// Something is due in the life of client `i`.
    pub(super) fn lives(&mut self, i: usize) {
        let client = &mut self.clients[i];
        if client.absent != 0 && client.absent <= self.now {
            client.absent = 0;
            self.client_begins(i);
        }
        if !self.client_runs(i) {
            return self.wake_life(i);
        }
        self.wakes |= 1 << i;
        let client = &mut self.clients[i];
        let now = client.machine.now(self.now);
        if client.offline != 0 && client.offline <= self.now {
            client.offline = 0;
            client.core.handle_online(now);
            self.probes(i);
        }
        let client = &mut self.clients[i];
        if client.coarse != 0 && client.coarse <= self.now {
            client.coarse = 0;
            client.machine.throttle(1);
        }
        if client.deaf != 0 && client.deaf <= self.now {
            client.deaf = 0;
            client.thawed = self.now;
            if let Some(c) = client.conn {
                self.schedule(c);
            }
        }
        let client = &mut self.clients[i];
        if client.mute != 0 && client.mute <= self.now {
            client.mute = 0;
            client.thawed = self.now;
        }
        if self.clients[i].types <= self.now {
            self.acts(i);
        }
        self.wake_life(i);
    }

    /// When something is due in the life of client `i`.
    pub(super) fn wake_life(&mut self, i: usize) {
        let client = &self.clients[i];
        let some = |at: u64| if at == 0 { u64::MAX } else { at };
        let mut at = [client.offline, client.coarse, client.deaf, client.mute].map(some).into_iter().min();
        at = at.min(Some(client.machine.thaws()));
        let at = at.unwrap_or(u64::MAX).min(client.types);
        let at = if client.absent != 0 { client.absent } else { client.machine.takes(at) };
        self.queue.set(self.life_entity(i), at.max(self.now));
    }

    /// A process begins, which knows nothing of the one before.
    pub(super) fn client_begins(&mut self, i: usize) {
        let terminal = &self.plan.clients[i];
        let serial = self.serials;
        self.serials += 1;
        self.host.handled.resize(self.serials, Default::default());
        self.host.messages.resize(self.serials, Vec::new());
        let mut machine = Machine::new(terminal.clock.ahead, terminal.clock.coarse);
        machine.goes_on(self.now);
        let seed = self.random.bits();
        let mut client = ClientSide::new(&self.plan, terminal, machine, serial, seed, self.now);
        if terminal.role == stillwire::link::frame::Role::Controller && self.typists < stream::TYPISTS {
            client.typist = Some(self.typists);
            self.typists += 1;
        }
        client.types = self.now + 1 + self.random.bits() % (2 * self.plan.types);
        self.asks += 1;
        self.clients[i] = client;
    }

    /// The person does something.
    fn acts(&mut self, i: usize) {
        let Self { clients, random, tally, plan, phase, .. } = self;
        let client = &mut clients[i];
        if *phase == Phase::Leaving || (*phase == Phase::Calm && self.now > plan.span + 20 * SECOND) {
            client.types = u64::MAX;
            return;
        }
        client.types = self.now + 1 + random.bits() % (2 * plan.types);
        let now = client.machine.now(self.now);
        match random.below(10) {
            0 => {
                let columns = 20 + random.below(200) as u16;
                client.core.handle_resize(now, Size { columns, rows: 10 + random.below(90) as u16 });
            }
            1 | 2 => {
                let mut payload = Vec::new();
                let id = client.asked.next_id();
                stream::payload(0, client.serial, id, &mut payload);
                match client.core.request(now, "world", &payload) {
                    Ok(given) if given == id => client.asked.ask(id),
                    Ok(given) => self.fail(format!("client {i}: a request is {given}, not {id}")),
                    Err(_) => {}
                }
            }
            _ => {
                let Some(typist) = client.typist else { return };
                let len = 1 + random.below(20) as u64;
                let keys: Vec<u8> = (0..len).map(|at| stream::typed(typist, client.typed + at)).collect();
                if client.core.handle_typed(now, &keys).is_ok() {
                    client.typed += len;
                    tally.typed += len;
                }
            }
        }
    }

    /// Nothing goes wrong any more: what is only delayed goes on, what is dead stays dead.
    pub(super) fn calm(&mut self) {
        self.phase = Phase::Calm;
        let soon = self.now + SECOND;
        self.host.machine.wake_by(soon);
        if let Some(absent) = &mut self.host.absent {
            *absent = (*absent).min(soon);
            let at = *absent;
            self.queue.set(self.host_entity(), at);
        }
        self.host.stuck = self.host.stuck.min(soon);
        for i in 0..self.clients.len() {
            let client = &mut self.clients[i];
            client.machine.wake_by(soon);
            for span in [
                &mut client.absent,
                &mut client.offline,
                &mut client.deaf,
                &mut client.mute,
                &mut client.coarse,
            ] {
                *span = (*span).min(soon);
            }
            self.wake_life(i);
            self.reschedule_client(i);
        }
        for c in 0..self.conns.len() {
            let conn = &mut self.conns[c];
            conn.up.relieve(soon);
            conn.down.relieve(soon);
            if matches!(conn.from, Some(super::conn::From::Rogue(_))) && conn.near.open {
                conn.leave_near(self.now, 0, stillwire::link::close::CloseReason::Abnormal);
            }
            self.schedule(c);
        }
        self.dirty = Dirty::All;
        self.wake_script();
        let slowest = self.plan.clients.iter().map(|terminal| terminal.line.pace).max().unwrap_or(0);
        let reply = |terminal: &Terminal| 2 * (terminal.line.latency + terminal.line.jitter);
        let round_trip = self.plan.clients.iter().map(reply).max().unwrap_or(0);
        // Output goes on meanwhile, of which those who lost some begin anew.
        let catching_up =
            3 * (self.plan.history as u64 * slowest / 1_024 + WINDOWS as u64 * round_trip) + MINUTE / 6;
        self.deadline = soon + (30 + 35) * SECOND + catching_up;
        self.queue.set(self.phase_entity(), self.deadline);
    }
}
