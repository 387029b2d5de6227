//! Coefficients `a`, `b` of the access time law from a probe: two files of sizes `S1 > S2`, read together by two threads of
//! one process, the larger taking `T1` and the smaller `T2` seconds.
//!
//! Two estimators, each under its own name and never mixed:
//!
//! - [`PaperProbe`]: Begy et al. 2019, eq. 7 and 8, generalised from 2000 and 300 MB to any two sizes. They solve its eq. 6,
//!   ```text
//!   T1 = S1 a + S2 b
//!   T2 = S2 a + S1 (T2/T1) b
//!   ```
//!   correctly. But the second line takes the large file to progress evenly over its whole life (`S1 T2/T1` MB by the time
//!   the small one ends), that is: not to be slowed by the small one, against the law itself.
//! - [`ExactProbe`]: where both progress by the law `T = a·S + b·ConTh`, equal threads stream at equal rates, the large file
//!   has moved exactly `S2` when the small one ends, and
//!   ```text
//!   T2 = S2 (a + b),   T1 = S1 a + S2 b   =>   a = (T1 - T2)/(S1 - S2),   b = T2/S2 - a
//!   ```
//!
//! **They differ.** On noiseless runs of the law with the paper's ratio of coefficients (b/a = 1.85), [`PaperProbe`] returns
//! `a` 16.5 % too large and `b` at 41 % of the truth; [`ExactProbe`] returns both. Series that were published come from the
//! first; feeding them to a simulation of the law does not reproduce the measured times.

use serde::{Deserialize, Serialize};

use super::FitError;
use crate::dataset::DataError;

/// One probe: two sizes \[MB\] and the times \[s\] in which they were read side by side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeTimes {
    /// Size of the larger file \[MB\], above `small_mb`; 2000 in the paper.
    pub large_mb: f64,
    /// Size of the smaller file \[MB\], positive; 300 in the paper.
    pub small_mb: f64,
    /// Time of the larger file \[s\], positive.
    pub large_s: f64,
    /// Time of the smaller file \[s\], positive. The smaller ends first; a longer time than the larger one's is accepted and
    /// leads to a negative `a` in the exact estimator.
    pub small_s: f64,
}

impl ProbeTimes {
    /// A probe with the paper's sizes, 2000 and 300 MB; times in seconds.
    pub fn of_paper_sizes(large_s: f64, small_s: f64) -> Self {
        Self { large_mb: 2000.0, small_mb: 300.0, large_s, small_s }
    }

    fn check(&self) -> Result<(), DataError> {
        let positive = |what, value: f64| {
            if value > 0.0 && value.is_finite() {
                return Ok(());
            }
            Err(DataError::OutOfRange { what, value, range: "positive and finite" })
        };
        positive("the size of the larger file", self.large_mb)?;
        positive("the size of the smaller file", self.small_mb)?;
        positive("the time of the larger file", self.large_s)?;
        positive("the time of the smaller file", self.small_s)?;
        positive("the difference of the two sizes", self.large_mb - self.small_mb)
    }
}

/// What a probe says about the access time law [s/MB]. Noise can make either negative; the caller decides what then.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ProbeCoefficients {
    /// Cost of the file itself.
    pub a: f64,
    /// Cost of traffic of the other threads of the process.
    pub b: f64,
}

/// A way to turn a probe into coefficients.
pub trait ProbeEstimator {
    /// Name in reports; unique among estimators.
    fn name(&self) -> &'static str;

    /// Coefficients from one probe.
    ///
    /// # Errors
    /// [`FitError::Data`] unless sizes and times are positive and finite and the sizes differ as they should;
    /// [`FitError::NoSolution`] where the estimator's equations have none.
    fn estimate(&self, probe: &ProbeTimes) -> Result<ProbeCoefficients, FitError>;
}

/// The paper's estimator (eq. 7 and 8); biased for the law it is meant for, see the [module](self).
///
/// `a = T1 T2 (S1 - S2) / (S1² T2 - S2² T1)`, `b = (T1 - S1 a) / S2`. No solution at `T2/T1 = (S2/S1)²`; below that `a` is
/// negative.
///
/// ```
/// use dapple_models::{PaperProbe, ProbeEstimator};
/// use dapple_models::regression::ProbeTimes;
///
/// // Times of a run with a = 0.0233, b = 0.0455 s/MB
/// let found = PaperProbe.estimate(&ProbeTimes::of_paper_sizes(60.3006, 20.635656))?;
/// assert!((found.a - 0.0274).abs() < 1e-4 && (found.b - 0.0181).abs() < 1e-4);
/// # Ok::<(), dapple_models::FitError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PaperProbe;

