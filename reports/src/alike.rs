//! Whether the figures of a policy and of the baseline are over the same things.
//!
//! Jobs and the transfers that workloads ask for are the same under all policies. Placements and remote reads are not: a policy makes
//! those that it likes. A mean over "all transfers" is over other transfers under a policy that places than under one that reads
//! remotely, and its difference tells of neither.

use dapple_records::{Kpi, KpiRow, Population};

use crate::experiment::Experiment;
use crate::quantity::{Dimension, figure};

/// Numbers that differ by less than this part of all things are taken for equal: they cannot move a mean by much.
const ALIKE: f64 = 0.01;

/// How many of the things in a figure the policies chose, where that differs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unlike {
    /// What the figure is over.
    pub(crate) over: Population,
    /// Mean over the common replications, of the policy.
    pub(crate) policy: f64,
    /// The same of the baseline.
    pub(crate) baseline: f64,
}

impl Unlike {
    /// What differs between a policy and the baseline in a KPI; `None`: it is over the same things as far as their numbers tell,
    /// or counts everything.
    pub(crate) fn of(experiment: &Experiment, point: usize, policy: usize, kpi: Kpi) -> Option<Self> {
        let &[over] = kpi.info().over else { return None };
        let count = |row: &KpiRow, kpis: &[Kpi]| kpis.iter().filter_map(|kpi| row.kpis.get(*kpi)).sum::<f64>();
        let all: Vec<Kpi> = [over.done(), over.unfinished()].into_iter().chain(over.failed()).collect();
        let baseline = experiment.runs(point, experiment.baseline);
        let (mut n, mut sums, mut apart, mut largest) = (0.0, (0.0, 0.0), 0.0, 0.0);
        for row in experiment.runs(point, policy) {
            let Ok(at) = baseline.binary_search_by_key(&row.replication, |row| row.replication) else { continue };
            let (own, other) = (count(row, over.chosen()), count(&baseline[at], over.chosen()));
            n += 1.0;
            sums = (sums.0 + own, sums.1 + other);
            apart += f64::abs(own - other);
            largest += count(row, &all).max(count(&baseline[at], &all));
        }
        (apart > ALIKE * largest).then(|| Self { over, policy: sums.0 / n, baseline: sums.1 / n })
    }

    /// `of other transfers: 412 placements, 0 in the baseline`.
    pub(crate) fn words(self) -> String {
        let (things, chosen) = match self.over {
            Population::Jobs => ("jobs", "of its own"),
            Population::Transfers => ("transfers", "placements"),
            Population::RemoteReads => ("remote reads", "of them"),
        };
        let count = |n: f64| figure(Dimension::Count, n.round());
        format!("of other {things}: {} {chosen}, {} in the baseline", count(self.policy), count(self.baseline))
    }
}
