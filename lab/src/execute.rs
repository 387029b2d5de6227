//! Running a plan on a pool of threads.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use dapple_records::{
    FailedRun, Format, Kpis, Manifest, RunOutput, record, write_dictionary, write_manifest, write_runs,
};

use crate::folder::{Folder, write_error};
use crate::manifest::{failed_run, manifest};
use crate::observer::Relay;
use crate::plan::{Plan, PlannedRun};
use crate::provenance::Clock;
use crate::record::Origin;
use crate::{ExperimentError, RunEnd, RunObserver, RunRecord, ThreadsError};

/// How a plan is executed; nothing of it changes a result.
pub struct Options<'a> {
    /// Runs at once; 0: as many as the machine has cores.
    pub jobs: usize,
    /// How tables are written. Runs that are there already stay as they are.
    pub format: Format,
    /// Once set, no further run is started.
    pub stop: &'a AtomicBool,
    /// Who is told.
    pub observer: &'a dyn RunObserver,
}

/// What an execution came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Runs that were done now.
    pub done: usize,
    /// Runs that failed, sorted by id.
    pub failed: Vec<FailedRun>,
    /// Runs that were finished before.
    pub skipped: usize,
    /// Finished runs in the folder that this plan does not ask for, of another seed or policy say; they stay as they are.
    pub left_out: usize,
    /// Runs that are still to be done because it was stopped.
    pub missing: usize,
    /// The manifest as it was written.
    pub manifest: Manifest,
    /// KPIs of all finished runs by run id.
    pub kpis: BTreeMap<String, Kpis>,
}

/// Does every run of the plan that is not finished in `dir` yet and writes the files of the experiment.
///
/// Each finished run is on disk before it counts, so that this can be repeated after any end, even that of the process.
///
/// # Errors
/// Where `dir` belongs to something else or cannot be read or written. A run that fails is no error: it is told in the
/// outcome and in the manifest, and tried again next time.
pub fn execute(plan: &Plan<'_>, dir: &Path, options: &Options<'_>) -> Result<Outcome, ExperimentError> {
    let clock = Clock::start();
    let (folder, found) = Folder::open(dir, &Origin::of(plan))?;
    let threads = if options.jobs == 0 { thread::available_parallelism().map_or(1, usize::from) } else { options.jobs };
    let n_found = found.len();
    let results = Results::resumed(plan, &folder, found)?;
    let skipped = results.locked().done.len();
    let left_out = n_found - skipped;
    write_manifest(dir, &results.manifest(plan)).map_err(write_error(dir))?;

    let to_do: Vec<&PlannedRun> = plan.runs.iter().filter(|run| !results.locked().done.contains_key(&run.id)).collect();
    options.observer.planned(&to_do, skipped);
    let session = Session { plan, folder: &folder, options, results: &results };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.min(to_do.len()).max(1)).build();
    let pool = pool.map_err(ThreadsError::from)?;
    pool.in_place_scope_fifo(|scope| {
        for run in to_do {
            let session = &session;
            scope.spawn_fifo(move |_| session.run(run));
        }
    });

    let outcome = Outcome { left_out, ..results.outcome(plan, skipped)? };
    write_summary(&folder, &outcome, options.format).map_err(write_error(dir))?;
    if outcome.done + outcome.failed.len() > 0 {
        clock.write(dir, threads, outcome.done, outcome.failed.len()).map_err(write_error(dir))?;
    }
    Ok(outcome)
}

fn write_summary(folder: &Folder, outcome: &Outcome, format: Format) -> std::io::Result<()> {
    write_runs(folder.dir(), &outcome.manifest, &outcome.kpis, format)?;
    write_dictionary(folder.dir())?;
    write_manifest(folder.dir(), &outcome.manifest)
}

/// What is known about the runs so far, shared by all threads.
#[derive(Default)]
struct Results(Mutex<Ended>);

#[derive(Default)]
struct Ended {
    done: BTreeMap<String, RunRecord>,
    failed: BTreeMap<String, FailedRun>,
    /// The first error of the folder; nothing is started after it.
    broken: Option<ExperimentError>,
}

impl Results {
    /// What was finished before, of the runs that are planned.
    fn resumed(
        plan: &Plan<'_>,
        folder: &Folder,
        mut found: BTreeMap<String, RunRecord>,
    ) -> Result<Self, ExperimentError> {
        let mut done = BTreeMap::new();
        for run in &plan.runs {
            if let Some(record) = found.remove(&run.id) {
                let renamed = record.clone().renamed(plan, run);
                if renamed != record {
                    folder.rewrite_record(&renamed)?;
                }
                done.insert(run.id.clone(), renamed);
            }
        }
        Ok(Self(Mutex::new(Ended { done, ..Ended::default() })))
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Ended> {
        // Every change is a single insertion, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn manifest(&self, plan: &Plan<'_>) -> Manifest {
        let ended = self.locked();
        manifest(plan, &ended.done, &ended.failed)
    }

    fn outcome(self, plan: &Plan<'_>, skipped: usize) -> Result<Outcome, ExperimentError> {
        let Ended { done, failed, broken } = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = broken {
            return Err(error);
        }
        let manifest = manifest(plan, &done, &failed);
        Ok(Outcome {
            done: done.len() - skipped,
            failed: manifest.failed.clone(),
            skipped,
            left_out: 0,
            missing: manifest.missing.len(),
            manifest,
            kpis: done.iter().map(|(id, record)| (id.clone(), record.kpis())).collect(),
        })
    }
}

/// One execution of a plan.
struct Session<'a> {
    plan: &'a Plan<'a>,
    folder: &'a Folder,
    options: &'a Options<'a>,
    results: &'a Results,
}

impl Session<'_> {
    /// Does one run, unless it is time to stop, and keeps what comes out.
    fn run(&self, run: &PlannedRun) {
        if self.options.stop.load(Ordering::Relaxed) || self.results.locked().broken.is_some() {
            return;
        }
        self.options.observer.started(run);
        let outcome = catch_unwind(AssertUnwindSafe(|| self.simulate(run))).unwrap_or_else(|panic| Err(words(&*panic)));
        match outcome {
            Ok(output) => self.keep(run, &output),
            Err(error) => {
                self.options.observer.ended(run, RunEnd::Failed(&error));
                self.results.locked().failed.insert(run.id.clone(), failed_run(self.plan, run, error));
            }
        }
    }

    fn simulate(&self, run: &PlannedRun) -> Result<RunOutput, String> {
        let scenario = self.plan.at(run)?;
        let mut policies = scenario.policies[run.policy_index].build()?;
        let mut relay = Relay { observer: self.options.observer, run };
        let recorded = record((&scenario.setup, &scenario.record), &mut policies, run.seed, &mut relay);
        recorded.map_err(|error| error.to_string())
    }

    fn keep(&self, run: &PlannedRun, output: &RunOutput) {
        let record = RunRecord::new(self.plan, run, output);
        match self.folder.add_run(&record, &output.tables, self.options.format) {
            Ok(()) => {
                self.results.locked().done.insert(run.id.clone(), record);
                self.options.observer.ended(run, RunEnd::Done { events: output.events });
            }
            Err(error) => {
                self.options.observer.ended(run, RunEnd::Failed(&error.to_string()));
                self.results.locked().broken.get_or_insert(error);
            }
        }
    }
}

/// What a panic said. It is a fault of dapple or of a policy, and costs its run only.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("a fault in the program: {}", text.unwrap_or("no message"))
}
