//! What systemd wants to be told: that the host serves, that its loop still turns (`WatchdogSec=`), that it ends (sd_notify(3),
//! sd_watchdog_enabled(3)). Nobody waits for it: what it does not take at once is told when it does.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::os::fd::AsFd as _;

use stillwire::{Duration, Instant};

use super::server::kind;
use crate::os::{Interest, Notify, Poller, Source};

const BEAT: &str = "WATCHDOG=1";

/// Whoever started this host and wants to know what becomes of it.
#[derive(Debug)]
pub(super) struct Supervisor {
    notify: Notify,
    source: Source,
    /// States that it has not taken yet, in order.
    waiting: VecDeque<&'static str>,
    watchdog: Watchdog,
}

impl Supervisor {
    /// As systemd's variables say, if they mean this process.
    pub(super) fn from_environment() -> Option<Self> {
        let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
        let ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        Self::new(&std::env::var_os("NOTIFY_SOCKET")?, number("WATCHDOG_USEC").filter(|_| ours))
    }

    fn new(socket: &OsStr, watchdog: Option<u64>) -> Option<Self> {
        let notify = Notify::connect(socket).ok()?;
        let (source, watchdog) = (Source::new(kind::SUPERVISOR), Watchdog::new(watchdog));
        Some(Self { notify, source, waiting: VecDeque::new(), watchdog })
    }

    /// Tells it, now or when it listens again.
    pub(super) fn tell(&mut self, poller: &mut Poller, state: &'static str) {
        self.waiting.push_back(state);
        self.flush(poller);
    }

    /// Tells it what waits, as far as it listens.
    pub(super) fn flush(&mut self, poller: &mut Poller) {
        while self.waiting.front().is_some_and(|state| self.notify.send(state)) {
            self.waiting.pop_front();
        }
        let want = Interest { read: false, write: !self.waiting.is_empty() };
        let _ = poller.set(self.notify.as_fd(), &mut self.source, want);
    }

    pub(super) fn poll_at(&self) -> Option<Instant> {
        self.watchdog.0.map(|(_, at)| at)
    }

    /// Tells it that the loop turns, if it is time. While it takes nothing, one such word waits and no more.
    pub(super) fn poll(&mut self, now: Instant, poller: &mut Poller) {
        if self.watchdog.poll(now) && self.waiting.back() != Some(&BEAT) {
            self.tell(poller, BEAT);
        }
    }
}

/// When to tell it next that the loop turns, if it wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Watchdog(Option<(Duration, Instant)>);

impl Watchdog {
    /// Twice as often as it has to be: a turn of the loop may take its time.
    fn new(micros: Option<u64>) -> Self {
        let every = micros.map(|micros| Duration::from_micros((micros / 2).max(1_000)));
        Self(every.map(|every| (every, Instant::ZERO)))
    }

    fn poll(&mut self, now: Instant) -> bool {
        let Some((every, at)) = &mut self.0 else { return false };
        let due = *at <= now;
        if due {
            *at = now.after(*every);
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
        assert_eq!(dog.0.map(|(_, at)| at), Some(Instant::from_millis(1_005)));
        assert!(dog.poll(Instant::from_millis(9_000)));
        assert_eq!(
            dog.0.map(|(_, at)| at),
            Some(Instant::from_millis(10_000)),
            "one that was late is not made up for"
        );
        assert!(!Watchdog::new(None).poll(Instant::MAX));
    }

    #[cfg(all(target_os = "linux", not(feature = "portable")))]
    #[test]
    fn one_that_does_not_listen_stops_nobody_and_hears_everything_later() {
        use std::os::unix::net::UnixDatagram;

        let path = std::env::temp_dir().join(format!("stillwire-notify-{}", std::process::id()));
        let listener = UnixDatagram::bind(&path).unwrap();
        let other = UnixDatagram::unbound().unwrap();
        other.set_nonblocking(true).unwrap();
        let mut noise = 0;
        while other.send_to(b"noise", &path).is_ok() {
            noise += 1;
        }
        let mut poller = Poller::new().unwrap();
        let mut supervisor = Supervisor::new(path.as_os_str(), Some(2_000)).unwrap();
        supervisor.tell(&mut poller, "READY=1");
        for millis in 1..=100 {
            supervisor.poll(Instant::from_millis(millis), &mut poller);
        }
        let heard = || {
            let mut word = [0; 64];
            let count = listener.recv(&mut word).unwrap();
            String::from_utf8_lossy(&word[..count]).into_owned()
        };
        assert!((0..noise).all(|_| heard() == "noise"));
        let ready = poller.wait(None).unwrap();
        assert!(ready.iter().any(|ready| ready.token == kind::SUPERVISOR && ready.write));
        supervisor.flush(&mut poller);
        supervisor.tell(&mut poller, "STOPPING=1");
        assert_eq!((heard(), heard(), heard()), ("READY=1".into(), BEAT.into(), "STOPPING=1".into()));
        assert!(poller.wait(Some(Instant::ZERO)).unwrap().is_empty(), "nothing waits any more");
        std::fs::remove_file(&path).unwrap();
    }
}
