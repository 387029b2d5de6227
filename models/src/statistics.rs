//! Is one policy better than another? Means, quantiles and paired comparisons over replications.
//!
//! Two policies are run on the same seeds, so replication `i` of one belongs to replication `i` of the other and only the
//! differences count ([`PairedDifferences`]): common arrivals and failures cancel. The module says what the mean difference
//! is, how sure it is (Student's t), how several comparisons at once are corrected ([`holm`]) and, where the answer is open,
//! how many replications would settle it ([`replications_for`]). It does not say which difference matters: that is the reader's.
//!
//! ```
//! use dapple_models::PairedDifferences;
//!
//! let always_remote = [105.0, 98.0, 110.0, 102.0];   // hours of each replication
//! let stage_in = [101.0, 96.0, 103.0, 99.0];
//! let saved = PairedDifferences::new(&always_remote, &stage_in)?;
//! assert_eq!(saved.mean(), 4.0);
//! assert!(!saved.t_interval(0.95)?.contains(0.0));
//! # Ok::<(), dapple_models::DataError>(())
//! ```

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::dataset::{DataError, all_finite, open_unit, usable_pair};
use crate::distributions::{student_t_half_width, student_t_ln_p};

/// A closed interval, in the unit of what it estimates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

impl Interval {
    /// `center ± half_width`.
    pub fn around(center: f64, half_width: f64) -> Self {
        Self { low: center - half_width, high: center + half_width }
    }

    /// Whether a value lies in the interval, limits included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// Arithmetic mean; `None` for no values.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Sample standard deviation (divisor `n - 1`), in two passes; `None` below two values.
pub fn sample_sd(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let center = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - center) * (value - center)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// Quantile with linear interpolation between order statistics (type 7 of Hyndman and Fan 1996: R's and numpy's default).
///
/// `probability` from 0 (minimum) to 1 (maximum). `None` for no values, a NaN or an infinity among them, or a probability outside.
///
/// ```
/// use dapple_models::statistics::quantile;
///
/// assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.25), Some(1.75));
/// ```
pub fn quantile(values: &[f64], probability: f64) -> Option<f64> {
    if values.is_empty() || values.iter().any(|value| !value.is_finite()) || !(0.0..=1.0).contains(&probability) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(sorted_quantile(&sorted, probability))
}

/// Holm's step-down correction: adjusted p-values in the order given, each from 0 to 1.
///
/// Rejecting where the adjusted p is at most α keeps the chance of any false rejection among all at most α, whatever the
/// dependence between the tests (Holm 1979).
///
/// # Errors
/// [`DataError::OutOfRange`] when a p-value is NaN or outside [0, 1].
///
/// ```
/// use dapple_models::statistics::holm;
///
/// assert_eq!(holm(&[0.25, 0.0625, 0.125])?, [0.25, 0.1875, 0.25]);
/// # Ok::<(), dapple_models::DataError>(())
/// ```
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, DataError> {
    if let Some(&value) = p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(DataError::OutOfRange { what: "a p-value", value, range: "from 0 to 1" });
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut so_far: f64 = 0.0;
    for (rank, &at) in order.iter().enumerate() {
        so_far = so_far.max(p_values[at] * (p_values.len() - rank) as f64).min(1.0);
        adjusted[at] = so_far;
    }
    Ok(adjusted)
}

/// Paired (one-sample) t-test of "the mean difference is 0".
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TTest {
    /// Mean over its standard error; infinite when all differences are equal and not 0.
    pub t: f64,
    /// Degrees of freedom, `n - 1`.
    pub df: f64,
    /// Two-sided p-value.
    pub p: f64,
    /// Its natural logarithm.
    pub ln_p: f64,
}

/// How a bootstrap interval is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bootstrap {
    /// Confidence level between 0 and 1; 0.95.
    pub level: f64,
    /// Number of resamples; 10 000. At least 1.
    pub resamples: usize,
    /// Seed of the Xoshiro256++ generator; the same seed gives the same interval.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { level: 0.95, resamples: 10_000, seed: 0 }
    }
}

/// Differences `first[i] - second[i]` over replications run on common seeds; at least two, all finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedDifferences {
    n: usize,
    mean: f64,
    sd: f64,
}

impl PairedDifferences {
    /// Pairs the outcomes of two policies, replication by replication.
    ///
    /// # Errors
    /// [`DataError::LengthMismatch`], [`DataError::Empty`], [`DataError::NotFinite`], [`DataError::TooFew`] for one pair.
    pub fn new(first: &[f64], second: &[f64]) -> Result<Self, DataError> {
        usable_pair(("first", first), ("second", second))?;
        Self::from_differences(&first.iter().zip(second).map(|(a, b)| a - b).collect::<Vec<_>>())
    }

