//! Where policies cross along a sweep.

use std::cmp::Ordering;

use dapple_records::Kpi;

use crate::comparison::exploratory;
use crate::experiment::Experiment;
use crate::quantity::{percent, three_digits};
use crate::statistics::{Interval, expanded, resamples};
use crate::sweep::{Facet, Sweep};

/// Crossings that are marked in a plot.
const CROSSINGS: usize = 8;

/// Where the mean paired difference of two policies changes its sign.
///
/// What the sweep shows is that it does so between two of its points. Where in between is a guess: what lies between the
/// points has not been simulated. A point where the difference is below the smallest relevant one is on neither side, and nothing
/// follows across one where the two cannot be compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Crossing {
    /// The policy whose figure is less below the crossing.
    pub(crate) below: usize,
    /// The policy whose figure is less above it.
    pub(crate) above: usize,
    /// The sweep point from which on `below` is less; `None`: the first one.
    since: Option<f64>,
    /// The sweep point up to which `above` is less; `None`: the last one.
    until: Option<f64>,
    /// The sweep points between which it lies: those of the means, and with replications so far apart that they hold 95 % of
    /// the brackets of its bootstrap.
    pub(crate) between: Interval,
    /// The swept value where a line between the two sweep points crosses zero.
    pub(crate) guess: f64,
    /// Share of resamples in which the policies cross this way at all; `None` where there is one replication.
    pub(crate) found: Option<f64>,
}

/// Two sweep points next to each other, or with points without relevant difference between them, at which the difference has
/// opposite signs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bracket {
    between: Interval,
    guess: f64,
    /// Whether the difference is negative at the lower of the points.
    rising: bool,
    /// The first and the last of the sweep points around it with the signs of its two ends.
    reach: Interval,
}

/// The differences of two policies along a facet.
struct Along {
    /// Swept values.
    xs: Vec<f64>,
    /// By sweep point, the differences in the replications that both have at every point.
    differences: Vec<Vec<f64>>,
    /// By sweep point, the smallest relevant difference.
    relevant: Vec<f64>,
    /// By sweep point, whether the figures are of the same things.
    comparable: Vec<bool>,
}

/// Crossings of all pairs of up to three policies, of more those with the baseline.
pub(crate) fn marked_crossings(experiment: &Experiment, facet: &Facet) -> Vec<Crossing> {
    let n = experiment.policies.len();
    let pairs: Vec<(usize, usize)> = if n <= 3 {
        // The baseline stands second in its pairs: what is relevant is a share of its mean.
        let rank = |policy: usize| (policy == experiment.baseline, policy);
        let all = (0..n).flat_map(|first| (0..n).map(move |second| (first, second)));
        all.filter(|(first, second)| rank(*first) < rank(*second)).collect()
    } else {
        experiment.others().map(|other| (experiment.baseline, other)).collect()
    };
    let found = pairs.into_iter().flat_map(|pair| crossings(experiment, facet, pair, experiment.primary.kpi));
    let mut found: Vec<Crossing> = found.take(CROSSINGS).collect();
    found.sort_by(|a, b| a.guess.total_cmp(&b.guess));
    found
}

/// A crossing in words: `remote is better up to 0.5, place from 0.7 on; in between they cross (0.66, were it a straight line)`. Where
/// the two cross again, or cannot be compared further on, `place from 0.7 to 3`.
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
    let span = |from: f64, to: f64| match from.total_cmp(&to) {
        Ordering::Less => Some(format!("from {} to {}", sweep.value(from), sweep.value(to))),
        Ordering::Equal => Some(format!("at {}", sweep.value(from))),
        // Chance has moved the crossing beyond what is known around it.
        Ordering::Greater => None,
    };
    let before = crossing.since.map_or_else(|| Some(format!("up to {}", sweep.value(low))), |since| span(since, low));
    let after =
        crossing.until.map_or_else(|| Some(format!("from {} on", sweep.value(high))), |until| span(high, until));
    let guess = three_digits(crossing.guess);
    let cross = |between: &str| format!("{between} they cross ({guess}, were it a straight line){sure}");
    match (before, after) {
        (Some(before), Some(after)) => format!("{below} is {is} {before}, {above} {after}; {}", cross("in between")),
        (Some(before), None) => format!("{below} is {is} {before}; {}", cross("then")),
        (None, Some(after)) => format!("{above} is {is} {after}; {}", cross("before")),
        (None, None) => {
            cross(&format!("between {} and {} {below} and {above} change places:", sweep.value(low), sweep.value(high)))
        }
    }
}

