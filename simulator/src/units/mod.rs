//! The quantities of a grid: instants, spans, bytes and rates, each a type of its own.
//!
//! Simulated time is a whole number of nanoseconds, so instants compare, hash and add exactly; a run of
//! [`SimTime::MAX`] would last 584 years. Rates are doubles in bytes per second. A division of bytes by a
//! rate rounds **up** to the next nanosecond: rounded down, a flow would keep a fraction of a byte and never end.

mod written;

pub use written::{Amount, Quantity, RATES, SPANS, Unit, UnitOf, Units, VOLUMES};

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Sub, SubAssign};

/// Nanoseconds in a second.
pub const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// An instant: nanoseconds since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(u64);

impl SimTime {
    /// The start of every run.
    pub const ZERO: Self = Self(0);
    /// The last instant that can be told, 584 years after the start.
    pub const MAX: Self = Self(u64::MAX);

    /// The instant `nanos` nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the start.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The instant `seconds` after the start, rounded to the nearest nanosecond; negative and NaN give zero.
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self(nanos_from(seconds, f64::round))
    }

    /// Seconds since the start, for reports and laws.
    pub fn as_secs_f64(self) -> f64 {
        seconds(self.0)
    }

    /// The span from `earlier` to this instant, zero where `earlier` is later.
    pub const fn since(self, earlier: Self) -> SimSpan {
        SimSpan(self.0.saturating_sub(earlier.0))
    }
}

/// A span of simulated time in nanoseconds, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimSpan(u64);

impl SimSpan {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest span, 584 years.
    pub const MAX: Self = Self(u64::MAX);

    /// A span of `nanos` nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The span in nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// A span of `seconds`, rounded to the nearest nanosecond; negative and NaN give zero.
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self(nanos_from(seconds, f64::round))
    }

    /// A span of `seconds`, rounded up to the next nanosecond; negative and NaN give zero.
    pub fn from_secs_f64_up(seconds: f64) -> Self {
        Self(nanos_from(seconds, f64::ceil))
    }

    /// The span in seconds.
    pub fn as_secs_f64(self) -> f64 {
        seconds(self.0)
    }
}

/// A volume of data in bytes. MB and GB are powers of ten here: 1 MB = 10^6 B.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(u64);

impl Bytes {
    /// No bytes.
    pub const ZERO: Self = Self(0);

    /// A volume of `bytes` bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The volume in bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// `bytes` rounded to the nearest whole byte; negative and NaN give zero.
    pub fn from_f64(bytes: f64) -> Self {
        Self(bytes.round() as u64)
    }

    /// A volume of `megabytes` · 10^6 bytes, rounded to the nearest byte.
    pub fn from_megabytes(megabytes: f64) -> Self {
        Self::from_f64(megabytes * 1e6)
    }

    /// The volume as a double, for laws.
    pub fn as_f64(self) -> f64 {
        self.0 as f64
    }

    /// This volume less `other`, zero where `other` is larger.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// A sum of volumes to which volumes come and from which they go: exact where [`Bytes`] would stop at 2^64 - 1, and so would go
/// below zero when all are gone.
///
/// ```
/// use dapple_simulator::units::{Bytes, Total};
/// let (mut total, most) = (Total::default(), Bytes::new(u64::MAX));
/// total += most;
/// total += most;
/// assert_eq!(total.bytes(), most);
/// total -= most;
/// total -= most;
/// assert_eq!(total, Total::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Total(u128);

impl Total {
    /// The sum as a volume, 2^64 - 1 bytes at most.
    pub fn bytes(self) -> Bytes {
        Bytes(u64::try_from(self.0).unwrap_or(u64::MAX))
    }
}

/// A rate in bytes per second: finite or infinite, never NaN, never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// Nothing moves.
    pub const ZERO: Self = Self(0.0);
    /// No limit.
    pub const INFINITE: Self = Self(f64::INFINITY);

    /// A rate in bytes per second; NaN and negative values give zero.
    pub fn from_bytes_per_s(bytes_per_s: f64) -> Self {
        Self(if bytes_per_s > 0.0 { bytes_per_s } else { 0.0 })
    }

    /// A rate of `mb` · 10^6 bytes per second.
    pub fn from_mb_per_s(mb: f64) -> Self {
        Self::from_bytes_per_s(mb * 1e6)
    }

    /// The rate in bytes per second.
    pub const fn as_bytes_per_s(self) -> f64 {
        self.0
    }
}

fn seconds(nanos: u64) -> f64 {
    // Split, so that whole seconds stay exact far beyond 2^53 ns.
    (nanos / NANOS_PER_SECOND) as f64 + (nanos % NANOS_PER_SECOND) as f64 / NANOS_PER_SECOND as f64
}

