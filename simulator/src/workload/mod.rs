//! Who asks for what, and when: job streams, campaigns, transfer streams and traces.
//!
//! A [`Workload`] is a plain description. Every draw behind it is keyed by (seed, its name, nth), so the nth
//! job of a workload is the same job under every policy, and whatever workloads stand beside it (see [`crate::rng`]).

mod arrivals;
mod chance;
mod rule_size;
mod rules;
mod shares;
mod sources;
mod steps;
mod waves;

use std::sync::Arc;

pub use crate::distribution::Distribution;
pub use arrivals::{ArrivalTimes, Arrivals};
pub use rule_size::{Peak, RuleSize};
pub use rules::{DatasetStream, RuleData, RuleStream};
pub use shares::Shares;
pub(crate) use sources::{Arriving, Sources};
pub use steps::{Data, DataStep, Deed, Files};
pub use waves::{Bursts, Daily};

use crate::ids::{DatasetId, PoolId, RseId};
use crate::settings;
use crate::units::{Bytes, SimSpan, SimTime};

/// One entry of a scenario's workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Name in results; its draws hang on it.
    pub name: String,
    /// What it asks for.
    pub kind: WorkloadKind,
}

/// The kinds of workload.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkloadKind {
    /// Jobs that arrive one by one.
    Jobs(JobStream),
    /// A designed series of remote reads in fixed steps (Begy et al., section 3).
    Campaign(Campaign),
    /// Jobs from a log.
    JobTrace(JobTrace),
    /// Transfers between RSEs that arrive one by one: the rest of the grid's traffic.
    Transfers(TransferStream),
    /// Rules that arrive one by one.
    Rules(Box<RuleStream>),
    /// Files of datasets that arrive one by one.
    Datasets(DatasetStream),
    /// Transfers from a log.
    TransferTrace(TransferTrace),
    /// What persons do to data and rules, in order of time.
    Steps(Vec<DataStep>),
}

/// Jobs of one kind that arrive one by one at one pool.
#[derive(Clone, Debug, PartialEq)]
pub struct JobStream {
    /// Where they run.
    pub pool: PoolId,
    /// When they are submitted.
    pub arrivals: Arrivals,
    /// What each of them does.
    pub job: JobTemplate,
}

/// What a job does.
#[derive(Clone, Debug, PartialEq)]
pub struct JobTemplate {
    /// Threads of its process: inputs that it reads or stages in at once, at least one.
    pub threads: u32,
    /// Slots that it holds on one node, at least one; its compute time is the same however many they are.
    pub slots: u32,
    /// How long it says that it will run, for the pool's scheduling; `None`: its compute time.
    pub requested: Option<SimSpan>,
    /// What it reads.
    pub inputs: Inputs,
    /// Part of each input that it really reads, in (0, 1]; remote access moves only this part.
    pub read_fraction: f64,
    /// Compute time that does not depend on data [s on a node of speed 1].
    pub compute_fixed: Distribution,
    /// Compute time per byte read [s/B on a node of speed 1]; finite, not negative.
    pub compute_per_byte: f64,
    /// Blocks in which a remote read is computed on while it streams, at least one: a block is computed once
    /// it has arrived and the one before it is done. One block: no overlap.
    pub blocks: u32,
}

/// How the inputs of a job are found.
#[derive(Clone, Debug, PartialEq)]
pub enum Inputs {
    /// The job only computes.
    None,
    /// `files` files of a dataset.
    Dataset {
        /// The dataset.
        dataset: DatasetId,
        /// How many files, at least one; no file twice in one job, so at most the dataset's number.
        files: u32,
        /// Which of them.
        pick: Pick,
    },
    /// New files that no other job reads, already at an RSE.
    Fresh {
        /// Where they are.
        rse: RseId,
        /// How many files, at least one.
        files: u32,
        /// Their sizes, in bytes.
        size: Distribution,
    },
    /// The same of exactly these sizes, as a probe reads them.
    Sized {
        /// Where they are.
        rse: RseId,
        /// One file each, in order of the inputs.
        sizes: Vec<Bytes>,
    },
}

