//! Tells systemd that the loop still turns (`WatchdogSec=`; sd_watchdog_enabled(3)).

use stillwire::{Duration, Instant};

use crate::os;

/// When to tell it next, if it wants to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Watchdog(Option<(Duration, Instant)>);

impl Watchdog {
    /// As systemd's variables say, if they mean this process.
    pub(super) fn from_environment() -> Self {
        let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
        let ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        Self::new(number("WATCHDOG_USEC").filter(|_| ours))
    }

    /// Twice as often as it has to be: a turn of the loop may take its time.
    fn new(micros: Option<u64>) -> Self {
        let every = micros.map(|micros| Duration::from_micros((micros / 2).max(1_000)));
        Self(every.map(|every| (every, Instant::ZERO)))
    }

    pub(super) fn poll_at(self) -> Option<Instant> {
        self.0.map(|(_, at)| at)
    }

    /// Tells it, if it is time.
    pub(super) fn poll(&mut self, now: Instant) -> bool {
        let Some((every, at)) = &mut self.0 else { return false };
        let due = *at <= now;
        if due {
            *at = now.after(*every);
            os::notify("WATCHDOG=1");
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_in_time_and_only_if_it_wants() {
        let mut dog = Watchdog::new(Some(2_000_000));
        assert!(dog.poll(Instant::from_millis(5)) && !dog.poll(Instant::from_millis(1_004)));
        assert_eq!(dog.poll_at(), Some(Instant::from_millis(1_005)));
        assert!(dog.poll(Instant::from_millis(9_000)));
        assert_eq!(dog.poll_at(), Some(Instant::from_millis(10_000)), "one that was late is not made up for");
        assert_eq!(Watchdog::new(None).poll_at(), None);
    }
}
