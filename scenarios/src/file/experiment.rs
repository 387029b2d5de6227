//! What is compared, how often, and what is kept.

use dapple_records::Kpi;
use serde::{Deserialize, Serialize};

use super::Span;
use super::documented::documented;

documented! {
    /// A named set of policies, one per decision.
    pub struct PolicySetFile {
        /// Name in results and plots.
        pub name: String,
        /// How jobs reach their inputs.
        pub access: AccessSpec,
    }
}

documented! {
    /// How jobs reach their inputs.
    pub enum AccessSpec {
        /// Stream everything while the job runs.
        AlwaysRemote,
        /// Copy everything to the worker node before the job runs.
        StageIn,
        /// Copy to an RSE at the job's site, then stage in from there. What is asked for too rarely, or finds no room, is
        /// streamed; at a site without an RSE everything is staged in.
        Place {
            /// Uses of a file, this one included, from which it is placed.
            #[serde(default = "once")]
            min_reuse: u64,
        },
        /// Any of the three that is possible, all equally likely.
        Random,
        /// The way that is expected to be the fastest for this job, from nominal rates, queues, sizes and the times that were observed.
        Estimate,
        /// The same from the true rates, laws and load curves of the present, which no real policy knows. It knows nothing of what
        /// others will send, so it is no upper bound.
        EstimateFromPhysics,
        /// A policy that the program registered under a name.
        Custom {
            /// The name.
            name: String,
            /// Its own parameters, in any form that it can read.
            #[serde(default)]
            params: RawRon,
        },
    }
}

impl AccessSpec {
    /// The name under which the policy is registered, and its parameters as RON.
    pub(crate) fn named(&self) -> (String, String) {
        if let Self::Custom { name, params } = self {
            return (name.clone(), params.text().to_owned());
        }
        let text = crate::scenario::compact(self);
        match text.split_once('(') {
            Some((name, params)) => (name.to_owned(), format!("({params}")),
            None => (text, "()".to_owned()),
        }
    }
}

documented! {
    /// How often and over what range the scenario is run.
    #[serde(default)]
    pub struct ExperimentFile {
        /// Runs of each policy, each with a seed of its own.
        pub replications: u32,
        /// The policy set that the others are compared with. None: the first.
        pub baseline: Option<String>,
        /// The one KPI that decides; all others are exploratory.
        pub primary_kpi: Kpi,
        /// Fields that are varied; with several, every combination is run.
        pub sweep: Vec<SweepFile>,
    }
}

impl Default for ExperimentFile {
    fn default() -> Self {
        Self { replications: 1, baseline: None, primary_kpi: Kpi::JobTurnaround, sweep: Vec::new() }
    }
}

documented! {
    /// One field that is varied.
    pub struct SweepFile {
        /// Its path: `"topology.links.CERN-GRIF.bandwidth"`.
        pub path: String,
        /// Its values, as they would be written in the file.
        pub values: Vec<RawRon>,
    }
}

documented! {
    /// What is kept of each run. KPIs always are.
    #[derive(Default)]
    pub enum Record {
        /// KPIs only.
        #[default]
        Summary,
        /// All rows of all tables.
        Rows,
        /// Each row with this probability.
        Sample(f64),
        /// A choice for each table.
        Tables(RecordTables),
    }
}

documented! {
    /// What is kept of each table.
    #[serde(default)]
    pub struct RecordTables {
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
        /// Interval at which `series` is sampled.
        pub series_interval: Span,
    }
}

impl Default for RecordTables {
    fn default() -> Self {
        let level = RecordLevel::Summary;
        Self {
            requests: level.clone(),
            reads: level.clone(),
            jobs: level.clone(),
            series: level.clone(),
            decisions: level,
            series_interval: Span::Minutes(5.0),
        }
    }
}

documented! {
    /// How much of a table is kept.
    #[derive(Default)]
    pub enum RecordLevel {
        /// Nothing but what the KPIs need.
        #[default]
        Summary,
        /// Every row.
        Rows,
        /// Each row with this probability, drawn by the row's own id: the same jobs, reads and decisions under all policies.
        Sample(f64),
    }
}

/// A value of any form, kept as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawRon(Box<ron::value::RawValue>);

impl RawRon {
    /// The value as text.
    pub fn text(&self) -> &str {
        self.0.get_ron().trim()
    }
}

impl PartialEq for RawRon {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Default for RawRon {
    /// `()`: no parameters.
    fn default() -> Self {
        Self(ron::value::RawValue::from_ron("()").expect("a unit is RON").to_owned())
    }
}

fn once() -> u64 {
    1
}
