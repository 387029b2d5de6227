//! One file per command: its arguments and what it does.

mod check;
mod explain;
mod report;
mod reproduce;
mod run;
mod scenario;
mod show;
mod summary;
mod work;

use dapple_scenarios::Registry;

use crate::exit::{Exit, Failure};

/// What dapple can be asked for.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Run every policy, replication and sweep point of a scenario, then write a report
    Run(run::Run),
    /// Say everything that is wrong with scenarios, and how much work they are
    Check(check::Check),
    /// Show the topology and routes of a scenario as a table and a picture, without running it
    Show(show::Show),
    /// Build report.html and plots/ again from results
    Report(report::Report),
    /// Tell the life of one job, request or read: every state, when, and what it waited for
    Explain(explain::Explain),
    /// Make a paper's table or figure again, theirs and ours side by side
    Reproduce(reproduce::Reproduce),
}

impl Command {
    /// Does it.
    pub fn execute(&self, registry: &Registry) -> Result<Exit, Failure> {
        match self {
            Self::Run(run) => run.execute(registry),
            Self::Check(check) => check.execute(registry),
            Self::Show(show) => show.execute(registry),
            Self::Report(report) => report.execute(),
            Self::Explain(explain) => explain.execute(),
            Self::Reproduce(reproduce) => reproduce.execute(registry),
        }
    }
}
