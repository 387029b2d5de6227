//! What is well written and cannot work: inputs larger than scratch space, more data than space, more load than capacity.
//!
//! Nothing is run. Figures are those of the distributions, of logs the rows; where a distribution has no closed form they are
//! means over draws that are the same every time. They are said with care:
//!
//! - Load is what is asked for until the horizon over what could be served until then, so that what is told cannot be done in
//!   time by any schedule. Time that a job waits for data while it holds a slot comes on top.
//! - Where a job's bytes go is up to its policy. Load counts those of policy sets that always do the same, which are named. What
//!   others may do is told as what it can be at most, and refuses no scenario.

mod load;
mod space;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::f64::consts::SQRT_2;
use std::fmt;

use dapple_simulator::distribution::Distribution;
use dapple_simulator::engine::Setup;
use dapple_simulator::ids::{Id, PoolId, WorkloadId};
use dapple_simulator::rng::{Purpose, keyed};
use dapple_simulator::topology::Pool;
use dapple_simulator::units::Bytes;
use dapple_simulator::workload::{Inputs, JobStream, JobTemplate, JobTrace, WorkloadKind};
use statrs::function::erf::erfc;

use crate::feasibility::load::{inputs, overloads, times};
use crate::feasibility::space::space;
use crate::file::{AccessSpec, PolicySetFile};
use crate::near::listed;

/// Draws from a distribution, of all files of a sum together.
const DRAWS: u32 = 200_000;

/// More than this share of jobs or files is worth a word.
const WORTH_TELLING: f64 = 0.0005;

/// What cannot work, and where in the scenario.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    /// The list that it stands in.
    pub list: Place,
    /// Which of it, from zero.
    pub index: usize,
    /// What cannot work, with its figure.
    pub message: String,
    /// Whether it is so whatever a policy decides; else it may be, and is no reason to refuse a scenario.
    pub is_sure: bool,
}

/// A list of the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `workload`.
    Workload,
    /// `topology.pools`.
    Pools,
    /// `topology.rses`.
    Rses,
    /// `topology`.
    Topology,
}

/// All that cannot work, in order of place.
pub(crate) fn findings(setup: &Setup, policies: &[PolicySetFile]) -> Vec<Finding> {
    let mut found = scratch(setup, policies);
    found.extend(space(setup, policies));
    found.extend(slots(setup));
    let loaded = overloads(setup, policies).into_iter();
    found.extend(loaded.map(|message| Finding { list: Place::Topology, index: 0, message, is_sure: true }));
    found
}

/// Inputs that do not fit the scratch space of a node, where a policy may stage them in.
fn scratch(setup: &Setup, policies: &[PolicySetFile]) -> Vec<Finding> {
    let told = |id: WorkloadId, pool: &Pool, (share, what): (f64, String), n_inputs: u32| {
        let staging: Vec<&PolicySetFile> = policies.iter().filter(|set| may_overfill(&set.access, n_inputs)).collect();
        if share <= WORTH_TELLING || staging.is_empty() {
            return None;
        }
        let node = pool.scratch.unwrap_or_default();
        let message = format!(
            "{} of {what} do not fit the scratch space of pool `{}` ({node} for each node): where they are staged in, their jobs fail (policy {})",
            percent(share),
            pool.name,
            named(&staging),
        );
        let is_sure = staging.iter().any(|set| matches!(set.access, AccessSpec::StageIn));
        Some(Finding { list: Place::Workload, index: id.index(), message, is_sure })
    };
    let pools = setup.topology.map.pools();
    let found = setup.workloads.iter().flat_map(|(id, workload)| match &workload.kind {
        WorkloadKind::Jobs(JobStream { pool, job, .. }) => {
            let pool = &pools[*pool];
            let oversized = pool.scratch.and_then(|scratch| oversized(setup, (&workload.name, job), scratch));
            let found = oversized.and_then(|(share, what, files)| told(id, pool, (share, what), files));
            found.into_iter().collect()
        }
        WorkloadKind::JobTrace(trace) => {
            let of_pool = |(pool_id, pool): (PoolId, &Pool)| {
                let scratch = pool.scratch?;
                let here = || trace.jobs.iter().filter(|job| job.pool == pool_id);
                let large = here().filter(|job| job.input > scratch).count();
                let share = large as f64 / here().count().max(1) as f64;
                told(id, pool, (share, format!("the inputs in log `{}`", workload.name)), 1)
            };
            pools.iter().filter_map(of_pool).collect::<Vec<_>>()
        }
        WorkloadKind::Campaign(_)
        | WorkloadKind::Transfers(_)
        | WorkloadKind::TransferTrace(_)
        | WorkloadKind::Rules(_)
        | WorkloadKind::Datasets(_)
        | WorkloadKind::Steps(_) => Vec::new(),
    });
    found.collect()
}

