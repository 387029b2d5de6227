//! From what was written to what can run: names become ids, units are applied, and everything is checked.

mod copies;
mod draws;
mod rules;
mod scope;
mod settings;
mod topology;
mod trace_files;
mod traces;
mod transfers;
mod workload;

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use dapple_records::RecordPlan;
use dapple_simulator::catalogue::CatalogueSetup;
use dapple_simulator::engine::{Services, Setup};
use dapple_simulator::names::Names as ServiceNames;
use dapple_simulator::units::{SimSpan, SimTime};

use crate::check::Check;
pub(crate) use trace_files::DATA_VARIABLE;

use crate::digest::Digest;
use crate::file::ScenarioFile;
use crate::logs::Logs;
use crate::read::path::At;
use crate::registry::{PolicySet, Registry};
use scope::Scope;
use trace_files::TraceFiles;

/// What validation needs beside the file.
#[derive(Clone, Copy)]
pub(crate) struct Environment<'a> {
    /// Folder that relative paths start from.
    pub base: &'a FilePath,
    /// Folder of `$DAPPLE_DATA`.
    pub data: Option<&'a FilePath>,
    /// The policies that there are.
    pub registry: &'a Registry,
    /// Logs that were read before.
    pub logs: &'a Logs,
}

/// What a scenario becomes.
#[derive(Debug)]
pub(crate) struct Valid {
    /// The physics.
    pub setup: Setup,
    /// What is kept of a run.
    pub record: RecordPlan,
    /// The calendar start.
    pub start: Option<jiff::Timestamp>,
    /// The policy sets.
    pub policies: Vec<PolicySet>,
    /// Digests of the logs that are replayed, by their names in the scenario.
    pub logs: BTreeMap<String, Digest>,
}

/// Checks everything. The value is there unless there are faults; both faults and warnings are left in `check`.
pub(crate) fn validate(file: &ScenarioFile, environment: Environment<'_>, check: &mut Check) -> Option<Valid> {
    let root = At::ROOT;
    check.name(&root.field("name"), "scenario", &file.name);
    let start = start(file.start.as_deref(), check);
    let (warm_up, horizon) = times(file, check);
    let grid = topology::topology(&file.topology, check);
    let (names, datasets) = workload::datasets(&file.data, &grid, check);
    let Environment { base, data, logs, .. } = environment;
    let mut files = TraceFiles { base, data, logs, digests: BTreeMap::new() };
    let scope = Scope { grid: &grid, names, datasets, horizon };
    let mut service_names = ServiceNames::default();
    let workloads = workload::workloads(&file.workload, &scope, (&mut files, &mut service_names), check);
    let map = scope.grid.topology.as_ref().map(|topology| &topology.map);
    rules::settings(&file.services.rules, (map, &file.workload), &mut service_names, check);
    settings::conveyor(&file.services.conveyor, map, &mut service_names, check);
    let datasets = scope.datasets;
    let reaper = settings::reaper(&file.services.reaper, &grid.rses, check);
    let fts = transfers::fts(&file.services.fts, &grid.rses, check);
    let copy = copies::copies(&file.services.copy, &grid.rses, check);
    let record = settings::record(&file.record, warm_up);
    settings::experiment(file, check);
    let policies = policies(file, environment.registry, check);
    let topology = grid.topology.filter(|_| check.faults.is_empty())?;
    let storage = file.services.storage.clone();
    let (conveyor, rules) = (file.services.conveyor.clone(), file.services.rules.clone());
    let services = Services { fts, copy, conveyor, rules, reaper, storage };
    let attributes = topology.map.rses().values().map(|rse| rse.attributes.clone()).collect();
    let catalogue = CatalogueSetup { attributes, ..CatalogueSetup::default() };
    let setup = Setup { topology, services, names: service_names, datasets, catalogue, workloads, horizon };
    Some(Valid { setup, record, start, policies, logs: files.digests })
}

fn start(written: Option<&str>, check: &mut Check) -> Option<jiff::Timestamp> {
    let root = At::ROOT;
    let written = written?;
    match written.parse() {
        Ok(start) => Some(start),
        Err(error) => {
            let message = format!("`{written}` is not an instant: {error}");
            check.fault_help(&root.field("start"), message, "write it like `2018-04-28T00:00:00Z`");
            None
        }
    }
}

fn times(file: &ScenarioFile, check: &mut Check) -> (SimSpan, SimTime) {
    let root = At::ROOT;
    let at = root.field("warm_up");
    // Where the horizon is wrong nothing else should seem to be too late.
    let horizon = if check.is_mended(&root.field("horizon")) { SimTime::MAX } else { file.horizon };
    if SimTime::ZERO + file.warm_up >= horizon {
        check.fault(&at, "the warm-up must end before the horizon");
    }
    (file.warm_up, horizon)
}

fn policies(file: &ScenarioFile, registry: &Registry, check: &mut Check) -> Vec<PolicySet> {
    let root = At::ROOT;
    let list = root.field("policies");
    let mut sets = Vec::with_capacity(file.policies.len());
    for (index, set) in file.policies.iter().enumerate() {
        let at = list.index(index);
        match registry.policy_set(set) {
            Ok(set) => sets.push(set),
            Err(refused) => {
                let policy = at.field(refused.decision);
                let place = refused.field.map_or(policy, |field| policy.field(field));
                match refused.help {
                    Some(help) => check.fault_help(&place, refused.message, help),
                    None => check.fault(&place, refused.message),
                }
            }
        }
    }
    sets
}
