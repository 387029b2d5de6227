//! `dapple check`.

use std::path::{Path, PathBuf};

use dapple_scenarios::{Registry, Scenario, experiment};
use dapple_simulator::units::Bytes;

use crate::columns::{count, number, plural, wall_time};
use crate::commands::scenario::Changes;
use crate::exit::{Exit, Failure, OrExit};
use crate::terminal::print;

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
  dapple check my.ron --set 'topology.links.CERN-GRIF.bandwidth=Gbps(20)'";

impl Check {
    /// Checks them all; the highest exit code wins.
    pub fn execute(&self, registry: &Registry) -> Result<Exit, Failure> {
        let mut worst = Exit::Done;
        for file in &self.files {
            match self.check(file, registry) {
                Ok(line) => print(&line)?,
                Err(failure) => worst = worst.max(failure.tell()),
            }
        }
        Ok(worst)
    }

    fn check(&self, file: &Path, registry: &Registry) -> Result<String, Failure> {
        let scenario = self.changes.load(file, None, registry)?;
        let plan = experiment::plan(&scenario, registry).or_exit(Exit::Refused)?;
        Ok(format!("{}: OK\n  {}\n", file.display(), estimate(&scenario, plan.runs().len())))
    }
}

fn estimate(scenario: &Scenario, n_runs: usize) -> String {
    let estimate = scenario.estimate();
    let n_policies = scenario.policies.len();
    let replications = scenario.experiment.replications as usize;
    let n_points = n_runs / (n_policies * replications).max(1);
    format!(
        "{} ({} x {} x {}), about {} events, {} on one core, {} on disk",
        number(n_runs, "run"),
        plural(n_policies, "policy", "policies"),
        number(replications, "replication"),
        number(n_points, "sweep point"),
        count(estimate.events as f64),
        wall_time(estimate.seconds),
        Bytes::new(estimate.disk_bytes),
    )
}
