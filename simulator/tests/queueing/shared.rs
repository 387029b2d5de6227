//! Transfers that share a link or a data transfer node.

use dapple_records::RunOutput;
use dapple_simulator::topology::{Dtn, LoadCurve, Series};
use dapple_simulator::units::{Bytes, Rate, SimTime};
use dapple_simulator::workload::{
    Arrivals, Distribution, Ties, TracedTransfer, TransferStream, TransferTrace, WorkloadKind,
};

use super::estimate::{mean_number, mean_over};
use super::service::{Service, log};
use super::{cases_of, stays};
use crate::grid::{Always, Grid, at, dtn, ints, local, remote, span};

/// What the link moves in the unit of a closed form's service times.
const UNIT_MB: f64 = 100.0;

/// Transfers over the grid's link with Poisson arrivals until `until`; sizes are given in MB times `unit_mb`.
fn arriving(rate: f64, sizes: &Service, unit_mb: f64, until: f64, seed: u64) -> WorkloadKind {
    let bytes = unit_mb * 1e6;
    match sizes {
        Service::Own(own) => {
            let size = match *own {
                Distribution::Constant(value) => Distribution::Constant(value * bytes),
                Distribution::Uniform { low, high } => Distribution::Uniform { low: low * bytes, high: high * bytes },
                Distribution::Exponential { mean } => Distribution::Exponential { mean: mean * bytes },
                Distribution::LogNormal { median, sigma } => Distribution::LogNormal { median: median * bytes, sigma },
            };
            let arrivals = Arrivals::Poisson { per_hour: 3600.0 * rate, from: SimTime::ZERO, until: Some(at(until)) };
            let (source, destinations) = (remote(), vec![local()]);
            WorkloadKind::Transfers(TransferStream { source, destinations, arrivals, size })
        }
        drawn => {
            let transfer = |(row, (instant, size)): (u64, (f64, f64))| TracedTransfer {
                at: at(instant),
                source: remote(),
                destination: local(),
                bytes: Bytes::from_f64(size * bytes),
                took: None,
                row,
            };
            let transfers = (1..).zip(log(rate, until, |_| 1, drawn, seed)).map(transfer).collect();
            WorkloadKind::TransferTrace(TransferTrace { transfers, ties: Ties::LogOrder, queues: false })
        }
    }
}

/// Runs until everything has arrived.
fn run(mut grid: Grid, workload: WorkloadKind, seed: u64) -> RunOutput {
    grid.workloads = vec![workload];
    grid.horizon = SimTime::MAX;
    grid.record_only(&["requests"]);
    grid.run(Always::Remote, seed)
}

/// From the first to the last byte.
fn flows(output: &RunOutput) -> Vec<(f64, f64)> {
    stays(output, "requests", "flowing_at_ns", "transferred_at_ns")
}

#[test]
fn a_link_is_a_processor_sharing_queue() {
    for (nth, case) in (1..).zip(cases_of("M/G/1-PS")) {
        let sizes = Service::from_json(&case.parameters["service"]);
        let (from, until) = (5_000.0, 80_000.0);
        let grid = Grid { bandwidth: Series::constant(Rate::from_mb_per_s(UNIT_MB)), ..Grid::default() };
        let output = run(grid, arriving(case.parameter("lam"), &sizes, UNIT_MB, until, nth), nth);
        let flows = flows(&output);
        mean_number(&flows, from, until).compare(&case.name(), "L", case.result("L"));
        let alone = ints(&output, "requests", "size_bytes");
        let alone = alone.into_iter().map(|bytes| bytes.expect("sizes are known") as f64 / (UNIT_MB * 1e6));
        // A file of no bytes cannot be slowed down.
        let moving = flows.iter().zip(alone).filter(|&(_, alone)| alone > 0.0);
        let slowdowns = moving.map(|(&(start, end), alone)| (start, (end - start) / alone));
        mean_over(slowdowns, from, until).compare(&case.name(), "slowdown", case.result("slowdown"));
    }
}

/// The same whether a TCP window or a data transfer node holds each transfer back.
#[test]
fn a_link_with_capped_flows_has_the_number_of_m_m_c() {
    for (nth, case) in (1..).zip(cases_of("PS link with per-flow cap")) {
        let (rate, mean) = (case.parameter("lam"), case.parameter("mean_size_mb"));
        let (capacity, cap) = (case.parameter("capacity_mb_s"), case.parameter("per_flow_cap_mb_s"));
        let from = 5_000.0 / rate;
        let until = from + case.length();
        let windows = || {
            let bandwidth = Series::constant(Rate::from_mb_per_s(capacity));
            let mut grid = Grid { bandwidth, latency: span(0.05), ..Grid::default() };
            // Window over a round trip of 0.1 s.
            grid.services.fts.window = Some(Bytes::from_megabytes(cap * 0.1));
            grid
        };
        let saturating = || {
            let curve = LoadCurve::Saturating { each: Rate::from_mb_per_s(cap), total: Rate::from_mb_per_s(capacity) };
            let bandwidth = Series::constant(Rate::INFINITE);
            let dtns =
                vec![(Dtn { name: "dtn".into(), slots: None, start_up: span(0.0), start_up_each: span(0.0) }, curve)];
            let mut grid = Grid { bandwidth, dtns, ..Grid::default() };
            grid.rses[1].dtn = Some(dtn());
            grid
        };
        let exponential = Service::exponential(mean);
        for (by, grid) in [("window", windows()), ("DTN", saturating())] {
            let output = run(grid, arriving(rate, &exponential, 1.0, until, nth), nth);
            let variance = case.variance().expect("exponential sizes have one") / (until - from);
            let name = format!("{}, {by}", case.name());
            mean_number(&flows(&output), from, until).with_variance(variance).compare(&name, "L", case.result("L"));
        }
        for sizes in [Distribution::Constant(mean), Distribution::Uniform { low: 0.0, high: 2.0 * mean }] {
            let output = run(windows(), arriving(rate, &Service::Own(sizes.clone()), 1.0, until, nth), nth);
            let name = format!("{}, {sizes:?}", case.name());
            mean_number(&flows(&output), from, until).compare(&name, "L", case.result("L"));
        }
    }
}

#[test]
fn a_data_transfer_node_with_slots_is_a_queue_with_its_curve() {
    for (nth, case) in (1..).zip(cases_of("DTN Weibull queue")) {
        let curve = LoadCurve::Weibull {
            amplitude: Rate::from_mb_per_s(case.parameter("A")),
            shape: case.parameter("k"),
            scale: case.parameter("lam_scale"),
        };
        let slots = Some(case.parameter("max_active") as u32);
        let dtns = vec![(Dtn { name: "dtn".into(), slots, start_up: span(0.0), start_up_each: span(0.0) }, curve)];
        let mut grid = Grid { bandwidth: Series::constant(Rate::INFINITE), dtns, ..Grid::default() };
        grid.rses[1].dtn = Some(dtn());
        let from = 10_000.0;
        let until = from + case.length();
        let sizes = Service::exponential(case.parameter("mean_size_mb"));
        let output = run(grid, arriving(case.parameter("lam"), &sizes, 1.0, until, nth), nth);
        let requests = stays(&output, "requests", "created_at_ns", "transferred_at_ns");
        let variance = case.variance().expect("birth-death models have one") / (until - from);
        mean_number(&requests, from, until).with_variance(variance).compare(&case.name(), "L", case.result("L"));
        mean_number(&flows(&output), from, until).compare(&case.name(), "L active", case.result("mean_active"));
    }
}
