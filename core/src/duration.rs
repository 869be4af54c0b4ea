//! Durations as people write them: `500ms 10s 5m 1h 1h30m`, and `0`, `never` or `off` for none.
//!
//! ```
//! use stillwire::Duration;
//! use stillwire::duration::{Error, parse};
//!
//! assert_eq!(parse("1h30m"), Ok(Some(Duration::from_secs(5_400))));
//! assert_eq!(parse("never"), Ok(None));
//! assert_eq!(parse("500"), Err(Error::NoUnit(500)));
//! assert_eq!(Error::NoUnit(500).to_string(), "500 of what? write 500ms, 500s or 500m");
//! ```

use core::fmt;

use nom::Parser as _;
use nom::bytes::complete::take_while;
use nom::character::complete::digit1;

use crate::time::{Duration, UNITS, Unit, write_number};

/// Why a text is no duration. Its `Display` says what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// Nothing, or only blanks.
    Empty,
    /// Something else than numbers with units.
    NotADuration,
    /// A number without a unit (only `0` needs none).
    NoUnit(u64),
    /// A letter after a number that is no unit.
    UnknownUnit,
    /// A minus sign.
    Negative,
    /// A decimal point.
    Fraction,
    /// `30m1h` or `5s5s`: the units do not go from large to small.
    Order,
    /// More than 2⁶⁴ µs (584,000 years).
    Overflow,
    /// `never` or `off` where a duration is needed ([`parse_span`]).
    Never,
}

/// Reads a duration that may be switched off: None for `0`, `never` and `off`.
///
/// Units are `h`, `m`, `s`, `ms` and `us`, each at most once, from large to small; blanks around the
/// whole are ignored.
pub fn parse(text: &str) -> Result<Option<Duration>, Error> {
    match parse_span(text) {
        Ok(span) if span.is_zero() => Ok(None),
        Err(Error::Never) => Ok(None),
        other => other.map(Some),
    }
}

/// Reads a duration that has to be one: `0` is a span of no length, `never` and `off` are errors.
pub fn parse_span(text: &str) -> Result<Duration, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::Empty);
    }
    if text.eq_ignore_ascii_case("never") || text.eq_ignore_ascii_case("off") {
        return Err(Error::Never);
    }
    if let Some(rest) = text.strip_prefix(['-', '\u{2212}']) {
        let numeric = rest.starts_with(|first: char| first.is_ascii_digit());
        return Err(if numeric { Error::Negative } else { Error::NotADuration });
    }
    let (mut rest, mut total, mut units) = (text.as_bytes(), 0u64, UNITS.as_slice());
    while !rest.is_empty() {
        let (after, count, unit) = part(rest)?;
        if unit.is_empty() {
            // A lone 0 is the same in every unit.
            return if text.bytes().all(|digit| digit == b'0') {
                Ok(Duration::ZERO)
            } else {
                Err(Error::NoUnit(count))
            };
        }
        let (size, smaller) = find_unit(unit, units)?;
        let span = count.checked_mul(size).ok_or(Error::Overflow)?;
        total = total.checked_add(span).ok_or(Error::Overflow)?;
        (rest, units) = (after, smaller);
    }
    Ok(Duration::from_micros(total))
}

/// A number and what follows it up to the next number. (On bytes: nom splits text in a way that could panic.)
fn part(text: &[u8]) -> Result<(&[u8], u64, &str), Error> {
    let mut number_and_unit =
        (digit1::<&[u8], nom::error::Error<&[u8]>>, take_while(|byte: u8| !byte.is_ascii_digit()));
    let (rest, (digits, unit)) = number_and_unit.parse(text).map_err(|_| Error::NotADuration)?;
    let (digits, unit) = (as_text(digits)?, as_text(unit)?);
    let count = digits.parse().map_err(|_| Error::Overflow)?; // digits only: nothing else can be wrong
    Ok((rest, count, unit))
}

/// Text that was cut before and after ASCII digits only, so that it is UTF-8 still.
fn as_text(bytes: &[u8]) -> Result<&str, Error> {
    str::from_utf8(bytes).map_err(|_| Error::NotADuration)
}

/// The size of `unit` in µs, and the units that may follow it.
fn find_unit<'u>(unit: &str, allowed: &'u [Unit]) -> Result<(u64, &'u [Unit]), Error> {
    let mut rest = allowed;
    while let Some((&(name, size), smaller)) = rest.split_first() {
        if name == unit {
            return Ok((size, smaller));
        }
        rest = smaller;
    }
    if UNITS.iter().any(|&(name, _)| name == unit) {
        return Err(Error::Order);
    }
    match unit.chars().next() {
        Some('.' | ',') => Err(Error::Fraction),
        Some(letter) if letter.is_alphabetic() => Err(Error::UnknownUnit),
        _ => Err(Error::NotADuration),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a duration is missing: write one such as 500ms, 10s or 1h30m"),
            Self::NotADuration => f.write_str("not a duration: write one such as 500ms, 10s, 5m or 1h30m"),
            Self::NoUnit(count) => {
                let (before, units) = ([" of what? write ", "ms, ", "s or "], "m");
                for text in before {
                    write_number(f, *count)?;
                    f.write_str(text)?;
                }
                write_number(f, *count)?;
                f.write_str(units)
            }
            Self::UnknownUnit => f.write_str("unknown unit: write h, m, s or ms, as in 1h30m or 500ms"),
            Self::Negative => f.write_str("a duration cannot be negative: write 0 or never to switch it off"),
            Self::Fraction => f.write_str("no fractions: write 1h30m for 1.5h, or 1500ms for 1.5s"),
            Self::Order => f.write_str("each unit once, from large to small: write 1h30m, not 30m1h"),
            Self::Overflow => f.write_str("too long to count: write never if it shall not end"),
            Self::Never => f.write_str("it cannot be switched off: write a duration such as 500ms or 10s"),
        }
    }
}

impl core::error::Error for Error {}
