//! The probe of section 4: 2 GB and 300 MB read together by two threads of one process, and what follows about a and b.

use dapple_models::regression::{ProbeCoefficients, ProbeTimes};
use dapple_models::{ExactProbe, PaperProbe, ProbeEstimator};
use dapple_records::TableData;

use super::{RemoteAccessError, dataset};

/// Sizes of the two files of the paper's probe \[MB\].
pub const PROBE_SIZES_MB: (f64, f64) = (2000.0, 300.0);

/// A probe under a known law, and what the two estimators make of its times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probe {
    /// The law that moved the bytes.
    pub truth: ProbeCoefficients,
    /// Sizes and times.
    pub times: ProbeTimes,
    /// Eq. 7 and 8 of the paper.
    pub paper: ProbeCoefficients,
    /// The estimator that is exact for the law.
    pub exact: ProbeCoefficients,
}

impl Probe {
    /// Estimates from times.
    ///
    /// # Errors
    /// [`RemoteAccessError::Estimate`] where an estimator has no answer.
    pub fn new(truth: ProbeCoefficients, times: ProbeTimes) -> Result<Self, RemoteAccessError> {
        let by = |estimator: &dyn ProbeEstimator| {
            estimator.estimate(&times).map_err(|source| RemoteAccessError::Estimate { source })
        };
        Ok(Self { truth, times, paper: by(&PaperProbe)?, exact: by(&ExactProbe)? })
    }

    /// Estimates over the truth, (a, b).
    pub fn relative(&self, estimate: ProbeCoefficients) -> (f64, f64) {
        (estimate.a / self.truth.a, estimate.b / self.truth.b)
    }
}

/// A probe from the reads of its run: two remote reads by one process.
///
/// # Errors
/// As [`dataset`]; [`RemoteAccessError::NoProbe`]; [`RemoteAccessError::Estimate`].
pub fn probe(truth: ProbeCoefficients, reads: &TableData) -> Result<Probe, RemoteAccessError> {
    let campaign = dataset(reads)?;
    let (&[first, second], &[one, other]) = (&campaign.size_mb[..], &campaign.seconds[..]) else {
        let mut sizes = campaign.size_mb.clone();
        sizes.sort_by(f64::total_cmp);
        sizes.dedup();
        return Err(RemoteAccessError::NoProbe { reads: campaign.n_reads(), sizes: sizes.len() });
    };
    if first == second {
        return Err(RemoteAccessError::NoProbe { reads: 2, sizes: 1 });
    }
    let ((large_mb, large_s), (small_mb, small_s)) =
        if first > second { ((first, one), (second, other)) } else { ((second, other), (first, one)) };
    Probe::new(truth, ProbeTimes { large_mb, small_mb, large_s, small_s })
}

/// The probe of the paper's sizes in closed form: both threads progress alike until the small file has ended, so that
/// `T2 = S2 (a + b)` and `T1 = S1 a + S2 b`.
///
/// # Errors
/// [`RemoteAccessError::Estimate`] where an estimator has no answer, for negative coefficients for instance.
pub fn slowed_probe(truth: ProbeCoefficients) -> Result<Probe, RemoteAccessError> {
    let (large, small) = PROBE_SIZES_MB;
    let ProbeCoefficients { a, b } = truth;
    Probe::new(truth, ProbeTimes::of_paper_sizes(large * a + small * b, small * (a + b)))
}
