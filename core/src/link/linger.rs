//! When a host that nobody uses may go: [`Linger`].
//!
//! ```text
//!              activity, Hint::Busy, polled more than ASLEEP late
//!                ┌─────────┐
//!                ▼         │
//!   new ───▶ Staying ──────┴── Due::Verdict, at since + timeout ──▶ Leaving(reason)
//! ```
//!
//! By default whoever uses the host keeps it, connected or not, and so does a job that works: a build that nobody
//! watches goes on printing, and one that is silent burns CPU. `strict` is the older rule: only people count.
//!
//! There is no check interval: the verdict is due exactly `timeout` after the last thing that counted, and each
//! thing that counts moves it. A machine that slept over it ([`ASLEEP`]) begins the period again, because nobody could
//! have come meanwhile. What a driver hands in before it polls is heard before the verdict, however late.

use crate::deadline::{Clock, Deadline};
use crate::idle::Hint;
use crate::link::late::{ASLEEP, comes};
use crate::time::{Duration, Instant};

/// How long a host stays without being used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// So long without anything that counts, and the host exits. Default 10 m; larger: what was forgotten takes
    /// memory for longer. None: never (what [`crate::duration::parse`] makes of `0`, `never` and `off`). Zero is
    /// taken as None.
    pub timeout: Option<Duration>,
    /// The older rule: output and busy jobs do not count, and while anyone is connected only what people send
    /// does. Default off.
    pub strict: bool,
}

/// What a host is kept by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Activity {
    /// It has just begun.
    Start,
    /// A client attached.
    Attach,
    /// A client detached, or its connection ended.
    Detach,
    /// A frame that typed.
    Input,
    /// A frame that resized.
    Resize,
    /// A frame with a message of an application.
    Message,
    /// Visible output of a session. Does not count under `strict`.
    Output,
    /// A job that burnt CPU when somebody looked. Does not count under `strict`.
    Busy,
    /// The machine slept over the verdict, and woke.
    Woke,
}

/// What a client sent because a person or a program wanted it. Heartbeats and acknowledgements are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Frame {
    /// It typed.
    Input,
    /// It resized.
    Resize,
    /// A message of an application.
    Message,
}

/// Why a host exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reason {
    /// Nobody was connected at the end.
    NoConnection,
    /// Somebody was, and nothing happened.
    NoActivity,
}

/// What [`Linger`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Due {
    /// The verdict. A driver looks at the foreground jobs and gives its [`Hint`] before it polls.
    Verdict,
}

/// What a host does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Status {
    /// Something, or it waits for somebody.
    Staying,
    /// It exits, with status 0.
    Leaving(Reason),
}

/// Exit, and tell every peer why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Exit {
    /// When it was due.
    pub at: Instant,
    /// Why.
    pub reason: Reason,
}

/// What kept the host last, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Evidence {
    /// When.
    pub at: Instant,
    /// What.
    pub activity: Activity,
}

/// Tells when a host that nobody uses may go.
///
/// - **Inputs**: [`handle_attach`](Self::handle_attach) and [`handle_detach`](Self::handle_detach), for clients
///   that have authenticated; [`handle_frame`](Self::handle_frame), [`handle_output`](Self::handle_output),
///   [`handle_hint`](Self::handle_hint).
/// - **Outputs**: [`poll`](Self::poll) until it says None (at most one event), then sleep until
///   [`poll_at`](Self::poll_at).
/// - **Getters**: [`status`](Self::status), [`evidence`](Self::evidence), [`connections`](Self::connections).
///
/// ```
/// use stillwire::Instant;
/// use stillwire::idle::Hint;
/// use stillwire::link::linger::{Config, Linger, Reason};
///
/// let mut linger = Linger::new(Config::DEFAULT, Instant::ZERO);
/// let verdict = linger.poll_at().unwrap().at;
/// assert_eq!(verdict, Instant::from_secs(600));
/// linger.handle_hint(verdict, Hint::Busy); // the driver looked: a silent job works
/// assert_eq!(linger.poll(verdict), None);
///
/// let verdict = linger.poll_at().unwrap().at;
/// linger.handle_hint(verdict, Hint::Neither);
/// assert_eq!(linger.poll(verdict).unwrap().reason, Reason::NoConnection);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Linger {
    config: Config,
    clock: Clock,
    phase: Phase,
    last: Evidence,
    connections: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Phase {
    /// The period counts from here.
    Staying { since: Instant },
    /// It was told to exit.
    Leaving(Reason),
}

