//! The same seed gives the same run, and what is drawn for one thing moves no other.

use std::collections::BTreeMap;

use dapple_records::Kpi;
use dapple_records::{RecordLevel, RunOutput};
use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, Policy, View};
use dapple_simulator::fts::WhenFull;
use dapple_simulator::ids::Id;
use dapple_simulator::rng::PolicyRng;
use dapple_simulator::storage::Dataset;
use dapple_simulator::topology::{Dtn, LoadCurve};
use dapple_simulator::units::{Bytes, Rate, SimTime};
use dapple_simulator::workload::{
    Arrivals, Campaign, Distribution, Inputs, JobStream, JobTemplate, Pick, TransferStream, WorkloadKind,
};
use rand::RngExt;

use super::{assert_times, jobs, law};
use crate::grid::{Always, Grid, at, dtn, fresh, here, idle_job, ints, local, pool, rates, remote, rse, span, table};

/// Any of the three ways to data, drawn.
struct Dice;

impl Policy<AccessMode> for Dice {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, rng: &mut PolicyRng) -> Access {
        let sources = view.sources(question);
        let source = sources[rng.random_range(0..sources.len())];
        let target = view.local_rse(question.pool).expect("there is one here");
        match rng.random_range(0..3) {
            0 => Access::Remote { source },
            1 => Access::StageIn { source },
            _ => Access::Place { source, target },
        }
    }
}

/// Something of everything: jobs with new and with popular files, other transfers, a campaign, outages, a small disk, a
/// slow data transfer node and little scratch space.
fn busy() -> Grid {
    let poisson =
        |per_second| Arrivals::Poisson { per_hour: 3600.0 * per_second, from: SimTime::ZERO, until: Some(at(3000.0)) };
    let popular = Inputs::Dataset { dataset: Id::from_index(0), files: 3, pick: Pick::Zipf { exponent: 1.1 } };
    let job = |inputs: Inputs, threads: u32| JobTemplate {
        threads,
        slots: 1,
        requested: None,
        inputs,
        read_fraction: 0.7,
        compute_fixed: Distribution::Exponential { mean: 20.0 },
        compute_per_byte: 2e-8,
        blocks: 5,
    };
    let stream = |rate, job| WorkloadKind::Jobs(JobStream { pool: pool(), arrivals: poisson(rate), job });
    let new = Inputs::Fresh { rse: remote(), files: 2, size: Distribution::LogNormal { median: 2e8, sigma: 0.8 } };
    let traffic = TransferStream {
        source: remote(),
        destinations: vec![local(), Id::from_index(2)],
        arrivals: poisson(0.05),
        size: Distribution::Exponential { mean: 3e8 },
    };
    let campaign = Campaign {
        pool: pool(),
        rse: remote(),
        every: span(400.0),
        size: Distribution::Uniform { low: 1e8, high: 1e9 },
        steps: vec![vec![1, 2], vec![3], vec![1, 1, 1], vec![2, 2]],
        shuffle: true,
    };
    let curve = LoadCurve::Weibull { amplitude: Rate::from_mb_per_s(3000.0), shape: 1.7, scale: 22.0 };
    let mut grid = Grid {
        bandwidth: rates(&[(0.0, 200.0), (700.0, 0.0), (900.0, 100.0), (2000.0, 300.0)]),
        latency: span(0.02),
        dtns: vec![(Dtn { name: "dtn".into(), slots: Some(8), start_up: span(1.5), start_up_each: span(0.0) }, curve)],
        law: law(),
        datasets: vec![Dataset {
            name: "popular".into(),
            files: 40,
            size: Distribution::Uniform { low: 1e8, high: 6e8 },
            replicas: vec![remote(), Id::from_index(2)],
            is_cache: false,
        }],
        workloads: vec![
            stream(0.05, job(new, 2)),
            stream(0.04, job(popular, 3)),
            WorkloadKind::Transfers(traffic),
            WorkloadKind::Campaign(campaign),
        ],
        horizon: at(2500.0),
        ..Grid::default()
    };
    grid.rses.push(rse("second", here()));
    grid.rses[0].capacity = Some(Bytes::from_megabytes(20_000.0));
    grid.rses[0].used = Bytes::from_megabytes(8_000.0);
    grid.rses[0].read = Some(Rate::from_mb_per_s(400.0));
    grid.rses[1].dtn = Some(dtn());
    grid.record.warm_up = span(300.0);
    grid.pool.nodes = 4;
    grid.pool.slots = 6;
    grid.pool.scratch = Some(Bytes::from_megabytes(3_000.0));
    grid.services.fts.max_active_per_link = 5;
    grid.services.fts.streams = 3;
    grid.services.fts.window = Some(Bytes::from_megabytes(2.0));
    grid.record.series = RecordLevel::Rows;
    grid.record.series_interval = span(10.0);
    grid
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for when_full in [WhenFull::Fail, WhenFull::Wait] {
        let mut grid = busy();
        grid.services.fts.when_full = when_full;
        let (one, same, other) = (grid.run(Dice, 7), grid.run(Dice, 7), grid.run(Dice, 8));
        assert!(one == same, "two runs with one seed differ");
        assert!(one != other, "two seeds give one run");
        assert!(one.counters.jobs_done > 50 && one.counters.requests_done > 50, "{:?}", one.counters);
    }
}

