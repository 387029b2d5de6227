//! `dapple run`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dapple_lab::{Execution, ExperimentError, Options, PATIENCE, Plan};
use dapple_records::{Format, run_dir};
use dapple_reports::write_report;
use dapple_scenarios::{Registry, Scenario};

use crate::commands::scenario::{Changes, default_folder};
use crate::commands::show::draw;
use crate::commands::summary::summary;
use crate::commands::work::{Machine, in_words};
use crate::exit::{Exit, Failure, OrExit};
use crate::interrupt::stop_flag;
use crate::progress::ExperimentBar;
use crate::terminal::{note, print};

/// How long it is tried how much work it is.
const PROBE: Duration = Duration::from_millis(500);
/// How many failed runs are told one by one.
const FAILURES_TOLD: usize = 5;

/// Arguments of `dapple run`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Run {
    /// The scenario (RON)
    file: PathBuf,
    /// Folder of the results; finished runs that are there are not done again [default: results/<scenario name>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Runs at once [default: number of cores]
    #[arg(long, short, value_name = "N", env = "DAPPLE_JOBS", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Seed of the first replication, instead of the scenario's
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    #[command(flatten)]
    changes: Changes,
    /// Give up a run whose policy is at one question for longer than so many seconds
    #[arg(long, value_name = "S", default_value_t = PATIENCE.as_secs(), value_parser = clap::value_parser!(u64).range(1..))]
    patience: u64,
    /// How tables are written
    #[arg(long, value_enum, default_value_t = TableFormat::Parquet)]
    format: TableFormat,
    /// Write no report
    #[arg(long)]
    no_report: bool,
    /// Run it however long it takes and however much memory and disk it needs
    #[arg(long, short)]
    yes: bool,
    /// Print nothing but warnings and errors
    #[arg(long, short)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  dapple run scenarios/quickstart/two-sites.ron
  dapple run my.ron --jobs 4 --out /tmp/trial --format csv
  dapple run my.ron --set experiment.replications=50         adds the replications that are not there yet
  dapple run my.ron --yes                                    even if it takes days

Ctrl-C finishes the runs in flight and writes what is complete (exit code 75); the same command resumes.
A second Ctrl-C aborts. Even after `kill -9` all finished runs are kept.";

/// The formats by their names on the command line.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum TableFormat {
    /// zstd Parquet, for pandas, polars and DuckDB
    Parquet,
    /// Text with commas
    Csv,
}

impl From<TableFormat> for Format {
    fn from(format: TableFormat) -> Self {
        match format {
            TableFormat::Parquet => Self::Parquet,
            TableFormat::Csv => Self::Csv,
        }
    }
}

impl Run {
    /// Runs the experiment.
    pub fn execute(&self, registry: &Registry) -> Result<Exit, Failure> {
        let seed = self.seed.map(|seed| ("seed".to_owned(), seed.to_string()));
        let scenario = self.changes.load(&self.file, seed, registry)?;
        let plan = dapple_lab::plan(&scenario).or_exit(Exit::Refused)?;
        let dir = self.out.clone().unwrap_or_else(|| default_folder(&scenario));

        if !self.yes {
            self.refuse_too_much(&plan, &scenario, &dir)?;
        }

        let stop = stop_flag();
        let bar = ExperimentBar::new(self.quiet);
        let jobs = self.jobs.map_or(0, usize::from);
        let options =
            Options { jobs, format: self.format.into(), stop: &stop, observer: &bar, patience: self.patience() };
        let execution = dapple_lab::execute(&plan, &scenario, &dir, &options);
        // The bar goes before anything else is said.
        drop(bar);
        let execution = execution.map_err(folder_failure)?;

        tell_failures(&execution);
        if execution.left_out > 0 {
            note(format_args!(
                "{} finished runs in {} are not part of this experiment (another seed, policy or sweep) and are left out",
                execution.left_out,
                dir.display()
            ));
        }
        let report = self.report(&scenario, &dir, &execution)?;
        if !self.quiet {
            print(&summary(&execution, &dir, report.as_deref()))?;
        }
        Ok(exit_of(&execution))
    }

    /// Refuses what would take days, or more memory or disk than there is, with the figures.
    fn refuse_too_much(&self, plan: &Plan, scenario: &Scenario, dir: &Path) -> Result<(), Failure> {
        let n_done = if dir.is_dir() { plan.runs().filter(|run| run_dir(dir, &run.id).is_dir()).count() } else { 0 };
        // What cannot be tried is for the runs themselves to tell.
        let Ok(work) = dapple_lab::probe(plan, scenario, self.format.into(), PROBE) else { return Ok(()) };
        let work = work.of_runs(plan.n_runs() - n_done);
        match Machine::here(dir, self.jobs).too_much(&work) {
            None => Ok(()),
            Some(reason) => Err(Failure::new(
                Exit::Refused,
                format_args!("{reason} ({}); --yes runs it all the same", in_words(&work)),
            )),
        }
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }

    fn report(&self, scenario: &Scenario, dir: &Path, execution: &Execution) -> Result<Option<PathBuf>, Failure> {
        if self.no_report || execution.manifest.runs.is_empty() {
            return Ok(None);
        }
        // The report shows it.
        draw(scenario, dir)?;
        write_report(dir).or_exit(Exit::Files).map(Some)
    }
}

fn folder_failure(error: ExperimentError) -> Failure {
    if error.is_refusal() {
        let remedy = "choose another folder with --out, or remove that one";
        let lines = if error.to_string().contains('\n') { "\n" } else { "; " };
        Failure::new(Exit::Refused, format_args!("{error}{lines}{remedy}"))
    } else {
        Failure { exit: Exit::Files, error: error.into() }
    }
}

fn tell_failures(execution: &Execution) {
    for run in execution.failed.iter().take(FAILURES_TOLD) {
        note(format_args!(
            "run {} (policy `{}`, replication {}) failed: {}",
            run.id, run.policy, run.replication, run.error
        ));
    }
    if execution.failed.len() > FAILURES_TOLD {
        let (all, more) = (execution.failed.len(), execution.failed.len() - FAILURES_TOLD);
        note(format_args!("{all} failed runs: {FAILURES_TOLD} shown, {more} more in manifest.json"));
    }
}

fn exit_of(execution: &Execution) -> Exit {
    if execution.missing > 0 {
        Exit::Stopped
    } else if execution.failed.is_empty() {
        Exit::Done
    } else {
        Exit::SomeFailed
    }
}
