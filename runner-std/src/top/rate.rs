//! How much a session printed in each of the last seconds.

use stillwire::{Duration, Instant};

/// Seconds that are remembered.
pub(super) const SECONDS: usize = 60;
/// Two lists that are not further apart tell of one stretch of output.
const STRETCH: Duration = Duration::from_millis(2_500);
/// Seconds, the present one included, that make the speed.
const RECENT: usize = 4;
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Bytes in each second.
#[derive(Clone, Debug)]
pub(super) struct Rate {
    bins: [f64; SECONDS],
    /// The second of the last bin.
    last: u64,
    /// What had been printed when it was last told, and when that was.
    printed: Option<(Instant, u64)>,
}

impl Rate {
    /// Nothing is known yet.
    pub(super) const fn new() -> Self {
        Self { bins: [0.0; SECONDS], last: 0, printed: None }
    }

    /// So much had been printed by then.
    pub(super) fn tell(&mut self, now: Instant, printed: u64) {
        self.shift(now);
        let Some((at, before)) = self.printed.replace((now, printed)) else { return };
        let bytes = printed.saturating_sub(before) as f64;
        let passed = now.since(at);
        if bytes > 0.0 && passed > Duration::ZERO && passed < STRETCH {
            // It came evenly, as far as anybody can tell.
            let (from, to) = (seconds(at), seconds(now));
            for back in 0..SECONDS.min(4) {
                let begin = (self.last as f64) - back as f64;
                let overlap = (to.min(begin + 1.0) - from.max(begin)).max(0.0);
                if let Some(bin) = self.bins.get_mut(SECONDS - 1 - back) {
                    *bin += bytes * overlap / (to - from);
                }
            }
        } else {
            if let Some(bin) = self.bins.last_mut() {
                *bin += bytes;
            }
        }
    }

    /// Time goes on.
    pub(super) fn shift(&mut self, now: Instant) {
        let second = now.as_micros() / 1_000_000;
        let by = usize::try_from(second.saturating_sub(self.last)).unwrap_or(SECONDS).min(SECONDS);
        self.bins.rotate_left(by);
        if let Some(new) = self.bins.get_mut(SECONDS - by..) {
            new.fill(0.0);
        }
        self.last = self.last.max(second);
    }

    /// Bytes per second in the last few.
    pub(super) fn speed(&self, now: Instant) -> f64 {
        let recent: f64 = self.bins.get(SECONDS - RECENT..).into_iter().flatten().sum();
        recent / (RECENT as f64 - 1.0 + seconds(now).fract())
    }

    /// Whether anything is to be seen of it.
    pub(super) fn is_flat(&self) -> bool {
        self.bins.iter().all(|&bytes| bytes < 1.0)
    }

    /// The last `columns` seconds as bars, on a logarithmic scale: one step of height is about a factor of four.
    pub(super) fn bars(&self, columns: usize) -> String {
        let bins = self.bins.get(SECONDS.saturating_sub(columns)..).unwrap_or_default();
        let bar = |&bytes: &f64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1–8")]
            let step = (bytes.max(1.0).log2() / 2.0).clamp(1.0, 8.0) as usize;
            BARS[if bytes >= 1.0 { step } else { 0 }]
        };
        bins.iter().map(bar).collect()
    }
}

/// `1.2K/s`, and nothing for nothing.
pub(super) fn spoken(speed: f64) -> String {
    match size(speed) {
        _ if speed < 1.0 => String::new(),
        size => format!("{size}/s"),
    }
}

/// `123`, `1.2K`, `34M`
pub(super) fn size(bytes: f64) -> String {
    let (mut value, mut unit) = (bytes, "");
    for larger in ["K", "M", "G", "T"] {
        if value < 999.5 {
            break;
        }
        (value, unit) = (value / 1_024.0, larger);
    }
    if unit.is_empty() || value >= 9.95 { format!("{value:.0}{unit}") } else { format!("{value:.1}{unit}") }
}

fn seconds(at: Instant) -> f64 {
    at.as_micros() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_told_by_the_second() {
        let at = |millis| Instant::from_millis(millis);
        let mut rate = Rate::new();
        rate.tell(at(10_000), 5_000);
        assert!(rate.is_flat(), "what was before is not known");
        rate.tell(at(11_500), 5_300);
        assert_eq!(rate.bars(3), " ▃▃");
        assert_eq!(spoken(rate.speed(at(11_500))), "86/s", "300 bytes in 3.5 seconds");
        rate.shift(at(14_000));
        assert_eq!(rate.bars(6), " ▃▃   ");
        rate.tell(at(30_000), 1_005_300);
        assert_eq!(rate.bars(2), " █");
        rate.shift(at(200_000));
        assert!(rate.is_flat() && spoken(rate.speed(at(200_000))).is_empty());
    }

    #[test]
    fn sizes_take_five_places() {
        let table = [(0.0, "0"), (999.0, "999"), (1_000.0, "1.0K"), (10_240.0, "10K"), (1_048_000.0, "1.0M")];
        for (bytes, text) in table {
            assert_eq!(size(bytes), text);
        }
    }
}
