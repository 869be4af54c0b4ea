//! Numbers are written without `core`'s formatting of integers, and come out the same.

use stillwire::duration::{Error, parse};
use stillwire::{Duration, Instant};

fn edges() -> impl Iterator<Item = u64> {
    let powers = (0..20).map(|exponent| 10u64.pow(exponent));
    powers.flat_map(|power| [power - 1, power, power + 1, power.saturating_mul(9)]).chain([0, u64::MAX])
}

#[test]
fn an_instant_is_seconds_with_six_decimals() {
    for micros in edges() {
        let expected = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        assert_eq!(Instant::from_micros(micros).to_string(), expected);
    }
}

#[test]
fn a_duration_reads_back_what_it_writes() {
    for micros in edges().filter(|&micros| micros > 0) {
        let span = Duration::from_micros(micros);
        assert_eq!(parse(&span.to_string()), Ok(Some(span)), "{span}");
    }
    assert_eq!(Duration::from_micros(u64::MAX).to_string(), "5124095576h1m49s551ms615us");
}

#[test]
fn an_error_repeats_the_number_it_is_about() {
    for count in edges() {
        let expected = format!("{count} of what? write {count}ms, {count}s or {count}m");
        assert_eq!(Error::NoUnit(count).to_string(), expected);
    }
}
