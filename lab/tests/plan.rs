//! A plan that is written down is executed by another process, and a log is read once.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::{env, fs};

use dapple_lab::{Execution, ExperimentError, NoObserver, Options, PATIENCE, Plan, PlanError, execute, plan};
use dapple_records::Format;
use dapple_scenarios::{Registry, Scenario, load};
use dapple_simulator::units::SimSpan;
use dapple_simulator::workload::{TracedTransfer, WorkloadKind};

const TEXT: &str = r#"(
    name: "planned", seed: 7, horizon: Hours(3),
    topology: (
        sites: [(name: "A"), (name: "B")],
        rses: [(name: "A_DISK", site: "A"), (name: "B_DISK", site: "B")],
        pools: [(name: "A_WN", site: "A", nodes: 2, slots: 2)],
        links: [(name: "A-B", from: "A", to: "B", bandwidth: Gbps(1))],
    ),
    data: (datasets: [(name: "data", files: 5, size: Constant(GB(1)), replicas: ["B_DISK"])]),
    workload: [
        Jobs(name: "jobs", pool: "A_WN", arrivals: Poisson(per_hour: 20), inputs: Dataset(dataset: "data")),
        TransferTrace(
            name: "log", file: "log.csv",
            columns: (
                at: (name: "at", unit: Seconds), size: (name: "bytes", unit: B),
                source: Constant("B_DISK"), destination: Constant("A_DISK"),
            ),
        ),
    ],
    policies: [(name: "place", access: Place(min_reuse: 2)), (name: "remote", access: AlwaysRemote)],
    experiment: (
        replications: 2, baseline: "place",
        sweep: [(path: "topology.links.A-B.bandwidth", values: [Gbps(1), Gbps(2)])],
    ),
    record: Rows,
)"#;

/// Where a process of its own finds the plan, and where it writes.
const PLAN: &str = "DAPPLE_TEST_PLAN";
const OUT: &str = "DAPPLE_TEST_OUT";

/// A folder with the scenario and its log.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("temporary folder");
    let rows: String = (1..200).map(|row| format!("{},{}\n", 30 * row, 1_000_000 * row)).collect();
    fs::write(folder.path().join("log.csv"), format!("at,bytes\n{rows}")).expect("writes");
    fs::write(folder.path().join("planned.ron"), TEXT).expect("writes");
    folder
}

fn scenario(folder: &Path) -> Scenario {
    load(&folder.join("planned.ron"), &[], &Registry::standard()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn executed(plan: &Plan, scenario: &Scenario, out: &Path) -> Result<Execution, ExperimentError> {
    let stop = AtomicBool::new(false);
    execute(
        plan,
        scenario,
        out,
        &Options { jobs: 2, format: Format::Parquet, stop: &stop, observer: &NoObserver, patience: PATIENCE },
    )
}

/// All files but the one that tells where and when, by their names.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).expect("reads").flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
        } else if name != "provenance.json" {
            found.insert(name, fs::read(path).expect("reads"));
        }
    }
    found
}

/// Does nothing unless another test starts it as a process of its own.
#[test]
fn another_process() {
    let (Some(file), Some(out)) = (env::var_os(PLAN), env::var_os(OUT)) else { return };
    let text = fs::read_to_string(file).expect("the plan can be read");
    let plan = Plan::from_json(&text).expect("it is a plan");
    let scenario = plan.scenario(&Registry::standard()).unwrap_or_else(|problems| panic!("{problems}"));
    let execution = executed(&plan, &scenario, Path::new(&out)).expect("writes");
    assert_eq!((execution.done, execution.missing), (8, 0), "{:?}", execution.failed);
}