settings! {
    /// Which files of a dataset a job reads.
    #[derive(Copy, Default)]
    pub enum Pick {
        /// The next ones in order, from the start again after the last.
        InOrder,
        /// Any, all equally likely.
        #[default]
        Uniform,
        /// The nth file with probability proportional to `n^-exponent`.
        Zipf {
            /// Steepness of popularity.
            #[range(PositiveUpTo(100))]
            exponent: f64,
        },
    }
}

/// A designed series of remote reads (Begy et al., section 3): at each step some processes start together,
/// each with some threads, and each thread reads one new file remotely, whatever the access policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// Where the processes run.
    pub pool: PoolId,
    /// What they read from.
    pub rse: RseId,
    /// Time between steps.
    pub every: SimSpan,
    /// Sizes of the files, in bytes.
    pub size: Distribution,
    /// For each step the threads of each of its processes.
    pub steps: Vec<Vec<u32>>,
    /// Whether the order of the steps is drawn (keyed by the seed) or as given.
    pub shuffle: bool,
}

settings! {
    /// Which of the rows of a log that have the same time goes first.
    ///
    /// Logs often have whole seconds, and what is submitted in bulk shares an instant: the order then decides who waits.
    /// Any order by content would be a policy (by ascending size every queue would serve its shortest transfer first, which
    /// gives the smallest mean wait that there is), so that none is offered.
    #[derive(Copy, Default)]
    pub enum Ties {
        /// The row that stands first in the log. Right for logs that are written as requests come. A log that is
        /// written as transfers *end* leaks the future in this way: of two rows of one instant the one that ended first
        /// goes first. Take `Shuffled` for it.
        #[default]
        LogOrder,
        /// Any, drawn from the seed of the run and the number of the row: the same for all policies, another one in each
        /// replication.
        Shuffled,
    }
}

/// Jobs from a log.
#[derive(Clone, Debug, PartialEq)]
pub struct JobTrace {
    /// The jobs in order of submission and, where that is the same, of the log; shared by all runs.
    pub jobs: Arc<[TracedJob]>,
    /// Which of those submitted at one instant comes first.
    pub ties: Ties,
    /// Threads of each process, at least one.
    pub threads: u32,
    /// Part of each input that is read, in (0, 1].
    pub read_fraction: f64,
    /// Blocks of a remote read, at least one (see [`JobTemplate::blocks`]).
    pub blocks: u32,
}

/// One job of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct TracedJob {
    /// When it was submitted.
    pub submitted_at: SimTime,
    /// Where it runs.
    pub pool: PoolId,
    /// Where its input is; `None`: it reads nothing.
    pub source: Option<RseId>,
    /// Size of its one input file.
    pub input: Bytes,
    /// Compute time [s on a node of speed 1].
    pub compute_s: f64,
    /// Slots that it holds on one node, at least one.
    pub slots: u32,
    /// How long it said that it would run; `None`: its compute time.
    pub requested: Option<SimSpan>,
    /// How long it took by the log, from its submission to its end; nothing goes by it.
    pub took: Option<SimSpan>,
    /// Row of the log it came from, 1 for the first row of data.
    pub row: u64,
}

/// Transfers between RSEs that arrive one by one and queue like any placement, but leave no replica behind:
/// the rest of the grid's traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferStream {
    /// Where the files come from.
    pub source: RseId,
    /// Where they go, one of these drawn for each, all equally likely; never empty.
    pub destinations: Vec<RseId>,
    /// When they are requested.
    pub arrivals: Arrivals,
    /// Their sizes, in bytes.
    pub size: Distribution,
}

/// Transfers from a log.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferTrace {
    /// The transfers in order of time and, where that is the same, of the log; shared by all runs.
    pub transfers: Arc<[TracedTransfer]>,
    /// Which of those of one instant comes first.
    pub ties: Ties,
    /// Whether a logged time is a request, which queues for slots, or the moment at which a slot was taken,
    /// which does not queue a second time.
    pub queues: bool,
}

/// One transfer of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct TracedTransfer {
    /// When it was requested or started, see [`TransferTrace::queues`].
    pub at: SimTime,
    /// Where the file comes from.
    pub source: RseId,
    /// Where it goes.
    pub destination: RseId,
    /// Its size.
    pub bytes: Bytes,
    /// How long it took by the log, from `at`; nothing goes by it.
    pub took: Option<SimSpan>,
    /// Row of the log it came from, 1 for the first row of data.
    pub row: u64,
}
