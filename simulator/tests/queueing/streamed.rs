//! Remote reads of single-thread processes that arrive at random.

use dapple_simulator::topology::{AccessCoefficients, Series};
use dapple_simulator::units::{Rate, SimTime};
use dapple_simulator::workload::{Arrivals, Distribution, Inputs, JobStream, JobTemplate, WorkloadKind};

use super::estimate::{mean_number, mean_over};
use super::{REGRESSION, cases_of, stays};
use crate::grid::{Always, Grid, at, idle_job, ints, pool, remote, table};

/// Number of reads, time per MB and concurrent traffic per file have closed forms whatever the sizes.
#[test]
fn the_access_law_has_its_stationary_state() {
    for (nth, case) in (1..).zip(cases_of(REGRESSION)) {
        let (a, c, mean) = (case.parameter("a"), case.parameter("c"), 1e6 * case.parameter("mean_size_mb"));
        // The law's b plays no part: each process has one thread.
        let law = Series::constant(AccessCoefficients { a, b: 2.0 * a, c });
        let rate = case.parameter("lam");
        let (from, until) = (10_000.0, 210_000.0);
        for size in [Distribution::Exponential { mean }, Distribution::Uniform { low: 0.0, high: 2.0 * mean }] {
            let inputs = Inputs::Fresh { rse: remote(), files: 1, size: size.clone() };
            let arrivals = Arrivals::Poisson { per_hour: 3600.0 * rate, from: SimTime::ZERO, until: Some(at(until)) };
            let job = JobTemplate { inputs, ..idle_job() };
            let mut grid = Grid {
                bandwidth: Series::constant(Rate::INFINITE),
                law: Some(law.clone()),
                workloads: vec![WorkloadKind::Jobs(JobStream { pool: pool(), arrivals, job })],
                horizon: SimTime::MAX,
                ..Grid::default()
            };
            grid.pool.slots = u32::MAX;
            grid.record_only(&["reads"]);
            let output = grid.run(Always::Remote, nth);
            let reads = stays(&output, "reads", "started_at_ns", "ended_at_ns");
            let name = format!("{}, {size:?}", case.name());
            let number = mean_number(&reads, from, until);
            let number = match (&size, case.variance()) {
                (Distribution::Exponential { .. }, Some(variance)) => number.with_variance(variance / (until - from)),
                _ => number,
            };
            number.compare(&name, "L", case.result("L"));
            let sizes = ints(&output, "reads", "size_bytes");
            let sizes = sizes.into_iter().map(|bytes| bytes.expect("sizes are known") as f64 / 1e6);
            let times = reads.iter().zip(sizes).map(|(&(start, end), mb)| (start, (end - start) / mb));
            mean_over(times, from, until).compare(&name, "s per MB", case.result("time_per_mb_s"));
            let around = table(&output, "reads").floats("con_pr_bytes").expect("has concurrent traffic");
            let around =
                reads.iter().zip(around.iter()).map(|(&(start, _), bytes)| (start, bytes.expect("has ended") / 1e6));
            mean_over(around, from, until).compare(&name, "ConPr", case.result("mean_con_pr_per_file_mb"));
        }
    }
}
