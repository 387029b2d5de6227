//! `dapple check`.

use std::path::{Path, PathBuf};

use dapple_records::RecordLevel;
use dapple_scenarios::{ExperimentSize, Problem, Problems, Registry, Scenario};
use dapple_simulator::units::Bytes;
use serde::Serialize;

use crate::columns::{count, number, plural, wall_time};
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
    #[command(flatten)]
    changes: Changes,
    /// Print JSON: what is wrong, and how much work it is
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  dapple check scenarios/quickstart/two-sites.ron
  dapple check --strict my.ron                               logs must be clean
  dapple check my.ron --set 'topology.links.CERN-GRIF-LPNHE.bandwidth=Gbps(20)'
  dapple check my.ron --json | jq -r '.[].problems[] | \"\\(.file):\\(.line): \\(.message)\"'

The JSON is a list with one entry for each file: file, ok, problems, warnings and, where it is ok, work. A problem has
file, line and column (from 1; 0 for the file as such), path, message and help (null where there is none); work has
runs, policies, replications, sweep_points, events, seconds_on_one_core and disk_bytes. A file that cannot be read is a
problem, too. Keys are added, never renamed. Exit codes are the same as without --json.";

/// Events per second of one core, measured on a laptop with a loaded two-site grid; others differ by a factor of a few.
const EVENTS_PER_S: f64 = 500_000.0;
/// Bytes of a run that records nothing but its KPIs.
const SUMMARY_BYTES: f64 = 2_500.0;
/// Bytes of a row of a table, compressed.
const ROW_BYTES: f64 = 40.0;

impl Check {
    /// Checks them all; the highest exit code wins.
    pub fn execute(&self, registry: &Registry) -> Result<Exit, Failure> {
        if self.json {
            return self.as_json(registry);
        }
        let mut worst = Exit::Done;
        for file in &self.files {
            match self.check(file, registry) {
                Ok(line) => print(&line)?,
                Err(failure) => worst = worst.max(tell(&failure)),
            }
        }
        Ok(worst)
    }

    fn check(&self, file: &Path, registry: &Registry) -> Result<String, Failure> {
        let scenario = self.changes.load(file, None, registry)?;
        let plan = dapple_lab::plan(&scenario).or_exit(Exit::Refused)?;
        let mut text = format!("{}: OK\n  {}\n", file.display(), expected(&work(&scenario, plan.n_runs())));
        if !plan.chance && scenario.experiment.replications > 1 {
            text.push_str(
                "  nothing is drawn in it, so all replications are the same: one is enough (experiment.replications)\n",
            );
        }
        Ok(text)
    }

    fn as_json(&self, registry: &Registry) -> Result<Exit, Failure> {
        let (mut worst, mut all) = (Exit::Done, Vec::new());
        for file in &self.files {
            let checked = match self.changes.read(file, None, registry) {
                Ok(Ok(scenario)) => match dapple_lab::plan(&scenario) {
                    Ok(plan) => Checked::ok(file, work(&scenario, plan.n_runs()), scenario.warnings),
                    Err(problems) => Checked::refused(file, &problems),
                },
                Ok(Err(problems)) => Checked::refused(file, &problems),
                Err(failure) => {
                    worst = worst.max(failure.exit);
                    Checked::unread(file, &failure)
                }
            };
            worst = if checked.ok { worst } else { worst.max(Exit::Refused) };
            all.push(checked);
        }
        print(&(serde_json::to_string_pretty(&all).expect("names and numbers can be written") + "\n"))?;
        Ok(worst)
    }
}

/// What is told of a file as JSON.
#[derive(Serialize)]
struct Checked {
    file: String,
    ok: bool,
    problems: Vec<ProblemAsJson>,
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<Work>,
}

#[derive(Serialize)]
struct ProblemAsJson {
    file: String,
    line: usize,
    column: usize,
    path: String,
    message: String,
    help: Option<String>,
}

impl Checked {
    fn ok(file: &Path, work: Work, warnings: Vec<String>) -> Self {
        Self { file: file.display().to_string(), ok: true, problems: Vec::new(), warnings, work: Some(work) }
    }

    fn refused(file: &Path, problems: &Problems) -> Self {
        let problem = |problem: &Problem| ProblemAsJson {
            file: problem.file.clone(),
            line: problem.line,
            column: problem.column,
            path: problem.path.clone(),
            message: problem.message.clone(),
            help: problem.help.clone(),
        };
        let problems = problems.iter().map(problem).collect();
        Self { file: file.display().to_string(), ok: false, problems, warnings: Vec::new(), work: None }
    }

    fn unread(file: &Path, failure: &Failure) -> Self {
        let file = file.display().to_string();
        let problem = ProblemAsJson {
            file: file.clone(),
            line: 0,
            column: 0,
            path: String::new(),
            message: failure.error.to_string(),
            help: None,
        };
        Self { file, ok: false, problems: vec![problem], warnings: Vec::new(), work: None }
    }
}

/// How much work an experiment is; its keys are those of the JSON.
#[derive(Serialize)]
struct Work {
    runs: usize,
    policies: usize,
    replications: usize,
    sweep_points: usize,
    events: f64,
    seconds_on_one_core: f64,
    disk_bytes: f64,
}

fn work(scenario: &Scenario, n_runs: usize) -> Work {
    let size = scenario.experiment_size();
    let (policies, replications) = (scenario.policies.len(), scenario.experiment.replications as usize);
    let events = n_runs as f64 * size.events;
    Work {
        runs: n_runs,
        policies,
        replications,
        sweep_points: n_runs / (policies * replications).max(1),
        events,
        seconds_on_one_core: events / EVENTS_PER_S,
        disk_bytes: n_runs as f64 * (SUMMARY_BYTES + rows_bytes(scenario, &size)),
    }
}

fn expected(work: &Work) -> String {
    format!(
        "{} ({} x {} x {}), about {} events, {} on one core, {} on disk",
        number(work.runs, "run"),
        plural(work.policies, "policy", "policies"),
        number(work.replications, "replication"),
        number(work.sweep_points, "sweep point"),
        count(work.events),
        wall_time(work.seconds_on_one_core),
        Bytes::from_f64(work.disk_bytes),
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
