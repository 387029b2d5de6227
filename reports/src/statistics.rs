//! Means, paired differences and how sure they are.
//!
//! Policies are compared on the same random numbers, so replication `k` of one is paired with replication `k`
//! of the other, and what counts is the mean of the differences. Intervals of means are Student's; intervals of
//! differences are bootstrapped between [`BOOTSTRAP_FROM`] and 200 pairs, with the percentiles widened as Hesterberg
//! (2015) does, so that they are no narrower than Student's for normal data; with fewer or more pairs they are Student's.
//! P-values are those of paired t-tests. Differences that are all equal have no spread to test with: theirs is that of the sign test, and
//! they have no interval.

use dapple_models::distributions::student_t_half_width;
use dapple_models::statistics::{PairedDifferences, replications_for};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use statrs::distribution::{ContinuousCDF, Normal};

pub use dapple_models::statistics::{Interval, holm, mean, quantile, sample_sd};

/// Level of all intervals.
pub const LEVEL: f64 = 0.95;
/// Number of pairs from which on intervals of differences are bootstrapped.
pub const BOOTSTRAP_FROM: usize = 8;
/// Number of pairs up to which they are; of more, the mean is as good as normal and Student's interval the same.
const BOOTSTRAP_TO: usize = 200;
/// Resamples of a bootstrap.
const RESAMPLES: usize = 4000;
/// Power at which the number of replications is said to settle a comparison.
const POWER: f64 = 0.8;
/// Seed of all bootstraps: a report has the same bytes each time it is built.
const SEED: u64 = 0x6461_7070_6c65;

/// A mean and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Number of values.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Student's interval of the mean; `None` below two values.
    pub interval: Option<Interval>,
}

impl Estimate {
    /// The same of a quantity that is never outside these limits, its interval cut there. The mean of such a quantity is not outside
    /// either, so what is cut off cannot hold it: the interval covers the mean as often as Student's does.
    #[must_use]
    pub fn within(self, low: f64, high: f64) -> Self {
        let cut = |ends: Interval| Interval { low: ends.low.max(low), high: ends.high.min(high) };
        Self { interval: self.interval.map(cut), ..self }
    }
}

/// Mean of the differences between paired values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Number of pairs.
    pub n: usize,
    /// Mean of the differences, first less second.
    pub mean: f64,
    /// Standard deviation of the differences; `None` below two pairs.
    pub sd: Option<f64>,
    /// Interval of the mean; `None` below two pairs.
    pub interval: Option<Interval>,
    /// Means of the first and the second over these pairs.
    pub means: (f64, f64),
    /// Mean difference over the mean of the second; `None` where that is zero.
    pub relative: Option<f64>,
    /// Interval of the same.
    pub relative_interval: Option<Interval>,
    /// Two-sided p-value of the paired t-test, of the sign test where all differences are equal; `None` below two pairs.
    pub p: Option<f64>,
}

/// Mean with Student's interval; `None` of nothing. Values that are all equal have no interval.
pub fn estimate(values: &[f64]) -> Option<Estimate> {
    if let Some(value) = constant(values) {
        return Some(Estimate { n: values.len(), mean: value, interval: None });
    }
    let center = mean(values)?;
    let interval = sample_sd(values).map(|sd| student(center, sd, values.len()));
    Some(Estimate { n: values.len(), mean: center, interval })
}

/// The value that all have; `None` of nothing, and where one differs. A mean of equal values can miss them by rounding.
pub fn constant(values: &[f64]) -> Option<f64> {
    let first = *values.first()?;
    values.iter().all(|value| *value == first).then_some(first)
}

/// Compares pairs of (first, second); `None` of nothing.
pub fn paired(pairs: &[(f64, f64)]) -> Option<Paired> {
    let differences: Vec<f64> = pairs.iter().map(|(first, second)| first - second).collect();
    let n = pairs.len();
    let fixed = constant(&differences);
    let center = fixed.or_else(|| mean(&differences))?;
    let sd = fixed.filter(|_| n > 1).map_or_else(|| sample_sd(&differences), |_| Some(0.0));
    let total = |pick: fn(&(f64, f64)) -> f64| pairs.iter().map(pick).sum::<f64>();
    let means = (total(|pair| pair.0) / n as f64, total(|pair| pair.1) / n as f64);
    let whole = means.1.abs();
    let relative = (whole > 0.0).then(|| center / whole);
    let student = sd.filter(|_| fixed.is_none()).map(|sd| student(center, sd, n));
    let (interval, relative_interval) = if fixed.is_some() || !(BOOTSTRAP_FROM..=BOOTSTRAP_TO).contains(&n) {
        let shares = student.filter(|_| whole > 0.0);
        (student, shares.map(|interval| Interval { low: interval.low / whole, high: interval.high / whole }))
    } else {
        bootstrap_paired(pairs, &differences)
    };
    let p = no_difference(&differences);
    let relative_interval = relative.and(relative_interval);
    Some(Paired { n, mean: center, sd, interval, means, relative, relative_interval, p })
}

