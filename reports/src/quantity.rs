//! Figures as people read them: a unit that fits the range, few digits, no exponents.

use dapple_records::{Kpi, KpiInfo};
use dapple_simulator::units::{RATES, SPANS, Units, VOLUMES};

use crate::statistics::{Estimate, Interval, estimate};

/// What a figure measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// Seconds.
    Time,
    /// Bytes.
    Bytes,
    /// Bytes per second.
    Rate,
    /// A share of one.
    Share,
    /// A number of things.
    Count,
}

impl Dimension {
    /// What a KPI measures.
    pub(crate) fn of(kpi: &KpiInfo) -> Self {
        match (kpi.unit, kpi.kpi) {
            ("s", _) => Self::Time,
            ("B", _) => Self::Bytes,
            (_, Kpi::CpuEfficiency | Kpi::BusiestLink) => Self::Share,
            _ => Self::Count,
        }
    }
}

/// What says in which unit figures are shown.
pub trait Shown {
    /// The unit for figures up to `largest`.
    fn scale(self, largest: f64) -> Scale;
}

impl Shown for Dimension {
    fn scale(self, largest: f64) -> Scale {
        Scale::fitting(self, largest)
    }
}

/// This very unit, whatever the figures.
impl Shown for Scale {
    fn scale(self, _: f64) -> Scale {
        self
    }
}

/// Mean of a KPI over replications. Its interval is cut where the KPI cannot be: below 0, and of a share above 1.
pub fn kpi_estimate(kpi: &KpiInfo, values: &[f64]) -> Option<Estimate> {
    let most = if Dimension::of(kpi) == Dimension::Share { 1.0 } else { f64::INFINITY };
    estimate(values).map(|found| found.within(0.0, most))
}

/// A unit and how much of the base unit it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Base units in one unit.
    pub factor: f64,
    /// Its sign; empty for counts.
    pub unit: &'static str,
}

impl Scale {
    /// The unit in which figures up to `largest` (of either sign) are read best.
    pub fn fitting(dimension: Dimension, largest: f64) -> Self {
        let printed = |units: &Units, base: f64| units.printed().map(|(factor, sign)| (factor / base, sign)).collect();
        let units: Vec<(f64, &'static str)> = match dimension {
            Dimension::Time => printed(&SPANS, 1e9),
            Dimension::Bytes => printed(&VOLUMES, 1.0),
            Dimension::Rate => printed(&RATES, 1.0),
            Dimension::Share => vec![(0.01, "%")],
            Dimension::Count => vec![(1.0, "")],
        };
        // Hours are read well up to 72, minutes up to 120, all others up to a thousand of them.
        let enough = |&&(factor, unit): &&(f64, &'static str)| match unit {
            "min" | "h" | "d" => largest.abs() >= 2.0 * factor && (unit != "d" || largest.abs() >= 3.0 * factor),
            _ => largest.abs() >= factor,
        };
        let zero = if dimension == Dimension::Time { 1 } else { 0 };
        let found = if largest == 0.0 { None } else { units.iter().rfind(enough) };
        let &(factor, unit) = found.unwrap_or(if largest == 0.0 { &units[zero] } else { &units[0] });
        Self { factor, unit }
    }

    /// The unit of a KPI of which an experiment has these values: the one for all its figures, wherever they stand. It fits the
    /// middle one, so that a single run that takes for ever does not make zeros of all others.
    pub fn of_kpi(kpi: &KpiInfo, values: impl Iterator<Item = f64>) -> Self {
        let mut sizes: Vec<f64> = values.map(f64::abs).filter(|size| size.is_finite() && *size > 0.0).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        Self::fitting(Dimension::of(kpi), sizes.get(sizes.len() / 2).copied().unwrap_or(0.0))
    }

    /// The unit for differences of figures in this one: those of shares are percentage points, so that none is taken for a relative change.
    pub(crate) fn of_differences(self) -> Self {
        if self.unit == "%" { Self { unit: "pp", ..self } } else { self }
    }

    /// A figure in this unit, with the unit, to three or four significant digits: `39.2 min`.
    pub fn figure(self, value: f64) -> String {
        let shown = self.of(value);
        let decimals = if self.unit.is_empty() && value.fract() == 0.0 { 0 } else { decimals(shown.abs() / 100.0) };
        format!("{}{}", number(shown, decimals), self.suffix())
    }

