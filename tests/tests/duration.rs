//! Durations: read as written, refused with what to write instead.

use stillwire::Duration;
use stillwire::duration::{Error, parse, parse_span};
use stillwire_tests::random::Random;

const MS: u64 = 1_000;
const S: u64 = 1_000 * MS;
const M: u64 = 60 * S;
const H: u64 = 60 * M;

#[test]
fn durations_are_read() {
    for (text, micros) in [
        ("500ms", 500 * MS),
        ("10s", 10 * S),
        ("5m", 5 * M),
        ("1h", H),
        ("1h30m", H + 30 * M),
        ("1h30m5s20ms7us", H + 30 * M + 5 * S + 20 * MS + 7),
        ("90m", 90 * M),
        ("1ms", MS),
        ("1m1ms", M + MS),
        (" 3s\n", 3 * S),
        ("007s", 7 * S),
        ("18446744073709551615us", u64::MAX),
    ] {
        assert_eq!(parse(text), Ok(Some(Duration::from_micros(micros))), "{text}");
        assert_eq!(parse_span(text), Ok(Duration::from_micros(micros)), "{text}");
    }
}

#[test]
fn off_has_three_names() {
    for text in ["0", "never", "off", "Never", "OFF", " 0 ", "0s", "0ms", "00"] {
        assert_eq!(parse(text), Ok(None), "{text}");
    }
    assert_eq!(parse_span("0"), Ok(Duration::ZERO));
    assert_eq!(parse_span("0h"), Ok(Duration::ZERO));
    assert_eq!(parse_span("never"), Err(Error::Never));
}

#[test]
fn what_is_wrong_is_said() {
    for (text, error) in [
        ("", Error::Empty),
        (" \t", Error::Empty),
        ("500", Error::NoUnit(500)),
        ("1h30", Error::NoUnit(30)),
        ("-5s", Error::Negative),
        ("-1", Error::Negative),
        ("−5s", Error::Negative),
        ("5x", Error::UnknownUnit),
        ("5S", Error::UnknownUnit),
        ("1d", Error::UnknownUnit),
        ("5sec", Error::UnknownUnit),
        ("5µs", Error::UnknownUnit),
        ("1.5h", Error::Fraction),
        ("1,5h", Error::Fraction),
        ("30m1h", Error::Order),
        ("5s5s", Error::Order),
        ("18446744073709551616us", Error::Overflow),
        ("99999999999999999999s", Error::Overflow),
        ("5124095577h", Error::Overflow),
        ("18446744073709551615us1us", Error::Order),
        ("18446744073709s551616us", Error::Overflow),
        ("soon", Error::NotADuration),
        ("s", Error::NotADuration),
        ("-", Error::NotADuration),
        ("--5s", Error::NotADuration),
        ("5 s", Error::NotADuration),
        ("+5s", Error::NotADuration),
        ("5s!", Error::UnknownUnit),
        ("٣s", Error::NotADuration),
    ] {
        assert_eq!(parse(text), Err(error), "{text}");
        assert!(error.to_string().contains("write"), "{error}");
    }
}

#[test]
fn what_is_displayed_is_read_back() {
    let mut rng = Random::new(1);
    for _ in 0..10_000 {
        let span = Duration::from_micros(rng.bits() >> rng.below(64));
        assert_eq!(parse_span(&span.to_string()), Ok(span), "{span}");
    }
    assert_eq!(Duration::from_secs(5_400).to_string(), "1h30m");
    assert_eq!(Duration::ZERO.to_string(), "0s");
}

#[test]
fn no_text_makes_it_fall_over() {
    let mut rng = Random::new(2);
    let letters: Vec<char> = "0123456789hmsu .-,µneverof\u{0}é".chars().collect();
    for _ in 0..50_000 {
        let text: String = (0..rng.below(12)).map(|_| *rng.pick(&letters)).collect();
        let _ = parse(&text);
    }
}
