//! Ordinary least squares without intercept, with the inference that goes with it.
//!
//! The law that is fitted is [`T = a·S + b·ConTh + c·ConPr`](super): a read of nothing beside nothing takes no time, hence
//! no intercept (Begy et al. 2019, eq. 1 to 3). Any table of columns can be fitted.
//!
//! Without an intercept R², its adjusted value and F are the *uncentred* ones, as R reports them for `y ~ 0 + ...`:
//! `R² = 1 - RSS/Σy²`, adjusted with `n/(n - k)`, `F = (R²/k) / ((1 - R²)/(n - k))`. They are not comparable with those of a
//! model with intercept. The log-likelihood is Gaussian with `σ² = RSS/n`, and AIC and BIC count one parameter for it.
//!
//! Columns are scaled to unit length and factored by Householder QR (never by normal equations), so that regressors that
//! differ by ten orders of magnitude or are almost collinear keep their digits.

use serde::{Deserialize, Serialize};

use super::FitError;
use super::design::{ScaledDesign, Solution};
use crate::dataset::{DataError, Features, all_finite, open_unit, same_length};
use crate::distributions::{f_ln_p, student_t_half_width, student_t_ln_p};
use crate::statistics::Interval;

/// Settings of a least squares fit without intercept.
///
/// ```
/// use dapple_models::{Features, LeastSquares};
///
/// let x = Features::new([("x", vec![60.0, 61.0, 62.0, 63.0])])?;
/// let fit = LeastSquares::default().fit(&x, &[130.0, 131.0, 132.0, 133.0])?;
/// let slope = fit.coefficient("x").expect("x is not zero");
/// assert!((slope.estimate - 2.1378).abs() < 1e-4);
/// assert!(slope.ln_p < -10.0 && fit.df_residual == 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LeastSquares {
    /// Level of the confidence intervals of coefficients, between 0 and 1; 0.95.
    pub confidence_level: f64,
    /// A column whose part independent of the columns before it is shorter than this share of its length counts as a linear
    /// combination of them; 1e-7, as in R. Between 0 and 1.
    pub rank_tolerance: f64,
}

impl Default for LeastSquares {
    fn default() -> Self {
        Self { confidence_level: 0.95, rank_tolerance: 1e-7 }
    }
}

impl LeastSquares {
    /// Fits `y` by the columns of `x`.
    ///
    /// A column that is zero, or a linear combination of columns before it, gets no coefficient (`None` in its [`Term`]);
    /// the others are fitted as if it were not there.
    ///
    /// # Errors
    /// [`FitError::Data`] for NaN, infinities, unequal lengths or settings out of range; [`FitError::TooFewRows`] unless
    /// there are more rows than estimable columns; [`FitError::NoUsableColumn`]; [`FitError::Overflow`].
    pub fn fit(&self, x: &Features, y: &[f64]) -> Result<LeastSquaresFit, FitError> {
        self.check(x, y)?;
        let design = ScaledDesign::new(x, self.rank_tolerance)?;
        let (n, rank) = (y.len(), design.kept.len());
        if n <= rank {
            return Err(FitError::TooFewRows { rows: n, parameters: rank });
        }
        let solution = design.solve(y)?;
        let fit = self.describe(x, y, &design, solution);
        if fit.is_finite() { Ok(fit) } else { Err(FitError::Overflow) }
    }

    /// Tests whether two columns interact: fits with their product as one more column and compares.
    ///
    /// # Errors
    /// As [`fit`](Self::fit), for either model; [`FitError::Data`] when a column is missing; [`FitError::Aliased`] when the
    /// product is a linear combination of the other columns (for one that is zero, for instance).
    pub fn interaction(&self, x: &Features, y: &[f64], first: &str, second: &str) -> Result<Interaction, FitError> {
        let extended_x = x.with_product(first, second)?;
        let without = self.fit(x, y)?;
        let with = self.fit(&extended_x, y)?;
        let name = format!("{first}:{second}");
        let term = with.coefficient(&name).cloned().ok_or(FitError::Aliased { column: name })?;
        // One added column: the F statistic of the comparison is the square of its t, without a difference of two RSS.
        let f = FTest::new(term.t * term.t, 1, with.df_residual);
        Ok(Interaction { term, f, without, with })
    }

    fn check(&self, x: &Features, y: &[f64]) -> Result<(), FitError> {
        open_unit("the confidence level", self.confidence_level)?;
        open_unit("the rank tolerance", self.rank_tolerance)?;
        if x.n_columns() == 0 {
            return Err(FitError::NoUsableColumn);
        }
        same_length("y", x.n_rows(), y.len())?;
        if y.is_empty() {
            return Err(DataError::Empty.into());
        }
        all_finite("y", y)?;
        for (name, values) in x.columns() {
            all_finite(&format!("column `{name}`"), values)?;
        }
        Ok(())
    }

