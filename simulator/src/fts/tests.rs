//! Start-ups, by hand-computed instants.

use crate::engine::{NoProgress, Policies, RecordLevel, RecordPlan, Setup, TransferSettings, WhenFull, run};
use crate::ids::{DtnId, Id, RseId, Table, WorkloadId};
use crate::policy::{Access, AccessPolicy, AccessRequest, GridView};
use crate::results::ColumnData;
use crate::rng::PolicyRng;
use crate::topology::{Dtn, LoadCurve, Rse, Site, TopologyBuilder};
use crate::units::{Bytes, Rate, SimSpan, SimTime};
use crate::workload::{TracedTransfer, TransferTrace, Workload, WorkloadKind};

const MB: f64 = 1e6;

struct Nobody;

impl AccessPolicy for Nobody {
    fn name(&self) -> &str {
        "nobody"
    }
    fn decide(&mut self, request: &AccessRequest, grid: &GridView<'_>, _: &mut PolicyRng) -> Access {
        Access::Remote { source: grid.sources(request)[0] }
    }
}

fn seconds(seconds: f64) -> SimSpan {
    SimSpan::from_secs_f64(seconds)
}

/// A DTN on which every stream moves 100 MB/s.
pub(super) fn dtn(name: &str, start_up: f64, start_up_each: f64) -> Dtn {
    Dtn {
        name: name.into(),
        curve: LoadCurve::Saturating { each: Rate::from_mb_per_s(100.0), total: Rate::from_mb_per_s(1e6) },
        slots: None,
        start_up: seconds(start_up),
        start_up_each: seconds(start_up_each),
    }
}

/// The shipped limits, one stream, no start-up.
pub(super) fn transfers() -> TransferSettings {
    TransferSettings { when_full: WhenFull::Wait, ..TransferSettings::default() }
}

/// One RSE per entry of `dtn_of`, all at one site, each behind that DTN; requests are recorded.
pub(super) fn setup(dtns: &[Dtn], dtn_of: &[Option<usize>], workloads: Table<WorkloadId, Workload>) -> Setup {
    let mut builder = TopologyBuilder::default();
    let site = builder.site(Site { name: "S".into(), position: None, lan: None });
    let dtns: Vec<DtnId> = dtns.iter().map(|dtn| builder.dtn(dtn.clone())).collect();
    for (nth, dtn) in dtn_of.iter().enumerate() {
        let (name, dtn) = (format!("R{nth}"), dtn.map(|dtn| dtns[dtn]));
        let (capacity, read, write) = (None, None, None);
        builder.rse(Rse { name, site, capacity, used: Bytes::ZERO, read, write, dtn });
    }
    let (requests, rest) = (RecordLevel::Rows, RecordLevel::Summary);
    Setup {
        topology: builder.build().expect("no routes are overridden"),
        datasets: Table::new(),
        workloads,
        transfers: transfers(),
        warm_up: SimSpan::ZERO,
        horizon: SimTime::from_secs_f64(1000.0),
        record: RecordPlan {
            requests,
            reads: rest,
            jobs: rest,
            series: rest,
            decisions: rest,
            series_interval: seconds(1.0),
        },
    }
}

/// Replays transfers of 100 MB that take their slots at these instants, from the first DTN's RSE to the last one's,
/// and tells when each of them flows and when it ends [s].
fn replay(dtns: &[Dtn], starts: &[f64]) -> Vec<(f64, f64)> {
    let transfer = |(nth, &start): (usize, &f64)| TracedTransfer {
        at: SimTime::from_secs_f64(start),
        source: RseId::from_index(0),
        destination: RseId::from_index(1),
        bytes: Bytes::from_f64(100.0 * MB),
        row: nth as u64 + 1,
    };
    let trace = TransferTrace { transfers: starts.iter().enumerate().map(transfer).collect(), queues: false };
    let mut workloads = Table::new();
    workloads.push(Workload { name: "log".into(), kind: WorkloadKind::TransferTrace(trace) });
    let setup = setup(dtns, &[Some(0), Some(dtns.len() - 1)], workloads);
    let output = run(&setup, Policies { access: Box::new(Nobody) }, 1, &mut NoProgress).expect("it runs");
    let requests = &output.tables[0];
    let column = |name: &str| match &requests.columns[requests.schema.position(name).expect("in the schema")] {
        ColumnData::Int(cells) => cells.iter().map(|cell| cell.expect("all are done") as f64 / 1e9).collect::<Vec<_>>(),
        other => panic!("times are whole nanoseconds, not {other:?}"),
    };
    column("flowing_at_ns").into_iter().zip(column("transferred_at_ns")).collect()
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
