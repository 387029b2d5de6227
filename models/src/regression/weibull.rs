//! Load curve of a data transfer node: aggregate rate against total concurrency, with rise, peak and collapse.
//!
//! Liu et al. (Towards a smart data transfer node, Fig. 1) describe it by a scaled Weibull density,
//! `C(x) = A (k/λ) (x/λ)^(k-1) exp(-(x/λ)^k)`, x the files or streams in flight. For k > 1 it peaks at
//! `λ ((k-1)/k)^(1/k)`; for k <= 1 it falls from the first transfer on.
//!
//! [`WeibullFitter`] fits it by least squares: Levenberg-Marquardt on `(ln A, ln k, ln λ)`, so that all three stay positive,
//! from a fixed grid of starts, the best kept. Not every node behaves like this: a measured one rises to four files and then
//! stays flat, see [`SaturatingFitter`](super::SaturatingFitter).
//!
//! Not in use yet: it waits for the paper to be made again.

use nalgebra::{Matrix3, Vector3};
use serde::{Deserialize, Serialize};

use super::FitError;
use crate::dataset::{DataError, all_finite, same_length, usable_pair};
use crate::statistics::{mean, quantile};

/// The curve. Parameters are positive and finite in a curve made by [`WeibullCurve::new`] or by a fit.
///
/// ```
/// use dapple_models::WeibullCurve;
///
/// let node = WeibullCurve::new(9000.0, 1.7, 22.0)?;
/// assert!((node.peak_throughput().expect("k > 1") - 319.72).abs() < 0.01);   // MB/s
/// assert_eq!(node.best_concurrency(), 13);
/// # Ok::<(), dapple_models::DataError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeibullCurve {
    /// A: area under the curve [MB/s × concurrency].
    pub amplitude: f64,
    /// k: shape, without unit; above 1 the curve has a peak.
    pub shape: f64,
    /// λ: scale \[concurrency\].
    pub scale: f64,
}

impl WeibullCurve {
    /// A curve from its parameters.
    ///
    /// # Errors
    /// [`DataError::OutOfRange`] unless all three are positive and finite.
    pub fn new(amplitude: f64, shape: f64, scale: f64) -> Result<Self, DataError> {
        for (what, value) in [("the amplitude", amplitude), ("the shape", shape), ("the scale", scale)] {
            if value <= 0.0 || !value.is_finite() {
                return Err(DataError::OutOfRange { what, value, range: "positive and finite" });
            }
        }
        Ok(Self { amplitude, shape, scale })
    }

    /// Aggregate rate at a concurrency [MB/s]; 0 at 0 and below, where nothing is in flight (whatever the formula's limit).
    pub fn throughput(&self, concurrency: f64) -> f64 {
        if concurrency <= 0.0 {
            return 0.0;
        }
        let relative = concurrency / self.scale;
        let decay = relative.powf(self.shape);
        if decay > 800.0 {
            return 0.0; // exp(-800) is 0 in a double; the power before it may be infinite
        }
        self.amplitude * (self.shape / self.scale) * relative.powf(self.shape - 1.0) * (-decay).exp()
    }

    /// Concurrency of the peak, `λ ((k-1)/k)^(1/k)`; `None` for k <= 1, where the curve only falls.
    pub fn mode(&self) -> Option<f64> {
        (self.shape > 1.0).then(|| self.scale * ((self.shape - 1.0) / self.shape).powf(1.0 / self.shape))
    }

    /// Rate at the peak [MB/s]; `None` for k <= 1.
    pub fn peak_throughput(&self) -> Option<f64> {
        self.mode().map(|mode| self.throughput(mode))
    }

    /// Whole number of transfers, at least 1, with the largest aggregate rate: one of the two neighbours of the mode, not
    /// always the rounded mode. The smaller one in a tie.
    pub fn best_concurrency(&self) -> u32 {
        let below = self.mode().unwrap_or(1.0).floor().clamp(1.0, f64::from(u32::MAX - 1));
        let above = below + 1.0;
        let best = if self.throughput(above) > self.throughput(below) { above } else { below };
        best as u32
    }

    fn from_logarithms(theta: &Vector3<f64>) -> Self {
        Self { amplitude: theta[0].exp(), shape: theta[1].exp(), scale: theta[2].exp() }
    }

    /// Derivatives of the rate by `(ln A, ln k, ln λ)`.
    fn gradient(&self, concurrency: f64, throughput: f64) -> Vector3<f64> {
        let ln_relative = (concurrency / self.scale).ln();
        let decay = (self.shape * ln_relative).exp();
        if throughput == 0.0 {
            return Vector3::zeros();
        }
        let by_shape = 1.0 + self.shape * ln_relative * (1.0 - decay);
        throughput * Vector3::new(1.0, by_shape, self.shape * (decay - 1.0))
    }
}

