//! Draws belong to names: what stands beside a workload or a dataset moves none of theirs.

use dapple_records::{RunOutput, record};
use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, Policies, Policy, View};
use dapple_simulator::engine::Setup;
use dapple_simulator::facts::NoObserver;
use dapple_simulator::ids::Id;
use dapple_simulator::rng::PolicyRng;
use dapple_simulator::storage::Dataset;
use dapple_simulator::units::{Bytes, SimTime};
use dapple_simulator::workload::{
    Arrivals, Campaign, Distribution, Inputs, JobStream, JobTemplate, JobTrace, Pick, Ties, TracedJob, TransferStream,
    Workload, WorkloadKind,
};
use rand::RngExt;

use crate::grid::{Grid, at, idle_job, local, pool, remote, span, table, texts};

/// Stages in or streams, as it is drawn.
struct Tossed;

impl Policy<AccessMode> for Tossed {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, rng: &mut PolicyRng) -> Access {
        let source = view.sources(question)[0];
        if rng.random() { Access::Remote { source } } else { Access::StageIn { source } }
    }
}

const POISSON: Arrivals = Arrivals::Poisson { per_hour: 200.0, from: SimTime::ZERO, until: None };
const SIZE: Distribution = Distribution::Uniform { low: 1e3, high: 1e9 };

fn jobs(inputs: Inputs) -> WorkloadKind {
    let job = JobTemplate { inputs, compute_fixed: Distribution::Exponential { mean: 1.0 }, ..idle_job() };
    WorkloadKind::Jobs(JobStream { pool: pool(), arrivals: POISSON, job })
}

/// One of each kind that draws.
fn workload(name: &str) -> Workload {
    let (rse, files) = (remote(), 2);
    let kind = match name {
        "fresh" | "new" => jobs(Inputs::Fresh { rse, files, size: SIZE }),
        "of the dataset" => jobs(Inputs::Dataset { dataset: Id::from_index(0), files, pick: Pick::Uniform }),
        "campaign" => WorkloadKind::Campaign(Campaign {
            pool: pool(),
            rse,
            every: span(100.0),
            size: SIZE,
            steps: (1..6).map(|threads| vec![threads]).collect(),
            shuffle: true,
        }),
        _ => WorkloadKind::Transfers(TransferStream {
            source: remote(),
            destinations: vec![local(), remote()],
            arrivals: POISSON,
            size: SIZE,
        }),
    };
    Workload { name: name.into(), kind }
}

/// What was drawn for each workload: every cell in which a draw is seen, in order of arrival.
fn drawn(workloads: &[&str], datasets: &[&str]) -> Vec<Vec<String>> {
    let grid = Grid::default();
    let dataset = |name: &&str| Dataset {
        name: (*name).into(),
        files: 50,
        size: SIZE,
        replicas: vec![remote()],
        is_cache: false,
    };
    let mut setup = Setup { workloads: workloads.iter().map(|name| workload(name)).collect(), ..grid.setup() };
    setup.datasets = datasets.iter().map(dataset).collect();
    // Whichever dataset stands first, the jobs read the one of that name.
    let wanted = datasets.iter().position(|name| *name == "data").expect("it is there");
    for workload in setup.workloads.values_mut() {
        if let WorkloadKind::Jobs(stream) = &mut workload.kind
            && let Inputs::Dataset { dataset, .. } = &mut stream.job.inputs
        {
            *dataset = Id::from_index(wanted);
        }
    }
    let policies = &mut Policies::of_access("tossed", Tossed);
    let output = record((&setup, &grid.record), policies, 7, &mut NoObserver).expect("it runs");
    let mut names = workloads.to_vec();
    names.sort_unstable();
    names.iter().filter(|name| **name != "new").map(|name| of_workload(&output, name)).collect()
}

