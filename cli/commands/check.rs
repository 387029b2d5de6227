//! `dapple check`.

use std::path::{Path, PathBuf};

use dapple_records::RecordLevel;
use dapple_scenarios::{ExperimentSize, Registry, Scenario};
use dapple_simulator::units::Bytes;

use crate::columns::{count, number, plural, wall_time};
use crate::commands::logs::{Rejected, in_words};
use crate::commands::scenario::Changes;
use crate::exit::{Exit, Failure, OrExit};
use crate::terminal::{print, tell};

/// Arguments of `dapple check`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    /// The scenarios (RON)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write the rows of the logs that cannot be used to this file (CSV: workload, line, reason, row)
    #[arg(long, value_name = "CSV")]
    rejected: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
}

const EXAMPLES: &str = "\
Examples:
  dapple check scenarios/quickstart/two-sites.ron
  dapple check --strict my.ron                               logs must be clean
  dapple check my.ron --rejected dirty.csv                   which rows of its logs cannot be used, and why
  dapple check my.ron --set 'topology.links.CERN-GRIF-LPNHE.bandwidth=Gbps(20)'";

/// Events per second of one core, measured on a laptop with a loaded two-site grid; others differ by a factor of a few.
const EVENTS_PER_S: f64 = 500_000.0;
/// Bytes of a run that records nothing but its KPIs.
const SUMMARY_BYTES: f64 = 2_500.0;
/// Bytes of a row of a table, compressed.
const ROW_BYTES: f64 = 40.0;

impl Check {
    /// Checks them all; the highest exit code wins.
    pub fn execute(&self, registry: &Registry) -> Result<Exit, Failure> {
        let mut worst = Exit::Done;
        let mut rejected = self.rejected.as_deref().map(Rejected::create).transpose()?;
        for file in &self.files {
            match self.check(file, rejected.as_mut(), registry) {
                Ok(line) => print(&line)?,
                Err(failure) => worst = worst.max(tell(&failure)),
            }
        }
        Ok(worst)
    }

    fn check(&self, file: &Path, rejected: Option<&mut Rejected>, registry: &Registry) -> Result<String, Failure> {
        let scenario = self.changes.load(file, None, registry)?;
        let plan = dapple_lab::plan(&scenario).or_exit(Exit::Refused)?;
        if let Some(rejected) = rejected {
            rejected.append(&scenario)?;
        }
        let logs: String = scenario.logs.iter().map(|log| in_words(log)).collect();
        Ok(format!("{}: OK\n  {}\n{logs}", file.display(), expected(&scenario, plan.n_runs())))
    }
}

fn expected(scenario: &Scenario, n_runs: usize) -> String {
    let size = scenario.experiment_size();
    let n_policies = scenario.policies.len();
    let replications = scenario.experiment.replications as usize;
    let n_points = n_runs / (n_policies * replications).max(1);
    let runs = n_runs as f64;
    format!(
        "{} ({} x {} x {}), about {} events, {} on one core, {} on disk",
        number(n_runs, "run"),
        plural(n_policies, "policy", "policies"),
        number(replications, "replication"),
        number(n_points, "sweep point"),
        count(runs * size.events),
        wall_time(runs * size.events / EVENTS_PER_S),
        Bytes::from_f64(runs * (SUMMARY_BYTES + rows_bytes(scenario, &size))),
    )
}

/// Bytes of the tables that one run records.
fn rows_bytes(scenario: &Scenario, size: &ExperimentSize) -> f64 {
    let record = &scenario.record;
    let topology = &scenario.setup.topology;
    // Links have a rate, RSEs a fill and queues, pools queued and running jobs.
    let entities = topology.map.links().len() + 3 * topology.map.rses().len() + 2 * topology.map.pools().len();
    let samples = scenario.setup.horizon.as_secs_f64() / record.series_interval.as_secs_f64().max(1.0);
    let tables = [
        (record.requests, size.transfers + size.inputs / 2.0),
        (record.reads, size.inputs),
        (record.jobs, size.jobs),
        (record.decisions, size.inputs),
        // Decisions where to copy from, of which a placement makes one.
        (record.decisions, size.inputs / 2.0),
        (record.series, samples * entities as f64 / 8.0),
    ];
    tables.into_iter().map(|(level, rows)| share(level) * rows * ROW_BYTES).sum()
}

fn share(level: RecordLevel) -> f64 {
    match level {
        RecordLevel::Summary => 0.0,
        RecordLevel::Rows => 1.0,
        RecordLevel::Sample(share) => share,
    }
}
