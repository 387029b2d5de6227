//! Slots that serve in order of arrival: those of a pool and those of an FTS link.

use dapple_records::RunOutput;
use dapple_simulator::topology::{Dtn, LoadCurve, Series};
use dapple_simulator::units::{Bytes, Rate, SimTime};
use dapple_simulator::workload::{
    Arrivals, Distribution, Inputs, JobStream, JobTemplate, JobTrace, Ties, TracedJob, TransferStream, WorkloadKind,
};

use super::estimate::{mean_number, mean_over};
use super::service::{Service, log};
use super::{cases_of, stays};
use crate::grid::{Always, Grid, at, dtn, idle_job, local, pool, remote, span};

/// Jobs that only compute, in a pool of `slots`, until everything has been served.
fn computing(slots: u32, workload: WorkloadKind, seed: u64) -> RunOutput {
    let mut grid = Grid { horizon: SimTime::MAX, workloads: vec![workload], ..Grid::default() };
    grid.pool.slots = slots;
    grid.record_only(&["jobs"]);
    grid.run(Always::Remote, seed)
}

fn poisson(per_second: f64, until: f64) -> Arrivals {
    Arrivals::Poisson { per_hour: 3600.0 * per_second, from: SimTime::ZERO, until: Some(at(until)) }
}

fn stream(arrivals: Arrivals, compute_fixed: Distribution) -> WorkloadKind {
    WorkloadKind::Jobs(JobStream { pool: pool(), arrivals, job: JobTemplate { compute_fixed, ..idle_job() } })
}

fn replayed(log: &[(f64, f64)]) -> WorkloadKind {
    let traced = |(row, &(instant, compute_s)): (u64, &(f64, f64))| TracedJob {
        submitted_at: at(instant),
        pool: pool(),
        source: None,
        input: Bytes::ZERO,
        compute_s,
        row,
        took: None,
        slots: 1,
        requested: None,
    };
    let jobs = (1..).zip(log).map(traced).collect();
    WorkloadKind::JobTrace(JobTrace { jobs, ties: Ties::LogOrder, threads: 1, read_fraction: 1.0, blocks: 1 })
}

/// Jobs with Poisson arrivals until `until`.
fn arriving(rate: f64, service: &Service, until: f64, seed: u64) -> WorkloadKind {
    match service {
        Service::Own(distribution) => stream(poisson(rate, until), distribution.clone()),
        drawn => replayed(&log(rate, until, |_| 1, drawn, seed)),
    }
}

/// Mean time from the first instant to the second over those that entered in the window.
fn mean_wait(stays: &[(f64, f64)], (from, until): (f64, f64)) -> super::estimate::Estimate {
    mean_over(stays.iter().map(|&(entered, left)| (entered, left - entered)), from, until)
}

#[test]
fn a_pool_is_an_m_m_c_queue() {
    for (nth, case) in (1..).zip(cases_of("M/M/1").into_iter().chain(cases_of("M/M/c"))) {
        let (rate, mean) = (case.parameter("lam"), 1.0 / case.parameter("mu"));
        let slots = if case.model == "M/M/1" { 1 } else { case.parameter("c") as u32 };
        let from = 5_000.0 / rate;
        let until = from + case.length();
        let output = computing(slots, arriving(rate, &Service::exponential(mean), until, nth), nth);
        let variance = case.variance().expect("birth-death models have one") / (until - from);
        let jobs = stays(&output, "jobs", "submitted_at_ns", "ended_at_ns");
        mean_number(&jobs, from, until).with_variance(variance).compare(&case.name(), "L", case.result("L"));
        mean_wait(&jobs, (from, until)).compare(&case.name(), "W", case.result("W"));
    }
}

#[test]
fn an_fts_link_is_an_m_m_c_queue() {
    for (nth, case) in (1..).zip(cases_of("M/M/c")) {
        let rate = case.parameter("lam");
        // A DTN gives each transfer 100 MB/s however many there are.
        let curve = LoadCurve::Saturating { each: Rate::from_mb_per_s(100.0), total: Rate::INFINITE };
        let from = 5_000.0 / rate;
        let until = from + case.length();
        let size = Distribution::Exponential { mean: 1e8 / case.parameter("mu") };
        let (source, destinations) = (remote(), vec![local()]);
        let arrivals = poisson(rate, until);
        let mut grid = Grid {
            bandwidth: Series::constant(Rate::INFINITE),
            dtns: vec![(Dtn { name: "dtn".into(), slots: None, start_up: span(0.0), start_up_each: span(0.0) }, curve)],
            workloads: vec![WorkloadKind::Transfers(TransferStream { source, destinations, arrivals, size })],
            horizon: SimTime::MAX,
            ..Grid::default()
        };
        grid.rses[1].dtn = Some(dtn());
        grid.services.fts.max_active_per_link = case.parameter("c") as u32;
        grid.record_only(&["requests"]);
        let output = grid.run(Always::Remote, nth);
        let requests = stays(&output, "requests", "created_at_ns", "transferred_at_ns");
        let variance = case.variance().expect("birth-death models have one") / (until - from);
        mean_number(&requests, from, until).with_variance(variance).compare(&case.name(), "L", case.result("L"));
        mean_wait(&requests, (from, until)).compare(&case.name(), "W", case.result("W"));
    }
}

