//! Error measures of forecasts, normalisations of their inputs, and scores of recommendations.
//!
//! [`PredictionErrors`] pairs what happened with what was predicted, once, and refuses NaN and unequal lengths; its methods
//! are the measures. A measure that does not exist for the data (a division by zero, the logarithm of a number that is not
//! positive) is `None`, never a large number. `n` values, truth `y`, prediction `p`, error `e = y - p`.
//!
//! In use are those of the replay of transfer logs: FoGP, with and without a soft threshold. The others wait for papers that
//! are still to be made again and are held by reference values until then: RMSE, MAE, MAPE, R² and their kin, and
//! [`LogNormalisation`], for the time to complete of transfer rules; NRMSE and [`MinMaxScaling`] for the forecasts of remote
//! throughput; accuracies and [`Confusion`] for the recommendation of endpoints.
//!
//! ```
//! use dapple_models::PredictionErrors;
//!
//! let errors = PredictionErrors::new(&[100.0, 200.0, 400.0], &[110.0, 200.0, 300.0])?;
//! assert_eq!(errors.fogp(0.1), 2.0 / 3.0);
//! assert_eq!(errors.mape_percent(), Some(35.0 / 3.0));
//! assert!(PredictionErrors::new(&[1.0], &[f64::NAN]).is_err());
//! # Ok::<(), dapple_models::DataError>(())
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::dataset::{DataError, all_finite, same_length, usable_pair};
use crate::statistics::{mean, quantile, sample_sd};

/// Truth and prediction side by side: at least one pair, all finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PredictionErrors<'a> {
    truth: &'a [f64],
    prediction: &'a [f64],
}

impl<'a> PredictionErrors<'a> {
    /// Pairs what happened with what was predicted.
    ///
    /// # Errors
    /// [`DataError::LengthMismatch`], [`DataError::Empty`], [`DataError::NotFinite`].
    pub fn new(truth: &'a [f64], prediction: &'a [f64]) -> Result<Self, DataError> {
        usable_pair(("truth", truth), ("prediction", prediction))?;
        Ok(Self { truth, prediction })
    }

    /// Mean squared error, in the squared unit of `y`.
    pub fn mse(&self) -> f64 {
        self.mean_of(|y, p| (y - p) * (y - p))
    }

    /// Root of the mean squared error, in the unit of `y`.
    pub fn rmse(&self) -> f64 {
        self.mse().sqrt()
    }

    /// Mean absolute error, in the unit of `y`.
    pub fn mae(&self) -> f64 {
        self.mean_of(|y, p| (y - p).abs())
    }

    /// Median absolute error, in the unit of `y`; an even count averages the two in the middle.
    pub fn median_absolute_error(&self) -> f64 {
        median(&self.each(|y, p| (y - p).abs()))
    }

    /// Largest absolute error, in the unit of `y`.
    pub fn max_error(&self) -> f64 {
        self.pairs().map(|(y, p)| (y - p).abs()).fold(0.0, f64::max)
    }

    /// Mean error `mean(y - p)`: positive when predictions are too low on average.
    pub fn bias(&self) -> f64 {
        self.mean_of(|y, p| y - p)
    }

    /// RMSE over the range of the truth; `None` when the truth is constant.
    pub fn nrmse_by_range(&self) -> Option<f64> {
        let low = self.truth.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.truth.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        ratio(self.rmse(), high - low)
    }

    /// RMSE over the mean of the truth, signed like that mean; `None` when it is 0.
    pub fn nrmse_by_mean(&self) -> Option<f64> {
        ratio(self.rmse(), self.truth_mean())
    }

    /// RMSE over the sample standard deviation (`n - 1`) of the truth; `None` for one value or a constant truth.
    pub fn nrmse_by_sd(&self) -> Option<f64> {
        ratio(self.rmse(), sample_sd(self.truth)?)
    }

    /// `|e| / y` of each pair, signed like `y`; `None` where `y` is 0.
    pub fn relative_errors(&self) -> Vec<Option<f64>> {
        self.pairs().map(|(y, p)| ratio((y - p).abs(), y)).collect()
    }

    /// Mean absolute percentage error `100 mean(|e| / |y|)` [%]; `None` when a truth is 0.
    pub fn mape_percent(&self) -> Option<f64> {
        Some(mean_of(&self.percentage_errors()?))
    }

