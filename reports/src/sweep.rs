//! Sweeps with a numeric coordinate: what is drawn along x, and where policies cross.

use dapple_records::{Kpi, SweepPoint};

use crate::experiment::{Experiment, Point, short_path};
use crate::quantity::percent;
use crate::statistics::{Interval, expanded, resamples};

/// Crossings that are marked in a plot.
const CROSSINGS: usize = 8;

/// A sweep along one numeric field; the others make facets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sweep {
    /// The field with its unit, for the axis: `CERN-GRIF.bandwidth [Gbps]`.
    pub(crate) title: String,
    /// The unit in which x is told.
    pub(crate) unit: String,
    /// Whether x is drawn on a logarithmic scale.
    pub(crate) log: bool,
    /// One per combination of the other fields.
    pub(crate) facets: Vec<Facet>,
}

/// Sweep points that differ along x only.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facet {
    /// The other fields, such as `files = 3`; empty where there are none.
    pub(crate) label: String,
    /// (x, index of the sweep point), by x.
    pub(crate) points: Vec<(f64, usize)>,
}

/// Where the mean paired difference of two policies changes its sign.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Crossing {
    /// One policy.
    pub(crate) first: usize,
    /// The other.
    pub(crate) second: usize,
    /// The swept value, linear between sweep points.
    pub(crate) x: f64,
    /// Its bootstrap interval over replications.
    pub(crate) interval: Option<Interval>,
    /// Share of resamples in which the policies cross at all.
    pub(crate) found: f64,
}

impl Sweep {
    /// The numeric coordinate with the most values, where one has at least two.
    pub(crate) fn of(points: &[Point]) -> Option<Self> {
        let paths = points.first()?.coordinates.len();
        let along = |path: usize| axis(points, path).map(|(unit, xs)| (path, unit, xs));
        let mut axes: Vec<(usize, String, Vec<f64>)> = (0..paths).filter_map(along).collect();
        axes.sort_by_key(|(_, _, xs)| std::cmp::Reverse(distinct(xs)));
        let (path, unit, xs) = axes.into_iter().next().filter(|(_, _, xs)| distinct(xs) >= 2)?;
        let mut facets: Vec<Facet> = Vec::new();
        for (index, (point, x)) in points.iter().zip(&xs).enumerate() {
            let mut others = point.clone();
            others.coordinates.remove(path);
            let label = others.label();
            match facets.iter_mut().find(|facet| facet.label == label) {
                Some(facet) => facet.points.push((*x, index)),
                None => facets.push(Facet { label, points: vec![(*x, index)] }),
            }
        }
        for facet in &mut facets {
            facet.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        let name = short_path(&points[0].coordinates[path].path);
        let title = if unit.is_empty() { name.to_owned() } else { format!("{name} [{unit}]") };
        let (low, high) = xs.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &x| (low.min(x), high.max(x)));
        Some(Self { title, unit, log: low > 0.0 && high / low >= 15.0, facets })
    }

    /// A swept value with its unit: `3.2 Gbps`.
    pub(crate) fn value(&self, x: f64) -> String {
        let text = significant(x);
        if self.unit.is_empty() { text } else { format!("{text}\u{a0}{}", self.unit) }
    }
}

