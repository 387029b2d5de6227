//! What FTS is asked for.

use smallvec::SmallVec;

use crate::ids::{ActivityId, FileId, RequestId, RseId, VoId, WorkloadId};
use crate::units::{Bytes, SimSpan};

/// A bundle of files that are submitted together.
#[derive(Clone, Debug)]
pub(crate) struct FtsJob {
    pub kind: JobKind,
    /// Never empty.
    pub files: SmallVec<[FtsFile; 1]>,
    pub workload: WorkloadId,
    pub vo: VoId,
    pub activity: ActivityId,
    /// 1 to 5; the higher goes first.
    pub priority: u8,
    /// Tries after the first; `None`: what the server is set to.
    pub retries: Option<u32>,
    pub retry_delay: Option<SimSpan>,
    /// After how long in the queue a file is cancelled; `None`: what the server is set to.
    pub max_time_in_queue: Option<SimSpan>,
    /// How long tape may take to bring a file online; `None`: a week.
    pub bring_online: Option<SimSpan>,
    /// How long the way to tape may take after the copy; `None`: what the tape system of the destination is set to, which may be that
    /// nobody waits for it.
    pub archive_timeout: Option<SimSpan>,
    /// Whether its files wait for slots; a replayed start does not wait a second time.
    pub queues: bool,
}

/// How the files of a job belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobKind {
    /// They do not.
    Regular,
    /// They are replicas of one file, for one request: one after the other is tried until one is there.
    MultiReplica,
    /// They are the hops of one file, a request each: each starts once the one before is there.
    MultiHop,
}

/// One file of a job.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FtsFile {
    pub request: RequestId,
    /// The file that becomes a replica; `None`: traffic.
    pub file: Option<FileId>,
    /// What is drawn for it goes by: the same under all policies.
    pub key: u64,
    pub source: RseId,
    pub destination: RseId,
    pub bytes: Bytes,
}
