//! Saturating load curve: `C(n) = min(n r, C)`. Each transfer brings its own rate until the node is full; then they share.
//!
//! One measured node rises fourfold up to four files and stays flat to sixteen, without the collapse of the
//! [Weibull curve](super::weibull). And a saturating law replays mixed loads better than a measured *mean* curve used as
//! capacity, because low capacity makes the backlog that the mean is then measured over.
//!
//! The fit is exact, not iterative. For a fixed set of observations below the knee the problem is separable, so the optimum
//! is either that of one of the `n` splits or has its knee on an observed concurrency: all `2n` candidates are compared.
//!
//! Not in use yet: it waits for the data transfer nodes, whose measured curves are to be fitted, not assumed.

use serde::{Deserialize, Serialize};

use super::FitError;
use crate::dataset::{DataError, usable_pair};
use crate::statistics::mean;

/// The curve `min(n r, C)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaturatingCurve {
    /// r: rate of one transfer alone [MB/s].
    pub rate_per_transfer: f64,
    /// C: rate of the full node [MB/s].
    pub capacity: f64,
}

impl SaturatingCurve {
    /// Aggregate rate at a concurrency [MB/s]; 0 at 0 and below.
    pub fn throughput(&self, concurrency: f64) -> f64 {
        (concurrency.max(0.0) * self.rate_per_transfer).min(self.capacity)
    }

    /// Concurrency from which on the node is full, `C / r`.
    pub fn knee(&self) -> f64 {
        self.capacity / self.rate_per_transfer
    }
}

/// What the fit makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loss {
    /// Sum of squared residuals.
    Squared,
    /// Sum of absolute residuals: a few wild observations do not pull the curve.
    Absolute,
}

/// Settings of the fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SaturatingFitter {
    /// What is made small; squares by default.
    pub loss: Loss,
}

impl Default for SaturatingFitter {
    fn default() -> Self {
        Self { loss: Loss::Squared }
    }
}

/// A fitted curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SaturatingFit {
    /// The curve. Without saturation in the data its capacity is the rate at the largest concurrency seen: a lower bound.
    pub curve: SaturatingCurve,
    /// Whether the data show the flat part at all (an observation beyond the knee).
    pub saturation_seen: bool,
    /// Value of the loss: squares [(MB/s)²] or absolute residuals [MB/s], summed.
    pub loss: f64,
}

impl SaturatingFitter {
    /// Fits aggregate rates [MB/s] at concurrencies (positive; may repeat, any order).
    ///
    /// # Errors
    /// [`FitError::Data`] for empty, ragged or not finite input and a concurrency that is not positive;
    /// [`FitError::TooFewRows`] below 3 rows; [`FitError::NoConvergence`] when no curve with positive rates fits.
    ///
    /// ```
    /// use dapple_models::regression::SaturatingFitter;
    ///
    /// let files = [1.0, 2.0, 3.0, 4.0, 8.0, 16.0];
    /// let rates = [52.0, 99.0, 151.0, 203.0, 201.0, 199.0];
    /// let fit = SaturatingFitter::default().fit(&files, &rates)?;
    /// assert!(fit.saturation_seen && (fit.curve.capacity - 201.0).abs() < 1.0);
    /// assert!((fit.curve.knee() - 4.0).abs() < 0.1);
    /// # Ok::<(), dapple_models::FitError>(())
    /// ```
    pub fn fit(&self, concurrency: &[f64], throughput: &[f64]) -> Result<SaturatingFit, FitError> {
        let points = sorted_points(concurrency, throughput)?;
        let largest = points[points.len() - 1].0;
        let candidates = self.candidates(&points);
        let starts = candidates.len();
        let best = candidates
            .into_iter()
            .filter(|curve| curve.rate_per_transfer > 0.0 && curve.capacity > 0.0 && curve.knee().is_finite())
            .map(|curve| (curve, self.total_loss(&points, &curve)))
            .filter(|(_, loss)| loss.is_finite())
            .reduce(|best, other| if other.1 < best.1 { other } else { best });
        let Some((curve, loss)) = best else {
            return Err(FitError::NoConvergence { starts });
        };
        Ok(SaturatingFit { curve, saturation_seen: curve.knee() < largest * (1.0 - 1e-12), loss })
    }

    fn candidates(&self, points: &[(f64, f64)]) -> Vec<SaturatingCurve> {
        let mut candidates = Vec::with_capacity(2 * points.len());
        for below in 1..=points.len() {
            let knee = points[below - 1].0;
            // knee on an observed concurrency: one parameter, the rate
            let bent: Vec<(f64, f64)> = points.iter().map(|&(x, y)| (x.min(knee), y)).collect();
            let rate = self.slope(&bent);
            candidates.push(SaturatingCurve { rate_per_transfer: rate, capacity: rate * knee });
            // knee between this and the next: two separate parameters
            let (rising, flat) = points.split_at(below);
            if !flat.is_empty() {
                let level: Vec<(f64, f64)> = flat.iter().map(|&(_, y)| (1.0, y)).collect();
                candidates
                    .push(SaturatingCurve { rate_per_transfer: self.slope(rising), capacity: self.slope(&level) });
            }
        }
        candidates
    }

