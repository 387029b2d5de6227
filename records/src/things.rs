//! What a KPI is a figure of, and whether policies choose that themselves.

use crate::Kpi;

/// What a KPI is a figure of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Things {
    /// Jobs, which are the same under all policies.
    Jobs,
    /// Transfer requests: the workloads' own, which are the same under all policies, and placements, which policies choose.
    Transfers,
    /// Remote reads, which policies choose.
    RemoteReads,
    /// Bytes that moved, whatever for.
    Bytes,
    /// Links.
    Links,
}

impl Kpi {
    /// What it is a figure of.
    pub const fn things(self) -> Things {
        match self {
            Self::JobTurnaround
            | Self::JobTurnaroundP50
            | Self::JobTurnaroundP95
            | Self::JobWait
            | Self::JobWaitP95
            | Self::DataWait
            | Self::CpuEfficiency
            | Self::JobsDone
            | Self::JobsFailed
            | Self::JobsUnfinished
            | Self::Makespan => Things::Jobs,
            Self::TtcP50
            | Self::TtcP95
            | Self::TtcP99
            | Self::FtsQueueTime
            | Self::NetworkTime
            | Self::TransfersDone
            | Self::TransfersFailed
            | Self::Placements => Things::Transfers,
            Self::RemoteReadTime | Self::RemoteReads => Things::RemoteReads,
            Self::WanBytes | Self::LanBytes | Self::RedundantBytes => Things::Bytes,
            Self::BusiestLink => Things::Links,
        }
    }

    /// For a mean, a quantile or a count of failures: the count of those things in it that policies choose themselves. Between two
    /// runs that differ in it the figure is over other things, and its difference says nothing about either policy.
    pub const fn chosen(self) -> Option<Self> {
        match self {
            Self::TransfersDone | Self::Placements | Self::RemoteReads => None,
            _ => match self.things() {
                Things::Transfers => Some(Self::Placements),
                Things::RemoteReads => Some(Self::RemoteReads),
                Things::Jobs | Things::Bytes | Things::Links => None,
            },
        }
    }
}
