//! The driver of a client: the same loop as the host's.

use stillwire::Instant;
use stillwire::link::client::{Credentials, Event, Heard};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::{Frame, Token};
use stillwire::link::reconnect::Generation;

use super::conn::{Conn, Written};
use super::plan::{Kind, SECOND};
use super::trace::Brief;
use super::{TOKEN, World};

impl World<'_> {
    /// Whether the machine of client `i` runs; it goes on if it is time.
    pub(super) fn client_runs(&mut self, i: usize) -> bool {
        let client = &mut self.clients[i];
        if client.absent != 0 {
            return false;
        }
        if client.machine.goes_on(self.now) {
            self.trace.line(format_args!("client {i}: goes on"));
            client.thawed = self.now;
            client.woke = core::mem::take(&mut client.slept);
            self.wakes |= 1 << i;
        }
        client.machine.is_awake(self.now)
    }

    /// Something came out at the client's end of a connection.
    pub(super) fn client_reads(&mut self, c: usize) {
        let Some((i, generation)) = self.conns[c].client() else { return self.rogue_reads(c) };
        if !self.client_runs(i) || self.clients[i].deaf > self.now {
            return self.schedule(c);
        }
        self.wakes |= 1 << i;
        let now = self.clients[i].machine.now(self.now);
        if self.conns[c].connects <= self.now && !self.client_connects(c, i, generation, now) {
            return;
        }
        let messages = self.plan.kind == Kind::Messages;
        while self.conns[c].near.open && self.clients[i].conn == Some(c) {
            let data = self.conns[c].down.arrived(self.now, messages);
            let len = if messages { data.len() } else { self.plan.reads.min(data.len()) };
            if len == 0 {
                self.conns[c].down.took(0);
                break;
            }
            self.conns[c].near.heard = self.now;
            self.conns[c].near.errors = self.conns[c].errors();
            if self.clients[i].core.handle_received(now, generation).is_err() {
                // It parted with it a moment ago, in a part of this very read.
                self.conns[c].down.took(len);
                continue;
            }
            self.client_takes(c, i, generation, now, len);
            self.conns[c].down.took(len);
        }
        let conn = &mut self.conns[c];
        if conn.near.open && conn.down.ended(self.now, messages) {
            let says = if messages { conn.down_says } else { CloseReason::Abnormal };
            self.trace.line(format_args!("client {i}: {c} ends, {says:?}"));
            let _: Result<(), _> = self.clients[i].core.handle_closed(now, generation, says);
            self.client_leaves(c, i, CloseReason::Abnormal);
        }
        self.host_may_write(c);
        self.schedule(c);
    }

    /// The dial was answered, or refused. False: that was all.
    fn client_connects(&mut self, c: usize, i: usize, generation: Generation, now: Instant) -> bool {
        let conn = &mut self.conns[c];
        conn.connects = u64::MAX;
        let client = &mut self.clients[i];
        client.grain = client.machine.grain();
        self.trace
            .line(format_args!("client {i}: {c} is {}", if conn.refused { "refused" } else { "there" }));
        let core = &mut self.clients[i].core;
        let stale = if conn.refused {
            core.handle_closed(now, generation, CloseReason::Abnormal).is_err()
        } else {
            core.handle_connected(now, generation).is_err()
        };
        if stale {
            self.fail(format!("client {i} disowns connection {c}"));
        }
        if self.conns[c].refused {
            self.client_leaves(c, i, CloseReason::Abnormal);
            return false;
        }
        true
    }

    /// The client's process is gone; its machine says so, or is gone too.
    pub(super) fn client_vanishes(&mut self, c: usize, i: usize) {
        self.client_leaves(c, i, CloseReason::Abnormal);
        if self.random.below(2) == 0 {
            self.conns[c].up.stall(u64::MAX);
            self.schedule(c);
        }
    }

    /// The client's driver closes its end.
    fn client_leaves(&mut self, c: usize, i: usize, says: CloseReason) {
        let later = match self.random.below(16) {
            0 => self.random.bits() % (20 * SECOND),
            1 => self.random.bits() % SECOND,
            _ => 0,
        };
        let conn = &mut self.conns[c];
        if let Some(since) = conn.welcomed.take() {
            self.tally.linked += self.now - since;
        }
        if let Some((_, generation)) = conn.client() {
            self.clients[i].old = Some(generation);
        }
        conn.leave_near(self.now, later, says);
        if self.clients[i].conn == Some(c) {
            self.clients[i].conn = None;
        }
        self.schedule(c);
    }

    /// So many bytes of what came are handed over.
    fn client_takes(&mut self, c: usize, i: usize, generation: Generation, now: Instant, len: usize) {
        let Self { host, conns, clients, trace, tally, failure, plan, .. } = self;
        let client = &mut clients[i];
        let Conn { down, near, welcomed, .. } = &mut conns[c];
        let data = &down.arrived(self.now, plan.kind == Kind::Messages)[..len];
        trace.bytes(data);
        let mut input = data;
        while let Some(part) = near.wire.next(&mut input) {
            let part = match part {
                Ok(part) => part,
                Err(error) => {
                    let _: Result<(), _> = client.core.handle_broken(now, generation, error);
                    failure
                        .get_or_insert_with(|| format!("client {i}: the host breaks the format: {error:?}"));
                    break;
                }
            };
            trace.line(format_args!("client {i}: {c} ▼ {}", Brief(part.frame)));
            let frame = part.frame;
            let Ok(heard) = client.core.handle_part(now, generation, part) else { break };
            if let (Frame::Welcome(welcome), Heard::Welcome { .. }) = (frame, heard) {
                tally.welcomes += 1;
                welcomed.get_or_insert(self.now);
                client.welcome(&welcome, host, plan.paints);
            }
            if let Heard::Output { bytes, .. } = heard {
                tally.seen += bytes.len() as u64;
            }
            if let Err(wrong) = client.hears(heard, host, tally) {
                failure.get_or_insert_with(|| format!("client {i}: {wrong}"));
            }
        }
    }

    /// Polls until there is nothing, writes, and goes to sleep.
    pub(super) fn client_settles(&mut self, i: usize) {
        if !self.client_runs(i) {
            let client = &self.clients[i];
            let at = if client.absent == 0 { client.machine.takes(self.now) } else { u64::MAX };
            return self.queue.set(self.client_entity(i), at);
        }
        let now = self.clients[i].machine.now(self.now);
        if self.clients[i].thawed == self.now {
            self.client_writes(i, now); // what it could not while it was stopped comes before what is late
        }
        self.client_wakes(i, now);
        for turn in 0.. {
            let Some(event) = self.clients[i].core.poll(now) else { break };
            self.client_does(i, event, now);
            if turn > 64 {
                return self.fail(format!("client {i} has more to tell than it says"));
            }
        }
        if let Some(due) = self.clients[i].core.poll_at().filter(|due| due.at <= now) {
            return self.fail(format!("law 2: client {i} was polled at {now} and wants to be at {due:?}"));
        }
        self.client_writes(i, now);
        let client = &self.clients[i];
        let due = client.core.poll_at().map_or(u64::MAX, |due| client.machine.fires(self.now, due.at));
        self.queue.set(self.client_entity(i), due);
    }

    /// Whoever slept is told so, most of the time.
    fn client_wakes(&mut self, i: usize, now: Instant) {
        if !core::mem::take(&mut self.clients[i].woke) {
            return;
        }
        let client = &mut self.clients[i];
        match self.random.below(8) {
            0 => {
                // Nothing tells it: then it may take its own sleep for the host's silence.
                if let Some(c) = client.conn {
                    let conn = &mut self.conns[c];
                    conn.near.excuse = conn.near.excuse.max(self.now + 40 * SECOND);
                }
                return;
            }
            1 => client.core.handle_visible(now),
            _ => client.core.handle_wake(now),
        }
        self.probes(i);
    }

    /// The client was given reason to doubt its link.
    pub(super) fn probes(&mut self, i: usize) {
        let client = &mut self.clients[i];
        if self.now < client.nudged + SECOND / 5 {
            return; // a burst of news is one
        }
        client.nudged = self.now;
        if let Some(conn) = client.conn.map(|c| &mut self.conns[c])
            && conn.welcomed.is_some()
            && conn.probed == u64::MAX
        {
            conn.probed = self.now;
        }
    }

    fn client_does(&mut self, i: usize, event: Event, now: Instant) {
        self.trace.line(format_args!("client {i}: {event:?}"));
        match event {
            Event::Dial(generation) => {
                if let Some(old) = self.clients[i].old {
                    self.late_callback(i, old, now);
                }
                self.dials(i, generation);
            }
            Event::Close(generation, reason) => {
                let Some(c) = self.clients[i].conn else { return };
                if self.conns[c].client() != Some((i, generation)) {
                    return;
                }
                if reason == CloseReason::HeartbeatLost && self.conns[c].welcomed.is_some() {
                    self.client_gave_up(c, i);
                }
                if reason == CloseReason::ProtocolError {
                    self.fail(format!("client {i} says that the host breaks the rules"));
                }
                self.client_says(c, i, generation, now);
                let says = match reason.code() {
                    1000 | 3000..=4999 => reason,
                    _ => CloseReason::Abnormal,
                };
                self.client_leaves(c, i, says);
            }
            Event::Status(status) => self.client_status(i, status),
            Event::TypedLost(bytes) => {
                self.tally.typed_lost += bytes;
                let client = &mut self.clients[i];
                if let (Some(typist), Some(next)) = (client.typist, client.forgotten.take())
                    && client.is_of(self.host.stream.epoch())
                {
                    self.host.port.dropped(typist, next.saturating_sub(bytes), next);
                }
            }
            Event::RequestLost(lost) if !self.clients[i].asked.lost(lost.id) => {
                self.fail(format!("client {i}: {lost:?} was not asked"));
            }
            _ => {}
        }
    }

    /// Asks for frames while there is room.
    fn client_writes(&mut self, i: usize, now: Instant) {
        let Some(c) = self.clients[i].conn else { return };
        let Some((_, generation)) = self.conns[c].client() else { return };
        if self.clients[i].mute > self.now || self.conns[c].connects != u64::MAX {
            return;
        }
        let Self { conns, clients, trace, random, plan, failure, .. } = self;
        let Conn { up, near, .. } = &mut conns[c];
        let core = &mut clients[i].core;
        let credentials = Credentials { token: Token(TOKEN), session: "" };
        loop {
            if near.waits() {
                let written = near.write(self.now, up, random, trace);
                let done = match written {
                    Written { all: true, .. } => core.handle_flushed(now, generation),
                    Written { some: true, .. } => core.handle_written(now, generation),
                    _ => Ok(()),
                };
                if done.is_err() {
                    failure.get_or_insert_with(|| format!("client {i} disowns connection {c}"));
                }
                if !written.all {
                    break;
                }
            }
            let Some(room) = near.room(up, plan.buffered, usize::from(plan.max_body)) else { break };
            if let Some(place) = core.place() {
                core.handle_shown(now, place.offset);
            }
            let wants = core.wants_write(generation);
            let Some(frame) = core.next_frame(now, generation, &credentials, room) else {
                if wants {
                    failure.get_or_insert_with(|| format!("client {i} wants to write and has nothing"));
                }
                break;
            };
            trace.line(format_args!("client {i}: {c} ▲ {}", Brief(frame)));
            if !wants {
                failure.get_or_insert_with(|| format!("client {i} writes and did not want to: {frame:?}"));
            }
            near.encode(&frame, near.fresh);
            near.fresh = false;
        }
        self.schedule(c);
    }

    /// One more frame on a connection that is closed, which says why.
    fn client_says(&mut self, c: usize, i: usize, generation: Generation, now: Instant) {
        let Self { conns, clients, trace, random, .. } = self;
        let Conn { up, near, .. } = &mut conns[c];
        let credentials = Credentials { token: Token(TOKEN), session: "" };
        if near.waits() || !near.open {
            return;
        }
        if let Some(frame) = clients[i].core.next_frame(now, generation, &credentials, 4_096) {
            trace.line(format_args!("client {i}: {c} ▲ {}", Brief(frame)));
            near.encode(&frame, near.fresh);
            near.write(self.now, up, random, trace);
        }
    }
}
