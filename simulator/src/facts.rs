//! Everything that has happened, typed: what components tell.
//!
//! ```text
//!   component --tell(Fact)--> observers: recorder, KPIs, progress, the policies' learning
//!                        +--> the engine's routes: facts on which another component acts
//! ```
//!
//! A fact that ends something tells its whole life, so that no observer has to remember how it began. Facts are plain values:
//! ids, instants, bytes and enums; names and texts belong to whoever writes them down.

use crate::faults::CopyError;
use crate::ids::{
    AccountId, ActivityId, DtnId, FileId, HostId, JobId, LinkId, PoolId, ReadId, RequestId, RseId, RuleId, WorkloadId,
};
use crate::network::Carried;
use crate::questions::{Access, AccessObservation, AccessQuestion, SourceObservation, SourceQuestion};
use crate::units::{Bytes, SimSpan, SimTime};

/// Something that has happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fact {
    /// A transfer request has ended and its row is history, or the run has ended.
    TransferEnded(TransferEnded),
    /// FTS has ended what a request asked of it; nobody else has learned of it yet.
    FtsEnded(FtsEnded),
    /// A file is at an RSE that asked for it, or is given up there after all attempts.
    Settled(Settled),
    /// A rule has been refused or deleted, or the run has ended.
    RuleEnded(RuleEnded),
    /// A replica has been deleted.
    ReplicaRemoved(ReplicaRemoved),
    /// There is more space at an RSE than there was.
    SpaceFreed {
        /// The RSE.
        rse: RseId,
    },
    /// A job's file access has ended, or the run has.
    ReadEnded(ReadEnded),
    /// A job has ended, or the run has.
    JobEnded(JobEnded),
    /// Somebody has decided how a job reaches an input; told only where it is wanted.
    AccessDecided(Decided<AccessQuestion, AccessObservation, Access>),
    /// Somebody has decided from which replica a file is copied; told only where it is wanted.
    SourceDecided(Decided<SourceQuestion, SourceObservation, RseId>),
    /// A quantity was sampled; told only where it is wanted.
    Sampled(Sample),
}

/// What is told only to those who want it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// Decisions of policies, with what could be seen when they were taken.
    pub decisions: bool,
    /// Samples of all quantities from the start at this interval, which is positive.
    pub samples_every: Option<SimSpan>,
}

impl Wants {
    /// What two observers want. There is one interval of samples: that of the first observer that wants any.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let samples_every = self.samples_every.or(other.samples_every);
        Self { decisions: self.decisions || other.decisions, samples_every }
    }
}

/// Is told what happens in a run, in order of time.
pub trait Observer {
    /// Something has happened at `at`.
    fn observe(&mut self, at: SimTime, fact: &Fact);

    /// What it wants to be told besides what everybody is.
    fn wants(&self) -> Wants {
        Wants::default()
    }

    /// How far the run is: told every few thousand events and at the end.
    fn advanced(&mut self, _now: SimTime, _n_events: u64) {}
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn observe(&mut self, _: SimTime, _: &Fact) {}
}

/// Two observers, told one after the other.
impl<A: Observer + ?Sized, B: Observer + ?Sized> Observer for (&mut A, &mut B) {
    fn observe(&mut self, at: SimTime, fact: &Fact) {
        self.0.observe(at, fact);
        self.1.observe(at, fact);
    }

    fn wants(&self) -> Wants {
        self.0.wants().and(self.1.wants())
    }

    fn advanced(&mut self, now: SimTime, n_events: u64) {
        self.0.advanced(now, n_events);
        self.1.advanced(now, n_events);
    }
}

/// What FTS did for a request.
#[derive(Clone, Debug, PartialEq)]
pub struct FtsEnded {
    /// The request.
    pub request: RequestId,
    /// Where the file was read from, by the last try.
    pub source: RseId,
    /// When FTS had it.
    pub submitted_at: SimTime,
    /// When the process of the last try was accepted; without passes that is when it took its slots.
    pub started_at: Option<SimTime>,
    /// When its first byte moved.
    pub flowing_at: Option<SimTime>,
    /// When all of it was there and verified.
    pub transferred_at: Option<SimTime>,
    /// Bytes that all its tries moved; those of failed ones are lost.
    pub moved: Bytes,
    /// Copies that were begun.
    pub tries: u32,
    /// How it came out.
    pub result: Result<(), TransferError>,
}

