//! The manifest of an experiment: what was asked, what ran, and the books.

use std::fs;
use std::io;
use std::path::Path;

use dapple_simulator::engine::Counters;
use dapple_simulator::units::Unit;
use serde::{Deserialize, Serialize};

use crate::{RecordPlan, ResultsError};

/// `manifest.json`: the same bytes whatever host or number of threads made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of all files of the experiment, see [`crate::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Version of dapple that made it.
    pub dapple_version: String,
    /// Name of the scenario.
    pub name: String,
    /// The scenario with all its defaults and included files, as RON.
    pub resolved: String,
    /// The scenario file as it was written.
    pub scenario: String,
    /// Hash of `resolved`, 16 hexadecimal digits.
    pub scenario_hash: String,
    /// Seed of the first replication.
    pub seed: u64,
    /// Names of the policies in order of declaration.
    pub policies: Vec<String>,
    /// The policy that the others are compared with.
    pub baseline: String,
    /// Column name of the primary KPI; all others are exploratory.
    pub primary_kpi: String,
    /// The smallest difference that matters, as a share of the baseline's mean of the primary KPI.
    pub relevant_difference: f64,
    /// Whether replications can differ: something in the scenario or in a policy is drawn.
    pub chance: bool,
    /// Names of the workloads that go on asking until the horizon, whenever it is: there is always something unfinished.
    pub endless: Vec<String>,
    /// Number of replications.
    pub replications: u32,
    /// Paths of the swept fields, in order of declaration.
    pub sweep_paths: Vec<String>,
    /// Finished runs, sorted by id.
    pub runs: Vec<RunEntry>,
    /// Runs that failed, sorted by id.
    pub failed: Vec<FailedRun>,
    /// Ids of runs not done yet, sorted; empty where the experiment is complete.
    pub missing: Vec<String>,
    /// The scenario in words: headings and sentences.
    #[serde(default)]
    pub in_words: Vec<(String, String)>,
    /// Counts that deserve attention, such as refused trace rows; sorted.
    pub warnings: Vec<String>,
}

/// One finished run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunEntry {
    /// Hash of resolved physics, policies, sweep point and seed, 16 hexadecimal digits.
    pub id: String,
    /// Name of its policy set.
    pub policy: String,
    /// Number of the replication, from 0.
    pub replication: u32,
    /// Its seed.
    pub seed: u64,
    /// Its sweep coordinates, one per swept path.
    pub sweep: Vec<SweepPoint>,
    /// Events that were handled.
    pub events: u64,
    /// The books of the run.
    pub counters: Counters,
}

impl RunEntry {
    /// How much of each table is in the folder of a run, as its record says; `None` where there is no record. It is no part of
    /// the id: runs of one experiment may differ in it.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn recorded(folder: &Path) -> Result<Option<RecordPlan>, ResultsError> {
        let path = folder.join("run.json");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ResultsError::Read { path, source }),
        };
        let found = serde_json::from_str::<TablesOnly>(&text);
        found.map(|record| Some(record.tables)).map_err(|error| ResultsError::Read { path, source: error.into() })
    }
}

/// The part of a run's record that says how much of each table is there.
#[derive(Deserialize)]
struct TablesOnly {
    tables: RecordPlan,
}

/// One coordinate of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// Path of the field.
    pub path: String,
    /// Its value as RON, such as `Gbps(10)`.
    pub text: String,
    /// Its value as a number in the unit written, where it is one: the x of plots.
    pub number: Option<f64>,
}

impl SweepPoint {
    /// What stands before the unit of its number, and the unit: `Constant(` and `GB` of `Constant(GB(10))`; empty where
    /// there is none. The number is the innermost, and so is its unit.
    pub fn around_and_unit(&self) -> (&str, &str) {
        let Some((before, _)) = self.text.trim_end_matches(')').rsplit_once('(') else { return ("", "") };
        let before = before.trim_end();
        before.split_at(before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').len())
    }

    /// Its number in base units where its unit is known, as written otherwise: to be compared with others of its kind.
    pub fn in_base_unit(&self) -> Option<f64> {
        self.number.map(|number| number * self.base_unit())
    }

    /// How many base units its unit is; 1 where that is none.
    pub fn base_unit(&self) -> f64 {
        Unit::named(self.around_and_unit().1).map_or(1.0, |(_, unit)| unit.factor)
    }

    /// The same value with another number: `Gbps(2.5)` of `Gbps(5)`.
    pub fn with_number(&self, number: f64) -> Self {
        let inner = self.text.trim_end_matches(')');
        let (before, after) = (inner.rfind('(').map_or("", |at| &inner[..=at]), &self.text[inner.len()..]);
        Self { path: self.path.clone(), text: format!("{before}{number}{after}"), number: Some(number) }
    }
}

/// One run that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailedRun {
    /// Its id.
    pub id: String,
    /// Name of its policy set.
    pub policy: String,
    /// Number of the replication, from 0.
    pub replication: u32,
    /// Its seed.
    pub seed: u64,
    /// Its sweep coordinates.
    pub sweep: Vec<SweepPoint>,
    /// Why it failed.
    pub error: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coordinate_knows_its_unit_and_takes_another_number() {
        let point = |text: &str, number| SweepPoint { path: "a".into(), text: text.into(), number: Some(number) };
        let size = point("Constant(GB(2))", 2.0);
        assert_eq!((size.around_and_unit(), size.in_base_unit()), (("Constant(", "GB"), Some(2e9)));
        assert_eq!(size.with_number(2.5), point("Constant(GB(2.5))", 2.5));
        let bare = point("0.5", 0.5);
        assert_eq!((bare.around_and_unit(), bare.in_base_unit()), (("", ""), Some(0.5)));
        assert_eq!(bare.with_number(0.25), point("0.25", 0.25));
    }
}
