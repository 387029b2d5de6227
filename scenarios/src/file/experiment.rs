//! What is compared, how often, and what is kept.

use dapple_records::{Kpi, RecordLevel};
use dapple_simulator::settings;
use dapple_simulator::settings::{Kind, Range, Setting};
use dapple_simulator::units::SimSpan;
use serde::{Deserialize, Deserializer, Serialize};

use crate::notation::compact;

settings! {
    /// A named set of policies, one per decision.
    pub struct PolicySetFile {
        /// Name in results and plots.
        pub name: String,
        /// How jobs reach their inputs.
        pub access: AccessSpec,
        /// Which replica a placement copies. None: the one that `access` names.
        pub source: Option<SourceSpec> = None,
    }
}

settings! {
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
            #[range(AtLeast(1))]
            min_reuse: u64 = 1,
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
            params: RawRon = RawRon::default(),
        },
    }
}

settings! {
    /// Which replica a placement copies.
    pub enum SourceSpec {
        /// The one whose FTS link to the destination has the fewest requests queued and active; of equals the nearest.
        LeastQueue,
        /// A policy that the program registered under a name.
        Custom {
            /// The name.
            name: String,
            /// Its own parameters, in any form that it can read.
            params: RawRon = RawRon::default(),
        },
    }
}

/// How a scenario says which policy takes a decision.
pub(crate) trait PolicySpec: Serialize + Sized {
    /// Name and parameters of a policy that has no variant of its own.
    fn custom(&self) -> Option<(&str, &RawRon)>;

    /// Whether it may draw. Of a policy of somebody's own nobody knows.
    fn may_draw(&self) -> bool {
        self.custom().is_some()
    }

    /// The name under which the policy is registered, and its parameters as RON.
    fn named(&self) -> (String, String) {
        if let Some((name, params)) = self.custom() {
            return (name.to_owned(), params.text().to_owned());
        }
        let text = compact(self);
        match text.split_once('(') {
            Some((name, params)) => (name.to_owned(), format!("({params}")),
            None => (text, "()".to_owned()),
        }
    }
}

impl PolicySpec for AccessSpec {
    fn custom(&self) -> Option<(&str, &RawRon)> {
        if let Self::Custom { name, params } = self { Some((name, params)) } else { None }
    }

    fn may_draw(&self) -> bool {
        matches!(self, Self::Random | Self::Custom { .. })
    }
}

impl PolicySpec for SourceSpec {
    fn custom(&self) -> Option<(&str, &RawRon)> {
        if let Self::Custom { name, params } = self { Some((name, params)) } else { None }
    }
}

settings! {
    /// How often and over what range the scenario is run.
    pub struct ExperimentFile {
        /// Runs of each policy, each with a seed of its own.
        #[range(Within(1, 1_000_000))]
        pub replications: u32 = 1,
        /// The policy set that the others are compared with. None: the first.
        pub baseline: Option<String> = None,
        /// The one KPI that decides; all others are exploratory.
        pub primary_kpi: Kpi = Kpi::JobTurnaround,
        /// The smallest difference that matters, as a share of the baseline's mean of the primary KPI. A smaller one is told as
        /// equal where the replications can tell, and never as better or worse.
        #[range(Fraction)]
        pub relevant_difference: f64 = 0.01,
        /// Fields that are varied; with several, every combination is run.
        pub sweep: Vec<SweepFile> = Vec::new(),
    }
}

settings! {
    /// One field that is varied.
    pub struct SweepFile {
        /// Its path: `"topology.links.CERN-GRIF.bandwidth"`.
        pub path: String,
        /// Its values, as they would be written in the file.
        pub values: Vec<RawRon>,
    }
}

settings! {
    /// What is kept of each run. KPIs always are.
    #[derive(Default)]
    pub enum Record {
        /// KPIs only.
        #[default]
        Summary,
        /// All rows of all tables.
        Rows,
        /// Each row with this probability.
        #[range(Fraction)]
        Sample(f64),
        /// A choice for each table.
        Tables(RecordTables),
    }
}

settings! {
    /// What is kept of each table.
    pub struct RecordTables {
        /// Attempts of file transfers.
        pub requests: RecordLevel = RecordLevel::Summary,
        /// File accesses of jobs.
        pub reads: RecordLevel = RecordLevel::Summary,
        /// Jobs.
        pub jobs: RecordLevel = RecordLevel::Summary,
        /// Rules.
        pub rules: RecordLevel = RecordLevel::Summary,
        /// Link use, queues, fill and concurrency over time.
        pub series: RecordLevel = RecordLevel::Summary,
        /// What policies saw, chose and got.
        pub decisions: RecordLevel = RecordLevel::Summary,
        /// Interval at which `series` is sampled.
        #[range(Positive)]
        pub series_interval: SimSpan = SimSpan::from_secs_f64(300.0),
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

impl Setting for RawRon {
    fn kind() -> Kind {
        Kind::Words("any value")
    }

    fn read<'de, D: Deserializer<'de>>(from: D, _: Range) -> Result<Self, D::Error> {
        Self::deserialize(from)
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
