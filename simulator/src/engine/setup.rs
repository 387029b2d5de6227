//! What a run is made of.

use serde::{Deserialize, Serialize};

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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
    #[serde(rename = "series_interval_ns", with = "nanos")]
    pub series_interval: SimSpan,
}

impl RecordPlan {
    /// The same for every table; `series` is sampled every 5 minutes where it is kept.
    pub fn all(level: RecordLevel) -> Self {
        let series_interval = SimSpan::from_secs_f64(300.0);
        Self { requests: level, reads: level, jobs: level, series: level, decisions: level, series_interval }
    }

    /// Whether a run that keeps this has all that `asked` asks for.
    pub fn covers(&self, asked: &Self) -> bool {
        self.with(asked) == *self
    }

    /// What keeps all of this and all that `asked` asks for. A series has one interval: that which is asked for.
    #[must_use]
    pub fn with(&self, asked: &Self) -> Self {
        let is_asked = asked.series != RecordLevel::Summary;
        Self {
            requests: self.requests.or(asked.requests),
            reads: self.reads.or(asked.reads),
            jobs: self.jobs.or(asked.jobs),
            series: self.series.or(asked.series),
            decisions: self.decisions.or(asked.decisions),
            series_interval: if is_asked { asked.series_interval } else { self.series_interval },
        }
    }
}

/// How much of a table is kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum RecordLevel {
    /// Nothing but what the KPIs need.
    Summary,
    /// Every row.
    Rows,
    /// Each row with this probability, in (0, 1], drawn by the row's own id: the same jobs, reads and decisions under all policies.
    Sample(f64),
}

impl RecordLevel {
    /// The one that keeps more. Samples are nested: rows of a small one are rows of a larger one.
    fn or(self, other: Self) -> Self {
        if other.share() > self.share() { other } else { self }
    }

    fn share(self) -> f64 {
        match self {
            Self::Summary => 0.0,
            Self::Rows => 1.0,
            Self::Sample(share) => share,
        }
    }
}

/// A span as nanoseconds.
mod nanos {
    use super::{Deserialize, SimSpan};
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(span: &SimSpan, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(span.as_nanos())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SimSpan, D::Error> {
        u64::deserialize(deserializer).map(SimSpan::from_nanos)
    }
}

/// The policies of a run, one per decision.
pub struct Policies {
    /// How jobs reach their inputs.
    pub access: Box<dyn AccessPolicy>,
}