    /// A figure in this unit, without the unit.
    pub(crate) fn of(self, value: f64) -> f64 {
        value / self.factor
    }

    /// ` min`, or nothing for counts: to stand behind a figure.
    pub fn suffix(self) -> String {
        if self.unit.is_empty() { String::new() } else { format!("\u{a0}{}", self.unit) }
    }

    /// `title [min]`, or the title alone for counts: to stand at an axis.
    pub fn axis_title(self, title: &str) -> String {
        if self.unit.is_empty() { title.to_owned() } else { format!("{title} [{}]", self.unit) }
    }
}

/// A figure with its unit, to three or four significant digits: `39.2 min`.
pub(crate) fn figure(dimension: Dimension, value: f64) -> String {
    Scale::fitting(dimension, value).figure(value)
}

/// Decimals at which figures that stand together show two digits of a typical interval, or three of themselves where
/// there are no intervals.
pub fn common_decimals(scale: Scale, figures: impl Iterator<Item = (f64, Option<Interval>)>) -> usize {
    let (mut logs, mut largest, mut whole) = (Vec::new(), 0.0_f64, true);
    for (value, interval) in figures {
        let half = interval.map_or(0.0, |interval| scale.of((interval.high - interval.low) / 2.0).abs());
        // A width that is rounding only says nothing about digits.
        if half > 1e-9 * scale.of(value).abs() {
            logs.push(half.ln());
        }
        largest = largest.max(scale.of(value).abs());
        whole &= scale.of(value).fract() == 0.0;
    }
    match (crate::statistics::mean(&logs), whole) {
        (Some(log), _) => decimals((log.exp() / 10.0).max(largest / 1e4)),
        (None, true) => 0,
        (None, false) => decimals(largest / 100.0),
    }
}

/// A mean and its interval in one unit: (`39.2`, `38.1 to 40.3`); an interval that is not wider than the last digit is not told.
pub fn with_interval(scale: Scale, decimals: usize, mean: f64, interval: Option<Interval>) -> (String, Option<String>) {
    let ends = |interval: Interval| {
        format!("{} to {}", number(scale.of(interval.low), decimals), number(scale.of(interval.high), decimals))
    };
    let shown = number(scale.of(mean), decimals);
    let span = interval.map(ends).filter(|span| *span != format!("{shown} to {shown}"));
    (shown, span)
}

/// Decimals that show a figure to `precision`.
fn decimals(precision: f64) -> usize {
    if precision > 0.0 && precision.is_finite() { (-precision.log10().floor()).clamp(0.0, 6.0) as usize } else { 0 }
}

/// A figure with four significant digits, or all digits before the point where there are more.
pub fn significant(value: f64) -> String {
    if !value.is_finite() || value == 0.0 {
        return format!("{value}");
    }
    let magnitude = value.abs().log10().floor();
    if !(-5.0..15.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let decimals = (3.0 - magnitude).max(0.0) as usize;
    format!("{value:.decimals$}")
}

/// A figure with three significant digits, without trailing zeros.
pub(crate) fn three_digits(x: f64) -> String {
    let decimals = if x == 0.0 { 0.0 } else { (2.0 - x.abs().log10().floor()).clamp(0.0, 9.0) };
    let text = number(x, decimals as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A figure with so many decimals, a true minus, and thin spaces between thousands from 10 000 on.
pub fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "–".to_owned() } else { format!("{}∞", if value < 0.0 { "−" } else { "" }) };
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), ""), |(whole, rest)| (whole, rest));
    let mut out = String::new();
    if value < 0.0 && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
        out.push('−');
    }
    for (index, digit) in whole.chars().enumerate() {
        if whole.len() > 4 && index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    out
}

/// A whole number with thin spaces between thousands.
pub(crate) fn whole(value: u64) -> String {
    number(value as f64, 0)
}

/// The same with a plus where it is positive.
pub(crate) fn signed(text: String) -> String {
    let zero = !text.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    if zero || text.starts_with('−') { text } else { format!("+{text}") }
}

/// A share in percent: `12`, `1.2`, `0.12`.
pub(crate) fn percent(share: f64) -> String {
    let shown = share * 100.0;
    let decimals = match shown.abs() {
        x if x >= 9.95 => 0,
        x if x >= 0.995 || x == 0.0 => 1,
        _ => 2,
    };
    number(shown, decimals)
}

