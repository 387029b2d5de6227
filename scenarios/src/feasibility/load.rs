//! Load: bytes that are asked for over what can be carried.

use std::collections::BTreeMap;
use std::fmt;

use dapple_simulator::engine::Setup;
use dapple_simulator::ids::{DatasetId, DtnId, LinkId, PoolId, RseId, SiteId};
use dapple_simulator::topology::{Map, Sharing};
use dapple_simulator::units::{Bytes, Rate};
use dapple_simulator::workload::{Inputs, JobStream, JobTemplate, RuleData, RuleStream, WorkloadKind};

use crate::file::{AccessSpec, PolicySetFile};

/// Bytes that a job reads from somewhere, on average.
pub(super) struct Read {
    pub bytes: f64,
    pub from: From,
}

/// Where a job finds an input.
pub(super) enum From {
    Dataset(DatasetId),
    Rse(RseId),
}

/// What a job reads.
pub(super) fn inputs(setup: &Setup, job: &JobTemplate) -> Vec<Read> {
    match &job.inputs {
        Inputs::None => Vec::new(),
        Inputs::Dataset { dataset, files, .. } => {
            let bytes = f64::from(*files) * setup.datasets[*dataset].size.mean();
            vec![Read { bytes, from: From::Dataset(*dataset) }]
        }
        Inputs::Fresh { rse, files, size } => {
            vec![Read { bytes: f64::from(*files) * size.mean(), from: From::Rse(*rse) }]
        }
        Inputs::Sized { rse, sizes } => {
            vec![Read { bytes: sizes.iter().copied().sum::<Bytes>().as_f64(), from: From::Rse(*rse) }]
        }
    }
}

/// What is loaded, in order of what is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Resource {
    Link(LinkId),
    Lan(SiteId),
    Reads(RseId),
    Writes(RseId),
    Dtn(DtnId),
}

/// Bytes by what they cross.
#[derive(Clone, Default)]
struct Load(BTreeMap<Resource, f64>);

impl Load {
    fn add(&mut self, resource: Resource, bytes: f64) {
        *self.0.entry(resource).or_default() += bytes;
    }

    /// Bytes that go from one site to another; both directions of a half-duplex wire are one.
    fn travel(&mut self, map: &Map, from: SiteId, to: SiteId, bytes: f64) {
        let Some(route) = map.route(from, to) else { return };
        for &link in &route.links {
            match map.sharing(link) {
                Sharing::Shared => self.add(Resource::Link(link), bytes),
                Sharing::WithBack(back) => self.add(Resource::Link(link.min(back)), bytes),
                Sharing::PerFlow => {}
            }
        }
        self.add(Resource::Lan(from), bytes);
        if from != to {
            self.add(Resource::Lan(to), bytes);
        }
    }

    fn transfer(&mut self, map: &Map, source: RseId, destination: RseId, bytes: f64) {
        let [from, to] = [source, destination].map(|rse| map.rses()[rse].site);
        self.travel(map, from, to, bytes);
        self.add(Resource::Reads(source), bytes);
        self.add(Resource::Writes(destination), bytes);
        for dtn in map.dtns_between(source, destination) {
            self.add(Resource::Dtn(dtn), bytes);
        }
    }

    fn read(&mut self, map: &Map, source: RseId, pool: PoolId, bytes: f64) {
        self.travel(map, map.rses()[source].site, map.pools()[pool].site, bytes);
        self.add(Resource::Reads(source), bytes);
    }
}

/// Bytes that are asked for, over what links, RSEs and DTNs can carry until the horizon: where that is more, in words.
pub(super) fn overloads(setup: &Setup, policies: &[PolicySetFile]) -> Vec<String> {
    let anyhow = anyhow(setup);
    let mut found = overloaded(setup, &anyhow, None);
    let mut told: Vec<Resource> = found.iter().map(|(resource, _)| *resource).collect();
    for set in policies {
        let whole = match set.access {
            AccessSpec::AlwaysRemote => false,
            AccessSpec::StageIn => true,
            _ => continue,
        };
        let mut load = anyhow.clone();
        for workload in setup.workloads.values() {
            jobs(setup, &workload.kind, whole, &mut load);
        }
        let more = overloaded(setup, &load, Some(&set.name));
        found.extend(more.into_iter().filter(|(resource, _)| !told.contains(resource)));
        told.extend(found.iter().map(|(resource, _)| *resource));
    }
    found.into_iter().map(|(_, message)| message).collect()
}

