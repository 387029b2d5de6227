//! What is to be kept of a run.

use dapple_simulator::settings;
use dapple_simulator::units::SimSpan;
use serde::{Deserialize, Serialize};

/// What is kept of a run, per table, and what its KPIs leave out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordPlan {
    /// KPIs leave out what was submitted before this.
    #[serde(rename = "warm_up_ns", with = "nanos")]
    pub warm_up: SimSpan,
    /// Attempts of file transfers.
    pub requests: RecordLevel,
    /// File accesses of jobs.
    pub reads: RecordLevel,
    /// Jobs.
    pub jobs: RecordLevel,
    /// Rules.
    #[serde(default)]
    pub rules: RecordLevel,
    /// Link use, queues, fill and concurrency over time.
    pub series: RecordLevel,
    /// What policies saw, chose and got.
    pub decisions: RecordLevel,
    /// Interval at which `series` is sampled; positive.
    #[serde(rename = "series_interval_ns", with = "nanos")]
    pub series_interval: SimSpan,
}

impl RecordPlan {
    /// The same for every table and no warm-up; `series` is sampled every 5 minutes where it is kept.
    pub fn all(level: RecordLevel) -> Self {
        let series_interval = SimSpan::from_secs_f64(300.0);
        let warm_up = SimSpan::ZERO;
        let [requests, reads, jobs, rules, series, decisions] = [level; 6];
        Self { warm_up, requests, reads, jobs, rules, series, decisions, series_interval }
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
            warm_up: asked.warm_up,
            requests: self.requests.or(asked.requests),
            reads: self.reads.or(asked.reads),
            jobs: self.jobs.or(asked.jobs),
            rules: self.rules.or(asked.rules),
            series: self.series.or(asked.series),
            decisions: self.decisions.or(asked.decisions),
            series_interval: if is_asked { asked.series_interval } else { self.series_interval },
        }
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
        /// Each row with this probability, drawn by the row's own id: the same jobs, reads and access decisions under all policies.
        #[range(Fraction)]
        Sample(f64),
    }
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
    use dapple_simulator::units::SimSpan;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(span: &SimSpan, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(span.as_nanos())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SimSpan, D::Error> {
        u64::deserialize(deserializer).map(SimSpan::from_nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_covers_what_it_keeps_more_of() {
        let [summary, tenth, half, rows] =
            [RecordLevel::Summary, RecordLevel::Sample(0.1), RecordLevel::Sample(0.5), RecordLevel::Rows]
                .map(RecordPlan::all);
        assert!(rows.covers(&half) && half.covers(&tenth) && tenth.covers(&summary) && summary.covers(&summary));
        assert!(!summary.covers(&tenth) && !tenth.covers(&half) && !half.covers(&rows));
        assert_eq!(tenth.with(&rows), rows);
        let jobs = RecordPlan { jobs: RecordLevel::Rows, ..summary };
        assert_eq!(RecordPlan { reads: RecordLevel::Rows, ..summary }.with(&jobs).jobs, RecordLevel::Rows);
        assert!(!jobs.covers(&RecordPlan { warm_up: SimSpan::from_secs_f64(1.0), ..jobs }));
    }

    #[test]
    fn another_interval_matters_only_where_a_series_is_asked_for() {
        let often = |level| RecordPlan { series_interval: SimSpan::from_secs_f64(1.0), ..RecordPlan::all(level) };
        let rows = RecordPlan::all(RecordLevel::Rows);
        assert!(rows.covers(&often(RecordLevel::Summary)) && !rows.covers(&often(RecordLevel::Rows)));
    }
}
