//! The language: every type that a scenario file is written in.
//!
//! A [`ScenarioFile`] is what was written, with defaults for what was not. Every number in it is in its range; whether
//! names exist and values fit together is the business of `validate`. All types refuse fields they do not know.
//! They are declared with [`settings!`], and what holds no names is the simulator's own type:
//! `docs/scenario-reference.md` is made from the declarations.

mod data;
mod experiment;
mod services;
mod topology;
mod traces;
mod workload;

pub use data::{Data, Dataset};
pub(crate) use experiment::PolicySpec;
pub use experiment::{AccessSpec, ExperimentFile, PolicySetFile, RawRon, Record, RecordTables, SourceSpec, SweepFile};
pub use services::Services;
pub use topology::{BandwidthStep, Contention, Dtn, Duplex, IllPosed, Law, LawStep, Link, Route, Topology};
pub use traces::{
    Delimiter, Dirty, Filter, InstantColumn, JobColumns, JobTrace, NameFrom, Origin, SizeColumn, SpanColumn,
    TransferColumns, TransferTrace,
};
pub use workload::{
    Campaign, CampaignStep, Compute, DatasetStream, DrawnRse, Inputs, Jobs, RuleData, RuleStream, TransferStream,
    Workload,
};

use dapple_simulator::settings;
use dapple_simulator::units::{SimSpan, SimTime};

settings! {
    /// A scenario: what stands where, who asks for what, and what is compared.
    pub struct ScenarioFile {
        /// Name in results and plots.
        pub name: String,
        /// Seed of the first replication; those of the others are derived from it.
        pub seed: u64 = 1,
        /// Calendar time of the start of the run, for labels: `"2018-04-28T00:00:00Z"`.
        pub start: Option<String> = None,
        /// KPIs leave out what was submitted before this.
        pub warm_up: SimSpan = SimSpan::ZERO,
        /// The end of the run; longer than the warm-up.
        #[range(Positive)]
        pub horizon: SimTime,
        /// Sites, storage, worker nodes and what connects them.
        pub topology: Topology,
        /// The data that exist from the start.
        pub data: Data = Data::default(),
        /// Who asks for what, and when. Names are unique.
        pub workload: Vec<Workload> = Vec::new(),
        /// How the services of the grid are set.
        pub services: Services = Services::default(),
        /// What is compared; at least one, names are unique.
        pub policies: Vec<PolicySetFile>,
        /// How often and over what range it is run.
        pub experiment: ExperimentFile = ExperimentFile::default(),
        /// What is kept of each run.
        pub record: Record = Record::default(),
    }
}
