//! Where policies cross along a sweep.

use dapple_records::Kpi;

use crate::experiment::Experiment;
use crate::quantity::{percent, three_digits};
use crate::statistics::{Interval, expanded, resamples};
use crate::sweep::{Facet, Sweep};

/// Crossings that are marked in a plot.
const CROSSINGS: usize = 8;

/// Where the mean paired difference of two policies changes its sign.
///
/// What the sweep shows is that it does so between two of its points. Where in between is a guess: what lies between the
/// points has not been simulated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Crossing {
    /// The policy whose figure is less below the crossing.
    pub(crate) below: usize,
    /// The policy whose figure is less above it.
    pub(crate) above: usize,
    /// The sweep points between which it lies: those of the means, and with replications so far apart that they hold 95 % of
    /// the brackets of its bootstrap.
    pub(crate) between: Interval,
    /// The swept value where a line between the two sweep points crosses zero.
    pub(crate) guess: f64,
    /// Share of resamples in which the policies cross this way at all; `None` where there is one replication.
    pub(crate) found: Option<f64>,
}

/// Two sweep points next to each other, or with points without difference between them, at which the difference has opposite signs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bracket {
    between: Interval,
    guess: f64,
    /// Whether the difference is negative at the lower of the points.
    rising: bool,
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
    found.sort_by(|a, b| a.guess.total_cmp(&b.guess));
    found
}

/// A crossing in words: `remote is better up to 0.5, place from 0.7 on; in between they cross (0.66, were it a straight line)`.
pub(crate) fn crossing_words(experiment: &Experiment, sweep: &Sweep, crossing: &Crossing) -> String {
    let (less, more) = (experiment.name(crossing.below), experiment.name(crossing.above));
    let (below, above, is) = match experiment.primary.less_is_better {
        Some(true) => (less, more, "better"),
        Some(false) => (more, less, "better"),
        None => (less, more, "lower"),
    };
    let Interval { low, high } = crossing.between;
    let sure = match crossing.found {
        Some(found) if found < 0.975 => format!("; they cross in {}\u{a0}% of resamples only", percent(found)),
        Some(_) => String::new(),
        None => "; one replication says nothing about chance".to_owned(),
    };
    format!(
        "{below} is {is} up to {}, {above} from {} on; in between they cross ({}, were it a straight line){sure}",
        sweep.value(low),
        sweep.value(high),
        three_digits(crossing.guess)
    )
}

/// All crossings of two policies along a facet, over the replications that both have at every point.
fn crossings(experiment: &Experiment, facet: &Facet, (first, second): (usize, usize), kpi: Kpi) -> Vec<Crossing> {
    let Some((xs, differences)) = paired_differences(experiment, facet, (first, second), kpi) else {
        return Vec::new();
    };
    let n = differences.first().map_or(0, Vec::len);
    let means = |chosen: &[usize]| -> Vec<f64> {
        let mean = |of_point: &Vec<f64>| chosen.iter().map(|&index| of_point[index]).sum::<f64>() / n as f64;
        differences.iter().map(mean).collect()
    };
    let all: Vec<usize> = (0..n).collect();
    let brackets = brackets(&xs, &means(&all));
    let mut nearest: Vec<Vec<Interval>> = vec![Vec::new(); brackets.len()];
    let mut tried = 0_usize;
    if n >= 2 && !brackets.is_empty() {
        resamples(n, |chosen| {
            let again = self::brackets(&xs, &means(chosen));
            tried += 1;
            for (bracket, near) in brackets.iter().zip(&mut nearest) {
                let same = again.iter().filter(|other| other.rising == bracket.rising);
                let closest =
                    same.min_by(|a, b| (a.guess - bracket.guess).abs().total_cmp(&(b.guess - bracket.guess).abs()));
                near.extend(closest.map(|closest| closest.between));
            }
        });
    }
    let crossing = |(bracket, near): (Bracket, Vec<Interval>)| {
        let found = (tried > 0).then(|| near.len() as f64 / tried as f64);
        let (below, above) = if bracket.rising { (first, second) } else { (second, first) };
        Crossing { below, above, between: holding(bracket.between, &near, n), guess: bracket.guess, found }
    };
    brackets.into_iter().zip(nearest).map(crossing).collect()
}

/// The sweep points that hold a bracket and 95 % of those of its resamples. They are sweep points, not values between them.
fn holding(bracket: Interval, resampled: &[Interval], n: usize) -> Interval {
    let (lows, highs): (Vec<f64>, Vec<f64>) = resampled.iter().map(|interval| (interval.low, interval.high)).unzip();
    let low = expanded(lows, n).map_or(bracket.low, |lows| lows.low);
    let high = expanded(highs, n).map_or(bracket.high, |highs| highs.high);
    Interval { low: low.min(bracket.low), high: high.max(bracket.high) }
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

/// Where (xs, ys) changes its sign; a stretch of zeros between opposite signs is part of the bracket, and the guess is its beginning.
fn brackets(xs: &[f64], ys: &[f64]) -> Vec<Bracket> {
    let mut found = Vec::new();
    let (mut last, mut touched): (Option<(f64, f64)>, Option<f64>) = (None, None);
    for (&x, &y) in xs.iter().zip(ys) {
        if y == 0.0 {
            touched = touched.or(Some(x));
            continue;
        }
        if let Some((before, value)) = last.filter(|(_, value)| value * y < 0.0) {
            let guess = touched.unwrap_or(before + (x - before) * value / (value - y));
            found.push(Bracket { between: Interval { low: before, high: x }, guess, rising: value < 0.0 });
        }
        (last, touched) = (Some((x, y)), None);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bracket(low: f64, high: f64, guess: f64, rising: bool) -> Bracket {
        Bracket { between: Interval { low, high }, guess, rising }
    }

    #[test]
    fn a_sign_changes_between_two_points() {
        let twice = brackets(&[1.0, 2.0, 4.0], &[1.0, -1.0, 1.0]);
        assert_eq!(twice, [bracket(1.0, 2.0, 1.5, false), bracket(2.0, 4.0, 3.0, true)]);
        assert_eq!(brackets(&[0.0, 1.0, 5.0], &[1.0, 0.0, -1.0]), [bracket(0.0, 5.0, 1.0, false)]);
        assert!(brackets(&[1.0, 2.0, 3.0], &[1.0, 0.0, 2.0]).is_empty());
    }

    #[test]
    fn chance_widens_a_crossing_to_sweep_points_and_nothing_narrows_it() {
        let point = Interval { low: 2.0, high: 3.0 };
        let one_way = vec![point; 1000];
        assert_eq!(holding(point, &one_way, 10), point);
        let mut both = vec![point; 600];
        both.extend(vec![Interval { low: 1.0, high: 2.0 }; 400]);
        assert_eq!(holding(point, &both, 10), Interval { low: 1.0, high: 3.0 });
        assert_eq!(holding(point, &[], 1), point);
    }
}
