//! Who may call whom dead, and by when they have to.

use stillwire::Instant;
use stillwire::link::close::CloseReason;
use stillwire::link::reconnect::{Generation, Reason, Status};

use super::World;
use super::plan::{Kind, SECOND};

/// A host notices that a peer is dead within so long, and what a driver's own frame and its line take.
const BY_HOST: u64 = 30 * SECOND;
/// Or so long after a byte could be written.
const STALLED: u64 = 15 * SECOND;
/// A client notices that the host is dead within so long, and what the line takes.
const BY_CLIENT: u64 = 35 * SECOND;
/// So many errors on a noisy line since the last byte came are a fault: one that hits a delimiter swallows two frames.
const MANY: u64 = 1;
/// A probe takes so long at the most.
const BY_PROBE: u64 = 5 * SECOND;

impl World<'_> {
    /// The client calls the host dead.
    pub(super) fn client_gave_up(&mut self, c: usize, i: usize) {
        if self.plan.ends {
            return;
        }
        let (conn, client) = (&self.conns[c], &self.clients[i]);
        let silence = self.now - conn.near.heard.max(client.thawed).max(conn.welcomed.unwrap_or(0));
        let probed = conn.probed != u64::MAX || silence < 30 * SECOND;
        if probed {
            self.tally.by_probe.add(self.now.saturating_sub(conn.probed.min(self.now)));
        } else {
            self.tally.by_client.add(silence);
        }
        let right = conn.near.excuse.saturating_add(2 * conn.round_trip() + SECOND);
        if self.now > right && conn.errors() < conn.near.errors + MANY {
            self.tally.false_verdicts += 1;
            self.fail(format!("invariant 2: client {i} calls connection {c} dead, and it is not"));
        } else if silence > self.client_bound(c, i) {
            self.fail(format!("invariant 2: client {i} called connection {c} dead after {silence} µs"));
        }
    }

    /// So long a client may take to notice that the host is dead.
    pub(super) fn client_bound(&self, c: usize, i: usize) -> u64 {
        let grain = self.clients[i].grain;
        let late = if grain > SECOND { 20 * SECOND + 2 * grain } else { grain };
        BY_CLIENT + self.asks_again(grain) + late + self.conns[c].round_trip() + SECOND
    }

    /// On a noisy line a client asks three times more before it believes that nobody is there.
    pub(super) fn asks_again(&self, grain: u64) -> u64 {
        let late = if grain > SECOND { 2 * grain } else { 0 };
        if self.plan.kind == Kind::Noisy { 3 * (BY_PROBE + late) } else { 0 }
    }

    /// So long it may take when it has reason to ask.
    pub(super) fn probe_bound(&self, c: usize, i: usize) -> u64 {
        let grain = self.clients[i].grain;
        let late = if grain > SECOND { BY_PROBE + 2 * grain } else { grain };
        BY_PROBE + self.asks_again(grain) + late + self.conns[c].round_trip() + SECOND
    }

    /// What an old connection says late changes nothing.
    pub(super) fn late_callback(&mut self, i: usize, old: Generation, now: Instant) {
        if self.random.below(4) > 0 {
            return;
        }
        let core = &mut self.clients[i].core;
        let before = core.poll_at();
        let refused = core.handle_received(now, old).is_err()
            && core.handle_closed(now, old, CloseReason::Superseded).is_err()
            && core.handle_connected(now, old).is_err()
            && core.handle_flushed(now, old).is_err();
        if !refused || core.poll_at() != before {
            self.fail(format!("invariant 5: client {i} believes an old connection"));
        }
    }

    pub(super) fn client_status(&mut self, i: usize, status: Status) {
        let client = &mut self.clients[i];
        if client.status == Status::Live {
            client.lost_at = self.now;
        }
        if status == Status::Live {
            self.tally.reconnects.add(self.now - client.lost_at);
        }
        client.status = status;
        match status {
            Status::Disconnected(Reason::Closed(CloseReason::Superseded)) => self.tally.superseded += 1,
            Status::Disconnected(Reason::Closed(
                reason @ (CloseReason::Unauthorised | CloseReason::ProtocolError),
            )) => self.fail(format!("invariant 3: client {i} is told {reason:?}, and did nothing wrong")),
            _ => {}
        }
    }

    /// By then the host has called a peer dead that is. What can still be written, as the pipe is not full or someone
    /// reads, says only that a ping may have waited for that.
    pub(super) fn host_bound(&self, c: usize) -> u64 {
        let conn = &self.conns[c];
        let silent = conn.far.heard.max(self.host.thawed) + BY_HOST;
        silent.max(conn.far.wrote + STALLED) + conn.round_trip() + SECOND
    }

    /// The host calls a peer dead.
    pub(super) fn host_gave_up(&mut self, c: usize) {
        if self.plan.ends {
            return;
        }
        let conn = &self.conns[c];
        let silence = self.now - conn.far.heard.max(self.host.thawed);
        self.tally.by_host.add(silence);
        let right = conn.far.excuse.saturating_add(2 * conn.round_trip() + SECOND);
        if self.now > right && conn.errors() < conn.far.errors + MANY {
            self.tally.false_verdicts += 1;
            self.fail(format!("invariant 2: the host calls connection {c} dead, and it is not"));
        } else if self.now > self.host_bound(c) {
            self.fail(format!("invariant 2: the host called connection {c} dead after {silence} µs"));
        }
    }
}