    /// The MAPE as the paper on the time to complete of transfer rules prints it: `100 mean(|e| / y)` [%], with the sign of
    /// `y` in the denominator. Equal to [`mape_percent`](Self::mape_percent) for positive truths; `None` when a truth is 0.
    pub fn mape_percent_signed(&self) -> Option<f64> {
        let relative: Option<Vec<f64>> = self.relative_errors().into_iter().collect();
        Some(100.0 * mean_of(&relative?))
    }

    /// Median of `100 |e| / |y|` [%]; `None` when a truth is 0.
    pub fn median_ape_percent(&self) -> Option<f64> {
        Some(median(&self.percentage_errors()?))
    }

    /// MAPE as a fraction with denominators clamped to `max(|y|, 2.2e-16)`, as scikit-learn has it: always a number, huge
    /// with zeros in the truth.
    pub fn mape_clamped(&self) -> f64 {
        self.mean_of(|y, p| (y - p).abs() / y.abs().max(f64::EPSILON))
    }

    /// Symmetric MAPE `mean(200 |e| / (|y| + |p|))` [%], from 0 to 200; `None` when truth and prediction are 0 together.
    pub fn smape_percent(&self) -> Option<f64> {
        Some(mean_of(&self.symmetric_percentage_errors()?))
    }

    /// Symmetric MAPE [%] with 0 for a pair of zeros (a perfect prediction).
    pub fn smape_percent_or_zero(&self) -> f64 {
        self.mean_of(|y, p| symmetric_percentage_error(y, p).unwrap_or(0.0))
    }

    /// Median of `200 |e| / (|y| + |p|)` [%]; `None` when truth and prediction are 0 together.
    pub fn median_symmetric_ape_percent(&self) -> Option<f64> {
        Some(median(&self.symmetric_percentage_errors()?))
    }

    /// Mean absolute scaled error: MAE over the [`seasonal_naive_scale`] of the training part.
    ///
    /// `None` when the training part is constant in that sense, or not longer than `season`.
    pub fn mase(&self, train: &[f64], season: usize) -> Option<f64> {
        ratio(self.mae(), seasonal_naive_scale(train, season)?)
    }

    /// Coefficient of determination `1 - Σe² / Σ(y - ȳ)²`; `None` for a constant truth.
    pub fn r2(&self) -> Option<f64> {
        let center = self.truth_mean();
        let spread = self.mean_of(|y, _| (y - center) * (y - center));
        Some(1.0 - ratio(self.mse(), spread)?)
    }

    /// R² with scikit-learn's convention for a constant truth: 1 for a perfect prediction, 0 for any other. `None` for
    /// one value.
    pub fn r2_or_convention(&self) -> Option<f64> {
        if self.truth.len() < 2 {
            return None;
        }
        Some(self.r2().unwrap_or(perfect_or_not(self.mse())))
    }

    /// Explained variance `1 - var(e) / var(y)`, blind to a constant bias; `None` for a constant truth.
    pub fn explained_variance(&self) -> Option<f64> {
        let (center, bias) = (self.truth_mean(), self.bias());
        let spread = self.mean_of(|y, _| (y - center) * (y - center));
        Some(1.0 - ratio(self.error_variance(bias), spread)?)
    }

    /// Explained variance with scikit-learn's convention for a constant truth: 1 for constant errors, 0 for any other.
    pub fn explained_variance_or_convention(&self) -> f64 {
        self.explained_variance().unwrap_or_else(|| perfect_or_not(self.error_variance(self.bias())))
    }

    /// Mean squared logarithmic error `mean((ln(1 + y) - ln(1 + p))²)`; `None` when a value is -1 or below.
    pub fn msle(&self) -> Option<f64> {
        let defined = self.pairs().all(|(y, p)| y > -1.0 && p > -1.0);
        defined.then(|| self.mean_of(|y, p| ln_ratio(y, p).powi(2)))
    }

    /// Root of the mean squared logarithmic error.
    pub fn rmsle(&self) -> Option<f64> {
        self.msle().map(f64::sqrt)
    }