/// Settings of the fit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WeibullFitter {
    /// Levenberg-Marquardt iterations per start; 500.
    pub max_iterations: usize,
    /// A start has converged when no logarithm of a parameter moves by more than this; 1e-12.
    pub step_tolerance: f64,
}

impl Default for WeibullFitter {
    fn default() -> Self {
        Self { max_iterations: 500, step_tolerance: 1e-12 }
    }
}

/// Standard errors of the three parameters, in their units, from the residual variance `RSS/(n - 3)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WeibullErrors {
    /// Of A.
    pub amplitude: f64,
    /// Of k.
    pub shape: f64,
    /// Of λ.
    pub scale: f64,
}

/// A fitted curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WeibullFit {
    /// The curve.
    pub curve: WeibullCurve,
    /// Standard errors of its parameters; `None` where the data do not determine them.
    pub std_errors: Option<WeibullErrors>,
    /// Sum of squared residuals, each divided by its standard deviation in a weighted fit.
    pub sum_of_squares: f64,
    /// `1 - Σ(y - C(x))² / Σ(y - ȳ)²`, unweighted in a weighted fit as well; `None` when all rates are equal.
    pub r_squared: Option<f64>,
    /// Observations.
    pub n_rows: usize,
    /// Starts that reached this optimum (sum of squares within 1e-6), of [`WeibullFit::starts`]. Few: look at the data.
    pub starts_agreeing: usize,
    /// Starts tried.
    pub starts: usize,
}

impl WeibullFitter {
    /// Fits aggregate rates [MB/s] observed at concurrencies (positive).
    ///
    /// # Errors
    /// [`FitError::Data`] for empty, ragged or not finite input and for a concurrency that is not positive;
    /// [`FitError::TooFewRows`] below 4 rows; [`FitError::NoConvergence`], for rates without any positive trend.
    pub fn fit(&self, concurrency: &[f64], throughput: &[f64]) -> Result<WeibullFit, FitError> {
        self.fit_weighted(concurrency, throughput, &vec![1.0; throughput.len()])
    }

    /// Fits with a known standard deviation of each rate (up to a common factor), positive.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`FitError::Data`] for a standard deviation that is not positive.
    pub fn fit_weighted(&self, concurrency: &[f64], throughput: &[f64], sd: &[f64]) -> Result<WeibullFit, FitError> {
        let data = Observations::new(concurrency, throughput, sd)?;
        let starts = data.starts();
        let optima: Vec<(Vector3<f64>, f64)> = starts.iter().filter_map(|start| self.descend(&data, *start)).collect();
        let best = optima.iter().copied().reduce(|best, other| if other.1 < best.1 { other } else { best });
        let Some((theta, sum_of_squares)) = best else {
            return Err(FitError::NoConvergence { starts: starts.len() });
        };
        let curve = WeibullCurve::from_logarithms(&theta);
        let agrees = |squares: f64| squares <= sum_of_squares * (1.0 + 1e-6) + 1e-18 * data.total();
        Ok(WeibullFit {
            curve,
            std_errors: data.std_errors(&curve, sum_of_squares),
            sum_of_squares,
            r_squared: data.r_squared(&curve),
            n_rows: throughput.len(),
            starts_agreeing: optima.iter().filter(|(_, squares)| agrees(*squares)).count(),
            starts: starts.len(),
        })
    }

    /// Levenberg-Marquardt from one start; `None` when it leaves the finite numbers or does not settle.
    fn descend(&self, data: &Observations<'_>, start: Vector3<f64>) -> Option<(Vector3<f64>, f64)> {
        const LARGEST_DAMPING: f64 = 1e12;
        let mut theta = start;
        let mut squares = data.sum_of_squares(&theta)?;
        let mut damping = 1e-3;
        for _ in 0..self.max_iterations {
            let (normal, gradient) = data.normal_equations(&theta);
            loop {
                let step = damped_step(&normal, &gradient, damping)?;
                let trial = theta + step;
                match data.sum_of_squares(&trial) {
                    Some(trial_squares) if trial_squares <= squares => {
                        theta = trial;
                        squares = trial_squares;
                        damping = (damping * 0.1).max(1e-15);
                        if step.amax() <= self.step_tolerance {
                            return Some((theta, squares));
                        }
                        break;
                    }
                    _ if step.amax() <= self.step_tolerance || damping >= LARGEST_DAMPING => {
                        return Some((theta, squares)); // rounding stands in the way of any further step
                    }
                    _ => damping *= 10.0,
                }
            }
        }
        None
    }
}

