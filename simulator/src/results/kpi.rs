//! Key performance indicators: one figure each per run.

use serde::{Deserialize, Deserializer};

use crate::settings::{Kind, Range, Setting, Shape, TypeDoc};

/// A KPI. The number of variants is the length of [`KPIS`], in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Kpi {
    /// Mean time from submission to the end of a job.
    JobTurnaround,
    /// Median of the same.
    JobTurnaroundP50,
    /// 95th percentile of the same.
    JobTurnaroundP95,
    /// Mean time from submission to the start of a job.
    JobWait,
    /// 95th percentile of the same.
    JobWaitP95,
    /// Mean time from submission until a job's last input byte has arrived.
    DataWait,
    /// Compute time over slot time, over jobs done.
    CpuEfficiency,
    /// Jobs that ended well.
    JobsDone,
    /// Jobs that failed.
    JobsFailed,
    /// Jobs that had not ended at the horizon.
    JobsUnfinished,
    /// Median time to complete a transfer request.
    TtcP50,
    /// 95th percentile of the same.
    TtcP95,
    /// 99th percentile of the same.
    TtcP99,
    /// Mean FTS queue time.
    FtsQueueTime,
    /// Mean network time, start-up included.
    NetworkTime,
    /// Transfers done.
    TransfersDone,
    /// Transfers that failed.
    TransfersFailed,
    /// Mean time of a remote read.
    RemoteReadTime,
    /// Bytes that crossed links between sites.
    WanBytes,
    /// Bytes that moved within sites.
    LanBytes,
    /// Bytes moved beyond one copy of what the jobs needed.
    RedundantBytes,
    /// Mean use of the busiest link.
    BusiestLink,
    /// Time from the first submission to the last end of a job.
    Makespan,
}

impl Setting for Kpi {
    fn kind() -> Kind {
        Kind::Named(TypeDoc { name: "Kpi", doc: &[], shape: Shape::Enum(&[]) })
    }

    fn read<'de, D: Deserializer<'de>>(from: D, _: Range) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }
}

/// Name, unit and direction of a KPI.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KpiInfo {
    /// The KPI.
    pub kpi: Kpi,
    /// Column name in `runs.parquet`, with the unit.
    pub column: &'static str,
    /// Words for plots and tables.
    pub title: &'static str,
    /// Unit for plots and tables.
    pub unit: &'static str,
    /// Whether less is better, `None` where neither is.
    pub less_is_better: Option<bool>,
    /// How it is counted, for the data dictionary.
    pub doc: &'static str,
}

const fn info(
    kpi: Kpi,
    column: &'static str,
    (title, unit): (&'static str, &'static str),
    less_is_better: Option<bool>,
    doc: &'static str,
) -> KpiInfo {
    KpiInfo { kpi, column, title, unit, less_is_better, doc }
}

const CENSORED: &str = "over jobs submitted after the warm-up that did not fail; a job that has not ended counts with its age at the horizon, so this is a lower bound where jobs_unfinished is not 0";
const CENSORED_QUANTILE: &str =
    "as job_turnaround_mean_s; exact up to 65536 jobs, of more within 0.0031 % (2^-15) of it";
const AFTER: &str = "over requests created after the warm-up and done";
const AFTER_QUANTILE: &str = "over requests created after the warm-up and done; exact up to 65536 of them, of more within 0.0031 % (2^-15) of it";

