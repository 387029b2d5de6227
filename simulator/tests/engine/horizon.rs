//! The end of a run, and what never ends.

use dapple_records::Kpi;
use dapple_simulator::workload::{Arrivals, Distribution, JobTemplate, TransferStream, WorkloadKind};

use super::{NEVER, assert_millions, assert_texts, assert_times, jobs, transfers};
use crate::grid::{Always, Grid, arrivals, at, fresh, idle_job, ints, local, rates, remote, span};

#[test]
fn the_horizon_cuts_what_is_in_flight() {
    let job = JobTemplate { inputs: fresh(1, 500.0), ..idle_job() };
    let workloads = vec![transfers(&[(0.0, 500.0), (0.0, 500.0)]), jobs(&[1.0, 1.0], job)];
    let mut grid = Grid { workloads, horizon: at(2.0), ..Grid::default() };
    grid.services.fts.max_active_per_link = 1;
    let output = grid.run(Always::Remote, 1);
    // One transfer alone for 1 s, then half of the wire each with the read of the only slot.
    assert_texts(&output, "requests", "outcome", &["active", "queued"]);
    assert_millions(&output, "requests", "moved_bytes", &[150, 0]);
    assert_times(&output, "requests", "transferred_at_ns", &[NEVER, NEVER]);
    assert_texts(&output, "jobs", "outcome", &["running", "queued"]);
    assert_millions(&output, "reads", "moved_bytes", &[50, 0]);
    let counters = output.counters;
    assert_eq!((counters.bytes_in_flight, counters.bytes_received, counters.bytes_sent), (200_000_000, 0, 200_000_000));
    assert_eq!((counters.flows_in_flight, counters.flows_done, counters.flows_stalled), (2, 0, 0));
    assert_eq!((counters.requests_left, counters.jobs_left), (2, 2));
    // Ages at the horizon.
    assert_eq!(output.kpis.get(Kpi::JobTurnaround), Some(1.0));
    assert_eq!(output.kpis.get(Kpi::WanBytes), Some(2e8));
    assert_eq!(output.kpis.get(Kpi::BusiestLink), Some(1.0));
}

#[test]
fn what_ends_at_the_horizon_is_part_of_the_run_and_what_is_asked_for_then_is_not() {
    let run = |horizon: f64| {
        let workloads = vec![transfers(&[(0.0, 500.0), (5.0, 1.0)])];
        Grid { workloads, horizon: at(horizon), ..Grid::default() }.run(Always::Remote, 1)
    };
    assert_texts(&run(5.000_000_001), "requests", "outcome", &["done", "active"]);
    assert_texts(&run(5.0), "requests", "outcome", &["done"]);
    assert_texts(&run(4.999_999_999), "requests", "outcome", &["active"]);
}

#[test]
fn one_rule_at_the_horizon_holds_for_all_that_arrives() {
    let every = |count| Arrivals::Every { interval: span(10.0), from: at(0.0), count };
    let stream = |arrivals| {
        let (size, destinations) = (Distribution::Constant(1e6), vec![local()]);
        WorkloadKind::Transfers(TransferStream { source: remote(), destinations, arrivals, size })
    };
    for (name, workload) in [
        ("at", stream(arrivals(&[0.0, 10.0, 11.0]))),
        ("every", stream(every(None))),
        ("every of three", stream(every(Some(3)))),
        ("log", transfers(&[(0.0, 1.0), (10.0, 1.0)])),
    ] {
        let output = Grid { workloads: vec![workload], horizon: at(10.0), ..Grid::default() }.run(Always::Remote, 1);
        assert_eq!(ints(&output, "requests", "created_at_ns"), [Some(0)], "{name}");
    }
}

#[test]
fn a_transfer_in_its_start_up_at_the_horizon_has_moved_nothing() {
    let mut grid = Grid { workloads: vec![transfers(&[(0.0, 500.0)])], horizon: at(2.0), ..Grid::default() };
    grid.services.fts.start_up = span(3.0);
    let output = grid.run(Always::Remote, 1);
    assert_texts(&output, "requests", "outcome", &["active"]);
    assert_times(&output, "requests", "flowing_at_ns", &[NEVER]);
    assert_eq!((output.counters.bytes_sent, output.counters.flows_started), (0, 0));
}