/// Whether a policy may stage in more than a node has space for: all but plain stage-in look at each file, and stream one that is
/// too large, but not at several together. Of a policy of somebody's own nobody knows.
fn may_overfill(access: &AccessSpec, n_inputs: u32) -> bool {
    match access {
        AccessSpec::AlwaysRemote => false,
        AccessSpec::StageIn | AccessSpec::Custom { .. } => true,
        AccessSpec::Place { .. } | AccessSpec::Random | AccessSpec::Estimate | AccessSpec::EstimateFromPhysics => {
            n_inputs > 1
        }
    }
}

/// ``set `a` ``, ``sets `a`, `b` ``.
fn named(sets: &[&PolicySetFile]) -> String {
    let names = listed(sets.iter().map(|set| set.name.as_str()));
    format!("{} {names}", if sets.len() == 1 { "set" } else { "sets" })
}

/// The share of jobs whose inputs together are larger than `scratch`, these inputs in words, and how many they are.
fn oversized(setup: &Setup, (name, job): (&str, &JobTemplate), scratch: Bytes) -> Option<(f64, String, u32)> {
    let (files, size, of) = match &job.inputs {
        Inputs::None | Inputs::Sized { .. } => return None,
        Inputs::Dataset { dataset, files, .. } => {
            let dataset = &setup.datasets[*dataset];
            (*files, &dataset.size, format!("dataset `{}`", dataset.name))
        }
        Inputs::Fresh { files, size, .. } => (*files, size, format!("workload `{name}`")),
    };
    let what = match files {
        1 => format!("the files of {of}, as the jobs of `{name}` read them,"),
        _ => format!("the inputs of {files} files of {of} that a job of `{name}` reads"),
    };
    Some((share_above(size, files, scratch.as_f64()), what, files))
}

/// The probability that so many values together are above a limit.
fn share_above(distribution: &Distribution, values: u32, limit: f64) -> f64 {
    if values == 1 {
        match *distribution {
            // A log-normal without width is its median.
            Distribution::LogNormal { median, sigma } if sigma > 0.0 => {
                return erfc((limit / median).ln() / (sigma * SQRT_2)) / 2.0;
            }
            Distribution::LogNormal { median, .. } => return f64::from(median > limit),
            _ => {}
        }
        if let Some(share) = distribution.share_above(limit) {
            return share;
        }
    }
    // Beyond this many a sum is as good as its mean.
    let (values, limit) = if values > DRAWS / 100 {
        (DRAWS / 100, limit * f64::from(DRAWS / 100) / f64::from(values))
    } else {
        (values, limit)
    };
    let sums = DRAWS / values.max(1);
    let sum = |nth: u32| {
        let mut rng = keyed(0, Purpose::FileSize, [u64::MAX, u64::from(nth)]);
        (0..values).map(|_| distribution.draw(&mut rng)).sum::<f64>()
    };
    f64::from((0..sums).filter(|&nth| sum(nth) > limit).count() as u32) / f64::from(sums.max(1))
}

/// Slots for the compute time that jobs ask for, over what the slots of their pool have until the horizon.
fn slots(setup: &Setup) -> Vec<Finding> {
    let mut asked: BTreeMap<PoolId, f64> = BTreeMap::new();
    for workload in setup.workloads.values() {
        match &workload.kind {
            WorkloadKind::Jobs(JobStream { pool, arrivals, job }) => {
                let read: f64 = inputs(setup, job).into_iter().map(|read| read.bytes).sum();
                let each = job.compute_fixed.mean() + job.compute_per_byte * read * job.read_fraction;
                *asked.entry(*pool).or_default() += arrivals.expected(setup.horizon) * each * f64::from(job.slots);
            }
            WorkloadKind::JobTrace(JobTrace { jobs, .. }) => {
                for job in jobs.iter().filter(|job| job.submitted_at < setup.horizon) {
                    *asked.entry(job.pool).or_default() += job.compute_s * f64::from(job.slots);
                }
            }
            WorkloadKind::Campaign(_)
            | WorkloadKind::Transfers(_)
            | WorkloadKind::TransferTrace(_)
            | WorkloadKind::Rules(_)
            | WorkloadKind::Datasets(_)
            | WorkloadKind::Steps(_) => {}
        }
    }
    let finding = |(id, seconds): (PoolId, f64)| {
        let pool = &setup.topology.map.pools()[id];
        let slots = f64::from(pool.nodes) * f64::from(pool.slots);
        let load = seconds / pool.speed / (slots * setup.horizon.as_secs_f64());
        let message = format!(
            "jobs offer at least {} the {slots} slots of pool `{}`, by their compute time alone: queues grow until the horizon",
            times(load),
            pool.name
        );
        (load > 1.0).then_some(Finding { list: Place::Pools, index: id.index(), message, is_sure: true })
    };
    asked.into_iter().filter_map(finding).collect()
}

/// `about 67 %`.
fn percent(share: f64) -> impl fmt::Display {
    let percent = 100.0 * share;
    let digits = usize::from(!(1.0..99.0).contains(&percent) && share < 1.0);
    if share >= 1.0 { "all".to_owned() } else { format!("about {percent:.digits$} %") }
}
