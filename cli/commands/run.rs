//! `dapple run`.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use dapple_lab::{Added, Execution, ExperimentError, Options, PATIENCE, Plan, Refined};
use dapple_records::{Format, run_dir};
use dapple_reports::{Conclusion, conclude, write_report};
use dapple_scenarios::{Registry, Scenario};

use crate::commands::choice::short_path;
use crate::commands::scenario::{Changes, default_folder};
use crate::commands::show::draw;
use crate::commands::summary::summary;
use crate::commands::work::{self, Machine};
use crate::exit::{Exit, Failure, OrExit};
use crate::interrupt::stop_flag;
use crate::progress::ExperimentBar;
use crate::terminal::{note, print};

/// How long it is tried how much work it is.
const PROBE: Duration = Duration::from_millis(500);
/// How many failed runs are told one by one.
const FAILURES_TOLD: usize = 5;

/// How many warnings of runs are told one by one.
const WARNINGS_TOLD: usize = 8;

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
    /// Then add sweep values where the best policy changes, or one passes the baseline, by the means of the primary KPI: half
    /// way between two values, N times
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "3", value_parser = clap::value_parser!(u8).range(1..=20))]
    refine: Option<u8>,
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
  dapple run my.ron --refine                                 looks closer where policies change places in the sweep
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
        let dir = self.out.clone().unwrap_or_else(|| default_folder(&scenario));
        let execution = self.refined(scenario.clone(), &dir)?;

        tell_failures(&execution);
        tell_waits(&execution, &scenario.warnings);
        if execution.left_out > 0 {
            note(format_args!(
                "{} finished runs in {} are not part of this experiment (another seed, policy or sweep) and are left out",
                execution.left_out,
                dir.display()
            ));
        }
        let report = self.report(&scenario, &dir, &execution)?;
        let conclusion = conclude(&execution.manifest, &execution.kpis).or_exit(Exit::Files)?;
        for sentence in &conclusion.lost {
            note(sentence);
        }
        if !self.quiet {
            print(&summary(&execution, &conclusion, &dir, report.as_deref()))?;
        }
        Ok(exit_of(&execution, &conclusion))
    }

    /// Runs the scenario, and again with more sweep values as often as was asked for.
    fn refined(&self, mut scenario: Scenario, dir: &Path) -> Result<Execution, Failure> {
        let stop = stop_flag();
        let mut execution = self.once(&scenario, dir, &stop)?;
        let (rounds, mut refined) = (self.refine.unwrap_or(0), false);
        for round in 0..=rounds {
            // Whether runs that failed or are missing would turn the order of policies round, nobody knows.
            if execution.missing > 0 || !execution.failed.is_empty() {
                break;
            }
            let Some(Refined { scenario: finer, added }) =
                dapple_lab::refine(&scenario, &execution).or_exit(Exit::Refused)?
            else {
                if rounds > 0 && round == 0 && !self.quiet {
                    note("nothing to refine: policies change places nowhere between two numbers of a sweep");
                }
                break;
            };
            if round == rounds {
                self.hint(&added);
                break;
            }
            if !self.quiet {
                note(format!("refining: {}", in_words(&added)));
            }
            let before = execution;
            (scenario, refined) = (finer, true);
            execution = self.once(&scenario, dir, &stop)?;
            // What the rounds before have done counts, too.
            execution.skipped -= before.done;
            execution.done += before.done;
        }
        if refined && !self.quiet {
            for axis in &scenario.experiment.sweep {
                let values: Vec<&str> = axis.values.iter().map(|value| value.text.as_str()).collect();
                note(format!("to keep these values, sweep {}: [{}]", axis.path, values.join(", ")));
            }
        }
        Ok(execution)
    }

    fn once(&self, scenario: &Scenario, dir: &Path, stop: &AtomicBool) -> Result<Execution, Failure> {
        let plan = dapple_lab::plan(scenario).or_exit(Exit::Refused)?;
        if !self.yes {
            self.refuse_too_much(&plan, scenario, dir)?;
        }
        let bar = ExperimentBar::new(self.quiet);
        let jobs = self.jobs.map_or(0, usize::from);
        let options = Options { jobs, format: self.format.into(), stop, observer: &bar, patience: self.patience() };
        let execution = dapple_lab::execute(&plan, scenario, dir, &options);
        // The bar goes before anything else is said.
        drop(bar);
        execution.map_err(folder_failure)
    }

    /// Says where a finer sweep would tell more.
    fn hint(&self, added: &[Added]) {
        if !self.quiet {
            let between: Vec<String> = added
                .iter()
                .map(|it| format!("{} and {} ({})", it.between.0, it.between.1, short_path(&it.path)))
                .collect();
            let more = self.refine.map_or_else(|| "--refine".to_owned(), |rounds| format!("--refine {}", rounds + 3));
            note(format!(
                "policies change places between {}: the same command with {more} looks closer there",
                between.join(", ")
            ));
        }
    }

    /// Refuses what would take days, or more memory or disk than there is, with the figures.
    fn refuse_too_much(&self, plan: &Plan, scenario: &Scenario, dir: &Path) -> Result<(), Failure> {
        let n_done = if dir.is_dir() { plan.runs().filter(|run| run_dir(dir, &run.id).is_dir()).count() } else { 0 };
        if n_done >= plan.n_runs() {
            return Ok(());
        }
        let probed = dapple_lab::probe(plan, scenario, self.format.into(), PROBE, self.patience());
        // What cannot be tried is for the runs themselves to tell.
        let Ok(work) = probed else { return Ok(()) };
        let work = work.of_runs(plan.n_runs() - n_done);
        match Machine::here(dir, self.jobs).too_much(&work) {
            None => Ok(()),
            Some(reason) => Err(Failure::new(
                Exit::Refused,
                format_args!("{reason} ({}); --yes runs it all the same", work::in_words(&work)),
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

/// `0.2 and 0.6 (analysis.read_fraction)`.
fn in_words(added: &[Added]) -> String {
    let words: Vec<String> = added.iter().map(|it| format!("{} ({})", it.value, short_path(&it.path))).collect();
    words.join(", ")
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

/// What runs and points of a sweep have to say, besides what was said of the scenario before they began.
fn tell_waits(execution: &Execution, said: &[String]) {
    let warnings: Vec<&String> = execution.manifest.warnings.iter().filter(|warning| !said.contains(warning)).collect();
    for warning in warnings.iter().take(WARNINGS_TOLD) {
        note(warning);
    }
    if warnings.len() > WARNINGS_TOLD {
        note(format_args!("... and {} more, all in manifest.json", warnings.len() - WARNINGS_TOLD));
    }
}

fn exit_of(execution: &Execution, conclusion: &Conclusion) -> Exit {
    if execution.missing > 0 {
        Exit::Stopped
    } else if execution.failed.is_empty() && conclusion.lost.is_empty() {
        Exit::Done
    } else {
        Exit::SomeFailed
    }
}
