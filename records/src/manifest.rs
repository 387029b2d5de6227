//! The manifest of an experiment: what was asked, what ran, and the books.

use std::fs;
use std::io;
use std::path::Path;

use dapple_simulator::engine::Counters;
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
