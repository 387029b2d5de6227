//! Start-ups, by hand-computed instants.

use dapple_simulator::ids::{Id, RseId};
use dapple_simulator::topology::{AccessCoefficients, Dtn, LoadCurve, Rse, Series};
use dapple_simulator::units::{Bytes, Rate};
use dapple_simulator::workload::{JobStream, JobTemplate, Ties, TracedTransfer, TransferTrace, WorkloadKind};

use crate::grid::{Always, Grid, arrivals, at, fresh, here, idle_job, local, remote, rse, seconds, span};

/// A DTN on which every stream moves 100 MB/s.
fn dtn(name: &str, start_up: f64, start_up_each: f64) -> (Dtn, LoadCurve) {
    let curve = LoadCurve::Saturating { each: Rate::from_mb_per_s(100.0), total: Rate::from_mb_per_s(1e6) };
    (Dtn { name: name.into(), slots: None, start_up: span(start_up), start_up_each: span(start_up_each) }, curve)
}

/// Replays transfers of 100 MB that take their slots at these instants, from the first DTN's RSE to the last one's, both at one site,
/// and tells when each of them flows and when it ends [s].
fn replay(dtns: &[(Dtn, LoadCurve)], starts: &[f64]) -> Vec<(f64, f64)> {
    let transfer = |(row, &start): (u64, &f64)| TracedTransfer {
        at: at(start),
        source: RseId::from_index(0),
        destination: RseId::from_index(1),
        bytes: Bytes::from_megabytes(100.0),
        took: None,
        row,
    };
    let transfers = (1..).zip(starts).map(transfer).collect();
    let behind = |name: &str, dtn: usize| Rse { dtn: Some(Id::from_index(dtn)), ..rse(name, here()) };
    let grid = Grid {
        rses: vec![behind("R0", 0), behind("R1", dtns.len() - 1)],
        dtns: dtns.to_vec(),
        workloads: vec![WorkloadKind::TransferTrace(TransferTrace { transfers, ties: Ties::LogOrder, queues: false })],
        ..Grid::default()
    };
    let output = grid.run(Always::Remote, 1);
    let column = |name| seconds(&output, "requests", name).into_iter().map(|at| at.expect("all are done"));
    column("flowing_at_ns").zip(column("transferred_at_ns")).collect()
}

#[test]
fn start_ups_of_one_dtn_wait_for_each_other() {
    // At 0 s nobody, one, two are starting: 1, 1 + 2, 1 + 2·2 s. At 2 s the first one flows, so again two are starting.
    let times = replay(&[dtn("D", 1.0, 2.0)], &[0.0, 0.0, 0.0, 2.0, 20.0]);
    assert_eq!(times, [(1.0, 2.0), (3.0, 4.0), (5.0, 6.0), (7.0, 8.0), (21.0, 22.0)]);
}

#[test]
fn by_default_start_ups_are_independent() {
    let times = replay(&[dtn("D", 1.0, 0.0)], &[0.0, 0.0, 0.5]);
    assert_eq!(times, [(1.0, 2.0), (1.0, 2.0), (1.5, 2.5)]);
}

#[test]
fn both_dtns_of_a_transfer_add_their_start_up() {
    let times = replay(&[dtn("A", 1.0, 0.5), dtn("B", 2.0, 0.25)], &[0.0, 0.0, 0.0]);
    assert_eq!(times, [(3.0, 4.0), (3.75, 4.75), (4.5, 5.5)]);
}

/// One rule for all ways to data: from the start to the first byte there and back over the route, here 2 x 0.5 s. A law of remote
/// access has that in its coefficients already: it is fitted to whole reads. 100 MB at 100 MB/s take a second after it.
#[test]
fn the_first_byte_comes_after_a_round_trip_which_a_law_contains() {
    let transfer = TracedTransfer {
        at: at(0.0),
        source: remote(),
        destination: local(),
        bytes: Bytes::from_megabytes(100.0),
        took: None,
        row: 1,
    };
    let grid = Grid {
        latency: span(0.5),
        workloads: vec![WorkloadKind::TransferTrace(TransferTrace {
            transfers: vec![transfer].into(),
            ties: Ties::LogOrder,
            queues: false,
        })],
        ..Grid::default()
    };
    let output = grid.run(Always::Remote, 1);
    assert_eq!(seconds(&output, "requests", "flowing_at_ns"), [Some(1.0)]);
    assert_eq!(seconds(&output, "requests", "transferred_at_ns"), [Some(2.0)]);

    // a = 0.01 s/MB: 100 MB in a second.
    let law = Series::constant(AccessCoefficients { a: 0.01, b: 0.0, c: 0.0 });
    for (always, law, started) in
        [(Always::StageIn, None, 1.0), (Always::Remote, None, 1.0), (Always::Remote, Some(law), 0.0)]
    {
        let job = JobTemplate { inputs: fresh(1, 100.0), ..idle_job() };
        let stream = JobStream { pool: Id::from_index(0), arrivals: arrivals(&[0.0]), job };
        let workloads = vec![WorkloadKind::Jobs(stream)];
        let output = Grid { latency: span(0.5), law, workloads, ..Grid::default() }.run(always, 1);
        assert_eq!(seconds(&output, "reads", "started_at_ns"), [Some(started)], "{always:?}");
        assert_eq!(seconds(&output, "reads", "ended_at_ns"), [Some(started + 1.0)], "{always:?}");
    }
}
