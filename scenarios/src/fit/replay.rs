//! The starts of a log, run again under a law.

use dapple_simulator::engine::{
    EngineError, NoProgress, Policies, RecordLevel, RecordPlan, RunOutput, Setup, TransferSettings, WhenFull, run,
};
use dapple_simulator::ids::{DtnId, Table};
use dapple_simulator::policy::{Access, AccessPolicy, AccessRequest, GridView};
use dapple_simulator::results::ColumnData;
use dapple_simulator::rng::PolicyRng;
use dapple_simulator::topology::{Dtn, LoadCurve, Rse, Site, TopologyBuilder, TopologyError};
use dapple_simulator::units::{Bytes, Rate, SimSpan, SimTime};
use dapple_simulator::workload::{TracedTransfer, TransferTrace, Workload, WorkloadKind};

use super::{Mover, TransferLog};

/// A run ends this long after its last start; nothing in a log takes longer.
const TAIL: SimSpan = SimSpan::from_nanos(10 * 86_400 * 1_000_000_000);

/// Transfers of a log on one DTN, to be run under one law after the other.
///
/// Their logged starts are the moments at which slots are taken, so there is no second queue. What it keeps of
/// a log is starts and sizes: no end and no duration can reach a prediction.
#[derive(Clone, Debug)]
pub struct Replay {
    setup: Setup,
    dtn: DtnId,
}

/// Why a replay cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The run stopped.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// There is no grid to run on.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// The scenario is no replay of one log on one DTN.
    #[error("the scenario is no replay of one log on one DTN: {0}")]
    NotOneLog(&'static str),
}

impl Replay {
    /// The transfers of a log between a disk and an archive behind one DTN, without any law yet. A DTN has one curve for
    /// both directions, so they are not told apart.
    ///
    /// Transfers that start together are put in an order that owes nothing to the log's, see [`TransferTrace::new`].
    ///
    /// # Errors
    /// [`ReplayError::Topology`], which is a fault of dapple.
    pub fn of_log(log: &TransferLog) -> Result<Self, ReplayError> {
        let mut builder = TopologyBuilder::default();
        let site = builder.site(Site { name: "ARCHIVE".into(), position: None, lan: None });
        let dtn = builder.dtn(Dtn {
            name: "mover".into(),
            curve: LoadCurve::Saturating { each: Rate::INFINITE, total: Rate::INFINITE },
            slots: None,
            start_up: SimSpan::ZERO,
            start_up_each: SimSpan::ZERO,
        });
        let mut rse = |name: &str| {
            let (capacity, read, write) = (None, None, None);
            let initial_used = Bytes::ZERO;
            builder.rse(Rse { name: name.into(), site, capacity, initial_used, read, write, dtn: Some(dtn) })
        };
        let (disk, archive) = (rse("DISK"), rse("TAPE"));
        let origin = log.origin_s();
        let transfers = log.transfers.iter().enumerate().map(|(index, logged)| TracedTransfer {
            at: SimTime::from_secs_f64(logged.started_at_s - origin),
            source: disk,
            destination: archive,
            bytes: Bytes::new(logged.bytes),
            row: index as u64 + 1,
        });
        let transfers = transfers.collect();
        let (rows, summary) = (RecordLevel::Rows, RecordLevel::Summary);
        let series_interval = SimSpan::from_secs_f64(60.0);
        let setup = Setup {
            topology: builder.build()?,
            datasets: Table::new(),
            workloads: Table::new(),
            transfers: TransferSettings {
                max_active_per_link: u32::MAX,
                max_outbound: u32::MAX,
                max_inbound: u32::MAX,
                link_limits: Vec::new(),
                streams: 1,
                window: None,
                start_up: SimSpan::ZERO,
                when_full: WhenFull::Wait,
            },
            warm_up: SimSpan::ZERO,
            horizon: SimTime::MAX,
            record: RecordPlan {
                requests: rows,
                reads: summary,
                jobs: summary,
                series: summary,
                decisions: summary,
                series_interval,
            },
        };
        Ok(Self { setup, dtn }.with_transfers(transfers))
    }

    /// The same with the transfers that start before an instant only, for fits that may not know the rest.
    #[must_use]
    pub fn before(&self, until: SimTime) -> Self {
        let kept = self.transfers().iter().filter(|transfer| transfer.at < until).cloned().collect();
        self.clone().with_transfers(kept)
    }

    /// Simulated end minus simulated start under a law [s], by row of the log; `None` where a row was not replayed
    /// or did not end.
    ///
    /// # Errors
    /// [`ReplayError::Engine`], where the engine finds a fault of its own.
    pub fn durations_s(&self, mover: &Mover, rows: usize) -> Result<Vec<Option<f64>>, ReplayError> {
        let mut setup = self.setup.clone();
        let dtn = setup.topology.dtns()[self.dtn].clone();
        let Mover { curve, start_up, start_up_each } = mover.clone();
        setup.topology = setup.topology.with_dtn(self.dtn, Dtn { curve, start_up, start_up_each, ..dtn });
        let output = run(&setup, Policies { access: Box::new(NoJobs) }, 0, &mut NoProgress)?;
        Ok(durations_s(&output, rows))
    }

    fn transfers(&self) -> &[TracedTransfer] {
        self.setup.workloads.values().find_map(trace).map_or(&[], |trace| &trace.transfers)
    }

    fn with_transfers(mut self, transfers: Vec<TracedTransfer>) -> Self {
        let trace = TransferTrace::new(transfers, false);
        let last = trace.transfers.last().map_or(SimTime::ZERO, |transfer| transfer.at);
        self.setup.horizon = last + TAIL;
        self.setup.workloads = Table::new();
        let kind = WorkloadKind::TransferTrace(trace);
        self.setup.workloads.push(Workload { name: "log".into(), kind });
        self
    }
}

fn trace(workload: &Workload) -> Option<&TransferTrace> {
    match &workload.kind {
        WorkloadKind::TransferTrace(trace) => Some(trace),
        _ => None,
    }
}

fn durations_s(output: &RunOutput, rows: usize) -> Vec<Option<f64>> {
    let mut durations = vec![None; rows];
    let Some(requests) = output.tables.iter().find(|table| table.schema.name == "requests") else { return durations };
    let column = |name: &str| match requests.schema.position(name).map(|position| &requests.columns[position]) {
        Some(ColumnData::Int(cells)) => cells.as_slice(),
        _ => &[],
    };
    let times = column("started_at_ns").iter().zip(column("transferred_at_ns"));
    for (row, (start, end)) in column("trace_row").iter().zip(times) {
        let (Some(row), Some(start), Some(end)) = (row, start, end) else { continue };
        let slot = usize::try_from(row - 1).ok().and_then(|index| durations.get_mut(index));
        if let Some(slot) = slot {
            *slot = Some((end - start) as f64 / 1e9);
        }
    }
    durations
}

/// A replay of transfers has no jobs, so nobody is asked.
struct NoJobs;

impl AccessPolicy for NoJobs {
    fn name(&self) -> &str {
        "no jobs"
    }
    fn decide(&mut self, request: &AccessRequest, grid: &GridView<'_>, _: &mut PolicyRng) -> Access {
        Access::Remote { source: grid.sources(request)[0] }
    }
}
