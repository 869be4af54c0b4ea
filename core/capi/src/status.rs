//! What a session is doing, and why: [`sw_status`], [`sw_evidence`].

use stillwire::Instant;
use stillwire::idle::{Evidence, Exit, Hint, Reason, Status};

use crate::error::{Result, sw_error};

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum sw_state {
    /// Something.
    SW_RUNNING = 0,
    /// Nothing, or nothing that counts: reason says why.
    SW_IDLE = 1,
    /// Nothing any more: it ended by itself, with code.
    SW_EXITED = 2,
    /// Nothing any more: code is the signal that ended it.
    SW_KILLED = 3,
}

/// Why a session is taken to be idle: the strongest sign there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum sw_reason {
    /// It is not idle.
    SW_REASON_NONE = 0,
    /// Nothing ever came, and nothing was typed.
    SW_REASON_NEVER_ACTIVE = 1,
    /// Nothing came for a while; nothing says why.
    SW_REASON_QUIET = 2,
    /// The screen is still painted, but nothing on it is new (SW_TIER_NOVEL only).
    SW_REASON_REPAINTING = 3,
    /// A shell marked its prompt and no command since.
    SW_REASON_AT_PROMPT = 4,
    /// The foreground job waits in a read of this terminal (SW_HINT_BLOCKED).
    SW_REASON_AWAITING_INPUT = 5,
    /// The bell rang at the end, and nobody has typed since.
    SW_REASON_BELL = 6,
    /// One that this version of the interface has no number for.
    SW_REASON_OTHER = 7,
}

/// A status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct sw_status {
    /// What it does.
    pub state: sw_state,
    /// Why it is idle.
    pub reason: sw_reason,
    /// How it ended.
    pub code: i32,
}

/// A status from some time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct sw_change {
    /// Since when. For a verdict that was polled late this is when it was due.
    pub at: u64,
    /// What is now.
    pub status: sw_status,
}

/// Never, as a time.
pub const SW_NEVER: u64 = u64::MAX;

/// When each kind of thing was seen last, or SW_NEVER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct sw_evidence {
    /// Any byte of output.
    pub raw: u64,
    /// A printable character.
    pub visible: u64,
    /// A novel one: not painted a moment ago.
    pub novel: u64,
    /// Input by a person.
    pub input: u64,
    /// The bell.
    pub bell: u64,
}

/// A hint: the foreground job burns CPU at this moment.
pub const SW_HINT_BUSY: u32 = 0;
/// A hint: it waits in a read of this terminal.
pub const SW_HINT_BLOCKED: u32 = 1;
/// A hint: it does neither.
pub const SW_HINT_NEITHER: u32 = 2;

pub(crate) fn hint(hint: u32) -> Result<Hint> {
    match hint {
        SW_HINT_BUSY => Ok(Hint::Busy),
        SW_HINT_BLOCKED => Ok(Hint::Blocked),
        SW_HINT_NEITHER => Ok(Hint::Neither),
        _ => Err(sw_error::SW_E_ARGUMENT),
    }
}

/// How it ended, by a code or by a signal.
pub(crate) fn exit(code: i32, killed: bool) -> Exit {
    if killed { Exit::Signal(code) } else { Exit::Code(code) }
}

pub(crate) fn micros(at: Option<Instant>) -> u64 {
    at.map_or(SW_NEVER, Instant::as_micros)
}

impl sw_status {
    pub(crate) const RUNNING: Self =
        Self { state: sw_state::SW_RUNNING, reason: sw_reason::SW_REASON_NONE, code: 0 };
}

impl From<Status> for sw_status {
    fn from(status: Status) -> Self {
        match status {
            Status::Running => Self::RUNNING,
            Status::Idle(reason) => Self { state: sw_state::SW_IDLE, reason: reason.into(), code: 0 },
            Status::Exited(Exit::Code(code)) => Self { state: sw_state::SW_EXITED, code, ..Self::RUNNING },
            Status::Exited(Exit::Signal(code)) => Self { state: sw_state::SW_KILLED, code, ..Self::RUNNING },
        }
    }
}

impl From<Reason> for sw_reason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::NeverActive => Self::SW_REASON_NEVER_ACTIVE,
            Reason::Quiet => Self::SW_REASON_QUIET,
            Reason::Repainting => Self::SW_REASON_REPAINTING,
            Reason::AtPrompt => Self::SW_REASON_AT_PROMPT,
            Reason::AwaitingInput => Self::SW_REASON_AWAITING_INPUT,
            Reason::Bell => Self::SW_REASON_BELL,
            _ => Self::SW_REASON_OTHER,
        }
    }
}

impl From<Evidence> for sw_evidence {
    fn from(seen: Evidence) -> Self {
        Self {
            raw: micros(seen.raw),
            visible: micros(seen.visible),
            novel: micros(seen.novel),
            input: micros(seen.input),
            bell: micros(seen.bell),
        }
    }
}
