//! Space: what placements may bring to a site, over what is free there.
//!
//! Only replicas that are placed take space beside what is there from the start. A policy that places looks for room first and
//! streams where it sees none, but what is under way takes no space yet: more than fits may be asked for at once, and the scenario
//! says what happens then (`when_full`).

use std::collections::BTreeMap;

use dapple_simulator::engine::Setup;
use dapple_simulator::ids::{DatasetId, Id, RseId, SiteId};
use dapple_simulator::units::Bytes;
use dapple_simulator::workload::{Inputs, JobStream, WorkloadKind};

use super::{Finding, Place};
use crate::file::{AccessSpec, PolicySetFile};

/// How often files are asked for at a site that has none of them, until the horizon.
#[derive(Default)]
struct Asked {
    /// Bytes of files that one job asks for, and no other.
    once: f64,
    /// Uses of the files of each dataset.
    datasets: BTreeMap<DatasetId, f64>,
}

/// Sites at which less is free than a policy may place there.
pub(super) fn space(setup: &Setup, policies: &[PolicySetFile]) -> Vec<Finding> {
    // Where the reaper makes room, placements go round.
    if setup.services.reaper.makes_room() {
        return Vec::new();
    }
    let asked = asked(setup);
    let told = |(&site, asked): (&SiteId, &Asked)| {
        let (first, free) = free(setup, site)?;
        let placing = policies.iter().filter_map(|set| Some((set, placed(setup, asked, from_use(&set.access)?))));
        let (most, bytes) = placing.max_by(|(_, a), (_, b)| a.total_cmp(b))?;
        let message = format!(
            "policy set `{}` may place up to {} at site `{}` until the horizon, where {} are free: what finds no room is streamed, \
             waits or fails (`when_full`)",
            most.name,
            Bytes::from_f64(bytes),
            setup.topology.map.sites()[site].name,
            Bytes::from_f64(free),
        );
        (bytes > free).then_some(Finding { list: Place::Rses, index: first.index(), message, is_sure: false })
    };
    asked.iter().filter_map(told).collect()
}

/// The use of a file from which on it may be placed; `None`: never. Of a policy of somebody's own nobody knows.
fn from_use(access: &AccessSpec) -> Option<u64> {
    match access {
        AccessSpec::AlwaysRemote | AccessSpec::StageIn => None,
        AccessSpec::Place { min_reuse } => Some((*min_reuse).max(1)),
        AccessSpec::Random | AccessSpec::Estimate | AccessSpec::EstimateFromPhysics | AccessSpec::Custom { .. } => {
            Some(1)
        }
    }
}

/// The most bytes that are placed where files are from their nth use on.
fn placed(setup: &Setup, asked: &Asked, from_use: u64) -> f64 {
    let of_dataset = |(&id, &uses): (&DatasetId, &f64)| {
        let dataset = &setup.datasets[id];
        f64::from(dataset.files).min(uses / from_use as f64) * dataset.size.mean()
    };
    let once = if from_use == 1 { asked.once } else { 0.0 };
    once + asked.datasets.iter().map(of_dataset).sum::<f64>()
}

fn asked(setup: &Setup) -> BTreeMap<SiteId, Asked> {
    let map = &setup.topology.map;
    let is_at = |rse: RseId, site: SiteId| map.rses()[rse].site == site;
    let mut asked: BTreeMap<SiteId, Asked> = BTreeMap::new();
    for workload in setup.workloads.values() {
        match &workload.kind {
            WorkloadKind::Jobs(JobStream { pool, arrivals, job }) => {
                let site = map.pools()[*pool].site;
                let jobs = arrivals.expected(setup.horizon);
                match &job.inputs {
                    Inputs::Dataset { dataset, files, .. } => {
                        if !setup.datasets[*dataset].replicas.iter().any(|&rse| is_at(rse, site)) {
                            let uses = asked.entry(site).or_default().datasets.entry(*dataset).or_default();
                            *uses += jobs * f64::from(*files);
                        }
                    }
                    Inputs::Fresh { rse, files, size } if !is_at(*rse, site) => {
                        asked.entry(site).or_default().once += jobs * f64::from(*files) * size.mean();
                    }
                    Inputs::Sized { rse, sizes } if !is_at(*rse, site) => {
                        let bytes: Bytes = sizes.iter().copied().sum();
                        asked.entry(site).or_default().once += jobs * bytes.as_f64();
                    }
                    Inputs::None | Inputs::Fresh { .. } | Inputs::Sized { .. } => {}
                }
            }
            WorkloadKind::JobTrace(trace) => {
                for job in trace.jobs.iter().filter(|job| job.submitted_at < setup.horizon) {
                    let site = map.pools()[job.pool].site;
                    if job.source.is_some_and(|source| !is_at(source, site)) {
                        asked.entry(site).or_default().once += job.input.as_f64();
                    }
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
    asked
}

/// The first RSE of a site, and what is free at all of them at the start; `None`: there is none, or one that is never full.
fn free(setup: &Setup, site: SiteId) -> Option<(RseId, f64)> {
    let of_rse = |rse: RseId| {
        let info = &setup.topology.map.rses()[rse];
        let datasets = setup.datasets.values().filter(|dataset| dataset.replicas.contains(&rse));
        let there = info.used.as_f64() + datasets.map(|set| f64::from(set.files) * set.size.mean()).sum::<f64>();
        Some((info.capacity?.as_f64() - there).max(0.0))
    };
    let rses: Vec<RseId> =
        setup.topology.map.rses().iter().filter(|(_, rse)| rse.site == site).map(|(id, _)| id).collect();
    let free: f64 = rses.iter().map(|&rse| of_rse(rse)).sum::<Option<f64>>()?;
    Some((*rses.first()?, free))
}
