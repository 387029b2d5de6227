//! Times and sizes as they stand in logs, read to the nanosecond and the byte.
//!
//! No double is on the way: one that counts nanoseconds since 1970 is 256 ns coarse. The scenario says how a column is written,
//! and a cell that is not written so is told; an import, which has its own reader, finds out how.

use std::borrow::Cow;

use dapple_simulator::units::{SimSpan, UnitOf};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// Forms of calendar time beside ISO 8601: Oracle's, 24 and 12 hours, and Kibana's.
const FORMS: [&str; 3] = ["%d-%b-%y %H.%M.%S%.f", "%d-%b-%y %I.%M.%S%.f %p", "%b %d, %Y @ %H:%M:%S%.f"];

/// Digits that count behind the point: with the largest unit far less than a nanosecond or a byte is lost.
const DECIMALS: usize = 18;
/// Digits in front of the point.
const WHOLE: i64 = 20;

/// Why a cell cannot be read.
pub(crate) type Why = Cow<'static, str>;

/// How a column tells instants.
#[derive(Clone, Debug)]
pub(crate) enum Clock {
    /// It counts in a unit, from whatever instant.
    Counts(UnitOf<SimSpan>),
    /// It tells calendar times, those without a zone of their own in this one.
    Calendar(Option<TimeZone>),
}

impl Clock {
    /// Nanoseconds from the instant that the column counts from, for calendar times 1970; not negative where it counts.
    pub fn read(&self, text: &str) -> Result<i128, Why> {
        match self {
            Self::Counts(unit) => not_negative(text, unit.factor()),
            Self::Calendar(zone) => calendar(text, zone.as_ref()),
        }
    }

    /// As [`Clock::read`], also before the instant that the column counts from.
    pub fn read_any(&self, text: &str) -> Result<i128, Why> {
        match self {
            Self::Counts(unit) => scaled(text, unit.factor()),
            Self::Calendar(_) => self.read(text),
        }
    }

    /// An instant as people read it.
    pub fn written(&self, nanos: i128) -> String {
        match self {
            Self::Counts(unit) => format!("{} {}", decimal(nanos, unit.factor()), unit.name()),
            Self::Calendar(_) => {
                Timestamp::from_nanosecond(nanos).map_or_else(|_| format!("{nanos} ns"), |at| at.to_string())
            }
        }
    }
}

/// A number times a factor, rounded to the nearest whole number.
pub(crate) fn scaled(text: &str, factor: f64) -> Result<i128, Why> {
    // Factors of units are whole and below 10^18, so nothing is lost here.
    let factor = factor as i128;
    let (negative, digits, point) = number(text).ok_or("is not a finite number")?;
    if point > WHOLE && !digits.is_empty() {
        return Err("is too large".into());
    }
    let mut value: i128 = 0;
    for nth in 0..point.max(0) {
        let digit = digits.get(nth as usize).map_or(0, |digit| i128::from(digit - b'0'));
        value = value * 10 + digit;
    }
    let mut part: i128 = 0;
    for nth in 0..DECIMALS as i64 {
        let digit = usize::try_from(point + nth).ok().and_then(|index| digits.get(index));
        part = part * 10 + digit.map_or(0, |digit| i128::from(digit - b'0'));
    }
    let unit = 10_i128.pow(DECIMALS as u32);
    let value = value * factor + (part * factor + unit / 2) / unit;
    Ok(if negative { -value } else { value })
}

/// The same of a number that may not be negative.
pub(crate) fn not_negative(text: &str, factor: f64) -> Result<i128, Why> {
    let value = scaled(text, factor)?;
    // What rounds to nothing was negative all the same, and -0 was not.
    let is_zero = !text.bytes().take_while(|byte| !matches!(byte, b'e' | b'E')).any(|byte| matches!(byte, b'1'..=b'9'));
    if value < 0 || (text.starts_with('-') && !is_zero) { Err("is negative".into()) } else { Ok(value) }
}

/// Sign, digits without leading zeros, and where among them the point stands.
fn number(text: &str) -> Option<(bool, Vec<u8>, i64)> {
    let (negative, text) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i16>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all: Vec<u8> = whole.bytes().chain(part.bytes()).collect();
    if all.is_empty() || !all.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let zeros = all.iter().take_while(|digit| **digit == b'0').count();
    let point = whole.len() as i64 - zeros as i64 + i64::from(exponent);
    Some((negative, all[zeros..].to_vec(), point))
}

/// A whole number over a factor, with as many decimals as it has, up to [`DECIMALS`].
fn decimal(value: i128, factor: f64) -> String {
    let factor = factor as i128;
    let (whole, mut rest) = (value / factor, (value % factor).abs());
    let sign = if value < 0 && whole == 0 { "-" } else { "" };
    let mut text = format!("{sign}{whole}");
    for nth in 0..DECIMALS {
        if rest == 0 {
            break;
        }
        if nth == 0 {
            text.push('.');
        }
        rest *= 10;
        text.push(char::from(b'0' + (rest / factor) as u8));
        rest %= factor;
    }
    text
}

