//! Where policies cross along a sweep.

use dapple_records::Kpi;

use crate::experiment::Experiment;
use crate::quantity::{percent, three_digits};
use crate::statistics::{Interval, expanded, resamples};
use crate::sweep::{Facet, Sweep};

/// Crossings that are marked in a plot.
const CROSSINGS: usize = 8;

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
        let ends = (three_digits(interval.low), three_digits(interval.high));
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

    #[test]
    fn a_line_crosses_zero_between_points() {
        assert_eq!(zeros(&[1.0, 2.0, 4.0], &[1.0, -1.0, 1.0]), [1.5, 3.0]);
        assert_eq!(zeros(&[0.0, 1.0, 5.0], &[1.0, 0.0, -1.0]), [1.0]);
        assert!(zeros(&[1.0, 2.0, 3.0], &[1.0, 0.0, 2.0]).is_empty());
    }
}
