//! The words of the idle verdict: what goes in, what comes out.

use crate::time::{Duration, Instant};

/// How a verdict is reached. All values are per session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// How long nothing may have counted before the session begins to settle. Default 3 s; larger: ends are
    /// told later, pauses are mistaken for ends less often. [`Duration::MAX`]: never idle.
    pub quiet: Duration,
    /// How long it then has to stay so. Default 500 ms. A driver that can, finds out in this time whether the
    /// session is busy or waits for input ([`Hint`]).
    pub confirm: Duration,
    /// What counts as output. Default [`Tier::Visible`].
    pub counts: Tier,
    /// So many novel characters painted by one output wake an idle session. Default 64; larger: a menu that
    /// opens by itself is missed, smaller: a hint wakes.
    pub wake: u32,
    /// What `quiet` is doubled to at most while the session flaps. Default 30 s.
    pub quiet_cap: Duration,
}

/// Which output counts. Each tier is a part of the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Tier {
    /// Any byte, control sequences too.
    Raw,
    /// Printable characters. An animation counts.
    #[default]
    Visible,
    /// Printable characters that were not painted recently. An animation does not count.
    Novel,
}

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Status {
    /// Something.
    Running,
    /// Nothing, or nothing that counts.
    Idle(Reason),
    /// Nothing any more.
    Exited(Exit),
}

/// Why a session is taken to be idle: the strongest sign there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Reason {
    /// Nothing ever came, and nothing was typed.
    NeverActive,
    /// Nothing came for a while; nothing says why.
    Quiet,
    /// The screen is still painted, but nothing on it is new ([`Tier::Novel`] only).
    Repainting,
    /// A shell marked its prompt and no command since.
    AtPrompt,
    /// The foreground job waits in a read of this terminal ([`Hint::Blocked`]).
    AwaitingInput,
    /// The bell rang at the end, and nobody has typed since.
    Bell,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// What the driver can see of the foreground job from outside. It holds until there is activity again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Hint {
    /// It burns CPU at this moment. Holds a session Running as output would, but does not wake one.
    Busy,
    /// It waits in a read of this terminal.
    Blocked,
    /// It does neither.
    Neither,
}

/// What [`super::Idle`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Due {
    /// Nothing may count until then, or the session is not quiet. A driver begins to sample its [`Hint`] here.
    Quiet,
    /// The verdict. A driver gives its [`Hint`] before it polls.
    Confirm,
    /// A screen that was repainted is left alone now.
    Repaint,
    /// There is news already: poll at once.
    News,
}

/// The status changed, or its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Event {
    /// When. For a verdict that was polled late this is when it was due.
    pub at: Instant,
    /// What is now.
    pub status: Status,
}

/// When each kind of thing was seen last; None: never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Evidence {
    /// Any byte of output.
    pub raw: Option<Instant>,
    /// A printable character.
    pub visible: Option<Instant>,
    /// A novel character.
    pub novel: Option<Instant>,
    /// Input by a person.
    pub input: Option<Instant>,
    /// The bell.
    pub bell: Option<Instant>,
}

impl Config {
    /// 3 s, 500 ms, visible, 64 characters, at most 30 s.
    pub const DEFAULT: Self = Self {
        quiet: Duration::from_secs(3),
        confirm: Duration::from_millis(500),
        counts: Tier::Visible,
        wake: 64,
        quiet_cap: Duration::from_secs(30),
    };
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Status {
    /// As in the event lines: `running`, `idle`, `exited`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Idle(_) => "idle",
            Self::Exited(_) => "exited",
        }
    }

    /// Why it is idle, if it is.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::Idle(reason) => Some(reason),
            Self::Running | Self::Exited(_) => None,
        }
    }
}

impl Reason {
    /// As in the event lines: `never_active`, `quiet`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverActive => "never_active",
            Self::Quiet => "quiet",
            Self::Repainting => "repainting",
            Self::AtPrompt => "at_prompt",
            Self::AwaitingInput => "awaiting_input",
            Self::Bell => "bell",
        }
    }
}

impl Tier {
    /// As on the command line: `raw`, `visible`, `novel`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Visible => "visible",
            Self::Novel => "novel",
        }
    }
}