    fn describe(&self, x: &Features, y: &[f64], design: &ScaledDesign, solution: Solution) -> LeastSquaresFit {
        let (n, rank) = (y.len(), design.kept.len());
        let df_residual = n - rank;
        let rss = sum_of_squares(&solution.residuals);
        let tss = sum_of_squares(y);
        let (rows, k, df) = (n as f64, rank as f64, df_residual as f64);
        let sigma = (rss / df).sqrt();
        let unexplained = if tss > 0.0 { rss / tss } else { 1.0 };
        let log_likelihood = -0.5 * rows * ((2.0 * std::f64::consts::PI).ln() + (rss / rows).ln() + 1.0);
        // t quantiles exist: level and degrees were checked.
        let half_width = student_t_half_width(self.confidence_level, df).unwrap_or(f64::INFINITY);
        let mut terms: Vec<Term> =
            x.names().iter().map(|name| Term { name: name.clone(), coefficient: None }).collect();
        for (at, &column) in design.kept.iter().enumerate() {
            let std_error = sigma * solution.root.row(at).norm();
            terms[column].coefficient = Some(Coefficient::new(solution.estimates[at], std_error, df, half_width));
        }
        LeastSquaresFit {
            terms,
            n_rows: n,
            rank,
            df_residual,
            confidence_level: self.confidence_level,
            sigma,
            rss,
            tss_uncentred: tss,
            r_squared: 1.0 - unexplained,
            adjusted_r_squared: 1.0 - unexplained * rows / df,
            f: FTest::new((tss - rss) / k / (rss / df), rank, df_residual),
            log_likelihood,
            aic: -2.0 * log_likelihood + 2.0 * (k + 1.0),
            bic: -2.0 * log_likelihood + rows.ln() * (k + 1.0),
            condition_number: design.condition_number(),
            fitted: solution.fitted,
            residuals: solution.residuals,
            root: (0..rank).map(|row| solution.root.row(row).iter().copied().collect()).collect(),
        }
    }
}

/// One column of the table and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// Name of the column.
    pub name: String,
    /// Its coefficient; `None` when the column is zero or a linear combination of columns before it.
    pub coefficient: Option<Coefficient>,
}

/// An estimated coefficient. Unit: that of `y` over that of the column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// The estimate.
    pub estimate: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Estimate over standard error; infinite for an exact fit.
    pub t: f64,
    /// Two-sided p-value of "the coefficient is 0"; 0 when it underflows.
    pub p: f64,
    /// Natural logarithm of the p-value, exact where `p` underflows.
    pub ln_p: f64,
    /// Confidence interval at the level of the fit.
    pub interval: Interval,
}

impl Coefficient {
    fn new(estimate: f64, std_error: f64, df: f64, half_width: f64) -> Self {
        let t = statistic(estimate, std_error);
        let ln_p = student_t_ln_p(t, df);
        Self {
            estimate,
            std_error,
            t,
            p: ln_p.exp(),
            ln_p,
            interval: Interval::around(estimate, half_width * std_error),
        }
    }
}

/// An F test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FTest {
    /// The F statistic; infinite for an exact fit.
    pub statistic: f64,
    /// Degrees of freedom of the numerator.
    pub df1: usize,
    /// Degrees of freedom of the denominator.
    pub df2: usize,
    /// p-value; 0 when it underflows.
    pub p: f64,
    /// Natural logarithm of the p-value.
    pub ln_p: f64,
}

impl FTest {
    fn new(statistic: f64, df1: usize, df2: usize) -> Self {
        // 0/0: nothing to explain and nothing left over; that is no evidence.
        let statistic = if statistic.is_nan() { 0.0 } else { statistic };
        let ln_p = f_ln_p(statistic, df1 as f64, df2 as f64);
        Self { statistic, df1, df2, p: ln_p.exp(), ln_p }
    }
}

/// Answer of [`LeastSquares::interaction`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// Coefficient of the product column.
    pub term: Coefficient,
    /// F test of the model with the product against the one without.
    pub f: FTest,
    /// The model without the product.
    pub without: LeastSquaresFit,
    /// The model with it.
    pub with: LeastSquaresFit,
}

/// A prediction for one row, with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Expected value.
    pub fit: f64,
    /// Standard error of the expected value.
    pub std_error: f64,
    /// Interval for the expected value.
    pub confidence: Interval,
    /// Interval for a single new observation; wider, because it scatters around the expected value.
    pub prediction: Interval,
}