/// What moves whatever the policies do.
fn anyhow(setup: &Setup) -> Load {
    let (map, horizon) = (&setup.topology.map, setup.horizon);
    let mut load = Load::default();
    for workload in setup.workloads.values() {
        match &workload.kind {
            WorkloadKind::Transfers(stream) => {
                let each =
                    stream.arrivals.expected(horizon) * stream.size.mean() / stream.destinations.len().max(1) as f64;
                for &destination in &stream.destinations {
                    load.transfer(map, stream.source, destination, each);
                }
            }
            WorkloadKind::TransferTrace(trace) => {
                for transfer in trace.transfers.iter().filter(|transfer| transfer.at < horizon) {
                    load.transfer(map, transfer.source, transfer.destination, transfer.bytes.as_f64());
                }
            }
            WorkloadKind::Campaign(campaign) => {
                let steps = horizon.as_secs_f64() / campaign.every.as_secs_f64();
                let threads =
                    campaign.steps.iter().take(steps.ceil() as usize).flatten().map(|&threads| f64::from(threads));
                load.read(map, campaign.rse, campaign.pool, threads.sum::<f64>() * campaign.size.mean());
            }
            WorkloadKind::Rules(stream) => drawn_rules(stream, setup, &mut load),
            // Where to is the rules' to say, among many or none.
            WorkloadKind::Jobs(_) | WorkloadKind::JobTrace(_) | WorkloadKind::Datasets(_) | WorkloadKind::Steps(_) => {}
        }
    }
    load
}

/// What rules move on fresh data between RSEs that are drawn.
fn drawn_rules(stream: &RuleStream, setup: &Setup, load: &mut Load) {
    let (RuleData::Fresh { sources, files, size }, Some(targets)) = (&stream.data, &stream.targets) else { return };
    let volume = stream.arrivals.expected(setup.horizon) * files.mean() * size.mean();
    for (source, from) in sources.iter().filter(|(_, share)| *share > 0.0) {
        let own: f64 = targets.iter().filter(|(target, _)| *target == source).map(|(_, share)| share).sum();
        for (target, to) in targets.iter().filter(|(target, share)| *target != source && *share > 0.0) {
            load.transfer(&setup.topology.map, source, target, volume * from * to / (1.0 - own));
        }
    }
}

/// What jobs read from the nearest replica: whole files, or what they need of them.
fn jobs(setup: &Setup, kind: &WorkloadKind, whole: bool, load: &mut Load) {
    let map = &setup.topology.map;
    match kind {
        WorkloadKind::Jobs(JobStream { pool, arrivals, job }) => {
            let part = if whole { 1.0 } else { job.read_fraction };
            for read in inputs(setup, job) {
                let source = match read.from {
                    From::Rse(rse) => Some(rse),
                    From::Dataset(dataset) => nearest(map, &setup.datasets[dataset].replicas, *pool),
                };
                if let Some(source) = source {
                    load.read(map, source, *pool, arrivals.expected(setup.horizon) * read.bytes * part);
                }
            }
        }
        WorkloadKind::JobTrace(trace) => {
            let part = if whole { 1.0 } else { trace.read_fraction };
            for job in trace.jobs.iter().filter(|job| job.submitted_at < setup.horizon) {
                if let Some(source) = job.source {
                    load.read(map, source, job.pool, job.input.as_f64() * part);
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

/// The source that the engine puts first: least latency, among equals at the pool's own site, then declared first.
fn nearest(map: &Map, replicas: &[RseId], pool: PoolId) -> Option<RseId> {
    let site = map.pools()[pool].site;
    let reachable = replicas
        .iter()
        .filter_map(|&rse| Some((map.route_to_pool(rse, pool)?.latency, map.rses()[rse].site != site, rse)));
    reachable.min().map(|(.., rse)| rse)
}

/// Where more is asked for than can be carried.
fn overloaded(setup: &Setup, load: &Load, policy: Option<&str>) -> Vec<(Resource, String)> {
    let (map, physics) = (&setup.topology.map, &setup.topology.physics);
    let seconds = setup.horizon.as_secs_f64();
    let rate = |rate: Option<Rate>| rate.map(|rate| rate.as_bytes_per_s() * seconds);
    let of_job = policy.map_or_else(String::new, |policy| format!(", under policy set `{policy}`"));
    let told = |(&resource, &bytes): (&Resource, &f64)| {
        let (capacity, name) = match resource {
            Resource::Link(link) => {
                (Some(physics.bandwidth(link).volume(setup.horizon)), format!("link `{}`", map.links()[link].name))
            }
            Resource::Lan(site) => {
                (rate(map.sites()[site].lan), format!("the LAN of site `{}`", map.sites()[site].name))
            }
            Resource::Reads(rse) => {
                (rate(map.rses()[rse].read), format!("the read limit of RSE `{}`", map.rses()[rse].name))
            }
            Resource::Writes(rse) => {
                (rate(map.rses()[rse].write), format!("the write limit of RSE `{}`", map.rses()[rse].name))
            }
            Resource::Dtn(dtn) => (rate(Some(map.dtn_bandwidth(dtn))), format!("DTN `{}`", map.dtns()[dtn].name)),
        };
        let load = bytes / capacity?;
        let message = if load.is_finite() {
            format!("{name} is offered {} what it carries until the horizon{of_job}", times(load))
        } else {
            format!("{name} is offered {} and carries nothing until the horizon{of_job}", Bytes::from_f64(bytes))
        };
        (load > 1.0).then_some((resource, message))
    };
    load.0.iter().filter_map(told).collect()
}

/// `1.34 x`.
pub(super) fn times(load: f64) -> impl fmt::Display {
    let digits = if load < 1.1 {
        3
    } else if load < 10.0 {
        2
    } else {
        0
    };
    format!("{load:.digits$} x")
}
