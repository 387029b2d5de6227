//! A job and its reads.

use smallvec::SmallVec;

use crate::compute::pool::Waiting;
use crate::facts::{JobEnded, JobOutcome, ReadEnded, TraceRow};
use crate::ids::{FileId, JobId, PoolId, ReadId, WorkloadId};
use crate::network::FlowId;
use crate::questions::{Access, AccessQuestion};
use crate::units::{Bytes, SimSpan, SimTime};

/// A job as its workload makes it.
#[derive(Clone, Debug)]
pub(crate) struct NewJob {
    pub workload: WorkloadId,
    /// Key of what policies draw for it.
    pub key: u64,
    pub pool: PoolId,
    pub threads: u32,
    /// Slots that it holds on one node.
    pub slots: u32,
    /// How long it says that it will run; `None`: its compute time.
    pub requested: Option<SimSpan>,
    /// The row of a log that it comes from.
    pub traced: Option<TraceRow>,
    pub blocks: u32,
    pub read_fraction: f64,
    pub inputs: SmallVec<[NewInput; 2]>,
    /// Compute time on a node of speed 1 [s].
    pub compute_fixed_s: f64,
    /// Compute time per byte read on a node of speed 1 [s/B].
    pub compute_per_byte: f64,
}

/// One input of a new job.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewInput {
    pub file: FileId,
    /// How it is reached whatever the policy.
    pub forced: Option<Access>,
}

/// Where a job is in its life; what has ended is told and forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Placing,
    Queued,
    Running,
}

/// A job that has not ended.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub workload: WorkloadId,
    pub key: u64,
    pub pool: PoolId,
    pub threads: u32,
    pub slots: u32,
    pub requested: Option<SimSpan>,
    pub traced: Option<TraceRow>,
    pub blocks: u32,
    pub state: State,
    pub submitted_at: SimTime,
    pub ready_at: Option<SimTime>,
    pub started_at: Option<SimTime>,
    pub data_at: Option<SimTime>,
    pub node: Option<u32>,
    /// What it was queued with.
    pub queued: Option<Waiting>,
    /// Fixed compute time on a node of the pool.
    pub compute_fixed: SimSpan,
    /// Inputs of which it is still to be decided how they are reached.
    pub undecided: usize,
    /// Inputs still to be placed.
    pub placing: u32,
    /// Its reads, first those to be staged in.
    pub staged: SmallVec<[ReadId; 4]>,
    pub streamed: SmallVec<[ReadId; 4]>,
    /// How many of them were launched, and how many are under way.
    pub launched_staged: usize,
    pub launched_streamed: usize,
    pub reading: u32,
    /// When the core is done with what it has been given.
    pub busy_until: SimTime,
    /// Whether it ends with what it reads already.
    pub is_failing: bool,
}

/// An access of a job that has not ended.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// What was asked for it.
    pub question: AccessQuestion,
    /// Bytes that this access moves.
    pub part: Bytes,
    pub access: Access,
    /// From asking for it to the first byte.
    pub round_trip: SimSpan,
    pub decided_at: SimTime,
    pub started_at: Option<SimTime>,
    pub ended_at: Option<SimTime>,
    pub flow: Option<FlowId>,
}

impl Job {
    pub fn inputs(&self) -> usize {
        self.staged.len() + self.streamed.len()
    }

    /// Its reads, first those to be staged in.
    pub fn reads(&self) -> impl Iterator<Item = ReadId> {
        self.staged.iter().chain(&self.streamed).copied()
    }

    /// Its life so far.
    pub fn life(&self, job: JobId, reads: impl Iterator<Item = (Bytes, f64)>) -> JobEnded {
        let (mut input_bytes, mut compute_s) = (Bytes::ZERO, self.compute_fixed.as_secs_f64());
        for (bytes, seconds) in reads {
            input_bytes += bytes;
            compute_s += seconds;
        }
        JobEnded {
            job,
            workload: self.workload,
            traced: self.traced,
            pool: self.pool,
            node: self.node,
            threads: self.threads,
            slots: self.slots,
            inputs: self.inputs(),
            input_bytes,
            submitted_at: self.submitted_at,
            ready_at: self.ready_at,
            started_at: self.started_at,
            data_at: self.data_at,
            ended_at: None,
            compute_s,
            outcome: match self.state {
                State::Placing => JobOutcome::Placing,
                State::Queued => JobOutcome::Queued,
                State::Running => JobOutcome::Running,
            },
        }
    }
}

impl Read {
    /// Its life so far; nothing has moved.
    pub fn life(&self, read: ReadId, workload: WorkloadId) -> ReadEnded {
        ReadEnded {
            read,
            workload,
            question: self.question.clone(),
            access: self.access,
            decided_at: self.decided_at,
            started_at: self.started_at,
            ended_at: self.ended_at,
            moved: Bytes::ZERO,
            concurrent: None,
        }
    }
}
