//! A host, its session, and what is checked of them.

use std::collections::VecDeque;

use stillwire::link::frame::Outcome;
use stillwire::link::history::History;
use stillwire::link::host::{Config, Host, Peer, Session};
use stillwire::link::linger;
use stillwire::monitor;

use super::check::{Judge, Port};
use super::machine::Machine;
use super::plan::Plan;
use super::stream::{self, Stream};

/// A host and its one session.
#[derive(Debug)]
pub(super) struct HostSide {
    pub(super) machine: Machine,
    pub(super) core: Host<Vec<Peer>, Vec<Session<Vec<u8>>>, Vec<u8>>,
    /// Which connection has a slot.
    pub(super) slots: Vec<Option<usize>>,
    pub(super) stream: Stream,
    /// Bytes printed.
    pub(super) printed: u64,
    pub(super) port: Port,
    pub(super) judge: Judge,
    /// The port takes nothing before.
    pub(super) stuck: u64,
    /// The host is not there before; `None` if it is.
    pub(super) absent: Option<u64>,
    /// When it last went on after it had been stopped.
    pub(super) thawed: u64,
    /// It slept meanwhile.
    pub(super) slept: bool,
    /// The last requests of each client, by serial number, and since when the host knows it.
    pub(super) handled: Vec<(u32, VecDeque<u64>)>,
    /// Answers for which there was no room.
    pub(super) owed: Vec<(u64, u64)>,
    /// Numbers of the retained payloads.
    pub(super) retained: [u64; 4],
    pub(super) over: bool,
    /// The message that is coming in parts, of each client by serial number.
    pub(super) messages: Vec<Vec<u8>>,
}

/// Who has to be asked for frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dirty {
    No,
    One(usize),
    All,
}

impl Dirty {
    pub(super) fn and(&mut self, conn: usize) {
        *self = match *self {
            Self::No => Self::One(conn),
            Self::One(one) if one == conn => Self::One(one),
            _ => Self::All,
        };
    }
}

impl HostSide {
    pub(super) fn new(plan: &Plan, epoch: u64, clients: usize, now: u64) -> Self {
        let machine = Machine::new(plan.host.ahead, plan.host.coarse);
        let at = machine.now(now);
        let mut monitor = monitor::Config::DEFAULT;
        if !plan.paints {
            monitor.idle.quiet_cap = monitor.idle.quiet; // no damping: the model does not know it
        }
        let mut config = Config { share: plan.share, max_body: plan.max_body, ..Config::DEFAULT };
        config.linger = linger::Config { timeout: None, strict: false };
        let history = History::new(vec![0; plan.history], epoch, None);
        let session = Session::new(monitor, history, vec![0; plan.inbox], vec![0; 512], at);
        Self {
            core: Host::new(config, vec![Peer::new(); plan.slots], vec![session], vec![0; 1_024], at),
            slots: vec![None; plan.slots],
            stream: Stream::new(epoch, plan.paints),
            printed: 0,
            port: Port::new(),
            judge: Judge::new(plan.paints.then_some(monitor), at),
            stuck: 0,
            absent: None,
            thawed: 0,
            slept: false,
            handled: vec![Default::default(); clients],
            owed: Vec::new(),
            retained: [0; 4],
            over: false,
            messages: vec![Vec::new(); clients],
            machine,
        }
    }
}

impl HostSide {
    /// Bytes typed that the port has not taken.
    pub(super) fn waiting(&self) -> usize {
        self.core.session(0).map_or(0, |session| {
            let (head, tail) = session.typed();
            head.len() + tail.len()
        })
    }

    /// A part of a request came.
    pub(super) fn hears(
        &mut self,
        (client, id): (u64, u64),
        channel: &str,
        bytes: &[u8],
        (at, rest): (usize, usize),
    ) -> Result<(), String> {
        let serial = (client & 0xFFFF) as usize;
        if at == 0 {
            self.messages[serial].clear();
        }
        let message = &mut self.messages[serial];
        if message.len() != at {
            return Err(format!("request {id} of client {serial} goes on at {at}"));
        }
        message.extend_from_slice(bytes);
        if rest > 0 {
            return Ok(()); // if the rest does not come, it was not heard
        }
        let (_, handled) = &mut self.handled[serial];
        if handled.contains(&id) {
            return Err(format!("request {id} of client {serial} is handled twice"));
        }
        handled.truncate(200);
        handled.push_front(id);
        let mut right = Vec::new();
        stream::payload(0, serial, id, &mut right);
        if channel != "world" || right != *message {
            return Err(format!("request {id} of client {serial} is not what was asked"));
        }
        self.answers(client, id);
        Ok(())
    }

    /// Answers, or keeps in mind to.
    pub(super) fn answers(&mut self, client: u64, id: u64) {
        let mut payload = Vec::new();
        stream::payload(1, (client & 0xFFFF) as usize, id, &mut payload);
        if self.core.reply(client, id, Outcome::Done, &payload).is_err() {
            self.owed.push((client, id));
        }
    }
}
