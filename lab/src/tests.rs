//! An experiment on two sites, planned, interrupted and resumed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dapple_records::Format;
use dapple_records::folder::FolderError;
use dapple_scenarios::{Problems, Registry, Scenario, load_text};
use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, Decider, Policy, View};
use dapple_simulator::rng::PolicyRng;
use dapple_simulator::units::SimTime;

use super::*;

const TEXT: &str = r#"(
    name: "unit", seed: 7, horizon: Hours(3),
    topology: (
        sites: [(name: "A"), (name: "B")],
        rses: [(name: "A_DISK", site: "A"), (name: "B_DISK", site: "B")],
        pools: [(name: "A_WN", site: "A", nodes: 2, slots: 2)],
        links: [(name: "A-B", from: "A", to: "B", bandwidth: Gbps(1))],
    ),
    data: (datasets: [(name: "data", files: 5, size: Constant(GB(1)), replicas: ["B_DISK"])]),
    workload: [Jobs(
        name: "jobs", pool: "A_WN", arrivals: Poisson(per_hour: 20), inputs: Dataset(dataset: "data"),
    )],
    policies: [(name: "place", access: Place(min_reuse: 2)), (name: "remote", access: AlwaysRemote)],
    experiment: (replications: 2, baseline: "place"),
)"#;

fn scenario(changes: &[(&str, &str)]) -> Result<Scenario, Problems> {
    let changes: Vec<_> = changes.iter().map(|&(path, value)| (path.to_owned(), value.to_owned())).collect();
    load_text("unit.ron", TEXT, Path::new("."), &changes, &Registry::standard())
}

fn runs(changes: &[(&str, &str)]) -> Vec<PlannedRun> {
    let scenario = scenario(changes).expect("the scenario is valid");
    plan(&scenario).expect("it can be planned").runs().collect()
}

fn ids(changes: &[(&str, &str)]) -> BTreeSet<String> {
    runs(changes).into_iter().map(|run| run.id).collect()
}

fn refused(changes: &[(&str, &str)]) -> String {
    let scenario = scenario(changes).expect("the scenario is valid by itself");
    plan(&scenario).expect_err("it is refused").to_string()
}

#[test]
fn ids_outlive_what_is_added_around_them() {
    let before = ids(&[]);
    assert_eq!(before.len(), 4);
    assert!(before.is_subset(&ids(&[("experiment.replications", "5")])));
    let three = "[(name: \"other\", access: StageIn), (name: \"remote\", access: AlwaysRemote), \
                 (name: \"renamed\", access: Place(min_reuse: 2))]";
    assert!(before.is_subset(&ids(&[("policies", three), ("experiment.baseline", "\"other\"")])));
    assert!(before.is_disjoint(&ids(&[("seed", "8")])));
    assert!(before.is_disjoint(&ids(&[("topology.links.A-B.bandwidth", "Gbps(2)")])));
    assert_eq!(before, ids(&[("record", "Rows")]), "what is recorded is not what is simulated");
    let half = ids(&[("policies.place.access", "Place(min_reuse: 3)")]);
    assert_eq!(before.intersection(&half).count(), 2, "the other policy is the same");
}

#[test]
fn policies_and_sweep_points_share_the_seeds_of_replications() {
    let sweep = "[(path: \"topology.links.A-B.bandwidth\", values: [Gbps(1), Gbps(2)])]";
    let runs = runs(&[("experiment.sweep", sweep)]);
    assert_eq!(runs.len(), 8);
    for run in &runs {
        assert_eq!(run.seed, crate::run_id::replication_seed(7, run.replication));
    }
    let order: Vec<(usize, u32, &str)> =
        runs.iter().map(|run| (run.point_index, run.replication, run.policy.as_str())).collect();
    assert_eq!(order[..3], [(0, 0, "place"), (0, 0, "remote"), (0, 1, "place")]);
}

#[test]
fn policies_that_do_the_same_are_refused() {
    let same = refused(&[("policies.place.access", "AlwaysRemote")]);
    assert!(same.contains("`place` and `remote` do the same"), "{same}");
    let sweep = "[(path: \"policies.place.access\", values: [Place(min_reuse: 1), AlwaysRemote])]";
    let same = refused(&[("experiment.sweep", sweep)]);
    assert!(same.contains("at policies.place.access = AlwaysRemote"), "{same}");
}