    /// Mean Poisson deviance `2 mean(y ln(y/p) - y + p)`; `None` unless every `y >= 0` and every `p > 0`.
    pub fn mean_poisson_deviance(&self) -> Option<f64> {
        let defined = self.pairs().all(|(y, p)| y >= 0.0 && p > 0.0);
        let deviance = |y: f64, p: f64| {
            if y == 0.0 { p } else { y * (y / p).ln() - y + p }
        };
        defined.then(|| 2.0 * self.mean_of(deviance))
    }

    /// Mean gamma deviance `2 mean(ln(p/y) + y/p - 1)`; `None` unless every `y` and every `p` is positive.
    pub fn mean_gamma_deviance(&self) -> Option<f64> {
        let defined = self.pairs().all(|(y, p)| y > 0.0 && p > 0.0);
        defined.then(|| 2.0 * self.mean_of(|y, p| (p / y).ln() + y / p - 1.0))
    }

    /// Fraction of good predictions FoGP(τ): the share of pairs with `|e| / |y| <= tau`.
    ///
    /// A truth of 0 counts as good only if the prediction is 0 as well. From 0 to 1; 0 when `tau` is NaN or negative.
    pub fn fogp(&self, tau: f64) -> f64 {
        let good = |y: f64, p: f64| {
            if y == 0.0 { p == 0.0 && tau >= 0.0 } else { (y - p).abs() / y.abs() <= tau }
        };
        share(self.pairs().filter(|&(y, p)| good(y, p)).count(), self.truth.len())
    }

    /// FoGP(τ) with a soft threshold, for optimisers that need a slope: the mean of `1 / (1 + exp((|e|/|y| - τ) / width))`.
    ///
    /// A pair far below the threshold counts 1, at it one half, far above it 0. Approaches [`Self::fogp`] as `width` goes
    /// to 0; a truth of 0 counts as there. `width` is positive.
    pub fn soft_fogp(&self, tau: f64, width: f64) -> f64 {
        let good = |y: f64, p: f64| match (y == 0.0, p == 0.0) {
            (false, _) => 1.0 / (1.0 + (((y - p).abs() / y.abs() - tau) / width).exp()),
            (true, right) => f64::from(right && tau >= 0.0),
        };
        self.mean_of(good)
    }

    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.truth.iter().copied().zip(self.prediction.iter().copied())
    }

    fn each(&self, measure: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        self.pairs().map(|(y, p)| measure(y, p)).collect()
    }

    fn mean_of(&self, measure: impl Fn(f64, f64) -> f64) -> f64 {
        mean_of(&self.each(measure))
    }

    fn truth_mean(&self) -> f64 {
        mean_of(self.truth)
    }

    fn error_variance(&self, bias: f64) -> f64 {
        self.mean_of(|y, p| (y - p - bias) * (y - p - bias))
    }

    fn percentage_errors(&self) -> Option<Vec<f64>> {
        self.relative_errors().into_iter().map(|error| error.map(|error| 100.0 * error.abs())).collect()
    }

    fn symmetric_percentage_errors(&self) -> Option<Vec<f64>> {
        self.pairs().map(|(y, p)| symmetric_percentage_error(y, p)).collect()
    }
}

/// Mean of `|y_t - y_(t - season)|` over a training part: the error of repeating the last season.
///
/// `None` when `season` is 0, the part is not longer than one season, or a value is not finite.
pub fn seasonal_naive_scale(train: &[f64], season: usize) -> Option<f64> {
    if season == 0 || train.len() <= season || all_finite("train", train).is_err() {
        return None;
    }
    let steps: Vec<f64> = train.iter().zip(&train[season..]).map(|(then, now)| (now - then).abs()).collect();
    mean(&steps)
}

/// Which standard deviation a normalisation divides by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StandardDeviation {
    /// Divides the sum of squares by `n`.
    Population,
    /// Divides it by `n - 1`.
    Sample,
}

/// The logarithmic normalisation of long-tailed observables: `l = (ln x - ln mean(x)) / ln std(x)`.
///
/// Eq. 15 of the study of the time to complete of transfer rules. The outer parenthesis is missing there, and it does not
/// say which standard deviation is meant; hence [`StandardDeviation`]. The denominator is the logarithm of a quantity with a
/// unit, so the result depends on the unit of `x` (seconds, bytes): keep it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LogNormalisation {
    /// `ln mean(x)`.
    pub ln_mean: f64,
    /// `ln std(x)`; not 0.
    pub ln_sd: f64,
}

