//! The starts of a log, run again under one law after the other.

use dapple_policies::access::AlwaysRemote;
use dapple_records::{RecordLevel, RecordPlan, RunOutput, record};
use dapple_simulator::decide::Policies;
use dapple_simulator::engine::{EngineError, Setup};
use dapple_simulator::facts::NoObserver;
use dapple_simulator::ids::DtnId;
use dapple_simulator::topology::{Dtn, LoadCurve};
use dapple_simulator::units::{SimSpan, SimTime};
use dapple_simulator::workload::{TransferTrace, Workload, WorkloadKind};

/// What a replay needs to know of its DTN: a law with numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Mover {
    /// Aggregate rate as a function of concurrency.
    pub curve: LoadCurve,
    /// From slot to first byte.
    pub start_up: SimSpan,
    /// Added to it for each other transfer that is starting up.
    pub start_up_each: SimSpan,
}

/// Transfers of a log on one DTN.
///
/// Their logged starts are the moments at which slots are taken, so there is no second queue. All that it has of a
/// log is starts and sizes: no end and no duration can reach a prediction.
#[derive(Clone, Debug)]
pub struct Replay {
    setup: Setup,
    dtn: DtnId,
}

/// Why a replay cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The run stopped.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// There is not exactly one DTN to put laws on.
    #[error("a replay needs one data transfer node, there are {0}")]
    NotOneDtn(usize),
    /// There is not exactly one workload, or it is not a log of starts.
    #[error("a replay needs one workload, a transfer trace with `queues: false`")]
    NotOneTrace,
}

impl Replay {
    /// The replay that a scenario describes.
    ///
    /// # Errors
    /// [`ReplayError::NotOneDtn`], [`ReplayError::NotOneTrace`].
    pub fn new(setup: Setup) -> Result<Self, ReplayError> {
        let mut dtns = setup.topology.map.dtns().ids();
        let (1, Some(dtn)) = (dtns.len(), dtns.next()) else {
            return Err(ReplayError::NotOneDtn(setup.topology.map.dtns().len()));
        };
        let mut traces = setup.workloads.values().map(trace);
        let (Some(Some(TransferTrace { queues: false, .. })), None) = (traces.next(), traces.next()) else {
            return Err(ReplayError::NotOneTrace);
        };
        Ok(Self { setup, dtn })
    }

    /// The law that the scenario itself puts on its DTN.
    pub fn mover(&self) -> Mover {
        let topology = &self.setup.topology;
        let Dtn { start_up, start_up_each, .. } = topology.map.dtns()[self.dtn];
        Mover { curve: topology.physics.curve(self.dtn).clone(), start_up, start_up_each }
    }

    /// How many transfers are replayed.
    pub fn n_transfers(&self) -> usize {
        self.setup.workloads.values().filter_map(trace).map(|trace| trace.transfers.len()).sum()
    }

    /// The same with the transfers that start before an instant only: for fits that may not know the rest.
    #[must_use]
    pub fn before(&self, until: SimTime) -> Self {
        let mut part = self.clone();
        for workload in part.setup.workloads.values_mut() {
            if let WorkloadKind::TransferTrace(trace) = &mut workload.kind {
                let early = trace.transfers.iter().filter(|transfer| transfer.at < until);
                trace.transfers = early.cloned().collect();
            }
        }
        part
    }

    /// Simulated end minus simulated start under a law, in seconds, for each of the first `rows` rows of the log; `None` where
    /// a row was not replayed or did not end before the horizon.
    ///
    /// # Errors
    /// [`ReplayError::Engine`], where the engine finds a fault of its own.
    pub fn durations_s(&self, mover: &Mover, rows: usize) -> Result<Vec<Option<f64>>, ReplayError> {
        let mut setup = self.setup.clone();
        let dtn = setup.topology.map.dtns()[self.dtn].clone();
        let Mover { curve, start_up, start_up_each } = mover.clone();
        setup.topology = setup.topology.with_dtn(self.dtn, Dtn { start_up, start_up_each, ..dtn }, curve);
        // There are no jobs, so nobody asks it.
        let mut policies = Policies::of_access("replay", AlwaysRemote);
        let plan = RecordPlan { requests: RecordLevel::Rows, ..RecordPlan::all(RecordLevel::Summary) };
        let output = record((&setup, &plan), &mut policies, 0, &mut NoObserver)?;
        Ok(durations_s(&output, rows))
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
    let columns = ["trace_row", "started_at_ns", "transferred_at_ns"].map(|name| requests.ints(name));
    let [Some(rows), Some(starts), Some(ends)] = columns else { return durations };
    for ((row, start), end) in rows.iter().zip(starts.iter()).zip(ends.iter()) {
        let (Some(row), Some(start), Some(end)) = (row, start, end) else { continue };
        let slot = usize::try_from(row - 1).ok().and_then(|index| durations.get_mut(index));
        if let Some(slot) = slot {
            *slot = Some((end - start) as f64 / 1e9);
        }
    }
    durations
}