/// Solves `(H + damping diag H) step = gradient` in units where the diagonal of H is 1.
fn damped_step(normal: &Matrix3<f64>, gradient: &Vector3<f64>, damping: f64) -> Option<Vector3<f64>> {
    let scale = normal.diagonal().map(f64::sqrt);
    if scale.iter().any(|length| *length <= 0.0 || !length.is_finite()) {
        return None;
    }
    let mut scaled = Matrix3::from_fn(|i, j| normal[(i, j)] / scale[i] / scale[j]);
    for i in 0..3 {
        scaled[(i, i)] = 1.0 + damping;
    }
    let step = scaled.cholesky()?.solve(&gradient.component_div(&scale)).component_div(&scale);
    step.iter().all(|value| value.is_finite()).then_some(step)
}

/// Checked observations.
struct Observations<'a> {
    concurrency: &'a [f64],
    throughput: &'a [f64],
    sd: &'a [f64],
}

impl<'a> Observations<'a> {
    fn new(concurrency: &'a [f64], throughput: &'a [f64], sd: &'a [f64]) -> Result<Self, FitError> {
        usable_pair(("concurrency", concurrency), ("throughput", throughput))?;
        same_length("standard deviations", throughput.len(), sd.len())?;
        all_finite("standard deviations", sd)?;
        for (what, values) in [("a concurrency", concurrency), ("a standard deviation", sd)] {
            if let Some(&value) = values.iter().find(|&&value| value <= 0.0) {
                return Err(DataError::OutOfRange { what, value, range: "positive" }.into());
            }
        }
        if throughput.len() < 4 {
            return Err(FitError::TooFewRows { rows: throughput.len(), parameters: 3 });
        }
        Ok(Self { concurrency, throughput, sd })
    }

    fn rows(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        let pairs = self.concurrency.iter().zip(self.throughput);
        pairs.zip(self.sd).map(|((&x, &y), &sd)| (x, y, sd))
    }

    /// Shapes times scales over the range observed, each with its best amplitude (a linear problem).
    fn starts(&self) -> Vec<Vector3<f64>> {
        let quantiles = [0.0, 0.25, 0.5, 0.75, 1.0].map(|part| quantile(self.concurrency, part).unwrap_or(1.0));
        let beyond = 3.0 * quantiles[4];
        let mut starts = Vec::new();
        for shape in [0.6_f64, 1.0, 1.5, 2.2, 3.5, 6.0] {
            for scale in quantiles.into_iter().chain([beyond]) {
                let unit = WeibullCurve { amplitude: 1.0, shape, scale };
                let (above, below) = self.rows().fold((0.0, 0.0), |(above, below), (x, y, sd)| {
                    let value = unit.throughput(x) / sd;
                    (above + value * y / sd, below + value * value)
                });
                let amplitude: f64 = above / below;
                if amplitude > 0.0 && amplitude.is_finite() {
                    starts.push(Vector3::new(amplitude.ln(), shape.ln(), scale.ln()));
                }
            }
        }
        starts
    }

    /// `None` when it is not finite.
    fn sum_of_squares(&self, theta: &Vector3<f64>) -> Option<f64> {
        let curve = WeibullCurve::from_logarithms(theta);
        let squares: f64 = self.rows().map(|(x, y, sd)| ((y - curve.throughput(x)) / sd).powi(2)).sum();
        squares.is_finite().then_some(squares)
    }

    /// `JᵀJ` and `Jᵀ residuals`.
    fn normal_equations(&self, theta: &Vector3<f64>) -> (Matrix3<f64>, Vector3<f64>) {
        let curve = WeibullCurve::from_logarithms(theta);
        self.rows().fold((Matrix3::zeros(), Vector3::zeros()), |(normal, gradient), (x, y, sd)| {
            let throughput = curve.throughput(x);
            let slope = curve.gradient(x, throughput) / sd;
            (normal + slope * slope.transpose(), gradient + slope * ((y - throughput) / sd))
        })
    }

    fn std_errors(&self, curve: &WeibullCurve, sum_of_squares: f64) -> Option<WeibullErrors> {
        let theta = Vector3::new(curve.amplitude.ln(), curve.shape.ln(), curve.scale.ln());
        let (normal, _) = self.normal_equations(&theta);
        let scale = normal.diagonal().map(f64::sqrt);
        let scaled = Matrix3::from_fn(|i, j| normal[(i, j)] / scale[i] / scale[j]);
        let inverse = scaled.cholesky()?.inverse();
        let variance = sum_of_squares / (self.throughput.len() - 3) as f64;
        let relative = |i: usize| (variance * inverse[(i, i)]).sqrt() / scale[i];
        let errors = WeibullErrors {
            amplitude: curve.amplitude * relative(0),
            shape: curve.shape * relative(1),
            scale: curve.scale * relative(2),
        };
        let finite = [errors.amplitude, errors.shape, errors.scale].iter().all(|value| value.is_finite());
        finite.then_some(errors)
    }

