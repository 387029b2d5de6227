//! The life of transfer requests.

use std::collections::BTreeMap;

use crate::context::{Context, Owner};
use crate::fabric::Fabric;
use crate::facts::{Fact, TraceRow, TransferEnded, TransferError, TransferOutcome};
use crate::fts::queues::{FtsLinkId, Head, Queues};
use crate::fts::{TransferSettings, WhenFull};
use crate::ids::{DtnId, FileId, RequestId, RseId, Table, WorkloadId};
use crate::live::Live;
use crate::network::{FlowId, FlowSpec, Share};
use crate::storage::Storage;
use crate::topology::Map;
use crate::units::{Bytes, Rate, SimSpan, SimTime};

/// What can happen to a transfer request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FtsEvent {
    /// Its start-up is over: bytes begin to move.
    Flowing {
        /// The request.
        request: RequestId,
    },
    /// Its last byte has arrived.
    Transferred {
        /// The request.
        request: RequestId,
    },
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
    flowing_at: Option<SimTime>,
    flow: Option<FlowId>,
}

/// All transfer requests and the slots they compete for.
#[derive(Clone, Debug)]
pub(crate) struct Fts {
    settings: TransferSettings,
    requests: Live<RequestId, Request>,
    queues: Queues,
    /// Transfers of each DTN that are starting up.
    starting: Table<DtnId, u32>,
    /// Requests that copy a file to an RSE and have not ended.
    placing: BTreeMap<(FileId, RseId), RequestId>,
    n_done: u64,
    n_failed: u64,
    received: Bytes,
}

impl Fts {
    /// Idle services.
    pub fn new(map: &Map, settings: &TransferSettings) -> Self {
        Self {
            settings: settings.clone(),
            requests: Live::new(),
            queues: Queues::new(map, settings),
            starting: map.dtns().ids().map(|_| 0).collect(),
            placing: BTreeMap::new(),
            n_done: 0,
            n_failed: 0,
            received: Bytes::ZERO,
        }
    }

    /// Takes an order; it starts at once if it can.
    pub fn submit<E: From<FtsEvent>>(
        &mut self,
        order: Order,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) -> RequestId {
        let request = self.requests.push(Request {
            order,
            link: None,
            created_at: cx.now,
            started_at: None,
            flowing_at: None,
            flow: None,
        });
        if let Some(file) = order.file {
            self.placing.insert((file, order.destination), request);
        }
        if cx.map.route_between(order.source, order.destination).is_none() {
            self.fail(request, TransferError::NoRoute, cx);
            return request;
        }
        if !order.queues {
            self.start(request, cx);
            return request;
        }
        self.requests[request].link = Some(self.queues.push(request, order.source, order.destination));
        self.start_waiting(fabric, cx);
        request
    }

    /// Handles what happens to a request.
    pub fn handle<E: From<FtsEvent>>(&mut self, event: FtsEvent, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        match event {
            FtsEvent::Flowing { request } => self.on_flowing(request, fabric, cx),
            FtsEvent::Transferred { request } => self.on_transferred(request, fabric, cx),
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

    /// The workload that has caused a request; `None`: it has ended.
    pub fn workload_of(&self, request: RequestId) -> Option<WorkloadId> {
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
        self.received
    }

    /// Bytes in flight at the end of the run; tells what is left.
    pub fn close<E>(&self, fabric: &Fabric<'_>, cx: &mut Context<'_, E>) -> Bytes {
        let mut in_flight = Bytes::ZERO;
        for (id, request) in self.requests.iter() {
            let moved = request.flow.and_then(|flow| fabric.network.progressed(flow)).map(|p| p.moved);
            in_flight += moved.unwrap_or_default();
            let active = request.started_at.is_some();
            let outcome = if active { TransferOutcome::Active } else { TransferOutcome::Queued };
            let life = TransferEnded { moved: moved.unwrap_or_default(), ..request.life(id, outcome) };
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
            self.start(head.request, cx);
            self.queues.pop(head);
        } else if self.settings.when_full == WhenFull::Fail {
            self.queues.pop(head);
            self.fail(head.request, TransferError::NoSpace, cx);
        }
    }

    fn start<E: From<FtsEvent>>(&mut self, id: RequestId, cx: &mut Context<'_, E>) {
        let request = &mut self.requests[id];
        request.started_at = Some(cx.now);
        let order = request.order;
        self.queues.take(order.source, order.destination, request.link);
        let start_up = self.start_up(&order, cx.map);
        for dtn in cx.map.dtns_between(order.source, order.destination) {
            self.starting[dtn] += 1;
        }
        cx.schedule(cx.now + start_up, FtsEvent::Flowing { request: id });
    }

    /// Start-up of a transfer that takes its slot now: the service's, two times of flight, and that of each DTN with
    /// what the transfers starting there add.
    fn start_up(&self, order: &Order, map: &Map) -> SimSpan {
        let route = map.route_between(order.source, order.destination);
        let round_trip = route.map_or(SimSpan::ZERO, |route| route.latency * 2);
        map.dtns_between(order.source, order.destination).fold(self.settings.start_up + round_trip, |sum, id| {
            let dtn = &map.dtns()[id];
            sum + dtn.start_up + dtn.start_up_each * u64::from(self.starting[id])
        })
    }

    fn on_flowing<E>(&mut self, request: RequestId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let order = self.requests[request].order;
        for dtn in cx.map.dtns_between(order.source, order.destination) {
            self.starting[dtn] -= 1;
        }
        let ends = (order.source, order.destination);
        let route = fabric.wiring.placement(ends, &mut fabric.network);
        let spec = FlowSpec {
            route: route.expect("an order without a route fails when it is given"),
            share: Share::Streams(self.settings.streams),
            cap: self.window_cap(&order, cx.map),
            bytes: order.bytes,
            blocks: 1,
            owner: Owner::Transfer(request),
        };
        let state = &mut self.requests[request];
        state.flowing_at = Some(cx.now);
        state.flow = Some(fabric.network.start(cx.now, spec));
    }

    fn on_transferred<E: From<FtsEvent>>(&mut self, id: RequestId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let request = self.requests.remove(id).expect("a flow ends once");
        let order = request.order;
        self.n_done += 1;
        self.received += order.bytes;
        self.queues.give_back(order.source, order.destination, request.link);
        if let Some(file) = order.file {
            fabric.storage.add_replica(file, order.destination, cx.now);
            self.placing.remove(&(file, order.destination));
        }
        let life = request.life(id, TransferOutcome::Done);
        cx.tell(&Fact::TransferEnded(TransferEnded { transferred_at: Some(cx.now), moved: order.bytes, ..life }));
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

    /// The cap of a transfer: window x streams over the round trip.
    fn window_cap(&self, order: &Order, map: &Map) -> Rate {
        let latency = map.route_between(order.source, order.destination).map(|route| route.latency);
        match (self.settings.window, latency) {
            (Some(window), Some(latency)) if latency > SimSpan::ZERO => {
                let in_flight = window.as_f64() * f64::from(self.settings.streams);
                Rate::from_bytes_per_s(in_flight / (2.0 * latency.as_secs_f64()))
            }
            _ => Rate::INFINITE,
        }
    }
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
            flowing_at: self.flowing_at,
            transferred_at: None,
            moved: Bytes::ZERO,
            outcome,
        }
    }
}
