//! How long the way there and back takes: [`Rtt`], after RFC 6298.
//!
//! ```text
//!              ping                handle_flushed                 handle_pong
//!   Idle ────────────▶ Queued(nonce) ──────────▶ Flying(nonce, at) ──────────▶ Idle, a sample
//!     ▲                  │                         │
//!     └───── handle_pong ┴─────────────────────────┴─ handle_pong, later than `longest`
//! ```
//!
//! Only the last ping that was sent can give a sample, once, and only by its own nonce (Karn's rule, RFC 6298
//! section 3). An unknown nonce, one answered twice, one that a newer ping overtook and one that was never
//! flushed give none. Neither does an answer that comes later than anyone waits for it: that tells of our own
//! sleep as likely as of the link.

use crate::deadline::Clock;
use crate::time::{Duration, Instant};

/// The shortest [`Rtt::budget`]. RFC 6298 (2.4) rounds up to it too: a shorter wait finds more slow peers
/// than dead ones.
pub const BUDGET_MIN: Duration = Duration::from_secs(1);
/// The longest [`Rtt::budget`], and that of a link that was never measured.
pub const BUDGET_MAX: Duration = Duration::from_secs(5);

/// Smoothed round-trip time and its variation, in whole microseconds. 48 bytes.
///
/// ```
/// use stillwire::link::rtt::Rtt;
/// use stillwire::{Duration, Instant};
///
/// let mut rtt = Rtt::new(Duration::from_secs(15), Instant::ZERO);
/// assert_eq!(rtt.budget(), Duration::from_secs(5)); // nothing is known yet
/// let nonce = rtt.ping();
/// assert!(rtt.handle_flushed(Instant::from_millis(10), nonce));
/// assert_eq!(rtt.handle_pong(Instant::from_millis(410), nonce), Some(Duration::from_millis(400)));
/// assert_eq!(rtt.handle_pong(Instant::from_millis(411), nonce), None); // once
/// assert_eq!(rtt.budget(), Duration::from_millis(1_200)); // 400 + 4 × 200
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rtt {
    longest: Duration,
    clock: Clock,
    ping: Ping,
    estimate: Option<Estimate>,
    last_nonce: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Ping {
    Idle,
    Queued,
    Flying { flushed: Instant },
}

/// In µs; more than 71 minutes are as good as 71 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Estimate {
    srtt: u32,
    rttvar: u32,
}

impl Rtt {
    /// A link that nobody has measured; an answer after more than `longest` is no sample. Make a new one for
    /// each connection: it may take another way.
    pub const fn new(longest: Duration, now: Instant) -> Self {
        Self { longest, clock: Clock::new(now), ping: Ping::Idle, estimate: None, last_nonce: 0 }
    }

    /// The nonce of a ping that is about to be queued. It replaces the one before.
    pub const fn ping(&mut self) -> u32 {
        self.last_nonce = self.last_nonce.wrapping_add(1);
        self.ping = Ping::Queued;
        self.last_nonce
    }

    /// The last byte of the ping has left the queue. False: this is not the ping that was queued last.
    pub fn handle_flushed(&mut self, now: Instant, nonce: u32) -> bool {
        let now = self.clock.clamp(now);
        let queued = self.ping == Ping::Queued && nonce == self.last_nonce;
        if queued {
            self.ping = Ping::Flying { flushed: now };
        }
        queued
    }

    /// A ping was answered. The sample, if it is one.
    pub fn handle_pong(&mut self, now: Instant, nonce: u32) -> Option<Duration> {
        let now = self.clock.clamp(now);
        if !self.is_open(nonce) {
            return None;
        }
        let Ping::Flying { flushed } = core::mem::replace(&mut self.ping, Ping::Idle) else {
            return None; // answered before we knew that it had left
        };
        let sample = now.since(flushed);
        if sample > self.longest {
            return None;
        }
        self.estimate = Some(Estimate::with(self.estimate, micros(sample)));
        Some(sample)
    }

    /// Whether an answer with this nonce is still waited for.
    pub const fn is_open(&self, nonce: u32) -> bool {
        !matches!(self.ping, Ping::Idle) && nonce == self.last_nonce
    }

    /// SRTT, the smoothed round-trip time. None: no sample yet.
    pub fn srtt(&self) -> Option<Duration> {
        self.estimate.map(|estimate| Duration::from_micros(estimate.srtt.into()))
    }

    /// RTTVAR, the smoothed mean deviation from it. None: no sample yet.
    pub fn rttvar(&self) -> Option<Duration> {
        self.estimate.map(|estimate| Duration::from_micros(estimate.rttvar.into()))
    }

    /// How long an answer may take before its silence means something: SRTT + 4·RTTVAR, between
    /// [`BUDGET_MIN`] and [`BUDGET_MAX`].
    pub fn budget(&self) -> Duration {
        self.budget_within(BUDGET_MIN, BUDGET_MAX)
    }

    /// As [`Rtt::budget`], with other bounds; if they contradict, `longest` holds. Before the first sample it
    /// is `longest`, unlike RFC 6298 (2.1), which takes 1 s: a segment sent twice is cheaper than a link torn down.
    pub fn budget_within(&self, shortest: Duration, longest: Duration) -> Duration {
        let wait = self.estimate.map_or(longest, |estimate| {
            Duration::from_micros(u64::from(estimate.srtt).saturating_add(4 * u64::from(estimate.rttvar)))
        });
        wait.max(shortest).min(longest)
    }
}

impl Estimate {
    /// RFC 6298 (2.2) for the first sample, (2.3) with alpha = 1/8 and beta = 1/4 for the next.
    fn with(before: Option<Self>, sample: u32) -> Self {
        let Some(Self { srtt, rttvar }) = before else {
            return Self { srtt: sample, rttvar: sample / 2 };
        };
        let blend = |old: u32, new: u32, parts: u64| {
            // Between old and new, so it fits.
            ((u64::from(old) * (parts - 1) + u64::from(new)) / parts) as u32
        };
        Self { rttvar: blend(rttvar, srtt.abs_diff(sample), 4), srtt: blend(srtt, sample, 8) }
    }
}

fn micros(span: Duration) -> u32 {
    u32::try_from(span.as_micros()).unwrap_or(u32::MAX)
}