    fn r_squared(&self, curve: &WeibullCurve) -> Option<f64> {
        let center = mean(self.throughput)?;
        let spread: f64 = self.throughput.iter().map(|y| (y - center) * (y - center)).sum();
        let left: f64 = self.rows().map(|(x, y, _)| (y - curve.throughput(x)).powi(2)).sum();
        (spread > 0.0).then(|| 1.0 - left / spread)
    }

    /// Weighted sum of squares of the rates themselves: what rounding is measured against.
    fn total(&self) -> f64 {
        self.rows().map(|(_, y, sd)| (y / sd).powi(2)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    fn curve() -> WeibullCurve {
        WeibullCurve::new(9000.0, 1.7, 22.0).unwrap()
    }

    #[test]
    fn gradient_agrees_with_differences() {
        let h: f64 = 1e-6;
        let curve = curve();
        let parameters = [curve.amplitude, curve.shape, curve.scale];
        for x in [0.5, 5.0, 13.0, 60.0] {
            let gradient = curve.gradient(x, curve.throughput(x));
            for i in 0..3 {
                let at = |sign: f64| {
                    let mut moved = parameters;
                    moved[i] *= (sign * h).exp();
                    WeibullCurve { amplitude: moved[0], shape: moved[1], scale: moved[2] }.throughput(x)
                };
                assert_relative_eq!(gradient[i], (at(1.0) - at(-1.0)) / (2.0 * h), max_relative = 1e-6, epsilon = 1e-6);
            }
        }
    }

    #[test]
    fn nothing_in_flight_moves_nothing() {
        assert_eq!(curve().throughput(0.0), 0.0);
        assert_eq!(WeibullCurve::new(500.0, 0.7, 10.0).unwrap().throughput(0.0), 0.0);
        assert_eq!(curve().throughput(1e300), 0.0);
    }

    #[test]
    fn wrong_input_is_a_typed_error() {
        let fitter = WeibullFitter::default();
        assert!(matches!(fitter.fit(&[], &[]), Err(FitError::Data(DataError::Empty))));
        assert!(matches!(fitter.fit(&[1.0, 2.0], &[1.0]), Err(FitError::Data(_))));
        assert!(matches!(fitter.fit(&[0.0; 5], &[1.0; 5]), Err(FitError::Data(DataError::OutOfRange { .. }))));
        assert!(matches!(fitter.fit(&[1.0, 2.0, 3.0], &[1.0; 3]), Err(FitError::TooFewRows { .. })));
        assert!(matches!(fitter.fit(&[1.0, 2.0, 3.0, 4.0], &[-1.0; 4]), Err(FitError::NoConvergence { starts: 0 })));
        assert!(fitter.fit_weighted(&[1.0; 4], &[1.0; 4], &[0.0; 4]).is_err());
        assert!(WeibullCurve::new(1.0, f64::NAN, 1.0).is_err());
    }

    proptest! {
        #[test]
        fn best_concurrency_beats_its_neighbours(k in 0.3f64..6.0, scale in 0.5f64..200.0) {
            let curve = WeibullCurve::new(1000.0, k, scale).unwrap();
            let best = curve.best_concurrency();
            let at = |n: u32| curve.throughput(f64::from(n));
            prop_assert!(best >= 1 && at(best) >= at(best + 1));
            prop_assert!(best == 1 || at(best) >= at(best - 1));
        }

        #[test]
        fn noiseless_points_give_the_curve_back(k in 0.7f64..3.0, scale in 5.0f64..40.0) {
            let truth = WeibullCurve::new(5000.0, k, scale).unwrap();
            let x: Vec<f64> = (1..60).map(f64::from).collect();
            let y: Vec<f64> = x.iter().map(|&x| truth.throughput(x)).collect();
            let fit = WeibullFitter::default().fit(&x, &y).unwrap();
            assert_relative_eq!(fit.curve.shape, k, max_relative = 1e-7);
            assert_relative_eq!(fit.curve.scale, scale, max_relative = 1e-7);
        }

        #[test]
        fn never_panics(rows in prop::collection::vec((any::<f64>(), any::<f64>(), any::<f64>()), 0..7)) {
            let x: Vec<f64> = rows.iter().map(|row| row.0.abs()).collect();
            let y: Vec<f64> = rows.iter().map(|row| row.1).collect();
            let sd: Vec<f64> = rows.iter().map(|row| row.2.abs()).collect();
            let _ = WeibullFitter::default().fit_weighted(&x, &y, &sd);
            let curve = WeibullCurve { amplitude: 1.0, shape: x.first().copied().unwrap_or(1.0), scale: 2.0 };
            let _ = (curve.best_concurrency(), curve.peak_throughput());
        }
    }
}
