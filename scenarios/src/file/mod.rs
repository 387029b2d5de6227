//! The language: every type that a scenario file is written in.
//!
//! A [`ScenarioFile`] is what was written, with defaults for what was not. It says nothing about whether names
//! exist or numbers make sense: that is the business of `validate`. All types refuse fields they do not know.
//! The types are declared by a macro that keeps their doc comments as data: `docs/scenario-reference.md` is made from them.

mod data;
pub(crate) mod documented;
mod experiment;
mod services;
mod topology;
mod traces;
mod units;
mod workload;

pub use data::{Data, Dataset, Distribution};
pub use documented::{Documented, FieldDoc, Shape, TypeDoc, VariantDoc};
pub use experiment::{AccessSpec, ExperimentFile, PolicySetFile, RawRon, Record, RecordLevel, RecordTables, SweepFile};
pub use services::{LinkLimit, Services, Transfers, WhenFull};
pub use topology::{BandwidthStep, Curve, Dtn, IllPosed, Law, LawStep, Link, Pool, Route, Rse, Site, Topology};
pub use traces::{
    Dirty, Filter, JobColumns, JobTrace, NameFrom, Origin, SizeColumn, TimeColumn, TransferColumns, TransferTrace,
};
pub use units::{Bandwidth, Quantity, Size, SizeUnit, Span, TimeUnit};
pub use workload::{Arrivals, Campaign, CampaignStep, Compute, Inputs, Jobs, Pick, TransferStream, Workload};

use documented::documented;

documented! {
    /// A scenario: what stands where, who asks for what, and what is compared.
    pub struct ScenarioFile {
        /// Name in results and plots.
        pub name: String,
        /// Seed of the first replication; those of the others are derived from it.
        #[serde(default = "first_seed")]
        pub seed: u64,
        /// Calendar time of the start of the run, for labels: `"2018-04-28T00:00:00Z"`.
        #[serde(default)]
        pub start: Option<String>,
        /// KPIs leave out what was submitted before this.
        #[serde(default = "no_time")]
        pub warm_up: Span,
        /// The end of the run; longer than the warm-up.
        pub horizon: Span,
        /// Sites, storage, worker nodes and what connects them.
        pub topology: Topology,
        /// The data that exist from the start.
        #[serde(default)]
        pub data: Data,
        /// Who asks for what, and when. Names are unique.
        #[serde(default)]
        pub workload: Vec<Workload>,
        /// How the services of the grid are set.
        #[serde(default)]
        pub services: Services,
        /// What is compared; at least one, names are unique.
        pub policies: Vec<PolicySetFile>,
        /// How often and over what range it is run.
        #[serde(default)]
        pub experiment: ExperimentFile,
        /// What is kept of each run.
        #[serde(default)]
        pub record: Record,
    }
}

fn first_seed() -> u64 {
    1
}

fn no_time() -> Span {
    Span::Seconds(0.0)
}

fn one() -> u32 {
    1
}

fn whole() -> f64 {
    1.0
}

fn sixteen() -> u32 {
    16
}

fn yes() -> bool {
    true
}
