//! `dapple check`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dapple_lab::{PATIENCE, Plan};
use dapple_records::Format;
use dapple_scenarios::{Registry, Scenario};

use crate::columns::{number, plural};
use crate::commands::checked::{Checked, Work};
use crate::commands::logs;
use crate::commands::logs::Rejected;
use crate::commands::scenario::{Changes, refused, tell_warnings};
use crate::commands::work::in_words;
use crate::exit::{Exit, Failure, OrExit};
use crate::terminal::{print, tell, warn};

/// Arguments of `dapple check`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Check {
    /// The scenarios (RON)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write the rows of the logs that cannot be used to this file (CSV: scenario, workload, line, reason,
    /// row); it must not be there yet
    #[arg(long, value_name = "CSV")]
    rejected: Option<PathBuf>,
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
  dapple check my.ron --rejected dirty.csv                   which rows of its logs cannot be used, and why
  dapple check my.ron --set 'topology.links.CERN-GRIF-LPNHE.bandwidth=Gbps(20)'
  dapple check my.ron --json | jq -r '.[].problems[] | \"\\(.file):\\(.line): \\(.message)\"'

The JSON is a list with one entry for each file: file, ok, problems, warnings, logs and, where it is ok, chance and work.
A problem has file, line and column (from 1; 0 for the file as such), path, message and help (null where there is none);
logs say what was taken of each log and what not, by reason; chance is false where all replications are the same; work
has runs, policies, replications, sweep_points, events, seconds_on_one_core and disk_bytes. A file that cannot be read is a
problem, too. Keys are added, never renamed. Exit codes are the same as without --json.";

/// How long it is tried how much work a scenario is.
const PROBE: Duration = Duration::from_millis(1_500);

impl Check {
    /// Checks them all; the highest exit code wins.
    pub fn execute(&self, registry: &Registry) -> Result<Exit, Failure> {
        let mut rejected = Rejected::default();
        let worst =
            if self.json { self.as_json(&mut rejected, registry)? } else { self.as_text(&mut rejected, registry)? };
        if let Some(path) = &self.rejected {
            rejected.write(path)?;
        }
        Ok(worst)
    }

    fn as_text(&self, rejected: &mut Rejected, registry: &Registry) -> Result<Exit, Failure> {
        let mut worst = Exit::Done;
        for file in &self.files {
            match self.check(file, rejected, registry) {
                Ok(line) => print(&line)?,
                Err(failure) => worst = worst.max(tell(&failure)),
            }
        }
        Ok(worst)
    }

    fn check(&self, file: &Path, rejected: &mut Rejected, registry: &Registry) -> Result<String, Failure> {
        let scenario = self.changes.read(file, None, registry)?.map_err(|problems| {
            rejected.extend(file, problems.logs());
            refused(file, &problems)
        })?;
        tell_warnings(&scenario);
        rejected.extend(file, &scenario.logs);
        let plan = dapple_lab::plan(&scenario).or_exit(Exit::Refused)?;
        let expected = match tried(file, &plan, &scenario) {
            Some(work) => in_words(&work),
            None => "how much work it is cannot be said".into(),
        };
        let mut text = format!("{}: OK\n  {}; {expected}\n", file.display(), shape(&plan));
        if !plan.chance && scenario.experiment.replications > 1 {
            text.push_str(
                "  nothing is drawn in it, so all replications are the same: one is enough (experiment.replications)\n",
            );
        }
        text.extend(scenario.logs.iter().map(|log| logs::in_words(log)));
        Ok(text)
    }

    fn as_json(&self, rejected: &mut Rejected, registry: &Registry) -> Result<Exit, Failure> {
        let (mut worst, mut all) = (Exit::Done, Vec::new());
        for file in &self.files {
            let checked = match self.changes.read(file, None, registry) {
                Ok(Ok(scenario)) => match dapple_lab::plan(&scenario) {
                    Ok(plan) => {
                        rejected.extend(file, &scenario.logs);
                        let chance = plan.chance;
                        Checked::ok(file, (work(file, &plan, &scenario), chance), (scenario.warnings, &scenario.logs))
                    }
                    Err(problems) => Checked::refused(file, &problems),
                },
                Ok(Err(problems)) => {
                    rejected.extend(file, problems.logs());
                    Checked::refused(file, &problems)
                }
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

/// How much work it is, tried out; `None`, and told: a run that was tried fails.
fn tried(file: &Path, plan: &Plan, scenario: &Scenario) -> Option<dapple_lab::Work> {
    let failed = |why| warn(format_args!("{}: a run that was tried fails: {why}", file.display()));
    dapple_lab::probe(plan, scenario, Format::Parquet, PROBE, PATIENCE).map_err(failed).ok()
}

fn work(file: &Path, plan: &Plan, scenario: &Scenario) -> Work {
    let tried = tried(file, plan, scenario);
    Work {
        runs: plan.n_runs(),
        policies: plan.policies.len(),
        replications: plan.replications as usize,
        sweep_points: plan.points.len(),
        events: tried.map(|work| work.events),
        seconds_on_one_core: tried.map(|work| work.core_s),
        disk_bytes: tried.map(|work| work.disk_bytes),
    }
}

/// How many runs there are, and why.
fn shape(plan: &Plan) -> String {
    format!(
        "{} ({} x {} x {})",
        number(plan.n_runs(), "run"),
        plural(plan.policies.len(), "policy", "policies"),
        number(plan.replications as usize, "replication"),
        number(plan.points.len(), "sweep point"),
    )
}
