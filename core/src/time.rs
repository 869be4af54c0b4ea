//! Time as the core sees it: an [`Instant`] and a [`Duration`], both whole microseconds in a `u64`.
//!
//! The core never reads a clock. The driver reads one and hands `now` to every call, so the origin
//! of an `Instant` is the driver's choice: boot, start of the session, or zero in a simulation.
//! All arithmetic saturates; 2⁶⁴ µs are 584,000 years, so saturation is a guard and not a feature.

use core::fmt::{self, Write};
use core::ops::{Add, AddAssign, Sub};

/// A point in time: microseconds since an origin that the driver chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Instant(u64);

/// A span of time in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Duration(u64);

impl Instant {
    /// The origin.
    pub const ZERO: Self = Self(0);
    /// The latest instant that can be written.
    pub const MAX: Self = Self(u64::MAX);

    /// The instant `micros` microseconds after the origin.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The instant `millis` milliseconds after the origin.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// The instant `secs` seconds after the origin.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the origin.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[cfg_attr(target_pointer_width = "32", inline(never))] // its many small copies would be half a kilobyte
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }

    /// This instant plus `span`, at most [`Instant::MAX`].
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub const fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest span that can be written.
    pub const MAX: Self = Self(u64::MAX);

    /// A span of `micros` microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// A span of `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// A span of `secs` seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// The span in microseconds.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The span in whole milliseconds, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// The span in whole seconds, rounded down.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// The span times `factor`, at most [`Duration::MAX`].
    pub const fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }

    /// Whether the span is zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        self.after(span)
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, span: Duration) {
        *self = self.after(span);
    }
}

impl Sub for Instant {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Duration {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl From<core::time::Duration> for Duration {
    /// Saturates at [`Duration::MAX`]; nanoseconds are cut off.
    fn from(span: core::time::Duration) -> Self {
        Self(u64::try_from(span.as_micros()).unwrap_or(u64::MAX))
    }
}

impl From<Duration> for core::time::Duration {
    fn from(span: Duration) -> Self {
        Self::from_micros(span.0)
    }
}

/// Seconds with six decimals, as in the event lines: `4.500000`.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_number(f, self.0 / 1_000_000)?;
        f.write_char('.')?;
        write_digits(f, self.0 % 1_000_000, 100_000)
    }
}

/// As one writes it: `1h30m`, `500ms`, `3s500ms`; what [`crate::duration::parse`] reads. Zero is `0s`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        for (unit, size) in UNITS {
            if rest >= size {
                let count = rest.checked_div(size).unwrap_or(0); // no size is zero
                write_number(f, count)?;
                f.write_str(unit)?;
                rest = rest.saturating_sub(count.saturating_mul(size));
            }
        }
        Ok(())
    }
}

/// Writes `number` in decimal, as `Display` of `u64` does; that one links a panic on small targets.
pub(crate) fn write_number(out: &mut impl Write, number: u64) -> fmt::Result {
    let mut unit = 1u64;
    while let Some(larger) = unit.checked_mul(10).filter(|larger| *larger <= number) {
        unit = larger;
    }
    write_digits(out, number, unit)
}

/// Writes the digits of `number` from that of `unit`, a power of ten, down to the last.
fn write_digits(out: &mut impl Write, number: u64, mut unit: u64) -> fmt::Result {
    while unit > 0 {
        out.write_char(char::from(b'0' + (number / unit % 10) as u8))?;
        unit /= 10;
    }
    Ok(())
}

/// The units that durations are written in, and their microseconds; largest first.
pub(crate) const UNITS: [Unit; 5] =
    [("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];

/// A unit's name and its microseconds.
pub(crate) type Unit = (&'static str, u64);
