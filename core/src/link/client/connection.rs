//! One connection of a client: what is void once it is gone.

use crate::deadline::{Deadline, earliest};
use crate::link::client::Due;
use crate::link::close::CloseReason;
use crate::link::frame::{MIN_BODY, Role, Welcome};
use crate::link::late::{Patience, comes, end};
use crate::link::probe::{self, Doubt, Probe};
use crate::link::reconnect::Generation;
use crate::link::rtt::BUDGET_MAX;
use crate::link::watchdog::Watchdog;
use crate::time::{Duration, Instant};

/// Made when the driver is told to dial.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Connection {
    pub(super) generation: Generation,
    pub(super) phase: Phase,
    pub(super) hello: Hello,
    pub(super) watchdog: Watchdog,
    pub(super) probe: Probe,
    pub(super) typed: Answer,
    /// What to tell the host if it is closed by us.
    pub(super) why: CloseReason,
    /// What the host granted.
    pub(super) role: Role,
    /// The longest body that the host takes.
    pub(super) max_body: usize,
    /// Nonces that are to be sent.
    pub(super) pong: Option<u32>,
    pub(super) ping: Option<u32>,
    /// A ping that was handed out and perhaps not written yet.
    pub(super) unflushed: Option<u32>,
    /// Of the snapshot that goes on in another frame.
    pub(super) snapshot: Option<u64>,
    /// What is wanted is to be said.
    pub(super) role_due: bool,
    pub(super) size_due: bool,
    /// The size was said, and the host told none since.
    pub(super) size_open: bool,
    /// The hello was said again because something was missing, which on a reliable link happens once at most.
    pub(super) missed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Phase {
    Dialing,
    Connected,
    Welcomed,
}

/// Whether a hello is to be said, or to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Hello {
    None,
    /// To be said by then: on a lossy link that takes nothing any more nobody else would notice.
    Due {
        tries: u8,
        patience: Option<Patience>,
    },
    Said {
        tries: u8,
        patience: Patience,
    },
}

/// Whether what was typed has had an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Answer {
    None,
    /// Handed out, and perhaps not written yet.
    Unflushed,
    /// There has to be one by then.
    Due(Instant),
}

impl Connection {
    pub(super) const fn new(generation: Generation, config: probe::Config, now: Instant) -> Self {
        Self {
            generation,
            phase: Phase::Dialing,
            hello: Hello::None,
            watchdog: Watchdog::new(now),
            probe: Probe::new(config, now),
            typed: Answer::None,
            why: CloseReason::Abnormal,
            role: Role::Viewer,
            max_body: MIN_BODY,
            pong: None,
            ping: None,
            unflushed: None,
            snapshot: None,
            role_due: false,
            size_due: false,
            size_open: false,
            missed: false,
        }
    }

    pub(super) fn is_welcomed(&self) -> bool {
        self.phase == Phase::Welcomed
    }

    /// The socket is open.
    pub(super) fn connect(&mut self) {
        if self.phase == Phase::Dialing {
            self.phase = Phase::Connected;
            self.hello = Hello::Due { tries: 0, patience: None }; // the dial has its own time
        }
    }

    /// The host let the client in, or attached it again.
    pub(super) fn welcome(&mut self, now: Instant, welcome: &Welcome) {
        (self.phase, self.hello) = (Phase::Welcomed, Hello::None);
        (self.snapshot, self.typed, self.size_open) = (None, Answer::None, false);
        (self.role, self.max_body) = (welcome.role, usize::from(welcome.max_body));
        self.watchdog = Watchdog::new(now);
        self.watchdog.handle_welcome(now, welcome.heartbeat, welcome.timeout);
        if self.probe.rtt().srtt().is_none() {
            self.probe.handle_doubt(now, Doubt::New);
        }
    }

    /// All that was handed out has been written.
    pub(super) fn flushed(&mut self, now: Instant) {
        self.probe.handle_written(now);
        if let Some(nonce) = self.unflushed.take() {
            self.probe.handle_flushed(now, nonce);
        }
        if self.typed == Answer::Unflushed {
            self.typed = Answer::Due(end(now, self.probe.budget()));
        }
    }

    /// A byte came. Whether it says that the link lives now.
    pub(super) fn received(&mut self, now: Instant, lossy: bool) -> bool {
        self.watchdog.handle_received(now);
        self.probe.handle_received(now);
        match &mut self.hello {
            Hello::Said { tries, .. } => *tries = 0,
            Hello::Due { patience: Some(patience), .. } => *patience = Patience::new(now, BUDGET_MAX),
            Hello::Due { patience: None, .. } | Hello::None => {}
        }
        if !lossy && matches!(self.typed, Answer::Due(_)) {
            self.typed = Answer::None;
        }
        self.is_trusted()
    }

    /// What came before the machine slept, or from another network, says nothing about now.
    pub(super) fn is_trusted(&self) -> bool {
        !matches!(self.probe.status(), probe::Status::Doubting(Doubt::Wake | Doubt::Network))
    }

    /// Says hello again, unless that is under way.
    pub(super) fn ask_again(&mut self, now: Instant, lossy: bool) {
        if self.hello == Hello::None {
            let patience = lossy.then(|| Patience::new(now, BUDGET_MAX));
            self.hello = Hello::Due { tries: 0, patience };
        }
    }

    /// How long to wait for a welcome on a lossy link.
    pub(super) fn welcome_within(&self, config: probe::Config) -> Duration {
        if self.probe.rtt().srtt().is_some() { self.probe.budget() } else { config.shortest }
    }

    pub(super) fn poll_at(&self) -> Option<Deadline<Due>> {
        let welcome = match self.hello {
            Hello::Said { patience, .. } | Hello::Due { patience: Some(patience), .. } => {
                patience.end().map(|at| Deadline { at, reason: Due::Welcome })
            }
            Hello::None | Hello::Due { patience: None, .. } => None,
        };
        let typed = match self.typed {
            Answer::Due(at) => comes(at).map(|at| Deadline { at, reason: Due::Typed }),
            Answer::None | Answer::Unflushed => None,
        };
        let watchdog = self.watchdog.poll_at().map(|at| at.map(Due::Watchdog));
        let probe = self.probe.poll_at().map(|at| at.map(Due::Probe));
        earliest([watchdog, probe, typed, welcome])
    }
}