impl LogNormalisation {
    /// Learns mean and standard deviation from positive values.
    ///
    /// # Errors
    /// [`DataError::TooFew`] below two values, [`DataError::NotFinite`], [`DataError::OutOfRange`] for a value that is not
    /// positive and for a standard deviation of 0 or 1, whose logarithm cannot be divided by.
    pub fn learn(x: &[f64], deviation: StandardDeviation) -> Result<Self, DataError> {
        all_finite("x", x)?;
        if let Some(&value) = x.iter().find(|&&value| value <= 0.0) {
            return Err(DataError::OutOfRange { what: "a value to take the logarithm of", value, range: "positive" });
        }
        let (Some(mean), Some(sample)) = (mean(x), sample_sd(x)) else {
            return Err(DataError::TooFew { needed: 2, found: x.len() });
        };
        let n = x.len() as f64;
        let sd = match deviation {
            StandardDeviation::Sample => sample,
            StandardDeviation::Population => sample * ((n - 1.0) / n).sqrt(),
        };
        let (ln_mean, ln_sd) = (mean.ln(), sd.ln());
        if !ln_sd.is_finite() || ln_sd == 0.0 || !ln_mean.is_finite() {
            return Err(DataError::OutOfRange {
                what: "the standard deviation",
                value: sd,
                range: "positive and not 1",
            });
        }
        Ok(Self { ln_mean, ln_sd })
    }

    /// Normalised value of `x`; NaN for a negative `x`, infinite for 0.
    pub fn apply(&self, x: f64) -> f64 {
        (x.ln() - self.ln_mean) / self.ln_sd
    }

    /// The `x` that has this normalised value.
    pub fn invert(&self, normalised: f64) -> f64 {
        (normalised * self.ln_sd + self.ln_mean).exp()
    }
}

/// Projection of the range of a training part onto an interval, [-1, 1] in the throughput forecasting study.
///
/// Values outside the training range fall outside the interval; they are not clipped.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MinMaxScaling {
    /// Smallest training value.
    pub minimum: f64,
    /// Largest training value; above `minimum`.
    pub maximum: f64,
    /// Image of the smallest.
    pub low: f64,
    /// Image of the largest.
    pub high: f64,
}

impl MinMaxScaling {
    /// Learns the range of the training part and maps it to [-1, 1].
    ///
    /// # Errors
    /// [`DataError::Empty`], [`DataError::NotFinite`], [`DataError::OutOfRange`] when all values are equal.
    pub fn learn(train: &[f64]) -> Result<Self, DataError> {
        if train.is_empty() {
            return Err(DataError::Empty);
        }
        all_finite("train", train)?;
        let minimum = train.iter().copied().fold(f64::INFINITY, f64::min);
        let maximum = train.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let range = maximum - minimum;
        if range <= 0.0 || !range.is_finite() {
            return Err(DataError::OutOfRange {
                what: "the range of the values",
                value: range,
                range: "positive and finite",
            });
        }
        Ok(Self { minimum, maximum, low: -1.0, high: 1.0 })
    }

    /// Scaled value of `x`.
    pub fn apply(&self, x: f64) -> f64 {
        self.low + (self.high - self.low) * (x - self.minimum) / (self.maximum - self.minimum)
    }

    /// The `x` that has this scaled value.
    pub fn invert(&self, scaled: f64) -> f64 {
        self.minimum + (self.maximum - self.minimum) * (scaled - self.low) / (self.high - self.low)
    }
}

/// Share of requests whose true item is among the first `k` recommended (total accuracy).
///
/// `ranked[i]` lists the items recommended for request `i`, best first; a list shorter than `k` counts as it is.
///
/// # Errors
/// [`DataError::Empty`], [`DataError::LengthMismatch`].
pub fn top_k_accuracy<T: PartialEq>(truth: &[T], ranked: &[Vec<T>], k: usize) -> Result<f64, DataError> {
    let hits = hits(truth, ranked, k)?;
    Ok(share(hits.iter().filter(|&&hit| hit).count(), hits.len()))
}