impl ProbeEstimator for PaperProbe {
    fn name(&self) -> &'static str {
        "paper_probe"
    }

    fn estimate(&self, probe: &ProbeTimes) -> Result<ProbeCoefficients, FitError> {
        probe.check()?;
        let ProbeTimes { large_mb, small_mb, large_s, small_s } = *probe;
        let determinant = large_mb * large_mb * small_s - small_mb * small_mb * large_s;
        // Times near the pole carry no information: rounding alone decides the sign there.
        if determinant.abs() <= 4.0 * f64::EPSILON * small_mb * small_mb * large_s {
            return Err(FitError::NoSolution);
        }
        let a = large_s * small_s * (large_mb - small_mb) / determinant;
        finite(ProbeCoefficients { a, b: (large_s - large_mb * a) / small_mb })
    }
}

/// The estimator that is exact for the law `T = a·S + b·ConTh`, see the [module](self).
///
/// ```
/// use dapple_models::{ExactProbe, ProbeEstimator};
/// use dapple_models::regression::ProbeTimes;
///
/// let found = ExactProbe.estimate(&ProbeTimes::of_paper_sizes(60.3006, 20.635656))?;
/// assert!((found.a - 0.02333232).abs() < 1e-12 && (found.b - 0.0454532).abs() < 1e-12);
/// # Ok::<(), dapple_models::FitError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExactProbe;

impl ProbeEstimator for ExactProbe {
    fn name(&self) -> &'static str {
        "exact_probe"
    }

    fn estimate(&self, probe: &ProbeTimes) -> Result<ProbeCoefficients, FitError> {
        probe.check()?;
        let a = (probe.large_s - probe.small_s) / (probe.large_mb - probe.small_mb);
        finite(ProbeCoefficients { a, b: probe.small_s / probe.small_mb - a })
    }
}

fn finite(found: ProbeCoefficients) -> Result<ProbeCoefficients, FitError> {
    if found.a.is_finite() && found.b.is_finite() { Ok(found) } else { Err(FitError::Overflow) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    /// Times of the law: both threads stream at 1/(a + b) until the smaller ends, then one at 1/a.
    fn run(a: f64, b: f64) -> ProbeTimes {
        ProbeTimes::of_paper_sizes(2000.0 * a + 300.0 * b, 300.0 * (a + b))
    }

    #[test]
    fn the_finding_in_figures() {
        let (a, b) = (0.023568, 0.043705);
        let paper = PaperProbe.estimate(&run(a, b)).unwrap();
        assert_relative_eq!(paper.a / a, 1.165, epsilon = 0.002);
        assert_relative_eq!(paper.b / b, 0.41, epsilon = 0.005);
    }

    #[test]
    fn general_sizes_reduce_to_the_printed_equations() {
        let (t1, t2) = (58.0_f64, 21.0_f64);
        let printed_a = -(17.0 * t1 * t2 / (100.0 * (9.0 * t1 - 400.0 * t2)));
        let paper = PaperProbe.estimate(&ProbeTimes::of_paper_sizes(t1, t2)).unwrap();
        assert_relative_eq!(paper.a, printed_a, max_relative = 1e-14);
        assert_relative_eq!(paper.b, (t1 - 2000.0 * printed_a) / 300.0, max_relative = 1e-12);
    }

    #[test]
    fn impossible_probes_are_refused() {
        for probe in [
            ProbeTimes::of_paper_sizes(f64::NAN, 1.0),
            ProbeTimes::of_paper_sizes(0.0, 1.0),
            ProbeTimes { large_mb: 300.0, ..ProbeTimes::of_paper_sizes(2.0, 1.0) },
        ] {
            assert!(matches!(PaperProbe.estimate(&probe), Err(FitError::Data(_))));
            assert!(matches!(ExactProbe.estimate(&probe), Err(FitError::Data(_))));
        }
        assert_eq!(PaperProbe.estimate(&ProbeTimes::of_paper_sizes(80.0, 1.8)), Err(FitError::NoSolution));
    }

    proptest! {
        #[test]
        fn exact_recovers_the_law(a in 1e-3f64..0.1, b in 0.0f64..0.2) {
            let found = ExactProbe.estimate(&run(a, b)).unwrap();
            prop_assert!((found.a - a).abs() < 1e-12 && (found.b - b).abs() < 1e-12);
        }
    }
}
