//! A request: one attempt to bring a file to an RSE.

use crate::conveyor::ranking::Failures;
use crate::conveyor::throttler::{Group, Waiting};
use crate::facts::{FtsEnded, TraceRow, TransferEnded, TransferError, TransferOutcome};
use crate::ids::{
    AccountId, ActivityId, DatasetId, ExpressionId, FileId, Id, RequestId, RseId, RuleId, VoId, WorkloadId,
};
use crate::rng::mix;
use crate::storage::Storage;
use crate::units::{Bytes, SimTime};

/// The wish to have a file at an RSE, or to move traffic that leaves no replica.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Want {
    pub workload: WorkloadId,
    /// The file to be placed; `None`: traffic.
    pub file: Option<FileId>,
    /// What is drawn for it goes by: the same under all policies.
    pub key: u64,
    pub bytes: Bytes,
    /// The dataset that it is asked for with.
    pub dataset: Option<DatasetId>,
    pub sources: Sources,
    pub destination: RseId,
    /// Whether a job waits for it.
    pub for_job: bool,
    /// The rule behind it.
    pub rule: Option<RuleId>,
    pub account: AccountId,
    pub vo: VoId,
    pub activity: ActivityId,
    /// 1 to 5; the higher goes first.
    pub priority: u8,
    /// The attempts that count as made before the first: one for a lock that the judge has repaired.
    pub attempts_before: u32,
    /// The row of a log that it comes from.
    pub traced: Option<TraceRow>,
    /// Whether it waits for slots; a replayed start does not wait a second time.
    pub queues: bool,
}

/// Where a file may be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sources {
    /// From here, somebody has decided; further attempts choose by themselves.
    Chosen(RseId),
    /// From any replica, or any at the RSEs of an expression, which was known when the run began.
    Any {
        /// The expression.
        matching: Option<ExpressionId>,
    },
}

impl Want {
    /// A wish without a rule, of nobody in particular, with the priority that Rucio gives where none is named.
    pub fn plain(
        workload: WorkloadId,
        (file, bytes): (Option<FileId>, Bytes),
        (source, destination): (RseId, RseId),
    ) -> Self {
        Self {
            workload,
            file,
            key: file.map_or(0, |file| file.index() as u64),
            bytes,
            dataset: None,
            sources: Sources::Chosen(source),
            destination,
            for_job: false,
            rule: None,
            account: AccountId::from_index(0),
            vo: VoId::from_index(0),
            activity: ActivityId::from_index(0),
            priority: 3,
            attempts_before: 0,
            traced: None,
            queues: true,
        }
    }
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Its source is still to be chosen.
    Preparing,
    /// A limit of transfers holds it back.
    Waiting,
    /// The submitter is to take it.
    Queued,
    /// FTS has it, or has told how it ended and nobody has learned of it.
    Submitted,
    /// Rucio knows how it ended; the finisher is to act on it.
    Ended(Known),
}

/// How a request ended, as Rucio sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// As FTS says.
    ByFts,
    /// No replica can be its source.
    NoSources,
    /// FTS has refused it.
    Refused,
    /// FTS knows nothing of it.
    Lost,
}

impl Known {
    pub fn error(self) -> Option<TransferError> {
        match self {
            Self::ByFts => None,
            Self::NoSources => Some(TransferError::NoSources),
            Self::Refused => Some(TransferError::Refused),
            Self::Lost => Some(TransferError::Lost),
        }
    }
}

/// A request that has not ended.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub want: Want,
    pub state: State,
    pub attempt: u32,
    pub previous: Option<RequestId>,
    /// Whether it only brings the file to an RSE between two others.
    pub is_hop: bool,
    /// What earlier attempts have failed with.
    pub failures: Failures,
    /// The source that the preparer, and then the submitter, has chosen.
    pub source: Option<RseId>,
    /// Whether FTS knows nothing of it although it was submitted.
    pub is_lost: bool,
    /// The sources that are in use: those of all hops to it, or all of a job with several.
    pub in_use: Failures,
    /// What it counts under in the throttler.
    pub group: Option<Group>,
    pub requested_at: SimTime,
    pub created_at: SimTime,
    pub submitted_at: Option<SimTime>,
    pub learned_at: Option<SimTime>,
}