/// Mean over users of each user's own [`top_k_accuracy`] (user accuracy): a heavy user weighs as much as a light one.
///
/// # Errors
/// [`DataError::Empty`], [`DataError::LengthMismatch`].
pub fn user_top_k_accuracy<U: Ord, T: PartialEq>(
    users: &[U],
    truth: &[T],
    ranked: &[Vec<T>],
    k: usize,
) -> Result<f64, DataError> {
    same_length("users", truth.len(), users.len())?;
    let mut of_user: BTreeMap<&U, (usize, usize)> = BTreeMap::new();
    for (user, hit) in users.iter().zip(hits(truth, ranked, k)?) {
        let (right, asked) = of_user.entry(user).or_default();
        *right += usize::from(hit);
        *asked += 1;
    }
    let accuracies: Vec<f64> = of_user.values().map(|&(right, asked)| share(right, asked)).collect();
    Ok(mean_of(&accuracies))
}

/// Counts of a yes-or-no prediction against the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Confusion {
    /// Predicted yes, was yes.
    pub true_positives: usize,
    /// Predicted yes, was no.
    pub false_positives: usize,
    /// Predicted no, was yes.
    pub false_negatives: usize,
    /// Predicted no, was no.
    pub true_negatives: usize,
}

impl Confusion {
    /// Counts the four cases.
    ///
    /// # Errors
    /// [`DataError::LengthMismatch`].
    pub fn count(predicted: &[bool], actual: &[bool]) -> Result<Self, DataError> {
        same_length("predicted", actual.len(), predicted.len())?;
        let mut counts = Self::default();
        for case in predicted.iter().zip(actual) {
            match case {
                (true, true) => counts.true_positives += 1,
                (true, false) => counts.false_positives += 1,
                (false, true) => counts.false_negatives += 1,
                (false, false) => counts.true_negatives += 1,
            }
        }
        Ok(counts)
    }

    /// Share of the predicted yes that was yes; `None` when yes was never predicted.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.true_positives as f64, (self.true_positives + self.false_positives) as f64)
    }

    /// Share of the actual yes that was predicted; `None` when there was none.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.true_positives as f64, (self.true_positives + self.false_negatives) as f64)
    }
}

/// Median of values that are known to be there.
fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5).unwrap_or(f64::NAN)
}

/// Mean of values that are known to be there.
fn mean_of(values: &[f64]) -> f64 {
    mean(values).unwrap_or(f64::NAN)
}