    /// Best `r` in `y = r x` for positive `x`: least squares, or the median of `y/x` weighted by `x`.
    fn slope(&self, points: &[(f64, f64)]) -> f64 {
        match self.loss {
            Loss::Squared => {
                let scale = points.iter().fold(0.0, |largest: f64, point| largest.max(point.0));
                let products: Vec<f64> = points.iter().map(|(x, y)| x / scale * y).collect();
                let squares: Vec<f64> = points.iter().map(|(x, _)| (x / scale).powi(2)).collect();
                mean(&products).zip(mean(&squares)).map_or(f64::NAN, |(above, below)| above / below / scale)
            }
            Loss::Absolute => {
                let mut slopes: Vec<(f64, f64)> = points.iter().map(|(x, y)| (y / x, *x)).collect();
                slopes.sort_by(|a, b| a.0.total_cmp(&b.0));
                let half = 0.5 * slopes.iter().map(|slope| slope.1).sum::<f64>();
                let mut weight = 0.0;
                slopes
                    .iter()
                    .find(|slope| {
                        weight += slope.1;
                        weight >= half
                    })
                    .map_or(f64::NAN, |slope| slope.0)
            }
        }
    }

    fn total_loss(&self, points: &[(f64, f64)], curve: &SaturatingCurve) -> f64 {
        let residuals = points.iter().map(|(x, y)| y - curve.throughput(*x));
        match self.loss {
            Loss::Squared => residuals.map(|residual| residual * residual).sum(),
            Loss::Absolute => residuals.map(f64::abs).sum(),
        }
    }
}

fn sorted_points(concurrency: &[f64], throughput: &[f64]) -> Result<Vec<(f64, f64)>, FitError> {
    usable_pair(("concurrency", concurrency), ("throughput", throughput))?;
    if let Some(&value) = concurrency.iter().find(|&&value| value <= 0.0) {
        return Err(DataError::OutOfRange { what: "a concurrency", value, range: "positive" }.into());
    }
    if concurrency.len() < 3 {
        return Err(FitError::TooFewRows { rows: concurrency.len(), parameters: 2 });
    }
    let mut points: Vec<(f64, f64)> = concurrency.iter().copied().zip(throughput.iter().copied()).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    #[test]
    fn a_rise_without_end_is_said_to_be_one() {
        let fit = SaturatingFitter::default().fit(&[1.0, 2.0, 4.0], &[10.0, 20.0, 40.0]).unwrap();
        assert_relative_eq!(fit.curve.rate_per_transfer, 10.0);
        assert_relative_eq!(fit.curve.capacity, 40.0);
        assert!(!fit.saturation_seen);
    }

    #[test]
    fn absolute_loss_ignores_a_wild_observation() {
        let (x, y) = ([1.0, 2.0, 3.0, 4.0, 6.0, 8.0], [10.0, 20.0, 30.0, 30.0, 900.0, 30.0]);
        let fit = SaturatingFitter { loss: Loss::Absolute }.fit(&x, &y).unwrap();
        assert_relative_eq!(fit.curve.rate_per_transfer, 10.0);
        assert_relative_eq!(fit.curve.capacity, 30.0);
    }

    #[test]
    fn wrong_input_is_a_typed_error() {
        let fit = |x: &[f64], y: &[f64]| SaturatingFitter::default().fit(x, y);
        assert!(matches!(fit(&[], &[]), Err(FitError::Data(DataError::Empty))));
        assert!(matches!(fit(&[1.0, -1.0, 2.0], &[1.0; 3]), Err(FitError::Data(_))));
        assert!(matches!(fit(&[1.0, 2.0], &[1.0; 2]), Err(FitError::TooFewRows { .. })));
        assert!(matches!(fit(&[1.0, 2.0, 3.0], &[-1.0; 3]), Err(FitError::NoConvergence { .. })));
    }

    proptest! {
        #[test]
        fn no_curve_of_a_fine_grid_is_better(
            points in prop::collection::vec((1u32..20, 1.0f64..100.0), 3..9),
            absolute in any::<bool>(),
        ) {
            let loss = if absolute { Loss::Absolute } else { Loss::Squared };
            let (x, y): (Vec<f64>, Vec<f64>) = points.iter().map(|&(x, y)| (f64::from(x), y)).unzip();
            let fitter = SaturatingFitter { loss };
            let fit = fitter.fit(&x, &y).unwrap();
            let points = sorted_points(&x, &y).unwrap();
            for i in 1..=60 {
                for j in 1..=60 {
                    let curve = SaturatingCurve {
                        rate_per_transfer: 100.0 * f64::from(i) / 60.0,
                        capacity: 100.0 * f64::from(j) / 60.0,
                    };
                    prop_assert!(fit.loss <= fitter.total_loss(&points, &curve) * (1.0 + 1e-9));
                }
            }
        }

        #[test]
        fn never_panics(rows in prop::collection::vec((any::<f64>(), any::<f64>()), 0..8), absolute in any::<bool>()) {
            let (x, y): (Vec<f64>, Vec<f64>) = rows.into_iter().map(|row| (row.0.abs(), row.1)).unzip();
            let loss = if absolute { Loss::Absolute } else { Loss::Squared };
            let _ = SaturatingFitter { loss }.fit(&x, &y);
        }
    }
}