fn execute_in(dir: &Path, changes: &[(&str, &str)], stop: bool) -> Result<Execution, ExperimentError> {
    let scenario = scenario(changes).expect("the scenario is valid");
    let plan = plan(&scenario).expect("it can be planned");
    let stop = AtomicBool::new(stop);
    execute(
        &plan,
        &scenario,
        dir,
        &Options { jobs: 2, format: Format::Parquet, stop: &stop, observer: &NoObserver, patience: PATIENCE },
    )
}

#[test]
fn a_sweep_is_executed_stopped_and_resumed() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let sweep = ("experiment.sweep", "[(path: \"topology.links.A-B.bandwidth\", values: [Gbps(1), Gbps(2)])]");
    let stopped = execute_in(dir.path(), &[sweep], true).expect("writes");
    assert_eq!((stopped.done, stopped.missing, stopped.manifest.runs.len()), (0, 8, 0));
    let done = execute_in(dir.path(), &[sweep], false).expect("writes");
    assert_eq!((done.done, done.skipped, done.missing), (8, 0, 0), "{:?}", done.failed);
    let again = execute_in(dir.path(), &[sweep], false).expect("writes");
    assert_eq!((again.done, again.skipped), (0, 8));
    assert_eq!((&again.manifest, &again.kpis), (&done.manifest, &done.kpis), "read back exactly");
    assert!(done.manifest.runs.windows(2).all(|pair| pair[0].id < pair[1].id));
}

#[test]
fn folders_of_others_are_refused() {
    let dir = tempfile::tempdir().expect("temporary folder");
    execute_in(dir.path(), &[("experiment.replications", "1")], false).expect("writes");
    let error = |changes: &[(&str, &str)]| execute_in(dir.path(), changes, false).expect_err("refused");
    assert!(matches!(error(&[("name", "\"other\"")]), ExperimentError::Folder(FolderError::OtherScenario { .. })));
    let changed = error(&[("topology.links.A-B.bandwidth", "Gbps(2)")]);
    assert!(changed.is_refusal() && changed.to_string().contains("another version of scenario `unit`: 1 place differs\n  topology.links.A-B.bandwidth: was Gbps(1.0), is Gbps("), "{changed}");

    let record = fs::read_dir(dir.path()).expect("reads").flatten().map(|entry| entry.path().join("run.json"));
    for path in record.filter(|path| path.is_file()) {
        let text = fs::read_to_string(&path).expect("reads");
        let release = format!("\"dapple_version\": \"{}\"", env!("CARGO_PKG_VERSION"));
        assert!(text.contains(&release), "{text}");
        fs::write(&path, text.replace(&release, "\"dapple_version\": \"0.0.1\"")).expect("writes");
    }
    assert!(matches!(error(&[]), ExperimentError::Folder(FolderError::OtherRelease { .. })));
    fs::write(dir.path().join("manifest.json"), "{\"schema_version\": 99}").expect("writes");
    assert!(matches!(error(&[]), ExperimentError::Folder(FolderError::OtherSchema { found: 99, .. })));
}

#[test]
fn one_process_writes_at_a_time() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let lock = fs::File::create(dir.path().join(".lock")).expect("writes");
    lock.lock().expect("nobody else holds it");
    assert!(matches!(execute_in(dir.path(), &[], false), Err(ExperimentError::Folder(FolderError::Busy { .. }))));
    drop(lock);
    execute_in(dir.path(), &[], false).expect("writes");
}

/// Names of the tables of each run that are kept on request; the figures of groups always are.
fn tables(dir: &Path) -> BTreeSet<String> {
    let folders = fs::read_dir(dir).expect("reads").flatten().filter(|entry| entry.path().is_dir());
    let files = folders.flat_map(|entry| fs::read_dir(entry.path()).expect("reads").flatten());
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".parquet") && name != "groups.parquet").collect()
}

