//! What programs say out loud: [`sw_signal`].

use stillwire::scan::{Progress, PromptMark, Signal};

/// What a program said out loud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum sw_signal_kind {
    /// Nothing.
    SW_SIGNAL_NONE = 0,
    /// BEL, outside a control string.
    SW_SIGNAL_BELL = 1,
    /// OSC 133 or 633 A: a prompt begins.
    SW_SIGNAL_PROMPT_START = 2,
    /// B: the prompt is written, the user may type.
    SW_SIGNAL_COMMAND_START = 3,
    /// C: the command line was accepted, its output begins.
    SW_SIGNAL_COMMAND_EXECUTED = 4,
    /// D: the command is done. Value: its exit code.
    SW_SIGNAL_COMMAND_FINISHED = 5,
    /// OSC 9;4: no progress bar.
    SW_SIGNAL_PROGRESS_CLEAR = 6,
    /// Value: so many per cent, 0 to 100.
    SW_SIGNAL_PROGRESS = 7,
    /// Something failed. Value: how far it had come.
    SW_SIGNAL_PROGRESS_ERROR = 8,
    /// Busy, no telling for how long.
    SW_SIGNAL_PROGRESS_INDETERMINATE = 9,
    /// Paused, or a warning. Value: how far it had come.
    SW_SIGNAL_PROGRESS_PAUSED = 10,
    /// A desktop notification is asked for (OSC 9, 99 or 777).
    SW_SIGNAL_NOTIFICATION = 11,
    /// A new window title (OSC 0 or 2).
    SW_SIGNAL_TITLE = 12,
    /// The alternate screen. Value: 1 it is entered, 0 it is left.
    SW_SIGNAL_ALTERNATE_SCREEN = 13,
    /// A synchronised update (private mode 2026). Value: 1 it begins, 0 it ends.
    SW_SIGNAL_SYNCHRONIZED_UPDATE = 14,
    /// The terminal is asked for an answer, which will come as if it were typed.
    SW_SIGNAL_QUERY = 15,
}

/// The value of a signal that could have one and was not told it.
pub const SW_SIGNAL_UNKNOWN: i32 = i32::MIN;

/// A signal with what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct sw_signal {
    /// Which.
    pub kind: sw_signal_kind,
    /// As its kind says, SW_SIGNAL_UNKNOWN if the program did not; 0 for kinds without one.
    pub value: i32,
}

impl sw_signal {
    pub(crate) const NONE: Self = Self { kind: sw_signal_kind::SW_SIGNAL_NONE, value: 0 };
}

impl From<Signal> for sw_signal {
    fn from(signal: Signal) -> Self {
        use sw_signal_kind::*;
        let percent = |percent: Option<u8>| percent.map_or(SW_SIGNAL_UNKNOWN, i32::from);
        let (kind, value) = match signal {
            Signal::Bell => (SW_SIGNAL_BELL, 0),
            Signal::Prompt(PromptMark::PromptStart) => (SW_SIGNAL_PROMPT_START, 0),
            Signal::Prompt(PromptMark::CommandStart) => (SW_SIGNAL_COMMAND_START, 0),
            Signal::Prompt(PromptMark::CommandExecuted) => (SW_SIGNAL_COMMAND_EXECUTED, 0),
            Signal::Prompt(PromptMark::CommandFinished { exit }) => {
                (SW_SIGNAL_COMMAND_FINISHED, exit.unwrap_or(SW_SIGNAL_UNKNOWN))
            }
            Signal::Progress(Progress::Clear) => (SW_SIGNAL_PROGRESS_CLEAR, 0),
            Signal::Progress(Progress::Percent(done)) => (SW_SIGNAL_PROGRESS, i32::from(done)),
            Signal::Progress(Progress::Error(done)) => (SW_SIGNAL_PROGRESS_ERROR, percent(done)),
            Signal::Progress(Progress::Indeterminate) => (SW_SIGNAL_PROGRESS_INDETERMINATE, 0),
            Signal::Progress(Progress::Paused(done)) => (SW_SIGNAL_PROGRESS_PAUSED, percent(done)),
            Signal::Notification => (SW_SIGNAL_NOTIFICATION, 0),
            Signal::Title => (SW_SIGNAL_TITLE, 0),
            Signal::AlternateScreen(on) => (SW_SIGNAL_ALTERNATE_SCREEN, i32::from(on)),
            Signal::SynchronizedUpdate(on) => (SW_SIGNAL_SYNCHRONIZED_UPDATE, i32::from(on)),
            Signal::Query => (SW_SIGNAL_QUERY, 0),
        };
        Self { kind, value }
    }
}
