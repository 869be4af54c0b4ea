//! Why a connection was closed, with the codes that a WebSocket carries: [`CloseReason`].

/// Why a connection was closed. Stream links carry the same codes in their last frame.
///
/// Codes up to 2999 are those of RFC 6455 §7.4 and the IANA registry; 4000 and up are ours. A browser's page may
/// send only 1000 and 3000–4999; on a dead link it is told 1006, which nobody ever sends.
///
/// ```
/// use stillwire::link::close::{CloseReason, Next};
///
/// assert_eq!(CloseReason::from_code(4000), CloseReason::Superseded);
/// assert_eq!(CloseReason::Superseded.next(), Next::Park); // two clients never fight
/// assert_eq!(CloseReason::from_code(3999).code(), 3999);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CloseReason {
    /// 1000: the session's child exited; there is nothing to come back to. Never for anything else.
    ChildExited,
    /// 1001: the host, or the page, is going away.
    GoingAway,
    /// 1006: the connection broke, or could not be opened. Nobody sends it.
    Abnormal,
    /// 1012: the host restarts.
    Restarting,
    /// 1013: the host has no room for now.
    Full,
    /// 4000: a newer client took over.
    Superseded,
    /// 4001: no sign of life came in time, or no hello.
    HeartbeatLost,
    /// 4002: the host exits because nobody used it.
    IdleExit,
    /// 4003: the token is missing or wrong.
    Unauthorised,
    /// 4004: the other side broke the format.
    ProtocolError,
    /// Any other code.
    Other(u16),
}

/// What a client does about a close by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Next {
    /// Dials again, after the backoff.
    Retry,
    /// Dials again, but not before the time that the host was promised.
    RetryLater,
    /// Nothing, until the user asks: the same again would have the same end.
    Park,
}

impl CloseReason {
    /// The code on the wire.
    pub const fn code(self) -> u16 {
        match self {
            Self::ChildExited => 1000,
            Self::GoingAway => 1001,
            Self::Abnormal => 1006,
            Self::Restarting => 1012,
            Self::Full => 1013,
            Self::Superseded => 4000,
            Self::HeartbeatLost => 4001,
            Self::IdleExit => 4002,
            Self::Unauthorised => 4003,
            Self::ProtocolError => 4004,
            Self::Other(code) => code,
        }
    }

    /// The reason that goes by `code`; [`code`](Self::code) gives the same back.
    pub const fn from_code(code: u16) -> Self {
        match code {
            1000 => Self::ChildExited,
            1001 => Self::GoingAway,
            1006 => Self::Abnormal,
            1012 => Self::Restarting,
            1013 => Self::Full,
            4000 => Self::Superseded,
            4001 => Self::HeartbeatLost,
            4002 => Self::IdleExit,
            4003 => Self::Unauthorised,
            4004 => Self::ProtocolError,
            code => Self::Other(code),
        }
    }

    /// What a client does about it by itself.
    ///
    /// Parked too: what a WebSocket library says of a broken format or a policy (1002, 1003, 1007–1010), because
    /// the next connection would break it again.
    pub const fn next(self) -> Next {
        match self {
            Self::GoingAway | Self::Abnormal | Self::HeartbeatLost => Next::Retry,
            Self::Restarting | Self::Full => Next::RetryLater,
            Self::ChildExited | Self::Superseded | Self::IdleExit => Next::Park,
            Self::Unauthorised | Self::ProtocolError => Next::Park,
            Self::Other(1002 | 1003 | 1007..=1010) => Next::Park,
            Self::Other(_) => Next::Retry,
        }
    }

    /// As in events and logs: `child_exited`, `superseded`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChildExited => "child_exited",
            Self::GoingAway => "going_away",
            Self::Abnormal => "abnormal",
            Self::Restarting => "restarting",
            Self::Full => "full",
            Self::Superseded => "superseded",
            Self::HeartbeatLost => "heartbeat_lost",
            Self::IdleExit => "idle_exit",
            Self::Unauthorised => "unauthorised",
            Self::ProtocolError => "protocol_error",
            Self::Other(_) => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_the_code_of_its_reason() {
        for code in 0..=u16::MAX {
            assert_eq!(CloseReason::from_code(code).code(), code);
        }
    }

    #[test]
    fn what_would_end_the_same_way_again_is_not_retried() {
        for code in [1000, 1002, 1008, 4000, 4002, 4003, 4004] {
            assert_eq!(CloseReason::from_code(code).next(), Next::Park, "{code}");
        }
        for code in [1001, 1005, 1006, 1011, 4001, 4999] {
            assert_eq!(CloseReason::from_code(code).next(), Next::Retry, "{code}");
        }
        for code in [1012, 1013] {
            assert_eq!(CloseReason::from_code(code).next(), Next::RetryLater, "{code}");
        }
    }
}