/// All crossings of two policies along a facet, over the replications that both have at every point.
fn crossings(experiment: &Experiment, facet: &Facet, (first, second): (usize, usize), kpi: Kpi) -> Vec<Crossing> {
    let Some(along) = Along::of(experiment, facet, (first, second), kpi) else { return Vec::new() };
    let n = along.differences.first().map_or(0, Vec::len);
    let all: Vec<usize> = (0..n).collect();
    let brackets = along.brackets(&all);
    let mut nearest: Vec<Vec<Interval>> = vec![Vec::new(); brackets.len()];
    let mut tried = 0_usize;
    if n >= 2 && !brackets.is_empty() {
        resamples(n, |chosen| {
            let again = along.brackets(chosen);
            tried += 1;
            for (bracket, near) in brackets.iter().zip(&mut nearest) {
                let same = again.iter().filter(|other| other.rising == bracket.rising);
                let closest =
                    same.min_by(|a, b| (a.guess - bracket.guess).abs().total_cmp(&(b.guess - bracket.guess).abs()));
                near.extend(closest.map(|closest| closest.between));
            }
        });
    }
    let held: Vec<Interval> =
        brackets.iter().zip(&nearest).map(|(bracket, near)| holding(&along.xs, bracket.between, near, n)).collect();
    let crossing = |(index, bracket): (usize, &Bracket)| {
        let found = (tried > 0).then(|| nearest[index].len() as f64 / tried as f64);
        let (below, above) = if bracket.rising { (first, second) } else { (second, first) };
        let before = index.checked_sub(1).map(|before| held[before].high);
        let since = before.map_or(bracket.reach.low, |before| before.max(bracket.reach.low));
        let next = held.get(index + 1).map(|next| next.low);
        let until = next.map_or(bracket.reach.high, |next| next.min(bracket.reach.high));
        Crossing {
            below,
            above,
            since: Some(since).filter(|since| Some(since) != along.xs.first()),
            until: Some(until).filter(|until| Some(until) != along.xs.last()),
            between: held[index],
            guess: bracket.guess,
            found,
        }
    };
    brackets.iter().enumerate().map(crossing).collect()
}

/// The sweep points that hold a bracket and 95 % of those of its resamples. They are sweep points, not values between them.
fn holding(xs: &[f64], bracket: Interval, resampled: &[Interval], n: usize) -> Interval {
    let (lows, highs): (Vec<f64>, Vec<f64>) = resampled.iter().map(|interval| (interval.low, interval.high)).unzip();
    let low = expanded(lows, n).map_or(bracket.low, |lows| lows.low).min(bracket.low);
    let high = expanded(highs, n).map_or(bracket.high, |highs| highs.high).max(bracket.high);
    Interval {
        low: xs.iter().copied().rfind(|x| *x <= low).unwrap_or(bracket.low),
        high: xs.iter().copied().find(|x| *x >= high).unwrap_or(bracket.high),
    }
}

impl Along {
    /// `None` where no replication has both at every point.
    fn of(experiment: &Experiment, facet: &Facet, (first, second): (usize, usize), kpi: Kpi) -> Option<Self> {
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
        let share = experiment.manifest.relevant_difference;
        let total = |cells: &[(u32, f64)]| common.iter().map(|&number| at(cells, number)).sum::<f64>();
        let relevant = seconds.iter().map(|cells| share * (total(cells) / common.len() as f64).abs()).collect();
        let (xs, differences) = (facet.points.iter().map(|(x, _)| *x).collect(), differences.collect());
        let mut along = Self { xs, differences, relevant, comparable: vec![true; facet.points.len()] };
        // What does not cross need not be asked whether it can be compared.
        let all: Vec<usize> = (0..common.len()).collect();
        if !common.is_empty() && !along.brackets(&all).is_empty() {
            let paired = experiment.against(second);
            let comparable = |&(_, point): &(f64, usize)| {
                exploratory(&paired, point, first, kpi).is_some_and(|found| found.is_comparable())
            };
            along.comparable = facet.points.iter().map(comparable).collect();
        }
        (!common.is_empty()).then_some(along)
    }

    /// Where the mean of the chosen replications changes its sign.
    fn brackets(&self, chosen: &[usize]) -> Vec<Bracket> {
        let mean = |point: usize| -> f64 {
            chosen.iter().map(|&index| self.differences[point][index]).sum::<f64>() / chosen.len() as f64
        };
        let settled = |point: usize| Some(mean(point)).filter(|_| self.comparable[point]);
        let ys: Vec<Option<f64>> = (0..self.xs.len()).map(settled).collect();
        brackets(&self.xs, &ys, &self.relevant)
    }
}