#[test]
fn a_plan_that_is_written_down_gives_the_same_bytes_in_another_process() {
    let folder = folder();
    let scenario = scenario(folder.path());
    let plan = plan(&scenario).expect("it can be planned");
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    executed(&plan, &scenario, &here).expect("writes");

    let written = folder.path().join("plan.json");
    fs::write(&written, plan.to_json()).expect("writes");
    let mut command = Command::new(env::current_exe().expect("this test has a program"));
    command.args(["--exact", "another_process"]).current_dir(env::temp_dir());
    let output = command.env(PLAN, &written).env(OUT, &there).output().expect("it can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let (here, there) = (files(&here), files(&there));
    assert!(here.keys().any(|name| name.ends_with("/requests.parquet")), "{:?}", here.keys());
    assert_eq!(here.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
    assert!(here == there, "the same bytes");
}

#[test]
fn a_plan_reads_back_as_it_was_and_names_the_same_runs() {
    let folder = folder();
    let written = plan(&scenario(folder.path())).expect("it can be planned");
    let read = Plan::from_json(&written.to_json()).expect("it is a plan");
    assert_eq!(read, written);
    assert_eq!(read.digest(), written.digest());
    assert_eq!(read.n_runs(), read.runs().count());
    assert!(read.runs().eq(written.runs()));
    let moved = Plan { base: "elsewhere".into(), ..read.clone() };
    assert_eq!(moved.digest(), written.digest(), "a plan may lie anywhere");
    let more = Plan { replications: 3, ..read };
    assert_ne!(more.digest(), written.digest());
}

#[test]
fn plans_of_others_are_refused() {
    let folder = folder();
    let text = plan(&scenario(folder.path())).expect("it can be planned").to_json();
    let release = format!("\"dapple_version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let other = text.replace(&release, "\"dapple_version\": \"0.0.1\"");
    assert!(matches!(Plan::from_json(&other), Err(PlanError::Other { .. })));
    assert!(matches!(Plan::from_json("{}"), Err(PlanError::NotOurs(_))));

    let plan = Plan::from_json(&text).expect("it is a plan");
    fs::write(folder.path().join("log.csv"), "at,bytes\n1,1\n").expect("writes");
    let changed = plan.scenario(&Registry::standard()).unwrap_or_else(|problems| panic!("{problems}"));
    let refused = executed(&plan, &changed, &folder.path().join("out"));
    assert!(matches!(refused, Err(ExperimentError::NotPlanned(_))), "{refused:?}");
}

#[test]
fn plans_that_contradict_themselves_are_refused() {
    let folder = folder();
    let good = plan(&scenario(folder.path())).expect("it can be planned");
    let refused = |change: &dyn Fn(&mut Plan)| {
        let mut plan = good.clone();
        change(&mut plan);
        match Plan::from_json(&plan.to_json()) {
            Err(PlanError::Contradictory(why)) => why,
            other => panic!("{other:?}"),
        }
    };
    let fewer = refused(&|plan| drop(plan.policies.pop()));
    assert_eq!(fewer, "policies: 1 named, 2 described at `topology.links.A-B.bandwidth = Gbps(1)`");
    refused(&|plan| drop(plan.points[1].behaviours.pop()));
    refused(&|plan| plan.points[1].behaviours[1] = plan.points[1].behaviours[0].clone());
    refused(&|plan| plan.points[1].sweep = plan.points[0].sweep.clone());
    refused(&|plan| plan.points[1].sweep.clear());
    refused(&|plan| plan.sweep_paths.clear());
    refused(&|plan| plan.policies[1] = plan.policies[0].clone());
    refused(&|plan| plan.baseline = "other".into());
    refused(&|plan| plan.primary_kpi = "other".into());
    refused(&|plan| plan.points[0].record.series_interval = SimSpan::ZERO);
}

fn rows(scenario: &Scenario) -> &[TracedTransfer] {
    let trace = scenario.setup.workloads.values().find_map(|workload| match &workload.kind {
        WorkloadKind::TransferTrace(trace) => Some(trace),
        _ => None,
    });
    &trace.expect("there is a log").transfers
}

#[test]
fn a_log_is_read_once_and_its_rows_are_shared() {
    let folder = folder();
    let scenario = scenario(folder.path());
    fs::remove_file(folder.path().join("log.csv")).expect("it was there");
    let at = |path: &str, value: &str| scenario.at(&[(path.to_owned(), value.to_owned())]).expect("it is valid");
    let faster = at("topology.links.A-B.bandwidth", "Gbps(5)");
    assert!(std::ptr::eq(rows(&faster), rows(&scenario)), "the same rows in the same place");

    let filter = r#"[(column: "bytes", at_least: 100000000)]"#;
    let fewer = at("workload.log.filter", filter);
    assert_eq!((rows(&fewer).len(), rows(&scenario).len()), (100, 199), "other rows of the same log");
    assert_eq!(rows(&at("horizon", "Hours(1)")).len(), 120);

    let plan = plan(&scenario).expect("it can be planned");
    let execution = executed(&plan, &scenario, &folder.path().join("out")).expect("writes");
    assert_eq!((execution.done, execution.failed.len()), (8, 0));
}
