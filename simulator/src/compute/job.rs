//! A job and its reads.

use smallvec::SmallVec;

use crate::ids::{FileId, Id, JobId, PoolId, ReadId, RseId, WorkloadId};
use crate::network::FlowId;
use crate::policy::{Access, AccessRequest};
use crate::results::{DecisionRecord, JobRecord, ReadRecord};
use crate::units::{Bytes, SimSpan, SimTime};

/// A job as its workload makes it.
#[derive(Clone, Debug)]
pub(crate) struct NewJob {
    pub workload: WorkloadId,
    pub pool: PoolId,
    pub threads: u32,
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

/// Where a job is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Placing,
    Queued,
    Running,
    Done,
    Failed,
}

/// A job that has not ended.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub workload: WorkloadId,
    pub pool: PoolId,
    pub threads: u32,
    pub blocks: u32,
    pub state: State,
    pub submitted_at: SimTime,
    pub ready_at: Option<SimTime>,
    pub started_at: Option<SimTime>,
    pub data_at: Option<SimTime>,
    pub ended_at: Option<SimTime>,
    pub node: Option<u32>,
    pub scratch: Bytes,
    pub error_class: Option<&'static str>,
    /// Fixed compute time on a node of the pool.
    pub compute_fixed: SimSpan,
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
}

/// An access of a job that has not ended.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// What was asked for it.
    pub request: AccessRequest,
    /// What the policy was shown besides.
    pub shown: Shown,
    /// Bytes that this access moves.
    pub part: Bytes,
    pub access: Access,
    /// Whether the policy decided it.
    pub by_policy: bool,
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

    pub fn record(&self, id: JobId, reads: impl Iterator<Item = (Bytes, f64)>) -> JobRecord {
        let (mut input_bytes, mut compute_s) = (Bytes::ZERO, self.compute_fixed.as_secs_f64());
        for (bytes, seconds) in reads {
            input_bytes += bytes;
            compute_s += seconds;
        }
        JobRecord {
            job: id.index() as u64,
            workload: self.workload,
            pool: self.pool,
            node: self.node,
            threads: self.threads,
            inputs: self.inputs(),
            input_bytes,
            submitted_at: self.submitted_at,
            ready_at: self.ready_at,
            started_at: self.started_at,
            data_at: self.data_at,
            ended_at: self.ended_at,
            compute_s,
            outcome: match self.state {
                State::Placing => "placing",
                State::Queued => "queued",
                State::Running => "running",
                State::Done => "done",
                State::Failed => "failed",
            },
            error_class: self.error_class,
        }
    }
}

impl Read {
    /// The RSE that the job itself reads from.
    pub fn source(&self) -> RseId {
        match self.access {
            Access::Remote { source } | Access::StageIn { source } => source,
            Access::Place { target, .. } => target,
        }
    }

    pub fn is_streamed(&self) -> bool {
        matches!(self.access, Access::Remote { .. })
    }

    pub fn mode(&self) -> &'static str {
        match self.access {
            Access::Remote { .. } => "remote",
            Access::StageIn { .. } => "stage-in",
            Access::Place { .. } => "place",
        }
    }

    pub fn record(&self, id: ReadId) -> ReadRecord {
        let request = &self.request;
        ReadRecord {
            read: id.index() as u64,
            job: request.job.index() as u64,
            input: request.input,
            file: request.file,
            mode: self.mode(),
            source: self.source(),
            pool: request.pool,
            bytes: request.bytes,
            fraction: request.read_fraction,
            moved: Bytes::ZERO,
            decided_at: self.decided_at,
            started_at: self.started_at,
            ended_at: self.ended_at,
            concurrent: None,
        }
    }

    /// The decision behind it and what came of it.
    pub fn decision(&self, id: ReadId) -> DecisionRecord {
        let (source, target) = match self.access {
            Access::Remote { source } | Access::StageIn { source } => (source, None),
            Access::Place { source, target } => (source, Some(target)),
        };
        DecisionRecord {
            read: id.index() as u64,
            job: self.request.job.index() as u64,
            input: self.request.input,
            decided_at: self.decided_at,
            bytes: self.request.bytes,
            fraction: self.request.read_fraction,
            sources: self.shown.sources,
            queued: self.shown.queued,
            waiting: self.shown.waiting,
            action: self.mode(),
            source,
            target,
            took: self.took(),
        }
    }

    /// From the decision to the last byte; `None`: it has not arrived.
    pub fn took(&self) -> Option<SimSpan> {
        self.ended_at.map(|at| at.since(self.decided_at))
    }
}

/// What a policy was shown besides its request, for the record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub sources: usize,
    pub queued: u32,
    pub waiting: usize,
}
