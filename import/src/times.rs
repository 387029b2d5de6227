//! Instants of logs, as whole nanoseconds since 1970.
//!
//! A scenario says of each of its columns how times are written there, and is refused where it is wrong; nobody has said it of a
//! file that is imported, so that here the form is found out, one instant at a time. What is written has one form, nanoseconds.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

const NANOS: i128 = 1_000_000_000;

/// An instant in any form that databases and monitors write: a calendar time (UTC where no zone is written), or a number of
/// seconds, milliseconds, microseconds or nanoseconds since 1970, told by its size: the four differ by a factor of 1000, the
/// years 1973 to 5138 by one of 32. Instants before 1970 and after 2262 are none.
pub(crate) fn instant(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<f64>().is_ok() {
        let unit = match text.parse::<f64>().ok()? {
            number if number < 1e11 => NANOS,
            number if number < 1e14 => 1_000_000,
            number if number < 1e17 => 1_000,
            _ => 1,
        };
        return scaled(text, unit).and_then(|nanos| u64::try_from(nanos).ok()).filter(|nanos| *nanos < i64::MAX as u64);
    }
    let timestamp = text.parse::<Timestamp>().ok().or_else(|| local(text).and_then(utc))?;
    u64::try_from(timestamp.as_nanosecond()).ok()
}

/// Whether a text is a calendar time that names no zone, so that its zone is guessed.
pub(crate) fn names_no_zone(text: &str) -> bool {
    let text = text.trim();
    text.parse::<f64>().is_err() && text.parse::<Timestamp>().is_err() && local(text).is_some()
}

/// What the account says of such times.
pub(crate) const ZONE: &str = "times that name no zone are UTC, as databases and monitors of grids write them";

/// Forms without a zone beside ISO 8601: Oracle's, as in dumps of Rucio (`28-APR-18 10.11.12.345000 AM`, with or without fraction
/// and half of the day), and Kibana's.
const FORMS: [&str; 3] = ["%d-%b-%y %I.%M.%S%.f %p", "%d-%b-%y %H.%M.%S%.f", "%b %d, %Y @ %H:%M:%S%.f"];

fn local(text: &str) -> Option<DateTime> {
    let others = || FORMS.iter().find_map(|form| strtime::parse(form, text).ok()?.to_datetime().ok());
    text.parse().ok().or_else(others)
}

/// `20240107092754.223249`, as NetLogger writes it, UTC.
pub(crate) fn netlogger(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if whole.len() != 14 || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds = utc(strtime::parse("%Y%m%d%H%M%S", whole).ok()?.to_datetime().ok()?)?;
    let nanos = scaled(&format!("0.{fraction}"), NANOS)?;
    u64::try_from(seconds.as_nanosecond() + nanos).ok()
}

/// A number of seconds, not negative.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    scaled(text.trim(), NANOS).and_then(|nanos| u64::try_from(nanos).ok())
}

fn utc(time: DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(time).ok()
}

/// A decimal number times a unit, all digits kept; numbers with exponents as doubles. Not negative.
fn scaled(text: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !whole.is_empty() && whole.len() <= 20 && is_digits(whole) && is_digits(fraction) {
        let digits = &fraction[..fraction.len().min(18)];
        let parts: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        let per = 10_i128.pow(u32::try_from(digits.len()).ok()?);
        return Some(whole.parse::<i128>().ok()? * unit + (parts * unit + per / 2) / per);
    }
    let number: f64 = text.parse().ok()?;
    let nanos = number * unit as f64;
    (0.0..1e19).contains(&nanos).then_some(nanos as i128)
}

/// An instant as a calendar time in UTC, to the second.
pub(crate) fn calendar(nanos: u64) -> Option<String> {
    let timestamp = Timestamp::from_nanosecond(i128::from(nanos)).ok()?;
    Some(timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_all_forms_and_keep_their_nanoseconds() {
        let whole = 1_524_910_272_000_000_000;
        for text in [
            "1524910272",
            "1524910272.0",
            "1524910272000",
            "1524910272000000",
            "1524910272000000000",
            "2018-04-28T10:11:12Z",
            "2018-04-28 10:11:12",
            "2018-04-28T12:11:12+02:00",
            "2018-04-28 10:11:12.000000",
            "28-APR-18 10.11.12.000000 AM",
            "28-APR-18 10.11.12",
            "Apr 28, 2018 @ 10:11:12.000",
        ] {
            assert_eq!(instant(text), Some(whole), "{text}");
        }
        assert_eq!(instant("1524910272.123456789"), Some(whole + 123_456_789));
        assert_eq!(instant("2018-04-28 10:11:12.000000001"), Some(whole + 1));
        let local = ["2018-04-28 10:11:12", "28-APR-18 10.11.12", "Apr 28, 2018 @ 10:11:12.000"];
        assert!(local.into_iter().all(names_no_zone));
        let others = ["1524910272", "2018-04-28T10:11:12Z", "2018-04-28T12:11:12+02:00", "yesterday", ""];
        assert!(!others.into_iter().any(names_no_zone));
        assert_eq!(netlogger("20180428101112.25"), Some(whole + 250_000_000));
        assert_eq!(calendar(whole).as_deref(), Some("2018-04-28T10:11:12Z"));
        for text in ["", "-1", "yesterday", "1e400", "1969-01-01T00:00:00Z", "NaN", "99999999999999999999", "12:30"] {
            assert_eq!(instant(text), None, "{text}");
        }
        assert_eq!((seconds("0.5"), seconds("-1"), seconds("1e3")), (Some(500_000_000), None, Some(1_000_000_000_000)));
    }
}