#[test]
fn a_pool_without_end_is_an_m_g_inf_queue() {
    for (nth, case) in (1..).zip(cases_of("M/G/inf")) {
        let (rate, mean) = (case.parameter("lam"), case.parameter("mean_service"));
        let shapes = [
            Distribution::Exponential { mean },
            Distribution::Constant(mean),
            Distribution::Uniform { low: 0.0, high: 2.0 * mean },
        ];
        for service in shapes {
            let (from, until) = (10.0 * mean, 15_000.0);
            let output = computing(u32::MAX, arriving(rate, &Service::Own(service.clone()), until, nth), nth);
            let jobs = stays(&output, "jobs", "submitted_at_ns", "ended_at_ns");
            let name = format!("{}, {service:?}", case.name());
            mean_number(&jobs, from, until).compare(&name, "L", case.result("L"));
        }
    }
}

#[test]
fn a_slot_is_an_m_g_1_queue() {
    for (nth, case) in (1..).zip(cases_of("M/G/1")) {
        let service = Service::from_json(&case.parameters["service"]);
        let rate = case.parameter("lam");
        let (from, until) = (5_000.0, 105_000.0);
        let output = computing(1, arriving(rate, &service, until, nth), nth);
        let jobs = stays(&output, "jobs", "submitted_at_ns", "ended_at_ns");
        mean_number(&jobs, from, until).compare(&case.name(), "L", case.result("L"));
        let waits = stays(&output, "jobs", "submitted_at_ns", "started_at_ns");
        mean_wait(&waits, (from, until)).compare(&case.name(), "Wq", case.result("Wq"));
    }
}

#[test]
fn evenly_spaced_jobs_are_a_d_m_1_queue() {
    for (nth, case) in (1..).zip(cases_of("D/M/1")) {
        let interval = case.parameter("interarrival");
        let (from, count) = (5_000.0 * interval, 105_000);
        let until = interval * count as f64;
        let arrivals = Arrivals::Every { interval: span(interval), from: SimTime::ZERO, count: Some(count) };
        let output =
            computing(1, stream(arrivals, Distribution::Exponential { mean: 1.0 / case.parameter("mu") }), nth);
        for (quantity, end) in [("W", "ended_at_ns"), ("Wq", "started_at_ns")] {
            let waits = stays(&output, "jobs", "submitted_at_ns", end);
            mean_wait(&waits, (from, until)).compare(&case.name(), quantity, case.result(quantity));
        }
    }
}

#[test]
fn bursts_of_jobs_are_a_queue_with_batch_arrivals() {
    for (nth, case) in (1..).zip(cases_of("M[X]/G/1")) {
        let mean = case.parameter("mean_service");
        let service = match case.parameters["service"].as_str() {
            Some("exponential") => Service::exponential(mean),
            Some("deterministic") => Service::Own(Distribution::Constant(mean)),
            other => panic!("an unknown service time {other:?}"),
        };
        let numbers = |name: &str| -> Vec<f64> {
            let list = case.parameters[name].as_array().expect("a list");
            list.iter().map(|number| number.as_f64().expect("numbers")).collect()
        };
        let (sizes, probabilities) = (numbers("batch_sizes"), numbers("batch_probabilities"));
        let batch = |drawn: f64| {
            let mut left = drawn;
            let chosen = probabilities.iter().position(|probability| {
                left -= probability;
                left < 0.0
            });
            sizes[chosen.unwrap_or(sizes.len() - 1)] as usize
        };
        let (from, until) = (10_000.0, 260_000.0);
        let output = computing(1, replayed(&log(case.parameter("batch_rate"), until, batch, &service, nth)), nth);
        let jobs = stays(&output, "jobs", "submitted_at_ns", "ended_at_ns");
        mean_number(&jobs, from, until).compare(&case.name(), "L", case.result("L"));
        mean_wait(&jobs, (from, until)).compare(&case.name(), "W", case.result("W"));
    }
}

/// Placements over an FTS link with one slot, each followed by a job in a pool with one slot. What leaves the first
/// queue is again Poisson, so each behaves as if alone (Burke), and their sum is a Jackson network.
#[test]
fn placements_and_jobs_are_queues_in_tandem() {
    for (nth, case) in (1..).zip(cases_of("M/M/1")).take(2) {
        let (rate, mean) = (case.parameter("lam"), 1.0 / case.parameter("mu"));
        let from = 5_000.0;
        let until = from + case.length();
        let job = JobTemplate {
            inputs: Inputs::Fresh { rse: remote(), files: 1, size: Distribution::Exponential { mean: 1e8 * mean } },
            compute_fixed: Distribution::Exponential { mean },
            ..idle_job()
        };
        let stream = JobStream { pool: pool(), arrivals: poisson(rate, until), job };
        let mut grid = Grid { workloads: vec![WorkloadKind::Jobs(stream)], horizon: SimTime::MAX, ..Grid::default() };
        grid.services.fts.max_active_per_link = 1;
        grid.record_only(&["jobs"]);
        let output = grid.run(Always::Place, nth);
        let name = format!("two in tandem, {}", case.name());
        let variance = case.variance().expect("birth-death models have one") / (until - from);
        let placing = stays(&output, "jobs", "submitted_at_ns", "ready_at_ns");
        let ready = stays(&output, "jobs", "ready_at_ns", "ended_at_ns");
        for (quantity, stays) in [("L placing", placing), ("L computing", ready)] {
            mean_number(&stays, from, until).with_variance(variance).compare(&name, quantity, case.result("L"));
        }
        let both = stays(&output, "jobs", "submitted_at_ns", "ended_at_ns");
        mean_number(&both, from, until).compare(&name, "L", 2.0 * case.result("L"));
    }
}