/// Where (xs, ys) changes its sign; a stretch of points below what is `relevant` between opposite signs is part of the bracket. Nothing
/// follows across a point without a value.
fn brackets(xs: &[f64], ys: &[Option<f64>], relevant: &[f64]) -> Vec<Bracket> {
    let sign = |point: usize| -> Option<bool> {
        ys[point].filter(|y| *y != 0.0 && y.abs() >= relevant[point]).map(|y| y < 0.0)
    };
    let alike = |point: &usize, of: usize| sign(*point) == sign(of);
    let mut found = Vec::new();
    let mut last: Option<usize> = None;
    for here in 0..xs.len() {
        if ys[here].is_none() {
            last = None;
        }
        let Some(is_negative) = sign(here) else { continue };
        if let Some(before) = last.filter(|before| sign(*before) == Some(!is_negative)) {
            let first = (0..=before).rev().take_while(|point| alike(point, before)).last().unwrap_or(before);
            let end = (here..xs.len()).take_while(|point| alike(point, here)).last().unwrap_or(here);
            found.push(Bracket {
                between: Interval { low: xs[before], high: xs[here] },
                guess: zero(&xs[before..=here], &ys[before..=here]),
                rising: !is_negative,
                reach: Interval { low: xs[first], high: xs[end] },
            });
        }
        last = Some(here);
    }
    found
}

/// Where a line from point to point is zero first.
fn zero(xs: &[f64], ys: &[Option<f64>]) -> f64 {
    let step = |(xs, ys): (&[f64], &[Option<f64>])| match (xs, ys) {
        (&[x, next], &[Some(y), Some(after)]) if y * after <= 0.0 => Some(x + (next - x) * y / (y - after)),
        _ => None,
    };
    xs.windows(2).zip(ys.windows(2)).find_map(step).unwrap_or(xs[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bracket(between: [f64; 2], guess: f64, rising: bool, reach: [f64; 2]) -> Bracket {
        let [between, reach] = [between, reach].map(|[low, high]| Interval { low, high });
        Bracket { between, guess, rising, reach }
    }

    fn found(xs: &[f64], ys: &[f64], relevant: f64) -> Vec<Bracket> {
        let ys: Vec<Option<f64>> = ys.iter().map(|y| Some(*y).filter(|y| y.is_finite())).collect();
        brackets(xs, &ys, &vec![relevant; xs.len()])
    }

    #[test]
    fn a_sign_changes_between_two_points() {
        let twice = found(&[1.0, 2.0, 4.0], &[1.0, -1.0, 1.0], 0.0);
        let both = [bracket([1.0, 2.0], 1.5, false, [1.0, 2.0]), bracket([2.0, 4.0], 3.0, true, [2.0, 4.0])];
        assert_eq!(twice, both);
        assert_eq!(found(&[0.0, 1.0, 5.0], &[1.0, 0.0, -1.0], 0.0), [bracket([0.0, 5.0], 1.0, false, [0.0, 5.0])]);
        assert!(found(&[1.0, 2.0, 3.0], &[1.0, 0.0, 2.0], 0.0).is_empty());
    }

    #[test]
    fn what_is_not_relevant_is_on_no_side_and_what_cannot_be_compared_ends_it() {
        let (xs, none) = ([1.0, 2.0, 3.0, 4.0, 5.0], f64::NAN);
        assert!(found(&xs, &[0.1, 0.1, -0.1, -0.1, 0.1], 0.5).is_empty());
        let wide = found(&xs, &[2.0, 0.1, -0.1, -2.0, -2.0], 0.5);
        assert_eq!(wide, [bracket([1.0, 4.0], 2.5, false, [1.0, 5.0])]);
        assert!(found(&xs, &[2.0, 2.0, none, -2.0, -2.0], 0.0).is_empty());
        let before = found(&xs, &[2.0, -2.0, none, -2.0, -2.0], 0.0);
        assert_eq!(before, [bracket([1.0, 2.0], 1.5, false, [1.0, 2.0])]);
    }

    #[test]
    fn chance_widens_a_crossing_to_sweep_points_and_nothing_narrows_it() {
        let point = Interval { low: 2.0, high: 3.0 };
        let xs = [1.0, 2.0, 3.0, 4.0];
        let one_way = vec![point; 1000];
        assert_eq!(holding(&xs, point, &one_way, 10), point);
        let mut both = vec![point; 600];
        both.extend(vec![Interval { low: 1.0, high: 2.0 }; 400]);
        assert_eq!(holding(&xs, point, &both, 10), Interval { low: 1.0, high: 3.0 });
        assert_eq!(holding(&xs, point, &[], 1), point);
        // A quantile that falls between two of them is not told as it is.
        let apart = [Interval { low: 2.0, high: 3.0 }, Interval { low: 2.0, high: 4.0 }];
        assert_eq!(holding(&xs, point, &apart, 10), Interval { low: 2.0, high: 4.0 });
    }
}
