//! What is looked at from time to time, and at the end.

use stillwire::idle::{Exit, Status as SessionStatus};
use stillwire::link::close::CloseReason;
use stillwire::link::reconnect::Status;

use super::host::Dirty;
use super::plan::{Kind, MINUTE, SECOND};
use super::{Phase, World};

/// So long a connection may take to be told why it is closed.
const CLOSING: u64 = 5 * SECOND;
/// A connection that has not said who it is may take so long, and so long to be told; and a second.
const STRANGERS: u64 = 11 * SECOND;

impl World<'_> {
    /// A time comes at which to look.
    pub(super) fn phase_turns(&mut self) {
        self.audit();
        let next = match self.phase {
            Phase::Faulty if self.now >= self.plan.span => {
                self.calm();
                self.now + SECOND
            }
            Phase::Faulty => (self.now + 7 * SECOND).min(self.plan.span.max(self.now)),
            Phase::Calm if self.plan.ends => {
                self.phase = Phase::Over;
                u64::MAX
            }
            Phase::Calm if self.now >= self.deadline => {
                self.all_are_live();
                self.begins_to_end();
                self.now + 20 * SECOND
            }
            Phase::Calm => {
                self.recovered();
                (self.now + SECOND).min(self.deadline.max(self.now))
            }
            Phase::Leaving if self.now >= self.deadline => {
                self.all_is_over();
                self.phase = Phase::Over;
                u64::MAX
            }
            Phase::Leaving => {
                self.everyone_leaves();
                self.deadline
            }
            Phase::Over => u64::MAX,
        };
        self.queue.set(self.phase_entity(), next);
    }

    /// Nobody keeps a dead connection for longer than was promised.
    fn audit(&mut self) {
        if self.plan.ends {
            return;
        }
        let awake = self.host.absent.is_none() && self.host.machine.is_awake(self.now);
        for c in 0..self.conns.len() {
            let conn = &self.conns[c];
            if let Some(peer) = conn.peer.filter(|_| awake) {
                let attached = self.host.core.peers()[usize::from(peer.slot)].is_attached();
                let bound = match (attached, conn.attached) {
                    (true, _) => self.host_bound(c),
                    (false, true) => self.host_bound(c) + CLOSING,
                    (false, false) => conn.accepted.max(self.host.thawed) + STRANGERS,
                };
                if self.now > bound {
                    let silence = (self.now - conn.far.heard) as f64 / 1e6;
                    self.fail(format!("invariant 2: the host keeps connection {c}, silent for {silence} s"));
                    return;
                }
            }
            let Some((i, _)) = conn.client().filter(|_| conn.near.open && conn.welcomed.is_some()) else {
                continue;
            };
            let client = &self.clients[i];
            if !client.machine.is_awake(self.now) || client.absent != 0 || client.deaf > 0 {
                continue;
            }
            let last = conn.near.heard.max(client.thawed);
            if self.now > last + self.client_bound(c, i) {
                let silence = (self.now - last) as f64 / 1e6;
                self.fail(format!("invariant 2: client {i} keeps connection {c}, silent for {silence} s"));
                return;
            }
            let doubted = conn.probed.max(client.thawed);
            if conn.probed != u64::MAX
                && conn.near.heard <= conn.probed
                && conn.up.room() > 300
                && client.mute == 0
                && self.now > doubted + self.probe_bound(c, i)
            {
                self.fail(format!(
                    "invariant 2: client {i} had reason to ask on connection {c}, and keeps it"
                ));
                return;
            }
            if conn.probed != u64::MAX && conn.near.heard > conn.probed {
                self.conns[c].probed = u64::MAX;
            }
        }
        if self.tally.superseded > self.asks {
            self.fail(format!("invariant 4: {} superseded, asked {}", self.tally.superseded, self.asks));
        }
    }

    /// Whether everyone who wants to be is there.
    fn recovered(&mut self) {
        let back = |status| status == Status::Live;
        if self.deadline > 0 && self.clients.iter().all(|client| !client.wants() || back(client.status)) {
            if !self.recovered {
                self.tally.recoveries.add(self.now - self.plan.span);
            }
            self.recovered = true;
        }
    }

    /// Invariant 3, and that nothing was forgotten on the way.
    fn all_are_live(&mut self) {
        let (epoch, printed) = (self.host.stream.epoch(), self.host.printed);
        for i in 0..self.clients.len() {
            let client = &self.clients[i];
            if !client.wants() {
                continue;
            }
            let (status, place) = (client.status, client.follow.place());
            let wrong = match () {
                () if status != Status::Live => Some(format!("is {status:?}")),
                () if place != Some((epoch, printed)) => {
                    Some(format!("is at {place:?}, the host at {:?}", (epoch, printed)))
                }
                () if client.follow.status != Some(self.host.judge.last.status) => {
                    let told = client.follow.status;
                    Some(format!("was told {told:?}, is {:?}", self.host.judge.last.status))
                }
                () if client.follow.retained != self.host.retained => {
                    Some(format!("was told {:?} of {:?}", client.follow.retained, self.host.retained))
                }
                () if client.asked.open() > 0 => {
                    Some(format!("has no answer to {} requests", client.asked.open()))
                }
                () => self.untyped(i),
            };
            if let Some(wrong) = wrong {
                return self.fail(format!("invariant 3: client {i} {wrong}"));
            }
        }
    }

    /// What of the typing of client `i` is not applied.
    fn untyped(&self, i: usize) -> Option<String> {
        let client = &self.clients[i];
        let typist = client.typist.filter(|_| client.may_write())?;
        let port = &self.host.port;
        let all = port.has(typist, client.typed);
        (!all).then(|| format!("typed {}, applied is {:?}", client.typed, port.places(typist)))
    }

    /// The session ends, or people leave.
    fn begins_to_end(&mut self) {
        self.phase = Phase::Leaving;
        self.deadline = self.now + 20 * SECOND + 2 * MINUTE;
        let now = self.host.machine.now(self.now);
        self.dirty = Dirty::All;
        if self.plan.exits && self.host_runs() {
            self.host.core.handle_exit(now, 0, Exit::Code(3));
            self.host.judge.exit(now, Exit::Code(3));
            self.host.over = true;
        }
    }

    /// Everyone leaves, and then the host.
    fn everyone_leaves(&mut self) {
        for i in 0..self.clients.len() {
            let client = &self.clients[i];
            if self.plan.exits && client.wants() {
                let (status, told) = (client.status, client.follow.status);
                return self
                    .fail(format!("client {i} is {status:?}, though the session ended; told {told:?}"));
            }
            // On a noisy line the last word may be lost, and nobody is there to repeat it.
            if client.status == Status::Ended && self.plan.kind != Kind::Noisy {
                let told = client.follow.status;
                if told != Some(SessionStatus::Exited(Exit::Code(3))) {
                    return self.fail(format!("client {i} ended, and was told {told:?}"));
                }
            }
            if self.client_runs(i) {
                let now = self.clients[i].machine.now(self.now);
                self.clients[i].core.handle_leave(now);
                self.wakes |= 1 << i;
            }
        }
        if self.host_runs() {
            let now = self.host.machine.now(self.now);
            self.host.core.handle_shutdown(now, CloseReason::GoingAway);
            self.dirty = Dirty::All;
        }
    }

    /// Invariant 5: no deadline remains.
    fn all_is_over(&mut self) {
        if !self.host.core.is_empty() {
            return self.fail("invariant 5: the host has left, and has peers".into());
        }
        // The verdict on a session that goes on is the only thing that may be due.
        let due = self.host.core.poll_at();
        if let Some(due) = due.filter(|due| !matches!(due.reason, stillwire::link::host::Due::Session(..))) {
            return self.fail(format!("invariant 5: the host has left, and waits for {due:?}"));
        }
        for (i, client) in self.clients.iter().enumerate() {
            if let Some(due) = client.core.poll_at() {
                return self.fail(format!("invariant 5: client {i} has left, and waits for {due:?}"));
            }
        }
    }
}
