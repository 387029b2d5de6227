//! Eq. 1, 2 and 3 fitted to a campaign.

use dapple_models::{LeastSquares, LeastSquaresFit};

use super::campaign::at;
use super::{Campaign, Equation, RemoteAccessError};

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
    Ok(EquationFit { equation, fit: fit.map_err(|error| RemoteAccessError::cannot_fit(equation, error))?, rows })
}
