//! What both ways of waiting have in common: epoll on Linux, poll(2) everywhere.

use rustix::event::Timespec;
use stillwire::{Duration, Instant};

use super::now;

/// What is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Something can be read, or the other side has gone.
    pub read: bool,
    /// Something can be written.
    pub write: bool,
}

/// A descriptor that is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// As given when interest was declared.
    pub token: u64,
    /// Reading will not block. True too if the other side has gone: reading tells.
    pub read: bool,
    /// Writing will not block. True too if the other side has gone: writing tells.
    pub write: bool,
}

/// A descriptor as a poller knows it; whoever owns the descriptor keeps one beside it.
#[derive(Debug)]
pub struct Source {
    /// Comes back in [`Ready`].
    pub token: u64,
    pub(super) interest: Interest,
}

impl Interest {
    /// Nothing: the descriptor is not known to the poller, so that not even a hangup wakes it.
    pub const NONE: Self = Self { read: false, write: false };
    /// Input only.
    pub const READ: Self = Self { read: true, write: false };

    /// Whether there is none.
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }
}

impl Source {
    /// A descriptor that no poller knows yet.
    pub const fn new(token: u64) -> Self {
        Self { token, interest: Interest::NONE }
    }
}

/// From now until then as the kernel wants it, rounded up to its milliseconds: waking before a deadline would only
/// mean to sleep again. At most 2³¹ − 1 ms, 24 days.
pub(super) fn timeout(until: Option<Instant>) -> Option<Timespec> {
    let millis = until?.since(now()).as_micros().div_ceil(1_000).min(i32::MAX as u64);
    let seconds = i64::try_from(millis / 1_000).unwrap_or(0);
    Some(Timespec { tv_sec: seconds, tv_nsec: i64::try_from(millis % 1_000).unwrap_or(0) * 1_000_000 })
}

/// Whether the machine slept: the clock of the time since boot ran ahead of that of the time awake.
#[derive(Debug)]
pub struct Nap {
    ahead: Duration,
}

/// So far ahead counts as sleep; less is the difference of two readings.
const SLEPT: Duration = Duration::from_secs(2);

impl Nap {
    /// From now on.
    pub fn new() -> Self {
        Self { ahead: super::asleep() }
    }

    /// Whether it slept since it was last asked.
    pub fn is_over(&mut self) -> bool {
        self.judge(super::asleep())
    }

    fn judge(&mut self, ahead: Duration) -> bool {
        let slept = ahead.as_micros().saturating_sub(self.ahead.as_micros());
        self.ahead = ahead;
        slept > SLEPT.as_micros()
    }
}

impl Default for Nap {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_told_once_and_jitter_is_none() {
        let mut nap = Nap { ahead: Duration::from_secs(100) };
        assert!(!nap.judge(Duration::from_secs(101)));
        assert!(nap.judge(Duration::from_secs(3_700)));
        assert!(!nap.judge(Duration::from_secs(3_700)));
        assert!(!Nap::new().is_over(), "nobody closed the lid of this machine");
    }

    #[test]
    fn a_timeout_never_ends_early_and_never_overflows() {
        assert!(timeout(None).is_none());
        let soon = timeout(Some(now().after(Duration::from_micros(1)))).unwrap();
        assert!(soon.tv_sec == 0 && soon.tv_nsec <= 1_000_000 && soon.tv_nsec % 1_000_000 == 0);
        assert_eq!(timeout(Some(Instant::ZERO)).map(|time| (time.tv_sec, time.tv_nsec)), Some((0, 0)));
        assert_eq!(timeout(Some(Instant::MAX)).unwrap().tv_sec, 2_147_483);
    }
}
