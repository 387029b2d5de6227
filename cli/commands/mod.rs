//! One file per command: its arguments and what it does.

mod check;
mod checked;
mod choice;
mod clean;
mod compare;
mod completions;
mod explain;
mod import;
mod init;
mod list;
mod logs;
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
    /// Write something to start from: a scenario, a log replay, a crate with a policy of your own
    Init(init::Init),
    /// Run every policy, replication and sweep point of a scenario, then write a report
    Run(run::Run),
    /// Say everything that is wrong with scenarios, and how much work they are
    Check(check::Check),
    /// Show the topology and routes of a scenario as a table and a picture, without running it
    Show(show::Show),
    /// Build report.html and plots/ again from results
    Report(report::Report),
    /// List the runs of an experiment: done, failed or missing, and their figures
    List(list::List),
    /// Compare policies of finished experiments, seed by seed
    Compare(compare::Compare),
    /// Tell the life of one job, request or read: every state, when, and what it waited for
    Explain(explain::Explain),
    /// Turn logs and topologies of other programs into a scenario: SWF, Rucio, FTS, PanDA, Globus, XRootD, GraphML, SimGrid
    Import(import::Import),
    /// Make a paper's table or figure again, theirs and ours side by side
    Reproduce(reproduce::Reproduce),
    /// Remove what is left over in the folder of an experiment, or all of it
    Clean(clean::Clean),
    /// Print the script that completes commands in your shell
    Completions(completions::Completions),
    /// Print the manual page, or write all pages
    Man(completions::Man),
}

impl Command {
    /// Does it; `whole` is the command line of which it is a part.
    pub fn execute(&self, registry: &Registry, whole: clap::Command) -> Result<Exit, Failure> {
        match self {
            Self::Init(init) => init.execute(),
            Self::Run(run) => run.execute(registry),
            Self::Check(check) => check.execute(registry),
            Self::Show(show) => show.execute(registry),
            Self::Report(report) => report.execute(),
            Self::List(list) => list.execute(),
            Self::Compare(compare) => compare.execute(),
            Self::Explain(explain) => explain.execute(),
            Self::Import(import) => import.execute(),
            Self::Reproduce(reproduce) => reproduce.execute(registry),
            Self::Clean(clean) => clean.execute(),
            Self::Completions(completions) => completions.execute(whole),
            Self::Man(man) => man.execute(whole),
        }
    }
}
