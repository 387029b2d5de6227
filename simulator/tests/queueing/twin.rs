//! Batch queues against twins that reckon in another way: start by start from the instants at which processors are free, and
//! second by second from the definition of backfilling.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use dapple_simulator::rng::{Purpose, keyed};
use dapple_simulator::topology::Scheduling;
use dapple_simulator::units::Bytes;
use dapple_simulator::workload::{JobTrace, Ties, TracedJob, WorkloadKind};
use proptest::prelude::*;
use rand::RngExt;

use crate::grid::{Always, Grid, at, ints, pool, span};

/// One job of a log, in whole seconds.
#[derive(Clone, Copy, Debug)]
struct Logged {
    submitted: u64,
    runs: u64,
    requested: u64,
    slots: u32,
}

/// When dapple starts the jobs, in seconds.
fn simulated(log: &[Logged], slots: u32, scheduling: Scheduling) -> Vec<u64> {
    let traced = |job: &Logged| TracedJob {
        submitted_at: at(job.submitted as f64),
        pool: pool(),
        source: None,
        input: Bytes::ZERO,
        compute_s: job.runs as f64,
        slots: job.slots,
        requested: Some(span(job.requested as f64)),
        took: None,
        row: 0,
    };
    let jobs = log.iter().map(traced).collect();
    let trace = JobTrace { jobs, ties: Ties::LogOrder, threads: 1, read_fraction: 1.0, blocks: 1 };
    let mut grid = Grid { workloads: vec![WorkloadKind::JobTrace(trace)], horizon: at(1e9), ..Grid::default() };
    grid.record_only(&["jobs"]);
    (grid.pool.slots, grid.pool.scheduling) = (slots, scheduling);
    let second = |nanos: Option<i64>| nanos.expect("all start") as u64 / 1_000_000_000;
    ints(&grid.run(Always::Remote, 1), "jobs", "started_at_ns").into_iter().map(second).collect()
}

/// First come first served: a job starts when it is there, the one before it has started, and as many processors are free
/// as it needs, which are those that are free first.
fn in_order(log: &[Logged], processors: u32) -> Vec<u64> {
    let mut free_at: BinaryHeap<Reverse<u64>> = (0..processors).map(|_| Reverse(0)).collect();
    let mut before = 0;
    let start = |job: &Logged| {
        before = before.max(job.submitted);
        for _ in 0..job.slots {
            before = before.max(free_at.pop().expect("it fits").0);
        }
        free_at.extend((0..job.slots).map(|_| Reverse(before + job.runs)));
        before
    };
    log.iter().map(start).collect()
}

/// EASY backfilling by its definition: whoever passes the head must leave it the first second at which it will fit.
fn backfilled(log: &[Logged], processors: u32) -> Vec<u64> {
    let mut starts: Vec<Option<u64>> = vec![None; log.len()];
    let held = |starts: &[Option<u64>], runs_at: &dyn Fn(&Logged, u64) -> bool| -> u32 {
        let pairs = log.iter().zip(starts);
        pairs.filter_map(|(job, start)| start.filter(|start| runs_at(job, *start)).map(|_| job.slots)).sum()
    };
    let mut now = 0;
    while starts.iter().any(Option::is_none) {
        // What is held at a second if all that runs ends as requested, and what should have ended already ends now.
        let believed = |starts: &[Option<u64>], second: u64| {
            held(starts, &|job, start| start + job.runs > now && start + job.requested > second)
        };
        // The queue is looked at when something has arrived or ended.
        let mut events =
            log.iter().zip(&starts).map(|(job, start)| (job.submitted, start.map(|start| start + job.runs)));
        if !events.any(|(arrived, ended)| arrived == now || ended == Some(now)) {
            now += 1;
            continue;
        }
        let mut reserved_at = None;
        for index in 0..log.len() {
            let job = log[index];
            if starts[index].is_some() || job.submitted > now {
                continue;
            }
            let mut tried = starts.clone();
            tried[index] = Some(now);
            if held(&starts, &|job, start| start + job.runs > now) + job.slots > processors {
                // The first that does not fit is the head.
                let fits = |second: &u64| believed(&starts, *second) + job.slots <= processors;
                reserved_at = reserved_at.or_else(|| (now..).find(fits).map(|second| (second, job.slots)));
            } else if reserved_at.is_none_or(|(second, head)| believed(&tried, second) + head <= processors) {
                starts = tried;
            }
        }
        now += 1;
    }
    starts.into_iter().flatten().collect()
}