fn ratio(above: f64, below: f64) -> Option<f64> {
    (below != 0.0).then(|| above / below)
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

fn perfect_or_not(squares: f64) -> f64 {
    if squares == 0.0 { 1.0 } else { 0.0 }
}

fn symmetric_percentage_error(y: f64, p: f64) -> Option<f64> {
    ratio(200.0 * (y - p).abs(), y.abs() + p.abs())
}

/// `ln((1 + y) / (1 + p))`; near 1 through the difference, which two logarithms of large numbers would lose.
fn ln_ratio(y: f64, p: f64) -> f64 {
    let change = (y - p) / (1.0 + p);
    if change.abs() < 0.5 { change.ln_1p() } else { y.ln_1p() - p.ln_1p() }
}

fn hits<T: PartialEq>(truth: &[T], ranked: &[Vec<T>], k: usize) -> Result<Vec<bool>, DataError> {
    same_length("ranked", truth.len(), ranked.len())?;
    if truth.is_empty() {
        return Err(DataError::Empty);
    }
    Ok(truth.iter().zip(ranked).map(|(item, list)| list.iter().take(k).any(|other| other == item)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    #[test]
    fn a_zero_in_the_truth_leaves_percentages_undefined() {
        let errors = PredictionErrors::new(&[0.0, 2.0], &[0.0, 1.0]).unwrap();
        assert_eq!(errors.mape_percent(), None);
        assert_eq!(errors.smape_percent(), None);
        assert_relative_eq!(errors.smape_percent_or_zero(), 100.0 / 3.0);
        assert_eq!(errors.relative_errors(), [None, Some(0.5)]);
        assert_eq!(errors.fogp(0.0), 0.5);
        assert_eq!(errors.fogp(f64::NAN), 0.0);
    }

    #[test]
    fn the_soft_threshold_hardens() {
        // relative errors 0.1, 0.3, 0.5
        let errors = PredictionErrors::new(&[1.0, 1.0, 1.0], &[1.1, 0.7, 1.5]).unwrap();
        let at = |e: f64| 1.0 / (1.0 + ((e - 0.3) / 0.1).exp());
        assert_relative_eq!(errors.soft_fogp(0.3, 0.1), (at(0.1) + 0.5 + at(0.5)) / 3.0, epsilon = 1e-12);
        assert_relative_eq!(errors.soft_fogp(0.31, 1e-6), errors.fogp(0.31), epsilon = 1e-12);
        let nothing = PredictionErrors::new(&[0.0, 0.0], &[0.0, 1.0]).unwrap();
        assert_relative_eq!(nothing.soft_fogp(0.3, 0.1), 0.5);
    }

    #[test]
    fn wrong_input_is_refused() {
        assert_eq!(PredictionErrors::new(&[], &[]), Err(DataError::Empty));
        assert!(matches!(PredictionErrors::new(&[1.0], &[]), Err(DataError::LengthMismatch { .. })));
        assert!(LogNormalisation::learn(&[1.0, -1.0], StandardDeviation::Sample).is_err());
        assert!(LogNormalisation::learn(&[3.0, 3.0], StandardDeviation::Sample).is_err());
        assert!(LogNormalisation::learn(&[3.0], StandardDeviation::Population).is_err());
        assert!(MinMaxScaling::learn(&[3.0, 3.0]).is_err());
        assert!(top_k_accuracy::<u8>(&[], &[], 1).is_err());
        assert!(Confusion::count(&[true], &[]).is_err());
        assert_eq!(Confusion::default().precision(), None);
    }

    #[test]
    fn scaling_goes_back() {
        let scaling = MinMaxScaling::learn(&[2.0, 10.0, 4.0]).unwrap();
        assert_eq!((scaling.apply(2.0), scaling.apply(10.0), scaling.apply(6.0)), (-1.0, 1.0, 0.0));
        assert_relative_eq!(scaling.invert(scaling.apply(17.0)), 17.0);
        let log = LogNormalisation::learn(&[2.0, 10.0, 4000.0], StandardDeviation::Sample).unwrap();
        assert_relative_eq!(log.invert(log.apply(17.0)), 17.0, max_relative = 1e-12);
    }

    #[test]
    fn a_user_counts_once() {
        let (users, truth) = ([1, 1, 1, 2], [5, 5, 5, 6]);
        let ranked = vec![vec![5], vec![5], vec![5], vec![7, 6]];
        assert_eq!(top_k_accuracy(&truth, &ranked, 1).unwrap(), 0.75);
        assert_eq!(user_top_k_accuracy(&users, &truth, &ranked, 1).unwrap(), 0.5);
        assert_eq!(user_top_k_accuracy(&users, &truth, &ranked, 2).unwrap(), 1.0);
    }

    proptest! {
        #[test]
        fn a_perfect_prediction_has_no_error(y in prop::collection::vec(0.1f64..1e6, 2..40)) {
            let errors = PredictionErrors::new(&y, &y).unwrap();
            prop_assert_eq!(errors.rmse(), 0.0);
            prop_assert_eq!(errors.fogp(0.0), 1.0);
            prop_assert_eq!(errors.msle(), Some(0.0));
            prop_assert_eq!(errors.r2_or_convention(), Some(1.0));
        }

        #[test]
        fn measures_are_ordered(pairs in prop::collection::vec((0.1f64..1e4, 0.1f64..1e4), 1..40)) {
            let (y, p): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let errors = PredictionErrors::new(&y, &p).unwrap();
            prop_assert!(errors.bias().abs() <= errors.mae() * (1.0 + 1e-12));
            prop_assert!(errors.mae() <= errors.rmse() * (1.0 + 1e-12));
            prop_assert!(errors.rmse() <= errors.max_error() * (1.0 + 1e-12));
            prop_assert!(errors.fogp(0.1) <= errors.fogp(0.5));
            prop_assert!(errors.smape_percent().unwrap() <= 200.0);
        }
    }
}