    /// Takes differences that are formed already.
    ///
    /// # Errors
    /// [`DataError::NotFinite`], [`DataError::TooFew`] below two values.
    pub fn from_differences(differences: &[f64]) -> Result<Self, DataError> {
        all_finite("differences", differences)?;
        let (Some(mean), Some(sd)) = (mean(differences), sample_sd(differences)) else {
            return Err(DataError::TooFew { needed: 2, found: differences.len() });
        };
        if !mean.is_finite() || !sd.is_finite() {
            return Err(DataError::OutOfRange { what: "the spread of the differences", value: sd, range: "finite" });
        }
        Ok(Self { n: differences.len(), mean, sd })
    }

    /// Mean difference.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Standard error of the mean difference.
    pub fn standard_error(&self) -> f64 {
        self.sd / (self.n as f64).sqrt()
    }

    /// Student-t confidence interval of the mean difference.
    ///
    /// # Errors
    /// [`DataError::OutOfRange`] unless `0 < level < 1`.
    pub fn t_interval(&self, level: f64) -> Result<Interval, DataError> {
        open_unit("the confidence level", level)?;
        let half_width = student_t_half_width(level, self.df()).unwrap_or(f64::INFINITY);
        Ok(Interval::around(self.mean, half_width * self.standard_error()))
    }

    /// Paired t-test; `None` when every difference is 0, where nothing can be tested.
    pub fn t_test(&self) -> Option<TTest> {
        if self.mean == 0.0 && self.sd == 0.0 {
            return None;
        }
        let t = self.mean / self.standard_error();
        let ln_p = student_t_ln_p(t, self.df());
        Some(TTest { t, df: self.df(), p: ln_p.exp(), ln_p })
    }

    fn df(&self) -> f64 {
        (self.n - 1) as f64
    }
}

/// Replications for which a two-sided paired test at level `alpha` finds a true mean difference `effect` with probability
/// `power`, when differences have standard deviation `sd`: `n = ((z(1 - α/2) + z(power)) sd / effect)²`, rounded up, at
/// least 2.
///
/// The normal approximation asks for one or two replications too few below n = 20. `None` when `effect` is 0 or NaN, when
/// `sd` is not finite, or when the number exceeds 2⁵³.
///
/// # Errors
/// [`DataError::OutOfRange`] unless `alpha` and `power` lie between 0 and 1.
///
/// ```
/// use dapple_models::statistics::replications_for;
///
/// assert_eq!(replications_for(1.0, 0.5, 0.05, 0.8)?, Some(32));   // 31.4
/// assert_eq!(replications_for(1.0, 0.0, 0.05, 0.8)?, None);
/// # Ok::<(), dapple_models::DataError>(())
/// ```
pub fn replications_for(sd: f64, effect: f64, alpha: f64, power: f64) -> Result<Option<u64>, DataError> {
    const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
    open_unit("alpha", alpha)?;
    open_unit("power", power)?;
    let normal = Normal::standard();
    let z = -normal.inverse_cdf(0.5 * alpha) + normal.inverse_cdf(power);
    let n = (z.max(0.0) * sd / effect).powi(2).ceil().max(2.0);
    let answerable = effect != 0.0 && !effect.is_nan() && sd.is_finite() && n <= LARGEST_EXACT;
    Ok(answerable.then_some(n as u64))
}

/// Percentile bootstrap of `Σ parts / Σ wholes` where whole blocks are drawn again: what belongs together (the transfers of
/// one day, say) stays together, so that their likeness widens the interval.
///
/// Resamples without any whole are left out; with none left the limits are NaN.
///
/// # Errors
/// [`DataError::Empty`], [`DataError::LengthMismatch`] and [`DataError::NotFinite`] for the blocks;
/// [`DataError::OutOfRange`] unless `0 < level < 1`, [`DataError::TooFew`] for no resamples.
///
/// ```
/// use dapple_models::statistics::{Bootstrap, block_bootstrap};
///
/// // right predictions and predictions on three days
/// let interval = block_bootstrap(&[80.0, 10.0, 55.0], &[100.0, 20.0, 60.0], &Bootstrap::default())?;
/// assert_eq!((interval.low, interval.high), (0.5, 55.0 / 60.0));
/// # Ok::<(), dapple_models::DataError>(())
/// ```
pub fn block_bootstrap(parts: &[f64], wholes: &[f64], settings: &Bootstrap) -> Result<Interval, DataError> {
    usable_pair(("parts", parts), ("wholes", wholes))?;
    open_unit("the confidence level", settings.level)?;
    if settings.resamples == 0 {
        return Err(DataError::TooFew { needed: 1, found: 0 });
    }
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(settings.seed);
    let n = parts.len();
    let resampled = (0..settings.resamples).map(|_| {
        let drawn = (0..n).map(|_| rng.random_range(0..n));
        let (part, whole) = drawn.fold((0.0, 0.0), |(part, whole), i| (part + parts[i], whole + wholes[i]));
        part / whole
    });
    let mut shares: Vec<f64> = resampled.filter(|share| share.is_finite()).collect();
    shares.sort_by(f64::total_cmp);
    if shares.is_empty() {
        return Ok(Interval { low: f64::NAN, high: f64::NAN });
    }
    let tail = 0.5 * (1.0 - settings.level);
    Ok(Interval { low: sorted_quantile(&shares, tail), high: sorted_quantile(&shares, 1.0 - tail) })
}