#[test]
fn a_job_without_inputs_only_computes() {
    let job = JobTemplate { compute_fixed: Distribution::Constant(7.0), ..idle_job() };
    let output = Grid { workloads: vec![jobs(&[1.0, 2.0], job)], ..Grid::default() }.run(Always::Place, 1);
    assert_times(&output, "jobs", "started_at_ns", &[1.0, 8.0]);
    assert_times(&output, "jobs", "data_at_ns", &[1.0, 8.0]);
    assert_times(&output, "jobs", "ended_at_ns", &[8.0, 15.0]);
    assert_eq!(output.counters.flows_started, 0);
    assert_eq!(output.kpis.get(Kpi::CpuEfficiency), Some(1.0));
    assert_eq!(output.kpis.get(Kpi::Makespan), Some(14.0));
}

#[test]
fn a_job_with_nothing_to_do_ends_at_once() {
    let output = Grid { workloads: vec![jobs(&[1.0, 1.0], idle_job())], ..Grid::default() }.run(Always::Remote, 1);
    assert_times(&output, "jobs", "ended_at_ns", &[1.0, 1.0]);
}

#[test]
fn empty_files_take_no_time() {
    for access in [Always::Remote, Always::StageIn, Always::Place] {
        let job = JobTemplate { inputs: fresh(2, 0.0), blocks: 3, ..idle_job() };
        let output = Grid { workloads: vec![jobs(&[1.0], job)], ..Grid::default() }.run(access, 1);
        assert_times(&output, "reads", "ended_at_ns", &[1.0, 1.0]);
        assert_times(&output, "jobs", "ended_at_ns", &[1.0]);
    }
    // Not even over a dead link.
    let grid = Grid { bandwidth: rates(&[(0.0, 0.0)]), workloads: vec![transfers(&[(3.0, 0.0)])], ..Grid::default() };
    assert_times(&grid.run(Always::Remote, 1), "requests", "transferred_at_ns", &[3.0]);
}

#[test]
fn flows_over_a_dead_link_are_counted_and_told() {
    let job = JobTemplate { inputs: fresh(1, 500.0), ..idle_job() };
    let workloads = vec![transfers(&[(0.0, 500.0)]), jobs(&[1.0], job)];
    let grid = Grid { bandwidth: rates(&[(0.0, 100.0), (2.0, 0.0)]), workloads, ..Grid::default() };
    let output = grid.run(Always::Remote, 1);
    assert_eq!((output.counters.flows_stalled, output.counters.flows_in_flight), (2, 2));
    let waits = "wait at rate zero on link `link`, and its capacity is never to change: they wait for ever";
    assert_eq!(
        output.warnings,
        [format!("reads of `workload 1` {waits}"), format!("transfers of `workload 0` {waits}")]
    );
    assert_millions(&output, "requests", "moved_bytes", &[150]);
    assert_millions(&output, "reads", "moved_bytes", &[50]);
    assert_eq!(output.kpis.get(Kpi::BusiestLink), Some(1.0));
}

#[test]
fn what_a_dead_link_holds_ends_after_its_outage_and_what_comes_later_never() {
    let job = JobTemplate { inputs: fresh(1, 1.0), ..idle_job() };
    let workloads = vec![transfers(&[(0.0, 35.0), (0.0, 35.0)]), jobs(&[1800.0], job)];
    let bandwidth = rates(&[(0.0, 10.0), (5.0, 0.0), (600.0, 10.0), (603.0, 0.0)]);
    let grid = Grid { bandwidth, workloads, horizon: at(7200.0), ..Grid::default() };
    for access in [Always::Remote, Always::StageIn] {
        let output = grid.run(access, 1);
        // 25 MB each by 5 s; the 10 MB that are left of each take 2 s.
        assert_times(&output, "requests", "transferred_at_ns", &[602.0, 602.0]);
        assert_eq!(output.kpis.get(Kpi::JobsUnfinished), Some(1.0));
        assert_millions(&output, "reads", "moved_bytes", &[0]);
        assert!(
            output.warnings[0].starts_with("reads of `workload 1` wait at rate zero on link `link`"),
            "{:?}",
            output.warnings
        );
        assert!(output.warnings[0].ends_with("they wait for ever"), "{:?}", output.warnings);
    }
}

#[test]
fn flows_go_on_after_an_outage() {
    let grid = Grid {
        bandwidth: rates(&[(0.0, 100.0), (2.0, 0.0), (7.0, 50.0)]),
        workloads: vec![transfers(&[(0.0, 500.0)])],
        ..Grid::default()
    };
    let output = grid.run(Always::Remote, 1);
    // 200 MB in 2 s, 5 s of nothing, 300 MB at 50 MB/s.
    assert_times(&output, "requests", "transferred_at_ns", &[13.0]);
    assert_eq!(output.warnings, [""; 0]);
}

