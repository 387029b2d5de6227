//! The record that a finished run leaves in its folder.

use std::collections::BTreeMap;

use dapple_records::{Counters, KPIS, Kpis, RunEntry, RunOutput, SCHEMA_VERSION, SweepPoint};
use serde::{Deserialize, Serialize};

use crate::plan::{Plan, PlannedRun};
use crate::run_id::StableHash;

/// `run-<id>/run.json`: one finished run in full, from which the files of the experiment are put together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Whose run it is.
    pub origin: Origin,
    /// What ran, and the books.
    pub run: RunEntry,
    /// Its KPIs by column name; one that is missing had nothing to count.
    pub kpis: BTreeMap<String, f64>,
    /// Counts that deserve attention, in words; sorted.
    pub warnings: Vec<String>,
}

/// Which experiment a run belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Version of all files of the experiment.
    pub schema_version: u64,
    /// Version of dapple that ran it.
    pub dapple_version: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Hash of the scenario's physics, before any sweep.
    pub physics: String,
}

impl Origin {
    /// What runs of this plan say about where they come from.
    pub(super) fn of(plan: &Plan<'_>) -> Self {
        Self {
            schema_version: u64::from(SCHEMA_VERSION),
            dapple_version: env!("CARGO_PKG_VERSION").into(),
            scenario: plan.scenario.name.clone(),
            physics: StableHash::of(&plan.scenario.physics).to_string(),
        }
    }
}

impl RunRecord {
    /// The record of a run that has just ended.
    pub(super) fn new(plan: &Plan<'_>, run: &PlannedRun, output: &RunOutput) -> Self {
        let figure = |info: &dapple_records::KpiInfo| {
            // JSON knows finite numbers only, and what is read back must be what was written.
            let value = output.kpis.get(info.kpi).filter(|value| value.is_finite())?;
            Some((info.column.to_owned(), value))
        };
        Self {
            origin: Origin::of(plan),
            run: entry(plan, run, output.events, output.counters),
            kpis: KPIS.iter().filter_map(figure).collect(),
            warnings: output.warnings.clone(),
        }
    }

    /// The record as this plan would have written it: names of policies and ways to write a value may have changed.
    pub(super) fn renamed(self, plan: &Plan<'_>, run: &PlannedRun) -> Self {
        Self { origin: Origin::of(plan), run: entry(plan, run, self.run.events, self.run.counters), ..self }
    }

    /// The KPIs in the order of [`KPIS`].
    pub fn kpis(&self) -> Kpis {
        Kpis(KPIS.iter().map(|info| self.kpis.get(info.column).copied()).collect())
    }
}

fn entry(plan: &Plan<'_>, run: &PlannedRun, events: u64, counters: Counters) -> RunEntry {
    RunEntry {
        id: run.id.clone(),
        policy: run.policy.clone(),
        replication: run.replication,
        seed: run.seed,
        sweep: sweep(plan, run),
        events,
        counters,
    }
}

/// The sweep coordinates of a run.
pub(super) fn sweep(plan: &Plan<'_>, run: &PlannedRun) -> Vec<SweepPoint> {
    plan.points[run.point_index].coordinates.clone()
}