#[test]
fn runs_with_fewer_tables_are_run_again_for_their_tables() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let record = |level| execute_in(dir.path(), &[("record", level)], false).expect("writes");
    let summary = record("Summary");
    assert_eq!((summary.done, summary.skipped), (4, 0), "{:?}", summary.failed);
    assert!(tables(dir.path()).is_empty());

    let jobs = record("Tables((jobs: Rows, series: Rows))");
    assert_eq!((jobs.done, jobs.skipped, jobs.left_out), (4, 0, 0));
    assert_eq!(tables(dir.path()), BTreeSet::from(["jobs.parquet", "series.parquet"].map(str::to_owned)));
    assert_eq!((&jobs.manifest.runs, &jobs.kpis), (&summary.manifest.runs, &summary.kpis), "figures stay the same");

    let reads = record("Tables((reads: Sample(0.5)))");
    assert_eq!((reads.done, reads.skipped), (4, 0));
    let all = ["jobs.parquet", "reads.parquet", "series.parquet"].map(str::to_owned);
    assert_eq!(tables(dir.path()), BTreeSet::from(all), "and those that were there are kept");
}

#[test]
fn runs_with_as_many_tables_or_more_are_left_alone() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let record = |level| execute_in(dir.path(), &[("record", level)], false).expect("writes");
    let rows = record("Rows");
    assert_eq!((rows.done, rows.skipped), (4, 0), "{:?}", rows.failed);
    for level in ["Rows", "Summary", "Sample(0.1)", "Tables((jobs: Rows))"] {
        let again = record(level);
        assert_eq!((again.done, again.skipped), (0, 4), "{level}");
        assert_eq!((&again.manifest.runs, &again.kpis), (&rows.manifest.runs, &rows.kpis));
    }
    let finer = record("Tables((series: Rows, series_interval: Minutes(1)))");
    assert_eq!((finer.done, finer.skipped), (4, 0), "a series at another interval is another table");
}

#[test]
fn work_is_worked_out_from_a_part_of_it() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let changes = [("horizon", "Days(30)"), ("record", "Rows"), ("experiment.replications", "1")];
    let scenario = scenario(&changes).expect("the scenario is valid");
    let plan = plan(&scenario).expect("it can be planned");
    let execution = execute_in(dir.path(), &changes, false).expect("writes");
    let events: u64 = execution.manifest.runs.iter().map(|run| run.events).sum();
    let files = |run: &dapple_records::RunEntry| fs::read_dir(dir.path().join(format!("run-{}", run.id)));
    let sizes = execution.manifest.runs.iter().flat_map(|run| files(run).expect("it is there"));
    let bytes: u64 = sizes.map(|file| file.and_then(|file| file.metadata()).expect("it is there").len()).sum();
    let whole = probe(&plan, &scenario, Format::Parquet, Duration::from_secs(600), PATIENCE).expect("it runs");
    let see = |policy, part| probe::see(&scenario, policy, Format::Parquet, part, PATIENCE).expect("it runs");
    let parts = [0, 1].map(|policy| probe::drawn_on(see(policy, 1.0 / 32.0), see(policy, 1.0 / 8.0)));
    let from_parts = [parts[0].events + parts[1].events, parts[0].disk_bytes + parts[1].disk_bytes];
    for (seen, within) in [([whole.events, whole.disk_bytes], 1.05), (from_parts, 1.5)] {
        for (seen, is) in seen.into_iter().zip([events as f64, bytes as f64]) {
            assert!((seen / is).ln().abs() <= f64::ln(within), "{seen} of {is}");
        }
    }
    assert!((whole.events - events as f64).abs() < 0.5 && whole.probed > 0.99, "all of it was simulated: {whole:?}");
}

/// Asks for an end as soon as the first run has ended.
struct StopsAfterOne<'a>(&'a AtomicBool);

