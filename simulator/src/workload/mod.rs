//! Who asks for what, and when: job streams, campaigns, transfer streams and traces.
//!
//! A [`Workload`] is a plain description. Every draw behind it is keyed by (seed, its name, nth), so the nth
//! job of a workload is the same job under every policy, and whatever workloads stand beside it (see [`crate::rng`]).

mod arrivals;
mod sources;

use std::sync::Arc;

pub use crate::distribution::Distribution;
pub use arrivals::{ArrivalTimes, Arrivals};
pub(crate) use sources::{Arriving, Sources};

use crate::ids::{DatasetId, PoolId, RseId};
use crate::rng::{Purpose, keyed};
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
    /// Transfers from a log.
    TransferTrace(TransferTrace),
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
            #[range(Positive)]
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

/// Jobs from a log.
#[derive(Clone, Debug, PartialEq)]
pub struct JobTrace {
    /// The jobs in order of submission, shared by all runs.
    pub jobs: Arc<[TracedJob]>,
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
    /// The transfers in order of time, shared by all runs; [`TransferTrace::new`] puts them in order.
    pub transfers: Arc<[TracedTransfer]>,
    /// Whether a logged time is a request, which queues for slots, or the moment at which a slot was taken,
    /// which does not queue a second time.
    pub queues: bool,
}

impl TransferTrace {
    /// A trace of transfers in any order.
    ///
    /// Those of one instant go in order of size, source and destination, and then in an order drawn by row, the same in
    /// every run. The order of a log will not do: logs are often written at the ends of transfers, and a replay
    /// must not learn from its input which of two transfers ended first.
    pub fn new(mut transfers: Vec<TracedTransfer>, queues: bool) -> Self {
        use rand::RngExt;
        let drawn = |row: u64| keyed(0, Purpose::RowOrder, [row]).random::<u64>();
        transfers.sort_by_cached_key(|transfer| {
            (transfer.at, transfer.bytes, transfer.source, transfer.destination, drawn(transfer.row))
        });
        Self { transfers: transfers.into(), queues }
    }
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
    /// Row of the log it came from, 1 for the first row of data.
    pub row: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;

    #[test]
    fn the_order_of_a_log_does_not_reach_its_replay() {
        let transfer = |row: u64| TracedTransfer {
            at: SimTime::from_nanos(100 - row % 2),
            source: RseId::from_index(0),
            destination: RseId::from_index(1),
            bytes: Bytes::new(row % 3),
            row,
        };
        let rows = |order: &mut dyn Iterator<Item = u64>| -> Vec<u64> {
            let trace = TransferTrace::new(order.map(transfer).collect(), false);
            trace.transfers.iter().map(|transfer| transfer.row).collect()
        };
        let (forwards, backwards) = (rows(&mut (1..=60)), rows(&mut (1..=60).rev()));
        assert_eq!(forwards, backwards);
        assert_ne!(forwards[..10], (0..10).map(|n| 6 * n + 3).collect::<Vec<_>>());
        assert!(forwards[..10].iter().all(|row| row % 6 == 3));
    }
}
