//! A client and the person at it.

use stillwire::link::client::{Client, Config, Heard};
use stillwire::link::close::CloseReason;
use stillwire::link::frame::{Outcome, Role, Welcome};
use stillwire::link::host::Link;
use stillwire::link::reconnect::{Generation, Reason, Status};

use super::check::{Asked, Follow};
use super::machine::Machine;
use super::plan::{Kind, Plan, Terminal};
use super::stream;

/// A client and who sits at it.
#[derive(Debug)]
pub(super) struct ClientSide {
    pub(super) machine: Machine,
    pub(super) core: Client<Vec<u8>>,
    /// Which incarnation of which client this is, among all of the world.
    pub(super) serial: usize,
    /// Its number among those who type; `None`: it does not.
    pub(super) typist: Option<usize>,
    pub(super) follow: Follow,
    pub(super) asked: Asked,
    /// Bytes typed, and what they are ahead of their numbers on the wire.
    pub(super) typed: u64,
    shift: u64,
    /// Which byte the last welcome went on with, if the host did not know the client.
    pub(super) forgotten: Option<u64>,
    /// The epoch of the last welcome, and since when its host knew the client.
    known: Option<(u64, u32)>,
    pub(super) status: Status,
    /// When it last was not Live any more.
    pub(super) lost_at: u64,
    pub(super) role: Role,
    noisy: bool,
    pub(super) conn: Option<usize>,
    pub(super) old: Option<Generation>,
    /// It went on after a stop, and will notice.
    pub(super) woke: bool,
    pub(super) slept: bool,
    pub(super) thawed: u64,
    /// When it last heard news of the network.
    pub(super) nudged: u64,
    /// How late its timers may have been since it connected.
    pub(super) grain: u64,
    /// It is not there before; it has no network, reads nothing, says nothing, has coarse timers before.
    pub(super) absent: u64,
    pub(super) offline: u64,
    pub(super) deaf: u64,
    pub(super) mute: u64,
    pub(super) coarse: u64,
    /// When the person types next.
    pub(super) types: u64,
}

impl ClientSide {
    pub(super) fn new(
        plan: &Plan,
        terminal: &Terminal,
        machine: Machine,
        serial: usize,
        seed: u64,
        now: u64,
    ) -> Self {
        let link = if plan.kind == Kind::Noisy { Link::Lossy } else { Link::Reliable };
        let (max_body, window) = (plan.max_body, plan.window(serial));
        let config = Config { role: terminal.role, max_body, link, window, ..Config::DEFAULT };
        let id = seed << 16 | serial as u64;
        let storage = (vec![0; plan.typed], vec![0; 512]);
        let core = Client::new(config, id, seed ^ 0x5EED, storage.0, storage.1, machine.now(now));
        Self {
            machine,
            core,
            serial,
            typist: None,
            follow: Follow::new(),
            asked: Asked::default(),
            typed: 0,
            shift: 0,
            forgotten: None,
            known: None,
            status: Status::Syncing,
            lost_at: now,
            role: terminal.role,
            noisy: plan.kind == Kind::Noisy,
            conn: None,
            old: None,
            woke: false,
            slept: false,
            thawed: now,
            nudged: 0,
            grain: 1,
            absent: 0,
            offline: 0,
            deaf: 0,
            mute: 0,
            coarse: 0,
            types: now,
        }
    }

    /// Whether what it types is on its way to the session.
    pub(super) fn may_write(&self) -> bool {
        self.role == Role::Controller && self.core.role() == Role::Controller
    }

    /// Whether it wants to be connected, or has been told not to.
    pub(super) fn wants(&self) -> bool {
        match self.status {
            Status::Live | Status::Syncing => true,
            Status::Ended => false,
            Status::Disconnected(Reason::Left) => false,
            Status::Disconnected(Reason::Closed(reason)) => {
                !matches!(reason, CloseReason::Superseded | CloseReason::IdleExit)
            }
            Status::Disconnected(_) => true,
        }
    }
}

impl ClientSide {
    /// Whether this life of the session welcomed it last.
    pub(super) fn is_of(&self, epoch: u64) -> bool {
        self.known.is_some_and(|(known, _)| known == epoch)
    }

    /// It was let in.
    pub(super) fn welcome(&mut self, welcome: &Welcome, host: &mut super::host::HostSide, paints: bool) {
        let known = self.known.replace((welcome.epoch, welcome.known_since));
        let other = known.is_none_or(|(epoch, _)| epoch != welcome.epoch);
        if other && known.is_some() {
            self.shift = self.typed - welcome.input;
        }
        let next = welcome.input + self.shift;
        self.forgotten = (!other && known != self.known).then_some(next);
        if let Some(typist) = self.typist.filter(|_| other && host.stream.epoch() == welcome.epoch) {
            host.port.begin(typist, next);
        }
        self.follow.welcome(welcome.epoch, paints);
    }

    pub(super) fn hears(
        &mut self,
        heard: Heard<'_>,
        host: &super::host::HostSide,
        tally: &mut super::tally::Tally,
    ) -> Result<(), String> {
        match heard {
            Heard::Output { offset, bytes } => self.follow.output(offset, bytes),
            Heard::Restart { lost, offset, bytes, last, .. } => {
                let known = self.follow.place().is_some_and(|(epoch, _)| epoch == host.stream.epoch());
                let oldest = host.core.session(0).filter(|_| known && !host.over);
                let oldest = oldest.map_or(u64::MAX, |session| session.history().start());
                let oldest = (!self.noisy).then_some(oldest);
                if lost > 0 {
                    tally.gaps = (tally.gaps.0 + lost, tally.gaps.1 + 1);
                }
                let right = self.follow.restart(lost, offset, last.then_some(bytes), oldest);
                self.follow.cut = !last;
                right
            }
            Heard::Snapshot { last, .. } => {
                self.follow.cut = !last;
                Ok(())
            }
            Heard::Status { status, .. } => {
                self.follow.status = Some(status);
                Ok(())
            }
            Heard::Retained { key, bytes, at, rest } => self.follow.retained(key, bytes, at, rest),
            Heard::Reply { id, outcome, bytes, at, rest } => {
                let mut right = Vec::new();
                stream::payload(1, self.serial, id, &mut right);
                tally.replies += u64::from(rest == 0);
                self.asked.reply(id, (bytes, at, rest), (outcome == Outcome::Done).then_some(&right))
            }
            _ => Ok(()),
        }
    }
}