/// What became of the wish to have a file at an RSE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The file.
    pub file: FileId,
    /// Where it was to go.
    pub rse: RseId,
    /// Whether it is there.
    pub done: bool,
}

/// The end of a replica that the reaper has deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaRemoved {
    /// The file.
    pub file: FileId,
    /// Where it was.
    pub rse: RseId,
    /// Space that this frees; zero where the replica had never arrived.
    pub bytes: Bytes,
    /// Why it was deleted.
    pub because: RemovedBecause,
    /// When it was read last; when it came into being, where it never was.
    pub used_at: SimTime,
}

/// Why a replica was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovedBecause {
    /// It was obsolete: purged, never arrived, or bad.
    Obsolete,
    /// Its space was needed, and it was the one that nobody had read for longest.
    SpaceNeeded,
    /// Its RSE keeps nothing that no lock holds.
    Greedy,
}

/// The life of a transfer request: one attempt to copy a file to an RSE.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferEnded {
    /// The request.
    pub request: RequestId,
    /// The workload that caused it.
    pub workload: WorkloadId,
    /// The file that is copied; `None`: traffic that leaves no replica.
    pub file: Option<FileId>,
    /// What the log says that it was replayed from.
    pub traced: Option<TraceRow>,
    /// Whether a job waits for it.
    pub for_job: bool,
    /// The rule that asked for it first; `None`: nobody did by a rule.
    pub rule: Option<RuleId>,
    /// What it is for.
    pub activity: ActivityId,
    /// Attempts before this one.
    pub attempt: u32,
    /// The attempt before this one.
    pub previous: Option<RequestId>,
    /// Where it was read from, or was to be; `None`: no source was chosen.
    pub source: Option<RseId>,
    /// Where it was written to.
    pub destination: RseId,
    /// Size of the file.
    pub bytes: Bytes,
    /// When the first attempt was asked for.
    pub requested_at: SimTime,
    /// When this attempt was asked for.
    pub created_at: SimTime,
    /// When FTS had it.
    pub submitted_at: Option<SimTime>,
    /// When it took its slots.
    pub started_at: Option<SimTime>,
    /// When its first byte moved.
    pub flowing_at: Option<SimTime>,
    /// When its last byte arrived.
    pub transferred_at: Option<SimTime>,
    /// When Rucio had learned how it came out.
    pub learned_at: Option<SimTime>,
    /// Bytes that arrived.
    pub moved: Bytes,
    /// How it came out.
    pub outcome: TransferOutcome,
}

impl TransferEnded {
    /// Whether it was made for a job that needs the file. Otherwise it is the workload's own, or of a rule.
    pub fn is_placement(&self) -> bool {
        self.for_job
    }
}

/// The row of a log behind something that is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceRow {
    /// Its number, 1 for the first row of data.
    pub number: u64,
    /// How long it took by the log, from the instant at which it is replayed; nothing goes by it.
    pub took: Option<SimSpan>,
}

/// How a transfer request came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferOutcome {
    /// The file is there.
    Done,
    /// It is not, and will not be.
    Failed(TransferError),
    /// At the horizon it waited for slots or space.
    Queued,
    /// At the horizon it was under way.
    Active,
    /// At the horizon FTS was through with it, and Rucio had not acted on that yet.
    Finishing,
}

/// Why a transfer request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferError {
    /// The destination was full.
    NoSpace,
    /// No links lead from the source to the destination.
    NoRoute,
    /// Its copy failed.
    Copy(CopyError),
    /// Somebody has cancelled it.
    Cancelled,
    /// It is a later hop of a file of which an earlier one failed.
    NotUsed,
    /// Its virtual organisation has no share of the link.
    NoShare,
    /// Its file was not brought from tape to disk in time (ETIMEDOUT).
    StagingTimeout,
    /// Its file was not on tape in time.
    ArchivingTimeout,
    /// No replica could be its source: there was none, or none with a distance to the destination.
    NoSources,
    /// FTS refused to take it.
    Refused,
    /// FTS had taken it and knew nothing of it later.
    Lost,
}

