//! The life of transfer requests.

use std::collections::BTreeMap;

use crate::context::Context;
use crate::copy::{Connection, Copies, CopyEnded, CopyEvent, CopyOrder, CopySettings, Moment};
use crate::fabric::Fabric;
use crate::facts::{Fact, TraceRow, TransferEnded, TransferError, TransferOutcome};
use crate::fts::queues::{FtsLinkId, Head, Queues};
use crate::fts::{TransferSettings, WhenFull};
use crate::ids::{CopyId, DtnId, FileId, Id, RequestId, RseId, WorkloadId};
use crate::live::Live;
use crate::storage::Storage;
use crate::topology::Map;
use crate::units::{Bytes, SimTime};

/// What can happen in FTS.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FtsEvent {
    /// Something happens to a copy.
    Copy(CopyEvent),
}

/// The order to copy a file, or to move traffic that leaves no replica.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub workload: WorkloadId,
    /// The file to be placed; `None`: traffic.
    pub file: Option<FileId>,
    pub bytes: Bytes,
    pub source: RseId,
    pub destination: RseId,
    /// The row of a log that it comes from.
    pub traced: Option<TraceRow>,
    /// Whether it waits for slots; a replayed start does not wait a second time.
    pub queues: bool,
}

/// A request that has not ended.
#[derive(Clone, Debug)]
struct Request {
    order: Order,
    /// Where it has queued.
    link: Option<FtsLinkId>,
    created_at: SimTime,
    started_at: Option<SimTime>,
    copy: Option<CopyId>,
}

/// All transfer requests and the slots they compete for.
#[derive(Clone, Debug)]
pub(crate) struct Fts {
    settings: TransferSettings,
    requests: Live<RequestId, Request>,
    queues: Queues,
    copies: Copies,
    /// Requests that copy a file to an RSE and have not ended.
    placing: BTreeMap<(FileId, RseId), RequestId>,
    n_done: u64,
    n_failed: u64,
}

impl Fts {
    /// Idle services.
    pub fn new(map: &Map, settings: &TransferSettings, copy: &CopySettings, seed: u64) -> Self {
        let connection = Connection { start_up: settings.start_up, window: settings.window };
        Self {
            settings: settings.clone(),
            requests: Live::new(),
            queues: Queues::new(map, settings),
            copies: Copies::new(map, copy, connection, seed),
            placing: BTreeMap::new(),
            n_done: 0,
            n_failed: 0,
        }
    }

    /// Takes an order; it starts at once if it can.
    pub fn submit<E: From<FtsEvent>>(
        &mut self,
        order: Order,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) -> RequestId {
        let request =
            self.requests.push(Request { order, link: None, created_at: cx.now, started_at: None, copy: None });
        if let Some(file) = order.file {
            self.placing.insert((file, order.destination), request);
        }
        if cx.map.route_between(order.source, order.destination).is_none() {
            self.fail(request, TransferError::NoRoute, cx);
            return request;
        }
        if !order.queues {
            self.start(request, fabric, cx);
            return request;
        }
        self.requests[request].link = Some(self.queues.push(request, order.source, order.destination));
        self.start_waiting(fabric, cx);
        request
    }

    /// Handles what happens to a request.
    pub fn handle<E: From<FtsEvent>>(&mut self, event: FtsEvent, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let FtsEvent::Copy(event) = event;
        let ended = with_moment(cx, |at| self.copies.handle(event, fabric, at));
        if let Some(ended) = ended {
            self.on_ended(&ended, fabric, cx);
        }
    }

    /// The request that copies a file to an RSE now, if there is one.
    pub fn placing(&self, file: FileId, target: RseId) -> Option<RequestId> {
        self.placing.get(&(file, target)).copied()
    }

    /// Requests queued on an FTS link.
    pub fn queued(&self, source: RseId, destination: RseId) -> usize {
        self.queues.queued(source, destination)
    }

    /// Requests active on an FTS link.
    pub fn active(&self, source: RseId, destination: RseId) -> usize {
        self.queues.active(source, destination) as usize
    }

    /// Requests queued towards an RSE.
    pub fn queued_to(&self, destination: RseId) -> u32 {
        self.queues.queued_to(destination)
    }

    /// Transfers on a DTN, start-up included.
    pub fn active_on_dtn(&self, dtn: DtnId) -> u32 {
        self.queues.active_on_dtn(dtn)
    }