fn logs() -> impl Strategy<Value = Vec<Logged>> {
    let job = (0_u64..8, 1_u64..20, 0_u64..3, 1_u64..30, 1_u32..9);
    proptest::collection::vec(job, 1..60).prop_map(|jobs| {
        let mut submitted = 0;
        let log = jobs.into_iter().map(|(gap, runs, exact, asked, slots)| {
            submitted += gap.saturating_sub(3);
            // Too little, too much, or just right.
            Logged { submitted, runs, requested: if exact == 0 { runs } else { asked }, slots }
        });
        log.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn first_come_first_served_starts_as_its_twin(log in logs(), processors in 8_u32..20) {
        prop_assert_eq!(simulated(&log, processors, Scheduling::FirstComeFirstServed), in_order(&log, processors));
    }

    #[test]
    fn backfilling_starts_as_its_twin(log in logs(), processors in 8_u32..20) {
        prop_assert_eq!(simulated(&log, processors, Scheduling::Backfilling), backfilled(&log, processors));
    }
}

/// A log of the published shape of the LCG log of 2005: 188 041 jobs of one processor in eleven days, in whole seconds, many of
/// them in one second, with run times from seconds to days. The pool is smaller than that grid, so that they queue.
#[test]
fn all_jobs_of_a_large_log_start_when_they_should() {
    let rng = &mut keyed(2005, Purpose::Arrival, [188_041]);
    let mut submitted: Vec<u64> = (0..188_041).map(|_| rng.random_range(0..11 * 86_400 / 4) * 4).collect();
    submitted.sort_unstable();
    let job = |submitted| {
        let runs = 10_f64.powf(rng.random_range(0.7..4.6)) as u64;
        Logged { submitted, runs, requested: runs, slots: 1 }
    };
    let log: Vec<Logged> = submitted.into_iter().map(job).collect();
    let twin = in_order(&log, 800);
    let waited = log.iter().zip(&twin).filter(|(job, start)| **start > job.submitted).count();
    assert!(waited > 50_000 && waited < 188_041, "{waited} jobs wait");
    assert!(simulated(&log, 800, Scheduling::FirstComeFirstServed) == twin, "some job starts at another instant");
}

#[test]
fn a_small_job_passes_where_it_delays_nobody() {
    let job = |submitted, runs, slots| Logged { submitted, runs, requested: runs, slots };
    // Four processors: three taken until 10 s, the second job needs all four, the third and the fourth need one each.
    let log = [job(0, 10, 3), job(1, 5, 4), job(2, 8, 1), job(3, 8, 1)];
    assert_eq!(simulated(&log, 4, Scheduling::FirstComeFirstServed), [0, 10, 15, 15]);
    // The third ends at 10 s, just in time; the fourth would not.
    assert_eq!(simulated(&log, 4, Scheduling::Backfilling), [0, 10, 2, 15]);
    // A second longer, and it would delay the second job; where all that fit may pass, it does, and the fourth at 10 s too.
    let log = [log[0], log[1], job(2, 9, 1), log[3]];
    assert_eq!(simulated(&log, 4, Scheduling::Backfilling), [0, 10, 15, 15]);
    assert_eq!(simulated(&log, 4, Scheduling::FirstFit), [0, 18, 2, 10]);
}

#[test]
fn a_job_that_fits_no_node_fails_and_holds_nobody_up() {
    let job = |slots| Logged { submitted: 0, runs: 5, requested: 5, slots };
    let log = [job(5), job(2)];
    let traced = |job: &Logged| TracedJob {
        submitted_at: at(0.0),
        pool: pool(),
        source: None,
        input: Bytes::ZERO,
        compute_s: job.runs as f64,
        slots: job.slots,
        requested: None,
        took: None,
        row: 0,
    };
    let trace = JobTrace {
        jobs: log.iter().map(traced).collect(),
        ties: Ties::LogOrder,
        threads: 1,
        read_fraction: 1.0,
        blocks: 1,
    };
    let mut grid = Grid { workloads: vec![WorkloadKind::JobTrace(trace)], ..Grid::default() };
    // Eight slots, but four on one node.
    (grid.pool.nodes, grid.pool.slots) = (2, 4);
    let output = grid.run(Always::Remote, 1);
    assert_eq!(crate::grid::texts(&output, "jobs", "error_class"), [Some("node-too-small".to_owned()), None]);
    assert_eq!(ints(&output, "jobs", "slots"), [Some(5), Some(2)]);
    assert_eq!(ints(&output, "jobs", "ended_at_ns")[1], Some(5_000_000_000));
}
