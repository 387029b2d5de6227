//! What a plan says of itself and its runs in the files of an experiment.

use std::collections::{BTreeMap, BTreeSet};

use dapple_records::folder::{Origin, RunRecord};
use dapple_records::{Counters, FailedRun, Manifest, RunEntry};
use dapple_scenarios::Digest;

use crate::plan::{Plan, PlannedRun};

/// What runs of a plan say about where they come from.
pub fn origin(plan: &Plan) -> Origin {
    Origin {
        schema_version: u64::from(plan.schema_version),
        dapple_version: plan.dapple_version.clone(),
        scenario: plan.name.clone(),
        physics: plan.physics.to_string(),
    }
}

/// A finished run, as the manifest tells it.
pub fn entry(plan: &Plan, run: &PlannedRun, events: u64, counters: Counters) -> RunEntry {
    RunEntry {
        id: run.id.clone(),
        policy: run.policy.clone(),
        replication: run.replication,
        seed: run.seed,
        sweep: plan.points[run.point_index].sweep.clone(),
        events,
        counters,
    }
}

/// A run that failed, as the manifest tells it.
pub fn failed_run(plan: &Plan, run: &PlannedRun, error: String) -> FailedRun {
    FailedRun {
        id: run.id.clone(),
        policy: run.policy.clone(),
        replication: run.replication,
        seed: run.seed,
        sweep: plan.points[run.point_index].sweep.clone(),
        error,
    }
}

/// The manifest of a plan of which some runs are finished and some failed; depends on nothing else. A finished run that
/// was done again for its tables and failed is a finished one: its figures are there.
pub fn manifest(plan: &Plan, finished: &BTreeMap<String, RunRecord>, failed: &BTreeMap<String, FailedRun>) -> Manifest {
    let mut missing: Vec<String> = plan.runs().map(|run| run.id).collect();
    missing.retain(|id| !finished.contains_key(id) && !failed.contains_key(id));
    missing.sort_unstable();
    Manifest {
        schema_version: plan.schema_version,
        dapple_version: plan.dapple_version.clone(),
        name: plan.name.clone(),
        resolved: plan.resolved.clone(),
        scenario: plan.text.clone(),
        scenario_hash: Digest::of(&plan.resolved).short(),
        seed: plan.seed,
        policies: plan.policies.clone(),
        baseline: plan.baseline.clone(),
        primary_kpi: plan.primary_kpi.clone(),
        relevant_difference: plan.relevant_difference,
        chance: plan.chance,
        endless: plan.endless.clone(),
        replications: plan.replications,
        sweep_paths: plan.sweep_paths.clone(),
        runs: finished.values().map(|record| record.run.clone()).collect(),
        failed: failed.values().filter(|run| !finished.contains_key(&run.id)).cloned().collect(),
        missing,
        in_words: plan.in_words.clone(),
        warnings: warnings(&plan.warnings, finished),
    }
}

/// Warnings of the scenario and of its runs; one that many runs gave is told once, with their number and whose they are.
fn warnings(of_scenario: &[String], finished: &BTreeMap<String, RunRecord>) -> Vec<String> {
    let mut told: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for record in finished.values() {
        for warning in &record.warnings {
            let (n_runs, policies) = told.entry(warning).or_default();
            *n_runs += 1;
            policies.insert(&record.run.policy);
        }
    }
    let of_runs = told.into_iter().map(|(warning, (n, policies))| {
        let names: Vec<String> = policies.into_iter().map(|policy| format!("`{policy}`")).collect();
        format!("{warning} ({n} of {} runs: {})", finished.len(), names.join(", "))
    });
    let mut warnings: Vec<String> = of_scenario.iter().cloned().chain(of_runs).collect();
    warnings.sort_unstable();
    warnings.dedup();
    warnings
}
