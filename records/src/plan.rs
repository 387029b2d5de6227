//! What is to be kept of a run.

use dapple_simulator::settings;
use dapple_simulator::units::SimSpan;

/// What is kept of a run, per table, and what its KPIs leave out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecordPlan {
    /// KPIs leave out what was submitted before this.
    pub warm_up: SimSpan,
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
    /// The same for every table and no warm-up; `series` is sampled every 5 minutes where it is kept.
    pub fn all(level: RecordLevel) -> Self {
        let series_interval = SimSpan::from_secs_f64(300.0);
        let warm_up = SimSpan::ZERO;
        Self { warm_up, requests: level, reads: level, jobs: level, series: level, decisions: level, series_interval }
    }
}

settings! {
    /// How much of a table is kept.
    #[derive(Copy, Default)]
    pub enum RecordLevel {
        /// Nothing but what the KPIs need.
        #[default]
        Summary,
        /// Every row.
        Rows,
        /// Each row with this probability, drawn by the row's own id: the same jobs, reads and decisions under all policies.
        #[range(Fraction)]
        Sample(f64),
    }
}