/// Nanoseconds since 1970.
fn calendar(text: &str, zone: Option<&TimeZone>) -> Result<i128, Why> {
    let (local, own) = match Pieces::parse(text) {
        Ok(pieces) => {
            let time = pieces.time().ok_or("names no time of day")?;
            let zone = match pieces.to_numeric_offset() {
                Some(offset) => Some(offset.to_time_zone()),
                None => pieces.to_time_zone().map_err(|_| "names a zone that is not known")?,
            };
            (pieces.date().to_datetime(time), zone)
        }
        Err(_) => (other_form(text).ok_or("is not a calendar time (columns of numbers have a `unit`)")?, None),
    };
    let zone = own.as_ref().or(zone).ok_or("names no zone, and the column has no `zone` for it")?;
    let found = zone.to_ambiguous_timestamp(local);
    match found.offset() {
        AmbiguousOffset::Unambiguous { .. } => {}
        AmbiguousOffset::Fold { .. } => return Err("comes twice in its zone, where clocks are set back".into()),
        AmbiguousOffset::Gap { .. } => return Err("never comes in its zone, where clocks are set forward".into()),
    }
    found.unambiguous().map(Timestamp::as_nanosecond).map_err(|_| "is too far away".into())
}

fn other_form(text: &str) -> Option<DateTime> {
    FORMS.iter().find_map(|form| BrokenDownTime::parse(form, text).ok()?.to_datetime().ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_exactly() {
        for (text, factor, expected) in [
            ("1737396640000000001", 1.0, Ok(1_737_396_640_000_000_001)),
            ("1737396640.000000001", 1e9, Ok(1_737_396_640_000_000_001)),
            ("1.737396640000000001e9", 1e9, Ok(1_737_396_640_000_000_001)),
            ("1737396640000.5", 1e6, Ok(1_737_396_640_000_500_000)),
            ("+.5", 1e9, Ok(500_000_000)),
            ("5.", 60e9, Ok(300_000_000_000)),
            ("0.0000000004", 1e9, Ok(0)),
            ("0.0000000005", 1e9, Ok(1)),
            ("-0.0", 1e9, Ok(0)),
            ("00012e-1", 1e3, Ok(1200)),
            ("1e-400", 1e9, Ok(0)),
            ("0e400", 1e9, Ok(0)),
            ("1e21", 1.0, Err("is too large")),
            ("123456789012345678901", 1.0, Err("is too large")),
        ] {
            assert_eq!(scaled(text, factor), expected.map_err(Cow::from), "{text}");
        }
        for text in ["", "x", "NaN", "inf", "1,5", "1 000", "-", ".", "e5", "1e", "0x10", "--1", "1.2.3"] {
            assert_eq!(scaled(text, 1.0), Err("is not a finite number".into()), "{text}");
        }
        for (text, is_negative) in [("-1", true), ("-1e-30", true), ("-0", false), ("-0e5", false), ("0", false)] {
            assert_eq!(not_negative(text, 1.0).is_err(), is_negative, "{text}");
        }
    }

    #[test]
    fn calendar_times_are_read_in_their_zone() {
        let nanos = 1_737_396_640_123_456_000_i128;
        let zone = |name: &str| TimeZone::get(name).expect("it is known");
        for (text, its) in [
            ("2025-01-20T18:10:40.123456Z", None),
            ("2025-01-20 18:10:40.123456+00:00", None),
            ("2025-01-20T19:10:40.123456+01:00", Some("America/New_York")),
            ("2025-01-20T19:10:40.123456[Europe/Zurich]", None),
            ("2025-01-20T18:10:40.123456", Some("UTC")),
            ("2025-01-20 19:10:40.123456", Some("Europe/Zurich")),
            ("20-JAN-25 18.10.40.123456", Some("UTC")),
            ("20-JAN-25 06.10.40.123456 PM", Some("UTC")),
            ("Jan 20, 2025 @ 18:10:40.123456", Some("UTC")),
        ] {
            assert_eq!(calendar(text, its.map(zone).as_ref()), Ok(nanos), "{text}");
        }
        assert_eq!(calendar("2025-01-20 18:10:40", Some(&TimeZone::UTC)), Ok(1_737_396_640_000_000_000));
        assert_eq!(calendar("1969-12-31T23:59:59Z", None), Ok(-1_000_000_000));
        let zurich = zone("Europe/Zurich");
        for (text, its, why) in [
            ("2025-01-20T18:10:40", None, "names no zone"),
            ("2025-01-20", Some(&zurich), "no time of day"),
            ("2025-10-26 02:30:00", Some(&zurich), "comes twice"),
            ("2025-03-30 02:30:00", Some(&zurich), "never comes"),
            ("2025-13-20 18:10:40", Some(&zurich), "is not a calendar time"),
            ("1737396640", Some(&zurich), "is not a calendar time"),
            ("yesterday", Some(&zurich), "is not a calendar time"),
            ("20/01/2025 18:10:40", Some(&zurich), "is not a calendar time"),
        ] {
            assert!(calendar(text, its).is_err_and(|told| told.contains(why)), "{text}");
        }
        // An offset settles what comes twice.
        assert!(calendar("2025-10-26 02:30:00+02:00", Some(&zurich)).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_written_reads_again(nanos in 0..i128::from(i64::MAX), unit in 0..7usize) {
            let factor = dapple_simulator::units::SPANS.all[unit].factor;
            let text = decimal(nanos, factor);
            // Minutes, hours and days of so many nanoseconds have no end behind the point: rounding finds them again.
            prop_assert_eq!(scaled(&text, factor), Ok(nanos), "{}", text);
            prop_assert_eq!(scaled(&format!("-{text}"), factor), Ok(-nanos), "{}", text);
        }
    }
}
