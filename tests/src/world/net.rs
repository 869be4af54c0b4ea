//! The network: dialing, closing, and when what comes out of a pipe can be taken.

use stillwire::link::close::CloseReason;
use stillwire::link::reconnect::Generation;

use super::World;
use super::conn::{self, From};
use super::pipe::Line;
use super::plan::Kind;

impl World<'_> {
    /// Client `i` dials.
    pub(super) fn dials(&mut self, i: usize, generation: Generation) {
        self.tally.dials += 1;
        self.clients[i].conn = None;
        let line = self.plan.clients[i].line;
        let refused = self.host.absent.is_some();
        if self.clients[i].offline > self.now || refused && self.random.below(4) == 0 {
            return; // into nothing
        }
        let Some(c) = self.free_conn() else { return };
        self.connect(c, From::Client(i, generation), line);
        self.clients[i].conn = Some(c);
        if refused {
            self.conns[c].refused = true;
            self.conns[c].accepts = u64::MAX;
        }
        self.schedule(c);
    }

    /// A connection that nobody has.
    pub(super) fn free_conn(&self) -> Option<usize> {
        self.conns.iter().position(|conn| conn.from.is_none())
    }

    pub(super) fn connect(&mut self, c: usize, from: From, line: Line) {
        let Self { conns, plan, memory, random, tally, .. } = self;
        let conn = &mut conns[c];
        tally.errors += conn.up.errors() + conn.down.errors();
        conn.up.renew(line, random);
        conn.down.renew(line, random);
        let mut wire = || conn::wire(plan.kind, plan.max_body, memory);
        conn.near.renew(wire(), self.now);
        conn.far.renew(wire(), self.now);
        conn.near.open = true;
        conn.far.open = false;
        conn.from = Some(from);
        conn.peer = None;
        conn.accepts = self.now + line.latency;
        conn.connects = self.now + 2 * line.latency;
        conn.refused = false;
        (conn.up_says, conn.down_says) = (CloseReason::Abnormal, CloseReason::Abnormal);
        conn.probed = u64::MAX;
        conn.attached = false;
        conn.welcomed = None;
    }

    /// When what comes out of connection `c` can be taken.
    pub(super) fn schedule(&mut self, c: usize) {
        let conn = &self.conns[c];
        let messages = self.plan.kind == Kind::Messages;
        let (mut up, mut down) = match conn.from {
            Some(_) => (conn.up_due(), conn.down_due()),
            None => (u64::MAX, u64::MAX),
        };
        if messages && up <= self.now && conn.far.open && conn.up.is_partial(self.now) {
            up = conn.up.next_part(self.now);
        }
        if messages && down <= self.now && conn.connects == u64::MAX && conn.down.is_partial(self.now) {
            down = conn.down.next_part(self.now);
        }
        if up != u64::MAX {
            up =
                if self.host.absent.is_some() { u64::MAX } else { self.host.machine.takes(up.max(self.now)) };
        }
        if down != u64::MAX {
            down = down.max(self.now);
            if let Some((i, _)) = conn.client() {
                down = self.clients[i].machine.takes(down.max(self.clients[i].deaf));
            }
        }
        self.queue.set(2 * c, up);
        self.queue.set(2 * c + 1, down);
    }

    /// The host took something: who waited for room is told when there is enough.
    pub(super) fn client_may_write(&mut self, c: usize) {
        let conn = &self.conns[c];
        if let Some((i, _)) = conn.client()
            && conn.near.blocked
            && conn.near.open
            && conn.up.room() > conn.up.line.capacity / 3
        {
            self.wakes |= 1 << i;
        }
    }

    /// The client took something.
    pub(super) fn host_may_write(&mut self, c: usize) {
        let conn = &self.conns[c];
        if conn.far.blocked && conn.far.open && conn.down.room() > conn.down.line.capacity / 3 {
            self.dirty.and(c);
        }
    }

    /// What a stranger gets is thrown away, if it reads.
    pub(super) fn rogue_reads(&mut self, c: usize) {
        let conn = &mut self.conns[c];
        conn.connects = u64::MAX;
        let len = conn.down.arrived(self.now, false).len();
        if conn.from == Some(From::Rogue(5)) {
            conn.down.forget(); // it never reads
        } else {
            conn.down.took(len);
            if conn.down.ended(self.now, false) {
                conn.leave_near(self.now, 0, CloseReason::Abnormal);
            }
            self.host_may_write(c);
        }
        self.schedule(c);
    }

    /// All that depends on when the machine of client `i` runs.
    pub(super) fn reschedule_client(&mut self, i: usize) {
        if let Some(c) = self.clients[i].conn {
            self.schedule(c);
        }
        let client = &self.clients[i];
        let due = client.core.poll_at().map_or(u64::MAX, |due| client.machine.fires(self.now, due.at));
        let at = due.min(client.machine.thaws());
        let at = if client.absent != 0 { u64::MAX } else { at };
        self.queue.set(self.client_entity(i), at);
        self.wake_life(i);
    }
}
