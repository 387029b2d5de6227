//! Putting the manifest together.

use std::collections::BTreeMap;

use dapple_simulator::results::{FailedRun, Manifest, SCHEMA_VERSION};

use crate::RunRecord;
use crate::plan::{Plan, PlannedRun};
use crate::record::sweep;
use crate::run_id::StableHash;

/// The manifest of a plan of which some runs are done and some failed; depends on nothing else.
pub fn manifest(plan: &Plan<'_>, done: &BTreeMap<String, RunRecord>, failed: &BTreeMap<String, FailedRun>) -> Manifest {
    let scenario = plan.scenario;
    let mut missing: Vec<String> = plan.runs.iter().map(|run| run.id.clone()).collect();
    missing.retain(|id| !done.contains_key(id) && !failed.contains_key(id));
    missing.sort_unstable();
    Manifest {
        schema_version: SCHEMA_VERSION,
        dapple_version: env!("CARGO_PKG_VERSION").into(),
        name: scenario.name.clone(),
        resolved: scenario.resolved.clone(),
        scenario: scenario.text().to_owned(),
        scenario_hash: StableHash::of(&scenario.resolved).to_string(),
        seed: scenario.seed,
        policies: scenario.policies.iter().map(|policy| policy.name.clone()).collect(),
        baseline: scenario.experiment.baseline.clone(),
        primary_kpi: scenario.experiment.primary_kpi.info().column.into(),
        replications: scenario.experiment.replications,
        sweep_paths: scenario.experiment.sweep.iter().map(|axis| axis.path.clone()).collect(),
        runs: done.values().map(|record| record.run.clone()).collect(),
        failed: failed.values().cloned().collect(),
        missing,
        warnings: warnings(&scenario.warnings, done),
    }
}

/// A run that failed, as the manifest tells it.
pub fn failed_run(plan: &Plan<'_>, run: &PlannedRun, error: String) -> FailedRun {
    FailedRun {
        id: run.id.clone(),
        policy: run.policy.clone(),
        replication: run.replication,
        seed: run.seed,
        sweep: sweep(plan, run),
        error,
    }
}

/// Warnings of the scenario and of its runs; one that many runs gave is told once, with their number.
fn warnings(of_scenario: &[String], done: &BTreeMap<String, RunRecord>) -> Vec<String> {
    let mut n_runs: BTreeMap<&str, usize> = BTreeMap::new();
    for warning in done.values().flat_map(|record| &record.warnings) {
        *n_runs.entry(warning).or_default() += 1;
    }
    let of_runs = n_runs.into_iter().map(|(warning, n)| format!("{warning} ({n} of {} runs)", done.len()));
    let mut warnings: Vec<String> = of_scenario.iter().cloned().chain(of_runs).collect();
    warnings.sort_unstable();
    warnings.dedup();
    warnings
}