/// A fitted model. Made by [`LeastSquares::fit`].
///
/// Statistics of an exact fit (residuals all 0) are infinite where they divide by σ; formats without infinities (JSON)
/// cannot hold such a fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LeastSquaresFit {
    /// One term per column, in the order of columns.
    pub terms: Vec<Term>,
    /// Observations, n.
    pub n_rows: usize,
    /// Estimated coefficients, k.
    pub rank: usize,
    /// `n - k`.
    pub df_residual: usize,
    /// Level of the coefficient intervals.
    pub confidence_level: f64,
    /// Residual standard deviation `sqrt(RSS / (n - k))`, in the unit of y.
    pub sigma: f64,
    /// Residual sum of squares.
    pub rss: f64,
    /// `Σy²`, not about the mean.
    pub tss_uncentred: f64,
    /// Uncentred R²; 0 when every y is 0.
    pub r_squared: f64,
    /// Uncentred R², adjusted for the number of coefficients.
    pub adjusted_r_squared: f64,
    /// Test of "all coefficients are 0".
    pub f: FTest,
    /// Gaussian log-likelihood at its maximum.
    pub log_likelihood: f64,
    /// Akaike's criterion; `k + 1` parameters.
    pub aic: f64,
    /// Bayesian criterion; `k + 1` parameters.
    pub bic: f64,
    /// Largest over smallest singular value of the estimable columns as handed in (unscaled).
    pub condition_number: f64,
    /// Fitted values, one per row.
    pub fitted: Vec<f64>,
    /// Residuals `y - fitted`, one per row.
    pub residuals: Vec<f64>,
    /// `R⁻¹` of the design: covariance is `σ² root rootᵀ`.
    root: Vec<Vec<f64>>,
}

impl LeastSquaresFit {
    /// Coefficient of a column; `None` when there is no such column or it could not be estimated.
    pub fn coefficient(&self, name: &str) -> Option<&Coefficient> {
        self.terms.iter().find(|term| term.name == name)?.coefficient.as_ref()
    }

    /// Covariance matrix of the estimated coefficients, `rank × rank`, in the order of columns.
    pub fn covariance(&self) -> Vec<Vec<f64>> {
        let entry = |a: &[f64], b: &[f64]| self.sigma * dot(a, b) * self.sigma;
        self.root.iter().map(|a| self.root.iter().map(|b| entry(a, b)).collect()).collect()
    }

    /// Expected values for new rows; columns are found by name, others are ignored.
    ///
    /// # Errors
    /// [`FitError::Data`] when a column with a coefficient is missing or holds a value that is not finite.
    pub fn predict(&self, x: &Features) -> Result<Vec<f64>, FitError> {
        let rows = self.estimable_rows(x)?;
        Ok(rows.iter().map(|row| self.expected(row)).collect())
    }

    /// Expected values for new rows with confidence and prediction intervals at `level`.
    ///
    /// # Errors
    /// As [`predict`](Self::predict); [`FitError::Data`] unless `0 < level < 1`.
    pub fn predict_with_intervals(&self, x: &Features, level: f64) -> Result<Vec<Prediction>, FitError> {
        open_unit("the level", level)?;
        let half_width = student_t_half_width(level, self.df_residual as f64).unwrap_or(f64::INFINITY);
        let rows = self.estimable_rows(x)?;
        Ok(rows.iter().map(|row| self.prediction(row, half_width)).collect())
    }

    fn prediction(&self, row: &[f64], half_width: f64) -> Prediction {
        let fit = self.expected(row);
        let leverage_root = (0..self.rank)
            .map(|column| row.iter().zip(&self.root).map(|(value, root)| value * root[column]).sum::<f64>())
            .fold(0.0, f64::hypot);
        let std_error = self.sigma * leverage_root;
        Prediction {
            fit,
            std_error,
            confidence: Interval::around(fit, half_width * std_error),
            prediction: Interval::around(fit, half_width * std_error.hypot(self.sigma)),
        }
    }

    fn expected(&self, row: &[f64]) -> f64 {
        let estimates = self.terms.iter().filter_map(|term| term.coefficient.as_ref()).map(|own| own.estimate);
        row.iter().zip(estimates).map(|(value, estimate)| value * estimate).sum()
    }

    /// Values of the columns that have a coefficient, row by row.
    fn estimable_rows(&self, x: &Features) -> Result<Vec<Vec<f64>>, FitError> {
        let mut rows = vec![Vec::with_capacity(self.rank); x.n_rows()];
        for term in self.terms.iter().filter(|term| term.coefficient.is_some()) {
            let column = x.required(&term.name)?;
            all_finite(&format!("column `{}`", term.name), column)?;
            for (row, value) in rows.iter_mut().zip(column) {
                row.push(*value);
            }
        }
        Ok(rows)
    }