impl Request {
    /// The first attempt.
    pub fn new(want: Want, now: SimTime) -> Self {
        Self {
            want,
            state: State::Preparing,
            attempt: want.attempts_before,
            previous: None,
            is_hop: false,
            is_lost: false,
            failures: Failures::default(),
            source: None,
            in_use: Failures::default(),
            group: None,
            requested_at: now,
            created_at: now,
            submitted_at: None,
            learned_at: None,
        }
    }

    /// The attempt after one that has failed; whether that counts against its sources is told.
    pub fn next(&self, id: RequestId, demotes: bool, now: SimTime) -> Self {
        let mut failures = self.failures.clone();
        if demotes {
            self.in_use.sources().for_each(|source| failures.add(source));
        }
        Self {
            attempt: self.attempt + 1,
            previous: Some(id),
            failures,
            requested_at: self.requested_at,
            ..Self::new(self.want, now)
        }
    }

    /// The number by which workers share requests out: that of the thing it is about, so that no other moves it.
    pub fn hash(&self, id: RequestId) -> u64 {
        let thing = match self.want.file {
            Some(file) => mix(file.index() as u64) ^ (self.want.destination.index() as u64).rotate_left(32),
            None => id.index() as u64,
        };
        mix(thing.wrapping_add(u64::from(self.attempt)))
    }

    /// The source that somebody has decided on for this attempt.
    pub fn chosen(&self) -> Option<RseId> {
        match self.want.sources {
            Sources::Chosen(source) if self.previous.is_none() || self.want.file.is_none() => Some(source),
            _ => None,
        }
    }

    /// Where its sources may be; `None`: anywhere.
    pub fn matching(&self) -> Option<ExpressionId> {
        match self.want.sources {
            Sources::Any { matching } => matching,
            Sources::Chosen(_) => None,
        }
    }

    /// Its sources stay where they are.
    pub fn hold_sources(&self, storage: &mut Storage, now: SimTime) {
        if let Some(file) = self.want.file {
            self.in_use.sources().for_each(|source| storage.hold_source(file, source, now));
        }
    }

    /// They may go.
    pub fn release_sources(&self, storage: &mut Storage, now: SimTime) {
        if let Some(file) = self.want.file {
            self.in_use.sources().for_each(|source| storage.release_source(file, source, now));
        }
    }

    /// As the throttler sees it.
    pub fn waiting(&self, request: RequestId) -> Waiting {
        let Want { account, bytes, dataset, file, .. } = self.want;
        // Files of no dataset are datasets of their own.
        let dataset = match (dataset, file) {
            (Some(dataset), _) => dataset.index() as u64,
            (None, Some(file)) => (1 << 32) + file.index() as u64,
            (None, None) => (2 << 32) + request.index() as u64,
        };
        Waiting { requested_at: self.requested_at, request, account, bytes, dataset }
    }

    /// Its row of history.
    pub fn life(&self, request: RequestId, ended: Option<&FtsEnded>, outcome: TransferOutcome) -> TransferEnded {
        let want = &self.want;
        let asked = match want.sources {
            Sources::Chosen(source) => Some(source),
            Sources::Any { .. } => None,
        };
        TransferEnded {
            request,
            workload: want.workload,
            file: want.file,
            traced: want.traced,
            for_job: want.for_job,
            rule: want.rule,
            activity: want.activity,
            attempt: self.attempt,
            previous: self.previous,
            source: ended.map(|ended| ended.source).or(self.source).or(asked),
            destination: want.destination,
            bytes: want.bytes,
            requested_at: self.requested_at,
            created_at: self.created_at,
            submitted_at: self.submitted_at,
            started_at: ended.and_then(|ended| ended.started_at),
            flowing_at: ended.and_then(|ended| ended.flowing_at),
            transferred_at: ended.and_then(|ended| ended.transferred_at),
            learned_at: self.learned_at,
            moved: ended.map_or(Bytes::ZERO, |ended| ended.moved),
            outcome,
        }
    }
}
