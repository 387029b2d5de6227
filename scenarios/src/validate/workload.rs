//! The data that exist and who asks for what.

use dapple_simulator::ids::{DatasetId, PoolId, RseId, Table, WorkloadId};
use dapple_simulator::names::Names as ServiceNames;
use dapple_simulator::storage::Dataset;
use dapple_simulator::topology::Topology;
use dapple_simulator::units::SimTime;
use dapple_simulator::workload::{Campaign, Inputs, JobStream, JobTemplate, TransferStream, Workload, WorkloadKind};

use super::draws::{arrivals, distribution};
use super::rules;
use super::scope::Scope;
use super::topology::Grid;
use super::trace_files::TraceFiles;
use super::traces;
use crate::check::{Check, Names};
use crate::file;
use crate::read::path::At;

/// More arrivals than this are taken for a mistake worth a warning.
const MANY: f64 = 1e8;
/// Most steps of a campaign.
const MAX_STEPS: usize = 1_000_000;

/// Checks the data that exist from the start.
pub(super) fn datasets(
    file: &file::Data,
    grid: &Grid,
    check: &mut Check,
) -> (Names<DatasetId>, Table<DatasetId, Dataset>) {
    let root = At::ROOT;
    let data = root.field("data");
    let list = data.field("datasets");
    let mut names = check.names("dataset", &list);
    let mut table = Table::new();
    for (index, dataset) in file.datasets.iter().enumerate() {
        let at = list.index(index);
        let size = distribution(&dataset.size, &at.field("size"), check);
        let replicas = distinct_rses(&dataset.replicas, &at.field("replicas"), grid, check);
        let id = size.zip(replicas).map(|(size, replicas)| {
            let files = if check.is_mended(&at.field("files")) { u32::MAX } else { dataset.files };
            table.push(Dataset { name: dataset.name.clone(), files, size, replicas, is_cache: dataset.is_cache })
        });
        names.declare(&at, &dataset.name, id, check);
    }
    if let Some(topology) = &grid.topology
        && !check.is_mended(&list)
    {
        initial_fill(&table, topology, &list, check);
    }
    (names, table)
}

/// Whether what is there at the start fits, on average.
fn initial_fill(table: &Table<DatasetId, Dataset>, topology: &Topology, list: &At<'_>, check: &mut Check) {
    for (rse, info) in topology.map.rses().iter() {
        let Some(capacity) = info.capacity else { continue };
        let here = table.values().filter(|dataset| dataset.replicas.contains(&rse));
        let replicas: f64 = here.map(|dataset| f64::from(dataset.files) * dataset.size.mean()).sum();
        if replicas > 0.0 && replicas + info.used.as_f64() > capacity.as_f64() {
            let replicas = dapple_simulator::units::Bytes::from_f64(replicas);
            check.fault(
                list,
                format!(
                    "the replicas at `{}` take about {replicas} beside {} in use, and its capacity is {capacity}",
                    info.name, info.used
                ),
            );
        }
    }
}

fn distinct_rses(names: &[String], at: &At<'_>, grid: &Grid, check: &mut Check) -> Option<Vec<RseId>> {
    if names.is_empty() {
        check.fault(at, "at least one RSE is needed");
    }
    let mut rses: Vec<Option<RseId>> = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let place = at.index(index);
        let rse = grid.rses.resolve(&place, name, check);
        if rse.is_some() && rses.contains(&rse) {
            check.fault(&place, format!("`{name}` is named twice"));
        }
        rses.push(rse);
    }
    let rses: Option<Vec<RseId>> = rses.into_iter().collect();
    rses.filter(|rses| !rses.is_empty())
}

