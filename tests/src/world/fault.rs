//! What goes wrong: the kinds, and how often each comes.

use crate::random::Random;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    StallUp,
    StallDown,
    Stall,
    SilenceUp,
    SilenceDown,
    Silence,
    Reset,
    HalfReset,
    Spike,
    Noise,
    Sleep,
    Stop,
    Throttle,
    Crash,
    Offline,
    Flap,
    Move,
    Deaf,
    Mute,
    Leave,
    Takeover,
    HostSleep,
    HostStop,
    HostRestart,
    StuckPort,
    CutAll,
    Stranger,
    StaleTime,
}

/// All of them.
pub(super) const FAULTS: [Fault; 28] = [
    Fault::StallUp,
    Fault::StallDown,
    Fault::Stall,
    Fault::SilenceUp,
    Fault::SilenceDown,
    Fault::Silence,
    Fault::Reset,
    Fault::HalfReset,
    Fault::Spike,
    Fault::Noise,
    Fault::Sleep,
    Fault::Stop,
    Fault::Throttle,
    Fault::Crash,
    Fault::Offline,
    Fault::Flap,
    Fault::Move,
    Fault::Deaf,
    Fault::Mute,
    Fault::Leave,
    Fault::Takeover,
    Fault::HostSleep,
    Fault::HostStop,
    Fault::HostRestart,
    Fault::StuckPort,
    Fault::CutAll,
    Fault::Stranger,
    Fault::StaleTime,
];

impl Fault {
    /// As in the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::StallUp => "from a client nothing comes for a while",
            Self::StallDown => "to a client nothing comes for a while",
            Self::Stall => "nothing passes for a while",
            Self::SilenceUp => "from a client nothing comes any more, and nobody is told",
            Self::SilenceDown => "to a client nothing comes any more, and nobody is told",
            Self::Silence => "nothing passes any more, and nobody is told",
            Self::Reset => "a connection breaks",
            Self::HalfReset => "a connection breaks, and one side is not told",
            Self::Spike => "a connection becomes slow for a while",
            Self::Noise => "a burst of noise, or on a reliable link a stall",
            Self::Sleep => "a client's machine sleeps; its clock jumps 1 s to 30 days",
            Self::Stop => "a client's process is stopped for a while",
            Self::Throttle => "a client's timers come late for a while",
            Self::Crash => "a client dies in the middle of a frame, and begins anew",
            Self::Offline => "a client loses its network for a while, and is told or not",
            Self::Flap => "a client's network comes and goes, several times",
            Self::Move => "a client changes networks: what it had is dead",
            Self::Deaf => "a client does not read for a while",
            Self::Mute => "a client does not write for a while",
            Self::Leave => "a person leaves, or comes back",
            Self::Takeover => "a person takes over, or only looks from now on",
            Self::HostSleep => "the host's machine sleeps; its clock jumps 1 s to 30 days",
            Self::HostStop => "the host's process is stopped for a while",
            Self::HostRestart => "the host restarts, with another life of the session",
            Self::StuckPort => "the port takes nothing for a while",
            Self::CutAll => "all connections break at once",
            Self::Stranger => "a stranger connects: silent, wrong, or never reading",
            Self::StaleTime => "the clock goes back for a moment",
        }
    }

    pub(super) fn pick(random: &mut Random) -> Self {
        // What concerns everyone is rarer than what concerns one.
        match random.below(300) {
            0..2 => Self::HostRestart,
            2..5 => Self::HostSleep,
            5..9 => Self::HostStop,
            9..11 => Self::CutAll,
            _ => loop {
                let fault = *random.pick(&FAULTS);
                if !matches!(fault, Self::HostRestart | Self::HostSleep | Self::HostStop | Self::CutAll) {
                    break fault;
                }
            },
        }
    }
}

/// Between `least` and `most` µs; short ones are as likely as long ones.
pub(super) fn about(least: u64, most: u64, random: &mut Random) -> u64 {
    let doublings = (most / least).max(1).ilog2() as usize;
    let span = least << random.below(doublings + 1);
    (span + random.bits() % span).min(most)
}