    /// Whether everything is a number; statistics that divide by σ may be infinite.
    fn is_finite(&self) -> bool {
        let coefficients = self.terms.iter().filter_map(|term| term.coefficient.as_ref());
        self.rss.is_finite()
            && self.tss_uncentred.is_finite()
            && coefficients
                .into_iter()
                .all(|own| own.estimate.is_finite() && own.std_error.is_finite() && !own.t.is_nan())
    }
}

/// Natural logarithm of the ratio `reduced / full` of each coefficient that both models have, by name.
///
/// Near 0: leaving out the other columns (and the rows where they act) does not change the coefficient, a hint that there is
/// no interaction; the paper reports -0.018 for `ConTh` and 0.024 for `ConPr`. `None` when the signs differ.
pub fn log_change(reduced: &LeastSquaresFit, full: &LeastSquaresFit) -> Vec<(String, Option<f64>)> {
    let shared = reduced.terms.iter().filter_map(|term| {
        let pair = (term.coefficient.as_ref()?, full.coefficient(&term.name)?);
        Some((term.name.clone(), pair))
    });
    shared
        .map(|(name, (reduced, full))| {
            let ratio = reduced.estimate / full.estimate;
            (name, (ratio > 0.0 && ratio.is_finite()).then(|| ratio.ln()))
        })
        .collect()
}

/// `estimate / std_error`, 0 where both are 0.
fn statistic(estimate: f64, std_error: f64) -> f64 {
    if estimate == 0.0 { 0.0 } else { estimate / std_error }
}