/// Type 7 quantile of sorted values; `probability` within [0, 1], at least one value.
fn sorted_quantile(sorted: &[f64], probability: f64) -> f64 {
    let position = probability * (sorted.len() - 1) as f64;
    let below = (position.floor() as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    let part = position - below as f64;
    if part == 0.0 || sorted[below] == sorted[above] {
        return sorted[below];
    }
    sorted[below] * (1.0 - part) + sorted[above] * part
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    /// Student's sleep data (1908): extra hours of sleep with two drugs, ten patients.
    fn sleep() -> PairedDifferences {
        let first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        PairedDifferences::new(&first, &second).unwrap()
    }

    #[test]
    fn students_own_example() {
        // Published: t = -4.0621, df = 9, p = 0.002833, 95 % interval -2.4598858 to -0.7001142.
        let sleep = sleep();
        let test = sleep.t_test().unwrap();
        assert_relative_eq!(test.t, -4.062_127_683, max_relative = 1e-9);
        assert_relative_eq!(test.p, 0.002_832_890_2, max_relative = 1e-7);
        let interval = sleep.t_interval(0.95).unwrap();
        assert_relative_eq!(interval.low, -2.459_885_8, max_relative = 1e-7);
        assert_relative_eq!(interval.high, -0.700_114_2, max_relative = 1e-6);
    }

    #[test]
    fn identical_policies() {
        let same = PairedDifferences::from_differences(&[0.0; 5]).unwrap();
        assert_eq!(same.t_test(), None);
        let shifted = PairedDifferences::from_differences(&[2.0; 5]).unwrap();
        assert_eq!(shifted.t_test().map(|test| test.p), Some(0.0));
    }

    #[test]
    fn blocks_that_are_alike_inside_widen_the_interval() {
        let settings = Bootstrap::default();
        let few: Vec<f64> = (0..10).map(|day| if day % 2 == 0 { 100.0 } else { 0.0 }).collect();
        let many: Vec<f64> = (0..1000).map(|n| f64::from(n % 2 == 0)).collect();
        let days = block_bootstrap(&few, &[100.0; 10], &settings).unwrap();
        let alone = block_bootstrap(&many, &[1.0; 1000], &settings).unwrap();
        // binomial: 0.5 ± 1.96 · 0.5 / sqrt(n), n = 10 and 1000
        assert_relative_eq!(days.high - days.low, 0.6, epsilon = 0.05);
        assert_relative_eq!(alone.high - alone.low, 0.062, epsilon = 0.005);
        assert_eq!(days, block_bootstrap(&few, &[100.0; 10], &settings).unwrap());
        assert!(block_bootstrap(&[0.0], &[0.0], &settings).unwrap().low.is_nan());
        assert!(block_bootstrap(&[1.0], &[], &settings).is_err());
    }

    #[test]
    fn wrong_input_is_refused() {
        assert!(PairedDifferences::new(&[1.0], &[2.0]).is_err());
        assert!(PairedDifferences::new(&[1.0, f64::NAN], &[2.0, 3.0]).is_err());
        assert!(PairedDifferences::new(&[f64::MAX, 1.0], &[-f64::MAX, 1.0]).is_err());
        assert!(sleep().t_interval(1.0).is_err());
        assert!(block_bootstrap(&[1.0], &[1.0], &Bootstrap { resamples: 0, ..Bootstrap::default() }).is_err());
        assert!(holm(&[0.5, f64::NAN]).is_err());
        assert!(replications_for(1.0, 1.0, 0.0, 0.8).is_err());
        assert_eq!(replications_for(f64::NAN, 1.0, 0.05, 0.8), Ok(None));
        assert_eq!(quantile(&[1.0], 1.5), None);
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn replications_at_80_percent_power() {
        // ((1.959964 + 0.841621) / 0.2)² = 196.2
        assert_eq!(replications_for(1.0, -0.2, 0.05, 0.8).unwrap(), Some(197));
        assert_eq!(replications_for(0.0, 1.0, 0.05, 0.8).unwrap(), Some(2));
    }

    proptest! {
        #[test]
        fn holm_keeps_the_order_and_never_helps(p in prop::collection::vec(0.0f64..=1.0, 0..12)) {
            let adjusted = holm(&p).unwrap();
            for i in 0..p.len() {
                prop_assert!(adjusted[i] >= p[i] && adjusted[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || adjusted[i] <= adjusted[j]);
                }
            }
        }

        #[test]
        fn quantiles_lie_between_the_extremes(values in prop::collection::vec(any::<f64>(), 0..20), q in any::<f64>()) {
            if let Some(at) = quantile(&values, q) {
                prop_assert!(values.iter().any(|&v| v <= at) && values.iter().any(|&v| v >= at));
            }
        }
    }
}
