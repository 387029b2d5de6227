//! The life of the files that FTS copies.

use rustc_hash::FxHashMap;

use crate::context::Context;
use crate::copy::{Connection, Copies, CopyEnded, CopyEvent, CopyOrder, CopySettings, Moment};
use crate::fabric::Fabric;
use crate::facts::{Fact, FtsEnded, TransferError};
use crate::fts::queues::{FtsLinkId, Head, Queues};
use crate::fts::{FtsFile, FtsJob, FtsSettings, WhenFull};
use crate::ids::{CopyId, DtnId, FtsFileId, RequestId, RseId, WorkloadId};
use crate::live::Live;
use crate::storage::Storage;
use crate::topology::Map;
use crate::units::{Bytes, SimTime};

/// What can happen in FTS.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FtsEvent {
    /// Something happens to a copy.
    Copy(CopyEvent),
    /// Space was freed at an RSE that files may wait for.
    SpaceFreed {
        /// The RSE.
        rse: RseId,
    },
}

/// A file that has not ended.
#[derive(Clone, Debug)]
struct Copying {
    spec: FtsFile,
    workload: WorkloadId,
    /// Where it has queued.
    link: Option<FtsLinkId>,
    submitted_at: SimTime,
    started_at: Option<SimTime>,
    copy: Option<CopyId>,
}

/// All files of FTS and the slots they compete for.
#[derive(Clone, Debug)]
pub(crate) struct Fts {
    settings: FtsSettings,
    files: Live<FtsFileId, Copying>,
    of_request: FxHashMap<RequestId, FtsFileId>,
    /// What has ended and is not collected yet.
    ended: FxHashMap<RequestId, FtsEnded>,
    queues: Queues,
    copies: Copies,
}

impl Fts {
    /// Idle services.
    pub fn new(map: &Map, settings: &FtsSettings, copy: &CopySettings, seed: u64) -> Self {
        let connection = Connection { start_up: settings.start_up, window: settings.window };
        Self {
            settings: settings.clone(),
            files: Live::new(),
            of_request: FxHashMap::default(),
            ended: FxHashMap::default(),
            queues: Queues::new(map, settings),
            copies: Copies::new(map, copy, connection, seed),
        }
    }

    /// Takes a job; what can start starts at once.
    pub fn submit<E: From<FtsEvent>>(&mut self, job: &FtsJob, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        for &spec in &job.files {
            let file = self.files.push(Copying {
                spec,
                workload: job.workload,
                link: None,
                submitted_at: cx.now,
                started_at: None,
                copy: None,
            });
            self.of_request.insert(spec.request, file);
            if cx.map.route_between(spec.source, spec.destination).is_none() {
                self.end(file, Err(TransferError::NoRoute), None, cx);
            } else if job.queues {
                self.files[file].link = Some(self.queues.push(file, spec.source, spec.destination));
                self.start_waiting(fabric, cx);
            } else {
                self.start(file, fabric, cx);
            }
        }
    }

    /// Handles what happens.
    pub fn handle<E: From<FtsEvent>>(&mut self, event: FtsEvent, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        match event {
            FtsEvent::Copy(event) => {
                if let Some(ended) = with_moment(cx, |at| self.copies.handle(event, fabric, at)) {
                    self.on_copied(&ended, fabric, cx);
                }
            }
            FtsEvent::SpaceFreed { rse } => {
                self.queues.space_freed(rse);
                self.start_waiting(fabric, cx);
            }
        }
    }

    /// What became of a request of which it was told that it has ended; once.
    pub fn collect(&mut self, request: RequestId) -> Option<FtsEnded> {
        self.ended.remove(&request)
    }

    /// What it has done so far for a request that has not ended, and whether it is under way.
    pub fn progressed(&self, request: RequestId, fabric: &Fabric<'_>) -> Option<FtsEnded> {
        let file = &self.files[*self.of_request.get(&request)?];
        let (flowing_at, moved) = file.copy.and_then(|copy| self.copies.under_way(copy, fabric)).unwrap_or_default();
        Some(FtsEnded { flowing_at, moved, ..file.life(Ok(())) })
    }

    /// Files queued on an FTS link.
    pub fn queued(&self, source: RseId, destination: RseId) -> usize {
        self.queues.queued(source, destination)
    }

    /// Files active on an FTS link.
    pub fn active(&self, source: RseId, destination: RseId) -> usize {
        self.queues.active(source, destination) as usize
    }

    /// Files queued towards an RSE.
    pub fn queued_to(&self, destination: RseId) -> u32 {
        self.queues.queued_to(destination)
    }

    /// Files on a DTN, start-up included.
    pub fn active_on_dtn(&self, dtn: DtnId) -> u32 {
        self.queues.active_on_dtn(dtn)
    }

