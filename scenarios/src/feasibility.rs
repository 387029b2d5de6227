//! What is well written and cannot work: inputs larger than scratch space, more data than space, more load than capacity.
//!
//! Nothing is run. Figures are those of the distributions, of logs the rows; where a distribution has no closed form they are
//! means over draws that are the same every time. They are said with care:
//!
//! - Load is what is asked for until the horizon over what could be served until then, so that what is told cannot be done in
//!   time by any schedule. Time that a job waits for data while it holds a slot comes on top.
//! - Where a job's bytes go is up to its policy. Counted are those of policy sets that always do the same, which are named; what
//!   the others will do is not known here.

mod load;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use dapple_simulator::distribution::Distribution;
use dapple_simulator::engine::Setup;
use dapple_simulator::ids::{Id, PoolId, RseId, WorkloadId};
use dapple_simulator::rng::{Purpose, keyed};
use dapple_simulator::topology::Pool;
use dapple_simulator::units::Bytes;
use dapple_simulator::workload::{Inputs, JobStream, JobTemplate, JobTrace, WorkloadKind};

use crate::feasibility::load::{inputs, overloads, times};
use crate::file::{AccessSpec, PolicySetFile};

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
    found.extend(space(setup));
    found.extend(slots(setup));
    let loaded = overloads(setup, policies).into_iter();
    found.extend(loaded.map(|message| Finding { list: Place::Topology, index: 0, message }));
    found
}

/// Inputs that do not fit the scratch space of a node, where a policy may stage them in.
fn scratch(setup: &Setup, policies: &[PolicySetFile]) -> Vec<Finding> {
    if policies.iter().all(|set| matches!(set.access, AccessSpec::AlwaysRemote)) {
        return Vec::new();
    }
    let told = |id: WorkloadId, pool: &Pool, share: f64, what: String| {
        let node = pool.scratch.unwrap_or_default();
        let message = format!(
            "{} of {what} do not fit the scratch space of pool `{}` ({node} for each node): where they are staged in, their jobs fail",
            percent(share),
            pool.name
        );
        (share > WORTH_TELLING).then_some(Finding { list: Place::Workload, index: id.index(), message })
    };
    let found = setup.workloads.iter().flat_map(|(id, workload)| match &workload.kind {
        WorkloadKind::Jobs(JobStream { pool, job, .. }) => {
            let pool = &setup.topology.map.pools()[*pool];
            let Some((share, what)) = pool.scratch.and_then(|scratch| oversized(setup, (&workload.name, job), scratch))
            else {
                return Vec::new();
            };
            told(id, pool, share, what).into_iter().collect()
        }
        WorkloadKind::JobTrace(trace) => setup
            .topology
            .map
            .pools()
            .iter()
            .filter_map(|(pool_id, pool)| {
                let scratch = pool.scratch?;
                let here = || trace.jobs.iter().filter(|job| job.pool == pool_id);
                let large = here().filter(|job| job.input > scratch).count();
                told(
                    id,
                    pool,
                    large as f64 / here().count().max(1) as f64,
                    format!("the inputs in log `{}`", workload.name),
                )
            })
            .collect(),
        WorkloadKind::Campaign(_) | WorkloadKind::Transfers(_) | WorkloadKind::TransferTrace(_) => Vec::new(),
    });
    found.collect()
}

/// The share of jobs whose inputs together are larger than `scratch`, and these inputs in words.
fn oversized(setup: &Setup, (name, job): (&str, &JobTemplate), scratch: Bytes) -> Option<(f64, String)> {
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
    Some((share_above(size, files, scratch.as_f64()), what))
}

/// The probability that so many values together are above a limit.
fn share_above(distribution: &Distribution, values: u32, limit: f64) -> f64 {
    if values == 1
        && let Some(share) = distribution.share_above(limit)
    {
        return share;
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

/// Files that jobs bring along and that do not fit the RSE where they are to be.
fn space(setup: &Setup) -> Vec<Finding> {
    let mut brought: BTreeMap<RseId, f64> = BTreeMap::new();
    for workload in setup.workloads.values() {
        if let WorkloadKind::Jobs(JobStream { arrivals, job, .. }) = &workload.kind
            && let Inputs::Fresh { rse, files, size } = &job.inputs
        {
            *brought.entry(*rse).or_default() += arrivals.expected(setup.horizon) * f64::from(*files) * size.mean();
        }
    }
    let map = &setup.topology.map;
    let there = |rse: RseId| {
        let datasets = setup.datasets.values().filter(|dataset| dataset.replicas.contains(&rse));
        map.rses()[rse].used.as_f64() + datasets.map(|set| f64::from(set.files) * set.size.mean()).sum::<f64>()
    };
    let finding = |(rse, brought): (RseId, f64)| {
        let info = &map.rses()[rse];
        let capacity = info.capacity?;
        let all = there(rse) + brought;
        let message = format!(
            "jobs bring {} to RSE `{}` until the horizon, where {} are at the start: its capacity is {capacity}, {} of what comes together",
            Bytes::from_f64(brought),
            info.name,
            Bytes::from_f64(there(rse)),
            percent(capacity.as_f64() / all),
        );
        (all > capacity.as_f64()).then_some(Finding { list: Place::Rses, index: rse.index(), message })
    };
    brought.into_iter().filter_map(finding).collect()
}

/// Compute time that jobs ask for, over what the slots of their pool have until the horizon.
fn slots(setup: &Setup) -> Vec<Finding> {
    let mut asked: BTreeMap<PoolId, f64> = BTreeMap::new();
    for workload in setup.workloads.values() {
        match &workload.kind {
            WorkloadKind::Jobs(JobStream { pool, arrivals, job }) => {
                let read: f64 = inputs(setup, job).into_iter().map(|read| read.bytes).sum();
                let each = job.compute_fixed.mean() + job.compute_per_byte * read * job.read_fraction;
                *asked.entry(*pool).or_default() += arrivals.expected(setup.horizon) * each;
            }
            WorkloadKind::JobTrace(JobTrace { jobs, .. }) => {
                for job in jobs.iter().filter(|job| job.submitted_at < setup.horizon) {
                    *asked.entry(job.pool).or_default() += job.compute_s;
                }
            }
            WorkloadKind::Campaign(_) | WorkloadKind::Transfers(_) | WorkloadKind::TransferTrace(_) => {}
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
        (load > 1.0).then_some(Finding { list: Place::Pools, index: id.index(), message })
    };
    asked.into_iter().filter_map(finding).collect()
}

/// `about 67 %`.
fn percent(share: f64) -> impl fmt::Display {
    let percent = 100.0 * share;
    let digits = usize::from(!(1.0..99.0).contains(&percent) && share < 1.0);
    if share >= 1.0 { "all".to_owned() } else { format!("about {percent:.digits$} %") }
}
