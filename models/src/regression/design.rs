//! QR factors of a design matrix whose columns were scaled to unit length.

use nalgebra::{DMatrix, DVector, SVD};

use super::FitError;
use crate::dataset::Features;

/// The estimable columns, each scaled to unit length, and their QR factors.
pub(super) struct ScaledDesign {
    /// Positions of the estimable columns in the table.
    pub(super) kept: Vec<usize>,
    /// Length of each kept column: `(largest, norm of column / largest)`; the product may overflow.
    scales: Vec<(f64, f64)>,
    q: DMatrix<f64>,
    r: DMatrix<f64>,
}

/// Estimates in the order of kept columns, and what they leave over.
pub(super) struct Solution {
    pub(super) estimates: Vec<f64>,
    pub(super) fitted: Vec<f64>,
    pub(super) residuals: Vec<f64>,
    /// `D⁻¹ R⁻¹`.
    pub(super) root: DMatrix<f64>,
}

impl ScaledDesign {
    /// Factors the table, leaving out columns that are zero or depend on the ones before them.
    pub(super) fn new(x: &Features, tolerance: f64) -> Result<Self, FitError> {
        let mut kept = Vec::new();
        let mut scales = Vec::new();
        let mut units: Vec<DVector<f64>> = Vec::new();
        for (at, (_, values)) in x.columns().enumerate() {
            let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
            if largest > 0.0 {
                let unit = DVector::from_iterator(values.len(), values.iter().map(|value| value / largest));
                let norm = unit.norm();
                kept.push(at);
                scales.push((largest, norm));
                units.push(unit / norm);
            }
        }
        loop {
            if kept.is_empty() {
                return Err(FitError::NoUsableColumn);
            }
            // More columns than rows: the first beyond the rows depends on those before it.
            let n_rows = x.n_rows();
            let leading = &units[..units.len().min(n_rows)];
            let qr = DMatrix::from_columns(leading).qr();
            let (q, r) = (qr.q(), qr.r());
            let dependent = (0..leading.len()).find(|&j| r[(j, j)].abs() < tolerance);
            let Some(dropped) = dependent.or((units.len() > n_rows).then_some(n_rows)) else {
                return Ok(Self { kept, scales, q, r });
            };
            kept.remove(dropped);
            scales.remove(dropped);
            units.remove(dropped);
        }
    }

    pub(super) fn solve(&self, y: &[f64]) -> Result<Solution, FitError> {
        let rank = self.kept.len();
        let mut root = self.r.solve_upper_triangular(&DMatrix::identity(rank, rank)).ok_or(FitError::Overflow)?;
        let y = DVector::from_column_slice(y);
        let projection = self.q.tr_mul(&y);
        let scaled = self.r.solve_upper_triangular(&projection).ok_or(FitError::Overflow)?;
        let estimates =
            scaled.iter().zip(&self.scales).map(|(value, (largest, norm))| value / norm / largest).collect();
        for (mut row, (largest, norm)) in root.row_iter_mut().zip(&self.scales) {
            row.iter_mut().for_each(|value| *value = *value / norm / largest);
        }
        let fitted = &self.q * projection;
        let residuals = y - &fitted;
        let (fitted, residuals) = (fitted.as_slice().to_vec(), residuals.as_slice().to_vec());
        Ok(Solution { estimates, fitted, residuals, root })
    }

    /// `σ_max(R D) σ_max((R D)⁻¹)`: two largest singular values are accurate where one smallest would not be.
    pub(super) fn condition_number(&self) -> f64 {
        let longest = self.scales.iter().fold(0.0, |longest: f64, (largest, _)| longest.max(*largest));
        let mut unscaled = self.r.clone();
        for (mut column, (largest, norm)) in unscaled.column_iter_mut().zip(&self.scales) {
            column *= largest / longest * norm;
        }
        let rank = self.kept.len();
        let inverse = unscaled.solve_upper_triangular(&DMatrix::identity(rank, rank));
        match (largest_singular_value(&unscaled), inverse.and_then(|inverse| largest_singular_value(&inverse))) {
            (Some(of_design), Some(of_inverse)) => of_design * of_inverse,
            _ => f64::INFINITY,
        }
    }
}

/// `None` where the matrix is not finite.
fn largest_singular_value(matrix: &DMatrix<f64>) -> Option<f64> {
    if matrix.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let decomposition = SVD::try_new(matrix.clone(), false, false, f64::EPSILON, 10_000)?;
    Some(decomposition.singular_values.max())
}
