//! The optimiser in whole runs. What it decides from what it sees is tested beside it; here it is seen to run, and to be obeyed.

use dapple_records::RunOutput;
use dapple_simulator::copy::{Failure, Strikes};
use dapple_simulator::distribution::Distribution;
use dapple_simulator::faults::CopyError;
use dapple_simulator::fts::{FtsSettings, LinkLimit, Optimizer, RuleSet};
use dapple_simulator::topology::Series;
use dapple_simulator::units::{Bytes, Rate, SimSpan};
use dapple_simulator::workload::{Arrivals, TransferStream, WorkloadKind};

use crate::grid::{Always, Grid, at, local, remote, seconds, span, table, texts};

const MINUTE: f64 = 60.0;

/// So many files that never end, or of so many MB, at once, at this second.
fn burst(from: f64, files: u64, megabytes: f64) -> WorkloadKind {
    WorkloadKind::Transfers(TransferStream {
        source: remote(),
        destinations: vec![local()],
        arrivals: Arrivals::Every { interval: SimSpan::from_nanos(1), from: at(from), count: Some(files) },
        size: Distribution::Constant(Bytes::from_megabytes(megabytes).as_f64()),
    })
}

/// FTS as it is shipped, with passes and an optimiser.
fn grid(rules: RuleSet, workloads: Vec<WorkloadKind>) -> Grid {
    let mut grid = Grid { workloads, horizon: at(4000.0), ..Grid::default() };
    grid.services.fts = FtsSettings {
        scheduling_interval: span(2.0),
        optimizer: Some(Optimizer { rules, interval: span(MINUTE), mode: 2, tunes_streams: false }),
        max_active_per_link: 130,
        max_outbound: 200,
        max_inbound: 200,
        ..FtsSettings::default()
    };
    grid
}

const FOREVER: f64 = 1e9;

/// When the nth file started, from 1 on.
fn start_of(output: &RunOutput, nth: usize) -> f64 {
    let mut starts: Vec<f64> = seconds(output, "requests", "started_at_ns").into_iter().flatten().collect();
    starts.sort_by(f64::total_cmp);
    starts[nth - 1]
}

fn n_started(output: &RunOutput) -> usize {
    seconds(output, "requests", "started_at_ns").into_iter().flatten().count()
}

#[test]
fn statement_03_cold_start() {
    for rules in [RuleSet::V39, RuleSet::V313, RuleSet::V314] {
        for seed in 1..5 {
            let mut grid = grid(rules, vec![burst(0.0, 500, FOREVER)]);
            grid.horizon = at(62.0);
            let output = grid.run(Always::Remote, seed);
            // Two at the first pass; the others at the pass after the first run, which is within a minute.
            assert!(start_of(&output, 2) <= 2.0);
            let first = start_of(&output, 3);
            assert_eq!((n_started(&output), start_of(&output, 66)), (66, first), "{rules:?}");
            grid.services.fts.links = vec![LinkLimit {
                source: Some(remote()),
                destination: Some(local()),
                max_active: 20,
                min_active: None,
            }];
            let output = grid.run(Always::Remote, seed);
            assert_eq!((n_started(&output), start_of(&output, 3)), (20, first), "{rules:?}");
        }
    }
}

#[test]
fn statement_04_additive_ramp() {
    let reached = |mode, nth| {
        let mut grid = grid(RuleSet::V314, vec![burst(0.0, 500, FOREVER)]);
        grid.horizon = at(2.0 * 4000.0);
        grid.services.fts.optimizer = grid.services.fts.optimizer.map(|optimizer| Optimizer { mode, ..optimizer });
        let output = grid.run(Always::Remote, 1);
        assert_eq!(n_started(&output), 130);
        start_of(&output, nth)
    };
    // From the first rise to the last: 66 + 32 · 2 is 130.
    assert_eq!(reached(2, 130) - reached(2, 67), 31.0 * MINUTE);
    assert_eq!(reached(2, 68), reached(2, 67));
    assert_eq!(reached(1, 130) - reached(1, 67), 63.0 * MINUTE);
    assert_eq!(reached(1, 68) - reached(1, 67), MINUTE);
}

