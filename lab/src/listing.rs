//! The runs of an experiment as its folder shows them: done, failed or missing, finished or still under way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dapple_records::folder::{FolderError, finished_run};
use dapple_records::{KpiTable, Kpis, Manifest, ResultsError, RunEntry, SweepPoint, read_manifest, read_runs};
use dapple_scenarios::{Problems, sweep_of};

use crate::run_id::replication_seed;
use crate::sweep::points;

/// One run that an experiment asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedRun {
    /// Its id; `None` where it is missing, as the manifest does not tell which id belongs to which run.
    pub id: Option<String>,
    /// Name of its policy set.
    pub policy: String,
    /// Number of its replication, from 0.
    pub replication: u32,
    /// Its seed.
    pub seed: u64,
    /// Its sweep coordinates.
    pub sweep: Vec<SweepPoint>,
    /// What has become of it.
    pub state: RunState,
}

/// What has become of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum RunState {
    /// It is done.
    Done {
        /// Events that were handled.
        events: u64,
        /// Its KPIs.
        kpis: Kpis,
    },
    /// It failed.
    Failed {
        /// Why.
        error: String,
    },
    /// It is still to be done, or under way.
    Missing,
}

/// Why the runs of a folder cannot be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListingError {
    /// The results cannot be read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// The record of a run cannot be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The table of runs lacks a column.
    #[error("the runs of {dir} have no {what}")]
    Runs {
        /// The folder.
        dir: String,
        /// The column, or the cell.
        what: String,
    },
    /// The manifest holds a scenario that cannot be read.
    #[error("the manifest of {dir} holds a scenario that cannot be read: {problems}")]
    Scenario {
        /// The folder.
        dir: String,
        /// What is wrong.
        problems: Problems,
    },
}

/// All runs that the experiment in a folder asks for, in the order of its plan: sweep point by sweep point, in each
/// replication by replication. Runs that were finished after the manifest was written are done, too: a process is at
/// work, or was killed.
///
/// # Errors
/// Where the results cannot be read.
pub fn listing(dir: &Path) -> Result<(Manifest, Vec<ListedRun>), ListingError> {
    let manifest = read_manifest(dir)?;
    let axes = sweep_of(&manifest.resolved);
    let axes = axes.map_err(|problems| ListingError::Scenario { dir: dir.display().to_string(), problems })?;
    let mut known = BTreeMap::new();
    let mut put = |run: ListedRun| known.insert(key(&run.policy, run.replication, &run.sweep), run);
    let kpis = kpis(dir, &manifest)?;
    for run in &manifest.runs {
        put(done(run, kpis.get(&run.id).cloned().map_or_else(|| recorded(dir, &run.id), Ok)?));
    }
    for run in &manifest.failed {
        put(ListedRun {
            id: Some(run.id.clone()),
            policy: run.policy.clone(),
            replication: run.replication,
            seed: run.seed,
            sweep: run.sweep.clone(),
            state: RunState::Failed { error: run.error.clone() },
        });
    }
    for id in &manifest.missing {
        if let Some(record) = finished_run(dir, id)? {
            put(done(&record.run, record.kpis()));
        }
    }
    let mut runs = Vec::with_capacity(known.len());
    for sweep in points(&axes) {
        for replication in 0..manifest.replications {
            for policy in &manifest.policies {
                let missing = || ListedRun {
                    id: None,
                    policy: policy.clone(),
                    replication,
                    seed: replication_seed(manifest.seed, replication),
                    sweep: sweep.clone(),
                    state: RunState::Missing,
                };
                runs.push(known.remove(&key(policy, replication, &sweep)).unwrap_or_else(missing));
            }
        }
    }
    // What the scenario does not explain is told all the same.
    runs.extend(known.into_values());
    Ok((manifest, runs))
}

fn done(run: &RunEntry, kpis: Kpis) -> ListedRun {
    ListedRun {
        id: Some(run.id.clone()),
        policy: run.policy.clone(),
        replication: run.replication,
        seed: run.seed,
        sweep: run.sweep.clone(),
        state: RunState::Done { events: run.events, kpis },
    }
}

/// KPIs by run, as far as the table of runs has them: it is written at the end.
fn kpis(dir: &Path, manifest: &Manifest) -> Result<BTreeMap<String, Kpis>, ListingError> {
    let known: BTreeSet<&str> = manifest.runs.iter().map(|run| run.id.as_str()).collect();
    let table = match read_runs(dir) {
        Ok(table) => table,
        Err(ResultsError::Read { .. }) => return Ok(BTreeMap::new()),
        Err(error) => return Err(error.into()),
    };
    let rows = KpiTable::from_table(&table);
    let rows = rows.map_err(|what| ListingError::Runs { dir: dir.display().to_string(), what })?.rows;
    Ok(rows.into_iter().filter(|row| known.contains(row.run.as_str())).map(|row| (row.run, row.kpis)).collect())
}

fn recorded(dir: &Path, id: &str) -> Result<Kpis, FolderError> {
    Ok(finished_run(dir, id)?.map(|record| record.kpis()).unwrap_or_default())
}

fn key(policy: &str, replication: u32, sweep: &[SweepPoint]) -> (Vec<String>, u32, String) {
    (sweep.iter().map(|at| at.text.clone()).collect(), replication, policy.to_owned())
}