/// P-value of two one-sided paired t-tests: that the mean of the first is not between (1 - `share`) and (1 + `share`) times that of
/// the second. Below 5 %, the two are equal within that share. `None` below two pairs.
///
/// Each pair is weighed against its own second value, so that the mean of the second need not be known exactly.
pub fn equivalence(pairs: &[(f64, f64)], share: f64) -> Option<f64> {
    let against = |factor: f64| -> Vec<f64> { pairs.iter().map(|(first, second)| first - factor * second).collect() };
    let (above_low, _) = one_sided(&against(1.0 - share))?;
    let (_, below_high) = one_sided(&against(1.0 + share))?;
    Some(above_low.max(below_high))
}

/// Two-sided p-value of "the mean of these differences is zero": of the paired t-test, of the sign test where all are equal; `None` below two.
pub fn no_difference(differences: &[f64]) -> Option<f64> {
    one_sided(differences).map(|(above, below)| (2.0 * above.min(below)).min(1.0))
}

/// P-values of "the mean is not above zero" and "it is not below zero"; `None` below two values. Equal values have no spread: theirs are
/// those of the sign test.
fn one_sided(values: &[f64]) -> Option<(f64, f64)> {
    if let Some(value) = constant(values).filter(|_| values.len() > 1) {
        let sign = 0.5_f64.powi(i32::try_from(values.len()).unwrap_or(i32::MAX));
        let p = |right: bool| if right { sign } else { 1.0 };
        return Some((p(value > 0.0), p(value < 0.0)));
    }
    let test = PairedDifferences::from_differences(values).ok()?.t_test()?;
    let (near, far) = (test.p / 2.0, 1.0 - test.p / 2.0);
    Some(if test.t > 0.0 { (near, far) } else { (far, near) })
}

fn bootstrap_paired(pairs: &[(f64, f64)], differences: &[f64]) -> (Option<Interval>, Option<Interval>) {
    let (mut centers, mut shares) = (Vec::with_capacity(RESAMPLES), Vec::with_capacity(RESAMPLES));
    resamples(pairs.len(), |chosen| {
        let sum: f64 = chosen.iter().map(|&index| differences[index]).sum();
        let base: f64 = chosen.iter().map(|&index| pairs[index].1).sum();
        centers.push(sum / pairs.len() as f64);
        if base != 0.0 {
            shares.push(sum / base.abs());
        }
    });
    (expanded(centers, pairs.len()), expanded(shares, pairs.len()))
}

/// Hands `each` the indices of one resample after the other, the same ones for the same `n`.
pub fn resamples(n: usize, mut each: impl FnMut(&[usize])) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let mut chosen = vec![0; n];
    for _ in 0..if n == 0 { 0 } else { RESAMPLES } {
        chosen.fill_with(|| rng.random_range(0..n));
        each(&chosen);
    }
}

/// Percentile interval of resampled statistics of `n` values, widened to Student's width.
pub fn expanded(mut statistics: Vec<f64>, n: usize) -> Option<Interval> {
    statistics.sort_unstable_by(f64::total_cmp);
    let df = n.checked_sub(1)? as f64;
    let tail = normal().cdf(-student_t_half_width(LEVEL, df)? * (n as f64 / df).sqrt());
    Some(Interval { low: quantile(&statistics, tail)?, high: quantile(&statistics, 1.0 - tail)? })
}

/// Replications that would settle a comparison in `POWER` of all cases, if mean and spread stay as they are and
/// `comparisons` are corrected for: they would show that the difference is there, or, where it is below `relevant` (in the unit of the
/// difference), that it is. `None` where no number would.
pub fn replications_needed(difference: &Paired, relevant: f64, comparisons: usize) -> Option<u64> {
    let sd = difference.sd?;
    let alpha = (1.0 - LEVEL) / comparisons.max(1) as f64;
    let size = difference.mean.abs();
    // Of two one-sided tests the one at the nearer limit decides.
    let (effect, alpha) = if size < relevant { (relevant - size, 2.0 * alpha) } else { (size, alpha) };
    if sd == 0.0 {
        // The sign test: 2 · 0.5^n < alpha, strictly.
        return (effect > 0.0).then(|| (2.0 / alpha).log2().floor() as u64 + 1);
    }
    // The normal approximation asks for about two too few.
    replications_for(sd, effect, alpha, POWER).ok().flatten().map(|n| n + 2)
}

fn student(center: f64, sd: f64, n: usize) -> Interval {
    let t = student_t_half_width(LEVEL, (n - 1) as f64).unwrap_or(f64::INFINITY);
    Interval::around(center, t * sd / (n as f64).sqrt())
}