#[test]
fn statement_05_queue_freeze() {
    let most = |files| n_started(&grid(RuleSet::V314, vec![burst(0.0, files, FOREVER)]).run(Always::Remote, 1));
    // 65 wait while 66 run.
    assert_eq!(most(66 + 65), 66);
    assert_eq!(most(66 + 66), 68, "66 wait while 66 run, then 64 while 68 run");
    assert_eq!(most(140), 72);
}

/// The numbers of the link at these minutes after the first look, of which a part of the files fails.
fn knife_edge(rules: RuleSet, (probability, error): (f64, CopyError), minutes: [usize; 4], seed: u64) -> [f64; 4] {
    let mut grid = grid(rules, vec![burst(0.0, 12_000, 900.0)]);
    grid.bandwidth = Series::constant(Rate::from_mb_per_s(200.0));
    grid.horizon = at(60.0 * (minutes[3] as f64 + 1.0) + 2.0);
    let strikes = Strikes::Copying;
    grid.services.copy.failures =
        vec![Failure { source: None, destination: None, probability, error, strikes, bad_hours: None }];
    grid.record_only(&["series"]);
    grid.record.series_interval = span(MINUTE);
    let output = grid.run(Always::Remote, seed);
    let (quantities, values) = (texts(&output, "series", "quantity"), table(&output, "series").floats("value"));
    let values: Vec<Option<f64>> = values.expect("series have values").iter().collect();
    let is_limit = |row: &usize| quantities[*row].as_deref() == Some("limit");
    let limits: Vec<f64> = (0..quantities.len()).filter(is_limit).map(|row| values[row].expect("a number")).collect();
    minutes.map(|minute| limits[minute])
}

/// Windows overlap, so numbers wander: what holds is held of the mean of ten runs. What is random apart from that is in the emulation beside the rules.
#[test]
fn statement_06_knife_edge() {
    let minutes = [30, 60, 120, 720];
    let mean_of = |rules, failing, n: u64| {
        let runs: Vec<_> = (1..=n).map(|seed| knife_edge(rules, failing, minutes, seed)).collect();
        [0, 1, 2, 3].map(|nth| runs.iter().map(|run| run[nth]).sum::<f64>() / n as f64)
    };
    for rules in [RuleSet::V313, RuleSet::V314] {
        let few = mean_of(rules, (0.03, CopyError::PerformanceMarkers), 10);
        assert!(few[0] > 75.0 && few[3] > 115.0, "{rules:?}: it ends at the maximum: {few:?}");
        let many = mean_of(rules, (0.05, CopyError::PerformanceMarkers), 10);
        assert!(many[0] < 66.0 && many[3] < 45.0, "{rules:?}: it falls: {many:?}");
        let hopeless = mean_of(rules, (0.05, CopyError::NotFound), 1);
        assert_eq!(hopeless[1..], [130.0; 3], "{rules:?}: failures that no retry helps do not count");
    }
}

#[test]
fn the_number_of_a_link_outlasts_idle_hours() {
    let mut grid = grid(RuleSet::V313, vec![burst(0.0, 500, 100.0), burst(20_000.0, 500, FOREVER)]);
    grid.horizon = at(20_002.0);
    let output = grid.run(Always::Remote, 1);
    assert!(n_started(&output) >= 500 + 66, "{}", n_started(&output));
    // While nothing is queued nor active there are no runs.
    grid.horizon = at(2_000_000.0);
    grid.workloads.pop();
    let long = grid.run(Always::Remote, 1).events;
    grid.horizon = at(2_000.0);
    assert_eq!(grid.run(Always::Remote, 1).events, long);
}
