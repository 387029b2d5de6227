//! Eq. 1, 2 and 3: what was published, and the same fit on a campaign.

use dapple_models::{FitError, LeastSquares, LeastSquaresFit};

use super::campaign::at;
use super::{Campaign, RemoteAccessError};

/// One of the three regressions of section 3, all without intercept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Equation {
    /// Eq. 1: `T ~ 0 + S + ConTh + ConPr` on all reads.
    Full,
    /// Eq. 2: `T ~ 0 + S + ConTh` on reads without traffic of other processes beside them.
    Threads,
    /// Eq. 3: `T ~ 0 + S + ConPr` on reads without traffic of other threads of their process.
    Processes,
}

/// What the paper says about an equation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published {
    /// Coefficients [s/MB], in the order of [`Equation::columns`].
    pub coefficients: &'static [f64],
    /// F-statistic of "all coefficients are 0".
    pub f: f64,
    /// Its degrees of freedom: coefficients.
    pub df_model: usize,
    /// Residual degrees of freedom.
    pub df_residual: usize,
}

impl Published {
    /// Observations.
    pub fn n_rows(&self) -> usize {
        self.df_model + self.df_residual
    }

    /// Share of `Σ T²` that the equation leaves over: `1 - R²` (uncentred), from F.
    pub fn unexplained(&self) -> f64 {
        1.0 / (1.0 + self.f * self.df_model as f64 / self.df_residual as f64)
    }
}

impl Equation {
    /// All three in order.
    pub const ALL: [Self; 3] = [Self::Full, Self::Threads, Self::Processes];

    /// Its number in the paper.
    pub fn number(self) -> u8 {
        match self {
            Self::Full => 1,
            Self::Threads => 2,
            Self::Processes => 3,
        }
    }

    /// Names of its regressors.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Full => &["S", "ConTh", "ConPr"],
            Self::Threads => &["S", "ConTh"],
            Self::Processes => &["S", "ConPr"],
        }
    }

    /// The regression in words: `T ~ 0 + S + ConTh`.
    pub fn formula(self) -> String {
        format!("T ~ 0 + {}", self.columns().join(" + "))
    }

    /// What the paper says about it.
    pub fn published(self) -> Published {
        match self {
            Self::Full => {
                Published { coefficients: &[0.023568, 0.043705, 0.001538], f: 4.514e4, df_model: 3, df_residual: 1119 }
            }
            Self::Threads => Published { coefficients: &[0.02565, 0.04293], f: 3.119e4, df_model: 2, df_residual: 340 },
            Self::Processes => {
                Published { coefficients: &[0.023195, 0.001575], f: 2.035e4, df_model: 2, df_residual: 832 }
            }
        }
    }

    /// What the paper says about one coefficient; `None` where the equation has no such column.
    pub fn published_coefficient(self, column: &str) -> Option<f64> {
        let at = self.columns().iter().position(|own| *own == column)?;
        Some(self.published().coefficients[at])
    }

    /// Position among the three.
    pub(super) fn index(self) -> usize {
        usize::from(self.number() - 1)
    }

    pub(super) fn cannot_fit(self, source: FitError) -> RemoteAccessError {
        RemoteAccessError::Fit { equation: self.number(), source }
    }
}

/// An equation fitted to a campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct EquationFit {
    /// The equation.
    pub equation: Equation,
    /// Its rows in the campaign.
    pub rows: Vec<usize>,
    /// The fit.
    pub fit: LeastSquaresFit,
}

impl EquationFit {
    /// Our coefficients, in the order of [`Equation::columns`]; NaN for one that cannot be estimated.
    pub fn coefficients(&self) -> Vec<f64> {
        coefficients(&self.fit, self.equation)
    }

    /// Largest relative distance of our coefficients from those of eq. 1, the law that was put in.
    pub fn distance_from_law(&self) -> f64 {
        let distances = self.equation.columns().iter().zip(self.coefficients());
        distances
            .filter_map(|(name, ours)| Equation::Full.published_coefficient(name).map(|law| (ours / law - 1.0).abs()))
            .fold(0.0, |largest, distance| if distance > largest || distance.is_nan() { distance } else { largest })
    }
}

pub(super) fn coefficients(fit: &LeastSquaresFit, equation: Equation) -> Vec<f64> {
    let estimate = |name: &&str| fit.coefficient(name).map_or(f64::NAN, |own| own.estimate);
    equation.columns().iter().map(estimate).collect()
}

/// All three without noise.
pub(super) fn fits(campaign: &Campaign) -> Result<[EquationFit; 3], RemoteAccessError> {
    let [full, threads, processes] = Equation::ALL.map(|equation| fit(campaign, equation));
    Ok([full?, threads?, processes?])
}

fn fit(campaign: &Campaign, equation: Equation) -> Result<EquationFit, RemoteAccessError> {
    let rows = campaign.rows_of(equation);
    let x = campaign.design(equation, &rows)?;
    let fit = LeastSquares::default().fit(&x, &at(&campaign.seconds, &rows));
    Ok(EquationFit { equation, fit: fit.map_err(|error| equation.cannot_fit(error))?, rows })
}