fn sum_of_squares(values: &[f64]) -> f64 {
    dot(values, values)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    fn table(columns: &[(&str, &[f64])]) -> Features {
        Features::new(columns.iter().map(|(name, values)| (*name, values.to_vec()))).unwrap()
    }

    #[test]
    fn a_dependent_column_gets_no_coefficient_and_changes_nothing() {
        let (s, y) = ([1.0, 2.0, 3.0, 4.0], [2.1, 3.9, 6.2, 7.8]);
        let third = [5.0, 1.0, 0.0, 2.0];
        let twice: Vec<f64> = s.iter().map(|value| 2.0 * value).collect();
        let with = table(&[("s", &s), ("twice", &twice), ("third", &third), ("zero", &[0.0; 4])]);
        let fit = LeastSquares::default().fit(&with, &y).unwrap();
        let plain = LeastSquares::default().fit(&table(&[("s", &s), ("third", &third)]), &y).unwrap();
        assert_eq!(fit.rank, 2);
        assert_eq!((fit.coefficient("twice"), fit.coefficient("zero")), (None, None));
        assert_eq!(fit.coefficient("third"), plain.coefficient("third"));
        assert_eq!(fit.predict(&with).unwrap(), plain.predict(&with).unwrap());
    }

    #[test]
    fn wrong_input_is_a_typed_error() {
        let x = table(&[("a", &[1.0, 2.0, 3.0]), ("b", &[1.0, 0.0, 1.0])]);
        let fit = |x: &Features, y: &[f64]| LeastSquares::default().fit(x, y);
        assert!(matches!(fit(&x, &[1.0, 2.0]), Err(FitError::Data(DataError::LengthMismatch { .. }))));
        assert!(matches!(fit(&x, &[1.0, f64::NAN, 1.0]), Err(FitError::Data(DataError::NotFinite { row: 1, .. }))));
        let short = table(&[("a", &[1.0, 2.0]), ("b", &[1.0, 0.0])]);
        assert_eq!(fit(&short, &[1.0, 2.0]), Err(FitError::TooFewRows { rows: 2, parameters: 2 }));
        let wide = table(&[("a", &[1.0]), ("b", &[2.0]), ("c", &[3.0])]);
        assert_eq!(fit(&wide, &[1.0]), Err(FitError::TooFewRows { rows: 1, parameters: 1 }));
        assert_eq!(fit(&Features::default(), &[]), Err(FitError::NoUsableColumn));
        assert_eq!(fit(&table(&[("a", &[])]), &[]), Err(FitError::Data(DataError::Empty)));
        assert_eq!(fit(&table(&[("a", &[0.0; 3])]), &[1.0; 3]), Err(FitError::NoUsableColumn));
        assert_eq!(fit(&x, &[f64::MAX, 1.0, 1.0]), Err(FitError::Overflow));
        let bad_level = LeastSquares { confidence_level: f64::NAN, ..LeastSquares::default() };
        assert!(bad_level.fit(&x, &[1.0; 3]).is_err());
    }

    #[test]
    fn an_interaction_that_cannot_be_seen_is_an_error() {
        let x = table(&[("a", &[1.0, 2.0, 3.0, 4.0, 0.0]), ("b", &[0.0, 0.0, 0.0, 0.0, 1.0])]);
        let settings = LeastSquares::default();
        let answer = settings.interaction(&x, &[1.0, 2.0, 3.5, 4.0, 1.0], "a", "b");
        assert_eq!(answer, Err(FitError::Aliased { column: "a:b".to_owned() }));
        assert!(matches!(settings.interaction(&x, &[1.0; 5], "a", "c"), Err(FitError::Data(_))));
    }

    #[test]
    fn prediction_needs_its_columns() {
        let x = table(&[("a", &[1.0, 2.0, 3.0])]);
        let fit = LeastSquares::default().fit(&x, &[1.1, 1.9, 3.2]).unwrap();
        assert!(fit.predict(&table(&[("b", &[1.0])])).is_err());
        assert!(fit.predict(&table(&[("a", &[f64::INFINITY])])).is_err());
        assert!(fit.predict_with_intervals(&x, 1.5).is_err());
        let at = &fit.predict_with_intervals(&x, 0.9).unwrap()[0];
        assert!(at.prediction.low < at.confidence.low && at.confidence.high < at.prediction.high);
    }

    #[test]
    fn nothing_to_explain_is_no_evidence() {
        let fit = LeastSquares::default().fit(&table(&[("a", &[1.0, 2.0, 3.0])]), &[0.0; 3]).unwrap();
        let coefficient = fit.coefficient("a").unwrap();
        assert_eq!((coefficient.estimate, coefficient.t, coefficient.p), (0.0, 0.0, 1.0));
        assert_eq!(fit.f.p, 1.0);
    }

    #[test]
    fn survives_writing() {
        let x = table(&[("a", &[1.0, 2.0, 3.0]), ("zero", &[0.0; 3])]);
        let fit = LeastSquares::default().fit(&x, &[1.1, 1.9, 3.2]).unwrap();
        let text = serde_json::to_string(&fit).unwrap();
        assert_eq!(serde_json::from_str::<LeastSquaresFit>(&text).unwrap(), fit);
    }

    proptest! {
        #[test]
        fn residuals_are_orthogonal_to_columns(
            rows in prop::collection::vec((0.1f64..100.0, -50.0f64..50.0, -10.0f64..10.0), 4..30),
        ) {
            let (a, b): (Vec<f64>, Vec<f64>) = rows.iter().map(|row| (row.0, row.1)).unzip();
            let y: Vec<f64> = rows.iter().map(|row| row.2).collect();
            let x = table(&[("a", &a), ("b", &b)]);
            let fit = LeastSquares::default().fit(&x, &y).unwrap();
            prop_assert!(dot(&fit.residuals, &a).abs() < 1e-8);
            prop_assert!(dot(&fit.residuals, &b).abs() < 1e-8);
            prop_assert!((fit.rss - fit.sigma.powi(2) * fit.df_residual as f64).abs() < 1e-9);
        }

        #[test]
        fn scaling_a_column_scales_its_coefficient(
            rows in prop::collection::vec((0.1f64..100.0, 1.0f64..50.0), 3..20),
            exponent in -60i32..60,
        ) {
            let (a, y): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            let factor = 2.0f64.powi(exponent);
            let scaled: Vec<f64> = a.iter().map(|value| value * factor).collect();
            let plain = LeastSquares::default().fit(&table(&[("a", &a)]), &y).unwrap();
            let other = LeastSquares::default().fit(&table(&[("a", &scaled)]), &y).unwrap();
            let (plain, other) = (plain.coefficient("a").unwrap(), other.coefficient("a").unwrap());
            assert_relative_eq!(plain.estimate, other.estimate * factor, max_relative = 1e-13);
            assert_relative_eq!(plain.t, other.t, max_relative = 1e-12);
        }

        #[test]
        fn never_panics(
            rows in prop::collection::vec((any::<f64>(), any::<f64>(), any::<f64>()), 0..6),
        ) {
            let a: Vec<f64> = rows.iter().map(|row| row.0).collect();
            let b: Vec<f64> = rows.iter().map(|row| row.1).collect();
            let y: Vec<f64> = rows.iter().map(|row| row.2).collect();
            let _ = LeastSquares::default().interaction(&table(&[("a", &a), ("b", &b)]), &y, "a", "b");
        }
    }
}
