//! Whether the figures of a policy and of the baseline are over the same things.
//!
//! Jobs and the transfers that workloads ask for are the same under all policies. Placements and remote reads are not: a policy makes
//! those that it likes. A mean over "all transfers" is over other transfers under a policy that places than under one that reads
//! remotely, and its difference tells of neither.

use dapple_records::{Kpi, KpiInfo, KpiRow, Kpis, Population};

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
    pub(crate) fn of(experiment: &Experiment, point: usize, policy: usize, kpi: &KpiInfo) -> Option<Self> {
        let baseline = experiment.runs(point, experiment.baseline);
        let paired = |row: &'_ KpiRow| baseline.binary_search_by_key(&row.replication, |row| row.replication).ok();
        let runs = experiment.runs(point, policy).iter();
        Self::in_pairs(kpi, runs.filter_map(|row| Some((&row.kpis, &baseline[paired(row)?].kpis))))
    }

    /// The same of pairs of runs: (of the policy, of the baseline).
    pub(crate) fn in_pairs<'a>(kpi: &KpiInfo, pairs: impl Iterator<Item = (&'a Kpis, &'a Kpis)>) -> Option<Self> {
        // Whatever else leaves things out, a figure is first of all over these.
        let &over = kpi.over.first()?;
        // A policy that makes more may have more of them fail: that count is its own doing.
        if Dimension::of(kpi) == Dimension::Count {
            return None;
        }
        let count = |kpis: &Kpis, of: &[Kpi]| of.iter().filter_map(|kpi| kpis.get(*kpi)).sum::<f64>();
        let all: Vec<Kpi> = [over.done(), over.unfinished()].into_iter().chain(over.failed()).collect();
        let (mut n, mut sums, mut apart, mut largest) = (0.0, (0.0, 0.0), 0.0, 0.0);
        for (policy, baseline) in pairs {
            let (own, other) = (count(policy, over.chosen()), count(baseline, over.chosen()));
            n += 1.0;
            sums = (sums.0 + own, sums.1 + other);
            apart += f64::abs(own - other);
            largest += count(policy, &all).max(count(baseline, &all));
        }
        (apart > ALIKE * largest).then(|| Self { over, policy: sums.0 / n, baseline: sums.1 / n })
    }

    /// `place makes 412 placements, remote none`.
    pub(crate) fn words(self, policy: &str, baseline: &str) -> String {
        let (verb, things) = match self.over {
            Population::Jobs => ("submits", "jobs of its own"),
            Population::Transfers => ("makes", "placements"),
            Population::RemoteReads => ("makes", "remote reads"),
            Population::Rules => ("asks for", "rules of its own"),
        };
        let count = |n: f64| if n == 0.0 { "none".to_owned() } else { figure(Dimension::Count, n.round()) };
        let own = if self.policy == 0.0 { "no".to_owned() } else { count(self.policy) };
        format!("{policy} {verb} {own} {things} per run, {baseline} {}", count(self.baseline))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(done: f64, placements: f64) -> Kpis {
        let mut kpis = Kpis::default();
        kpis.set(Kpi::TransfersDone, Some(done));
        kpis.set(Kpi::Placements, Some(placements));
        kpis
    }

    fn unlike(kpi: Kpi, policy: &Kpis, baseline: &Kpis) -> Option<String> {
        let found = Unlike::in_pairs(kpi.info(), [(policy, baseline), (policy, baseline)].into_iter());
        found.map(|found| found.words("place", "remote"))
    }

    #[test]
    fn figures_over_what_policies_choose_are_not_alike() {
        let (placing, reading) = (run(700.0, 412.0), run(288.0, 0.0));
        let told = "place makes 412 placements per run, remote none";
        for kpi in [Kpi::TtcP50, Kpi::TtcP95, Kpi::FtsQueueTime, Kpi::NetworkTime] {
            assert_eq!(unlike(kpi, &placing, &reading).as_deref(), Some(told), "{kpi:?}");
        }
        assert_eq!(
            unlike(Kpi::TtcP50, &reading, &placing).as_deref(),
            Some("place makes no placements per run, remote 412")
        );
        // What counts everything, and what is over jobs, is not concerned.
        for kpi in [
            Kpi::TransfersDone,
            Kpi::TransfersFailed,
            Kpi::Placements,
            Kpi::WanBytes,
            Kpi::JobTurnaround,
            Kpi::JobsFailed,
        ] {
            assert_eq!(unlike(kpi, &placing, &reading), None, "{kpi:?}");
        }
        assert_eq!(unlike(Kpi::TtcP50, &placing, &run(705.0, 417.0)), None, "a handful of many");
        assert_eq!(unlike(Kpi::TtcP50, &reading, &run(250.0, 0.0)), None, "the workloads' own are the same");
    }
}
