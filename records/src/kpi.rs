//! Key performance indicators: one figure each per run, each declared once.

use dapple_simulator::settings::{Kind, Range, Setting, Shape, TypeDoc};
use serde::{Deserialize, Deserializer};

use crate::figures::Figures;

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
    /// What it is over, and so whom it leaves out, and what else loads the grid in which it is measured: where jobs fail, transfers are
    /// faster. Empty for a figure that counts everything.
    pub over: &'static [Population],
    /// How it is counted, for the data dictionary.
    pub doc: &'static str,
}

/// Things of which each is done, fails, or has not ended at the horizon.
///
/// A figure over them leaves out what failed, and what the horizon cut off weighs too little in it: it is left out or counts
/// with its age. Where policies differ in how many that are, they differ in whom the figure speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Population {
    /// Jobs submitted after the warm-up.
    Jobs,
    /// Transfer requests created after the warm-up.
    Transfers,
    /// Remote reads decided after the warm-up.
    RemoteReads,
    /// Rules created after the warm-up.
    Rules,
}

impl Population {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Jobs, Self::Transfers, Self::RemoteReads, Self::Rules];

    /// One of them.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Jobs => "job",
            Self::Transfers => "transfer",
            Self::RemoteReads => "remote read",
            Self::Rules => "rule",
        }
    }

    /// The number of those that ended well.
    pub const fn done(self) -> Kpi {
        match self {
            Self::Jobs => Kpi::JobsDone,
            Self::Transfers => Kpi::TransfersDone,
            Self::RemoteReads => Kpi::RemoteReadsDone,
            Self::Rules => Kpi::RulesOk,
        }
    }

    /// The number of those that failed; a read does not fail by itself.
    pub const fn failed(self) -> Option<Kpi> {
        match self {
            Self::Jobs => Some(Kpi::JobsFailed),
            Self::Transfers => Some(Kpi::TransfersFailed),
            Self::RemoteReads => None,
            Self::Rules => Some(Kpi::RulesRefused),
        }
    }

    /// The numbers of those that policies have chosen to make; all others are the same under all policies. A figure over things
    /// of which one policy makes more than another is over other things: its difference tells of neither.
    pub const fn chosen(self) -> &'static [Kpi] {
        match self {
            Self::Jobs | Self::Rules => &[],
            Self::Transfers => &[Kpi::Placements],
            Self::RemoteReads => &[Kpi::RemoteReadsDone, Kpi::RemoteReadsUnfinished],
        }
    }

    /// The number of those that had not ended at the horizon.
    pub const fn unfinished(self) -> Kpi {
        match self {
            Self::Jobs => Kpi::JobsUnfinished,
            Self::Transfers => Kpi::TransfersUnfinished,
            Self::RemoteReads => Kpi::RemoteReadsUnfinished,
            Self::Rules => Kpi::RulesNotOk,
        }
    }
}

const CENSORED: &str = "over jobs submitted after the warm-up that did not fail; a job that has not ended counts with its age at the horizon, so this is a lower bound where jobs_unfinished is not 0";
const CENSORED_QUANTILE: &str =
    "as job_turnaround_mean_s; exact up to 65536 jobs, of more within 0.0031 % (2^-15) of it";
const RULE: &str = "from its creation until all its copies are there for the first time, and Rucio knows of it; over rules created after the warm-up that were not refused; one that was never OK counts with its age when it was deleted or at the horizon, so this is a lower bound where rules_not_ok is not 0; exact up to 65536 rules, of more within 0.0031 % (2^-15) of it";
const AFTER: &str = "over requests created after the warm-up and done";
const AFTER_QUANTILE: &str = "over requests created after the warm-up and done; exact up to 65536 of them, of more within 0.0031 % (2^-15) of it";

const JOBS: &[Population] = &[Population::Jobs];
const TRANSFERS: &[Population] = &[Population::Transfers, Population::Jobs];
const RULES: &[Population] = &[Population::Rules];
const READS: &[Population] = &[Population::RemoteReads, Population::Jobs];
/// What is not done moves no bytes.
const WORK: &[Population] = &[Population::Jobs, Population::Transfers];
const ALL: &[Population] = &[];