impl TransferError {
    /// Whether FTS tries the file again where its job has retries left.
    pub fn is_recoverable(self) -> bool {
        match self {
            Self::Copy(error) => error.is_recoverable(),
            Self::StagingTimeout => true,
            Self::NoSpace
            | Self::NoRoute
            | Self::NoSources
            | Self::Refused
            | Self::Lost
            | Self::Cancelled
            | Self::NotUsed
            | Self::NoShare
            | Self::ArchivingTimeout => false,
        }
    }

    /// Its name in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoSpace => "no-space",
            Self::NoRoute => "no-route",
            Self::NoSources => "no-sources",
            Self::Refused => "refused",
            Self::Lost => "lost",
            Self::Copy(error) => error.name(),
            Self::Cancelled => "cancelled",
            Self::NotUsed => "not-used",
            Self::NoShare => "no-share",
            Self::StagingTimeout => "staging-timeout",
            Self::ArchivingTimeout => "archiving-timeout",
        }
    }
}

/// The life of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleEnded {
    /// The rule.
    pub rule: RuleId,
    /// The workload that asked for it.
    pub workload: WorkloadId,
    /// Whose it is.
    pub account: AccountId,
    /// Activity of its transfers.
    pub activity: ActivityId,
    /// Priority of its transfers, 1 to 5.
    pub priority: u8,
    /// Copies of each file; 0: it was refused before that was known.
    pub copies: u32,
    /// Files of the data when it was looked at last.
    pub files: u64,
    /// Bytes of its locks, or that they last had.
    pub bytes: Bytes,
    /// Transfers that were requested for it, each repair of a lock among them; attempts that follow a failed one are not.
    pub transfers: u32,
    /// When it was asked for.
    pub created_at: SimTime,
    /// When its locks were made; `None`: they never were.
    pub injected_at: Option<SimTime>,
    /// When all its copies were there for the first time.
    pub ok_at: Option<SimTime>,
    /// When one of its locks was stuck for the first time.
    pub stuck_at: Option<SimTime>,
    /// When it was deleted; `None`: it was refused, or is still there at the horizon.
    pub deleted_at: Option<SimTime>,
    /// Its last state; `None`: it was refused, and there is no such rule.
    pub state: Option<RuleState>,
    /// Locks whose replica is there, whose transfer is under way, and that are stuck, before it was deleted.
    pub locks: [u32; 3],
    /// Why it was refused, is stuck or suspended.
    pub error: Option<RuleError>,
}

/// The state of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleState {
    /// It waits for the injector.
    Inject,
    /// Some of its copies are still to come.
    Replicating,
    /// All its copies are there.
    Ok,
    /// Some of its copies do not come.
    Stuck,
    /// It is not tried any more.
    Suspended,
    /// It waits for somebody's consent.
    WaitingApproval,
}

/// Why a rule was refused, or is stuck: what its owner is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// There is no such data, or it has no files.
    NoSuchData,
    /// The RSE expression stands for no RSE.
    NoRse,
    /// Nothing may be written at any of its RSEs.
    NotWritable,
    /// The weight of an RSE is no number that is finite and not negative.
    InvalidWeight,
    /// Fewer RSEs than copies.
    InsufficientTargets,
    /// The account's quota is too small.
    InsufficientQuota,
    /// The space that RSEs have for placements is too small.
    RseOverQuota,
    /// There is a rule of this account for the same data, expression and copies.
    Duplicate,
    /// A file can be copied from nowhere.
    MissingSource,
    /// A file could not be copied in any of its attempts.
    TransfersFailed,
}

