//! `dapple check`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dapple_records::Format;
use dapple_scenarios::{Registry, Scenario};

use crate::columns::{number, plural};
use crate::commands::scenario::Changes;
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
    #[command(flatten)]
    changes: Changes,
}

const EXAMPLES: &str = "\
Examples:
  dapple check scenarios/quickstart/two-sites.ron
  dapple check --strict my.ron                               logs must be clean
  dapple check my.ron --set 'topology.links.CERN-GRIF-LPNHE.bandwidth=Gbps(20)'";

/// How long it is tried how much work a scenario is.
const PROBE: Duration = Duration::from_millis(1_500);

impl Check {
    /// Checks them all; the highest exit code wins.
    pub fn execute(&self, registry: &Registry) -> Result<Exit, Failure> {
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
        let expected = match dapple_lab::probe(&plan, &scenario, Format::Parquet, PROBE) {
            Ok(work) => in_words(&work),
            Err(why) => {
                warn(format_args!("{}: a run that was tried fails: {why}", file.display()));
                "how much work it is cannot be said".into()
            }
        };
        Ok(format!("{}: OK\n  {}; {expected}\n", file.display(), shape(&scenario, plan.n_runs())))
    }
}

/// How many runs there are, and why.
fn shape(scenario: &Scenario, n_runs: usize) -> String {
    let n_policies = scenario.policies.len();
    let replications = scenario.experiment.replications as usize;
    let n_points = n_runs / (n_policies * replications).max(1);
    format!(
        "{} ({} x {} x {})",
        number(n_runs, "run"),
        plural(n_policies, "policy", "policies"),
        number(replications, "replication"),
        number(n_points, "sweep point"),
    )
}
