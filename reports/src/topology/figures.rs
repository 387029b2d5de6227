//! Figures of a grid as networks and storage are told.

use dapple_simulator::topology::{LoadCurve, Series, Sharing};
use dapple_simulator::units::{Bytes, RATES, Rate, SimSpan, VOLUMES};

use crate::quantity::{Dimension, figure, three_digits};

/// The law of a DTN.
pub(super) fn curve(curve: &LoadCurve) -> String {
    match curve {
        LoadCurve::Weibull { amplitude, shape, scale } => {
            let (shape, scale) = (three_digits(*shape), three_digits(*scale));
            format!("Weibull A = {}, k = {shape}, λ = {scale}", figure(Dimension::Rate, amplitude.as_bytes_per_s()))
        }
        LoadCurve::Saturating { each, total } => {
            let rate = |rate: &Rate| figure(Dimension::Rate, rate.as_bytes_per_s());
            format!("{} per stream, {} together", rate(each), rate(total))
        }
        LoadCurve::Approach { total, scale } => {
            let total = figure(Dimension::Rate, total.as_bytes_per_s());
            format!("approaches {total}, 63 % of it at {} streams", three_digits(*scale))
        }
        LoadCurve::Tabulated(rates) => format!("table of {} values", rates.len()),
    }
}

/// The rate of what may have none.
pub(super) fn limit(rate: Option<Rate>) -> String {
    rate.map_or_else(|| "unlimited".into(), |rate| bits(rate.as_bytes_per_s()))
}

/// Bandwidth at the start, how often it changes, and who shares it.
pub(super) fn bandwidth(series: &Series<Rate>, sharing: Sharing) -> String {
    let first = bits(series.steps()[0].1.as_bytes_per_s());
    let shared = match sharing {
        Sharing::Shared => "",
        Sharing::WithBack(_) => " half duplex",
        Sharing::PerFlow => " per flow",
    };
    let changes = match series.steps().len() {
        1 => String::new(),
        2 => ", 1 change".to_owned(),
        steps => format!(", {} changes", steps - 1),
    };
    let again = series.period().map_or_else(String::new, |period| format!(" every {period}"));
    format!("{first}{shared}{changes}{again}")
}

/// A rate in bits per second, as networks are told.
pub(super) fn bits(bytes_per_s: f64) -> String {
    if bytes_per_s.is_infinite() {
        return "unlimited".to_owned();
    }
    let fits = RATES.printed_in_bits().rfind(|(factor, _)| bytes_per_s >= *factor);
    let (factor, unit) = fits.unwrap_or((0.125, "bps"));
    format!("{}\u{a0}{unit}", three_digits(bytes_per_s / factor))
}

/// A time of flight.
pub(super) fn latency(span: SimSpan) -> String {
    let seconds = span.as_secs_f64();
    if seconds == 0.0 {
        return "0\u{a0}ms".to_owned();
    }
    let (shown, unit) = if seconds < 1.0 { (seconds * 1e3, "ms") } else { (seconds, "s") };
    format!("{}\u{a0}{unit}", three_digits(shown))
}

/// A volume without needless digits.
pub(super) fn size_of(bytes: Bytes) -> String {
    let value = bytes.as_f64();
    let (factor, unit) = VOLUMES.printed().rfind(|(factor, _)| value >= *factor).unwrap_or((1.0, "B"));
    format!("{}\u{a0}{unit}", three_digits(value / factor))
}
