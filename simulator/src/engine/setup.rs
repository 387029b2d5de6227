//! What a run is made of.

use crate::ids::{DatasetId, RseId, Table, WorkloadId};
use crate::policy::AccessPolicy;
use crate::topology::Topology;
use crate::units::{Bytes, SimSpan, SimTime};
use crate::workload::{Distribution, Workload};

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

/// A named group of files that exists from the start.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Name in scenarios and reports.
    pub name: String,
    /// Number of files.
    pub files: u32,
    /// Their sizes in bytes, drawn per file.
    pub size: Distribution,
    /// RSEs that hold all of its files at the start; never empty.
    pub replicas: Vec<RseId>,
}

/// How placements queue and move: a slot queue per FTS link in front of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferSettings {
    /// Files that one FTS link (ordered pair of RSEs) copies at once; FTS ships 20 for a configured link.
    pub max_active_per_link: u32,
    /// Files that leave one RSE at once; FTS ships 60.
    pub max_outbound: u32,
    /// Files that enter one RSE at once; FTS ships 60.
    pub max_inbound: u32,
    /// Exceptions from `max_active_per_link`.
    pub link_limits: Vec<(RseId, RseId, u32)>,
    /// Parallel TCP streams of each transfer, at least one: its weight on shared resources.
    pub streams: u32,
    /// TCP window of one stream: caps a transfer at `window x streams / RTT`; `None`: no cap.
    pub window: Option<Bytes>,
    /// Time from taking a slot to the first byte, in addition to that of the DTNs.
    pub start_up: SimSpan,
    /// What happens to a placement whose destination is full.
    pub when_full: WhenFull,
}

impl TransferSettings {
    /// Nothing queues and nothing takes time but the network: one stream each, no caps, no start-up.
    pub fn immediate() -> Self {
        Self {
            max_active_per_link: u32::MAX,
            max_outbound: u32::MAX,
            max_inbound: u32::MAX,
            link_limits: Vec::new(),
            streams: 1,
            window: None,
            start_up: SimSpan::ZERO,
            when_full: WhenFull::Fail,
        }
    }
}

/// What happens to a placement whose destination has no space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The request fails with error class `no-space`, and the jobs that wait for it fail.
    Fail,
    /// It keeps its place in the queue, and all behind it on its FTS link wait too, until space is freed. Nothing is
    /// evicted yet, so they wait to the end of the run.
    Wait,
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