    /// Requests (created, done, failed) so far.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.requests.n_created() as u64, self.n_done, self.n_failed)
    }

    /// Requests that have not ended, counted one by one.
    pub fn n_left(&self) -> u64 {
        self.requests.iter().count() as u64
    }

    /// The workload that has caused a copy; `None`: it has ended.
    pub fn workload_of(&self, copy: CopyId) -> Option<WorkloadId> {
        let request = RequestId::from_index(self.copies.owner(copy)? as usize);
        Some(self.requests.get(request)?.order.workload)
    }

    /// Whose placements queue for an RSE that has no space for them.
    pub fn waiting_for_space(&self, storage: &Storage) -> impl Iterator<Item = (WorkloadId, RseId)> {
        let waits = self.settings.when_full == WhenFull::Wait;
        let queued = self.requests.iter().filter(move |(_, request)| waits && request.started_at.is_none());
        let placements = queued.map(|(_, request)| request.order).filter(|order| order.file.is_some());
        let full = placements.filter(move |order| !storage.has_space(order.destination, order.bytes));
        full.map(|order| (order.workload, order.destination))
    }

    /// Bytes of transfers that are done.
    pub fn received(&self) -> Bytes {
        self.copies.received()
    }

    /// Bytes moved by copies that failed or were cancelled.
    pub fn lost(&self) -> Bytes {
        self.copies.lost()
    }

    /// Bytes in flight at the end of the run; tells what is left.
    pub fn close<E>(&self, fabric: &Fabric<'_>, cx: &mut Context<'_, E>) -> Bytes {
        let mut in_flight = Bytes::ZERO;
        for (id, request) in self.requests.iter() {
            let (flowing_at, moved) =
                request.copy.and_then(|copy| self.copies.under_way(copy, fabric)).unwrap_or_default();
            in_flight += moved;
            let active = request.started_at.is_some();
            let outcome = if active { TransferOutcome::Active } else { TransferOutcome::Queued };
            let life = TransferEnded { flowing_at, moved, ..request.life(id, outcome) };
            cx.tell(&Fact::TransferEnded(life));
        }
        in_flight
    }

    /// Starts what can start after something has queued or slots were freed, in the order of the queues.
    fn start_waiting<E: From<FtsEvent>>(&mut self, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        while let Some(head) = self.queues.next_to_start() {
            self.start_head(head, fabric, cx);
        }
    }

    /// Starts the head of a queue that has its slots, if it has space.
    fn start_head<E: From<FtsEvent>>(&mut self, head: Head, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let order = self.requests[head.request].order;
        let fits = order.file.is_none() || fabric.storage.reserve(order.destination, order.bytes, cx.now);
        if fits {
            self.start(head.request, fabric, cx);
            self.queues.pop(head);
        } else if self.settings.when_full == WhenFull::Fail {
            self.queues.pop(head);
            self.fail(head.request, TransferError::NoSpace, cx);
        }
    }

    fn start<E: From<FtsEvent>>(&mut self, id: RequestId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let request = &mut self.requests[id];
        request.started_at = Some(cx.now);
        let Order { file, source, destination, bytes, .. } = request.order;
        self.queues.take(source, destination, request.link);
        let order = CopyOrder {
            owner: id.index() as u32,
            key: file.map_or(id.index(), Id::index) as u64,
            file,
            source,
            destination,
            bytes,
            streams: self.settings.streams,
            overwrite: true,
        };
        request.copy = Some(with_moment(cx, |at| self.copies.start(order, fabric, at)));
    }

    fn on_ended<E: From<FtsEvent>>(&mut self, ended: &CopyEnded, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let id = RequestId::from_index(ended.owner as usize);
        let request = self.requests.remove(id).expect("a copy ends once");
        let order = request.order;
        self.queues.give_back(order.source, order.destination, request.link);
        let (outcome, transferred_at) = match ended.result {
            Ok(()) => (TransferOutcome::Done, Some(cx.now)),
            Err(error) => (TransferOutcome::Failed(error), None),
        };
        if let Some(file) = order.file {
            self.placing.remove(&(file, order.destination));
            match ended.result {
                Ok(()) => fabric.storage.add_replica(file, order.destination),
                Err(_) => fabric.storage.release(order.destination, order.bytes, cx.now),
            }
        }
        if ended.result.is_ok() {
            self.n_done += 1
        } else {
            self.n_failed += 1
        }
        let life = request.life(id, outcome);
        cx.tell(&Fact::TransferEnded(TransferEnded {
            flowing_at: ended.flowing_at,
            transferred_at,
            moved: ended.moved,
            ..life
        }));
        self.start_waiting(fabric, cx);
    }

    fn fail<E>(&mut self, id: RequestId, why: TransferError, cx: &mut Context<'_, E>) {
        let request = self.requests.remove(id).expect("a request fails once");
        self.n_failed += 1;
        if let Some(file) = request.order.file {
            self.placing.remove(&(file, request.order.destination));
        }
        cx.tell(&Fact::TransferEnded(request.life(id, TransferOutcome::Failed(why))));
    }
}

/// Lets copies see the moment and schedule their own events.
fn with_moment<E: From<FtsEvent>, T>(cx: &mut Context<'_, E>, act: impl FnOnce(&mut Moment<'_>) -> T) -> T {
    let Context { now, map, calendar, .. } = cx;
    let schedule = &mut |at, event| calendar.schedule(at, FtsEvent::Copy(event).into());
    act(&mut Moment { now: *now, map, schedule })
}

impl Request {
    /// Its life so far; nothing has arrived.
    fn life(&self, request: RequestId, outcome: TransferOutcome) -> TransferEnded {
        TransferEnded {
            request,
            workload: self.order.workload,
            file: self.order.file,
            traced: self.order.traced,
            source: self.order.source,
            destination: self.order.destination,
            bytes: self.order.bytes,
            created_at: self.created_at,
            started_at: self.started_at,
            flowing_at: None,
            transferred_at: None,
            moved: Bytes::ZERO,
            outcome,
        }
    }
}