fn nanos_from(seconds: f64, round: fn(f64) -> f64) -> u64 {
    // Split likewise: a double keeps nanoseconds only up to 104 days. Casts saturate and send NaN to zero.
    let whole = seconds.floor().max(0.0);
    let fraction = if seconds > 0.0 && seconds.is_finite() { seconds - whole } else { 0.0 };
    (whole as u64).saturating_mul(NANOS_PER_SECOND).saturating_add(round(fraction * NANOS_PER_SECOND as f64) as u64)
}

impl Add<SimSpan> for SimTime {
    type Output = Self;
    /// Saturates at [`SimTime::MAX`].
    fn add(self, span: SimSpan) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Add for SimSpan {
    type Output = Self;
    /// Saturates at [`SimSpan::MAX`].
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for SimSpan {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Mul<u64> for SimSpan {
    type Output = Self;
    /// Saturates at [`SimSpan::MAX`].
    fn mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Add for Bytes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Bytes {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Bytes {
    type Output = Self;
    /// # Panics
    /// Where `other` is larger: a volume is never negative, so the caller's books are wrong.
    fn sub(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).expect("volumes never go negative"))
    }
}

impl SubAssign for Bytes {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

impl From<Bytes> for Total {
    fn from(bytes: Bytes) -> Self {
        Self(u128::from(bytes.0))
    }
}

impl Add for Total {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        // 2^64 of the largest volumes.
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Total {
    type Output = Self;
    /// # Panics
    /// Where `other` is larger: the caller's books are wrong.
    fn sub(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).expect("volumes never go negative"))
    }
}

impl AddAssign<Bytes> for Total {
    fn add_assign(&mut self, bytes: Bytes) {
        *self = *self + bytes.into();
    }
}

impl SubAssign<Bytes> for Total {
    fn sub_assign(&mut self, bytes: Bytes) {
        *self = *self - bytes.into();
    }
}

impl Sum for Total {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), Add::add)
    }
}

impl Div<Rate> for Bytes {
    type Output = SimSpan;
    /// Time to move these bytes at `rate`, rounded up; [`SimSpan::MAX`] at rate zero.
    fn div(self, rate: Rate) -> SimSpan {
        if self.0 == 0 { SimSpan::ZERO } else { SimSpan::from_secs_f64_up(self.as_f64() / rate.0) }
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SimSpan(self.0).fmt(f)
    }
}

impl fmt::Display for SimSpan {
    /// Whole days, hours, minutes and seconds: `1d 02:03:04.500`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / NANOS_PER_SECOND;
        if seconds >= 86_400 {
            write!(f, "{}d ", seconds / 86_400)?;
        }
        let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
        let millis = self.0 % NANOS_PER_SECOND / 1_000_000;
        write!(f, "{hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60)
    }
}

impl fmt::Display for Total {
    /// As [`Bytes`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes().fmt(f)
    }
}

impl fmt::Display for Bytes {
    /// Three significant digits and a decimal unit: `2.50 GB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.as_f64();
        let fitting = VOLUMES.printed().rfind(|(factor, _)| bytes >= *factor);
        let (factor, unit) = fitting.unwrap_or((1.0, "B"));
        let value = bytes / factor;
        let decimals = if factor == 1.0 || value >= 100.0 {
            0
        } else if value >= 10.0 {
            1
        } else {
            2
        };
        write!(f, "{value:.decimals$} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_over_rate_round_up() {
        assert_eq!(Bytes::new(1) / Rate::from_bytes_per_s(3e9), SimSpan::from_nanos(1));
        assert_eq!(Bytes::new(3) / Rate::from_bytes_per_s(1e9), SimSpan::from_nanos(3));
        assert_eq!(Bytes::new(3) / Rate::ZERO, SimSpan::MAX);
        assert_eq!(Bytes::ZERO / Rate::ZERO, SimSpan::ZERO);
    }

    #[test]
    fn a_year_keeps_its_nanoseconds() {
        let year = SimTime::from_nanos(31_557_600 * NANOS_PER_SECOND + 7);
        assert_eq!(year.since(SimTime::from_nanos(31_557_600 * NANOS_PER_SECOND)), SimSpan::from_nanos(7));
        assert_eq!(SimTime::from_secs_f64(31_557_600.0).as_nanos(), 31_557_600 * NANOS_PER_SECOND);
        assert_eq!(SimTime::from_secs_f64(f64::NAN), SimTime::ZERO);
        assert_eq!(SimTime::from_secs_f64(f64::INFINITY), SimTime::MAX);
        assert_eq!(SimTime::from_secs_f64(-1.5), SimTime::ZERO);
    }

    #[test]
    fn quantities_print_for_people() {
        assert_eq!(SimTime::from_secs_f64(93_784.5).to_string(), "1d 02:03:04.500");
        assert_eq!(Bytes::from_megabytes(2500.0).to_string(), "2.50 GB");
        assert_eq!(Bytes::new(12).to_string(), "12 B");
    }
}
