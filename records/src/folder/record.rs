//! The record that a finished run leaves in its folder.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{KPIS, KpiInfo, Kpis, RecordPlan, RunEntry, RunOutput};

/// `run-<id>/run.json`: one finished run in full, from which the files of the experiment are put together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Whose run it is.
    pub origin: Origin,
    /// What ran, and the books.
    pub run: RunEntry,
    /// How much of each table is there.
    pub tables: RecordPlan,
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
    /// Digest of the scenario's physics, before any sweep.
    pub physics: String,
}

impl RunRecord {
    /// The record of a run that has just ended.
    pub fn new(origin: Origin, run: RunEntry, tables: RecordPlan, output: &RunOutput) -> Self {
        let figure = |info: &KpiInfo| {
            // JSON knows finite numbers only, and what is read back must be what was written.
            let value = output.kpis.get(info.kpi).filter(|value| value.is_finite())?;
            Some((info.column.to_owned(), value))
        };
        let kpis = KPIS.iter().filter_map(figure).collect();
        Self { origin, run, tables, kpis, warnings: output.warnings.clone() }
    }

    /// The KPIs in the order of [`KPIS`].
    pub fn kpis(&self) -> Kpis {
        Kpis(KPIS.iter().map(|info| self.kpis.get(info.column).copied()).collect())
    }
}