fn of_workload(output: &RunOutput, name: &str) -> Vec<String> {
    let ids = |table_name: &str, id: &str| -> Vec<i64> {
        let (of, table) = (table(output, table_name).texts("workload").expect("named"), table(output, table_name));
        let ids = table.ints(id).expect("numbered");
        of.iter().zip(ids.iter()).filter(|(of, _)| *of == Some(name)).filter_map(|(_, id)| id).collect()
    };
    let cells = |table_name: &str, id: &str, ids: &[i64], columns: &[&str]| -> Vec<String> {
        let table = table(output, table_name);
        let rows = table.ints(id).expect("numbered");
        let cell =
            |row, column: &&str| format!("{:?}", table.cell(row, table.schema.position(column).expect("a column")));
        let kept = rows.iter().enumerate().filter(|(_, id)| id.is_some_and(|id| ids.contains(&id)));
        kept.map(|(row, _)| columns.iter().map(|column| cell(row, column)).collect::<Vec<_>>().join(" ")).collect()
    };
    let (jobs, requests) = (ids("jobs", "job"), ids("requests", "request"));
    [
        cells("jobs", "job", &jobs, &["submitted_at_ns", "threads", "compute_s"]),
        cells("reads", "job", &jobs, &["size_bytes", "mode"]),
        cells("requests", "request", &requests, &["created_at_ns", "size_bytes", "destination"]),
    ]
    .concat()
}

#[test]
fn what_stands_beside_a_workload_moves_no_draw_of_it() {
    let alone = drawn(&["fresh", "of the dataset", "campaign", "traffic"], &["data"]);
    assert!(alone.iter().all(|cells| cells.len() > 10), "{alone:?}");
    assert_eq!(alone, drawn(&["new", "traffic", "of the dataset", "fresh", "campaign"], &["other", "data"]));
    assert_ne!(alone[1], alone[2]);
}

#[test]
fn workloads_of_one_name_draw_apart() {
    let mut grid = Grid { workloads: vec![jobs(Inputs::None); 2], ..Grid::default() };
    grid.record_only(&["jobs"]);
    let mut setup = grid.setup();
    for workload in setup.workloads.values_mut() {
        workload.name = "same".into();
    }
    let policies = &mut Policies::of_access("tossed", Tossed);
    let output = record((&setup, &grid.record), policies, 7, &mut NoObserver).expect("it runs");
    let mut submitted = crate::grid::ints(&output, "jobs", "submitted_at_ns");
    let n = submitted.len();
    submitted.dedup();
    assert_eq!(submitted.len(), n);
}

#[test]
fn a_row_that_is_left_out_moves_no_draw_of_another() {
    let job = |row: u64| TracedJob {
        submitted_at: at(row as f64),
        pool: pool(),
        source: Some(remote()),
        input: Bytes::new(1_000),
        compute_s: 1.0,
        slots: 1,
        requested: None,
        took: None,
        row,
    };
    // The way that was drawn for each row.
    let modes = |rows: &[u64]| -> Vec<Option<String>> {
        let jobs = rows.iter().map(|row| job(*row)).collect();
        let trace = JobTrace { jobs, ties: Ties::LogOrder, threads: 1, read_fraction: 1.0, blocks: 1 };
        let grid = Grid { workloads: vec![WorkloadKind::JobTrace(trace)], ..Grid::default() };
        texts(&grid.run(Tossed, 7), "reads", "mode")
    };
    let all: Vec<u64> = (1..=40).collect();
    let drawn = modes(&all);
    assert!(drawn.len() == 40 && drawn.iter().any(|mode| *mode != drawn[0]), "{drawn:?}");
    assert_eq!(drawn[1..], modes(&all[1..]), "without the first row");
}

#[test]
fn sizes_that_are_drawn_are_chance_whoever_reads_them() {
    let sized = |size: Distribution| {
        let dataset = Dataset { name: "data".into(), files: 50, size, replicas: vec![remote()], is_cache: false };
        Setup { datasets: [dataset].into_iter().collect(), ..Grid::default().setup() }.has_chance()
    };
    assert!(sized(SIZE), "they fill an RSE");
    assert!(!sized(Distribution::Constant(1e9)));
}