/// Declares KPIs: `Name = "column", "title" ["unit"], less | more | neither (is better), over what, how it is counted, from what;`
macro_rules! kpis {
    ($($(#[doc = $doc:literal])* $Kpi:ident = $column:literal, $title:literal [$unit:literal], $better:ident, $over:ident,
        $counted:expr, |$f:ident| $figure:expr;)*) => {
        /// A KPI. The number of variants is the length of [`KPIS`], in the same order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub enum Kpi {
            $($(#[doc = $doc])* $Kpi),*
        }

        /// All KPIs in order of [`Kpi`].
        pub const KPIS: [KpiInfo; [$($column),*].len()] = [$(KpiInfo {
            kpi: Kpi::$Kpi,
            column: $column,
            title: $title,
            unit: $unit,
            less_is_better: kpis!(@ $better),
            over: $over,
            doc: $counted,
        }),*];

        impl Kpis {
            /// The KPIs of a run.
            pub(crate) fn of(figures: &mut Figures) -> Self {
                let of: [fn(&mut Figures) -> Option<f64>; KPIS.len()] = [$(|$f| $figure),*];
                Self(of.map(|figure| figure(figures)).into())
            }
        }
    };
    (@ less) => { Some(true) };
    (@ more) => { Some(false) };
    (@ neither) => { None };
}

kpis! {
    /// Mean time from submission to the end of a job.
    JobTurnaround = "job_turnaround_mean_s", "Job turnaround, mean" ["s"], less, JOBS,
        CENSORED, |f| f.turnaround.mean.seconds();
    /// Median of the same.
    JobTurnaroundP50 = "job_turnaround_p50_s", "Job turnaround, median" ["s"], less, JOBS,
        CENSORED_QUANTILE, |f| f.turnaround.quantile(0.5);
    /// 95th percentile of the same.
    JobTurnaroundP95 = "job_turnaround_p95_s", "Job turnaround, 95th percentile" ["s"], less, JOBS,
        CENSORED_QUANTILE, |f| f.turnaround.quantile(0.95);
    /// Mean time from submission to the start of a job.
    JobWait = "job_wait_mean_s", "Job wait, mean" ["s"], less, JOBS,
        "from submission to start; otherwise as job_turnaround_mean_s", |f| f.wait.mean.seconds();
    /// 95th percentile of the same.
    JobWaitP95 = "job_wait_p95_s", "Job wait, 95th percentile" ["s"], less, JOBS,
        "from submission to start; otherwise as job_turnaround_p95_s", |f| f.wait.quantile(0.95);
    /// Mean time from submission until a job's last input byte has arrived.
    DataWait = "data_wait_mean_s", "Wait for data, mean" ["s"], less, JOBS,
        "from submission to the last input byte; otherwise as job_turnaround_mean_s", |f| f.data_wait.seconds();
    /// Compute time over slot time, over jobs done.
    CpuEfficiency = "cpu_efficiency", "CPU efficiency" ["1"], more, JOBS,
        "compute time over slot time, both times the slots that a job holds, of jobs submitted after the warm-up and done", |f| (f.slot_s > 0.0).then(|| f.compute_s / f.slot_s);
    /// Jobs that ended well.
    JobsDone = "jobs_done", "Jobs done" ["1"], more, ALL,
        "submitted after the warm-up", |f| count(f.jobs[0]);
    /// Jobs that failed.
    JobsFailed = "jobs_failed", "Jobs failed" ["1"], less, ALL,
        "submitted after the warm-up", |f| count(f.jobs[1]);
    /// Jobs that had not ended at the horizon.
    JobsUnfinished = "jobs_unfinished", "Jobs unfinished at the horizon" ["1"], less, JOBS,
        "submitted after the warm-up", |f| count(f.jobs[2]);
    /// Median time to complete a transfer request.
    TtcP50 = "ttc_p50_s", "Time to complete, median" ["s"], less, TRANSFERS,
        AFTER_QUANTILE, |f| f.ttc.quantile(0.5);
    /// 95th percentile of the same.
    TtcP95 = "ttc_p95_s", "Time to complete, 95th percentile" ["s"], less, TRANSFERS,
        AFTER_QUANTILE, |f| f.ttc.quantile(0.95);
    /// 99th percentile of the same.
    TtcP99 = "ttc_p99_s", "Time to complete, 99th percentile" ["s"], less, TRANSFERS,
        AFTER_QUANTILE, |f| f.ttc.quantile(0.99);
    /// Mean Rucio queue time.
    RucioQueueTime = "rucio_queue_mean_s", "Rucio queue time, mean" ["s"], less, TRANSFERS,
        "from the creation of a request to FTS having it, over requests created after the warm-up and done", |f| f.rucio_queue.seconds();
    /// Mean FTS queue time.
    FtsQueueTime = "fts_queue_mean_s", "FTS queue time, mean" ["s"], less, TRANSFERS,
        "from FTS having a request to its slots, over requests created after the warm-up and done", |f| f.fts_queue.seconds();
    /// Mean network time, start-up included.
    NetworkTime = "network_time_mean_s", "Network time, mean" ["s"], less, TRANSFERS,
        AFTER, |f| f.network.seconds();
    /// Transfers done.
    TransfersDone = "transfers_done", "Transfers done" ["1"], neither, ALL,
        "created after the warm-up", |f| count(f.transfers[0]);
    /// Transfers that failed.
    TransfersFailed = "transfers_failed", "Transfers failed" ["1"], less, ALL,
        "created after the warm-up", |f| count(f.transfers[1]);
    /// Transfers that had not ended at the horizon.
    TransfersUnfinished = "transfers_unfinished", "Transfers unfinished at the horizon" ["1"], less, TRANSFERS,
        "created after the warm-up", |f| count(f.transfers[2]);
    /// Share of attempts that ended well.
    SuccessRate = "success_rate", "Attempts that succeed" ["1"], more, ALL,
        "attempts of transfers created after the warm-up that are done, over those done or failed, without what was cancelled or not used", |f| f.success();
    /// Bytes that failed attempts, and failed tries of FTS in those that succeeded, had moved.
    LostBytes = "lost_bytes", "Bytes lost by failures" ["B"], less, WORK,
        "bytes that had arrived by attempts, or tries of FTS within them, that failed then, of those created after the warm-up", |f| Some(f.lost);
    /// Median time until a rule is OK.
    RuleTtcP50 = "rule_ttc_p50_s", "Rule until OK, median" ["s"], less, RULES, RULE, |f| f.rule_ok.quantile(0.5);
    /// 95th percentile of the same.
    RuleTtcP95 = "rule_ttc_p95_s", "Rule until OK, 95th percentile" ["s"], less, RULES, RULE, |f| f.rule_ok.quantile(0.95);
    /// 99th percentile of the same.
    RuleTtcP99 = "rule_ttc_p99_s", "Rule until OK, 99th percentile" ["s"], less, RULES, RULE, |f| f.rule_ok.quantile(0.99);
    /// Rules all of whose copies were there.
    RulesOk = "rules_ok", "Rules that were OK" ["1"], more, ALL,
        "created after the warm-up", |f| count(f.rules[0]);
    /// Rules that Rucio refused.
    RulesRefused = "rules_refused", "Rules refused" ["1"], less, ALL,
        "asked for after the warm-up: no such data, no RSE, no quota, no space", |f| count(f.rules[1]);
    /// Rules that were never OK.
    RulesNotOk = "rules_not_ok", "Rules never OK" ["1"], less, RULES,
        "created after the warm-up, not refused, and deleted or at the horizon without having been OK", |f| count(f.rules[2]);
    /// Transfers that policies have had made for jobs.
    Placements = "placements", "Placements" ["1"], neither, ALL,
        "transfer requests made for jobs and created after the warm-up, whatever became of them", |f| count(f.placements);
    /// Mean time of a remote read.
    RemoteReadTime = "remote_read_mean_s", "Remote read, mean" ["s"], less, READS,
        "over remote reads decided after the warm-up and ended", |f| f.remote.seconds();
    /// Remote reads whose last byte arrived.
    RemoteReadsDone = "remote_reads_done", "Remote reads done" ["1"], neither, ALL,
        "decided after the warm-up", |f| count(f.remote_reads[0]);
    /// Remote reads whose last byte had not arrived.
    RemoteReadsUnfinished = "remote_reads_unfinished", "Remote reads unfinished at the horizon" ["1"], less, READS,
        "decided after the warm-up; those of jobs that failed before count too", |f| count(f.remote_reads[1]);
    /// Bytes that crossed links between sites.
    WanBytes = "wan_bytes", "Bytes over the WAN" ["B"], less, WORK,
        "whole run; counted once per transfer or read whatever the number of links", |f| Some(f.wan);
    /// Bytes that moved within sites.
    LanBytes = "lan_bytes", "Bytes within sites" ["B"], neither, WORK,
        "whole run", |f| Some(f.lan);
    /// Bytes moved beyond one copy of what the jobs needed.
    RedundantBytes = "redundant_bytes", "Redundant bytes" ["B"], less, WORK,
        "bytes over the WAN for jobs beyond the largest part of each file that a job needed, summed per file, not below 0 for any", |f| f.redundant;
    /// Mean use of the busiest link.
    BusiestLink = "busiest_link", "Mean use of the busiest link" ["1"], neither, WORK,
        "bytes over capacity, whole run", |f| f.busiest_link;
    /// Time from the first submission to the last end of a job.
    Makespan = "makespan_s", "Makespan" ["s"], less, JOBS,
        "from the first submission to the last end of a job; empty where a job has not ended", |f| f.makespan_s();
    /// Replicas that were deleted though they were not obsolete.
    Evictions = "evictions", "Replicas evicted" ["1"], neither, ALL,
        "replicas that the reaper deleted though they were not obsolete, to make room or because their RSE keeps no cache; whole run", |f| count(f.evictions);
    /// Their bytes.
    EvictedBytes = "evicted_bytes", "Bytes evicted" ["B"], neither, ALL,
        "bytes of the replicas that evictions counts", |f| Some(f.evicted);
}

fn count(n: u64) -> Option<f64> {
    Some(n as f64)
}

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
    fn what_is_a_part_of_a_population_says_so() {
        for info in &KPIS {
            let doc = info.doc;
            let selects = doc.contains("did not fail") || doc.contains("and done") || doc.contains("and ended");
            assert!(!selects || !info.over.is_empty(), "{} leaves some out", info.column);
        }
    }

    #[test]
    fn quantiles_say_when_they_are_exact() {
        for info in KPIS.iter().filter(|info| info.title.contains("percentile") || info.title.contains("median")) {
            let exact = format!("exact up to {} ", crate::times::RUN.exact);
            assert!(info.doc.contains(&exact) || info.doc.ends_with("as job_turnaround_p95_s"), "{}", info.column);
        }
    }
}
