//! Do the two kinds of concurrent traffic interact? Without noise: the law says no, and so must the fit.

use dapple_models::{FitError, LeastSquares};

use super::{Campaign, Equation, RemoteAccessError};

/// Eq. 1 with the product ConTh:ConPr beside it, on the campaign without noise.
#[derive(Clone, Debug, PartialEq)]
pub struct InteractionCheck {
    /// Reads with traffic of both kinds beside them.
    pub n_mixed: usize,
    /// Reads with none.
    pub n_alone: usize,
    /// What the product adds to any read at most \[s\]; `None` where no read has traffic of both kinds beside it.
    pub largest_effect_s: Option<f64>,
    /// The longest read \[s\].
    pub longest_s: f64,
}

pub(super) fn check(campaign: &Campaign) -> Result<InteractionCheck, RemoteAccessError> {
    let rows: Vec<usize> = (0..campaign.n_reads()).collect();
    let x = campaign.design(Equation::Full, &rows)?;
    let coefficient = match LeastSquares::default().interaction(&x, &campaign.seconds, "ConTh", "ConPr") {
        Ok(found) => Some(found.term.estimate),
        Err(FitError::Aliased { .. }) => None,
        Err(error) => return Err(Equation::Full.cannot_fit(error)),
    };
    let products = || campaign.con_th_mb.iter().zip(&campaign.con_pr_mb).map(|(th, pr)| th * pr);
    let largest = products().fold(0.0, f64::max);
    let n_alone = rows.iter().filter(|&&row| campaign.con_th_mb[row] == 0.0 && campaign.con_pr_mb[row] == 0.0).count();
    Ok(InteractionCheck {
        n_mixed: campaign.n_mixed(),
        n_alone,
        largest_effect_s: coefficient.map(|coefficient| coefficient.abs() * largest),
        longest_s: campaign.seconds.iter().copied().fold(0.0, f64::max),
    })
}
