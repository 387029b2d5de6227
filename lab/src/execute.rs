//! Running a plan on a pool of threads.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use dapple_records::folder::{Clock, Folder, FolderError, Origin, RunRecord, SessionCounts};
use dapple_records::{FailedRun, Format, Kpis, Manifest, RecordPlan, RunOutput};
use dapple_scenarios::Scenario;

use crate::alone::{Failure, Run};
use crate::manifest::{entry, failed_run, manifest, origin};
use crate::panics::caught;
use crate::plan::{self, InWords, Plan, PlannedRun};
use crate::{ExperimentError, RunEnd, RunObserver, ThreadsError};

/// How long a policy may be at one question, unless somebody says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How a plan is executed; nothing of it changes a result.
pub struct Options<'a> {
    /// Runs at once; 0: as many as the machine has cores.
    pub jobs: usize,
    /// How tables are written. Runs that are there already keep theirs as they were written; one that is done again for
    /// further tables has all of them in this format, as has the table of runs.
    pub format: Format,
    /// Once set, no further run is started.
    pub stop: &'a AtomicBool,
    /// Who is told.
    pub observer: &'a dyn RunObserver,
    /// How long a policy may be at one question. One that takes longer fails its run, and the set's runs that have not begun
    /// are not begun; its thread cannot be stopped and is left behind until the process ends.
    pub patience: Duration,
}

/// What an execution came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// Runs that were done now.
    pub done: usize,
    /// Runs that failed now, sorted by id; one that was finished before, with fewer tables, has its figures all the same.
    pub failed: Vec<FailedRun>,
    /// Runs that were finished before, with all their tables.
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
/// A run that is finished with fewer tables than the plan asks for is done again for its tables, and keeps those it has.
/// Until that has succeeded it stays as it is and counts with its figures.
///
/// # Errors
/// Where `scenario` is not what was planned, or `dir` belongs to something else or cannot be read or written. A run that
/// fails is no error: it is told in what comes back and in the manifest, and tried again next time.
pub fn execute(
    plan: &Plan,
    scenario: &Scenario,
    dir: &Path,
    options: &Options<'_>,
) -> Result<Execution, ExperimentError> {
    if !plan.is_of(scenario) {
        return Err(ExperimentError::NotPlanned(plan.name.clone()));
    }
    let clock = Clock::start();
    let origin = origin(plan);
    let opened = Folder::open(dir, &origin);
    let (folder, found) = opened.map_err(|error| ExperimentError::of_folder(error, dir, plan))?;
    let threads = if options.jobs == 0 { thread::available_parallelism().map_or(1, usize::from) } else { options.jobs };
    let Resumed { finished, to_do, left_out } = resumed(plan, &origin, &folder, found)?;
    let skipped = plan.n_runs() - to_do.len();
    let results = Results(Mutex::new(Ended { finished, ..Ended::default() }));
    folder.write_manifest(&results.manifest(plan))?;

    let runs: Vec<&PlannedRun> = to_do.iter().map(|(run, _)| run).collect();
    options.observer.planned(&runs, skipped);
    let mut points: Vec<AtPoint> = plan.points.iter().map(|_| AtPoint::default()).collect();
    for run in &runs {
        points[run.point_index].runs_left += 1;
    }
    let points = points.into_iter().map(Mutex::new).collect();
    let scenario = Arc::new(scenario.clone());
    let silent = plan.policies.iter().map(|_| Mutex::default()).collect();
    let session = Session { plan, scenario, points, silent, origin, folder: &folder, options, results: &results };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.min(to_do.len()).max(1)).build();
    // First in, first out: stopped early, what is done is a start of the plan.
    pool.map_err(ThreadsError::from)?.in_place_scope_fifo(|scope| {
        for (run, record) in &to_do {
            let session = &session;
            scope.spawn_fifo(move |_| session.run(run, record));
        }
    });

    let execution = results.into_execution(plan, to_do.len(), left_out)?;
    folder.write_summary(&execution.manifest, &execution.kpis, options.format)?;
    let counts = SessionCounts { threads, runs_done: execution.done, runs_failed: execution.failed.len() };
    if counts.runs_done + counts.runs_failed > 0 {
        folder.write_provenance(&clock, counts)?;
    }
    Ok(execution)
}

/// What of a plan is there already.
struct Resumed {
    /// Finished runs, with all their tables or not.
    finished: BTreeMap<String, RunRecord>,
    /// Those that are not finished or lack tables, in the order of the plan, and what is to be recorded of each.
    to_do: Vec<(PlannedRun, RecordPlan)>,
    /// Finished runs that are not of this plan.
    left_out: usize,
}

fn resumed(
    plan: &Plan,
    origin: &Origin,
    folder: &Folder,
    mut found: BTreeMap<String, RunRecord>,
) -> Result<Resumed, FolderError> {
    let (mut finished, mut to_do) = (BTreeMap::new(), Vec::new());
    for run in plan.runs() {
        let asked = plan.points[run.point_index].record;
        let Some(record) = found.remove(&run.id) else {
            to_do.push((run, asked));
            continue;
        };
        // Names of policies and ways to write a value may have changed.
        let (events, counters) = (record.run.events, record.run.counters);
        let renamed = RunRecord { origin: origin.clone(), run: entry(plan, &run, events, counters), ..record.clone() };
        if renamed != record {
            folder.rewrite_record(&renamed)?;
        }
        finished.insert(run.id.clone(), renamed);
        if !record.tables.covers(&asked) {
            to_do.push((run, record.tables.with(&asked)));
        }
    }
    Ok(Resumed { finished, to_do, left_out: found.len() })
}

