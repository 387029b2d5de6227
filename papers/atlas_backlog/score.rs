//! How near simulated counts come to measured ones.

use dapple_models::{DataError, PredictionErrors};

/// A count is predicted well if it is off by no more than this share of the measured one.
pub const TAU: f64 = 0.5;

/// How near predictions come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Rank correlation (Spearman's).
    pub rank_correlation: f64,
    /// Share of those off by no more than half of the measured count.
    pub fogp: f64,
    /// Of how many links.
    pub n: usize,
}

/// How near predictions come to measured counts; one of each per link.
///
/// # Errors
/// Where there are none, or not as many of one as of the other.
pub fn scores(measured: &[f64], predicted: &[f64]) -> Result<Scores, DataError> {
    let errors = PredictionErrors::new(measured, predicted)?;
    Ok(Scores { rank_correlation: rank_correlation(measured, predicted), fogp: errors.fogp(TAU), n: measured.len() })
}

/// Spearman's rank correlation: Pearson's correlation of ranks, equal values sharing the mean of theirs.
pub fn rank_correlation(x: &[f64], y: &[f64]) -> f64 {
    let (x, y) = (ranks(x), ranks(y));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_x, mean_y) = (mean(&x), mean(&y));
    let products = |a: &[f64], mean_a: f64, b: &[f64], mean_b: f64| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum()
    };
    let spread = products(&x, mean_x, &x, mean_x) * products(&y, mean_y, &y, mean_y);
    products(&x, mean_x, &y, mean_y) / spread.sqrt()
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let below = order.partition_point(|&other| values[other] < values[equal[0]]);
        let rank = below as f64 + (equal.len() as f64 - 1.0) / 2.0;
        equal.iter().for_each(|&at| ranks[at] = rank);
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_correlated_as_a_textbook_says() {
        // Ten pairs of intelligence and hours of television, a common example: -29/165.
        let x = [106.0, 100.0, 86.0, 101.0, 99.0, 103.0, 97.0, 113.0, 112.0, 110.0];
        let y = [7.0, 27.0, 2.0, 50.0, 28.0, 29.0, 20.0, 12.0, 6.0, 17.0];
        assert!((rank_correlation(&x, &y) + 29.0 / 165.0).abs() < 1e-12);
        // Equal values share the mean of their ranks: 1, 2.5, 2.5, 4 against 1, 2, 3, 4.
        let found = rank_correlation(&[1.0, 2.0, 2.0, 3.0], &[10.0, 20.0, 30.0, 40.0]);
        assert!((found - 4.5 / (4.5_f64 * 5.0).sqrt()).abs() < 1e-12);
    }
}