/// All KPIs in order of [`Kpi`].
pub const KPIS: [KpiInfo; 23] = [
    info(Kpi::JobTurnaround, "job_turnaround_mean_s", ("Job turnaround, mean", "s"), Some(true), CENSORED),
    info(Kpi::JobTurnaroundP50, "job_turnaround_p50_s", ("Job turnaround, median", "s"), Some(true), CENSORED_QUANTILE),
    info(
        Kpi::JobTurnaroundP95,
        "job_turnaround_p95_s",
        ("Job turnaround, 95th percentile", "s"),
        Some(true),
        CENSORED_QUANTILE,
    ),
    info(
        Kpi::JobWait,
        "job_wait_mean_s",
        ("Job wait, mean", "s"),
        Some(true),
        "from submission to start; otherwise as job_turnaround_mean_s",
    ),
    info(
        Kpi::JobWaitP95,
        "job_wait_p95_s",
        ("Job wait, 95th percentile", "s"),
        Some(true),
        "from submission to start; otherwise as job_turnaround_p95_s",
    ),
    info(
        Kpi::DataWait,
        "data_wait_mean_s",
        ("Wait for data, mean", "s"),
        Some(true),
        "from submission to the last input byte; otherwise as job_turnaround_mean_s",
    ),
    info(
        Kpi::CpuEfficiency,
        "cpu_efficiency",
        ("CPU efficiency", "1"),
        Some(false),
        "compute time over slot time of jobs submitted after the warm-up and done",
    ),
    info(Kpi::JobsDone, "jobs_done", ("Jobs done", "1"), Some(false), "submitted after the warm-up"),
    info(Kpi::JobsFailed, "jobs_failed", ("Jobs failed", "1"), Some(true), "submitted after the warm-up"),
    info(
        Kpi::JobsUnfinished,
        "jobs_unfinished",
        ("Jobs unfinished at the horizon", "1"),
        Some(true),
        "submitted after the warm-up",
    ),
    info(Kpi::TtcP50, "ttc_p50_s", ("Time to complete, median", "s"), Some(true), AFTER_QUANTILE),
    info(Kpi::TtcP95, "ttc_p95_s", ("Time to complete, 95th percentile", "s"), Some(true), AFTER_QUANTILE),
    info(Kpi::TtcP99, "ttc_p99_s", ("Time to complete, 99th percentile", "s"), Some(true), AFTER_QUANTILE),
    info(Kpi::FtsQueueTime, "fts_queue_mean_s", ("FTS queue time, mean", "s"), Some(true), AFTER),
    info(Kpi::NetworkTime, "network_time_mean_s", ("Network time, mean", "s"), Some(true), AFTER),
    info(Kpi::TransfersDone, "transfers_done", ("Transfers done", "1"), None, "created after the warm-up"),
    info(Kpi::TransfersFailed, "transfers_failed", ("Transfers failed", "1"), Some(true), "created after the warm-up"),
    info(
        Kpi::RemoteReadTime,
        "remote_read_mean_s",
        ("Remote read, mean", "s"),
        Some(true),
        "over remote reads decided after the warm-up and ended",
    ),
    info(
        Kpi::WanBytes,
        "wan_bytes",
        ("Bytes over the WAN", "B"),
        Some(true),
        "whole run; counted once per transfer or read whatever the number of links",
    ),
    info(Kpi::LanBytes, "lan_bytes", ("Bytes within sites", "B"), None, "whole run"),
    info(
        Kpi::RedundantBytes,
        "redundant_bytes",
        ("Redundant bytes", "B"),
        Some(true),
        "bytes over the WAN for jobs beyond the largest part of each file that a job needed, summed per file, not below 0 for any",
    ),
    info(
        Kpi::BusiestLink,
        "busiest_link",
        ("Mean use of the busiest link", "1"),
        None,
        "bytes over capacity, whole run",
    ),
    info(
        Kpi::Makespan,
        "makespan_s",
        ("Makespan", "s"),
        Some(true),
        "from the first submission to the last end of a job; empty where a job has not ended",
    ),
];

impl Kpi {
    /// Name, unit and direction.
    pub fn info(self) -> &'static KpiInfo {
        &KPIS[self as usize]
    }
}

/// The KPIs of one run; `None` where there was nothing to count.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Kpis(pub Vec<Option<f64>>);

impl Default for Kpis {
    fn default() -> Self {
        Self(vec![None; KPIS.len()])
    }
}

impl Kpis {
    /// The value of one KPI.
    pub fn get(&self, kpi: Kpi) -> Option<f64> {
        self.0.get(kpi as usize).copied().flatten()
    }

    /// Sets the value of one KPI.
    pub fn set(&mut self, kpi: Kpi, value: Option<f64>) {
        self.0[kpi as usize] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kpis_stand_in_the_order_of_their_enum() {
        for (index, info) in KPIS.iter().enumerate() {
            assert_eq!(info.kpi as usize, index, "{}", info.column);
        }
    }

    #[test]
    fn quantiles_say_when_they_are_exact() {
        for info in KPIS.iter().filter(|info| info.title.contains("percentile") || info.title.contains("median")) {
            let exact = format!("exact up to {} ", crate::results::times::EXACT);
            assert!(info.doc.contains(&exact) || info.doc.ends_with("as job_turnaround_p95_s"), "{}", info.column);
        }
    }
}
