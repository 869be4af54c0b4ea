//! The driver of a host: hand over what came, poll, serve the port, ask for frames while there is room.

use stillwire::Instant;
use stillwire::link::close::CloseReason;
use stillwire::link::frame::{Frame, Role};
use stillwire::link::host::{Event, Heard, Link};

use super::conn::{Conn, Written};
use super::host::Dirty;
use super::plan::Kind;
use super::trace::Brief;
use super::{TOKEN, World};

impl World<'_> {
    /// Something came out at the host's end of a connection.
    pub(super) fn host_reads(&mut self, c: usize) {
        if !self.host_runs() {
            return;
        }
        let now = self.host.machine.now(self.now);
        if self.conns[c].accepts <= self.now {
            self.host_accepts(c, now);
        }
        self.dirty.and(c);
        let messages = self.plan.kind == Kind::Messages;
        while let Some(peer) = self.conns[c].peer {
            let data = self.conns[c].up.arrived(self.now, messages);
            let len = if messages { data.len() } else { self.plan.reads.min(data.len()) };
            if len == 0 {
                self.conns[c].up.took(0);
                break;
            }
            self.conns[c].far.heard = self.now;
            self.conns[c].far.errors = self.conns[c].errors();
            if self.host.core.handle_received(now, peer).is_err() {
                self.fail(format!("the host disowns connection {c}"));
                return;
            }
            self.host_takes(c, now, len);
            self.conns[c].up.took(len);
        }
        let conn = &mut self.conns[c];
        if let Some(peer) = conn.peer
            && conn.up.ended(self.now, messages)
        {
            conn.up.forget();
            let says = if messages { conn.up_says } else { CloseReason::Abnormal };
            self.trace.line(format_args!("host: {c} ends, {says:?}"));
            if self.host.core.handle_closed(now, peer, says).is_err() {
                self.fail(format!("the host disowns connection {c}"));
            }
            self.dirty = Dirty::All;
        }
        self.client_may_write(c);
        self.schedule(c);
    }

    /// So many bytes of what came are handed over.
    fn host_takes(&mut self, c: usize, now: Instant, len: usize) {
        let Self { host, conns, trace, dirty, tally, failure, .. } = self;
        let Conn { up, far, peer: Some(peer), .. } = &mut conns[c] else { return };
        let data = &up.arrived(self.now, self.plan.kind == Kind::Messages)[..len];
        trace.bytes(data);
        let mut input = data;
        let mut wrong = None;
        while let Some(part) = far.wire.next(&mut input) {
            let part = match part {
                Ok(part) => part,
                Err(error) => {
                    trace.line(format_args!("host: {c} breaks the format: {error:?}"));
                    let _: Result<(), _> = host.core.handle_broken(now, *peer, error);
                    *dirty = Dirty::All;
                    break;
                }
            };
            trace.line(format_args!("host: {c} ▲ {}", Brief(part.frame)));
            if !matches!(part.frame, Frame::Ping { .. } | Frame::Pong { .. }) {
                *dirty = Dirty::All;
            }
            let waiting = host.waiting();
            let heard = host.core.handle_part(now, *peer, part);
            if let Frame::Input { bytes, .. } = part.frame {
                let fresh = host.waiting() - waiting;
                host.judge.input(now, &bytes[bytes.len() - fresh.min(bytes.len())..]);
            }
            match heard {
                Ok(Heard::Hello(hello)) => {
                    let known = hello.token.matches(TOKEN);
                    let done = if known {
                        host.core.admit(now, *peer, &hello, 0, Role::Controller)
                    } else {
                        host.core.refuse(now, *peer, CloseReason::Unauthorised)
                    };
                    wrong = wrong.or(done.err().map(|stale| format!("{stale:?} while it is there")));
                }
                Ok(Heard::Message { client, id, channel, bytes, at, rest, .. }) => {
                    let answer = host.hears((client, id), channel, bytes, (at, rest));
                    tally.requests += u64::from(rest == 0);
                    wrong = wrong.or(answer.err());
                }
                Ok(_) => {}
                Err(stale) => wrong = wrong.or(Some(format!("{stale:?} while it is there"))),
            }
        }
        if failure.is_none() {
            *failure = wrong.map(|wrong| format!("at the host, connection {c}: {wrong}"));
        }
    }

    fn host_accepts(&mut self, c: usize, now: Instant) {
        let conn = &mut self.conns[c];
        conn.accepts = u64::MAX;
        conn.far.open = true;
        (conn.far.heard, conn.far.wrote, conn.accepted) = (self.now, self.now, self.now);
        let link = if self.plan.kind == Kind::Noisy { Link::Lossy } else { Link::Reliable };
        match self.host.core.handle_connect(now, link) {
            Ok(peer) => {
                self.trace.line(format_args!("host: {c} is accepted as {peer:?}"));
                conn.peer = Some(peer);
                self.host.slots[usize::from(peer.slot)] = Some(c);
            }
            Err(reason) => {
                self.trace.line(format_args!("host: {c} is turned away, {reason:?}"));
                self.tally.refused += 1;
                if self.plan.kind != Kind::Messages {
                    conn.far.encode(&Frame::Close { reason, text: reason.as_str() }, true);
                    conn.far.write(self.now, &mut conn.down, &mut self.random, &mut self.trace);
                }
                conn.leave_far(self.now, reason);
                self.schedule(c);
            }
        }
    }

    /// Polls until there is nothing, serves the port, writes, and goes to sleep.
    pub(super) fn host_settles(&mut self) {
        if self.dirty == Dirty::No {
            return;
        }
        if !self.host_runs() {
            let at = self.host.absent.unwrap_or_else(|| self.host.machine.takes(self.now));
            return self.queue.set(self.host_entity(), at);
        }
        let dirty = core::mem::replace(&mut self.dirty, Dirty::No);
        let now = self.host.machine.now(self.now);
        let mut dirty = dirty;
        if self.host.thawed == self.now {
            self.host_writes_all(now); // what it could not while it was stopped comes before what is late
        }
        for turn in 0.. {
            let Some(event) = self.host.core.poll(now) else { break };
            dirty = Dirty::All;
            self.host_does(event, now);
            if turn > 4 * self.plan.slots + 8 {
                return self.fail("the host has more to tell than it says".into());
            }
        }
        let looks = self.trace.events().is_multiple_of(8); // it takes time in the number of peers
        if let Some(due) = looks.then(|| self.host.core.poll_at()).flatten().filter(|due| due.at <= now) {
            return self.fail(format!("law 2: the host was polled at {now} and wants to be at {due:?}"));
        }
        if let Err(wrong) = self.host.judge.silent(now) {
            return self.fail(format!("invariant 6: {wrong}"));
        }
        if self.port_takes(now) {
            dirty = Dirty::All;
        }
        match dirty {
            Dirty::One(c) => self.host_writes(c, now),
            _ => self.host_writes_all(now),
        }
        let due = self.host.core.poll_at().map_or(u64::MAX, |due| self.host.machine.fires(self.now, due.at));
        self.queue.set(self.host_entity(), due);
    }

    fn host_writes_all(&mut self, now: Instant) {
        for slot in 0..self.plan.slots {
            if let Some(c) = self.host.slots[slot] {
                self.host_writes(c, now);
            }
        }
    }

    fn host_does(&mut self, event: Event, now: Instant) {
        self.trace.line(format_args!("host: {event:?}"));
        match event {
            Event::Detached { peer, reason, session, .. } => {
                let slot = usize::from(peer.slot);
                let Some(c) = self.host.slots[slot].take() else {
                    return self.fail(format!("{peer:?} is detached twice"));
                };
                let said = self.conns[c].up_says == CloseReason::HeartbeatLost;
                if reason == CloseReason::HeartbeatLost && session.is_some() && !said {
                    self.host_gave_up(c);
                }
                self.conns[c].leave_far(self.now, reason);
                self.schedule(c);
                if self.random.below(4) == 0 {
                    let stale = self.host.core.handle_closed(now, peer, CloseReason::Abnormal).is_err()
                        && self.host.core.handle_received(now, peer).is_err()
                        && self.host.core.next_frame(now, peer, 4_096).is_none();
                    if !stale {
                        self.fail(format!("invariant 5: {peer:?} is gone, and is still believed"));
                    }
                }
            }
            Event::Attached { peer, .. } => {
                if let Some(c) = self.host.slots[usize::from(peer.slot)] {
                    self.conns[c].attached = true;
                }
            }
            Event::Status { event, .. } => {
                self.tally.verdicts += 1;
                if let Err(wrong) = self.host.judge.told(now, event) {
                    self.fail(format!("invariant 6: {wrong}"));
                }
            }
            Event::Exit(exit) => self.fail(format!("the host leaves: {exit:?}")),
            _ => {}
        }
    }

    /// Asks for frames while there is room.
    pub(super) fn host_writes(&mut self, c: usize, now: Instant) {
        let Some(peer) = self.conns[c].peer else { return };
        let Self { host, conns, trace, random, plan, failure, clients, .. } = self;
        let client = conns[c].client();
        let Conn { down, far, .. } = &mut conns[c];
        loop {
            if far.waits() {
                let written = far.write(self.now, down, random, trace);
                let done = match written {
                    Written { all: true, .. } => host.core.handle_flushed(now, peer),
                    Written { some: true, .. } => host.core.handle_written(now, peer),
                    _ => Ok(()),
                };
                if done.is_err() && failure.is_none() {
                    *failure = Some(format!("the host disowns connection {c}"));
                }
                if !written.all {
                    break;
                }
            }
            let Some(room) = far.room(down, plan.buffered, usize::from(plan.max_body)) else { break };
            let Some(frame) = host.core.next_frame(now, peer, room) else { break };
            trace.line(format_args!("host: {c} ▼ {}", Brief(frame)));
            match frame {
                Frame::Status { status, age } => {
                    let since = Instant::from_micros(now.as_micros() - age.as_micros());
                    let last = host.judge.last;
                    if (status, since) != (last.status, last.at) && failure.is_none() {
                        *failure = Some(format!("invariant 6: told {status:?} since {since}, is {last:?}"));
                    }
                }
                Frame::Welcome(welcome) => {
                    if let Some((client, _)) = client {
                        let handled = &mut host.handled[clients[client].serial];
                        if handled.0 != welcome.known_since {
                            *handled = (welcome.known_since, Default::default());
                        }
                    }
                }
                _ => {}
            }
            far.encode(&frame, far.fresh);
            far.fresh = false;
        }
        self.schedule(c);
    }

    /// The port takes what was typed for it, unless it is stuck.
    fn port_takes(&mut self, now: Instant) -> bool {
        let Self { host, tally, random, .. } = self;
        if host.stuck > self.now || host.waiting() == 0 {
            return false;
        }
        let Some(session) = host.core.session(0) else { return false };
        let (head, tail) = session.typed();
        let taken = match random.below(4) {
            0 => 1 + random.below(head.len() + tail.len()),
            _ => head.len() + tail.len(),
        };
        let first = head.len().min(taken);
        let done = host.port.takes(&head[..first]).and(host.port.takes(&tail[..taken - first]));
        tally.applied += taken as u64;
        host.core.handle_typed(now, 0, taken);
        if host.waiting() > 0 {
            host.stuck = self.now + 1 + random.bits() % 20_000;
        }
        if random.below(2) == 0 {
            self.echoes = self.now + random.bits() % 30_000;
        }
        self.wake_script();
        if let Err(wrong) = done {
            self.fail(format!("invariant 1: at the port, {wrong}"));
        }
        true
    }

    /// Whether the host's machine runs; it goes on if it is time.
    pub(super) fn host_runs(&mut self) -> bool {
        if self.host.absent.is_some() {
            return false;
        }
        if self.host.machine.goes_on(self.now) {
            self.host.thawed = self.now;
            if core::mem::take(&mut self.host.slept) {
                let now = self.host.machine.now(self.now);
                self.host.core.handle_wake(now);
                self.dirty = Dirty::All;
            }
            self.trace.line(format_args!("host: goes on"));
        }
        self.host.machine.is_awake(self.now)
    }
}