#[test]
fn books_balance_at_any_horizon() {
    let mut grid = busy();
    for horizon in (0..25).map(|nth| 97.3 * f64::from(nth)) {
        grid.horizon = at(horizon);
        grid.run(Dice, 3);
    }
}

/// (when, what) of the jobs of one workload.
fn submitted(output: &RunOutput, workload: &str) -> Vec<(Option<i64>, Option<i64>)> {
    let whose = table(output, "jobs").texts("workload").expect("names");
    let what = ints(output, "jobs", "submitted_at_ns").into_iter().zip(ints(output, "jobs", "input_bytes"));
    whose.iter().zip(what).filter(|(name, _)| *name == Some(workload)).map(|(_, what)| what).collect()
}

#[test]
fn policies_and_other_workloads_change_nobody_s_jobs() {
    let mut grid = busy();
    let dice = grid.run(Dice, 7);
    let remote = grid.run(Always::Remote, 7);
    grid.workloads.truncate(2);
    let fewer = grid.run(Dice, 7);
    for workload in ["workload 0", "workload 1"] {
        let jobs = submitted(&dice, workload);
        assert!(jobs.len() > 50, "{} jobs", jobs.len());
        assert_eq!(jobs, submitted(&remote, workload));
        assert_eq!(jobs, submitted(&fewer, workload));
    }
}

/// Rows of a table by their id.
fn rows(output: &RunOutput, name: &str, id: &str) -> BTreeMap<i64, Vec<String>> {
    let table = table(output, name);
    let ids = ints(output, name, id).into_iter().map(|id| id.expect("rows have ids"));
    let row = |row| (0..table.columns.len()).map(|column| format!("{:?}", table.cell(row, column))).collect();
    ids.enumerate().map(|(nth, id)| (id, row(nth))).collect()
}

#[test]
fn a_sample_keeps_the_same_rows_under_all_policies_and_changes_no_figure() {
    let mut grid = busy();
    let all = grid.run(Dice, 7);
    grid.record.jobs = RecordLevel::Sample(0.3);
    let (some, under_remote) = (grid.run(Dice, 7), grid.run(Always::Remote, 7));
    let (all_rows, kept) = (rows(&all, "jobs", "job"), rows(&some, "jobs", "job"));
    assert!(kept.iter().all(|(id, row)| all_rows.get(id) == Some(row)));
    assert!(kept.keys().eq(rows(&under_remote, "jobs", "job").keys()));
    // 0.3 of them, within four standard deviations of a binomial.
    let (n, found) = (all_rows.len() as f64, kept.len() as f64);
    assert!((found - 0.3 * n).abs() <= 4.0 * (n * 0.3 * 0.7).sqrt(), "{found} of {n}");
    assert_eq!((some.kpis, some.counters), (all.kpis.clone(), all.counters));
    grid.record_only(&[]);
    let none = grid.run(Dice, 7);
    assert_eq!(none.kpis, all.kpis);
    assert!(none.tables.iter().all(|table| table.rows() == 0 || table.schema.name == "groups"));
}

#[test]
fn kpis_leave_out_the_warm_up_and_count_ages() {
    let job = JobTemplate { inputs: fresh(1, 200.0), compute_fixed: Distribution::Constant(4.0), ..idle_job() };
    let mut grid = Grid { workloads: vec![jobs(&[0.0, 5.0, 6.0, 18.0], job)], horizon: at(20.0), ..Grid::default() };
    grid.record.warm_up = span(5.0);
    let output = grid.run(Always::StageIn, 1);
    // 2 s of stage-in and 4 s of compute in one slot: the fourth has just started.
    assert_times(&output, "jobs", "ended_at_ns", &[6.0, 12.0, 18.0, super::NEVER]);
    assert_times(&output, "jobs", "started_at_ns", &[0.0, 6.0, 12.0, 18.0]);
    let kpi = |kpi| output.kpis.get(kpi);
    assert_eq!((kpi(Kpi::JobsDone), kpi(Kpi::JobsUnfinished)), (Some(2.0), Some(1.0)));
    assert_eq!(kpi(Kpi::JobTurnaround), Some((7.0 + 12.0 + 2.0) / 3.0));
    assert_eq!(kpi(Kpi::JobTurnaroundP50), Some(7.0));
    assert_eq!(kpi(Kpi::JobWait), Some((1.0 + 6.0 + 0.0) / 3.0));
    assert_eq!(kpi(Kpi::DataWait), Some((3.0 + 8.0 + 2.0) / 3.0));
    assert_eq!(kpi(Kpi::CpuEfficiency), Some(8.0 / 12.0));
    assert_eq!(kpi(Kpi::Makespan), None);
    // 8 s at 100 MB/s in 20 s.
    assert_eq!(kpi(Kpi::BusiestLink), Some(0.4));
}