/// The life of a job's file access.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadEnded {
    /// The access.
    pub read: ReadId,
    /// The workload of its job.
    pub workload: WorkloadId,
    /// What was asked for it.
    pub question: AccessQuestion,
    /// What was answered.
    pub access: Access,
    /// When it was decided.
    pub decided_at: SimTime,
    /// When the first byte could move.
    pub started_at: Option<SimTime>,
    /// When the last byte arrived.
    pub ended_at: Option<SimTime>,
    /// Bytes that this access moved, without those of its placement.
    pub moved: Bytes,
    /// What moved around it; `None`: it was not streamed, or has not ended.
    pub concurrent: Option<Carried>,
}

impl ReadEnded {
    /// From the decision to the last byte in the job's hands; `None`: it has not arrived.
    pub fn took(&self) -> Option<SimSpan> {
        self.ended_at.map(|at| at.since(self.decided_at))
    }
}

/// A decision of a policy: what was asked (`Q`), what could be seen (`O`), what was answered (`A`).
#[derive(Clone, Debug, PartialEq)]
pub struct Decided<Q, O, A> {
    /// What was asked.
    pub question: Q,
    /// What could be seen.
    pub observation: O,
    /// What was answered.
    pub answer: A,
}

/// The life of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct JobEnded {
    /// The job.
    pub job: JobId,
    /// The workload it belongs to.
    pub workload: WorkloadId,
    /// What the log says that it was replayed from.
    pub traced: Option<TraceRow>,
    /// Where it ran.
    pub pool: PoolId,
    /// Worker node it ran on, from 0.
    pub node: Option<u32>,
    /// Threads of its process.
    pub threads: u32,
    /// Slots that it holds on its node.
    pub slots: u32,
    /// Number of its inputs.
    pub inputs: usize,
    /// Their size.
    pub input_bytes: Bytes,
    /// When it was submitted.
    pub submitted_at: SimTime,
    /// When its placements were done.
    pub ready_at: Option<SimTime>,
    /// When it took its slot.
    pub started_at: Option<SimTime>,
    /// When its last input byte had arrived.
    pub data_at: Option<SimTime>,
    /// When it ended.
    pub ended_at: Option<SimTime>,
    /// Compute time on its node in seconds.
    pub compute_s: f64,
    /// How it came out.
    pub outcome: JobOutcome,
}

/// How a job came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobOutcome {
    /// It has computed everything.
    Done,
    /// It never will.
    Failed(JobError),
    /// At the horizon it waited for its placements.
    Placing,
    /// At the horizon it waited for a slot or for scratch space.
    Queued,
    /// At the horizon it ran.
    Running,
}

/// Why a job failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobError {
    /// A placement that it waited for failed.
    PlacementFailed,
    /// What it stages in is more than the scratch space of a node.
    ScratchTooSmall,
    /// It needs more slots than a node of its pool has.
    NodeTooSmall,
    /// An input was deleted or lost before it was read, and nothing that is left of it can be reached.
    InputLost,
}

/// One quantity of one entity at one instant, after everything that happens in it; a rate is the mean since the sample before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Of what.
    pub entity: Entity,
    /// What.
    pub quantity: SampledQuantity,
    /// In the unit of the quantity.
    pub value: f64,
    /// The most that it can be, over the same span of time; `None`: nothing limits it by a number.
    pub capacity: Option<f64>,
}

/// What a sample is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    /// A link.
    Link(LinkId),
    /// A storage element.
    Rse(RseId),
    /// A data transfer node.
    Dtn(DtnId),
    /// A pool of worker nodes.
    Pool(PoolId),
    /// What FTS copies from one storage host to another; told where its nodes pass, once it has been used.
    FtsLink {
        /// Where files come from.
        source: HostId,
        /// Where they go to.
        destination: HostId,
    },
}

/// What is sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampledQuantity {
    /// What a link or DTN carries [B/s]: bytes since the sample before over the time since.
    Rate,
    /// Space taken at an RSE, initial fill and reservations included, in bytes.
    Used,
    /// Transfers on a DTN, start-up included; files of an FTS link that count against its limit.
    Active,
    /// Requests queued towards an RSE, jobs queued at a pool, or files queued on an FTS link.
    Queued,
    /// Slots of a pool that jobs hold.
    SlotsTaken,
    /// Files that an FTS link may copy at once.
    Limit,
}