fn normal() -> Normal {
    Normal::new(0.0, 1.0).expect("a standard deviation of 1 is positive")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_pairs_have_students_interval() {
        // Sleep data of Student (1908), paired: mean -1.58, sd 1.229995, t = -4.0621, p = 0.002833; first five here.
        let pairs = [(0.7, 1.9), (-1.6, 0.8), (-0.2, 1.1), (-1.2, 0.1), (-0.1, -0.1)];
        let few = paired(&pairs).expect("five pairs");
        assert!((few.mean + 1.24).abs() < 1e-12);
        let interval = few.interval.expect("five pairs");
        let half = 2.776_445_105 * few.sd.expect("five pairs") / 5.0_f64.sqrt();
        assert!((interval.high - (few.mean + half)).abs() < 1e-6, "{interval:?}");
    }

    #[test]
    fn many_pairs_are_bootstrapped_no_narrower_than_student() {
        let pairs = [
            (0.7, 1.9),
            (-1.6, 0.8),
            (-0.2, 1.1),
            (-1.2, 0.1),
            (-0.1, -0.1),
            (3.4, 4.4),
            (3.7, 5.5),
            (0.8, 1.6),
            (0.0, 4.6),
            (2.0, 3.4),
        ];
        let all = paired(&pairs).expect("ten pairs");
        assert!((all.p.expect("ten pairs") - 0.002_832_89).abs() < 1e-7);
        let interval = all.interval.expect("ten pairs");
        assert!(interval.contains(-1.58) && !interval.contains(0.0), "{interval:?}");
        let student = student(all.mean, all.sd.expect("ten pairs"), 10);
        assert!(interval.high - interval.low > 0.85 * (student.high - student.low), "{interval:?} {student:?}");
        assert_eq!(paired(&pairs), Some(all), "seeded");
    }

    #[test]
    fn equal_differences_and_single_pairs_have_answers() {
        let same = paired(&[(1.0, 2.0), (2.0, 3.0)]).expect("two pairs");
        // All on one side, as two in four of two: nothing that chance cannot do.
        assert_eq!((same.p, same.interval, same.sd), (Some(0.5), None, Some(0.0)));
        let none = paired(&[(2.0, 2.0), (3.0, 3.0)]).expect("two pairs");
        assert_eq!((none.p, replications_needed(&none, 0.0, 1)), (Some(1.0), None));
        let tenths = paired(&[(0.3, 0.1), (0.3, 0.1), (0.3, 0.1)]).expect("three pairs");
        assert_eq!((tenths.mean, tenths.sd), (0.3 - 0.1, Some(0.0)), "no spread out of rounding");
        let one = paired(&[(1.0, 0.0)]).expect("one pair");
        assert_eq!((one.interval, one.p, one.relative), (None, None, None));
        assert!(paired(&[]).is_none());
    }

    #[test]
    fn a_small_effect_needs_many_replications() {
        let noisy = Paired { mean: 0.2, sd: Some(1.0), ..paired(&[(1.0, 2.0), (2.0, 4.0)]).expect("two pairs") };
        // (1.959964 + 0.841621)^2 / 0.04 + 2 = 198.2
        assert_eq!(replications_needed(&noisy, 0.0, 1), Some(199));
        assert!(replications_needed(&noisy, 0.0, 5) > Some(250));
        // Differences without spread, by the sign test: 2 · 0.5^6 = 0.031 and 20 · 0.5^9 = 0.039, below 5 %.
        let fixed = paired(&[(100.0, 0.0); 5]).expect("five pairs");
        assert_eq!((replications_needed(&fixed, 0.0, 1), replications_needed(&fixed, 0.0, 10)), (Some(6), Some(9)));
        // Shown to be below 0.4: (1.644854 + 0.841621)^2 / 0.2^2 + 2 = 156.6
        assert_eq!(replications_needed(&noisy, 0.4, 1), Some(157));
    }

    #[test]
    fn equivalence_is_two_one_sided_tests() {
        // Differences to 0.9 and 1.1 times the second: means 0.9 and -1.1, sd by hand.
        let pairs = [(9.8, 10.0), (10.3, 10.0), (9.6, 10.0), (9.9, 10.0), (9.9, 10.0)];
        let sd = 0.254_950_975_679_639_f64;
        let t = 0.9 / (sd / 5.0_f64.sqrt());
        assert!((t - 7.893_522).abs() < 1e-5);
        // Student's t with 4 degrees of freedom has 0.0007 of its mass above 7.8935, R: pt(7.893522, 4, lower = F).
        assert!(
            (equivalence(&pairs, 0.1).expect("five pairs") - 0.000_696_5).abs() < 2e-6,
            "{:?}",
            equivalence(&pairs, 0.1)
        );
        assert!(equivalence(&pairs, 0.01).expect("five pairs") > 0.4, "the difference itself is 1 %");
        assert_eq!(equivalence(&[(1.0, 1.0)], 0.1), None);
    }
}