/// Three significant digits without trailing zeros.
pub(crate) fn significant(x: f64) -> String {
    let decimals = if x == 0.0 { 0.0 } else { (2.0 - x.abs().log10().floor()).clamp(0.0, 9.0) };
    let text = crate::quantity::number(x, decimals as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Unit and values of a coordinate in the unit of the first point, where all are numbers that can be compared.
fn axis(points: &[Point], path: usize) -> Option<(String, Vec<f64>)> {
    let coordinates: Vec<&SweepPoint> = points.iter().map(|point| &point.coordinates[path]).collect();
    let unit = unit(coordinates.first()?);
    let first = factor(unit);
    let x = |at: &&SweepPoint| {
        let number = at.number.filter(|number| number.is_finite())?;
        if self::unit(at) == unit {
            return Some(number);
        }
        match (first, factor(self::unit(at))) {
            (Some((kind, base)), Some((other, own))) if kind == other => Some(number * own / base),
            _ => None,
        }
    };
    Some((unit.to_owned(), coordinates.iter().map(x).collect::<Option<_>>()?))
}

/// The variant around a number: `Gbps` of `Gbps(10)`, empty where there is none.
fn unit(at: &SweepPoint) -> &str {
    at.text.split_once('(').map_or("", |(unit, _)| unit.trim())
}

/// Base units in the units of scenarios, and what they measure.
fn factor(unit: &str) -> Option<(char, f64)> {
    Some(match unit {
        "Kbps" => ('r', 125.0),
        "Mbps" => ('r', 125e3),
        "Gbps" => ('r', 125e6),
        "Tbps" => ('r', 125e9),
        "MBps" => ('r', 1e6),
        "GBps" => ('r', 1e9),
        "TBps" => ('r', 1e12),
        "B" => ('b', 1.0),
        "kB" => ('b', 1e3),
        "MB" => ('b', 1e6),
        "GB" => ('b', 1e9),
        "TB" => ('b', 1e12),
        "PB" => ('b', 1e15),
        "KiB" => ('b', 1024.0),
        "MiB" => ('b', 1_048_576.0),
        "GiB" => ('b', 1_073_741_824.0),
        "TiB" => ('b', 1_099_511_627_776.0),
        "Nanos" => ('t', 1e-9),
        "Micros" => ('t', 1e-6),
        "Millis" => ('t', 1e-3),
        "Seconds" => ('t', 1.0),
        "Minutes" => ('t', 60.0),
        "Hours" => ('t', 3600.0),
        "Days" => ('t', 86_400.0),
        _ => return None,
    })
}

/// The number of a coordinate in base units where its unit is known, as written otherwise: for the order of points.
pub(crate) fn in_base_unit(at: &SweepPoint) -> Option<f64> {
    at.number.map(|number| number * factor(unit(at)).map_or(1.0, |(_, base)| base))
}

fn distinct(xs: &[f64]) -> usize {
    let mut xs = xs.to_vec();
    xs.sort_by(f64::total_cmp);
    xs.dedup();
    xs.len()
}

/// Crossings of all pairs of up to three policies, of more those with the baseline.
pub(crate) fn marked_crossings(experiment: &Experiment, facet: &Facet) -> Vec<Crossing> {
    let n = experiment.policies.len();
    let pairs: Vec<(usize, usize)> = if n <= 3 {
        (0..n).flat_map(|first| (first + 1..n).map(move |second| (first, second))).collect()
    } else {
        experiment.others().map(|other| (experiment.baseline, other)).collect()
    };
    let found = pairs.into_iter().flat_map(|pair| crossings(experiment, facet, pair, experiment.primary.kpi));
    let mut found: Vec<Crossing> = found.take(CROSSINGS).collect();
    found.sort_by(|a, b| a.x.total_cmp(&b.x));
    found
}

/// A crossing in words: `place = remote at 3.2 Gbps (95 % CI 2.9 to 3.6)`.
pub(crate) fn crossing_words(experiment: &Experiment, sweep: &Sweep, crossing: &Crossing) -> String {
    let (first, second) = (experiment.name(crossing.first), experiment.name(crossing.second));
    let value = sweep.value(crossing.x);
    let interval = crossing.interval.map_or_else(String::new, |interval| {
        let ends = (significant(interval.low), significant(interval.high));
        let found = if crossing.found < 0.975 {
            format!(", in {} % of resamples only", percent(crossing.found))
        } else {
            String::new()
        };
        format!(" (95\u{a0}% CI {} to {}{found})", ends.0, ends.1)
    });
    format!("{first} = {second} at {value}{interval}")
}

/// All crossings of two policies along a facet, over the replications that both have at every point.
fn crossings(experiment: &Experiment, facet: &Facet, pair: (usize, usize), kpi: Kpi) -> Vec<Crossing> {
    let Some((xs, differences)) = paired_differences(experiment, facet, pair, kpi) else { return Vec::new() };
    let n = differences.first().map_or(0, Vec::len);
    let means = |chosen: &[usize]| -> Vec<f64> {
        let mean = |of_point: &Vec<f64>| chosen.iter().map(|&index| of_point[index]).sum::<f64>() / n as f64;
        differences.iter().map(mean).collect()
    };
    let all: Vec<usize> = (0..n).collect();
    let zeros = zeros(&xs, &means(&all));
    let mut nearest = vec![Vec::new(); zeros.len()];
    let (mut tried, mut found) = (0_usize, 0_usize);
    if n >= 2 && !zeros.is_empty() {
        resamples(n, |chosen| {
            let again = self::zeros(&xs, &means(chosen));
            tried += 1;
            found += usize::from(!again.is_empty());
            for (x, near) in zeros.iter().zip(&mut nearest) {
                near.extend(again.iter().copied().min_by(|a, b| (a - x).abs().total_cmp(&(b - x).abs())));
            }
        });
    }
    let found = if tried == 0 { 0.0 } else { found as f64 / tried as f64 };
    let crossing = |(x, near)| Crossing { first: pair.0, second: pair.1, x, interval: expanded(near, n), found };
    zeros.into_iter().zip(nearest).map(crossing).collect()
}

/// Swept values and, for each, the differences in the common replications.
fn paired_differences(
    experiment: &Experiment,
    facet: &Facet,
    (first, second): (usize, usize),
    kpi: Kpi,
) -> Option<(Vec<f64>, Vec<Vec<f64>>)> {
    let values = |policy: usize| -> Vec<Vec<(u32, f64)>> {
        facet.points.iter().map(|&(_, point)| experiment.replicated(point, policy, kpi)).collect()
    };
    let (firsts, seconds) = (values(first), values(second));
    let has = |cells: &[(u32, f64)], number: u32| cells.binary_search_by_key(&number, |(number, _)| *number).ok();
    let everywhere = |number: &u32| firsts.iter().chain(&seconds).all(|cells| has(cells, *number).is_some());
    let common: Vec<u32> = firsts.first()?.iter().map(|(number, _)| *number).filter(everywhere).collect();
    let at = |cells: &[(u32, f64)], number: u32| has(cells, number).map_or(f64::NAN, |index| cells[index].1);
    let differences = firsts.iter().zip(&seconds).map(|(firsts, seconds)| {
        common.iter().map(|&number| at(firsts, number) - at(seconds, number)).collect::<Vec<f64>>()
    });
    let differences = differences.collect();
    (!common.is_empty()).then(|| (facet.points.iter().map(|(x, _)| *x).collect(), differences))
}

/// Where a line through (xs, ys) crosses zero; a stretch of zeros between opposite signs counts where it begins.
fn zeros(xs: &[f64], ys: &[f64]) -> Vec<f64> {
    let mut zeros = Vec::new();
    let (mut last, mut touched): (Option<(f64, f64)>, Option<f64>) = (None, None);
    for (&x, &y) in xs.iter().zip(ys) {
        if y == 0.0 {
            touched = touched.or(Some(x));
            continue;
        }
        if let Some((before, value)) = last.filter(|(_, value)| value * y < 0.0) {
            zeros.push(touched.unwrap_or(before + (x - before) * value / (value - y)));
        }
        (last, touched) = (Some((x, y)), None);
    }
    zeros
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(texts: &[(&str, Option<f64>)]) -> Vec<Point> {
        let point = |&(text, number): &(&str, Option<f64>)| Point {
            coordinates: vec![SweepPoint { path: "links.A-B.bandwidth".into(), text: text.into(), number }],
        };
        texts.iter().map(point).collect()
    }

    #[test]
    fn units_of_one_kind_share_an_axis() {
        let sweep = Sweep::of(&points(&[("Gbps(1)", Some(1.0)), ("Mbps(2500)", Some(2500.0))])).expect("numeric");
        assert_eq!(sweep.title, "A-B.bandwidth [Gbps]");
        assert_eq!(sweep.facets[0].points, [(1.0, 0), (2.5, 1)]);
        assert!(Sweep::of(&points(&[("Gbps(1)", Some(1.0)), ("Hours(2)", Some(2.0))])).is_none());
        assert!(Sweep::of(&points(&[("Fail", None), ("Wait", None)])).is_none());
        assert!(Sweep::of(&points(&[("3", Some(3.0))])).is_none());
    }

    #[test]
    fn a_line_crosses_zero_between_points() {
        assert_eq!(zeros(&[1.0, 2.0, 4.0], &[1.0, -1.0, 1.0]), [1.5, 3.0]);
        assert_eq!(zeros(&[0.0, 1.0, 5.0], &[1.0, 0.0, -1.0]), [1.0]);
        assert!(zeros(&[1.0, 2.0, 3.0], &[1.0, 0.0, 2.0]).is_empty());
        assert_eq!(significant(3.200_01), "3.2");
        assert_eq!(significant(12_345.0), "12\u{202f}345");
    }
}