/// Checks the workload.
pub(super) fn workloads(
    file: &[file::Workload],
    scope: &Scope<'_>,
    (files, service_names): (&mut TraceFiles<'_>, &mut ServiceNames),
    check: &mut Check,
) -> Table<WorkloadId, Workload> {
    let root = At::ROOT;
    let list = root.field("workload");
    let mut names: Names<()> = check.names("workload", &list);
    let mut table = Table::new();
    if file.is_empty() {
        check.warnings.push("the workload is empty: nothing will happen".into());
    }
    for (index, entry) in file.iter().enumerate() {
        let at = list.index(index);
        let (name, kind) = match entry {
            file::Workload::Jobs(jobs) => (&jobs.name, self::jobs(jobs, &at, scope, check).map(WorkloadKind::Jobs)),
            file::Workload::Campaign(campaign) => {
                (&campaign.name, self::campaign(campaign, &at, scope, check).map(WorkloadKind::Campaign))
            }
            file::Workload::Transfers(stream) => {
                (&stream.name, transfers(stream, &at, scope, check).map(WorkloadKind::Transfers))
            }
            file::Workload::Rules(stream) => (
                &stream.name,
                rules::stream(stream, &at, scope, service_names, check)
                    .map(|stream| WorkloadKind::Rules(Box::new(stream))),
            ),
            file::Workload::Datasets(stream) => {
                (&stream.name, rules::datasets(stream, &at, scope, check).map(WorkloadKind::Datasets))
            }
            file::Workload::TransferTrace(trace) => {
                let kind = traces::transfers(trace, &at, scope, files, check).map(WorkloadKind::TransferTrace);
                (&trace.name, kind)
            }
            file::Workload::JobTrace(trace) => {
                (&trace.name, traces::jobs(trace, &at, scope, files, check).map(WorkloadKind::JobTrace))
            }
        };
        names.declare(&at, name, Some(()), check);
        if let Some(kind) = kind {
            table.push(Workload { name: name.clone(), kind });
        }
    }
    table
}

fn jobs(file: &file::Jobs, at: &At<'_>, scope: &Scope<'_>, check: &mut Check) -> Option<JobStream> {
    let pool = scope.grid.pools.resolve(&at.field("pool"), &file.pool, check);
    let arrivals = arrivals(&file.arrivals, (&file.name, at), scope.horizon, check);
    let compute = at.field("compute");
    let compute_fixed = distribution(&file.compute.fixed, &compute.field("fixed"), check);
    let inputs = inputs(&file.inputs, &at.field("inputs"), pool, scope, check);
    if let (Some(id), Some(topology)) = (pool, &scope.grid.topology) {
        let pool = &topology.map.pools()[id];
        if file.slots > pool.slots {
            let why =
                format!("a node of pool `{}` has {} slots, and a job holds all of its on one", pool.name, pool.slots);
            check.fault_help(
                &at.field("slots"),
                why,
                "a machine on which one job spans nodes is one node with all processors as slots",
            );
        }
    }
    let arrivals = arrivals?;
    let many = arrivals.expected(scope.horizon);
    if many > MANY {
        check.warnings.push(format!("workload `{}` submits about {many:.1e} jobs", file.name));
    }
    let job = JobTemplate {
        threads: file.threads,
        slots: file.slots,
        requested: file.requested,
        inputs: inputs?,
        read_fraction: file.read_fraction,
        compute_fixed: compute_fixed?,
        compute_per_byte: file.compute.per_gb.as_secs_f64() / 1e9,
        blocks: file.blocks,
    };
    Some(JobStream { pool: pool?, arrivals, job })
}

fn inputs(
    file: &file::Inputs,
    at: &At<'_>,
    pool: Option<PoolId>,
    scope: &Scope<'_>,
    check: &mut Check,
) -> Option<Inputs> {
    match file {
        file::Inputs::None => Some(Inputs::None),
        file::Inputs::Dataset { dataset, files, pick } => {
            let place = at.field("dataset");
            let id = scope.names.resolve(&place, dataset, check);
            let id = id?;
            let held = &scope.datasets[id];
            if *files > held.files {
                check.fault(
                    &at.field("files"),
                    format!("dataset `{dataset}` has {} files, and a job reads none twice", held.files),
                );
            }
            reachable(&held.replicas, pool?, &place, scope, check);
            Some(Inputs::Dataset { dataset: id, files: *files, pick: *pick })
        }
        file::Inputs::Fresh { rse, files, size } => {
            let place = at.field("rse");
            let id = scope.grid.rses.resolve(&place, rse, check);
            let size = distribution(size, &at.field("size"), check);
            let id = id?;
            reachable(&[id], pool?, &place, scope, check);
            Some(Inputs::Fresh { rse: id, files: *files, size: size? })
        }
    }
}

/// A fault unless one of the RSEs can be read from the pool.
fn reachable(rses: &[RseId], pool: PoolId, at: &At<'_>, scope: &Scope<'_>, check: &mut Check) {
    let Some(topology) = &scope.grid.topology else { return };
    if rses.iter().any(|&rse| topology.map.route_to_pool(rse, pool).is_some()) {
        return;
    }
    let names: Vec<String> = rses.iter().map(|&rse| format!("`{}`", topology.map.rses()[rse].name)).collect();
    let pool = &topology.map.pools()[pool].name;
    check.fault_help(
        at,
        format!("no route leads from {} to pool `{pool}`", names.join(" or ")),
        "add a link; `one_way` links lead only from `from` to `to`",
    );
}

fn campaign(file: &file::Campaign, at: &At<'_>, scope: &Scope<'_>, check: &mut Check) -> Option<Campaign> {
    let pool = scope.grid.pools.resolve(&at.field("pool"), &file.pool, check);
    let rse_at = at.field("rse");
    let rse = scope.grid.rses.resolve(&rse_at, &file.rse, check);
    let every = file.every;
    let size = distribution(&file.size, &at.field("size"), check);
    let most = pool.zip(scope.grid.topology.as_ref()).map(|(pool, topology)| {
        let pool = &topology.map.pools()[pool];
        u64::from(pool.nodes) * u64::from(pool.slots)
    });
    let steps = steps(&file.steps, &at.field("steps"), most, check);
    if let (Some(pool), Some(rse)) = (pool, rse) {
        reachable(&[rse], pool, &rse_at, scope, check);
    }
    let steps = steps?;
    let starts = |step: usize| SimTime::ZERO + every * step as u64;
    let late = (0..steps.len()).rev().take_while(|&step| starts(step) >= scope.horizon).count();
    if late > 0 {
        check
            .warnings
            .push(format!("campaign `{}`: {late} steps come at or after the horizon and never happen", file.name));
    }
    Some(Campaign { pool: pool?, rse: rse?, every, size: size?, steps, shuffle: file.shuffle })
}

fn steps(file: &[file::CampaignStep], list: &At<'_>, slots: Option<u64>, check: &mut Check) -> Option<Vec<Vec<u32>>> {
    let before = check.faults.len();
    let mut steps = Vec::new();
    if file.is_empty() {
        check.fault(list, "at least one step is needed");
    }
    for (index, step) in file.iter().enumerate() {
        let at = list.index(index);
        let processes = at.field("processes");
        if step.processes.is_empty() {
            check.fault(&processes, "at least one process is needed");
        }
        if let Some(slots) = slots.filter(|&slots| step.processes.len() as u64 > slots) {
            let many = step.processes.len();
            check.fault(&processes, format!("{many} processes start together, and the pool has {slots} slots"));
        }
        if steps.len() + step.repeat as usize > MAX_STEPS {
            check.fault(&at.field("repeat"), format!("a campaign has at most {MAX_STEPS} steps"));
            return None;
        }
        steps.extend(std::iter::repeat_n(step.processes.clone(), step.repeat as usize));
    }
    (check.faults.len() == before).then_some(steps)
}

fn transfers(file: &file::TransferStream, at: &At<'_>, scope: &Scope<'_>, check: &mut Check) -> Option<TransferStream> {
    let source = scope.grid.rses.resolve(&at.field("source"), &file.source, check);
    let list = at.field("destinations");
    let destinations = distinct_rses(&file.destinations, &list, scope.grid, check);
    let arrivals = arrivals(&file.arrivals, (&file.name, at), scope.horizon, check);
    let size = distribution(&file.size, &at.field("size"), check);
    let (source, destinations) = (source?, destinations?);
    for (index, &destination) in destinations.iter().enumerate() {
        if let Some(why) = scope.why_not(source, destination) {
            check.fault(&list.index(index), why);
        }
    }
    let arrivals = arrivals?;
    let many = arrivals.expected(scope.horizon);
    if many > MANY {
        check.warnings.push(format!("workload `{}` requests about {many:.1e} transfers", file.name));
    }
    Some(TransferStream { source, destinations, arrivals, size: size? })
}