/// What is known about the runs so far, shared by all threads.
struct Results(Mutex<Ended>);

#[derive(Default)]
struct Ended {
    /// What is known of each finished run: from before, until it was done again.
    finished: BTreeMap<String, RunRecord>,
    /// Number of runs that were done now.
    done: usize,
    failed: BTreeMap<String, FailedRun>,
    /// The first error of the folder; nothing is started after it.
    broken: Option<FolderError>,
}

impl Results {
    fn locked(&self) -> MutexGuard<'_, Ended> {
        // Nothing that changes it can panic halfway, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn manifest(&self, plan: &Plan) -> Manifest {
        let ended = self.locked();
        manifest(plan, &ended.finished, &ended.failed)
    }

    fn into_execution(self, plan: &Plan, to_do: usize, left_out: usize) -> Result<Execution, ExperimentError> {
        let Ended { finished, done, failed, broken } = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = broken {
            return Err(error.into());
        }
        Ok(Execution {
            done,
            skipped: plan.n_runs() - to_do,
            left_out,
            missing: to_do - done - failed.len(),
            manifest: manifest(plan, &finished, &failed),
            kpis: finished.iter().map(|(id, record)| (id.clone(), record.kpis())).collect(),
            failed: failed.into_values().collect(),
        })
    }
}

/// One execution of a plan.
struct Session<'a> {
    plan: &'a Plan,
    scenario: Arc<Scenario>,
    /// What is shared by the runs of each sweep point.
    points: Vec<Mutex<AtPoint>>,
    /// Of each policy set the run in which it never answered.
    silent: Vec<Mutex<Option<String>>>,
    origin: Origin,
    folder: &'a Folder,
    options: &'a Options<'a>,
    results: &'a Results,
}

/// The scenario at a sweep point, while runs need it: a long sweep does not hold all its setups at once.
#[derive(Default)]
struct AtPoint {
    /// Runs that are not ended yet.
    runs_left: usize,
    /// Made when the first run starts, dropped after the last one; or why it cannot be made.
    scenario: Option<Result<Arc<Scenario>, String>>,
}

impl AtPoint {
    fn run_ended(&mut self) {
        self.runs_left -= 1;
        if self.runs_left == 0 {
            self.scenario = None;
        }
    }
}

impl Session<'_> {
    /// Does one run, unless it is time to stop, and keeps what comes out.
    fn run(&self, run: &PlannedRun, record: &RecordPlan) {
        if self.options.stop.load(Ordering::Relaxed) || self.results.locked().broken.is_some() {
            return;
        }
        self.options.observer.started(run);
        let recorded = self.simulate(run, record);
        self.at_point(run).run_ended();
        match recorded {
            Ok(output) => self.keep(run, record, &output),
            Err(error) => {
                self.options.observer.ended(run, RunEnd::Failed(&error));
                self.results.locked().failed.insert(run.id.clone(), failed_run(self.plan, run, error));
            }
        }
    }

    fn simulate(&self, run: &PlannedRun, tables: &RecordPlan) -> Result<RunOutput, String> {
        let silent = || self.silent[run.policy_index].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = &*silent() {
            return Err(format!("not begun: policy `{}` gave no answer in run {before}", run.policy));
        }
        let is_swept = !self.plan.points[run.point_index].sweep.is_empty();
        let scenario = if is_swept { self.swept(run)? } else { Arc::clone(&self.scenario) };
        let alone = Run { scenario, tables: *tables, policy: run.policy_index, seed: run.seed };
        let advanced = |now, events| self.options.observer.advanced(run, now, events);
        alone.in_time(self.options.patience, &advanced).map(|done| done.output).map_err(|failure| match failure {
            Failure::Failed(why) => why,
            Failure::NeverAnswers(why) => {
                silent().get_or_insert_with(|| run.id.clone());
                why
            }
        })
    }

    fn at_point(&self, run: &PlannedRun) -> MutexGuard<'_, AtPoint> {
        // The scenario is put there as a whole, so a panic while it is made leaves nothing half done.
        self.points[run.point_index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The scenario at the sweep point of a run. Other runs there wait while it is made.
    fn swept(&self, run: &PlannedRun) -> Result<Arc<Scenario>, String> {
        let point = &self.plan.points[run.point_index];
        let make = || {
            let swept = caught(|| plan::at(&self.scenario, &point.sweep))
                .map_err(|said| format!("a fault in the program: {said}"))?
                .map_err(|problems| problems.to_string())?;
            if !point.is_of(&swept) {
                // A value may name a file, which is read again.
                return Err(format!("the files of the scenario were changed while it ran ({})", InWords(&point.sweep)));
            }
            Ok(Arc::new(swept))
        };
        self.at_point(run).scenario.get_or_insert_with(make).clone()
    }

    fn keep(&self, run: &PlannedRun, tables: &RecordPlan, output: &RunOutput) {
        let entry = entry(self.plan, run, output.events, output.counters);
        let record = RunRecord::new(self.origin.clone(), entry, *tables, output);
        match self.folder.add_run(&record, &output.tables, self.options.format) {
            Ok(()) => {
                let mut ended = self.results.locked();
                ended.finished.insert(run.id.clone(), record);
                ended.done += 1;
                drop(ended);
                self.options.observer.ended(run, RunEnd::Done { events: output.events });
            }
            Err(error) => {
                self.options.observer.ended(run, RunEnd::Failed(&error.to_string()));
                self.results.locked().broken.get_or_insert(error);
            }
        }
    }
}
