//! Every policy against the baseline at every sweep point, and what that says.

use dapple_records::Kpi;

use crate::experiment::Experiment;
use crate::statistics::{self, LEVEL, Paired};

/// One policy against the baseline at one sweep point, by the primary KPI.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    /// The policy.
    pub(crate) policy: usize,
    /// The sweep point.
    pub(crate) point: usize,
    /// Policy less baseline.
    pub(crate) difference: Paired,
    /// P-value corrected after Holm over all comparisons.
    pub(crate) holm: Option<f64>,
    /// What it says.
    pub(crate) outcome: Outcome,
}

/// What a comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The policy is lower than the baseline, beyond chance.
    Lower,
    /// The policy is higher than the baseline, beyond chance.
    Higher,
    /// Chance can explain the difference; so many more replications would settle it, where that can be told.
    Open(Option<u64>),
    /// All replications are exactly equal.
    Same,
    /// There is but one pair.
    OnePair,
}

impl Outcome {
    /// Whether the policy is better than the baseline, `None` where that is open or neither direction is better.
    pub(crate) fn better(self, less_is_better: Option<bool>) -> Option<bool> {
        match self {
            Self::Lower => less_is_better,
            Self::Higher => less_is_better.map(|less| !less),
            _ => None,
        }
    }
}

/// All comparisons of the primary KPI, by policy, then by sweep point. Those without a pair are left out.
pub(crate) fn confirmatory(experiment: &Experiment) -> Vec<Comparison> {
    let mut found = Vec::new();
    for policy in experiment.others() {
        for point in 0..experiment.points.len() {
            let pairs = experiment.pairs(point, policy, experiment.baseline, experiment.primary.kpi);
            found.extend(statistics::paired(&pairs).map(|difference| (policy, point, difference)));
        }
    }
    let tested: Vec<f64> = found.iter().filter_map(|(.., difference)| difference.p).collect();
    let mut corrected = statistics::holm(&tested).unwrap_or_default().into_iter();
    let comparison = |(policy, point, difference): (usize, usize, Paired)| {
        let holm = difference.p.and_then(|_| corrected.next());
        let outcome = outcome(&difference, holm, tested.len());
        Comparison { policy, point, difference, holm, outcome }
    };
    found.into_iter().map(comparison).collect()
}

fn outcome(difference: &Paired, holm: Option<f64>, comparisons: usize) -> Outcome {
    let (Some(holm), Some(interval)) = (holm, difference.interval) else { return Outcome::OnePair };
    if difference.mean == 0.0 && difference.sd == Some(0.0) {
        return Outcome::Same;
    }
    if holm < 1.0 - LEVEL && !interval.contains(0.0) {
        return if difference.mean < 0.0 { Outcome::Lower } else { Outcome::Higher };
    }
    let needed = statistics::replications_needed(difference, comparisons);
    Outcome::Open(needed.map(|needed| needed.saturating_sub(difference.n as u64).max(1)))
}

/// The difference of any KPI, without a test: exploratory.
pub(crate) fn exploratory(experiment: &Experiment, point: usize, policy: usize, kpi: Kpi) -> Option<Paired> {
    statistics::paired(&experiment.pairs(point, policy, experiment.baseline, kpi))
}
