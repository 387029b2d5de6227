//! The life of requests.

use rustc_hash::FxHashMap;
use smallvec::smallvec;

use crate::context::Context;
use crate::fabric::Fabric;
use crate::facts::{Fact, FtsEnded, Settled, TraceRow, TransferEnded, TransferOutcome};
use crate::fts::{Fts, FtsEvent, FtsFile, FtsJob, JobKind};
use crate::ids::{ActivityId, FileId, Id, RequestId, RseId, RuleId, VoId, WorkloadId};
use crate::live::Live;
use crate::units::{Bytes, SimTime};

/// What can happen to a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ConveyorEvent {
    /// FTS has ended it.
    Ended {
        /// The request.
        request: RequestId,
    },
}

/// The wish to have a file at an RSE, or to move traffic that leaves no replica.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Want {
    pub workload: WorkloadId,
    /// The file to be placed; `None`: traffic.
    pub file: Option<FileId>,
    pub bytes: Bytes,
    pub source: RseId,
    pub destination: RseId,
    /// The rule behind it.
    pub rule: Option<RuleId>,
    pub vo: VoId,
    pub activity: ActivityId,
    /// 1 to 5; the higher goes first.
    pub priority: u8,
    /// The row of a log that it comes from.
    pub traced: Option<TraceRow>,
    /// Whether it waits for slots; a replayed start does not wait a second time.
    pub queues: bool,
}

impl Want {
    /// A wish without a rule, of nobody in particular, with the priority that Rucio gives where none is named.
    pub fn plain(
        workload: WorkloadId,
        (file, bytes): (Option<FileId>, Bytes),
        (source, destination): (RseId, RseId),
    ) -> Self {
        let (vo, activity) = (VoId::from_index(0), ActivityId::from_index(0));
        let (rule, priority, traced, queues) = (None, 3, None, true);
        Self { workload, file, bytes, source, destination, rule, vo, activity, priority, traced, queues }
    }
}

/// A request that has not ended.
#[derive(Clone, Copy, Debug)]
struct Request {
    want: Want,
    attempt: u32,
    previous: Option<RequestId>,
    requested_at: SimTime,
    created_at: SimTime,
    submitted_at: Option<SimTime>,
}

/// All requests.
#[derive(Clone, Debug)]
pub(crate) struct Conveyor {
    requests: Live<RequestId, Request>,
    /// The one live request per file and destination; for looking up only.
    live: FxHashMap<(FileId, RseId), RequestId>,
    n_done: u64,
    n_failed: u64,
}

impl Conveyor {
    /// No request yet.
    pub fn new() -> Self {
        Self { requests: Live::new(), live: FxHashMap::default(), n_done: 0, n_failed: 0 }
    }

    /// Takes a wish. Of a file it is one that nobody has yet (see [`Conveyor::live`]).
    pub fn request<E: From<FtsEvent>>(
        &mut self,
        want: Want,
        fts: &mut Fts,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) -> RequestId {
        let (now, previous, submitted_at) = (cx.now, None, Some(cx.now));
        let request = Request { want, attempt: 0, previous, requested_at: now, created_at: now, submitted_at };
        let id = self.requests.push(request);
        if let Some(file) = want.file {
            self.live.insert((file, want.destination), id);
            fabric.storage.begin_copy(file, want.destination, now);
            fabric.storage.hold_source(file, want.source, now);
        }
        let Want { file, source, destination, bytes, .. } = want;
        let job = FtsJob {
            kind: JobKind::Regular,
            files: smallvec![FtsFile { request: id, file, source, destination, bytes }],
            workload: want.workload,
            vo: want.vo,
            activity: want.activity,
            priority: want.priority,
            retries: None,
            retry_delay: None,
            max_time_in_queue: None,
            bring_online: None,
            archive_timeout: None,
            queues: want.queues,
        };
        fts.submit(&job, fabric, cx);
        id
    }

    /// Handles what happens to a request.
    pub fn handle<E>(&mut self, event: ConveyorEvent, fts: &mut Fts, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        match event {
            ConveyorEvent::Ended { request } => self.on_ended(request, fts, fabric, cx),
        }
    }

    /// The request that brings a file to an RSE now, if there is one.
    pub fn live(&self, file: FileId, rse: RseId) -> Option<RequestId> {
        self.live.get(&(file, rse)).copied()
    }

    /// Requests (created, done, failed) so far.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.requests.n_created() as u64, self.n_done, self.n_failed)
    }

    /// Requests that have not ended, counted one by one.
    pub fn n_left(&self) -> u64 {
        self.requests.iter().count() as u64
    }

    /// Tells what is left at the end of the run.
    pub fn close<E>(&self, fts: &Fts, fabric: &Fabric<'_>, cx: &mut Context<'_, E>) {
        for (id, request) in self.requests.iter() {
            let ended = fts.progressed(id, fabric);
            let active = ended.as_ref().is_some_and(|ended| ended.started_at.is_some());
            let outcome = if active { TransferOutcome::Active } else { TransferOutcome::Queued };
            cx.tell(&Fact::TransferEnded(request.life(id, ended.as_ref(), None, outcome)));
        }
    }

    fn on_ended<E>(&mut self, id: RequestId, fts: &mut Fts, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let ended = fts.collect(id).expect("FTS keeps what it tells until it is collected");
        let request = self.requests.remove(id).expect("a request ends once");
        let want = request.want;
        let outcome = match ended.result {
            Ok(()) => {
                self.n_done += 1;
                TransferOutcome::Done
            }
            Err(why) => {
                self.n_failed += 1;
                TransferOutcome::Failed(why)
            }
        };
        let settled = want.file.map(|file| Settled { file, rse: want.destination, done: ended.result.is_ok() });
        if let Some(Settled { file, rse, done }) = settled {
            self.live.remove(&(file, rse));
            fabric.storage.release_source(file, want.source, cx.now);
            if done {
                fabric.storage.add_replica(file, rse, cx.now);
            } else {
                fabric.storage.give_up(file, rse, cx.now);
            }
        }
        cx.tell(&Fact::TransferEnded(request.life(id, Some(&ended), Some(cx.now), outcome)));
        if let Some(settled) = settled {
            cx.tell(&Fact::Settled(settled));
        }
    }
}

impl Request {
    /// Its row of history.
    fn life(
        &self,
        request: RequestId,
        ended: Option<&FtsEnded>,
        learned_at: Option<SimTime>,
        outcome: TransferOutcome,
    ) -> TransferEnded {
        let want = &self.want;
        TransferEnded {
            request,
            workload: want.workload,
            file: want.file,
            traced: want.traced,
            rule: want.rule,
            activity: want.activity,
            attempt: self.attempt,
            previous: self.previous,
            source: ended.map_or(want.source, |ended| ended.source),
            destination: want.destination,
            bytes: want.bytes,
            requested_at: self.requested_at,
            created_at: self.created_at,
            submitted_at: self.submitted_at,
            started_at: ended.and_then(|ended| ended.started_at),
            flowing_at: ended.and_then(|ended| ended.flowing_at),
            transferred_at: ended.and_then(|ended| ended.transferred_at),
            learned_at,
            moved: ended.map_or(Bytes::ZERO, |ended| ended.moved),
            outcome,
        }
    }
}
