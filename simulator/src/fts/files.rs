//! The rows of FTS: jobs, and their files.

use smallvec::SmallVec;

use crate::copy::CopyEnded;
use crate::facts::{FtsEnded, TransferError};
use crate::fts::backlog::{ClassId, NodeId};
use crate::fts::queues::FtsLinkId;
use crate::fts::{FtsFile, FtsJob, JobKind};
use crate::ids::{ActivityId, CopyId, FtsFileId, VoId, WorkloadId, entity_id};
use crate::units::{Bytes, SimSpan, SimTime};

entity_id! {
    /// A job of FTS.
    FtsJobId;
}

/// A job of which not all files have ended.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub kind: JobKind,
    pub workload: WorkloadId,
    pub vo: VoId,
    pub activity: ActivityId,
    pub priority: u8,
    /// Tries after the first.
    pub retries: u32,
    pub retry_delay: SimSpan,
    /// How long tape may take to bring a file online; `None`: nobody has said.
    pub bring_online: Option<SimSpan>,
    /// How long the way to tape may take after the copy; `None`: nobody has said.
    pub archive_timeout: Option<SimSpan>,
    /// Whether its files wait for slots.
    pub queues: bool,
    /// In the order of submission.
    pub files: SmallVec<[FtsFileId; 1]>,
    /// How many of them have not ended.
    pub n_left: u32,
    /// The node of all its files; `None`: each has its own.
    pub node: Option<NodeId>,
    /// When it has been queued for too long; `None`: never.
    pub deadline: Option<SimTime>,
}

impl Job {
    /// The row of a job without files; `retries` and their delay where it says nothing of them.
    pub fn new(job: &FtsJob, retries: (u32, SimSpan)) -> Self {
        let again = if job.kind == JobKind::Regular { job.retries.unwrap_or(retries.0) } else { 0 };
        Self {
            kind: job.kind,
            workload: job.workload,
            vo: job.vo,
            activity: job.activity,
            priority: job.priority.clamp(1, 5),
            retries: again,
            retry_delay: job.retry_delay.unwrap_or(retries.1),
            bring_online: job.bring_online,
            archive_timeout: job.archive_timeout,
            queues: job.queues,
            files: SmallVec::new(),
            n_left: 0,
            node: None,
            deadline: None,
        }
    }
}

/// Where a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// NOT_USED: its turn among the replicas or hops of its job has not come.
    NotUsed,
    /// STAGING or STARTED: it is to come from tape, and is not known to be on disk.
    Staging,
    /// SUBMITTED, and may start.
    Queued,
    /// SUBMITTED, and waits for its retry, for space or for a slot of a data transfer node.
    Held,
    /// READY: its process is being started.
    Ready,
    /// Its process runs; whether it counts as ACTIVE hangs on whether its node has read so.
    Copying(CopyId),
    /// Its process has ended, and its node has not read so yet. `keeps_space`: a file was copied for which space is kept.
    Ended { keeps_space: bool },
    /// ARCHIVING: it is copied, and not known to be on tape.
    Archiving,
}

/// The queue of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    /// That of a pair of RSEs, without passes.
    Pair(FtsLinkId),
    /// That of a class, with passes.
    Class(ClassId),
}

/// A file of a job.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub spec: FtsFile,
    pub job: FtsJobId,
    pub state: State,
    pub queue: Option<Queue>,
    pub submitted_at: SimTime,
    /// When the process of the last try was accepted.
    pub started_at: Option<SimTime>,
    /// Tries that were begun, those of other replicas before it included.
    pub tries: u32,
    /// Bytes that earlier tries moved, and lost.
    pub lost: Bytes,
    /// Whether it counts as ACTIVE.
    pub is_active: bool,
    /// Whether it was brought from tape for its next try.
    pub is_online: bool,
    /// Whether somebody has cancelled it.
    pub is_cancelled: bool,
}

impl File {
    /// A row that has just been written.
    pub fn new(spec: FtsFile, job: FtsJobId, now: SimTime) -> Self {
        Self {
            spec,
            job,
            state: State::NotUsed,
            queue: None,
            submitted_at: now,
            started_at: None,
            tries: 0,
            lost: Bytes::ZERO,
            is_active: false,
            is_online: false,
            is_cancelled: false,
        }
    }

    /// Its life, with what its last try has done.
    pub fn life(&self, result: Result<(), TransferError>, copied: Option<&CopyEnded>) -> FtsEnded {
        FtsEnded {
            request: self.spec.request,
            source: self.spec.source,
            submitted_at: self.submitted_at,
            started_at: self.started_at,
            flowing_at: copied.and_then(|copied| copied.flowing_at),
            transferred_at: copied.filter(|_| result.is_ok()).map(|copied| copied.ended_at),
            moved: self.lost + copied.map_or(Bytes::ZERO, |copied| copied.moved),
            tries: self.tries,
            result,
        }
    }
}