impl RunObserver for StopsAfterOne<'_> {
    fn planned(&self, _: &[&PlannedRun], _: usize) {}
    fn started(&self, _: &PlannedRun) {}
    fn advanced(&self, _: &PlannedRun, _: SimTime, _: u64) {}
    fn ended(&self, _: &PlannedRun, _: RunEnd<'_>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn runs_keep_their_figures_where_a_run_for_more_tables_is_stopped() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let summary = execute_in(dir.path(), &[("record", "Summary")], false).expect("writes");
    let scenario = scenario(&[("record", "Rows")]).expect("the scenario is valid");
    let plan = plan(&scenario).expect("it can be planned");
    let stop = AtomicBool::new(false);
    let options =
        Options { jobs: 1, format: Format::Parquet, stop: &stop, observer: &StopsAfterOne(&stop), patience: PATIENCE };
    let stopped = execute(&plan, &scenario, dir.path(), &options).expect("writes");
    assert_eq!((stopped.done, stopped.skipped, stopped.missing, stopped.failed.len()), (1, 0, 3, 0));
    assert_eq!((&stopped.manifest.runs, &stopped.kpis), (&summary.manifest.runs, &summary.kpis), "figures stay");
    assert_eq!(stopped.manifest.missing, [""; 0]);
    let rest = execute_in(dir.path(), &[("record", "Rows")], false).expect("writes");
    assert_eq!((rest.done, rest.skipped, rest.missing), (3, 1, 0));
}

/// Reads remotely, or panics.
struct Faulty {
    panics: bool,
}

impl Policy<AccessMode> for Faulty {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
        assert!(!self.panics, "lost the thread");
        Access::Remote { source: view.replicas(question.file)[0] }
    }
}

#[test]
fn runs_keep_their_figures_where_a_run_for_more_tables_fails() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let execution = |level: &str, panics| {
        let changes = [("policies.remote.access", "Custom(name: \"faulty\")"), ("record", level)];
        let changes = changes.map(|(path, value)| (path.to_owned(), value.to_owned()));
        let registry = Registry::standard().access("faulty", move |_| Ok(Decider::policy(Faulty { panics })));
        let scenario = load_text("unit.ron", TEXT, Path::new("."), &changes, &registry).expect("it is valid");
        let plan = plan(&scenario).expect("it can be planned");
        let options = Options {
            jobs: 2,
            format: Format::Parquet,
            stop: &AtomicBool::new(false),
            observer: &NoObserver,
            patience: PATIENCE,
        };
        execute(&plan, &scenario, dir.path(), &options).expect("writes")
    };
    let summary = execution("Summary", false);
    assert_eq!((summary.done, summary.failed.len()), (4, 0), "{:?}", summary.failed);
    let failed = execution("Rows", true);
    assert_eq!((failed.done, failed.skipped, failed.missing, failed.failed.len()), (2, 0, 0, 2));
    assert_eq!((&failed.manifest.runs, &failed.kpis), (&summary.manifest.runs, &summary.kpis), "figures stay");
    assert_eq!((failed.manifest.failed.len(), failed.manifest.missing.len()), (0, 0));
    let again = execution("Rows", false);
    assert_eq!((again.done, again.skipped, again.failed.len()), (2, 2, 0), "they are tried again");
}

#[test]
fn a_plan_of_other_policies_or_another_record_is_not_executed() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let execution = |changes: &[(&str, &str)], change: &dyn Fn(&mut PlannedPoint)| {
        let scenario = scenario(changes).expect("the scenario is valid");
        let mut plan = plan(&scenario).expect("it can be planned");
        change(&mut plan.points[0]);
        let options = Options {
            jobs: 2,
            format: Format::Parquet,
            stop: &AtomicBool::new(false),
            observer: &NoObserver,
            patience: PATIENCE,
        };
        execute(&plan, &scenario, dir.path(), &options)
    };
    let changes: [&dyn Fn(&mut PlannedPoint); 3] = [
        &|point| point.behaviours.reverse(),
        &|point| point.record = dapple_records::RecordPlan::all(dapple_records::RecordLevel::Rows),
        &|point| point.horizon_ns = 1,
    ];
    let sweep = ("experiment.sweep", "[(path: \"topology.links.A-B.bandwidth\", values: [Gbps(1), Gbps(2)])]");
    for change in changes {
        let refused = execution(&[], change);
        assert!(matches!(refused, Err(ExperimentError::NotPlanned(_))), "{refused:?}");
        let swept = execution(&[sweep], change).expect("the other point is as it was planned");
        let failed: BTreeSet<&str> = swept.failed.iter().map(|run| run.sweep[0].text.as_str()).collect();
        assert_eq!(failed, BTreeSet::from(["Gbps(1)"]));
    }
}
