//! What components ask, and what they may be answered: plain values.
//!
//! A component that needs a decision raises a question and goes on. The engine puts it to whoever decides, between two
//! handlers, and hands the answer back to the component. What a policy is shown besides is `decide`'s business.

use crate::ids::{FileId, JobId, PoolId, RseId};
use crate::units::Bytes;

/// A question of a component, waiting for its answer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Question {
    /// How does a job reach one of its inputs?
    Access(AccessQuestion),
    /// From which replica is a file copied?
    Source(SourceQuestion),
}

impl Question {
    /// What the service itself would do; `None`: it has no rule of its own.
    pub fn default_answer(&self) -> Option<Answer> {
        match self {
            Self::Access(_) => None,
            Self::Source(question) => Some(Answer::Source(question.suggested)),
        }
    }
}

/// The answer to a [`Question`] of the same kind.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// How the job reaches the input.
    Access(Access),
    /// The RSE whose replica is copied.
    Source(RseId),
}

/// How shall a job reach one of its inputs? Asked for each input when the job is submitted, in order of the inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessQuestion {
    /// The job.
    pub job: JobId,
    /// Position of the input among the job's inputs.
    pub input: u32,
    /// The file.
    pub file: FileId,
    /// Its size.
    pub bytes: Bytes,
    /// Part of it that the job reads, in (0, 1].
    pub read_fraction: f64,
    /// Threads of the job's process.
    pub threads: u32,
    /// Where the job will run.
    pub pool: PoolId,
    /// Compute time that goes with this input on a node of the pool in seconds.
    pub compute_s: f64,
}

/// What could be seen when an access was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessObservation {
    /// Replicas that can be reached from the pool.
    pub sources: usize,
    /// Requests queued towards the pool's site.
    pub queued: u32,
    /// Jobs that wait at the pool.
    pub waiting: usize,
}

/// How a job reaches one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Stream it from `source` while the job runs.
    Remote {
        /// An RSE with a replica.
        source: RseId,
    },
    /// Copy it from `source` to the worker node's scratch space before the job computes.
    StageIn {
        /// An RSE with a replica.
        source: RseId,
    },
    /// Copy it to the RSE `target` before the job is started, then stage it in from there. It is copied from `source` unless a
    /// policy of its own chooses the source; a placement to the same target that is under way is joined, and a replica that is there
    /// is used.
    Place {
        /// An RSE with a replica: the suggested source of the copy.
        source: RseId,
        /// An RSE at the site of the pool.
        target: RseId,
    },
}

impl Access {
    /// The RSE whose replica is named; of a placement the suggested one.
    pub const fn source(self) -> RseId {
        match self {
            Self::Remote { source } | Self::StageIn { source } | Self::Place { source, .. } => source,
        }
    }

    /// Where a placement puts the file; `None`: nothing is placed.
    pub const fn target(self) -> Option<RseId> {
        match self {
            Self::Place { target, .. } => Some(target),
            Self::Remote { .. } | Self::StageIn { .. } => None,
        }
    }

    /// The RSE that the job itself reads from.
    pub fn read_from(self) -> RseId {
        self.target().unwrap_or_else(|| self.source())
    }

    /// Whether the job reads while it runs.
    pub const fn is_streamed(self) -> bool {
        matches!(self, Self::Remote { .. })
    }
}

/// From which replica shall a file be copied? Asked for each placement that is not under way yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceQuestion {
    /// The job that needs it.
    pub job: JobId,
    /// Position of the input among the job's inputs.
    pub input: u32,
    /// The file.
    pub file: FileId,
    /// Its size.
    pub bytes: Bytes,
    /// Where it goes.
    pub destination: RseId,
    /// What whoever asked for the placement would take: the default answer.
    pub suggested: RseId,
}

/// What could be seen when a source was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceObservation {
    /// Replicas from which the destination can be reached.
    pub sources: usize,
    /// Requests queued and active on the FTS link from the suggested source.
    pub suggested_queue: usize,
    /// The fewest of all links that lead there from a replica; `None`: none leads there.
    pub least_queue: Option<usize>,
}
