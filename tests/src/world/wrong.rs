//! How each fault is done to a world.

use stillwire::link::client::Client;
use stillwire::link::frame::{Frame, Hello, MINOR, Role, Token};

use super::conn::From;
use super::fault::{FAULTS, Fault, about};
use super::host::{Dirty, HostSide};
use super::plan::{Kind, MINUTE, SECOND};
use super::{TOKEN, World};
use crate::random::Random;

impl World<'_> {
    /// Something goes wrong.
    pub(super) fn goes_wrong(&mut self) {
        let fault = Fault::pick(&mut self.random);
        let place = FAULTS.iter().position(|it| *it == fault).expect("all are there");
        self.tally.faults[place] += 1;
        let i = self.random.below(self.clients.len());
        self.trace.line(format_args!("fault: {fault:?}, client {i}"));
        match fault {
            Fault::HostSleep | Fault::HostStop => self.host_stops(fault == Fault::HostSleep),
            Fault::HostRestart => self.host_restarts(),
            Fault::StuckPort => self.host.stuck = self.now + about(SECOND, MINUTE, &mut self.random),
            Fault::CutAll => {
                for c in 0..self.conns.len() {
                    self.breaks(c, true, true);
                }
            }
            Fault::Stranger => self.stranger(),
            Fault::StaleTime => self.time_goes_back(i),
            Fault::Sleep | Fault::Stop | Fault::Throttle | Fault::Crash => self.machine_fault(fault, i),
            Fault::Offline | Fault::Flap | Fault::Move => self.network_fault(fault, i),
            Fault::Deaf | Fault::Mute | Fault::Leave | Fault::Takeover => self.person_fault(fault, i),
            _ => self.link_fault(fault, i),
        }
    }

    fn link_fault(&mut self, fault: Fault, i: usize) {
        let Some(c) = self.clients[i].conn else { return };
        let until = self.now + about(SECOND / 4, 40 * SECOND, &mut self.random);
        match fault {
            Fault::Reset => return self.breaks(c, true, true),
            Fault::HalfReset => {
                let near = self.random.below(2) == 0;
                return self.breaks(c, near, !near);
            }
            _ => {}
        }
        let conn = &mut self.conns[c];
        match fault {
            Fault::SilenceUp => conn.up.stall(u64::MAX),
            Fault::SilenceDown => conn.down.stall(u64::MAX),
            Fault::Silence => {
                conn.up.stall(u64::MAX);
                conn.down.stall(u64::MAX);
            }
            Fault::StallUp => conn.up.stall(until),
            Fault::StallDown => conn.down.stall(until),
            Fault::Spike => {
                let more = self.random.bits() % (2 * SECOND);
                conn.up.slow(until, more);
                conn.down.slow(until, more / 2);
            }
            Fault::Noise if self.plan.kind == Kind::Noisy => {
                conn.up.hiss(until, 40);
                conn.down.hiss(until, 40);
            }
            _ => {
                conn.up.stall(until);
                conn.down.stall(until);
            }
        }
        let forever = matches!(fault, Fault::SilenceUp | Fault::SilenceDown | Fault::Silence);
        conn.excuse(if forever { u64::MAX } else { until + 3 * SECOND });
        self.schedule(c);
    }

    /// The connection breaks, and those ends are told.
    pub(super) fn breaks(&mut self, c: usize, near: bool, far: bool) {
        let conn = &mut self.conns[c];
        if conn.from.is_none() {
            return;
        }
        conn.excuse(u64::MAX);
        let at = |latency: u64| self.now + latency;
        if near {
            conn.down.reset(at(conn.down.line.latency));
        } else {
            conn.down.stall(u64::MAX);
        }
        if far {
            conn.up.reset(at(conn.up.line.latency));
        } else {
            conn.up.stall(u64::MAX);
        }
        conn.up_says = stillwire::link::close::CloseReason::Abnormal;
        conn.down_says = stillwire::link::close::CloseReason::Abnormal;
        self.schedule(c);
    }

    fn machine_fault(&mut self, fault: Fault, i: usize) {
        let client = &mut self.clients[i];
        if client.absent != 0 {
            return;
        }
        let (span, jump) = nap(fault == Fault::Sleep, &mut self.random);
        match fault {
            Fault::Throttle => {
                let grain = *self.random.pick(&[SECOND / 10, SECOND, MINUTE]);
                client.grain = client.grain.max(grain);
                client.machine.throttle(grain);
                client.coarse = self.now + about(SECOND, 5 * MINUTE, &mut self.random);
            }
            Fault::Crash => {
                let back = self.now + about(SECOND, MINUTE, &mut self.random);
                return self.crashes(i, back);
            }
            _ => {
                client.machine.freeze(self.now + span, jump);
                client.slept |= fault == Fault::Sleep && span + jump >= 2 * SECOND;
                if let Some(c) = client.conn {
                    let conn = &mut self.conns[c];
                    conn.far.excuse = conn.far.excuse.max(self.now + span);
                }
            }
        }
        self.reschedule_client(i);
    }

    /// The client is gone without a word, perhaps in the middle of one.
    fn crashes(&mut self, i: usize, back: u64) {
        if let Some(c) = self.clients[i].conn {
            let cut = self.random.below(2) == 0;
            let conn = &mut self.conns[c];
            if cut && conn.connects == u64::MAX && !conn.near.waits() {
                conn.near.encode(&Frame::Input { number: 1 << 50, bytes: b"the end is miss" }, false);
                conn.near.cut(7);
                conn.near.write(self.now, &mut conn.up, &mut self.random, &mut self.trace);
            }
            self.client_vanishes(c, i);
        }
        self.clients[i].absent = back;
        self.reschedule_client(i);
    }

    fn network_fault(&mut self, fault: Fault, i: usize) {
        let told = self.random.below(3) > 0;
        let now = self.clients[i].machine.now(self.now);
        if !self.client_runs(i) {
            return;
        }
        if let Some(c) = self.clients[i].conn
            && fault != Fault::Flap
        {
            self.conns[c].up.stall(u64::MAX);
            self.conns[c].down.stall(u64::MAX);
            self.conns[c].excuse(u64::MAX);
            self.schedule(c);
        }
        self.wakes |= 1 << i;
        let client = &mut self.clients[i];
        match fault {
            Fault::Move => {
                client.core.handle_online(now);
                self.probes(i);
            }
            Fault::Flap => {
                let times = self.random.below(6);
                for _ in 0..times {
                    client.core.handle_offline(now);
                    client.core.handle_online(now);
                }
                if times > 0 {
                    self.probes(i);
                }
            }
            _ => {
                client.offline = self.now + about(SECOND, 2 * MINUTE, &mut self.random);
                if told {
                    client.core.handle_offline(now);
                }
            }
        }
        self.wake_life(i);
    }

    fn person_fault(&mut self, fault: Fault, i: usize) {
        let until = self.now + about(SECOND, MINUTE, &mut self.random);
        if !self.client_runs(i) {
            return;
        }
        let client = &mut self.clients[i];
        let now = client.machine.now(self.now);
        self.wakes |= 1 << i;
        match fault {
            Fault::Deaf | Fault::Mute => {
                if fault == Fault::Deaf {
                    client.deaf = until;
                } else {
                    client.mute = until;
                }
                if let Some(c) = client.conn {
                    self.conns[c].excuse(until);
                }
            }
            Fault::Leave if client.wants() => client.core.handle_leave(now),
            Fault::Leave => {
                client.core.handle_user(now);
                self.asks += 1;
            }
            _ if !client.wants() => {
                client.core.handle_user(now);
                self.asks += 1;
            }
            _ => {
                let typist = client.typist.is_some();
                let role = if typist && self.random.below(4) > 0 { Role::Controller } else { Role::Viewer };
                client.core.handle_role(now, role);
                client.role = role;
                self.asks += 1;
            }
        }
        self.wake_life(i);
    }

    fn host_stops(&mut self, sleeps: bool) {
        let (span, jump) = nap(sleeps, &mut self.random);
        self.host.machine.freeze(self.now + span, jump);
        self.host.slept |= span + jump >= 2 * SECOND && sleeps;
        for c in 0..self.conns.len() {
            self.conns[c].near.excuse = self.conns[c].near.excuse.max(self.now + span);
            self.schedule(c);
        }
        self.dirty = Dirty::All;
        self.queue.set(self.host_entity(), self.now + span);
        self.wake_script();
    }

    fn host_restarts(&mut self) {
        if self.host.absent.is_some() {
            return;
        }
        let told = self.random.below(4) > 0;
        for c in 0..self.conns.len() {
            if self.conns[c].far.open || self.conns[c].accepts != u64::MAX {
                self.conns[c].excuse(u64::MAX);
                self.conns[c].vanish_far(self.now, told);
                self.schedule(c);
            }
        }
        self.host.slots.fill(None);
        self.host.absent = Some(self.now + about(SECOND, MINUTE, &mut self.random));
        self.queue.set(self.host_entity(), self.host.absent.unwrap_or(0));
        self.wake_script();
    }

    /// The host is there again, without any memory.
    pub(super) fn host_begins(&mut self) {
        let epoch = self.random.bits();
        self.asks += self.clients.len() as u64; // all may come as controllers again
        self.host = HostSide::new(&self.plan, epoch, self.serials, self.now);
        self.dirty = Dirty::All;
        self.wake_script();
    }

    /// Nobody should notice that a clock went back.
    fn time_goes_back(&mut self, i: usize) {
        let back = stillwire::Duration::from_micros(about(1_000, MINUTE, &mut self.random));
        let earlier = |now: stillwire::Instant| {
            stillwire::Instant::from_micros(now.as_micros().saturating_sub(back.as_micros()))
        };
        if self.client_runs(i) {
            let now = self.clients[i].machine.now(self.now);
            let core: &mut Client<Vec<u8>> = &mut self.clients[i].core;
            let before = core.poll_at();
            let quiet = before.is_none_or(|due| due.at > now);
            let now = earlier(now);
            if quiet && (core.poll(now).is_some() || core.poll_at() != before) {
                self.fail(format!("law 5: client {i} does something when the clock goes back"));
            }
        }
        if self.host_runs() {
            let now = self.host.machine.now(self.now);
            let before = self.host.core.poll_at();
            let quiet = before.is_none_or(|due| due.at > now);
            let now = earlier(now);
            if quiet && (self.host.core.poll(now).is_some() || self.host.core.poll_at() != before) {
                self.fail("law 5: the host does something when the clock goes back".into());
            }
        }
    }

    /// Somebody connects who is no client.
    fn stranger(&mut self) {
        let Some(c) = self.free_conn() else { return };
        let line = self.plan.clients[0].line;
        let kind = self.random.below(7);
        self.connect(c, From::Rogue(kind), line);
        self.conns[c].connects = u64::MAX;
        self.conns[c].far.excuse = u64::MAX;
        let max_body = self.plan.max_body;
        let hello = |token: &'static [u8], role| {
            let client = 0xFFFF_0000_0000_FFFF;
            let session = "";
            Frame::Hello(Hello {
                minor: MINOR,
                role,
                max_body,
                has: None,
                screen: false,
                client,
                input: 0,
                token: Token(token),
                session,
            })
        };
        let conn = &mut self.conns[c];
        match kind {
            0 => {} // says nothing
            1 => conn.near.raw(b"\xa1\xff"),
            2 => conn.near.raw(b"GET / HTTP/1.1\r\n\r\n\0"),
            3 => conn.near.encode(&hello(b"guessed", Role::Controller), true),
            4 => conn.near.encode(&Frame::Input { number: 0, bytes: b"rm -rf" }, true),
            5 => conn.near.encode(&hello(TOKEN, Role::Viewer), true), // and then neither reads nor answers
            _ => {
                conn.near.encode(&hello(TOKEN, Role::Viewer), true);
                conn.near.raw(b"\xa1\x10\x00\x08\0\0\0\0\0\0\0\0\0"); // what only a host says
            }
        }
        conn.near.write(self.now, &mut conn.up, &mut self.random, &mut self.trace);
        self.schedule(c);
    }
}

/// How long a machine stands still, and what its clock jumps beyond that.
fn nap(sleeps: bool, random: &mut Random) -> (u64, u64) {
    if sleeps {
        let clock = about(SECOND, 30 * 24 * 60 * MINUTE, random);
        let span = clock.min(about(SECOND, 3 * MINUTE, random));
        (span, clock - span)
    } else {
        (about(SECOND / 20, 20 * SECOND, random), 0)
    }
}
