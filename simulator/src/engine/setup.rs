//! What a run is made of.

use crate::fts::TransferSettings;
use crate::ids::{DatasetId, Table, WorkloadId};
use crate::policy::AccessPolicy;
use crate::storage::Dataset;
use crate::topology::Topology;
use crate::units::{SimSpan, SimTime};
use crate::workload::Workload;

/// Everything a run needs apart from its policies and its seed: names resolved, units applied, checked.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Sites, RSEs, links, DTNs, pools, laws and routes.
    pub topology: Topology,
    /// The datasets that exist from the start.
    pub datasets: Table<DatasetId, Dataset>,
    /// Who asks for what.
    pub workloads: Table<WorkloadId, Workload>,
    /// How placements queue and move.
    pub transfers: TransferSettings,
    /// KPIs leave out what was submitted before this.
    pub warm_up: SimSpan,
    /// The end of the run.
    pub horizon: SimTime,
    /// What is kept.
    pub record: RecordPlan,
}

/// What is kept of a run, per table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecordPlan {
    /// Attempts of file transfers.
    pub requests: RecordLevel,
    /// File accesses of jobs.
    pub reads: RecordLevel,
    /// Jobs.
    pub jobs: RecordLevel,
    /// Link use, queues, fill and concurrency over time.
    pub series: RecordLevel,
    /// What policies saw, chose and got.
    pub decisions: RecordLevel,
    /// Interval at which `series` is sampled; positive.
    pub series_interval: SimSpan,
}

impl RecordPlan {
    /// The same for every table; `series` is sampled every 5 minutes where it is kept.
    pub fn all(level: RecordLevel) -> Self {
        let series_interval = SimSpan::from_secs_f64(300.0);
        Self { requests: level, reads: level, jobs: level, series: level, decisions: level, series_interval }
    }
}

/// How much of a table is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RecordLevel {
    /// Nothing but what the KPIs need.
    Summary,
    /// Every row.
    Rows,
    /// Each row with this probability, in (0, 1], drawn by the row's own id: the same jobs, reads and decisions under all policies.
    Sample(f64),
}

/// The policies of a run, one per decision.
pub struct Policies {
    /// How jobs reach their inputs.
    pub access: Box<dyn AccessPolicy>,
}