#[test]
fn series_are_sampled_after_all_that_happens_at_an_instant() {
    let mut grid =
        Grid { workloads: vec![transfers(&[(0.0, 150.0), (1.0, 100.0)])], horizon: at(3.0), ..Grid::default() };
    grid.record.series = dapple_records::RecordLevel::Rows;
    grid.services.fts.max_active_per_link = 1;
    let output = grid.run(Always::Remote, 1);
    let table = crate::grid::table(&output, "series");
    let of = |entity: &str, quantity: &str| -> Vec<f64> {
        let [entities, quantities] = ["entity", "quantity"].map(|name| table.texts(name).expect("names").iter());
        let values = table.floats("value").expect("doubles").iter();
        let wanted = (Some(entity), Some(quantity));
        entities
            .zip(quantities)
            .zip(values)
            .filter(|(name, _)| *name == wanted)
            .filter_map(|(_, value)| value)
            .collect()
    };
    // 250 MB are over at 2.5 s: half a second in the third interval, though nothing moves at its end.
    assert_eq!(of("link", "rate_bytes_per_s"), [1e8, 1e8, 5e7]);
    assert_eq!(of("local", "queued"), [0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn means_over_time_add_up_to_the_bytes_carried() {
    let mut grid = Grid {
        bandwidth: rates(&[(0.0, 100.0), (3.0, 20.0)]),
        workloads: vec![transfers(&[(0.5, 130.0), (1.0, 77.0), (6.25, 10.0)])],
        horizon: at(7.0),
        ..Grid::default()
    };
    let plain = grid.run(Always::Remote, 1);
    grid.record.series = dapple_records::RecordLevel::Rows;
    grid.record.series_interval = span(2.0);
    let output = grid.run(Always::Remote, 1);
    assert_eq!((&output.kpis, output.counters), (&plain.kpis, plain.counters), "what is recorded changes nothing");
    let table = crate::grid::table(&output, "series");
    let [instants, values, capacities]: [Vec<f64>; 3] = [
        table.ints("at_ns").expect("instants").iter().map(|at| at.map(|at| at as f64 / 1e9)).collect::<Vec<_>>(),
        table.floats("value").expect("doubles").iter().collect(),
        table.floats("capacity").expect("doubles").iter().collect(),
    ]
    .map(|cells| {
        let quantities = table.texts("quantity").expect("names").iter();
        cells
            .into_iter()
            .zip(quantities)
            .filter(|(_, name)| *name == Some("rate_bytes_per_s"))
            .filter_map(|(x, _)| x)
            .collect()
    });
    // The last interval ends with the run.
    assert_eq!(instants, [2.0, 4.0, 6.0, 7.0]);
    // 207 MB are through at 2.57 s, 10 MB more from 6.25 to 6.75 s.
    assert_eq!(values, [7.5e7, 2.85e7, 0.0, 1e7]);
    assert_eq!(capacities, [1e8, 6e7, 2e7, 2e7], "means, too");
    assert_eq!(values.iter().zip([2.0, 2.0, 2.0, 1.0]).map(|(rate, span)| rate * span).sum::<f64>(), 2.17e8);
}

#[test]
fn samples_of_a_pool_count_the_slots_that_jobs_hold() {
    let job = JobTemplate { slots: 3, compute_fixed: Distribution::Constant(10.0), ..idle_job() };
    let mut grid = Grid { workloads: vec![jobs(&[0.0], job)], horizon: at(20.0), ..Grid::default() };
    grid.pool.slots = 8;
    grid.record.series_interval = span(5.0);
    grid.record_only(&["series"]);
    let output = grid.run(Always::Remote, 1);
    let quantities = crate::grid::texts(&output, "series", "quantity");
    let table = crate::grid::table(&output, "series");
    let cells = |column: &str| {
        let column = table.schema.position(column).expect("a column");
        let rows = (0..quantities.len()).filter(|row| quantities[*row].as_deref() == Some("slots_taken"));
        rows.map(|row| format!("{:?}", table.cell(row, column))).collect::<Vec<_>>()
    };
    let (values, capacities) = (cells("value"), cells("capacity"));
    assert!(values[0].contains("3.0") && values.last().expect("some").contains("0.0"), "{values:?}");
    assert!(capacities[0].contains("8.0"), "{capacities:?}");
}
