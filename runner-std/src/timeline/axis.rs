//! Time along an axis: where the ticks are, and how times read.

use stillwire::{Duration, Instant};

/// Steps between ticks, in seconds, that people can count in.
const STEPS: [f64; 24] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0,
    300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 21600.0,
];

/// The ticks of an axis from 0 to `end` with at most `most` of them, in seconds, and what stands beside them.
pub(super) fn ticks(end: Instant, most: usize) -> Vec<(f64, String)> {
    let seconds = seconds(end);
    let most = most.max(1);
    let fits = |step: &&f64| seconds / **step <= count(most);
    let step = STEPS
        .iter()
        .find(fits)
        .copied()
        .unwrap_or_else(|| (seconds / count(most) / 86_400.0).ceil() * 86_400.0);
    let mut ticks = Vec::new();
    while ticks.len() <= most && count(ticks.len()) * step <= seconds {
        let at = count(ticks.len()) * step;
        ticks.push((at, tick(at)));
    }
    ticks
}

/// An instant in seconds.
pub(super) fn seconds(at: Instant) -> f64 {
    std::time::Duration::from_micros(at.as_micros()).as_secs_f64()
}

/// An instant as it is read off a player: `4.500`, `1:04.500`, `1:01:04.500`.
pub(super) fn clock(at: Instant) -> String {
    let millis = at.as_micros() / 1_000;
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, second) => format!("{second}.{millis:03}"),
        (0, minute, second) => format!("{minute}:{second:02}.{millis:03}"),
        (hour, minute, second) => format!("{hour}:{minute:02}:{second:02}.{millis:03}"),
    }
}

/// A span as it is said: `230ms`, `4.62s`, `1m 04s`, `2h 05m`.
pub(super) fn spoken(span: Duration) -> String {
    let (micros, seconds) = (span.as_micros(), span.as_secs());
    match seconds {
        0 => format!("{}ms", micros / 1_000),
        1..60 => format!("{seconds}.{:02}s", micros / 10_000 % 100),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// A number with thousands separated.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn tick(at: f64) -> String {
    if at < 60.0 {
        let text = format!("{at:.3}");
        return format!("{}s", text.trim_end_matches('0').trim_end_matches('.'));
    }
    let whole = at.round();
    let (hours, minutes, seconds) = ((whole / 3600.0).floor(), (whole / 60.0 % 60.0).floor(), whole % 60.0);
    match (hours > 0.0, seconds > 0.0) {
        (false, false) => format!("{minutes}m"),
        (false, true) => format!("{minutes}:{seconds:02}"),
        (true, _) if minutes > 0.0 => format!("{hours}h{minutes:02}"),
        (true, _) => format!("{hours}h"),
    }
}

/// A small number as a float.
pub(super) fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_numbers_people_count_in() {
        let labels = |end, most| {
            ticks(Instant::from_millis(end), most).into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(labels(9_120, 7), ["0s", "2s", "4s", "6s", "8s"]);
        assert_eq!(labels(150_000, 6), ["0s", "30s", "1m", "1:30", "2m", "2:30"]);
        assert_eq!(labels(0, 6), ["0s"]);
        assert_eq!(labels(5_400_000, 6), ["0s", "15m", "30m", "45m", "1h", "1h15", "1h30"]);
        assert_eq!(labels(86_400_000 * 30, 6).len(), 7);
    }

    #[test]
    fn times_read_as_on_a_player() {
        assert_eq!(clock(Instant::from_micros(4_500_999)), "4.500");
        assert_eq!(clock(Instant::from_millis(3_664_005)), "1:01:04.005");
        assert_eq!(spoken(Duration::from_micros(64_000_000)), "1m 04s");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