    /// The workload that has caused a copy; `None`: it has ended.
    pub fn workload_of(&self, copy: CopyId) -> Option<WorkloadId> {
        Some(self.files.get(self.copies.owner(copy)?)?.workload)
    }

    /// Whose placements queue for an RSE that has no space for them.
    pub fn waiting_for_space(&self, storage: &Storage) -> impl Iterator<Item = (WorkloadId, RseId)> {
        let waits = self.settings.when_full == WhenFull::Wait;
        let queued = self.files.iter().filter(move |(_, file)| waits && file.started_at.is_none());
        let placements = queued.map(|(_, file)| file).filter(|file| file.spec.file.is_some());
        let full = placements.filter(move |file| !storage.has_space(file.spec.destination, file.spec.bytes));
        full.map(|file| (file.workload, file.spec.destination))
    }

    /// Bytes of files that are done.
    pub fn received(&self) -> Bytes {
        self.copies.received()
    }

    /// Bytes moved by copies that failed or were cancelled.
    pub fn lost(&self) -> Bytes {
        self.copies.lost()
    }

    /// Bytes in flight, counted file by file.
    pub fn in_flight(&self, fabric: &Fabric<'_>) -> Bytes {
        self.copies.in_flight(fabric)
    }

    /// Starts what can start after something has queued or slots were freed, in the order of the queues.
    fn start_waiting<E: From<FtsEvent>>(&mut self, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        while let Some(head) = self.queues.next_to_start() {
            self.start_head(head, fabric, cx);
        }
    }

    /// Starts the head of a queue that has its slots, if it has space.
    fn start_head<E: From<FtsEvent>>(&mut self, head: Head, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let spec = self.files[head.file].spec;
        let fits = spec.file.is_none() || fabric.storage.reserve(spec.destination, spec.bytes, cx.now);
        if fits {
            self.start(head.file, fabric, cx);
            self.queues.pop(head);
        } else if self.settings.when_full == WhenFull::Fail {
            self.queues.pop(head);
            self.end(head.file, Err(TransferError::NoSpace), None, cx);
        } else {
            self.queues.wait_for_space(head);
        }
    }

    fn start<E: From<FtsEvent>>(&mut self, id: FtsFileId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let file = &mut self.files[id];
        file.started_at = Some(cx.now);
        let FtsFile { file: copied, key, source, destination, bytes, .. } = file.spec;
        self.queues.take(source, destination, file.link);
        let (streams, overwrite) = (self.settings.streams, true);
        let order = CopyOrder { owner: id, key, file: copied, source, destination, bytes, streams, overwrite };
        file.copy = Some(with_moment(cx, |at| self.copies.start(order, fabric, at)));
    }

    /// A copy has ended.
    fn on_copied<E: From<FtsEvent>>(&mut self, copied: &CopyEnded, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let id = copied.owner;
        let file = &self.files[id];
        let FtsFile { destination, bytes, .. } = file.spec;
        self.queues.give_back(file.spec.source, destination, file.link);
        if copied.result.is_err() && file.spec.file.is_some() {
            fabric.storage.give_back(destination, bytes, cx.now);
        }
        self.end(id, copied.result, Some(copied), cx);
        self.start_waiting(fabric, cx);
    }

    /// Ends a file, and keeps what became of it for whoever asked for it.
    fn end<E>(
        &mut self,
        id: FtsFileId,
        result: Result<(), TransferError>,
        copied: Option<&CopyEnded>,
        cx: &mut Context<'_, E>,
    ) {
        let file = self.files.remove(id).expect("a file ends once");
        let request = file.spec.request;
        self.of_request.remove(&request);
        let ended = FtsEnded {
            flowing_at: copied.and_then(|copied| copied.flowing_at),
            transferred_at: copied.filter(|_| result.is_ok()).map(|copied| copied.ended_at),
            moved: copied.map_or(Bytes::ZERO, |copied| copied.moved),
            ..file.life(result)
        };
        cx.tell(&Fact::FtsEnded(ended.clone()));
        self.ended.insert(request, ended);
    }
}

/// Lets copies see the moment and schedule their own events.
fn with_moment<E: From<FtsEvent>, T>(cx: &mut Context<'_, E>, act: impl FnOnce(&mut Moment<'_>) -> T) -> T {
    let Context { now, map, calendar, .. } = cx;
    let schedule = &mut |at, event| calendar.schedule(at, FtsEvent::Copy(event).into());
    act(&mut Moment { now: *now, map, schedule })
}

impl Copying {
    /// Its life so far; nothing has arrived.
    fn life(&self, result: Result<(), TransferError>) -> FtsEnded {
        FtsEnded {
            request: self.spec.request,
            source: self.spec.source,
            submitted_at: self.submitted_at,
            started_at: self.started_at,
            flowing_at: None,
            transferred_at: None,
            moved: Bytes::ZERO,
            result,
        }
    }
}