impl Linger {
    /// A host that begins at `now`, with nobody connected.
    pub const fn new(config: Config, now: Instant) -> Self {
        Self {
            config,
            clock: Clock::new(now),
            phase: Phase::Staying { since: now },
            last: Evidence { at: now, activity: Activity::Start },
            connections: 0,
        }
    }

    /// A client attached. One that has not authenticated has not.
    pub fn handle_attach(&mut self, now: Instant) {
        self.connections = self.connections.saturating_add(1);
        self.stay(now, Activity::Attach);
    }

    /// A client that had attached detached, or its connection ended.
    pub fn handle_detach(&mut self, now: Instant) {
        self.connections = self.connections.saturating_sub(1);
        // The older rule counts what those who are left have sent.
        if !self.config.strict || self.connections == 0 {
            self.stay(now, Activity::Detach);
        }
    }

    /// A client sent something that a person or a program caused.
    pub fn handle_frame(&mut self, now: Instant, frame: Frame) {
        let activity = match frame {
            Frame::Input => Activity::Input,
            Frame::Resize => Activity::Resize,
            Frame::Message => Activity::Message,
        };
        self.stay(now, activity);
    }

    /// A session put out something visible.
    pub fn handle_output(&mut self, now: Instant) {
        if !self.config.strict {
            self.stay(now, Activity::Output);
        }
    }

    /// The driver looked at the foreground jobs: `Busy` if any is. To be given at [`Due::Verdict`] before the poll, and
    /// whenever somebody looked anyway.
    pub fn handle_hint(&mut self, now: Instant, hint: Hint) {
        if hint == Hint::Busy && !self.config.strict {
            self.stay(now, Activity::Busy);
        }
    }

    /// When to poll next, and why. None: never by time alone.
    pub fn poll_at(&self) -> Option<Deadline<Due>> {
        let timeout = self.config.timeout.filter(|timeout| !timeout.is_zero())?;
        match self.phase {
            Phase::Staying { since } => {
                Some(Deadline { at: comes(since.after(timeout))?, reason: Due::Verdict })
            }
            Phase::Leaving(_) => None,
        }
    }

    /// The verdict, if it is due; told once, and nothing takes it back.
    pub fn poll(&mut self, now: Instant) -> Option<Exit> {
        let now = self.clock.clamp(now);
        let at = self.poll_at()?.at;
        if at > now {
            return None;
        }
        if now.since(at) > ASLEEP {
            self.stay(now, Activity::Woke);
            return None;
        }
        let reason = if self.connections == 0 { Reason::NoConnection } else { Reason::NoActivity };
        self.phase = Phase::Leaving(reason);
        Some(Exit { at, reason })
    }

    /// Whether it stays.
    pub const fn status(&self) -> Status {
        match self.phase {
            Phase::Staying { .. } => Status::Staying,
            Phase::Leaving(reason) => Status::Leaving(reason),
        }
    }

    /// What kept the host last.
    pub const fn evidence(&self) -> Evidence {
        self.last
    }

    /// How many clients are attached.
    pub const fn connections(&self) -> u16 {
        self.connections
    }

    /// This counts: the period begins again.
    fn stay(&mut self, now: Instant, activity: Activity) {
        let now = self.clock.clamp(now);
        if let Phase::Staying { since } = &mut self.phase {
            *since = now;
            self.last = Evidence { at: now, activity };
        }
    }
}

impl Config {
    /// 10 m, not strict.
    pub const DEFAULT: Self = Self { timeout: Some(Duration::from_secs(600)), strict: false };
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Reason {
    /// As in events and logs: `no connection`, `no activity`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoConnection => "no connection",
            Self::NoActivity => "no activity",
        }
    }
}