/// A p-value to stand behind `p`: `= 0.034`, `< 0.001`.
pub(crate) fn p_value(p: f64) -> String {
    match p {
        p if p < 0.001 => "<\u{a0}0.001".to_owned(),
        p if p > 0.9995 => "=\u{a0}1".to_owned(),
        p => format!("=\u{a0}{p:.3}"),
    }
}

/// `1 run`, `2 runs`.
pub(crate) fn counted(n: usize, thing: &str) -> String {
    format!("{}\u{a0}{thing}{}", whole(n as u64), if n == 1 { "" } else { "s" })
}

/// Without the signs of typesetting, for a console and for those who search its output.
pub(crate) fn plain(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ").replace('−', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_four_digits() {
        let written = [0.0, 0.001_234_56, 1.0, 12.345_6, 99_999.9, -2.5, 1e20, f64::NAN].map(significant);
        assert_eq!(written, ["0", "0.001235", "1.000", "12.35", "100000", "-2.500", "1.000e20", "NaN"]);
        assert_eq!([3.200_01, 12_345.0].map(three_digits), ["3.2", "12\u{202f}345"]);
    }

    #[test]
    fn intervals_stay_where_the_quantity_can_be() {
        let ends = |kpi: Kpi, values: &[f64]| {
            let interval = kpi_estimate(kpi.info(), values).and_then(|found| found.interval).expect("two values");
            (interval.low, interval.high)
        };
        let student = estimate(&[0.0, 0.0, 0.0, 12.0]).and_then(|found| found.interval).expect("four values");
        assert!(student.low < -6.0);
        for kpi in [Kpi::JobWait, Kpi::JobsFailed, Kpi::WanBytes] {
            assert_eq!(ends(kpi, &[0.0, 0.0, 0.0, 12.0]), (0.0, student.high), "the upper end stays");
        }
        assert_eq!(ends(Kpi::CpuEfficiency, &[1.0, 0.2]), (0.0, 1.0));
    }

    #[test]
    fn one_run_that_takes_for_ever_does_not_choose_the_unit() {
        let unit = |values: &[f64]| Scale::of_kpi(Kpi::JobTurnaround.info(), values.iter().copied()).unit;
        assert_eq!([unit(&[2000.0, 2200.0, 9e6]), unit(&[0.0, 0.0, 90.0]), unit(&[])], ["min", "s", "s"]);
        let bytes = Scale::of_kpi(Kpi::WanBytes.info(), [21_501_510_057_200.0].into_iter());
        assert_eq!(bytes.figure(21_501_510_057_200.0), "21.5\u{a0}TB");
    }

    #[test]
    fn units_fit_the_range() {
        let cases = [
            (Dimension::Time, 2352.0, "39.2\u{a0}min"),
            (Dimension::Time, 0.25, "250\u{a0}ms"),
            (Dimension::Time, 90.0, "90.0\u{a0}s"),
            (Dimension::Time, 400_000.0, "4.63\u{a0}d"),
            (Dimension::Time, 0.0, "0\u{a0}s"),
            (Dimension::Bytes, 1.234e15, "1.23\u{a0}PB"),
            (Dimension::Share, 0.823, "82.3\u{a0}%"),
            (Dimension::Count, 3_400_000.0, "3\u{202f}400\u{202f}000"),
            (Dimension::Rate, 1.25e9, "1.25\u{a0}GB/s"),
        ];
        for (dimension, value, text) in cases {
            assert_eq!(figure(dimension, value), text);
        }
    }

    #[test]
    fn intervals_set_the_digits() {
        let scale = Scale::fitting(Dimension::Time, 2352.0);
        let interval = Some(Interval { low: 2286.0, high: 2418.0 });
        let decimals = common_decimals(scale, [(2352.0, interval), (12.0, None)].into_iter());
        let (mean, span) = with_interval(scale, decimals, 2352.0, interval);
        assert_eq!((mean.as_str(), span.as_deref()), ("39.2", Some("38.1 to 40.3")));
        assert_eq!(common_decimals(Scale { factor: 1.0, unit: "" }, [(12.0, None)].into_iter()), 0);
        assert_eq!(number(-0.04, 1), "0.0");
        assert_eq!(signed(number(-1.5, 1)), "−1.5");
        assert_eq!(number(f64::NEG_INFINITY, 2), "−∞");
    }
}
