//! Transfers between RSEs: a slot queue per FTS link in front of the network.
//!
//! ```text
//!   request --> queue of its FTS link --(slots of link, source, destination, DTNs; space)--> start-up --> flow --> replica
//! ```
//!
//! An FTS link is an ordered pair of RSEs. The head of its queue starts as soon as the link, both RSEs and both
//! DTNs have a slot and the destination has space; heads of different links start in order of their requests.
//! A starting transfer holds its slots and its space but moves nothing until its start-up is over. A DTN may set
//! connections up one after the other; a start-up then takes longer the more transfers are starting there. There are
//! no retries, no optimiser and no shares between activities yet.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::compute::ComputeEvent;
use crate::engine::context::{Context, Fabric, Owner};
use crate::engine::event::Event;
use crate::engine::{Setup, WhenFull};
use crate::ids::{DtnId, FileId, Id, RequestId, RseId, Table, WorkloadId};
use crate::network::{FlowId, FlowSpec, Share};
use crate::results::RequestRecord;
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
    /// Row of the log it comes from.
    pub trace_row: Option<u64>,
    /// Whether it waits for slots; a replayed start does not wait a second time.
    pub queues: bool,
}

#[derive(Clone, Debug)]
struct Request {
    order: Order,
    created_at: SimTime,
    started_at: Option<SimTime>,
    flowing_at: Option<SimTime>,
    flow: Option<FlowId>,
    open: bool,
}

#[derive(Clone, Debug, Default)]
struct FtsLink {
    queue: VecDeque<RequestId>,
    active: u32,
    limit: u32,
}

/// All transfer requests and the slots they compete for.
#[derive(Clone, Debug)]
pub(crate) struct Fts {
    requests: Table<RequestId, Request>,
    links: BTreeMap<(RseId, RseId), FtsLink>,
    /// Heads of the queues that are not empty, in order of their requests.
    heads: BTreeSet<(RequestId, RseId, RseId)>,
    outbound: Table<RseId, u32>,
    inbound: Table<RseId, u32>,
    on_dtn: Table<DtnId, u32>,
    /// Transfers of each DTN that are starting up.
    starting: Table<DtnId, u32>,
    queued_to: Table<RseId, u32>,
    placing: BTreeMap<(FileId, RseId), RequestId>,
    n_done: u64,
    n_failed: u64,
}

impl Fts {
    /// Idle services.
    pub fn new(setup: &Setup) -> Self {
        let links = setup.transfers.link_limits.iter();
        let per_rse = || setup.topology.rses().ids().map(|_| 0).collect::<Table<RseId, u32>>();
        Self {
            requests: Table::new(),
            links: links.map(|&(from, to, limit)| ((from, to), FtsLink { limit, ..FtsLink::default() })).collect(),
            heads: BTreeSet::new(),
            outbound: per_rse(),
            inbound: per_rse(),
            on_dtn: setup.topology.dtns().ids().map(|_| 0).collect(),
            starting: setup.topology.dtns().ids().map(|_| 0).collect(),
            queued_to: per_rse(),
            placing: BTreeMap::new(),
            n_done: 0,
            n_failed: 0,
        }
    }

    /// Takes an order; it starts at once if it can.
    pub fn submit(&mut self, order: Order, fabric: &mut Fabric, cx: &mut Context<'_>) -> RequestId {
        let request = self.requests.push(Request {
            order,
            created_at: cx.now,
            started_at: None,
            flowing_at: None,
            flow: None,
            open: true,
        });
        if let Some(file) = order.file {
            self.placing.insert((file, order.destination), request);
        }
        if cx.setup.topology.route_between(order.source, order.destination).is_none() {
            self.fail(request, "no-route", cx);
            return request;
        }
        if !order.queues {
            self.start(request, cx);
            return request;
        }
        let default = cx.setup.transfers.max_active_per_link;
        let key = (order.source, order.destination);
        let link = self.links.entry(key).or_insert_with(|| FtsLink { limit: default, ..FtsLink::default() });
        link.queue.push_back(request);
        self.queued_to[order.destination] += 1;
        if link.queue.len() == 1 {
            self.heads.insert((request, key.0, key.1));
            self.start_head((request, key.0, key.1), fabric, cx);
        }
        request
    }

    /// Handles what happens to a request.
    pub fn handle(&mut self, event: FtsEvent, fabric: &mut Fabric, cx: &mut Context<'_>) {
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
        self.links.get(&(source, destination)).map_or(0, |link| link.queue.len())
    }

    /// Requests active on an FTS link.
    pub fn active(&self, source: RseId, destination: RseId) -> usize {
        self.links.get(&(source, destination)).map_or(0, |link| link.active as usize)
    }

    /// Requests queued towards an RSE.
    pub fn queued_to(&self, destination: RseId) -> u32 {
        self.queued_to[destination]
    }

    /// Transfers on a DTN, start-up included.
    pub fn on_dtn(&self, dtn: DtnId) -> u32 {
        self.on_dtn[dtn]
    }

    /// Requests (created, done, failed) so far.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.requests.len() as u64, self.n_done, self.n_failed)
    }

    /// Requests that have not ended, counted one by one.
    pub fn n_left(&self) -> u64 {
        self.requests.values().filter(|request| request.open).count() as u64
    }

    /// Bytes in flight at the end of the run; records what is left.
    pub fn close(&self, fabric: &Fabric, cx: &mut Context<'_>) -> Bytes {
        let mut in_flight = Bytes::ZERO;
        for (id, request) in self.requests.iter().filter(|(_, request)| request.open) {
            let moved = request.flow.and_then(|flow| fabric.network.progressed(flow)).map(|p| p.moved);
            in_flight += moved.unwrap_or_default();
            let outcome = if request.started_at.is_some() { "active" } else { "queued" };
            let record = record(id, request, outcome);
            cx.recorder.request(RequestRecord { moved: moved.unwrap_or_default(), ..record }, cx.setup);
        }
        in_flight
    }

    /// Starts the head of a queue if it can; what was behind it waits for its turn as the new head.
    fn start_head(&mut self, head: (RequestId, RseId, RseId), fabric: &mut Fabric, cx: &mut Context<'_>) {
        let (request, source, destination) = head;
        let order = self.requests[request].order;
        if !self.has_slots(source, destination, cx.setup) {
            return;
        }
        let fits = order.file.is_none() || fabric.storage.reserve(destination, order.bytes);
        if !fits && cx.setup.transfers.when_full == WhenFull::Wait {
            return;
        }
        self.heads.remove(&head);
        self.queued_to[destination] -= 1;
        let queue = &mut self.links.get_mut(&(source, destination)).expect("its head was queued").queue;
        queue.pop_front();
        self.heads.extend(queue.front().map(|&request| (request, source, destination)));
        if fits {
            self.start(request, cx);
        } else {
            self.fail(request, "no-space", cx);
        }
    }

    fn has_slots(&self, source: RseId, destination: RseId, setup: &Setup) -> bool {
        let link = &self.links[&(source, destination)];
        link.active < link.limit
            && self.outbound[source] < setup.transfers.max_outbound
            && self.inbound[destination] < setup.transfers.max_inbound
            && dtns(source, destination, setup)
                .all(|dtn| setup.topology.dtns()[dtn].slots.is_none_or(|slots| self.on_dtn[dtn] < slots))
    }

    fn start(&mut self, request: RequestId, cx: &mut Context<'_>) {
        let order = self.requests[request].order;
        self.requests[request].started_at = Some(cx.now);
        self.count_slots(&order, cx.setup, |count| *count += 1);
        let start_up = self.start_up(&order, cx.setup);
        for dtn in dtns(order.source, order.destination, cx.setup) {
            self.starting[dtn] += 1;
        }
        cx.calendar.schedule(cx.now + start_up, Event::Fts(FtsEvent::Flowing { request }));
    }

    /// Start-up of a transfer that takes its slot now: the service's, two times of flight, and that of each DTN with
    /// what the transfers starting there add.
    fn start_up(&self, order: &Order, setup: &Setup) -> SimSpan {
        let route = setup.topology.route_between(order.source, order.destination);
        let round_trip = route.map_or(SimSpan::ZERO, |route| route.latency * 2);
        dtns(order.source, order.destination, setup).fold(setup.transfers.start_up + round_trip, |sum, id| {
            let dtn = &setup.topology.dtns()[id];
            sum + dtn.start_up + dtn.start_up_each * u64::from(self.starting[id])
        })
    }

    fn count_slots(&mut self, order: &Order, setup: &Setup, count: fn(&mut u32)) {
        count(&mut self.outbound[order.source]);
        count(&mut self.inbound[order.destination]);
        for dtn in dtns(order.source, order.destination, setup) {
            count(&mut self.on_dtn[dtn]);
        }
        if order.queues {
            count(&mut self.links.get_mut(&(order.source, order.destination)).expect("it was queued there").active);
        }
    }

    fn on_flowing(&mut self, request: RequestId, fabric: &mut Fabric, cx: &mut Context<'_>) {
        let order = self.requests[request].order;
        for dtn in dtns(order.source, order.destination, cx.setup) {
            self.starting[dtn] -= 1;
        }
        let ends = (order.source, order.destination);
        let route = fabric.wiring.placement(ends, &cx.setup.topology, &mut fabric.network);
        let spec = FlowSpec {
            route: route.expect("an order without a route fails when it is given"),
            share: Share::Streams(cx.setup.transfers.streams),
            cap: window_cap(&order, cx.setup),
            bytes: order.bytes,
            blocks: 1,
            owner: Owner::Transfer(request),
        };
        let state = &mut self.requests[request];
        state.flowing_at = Some(cx.now);
        state.flow = Some(fabric.network.start(cx.now, spec));
    }

    fn on_transferred(&mut self, request: RequestId, fabric: &mut Fabric, cx: &mut Context<'_>) {
        let order = self.requests[request].order;
        self.requests[request].open = false;
        self.n_done += 1;
        self.count_slots(&order, cx.setup, |count| *count -= 1);
        if let Some(file) = order.file {
            fabric.storage.add_replica(file, order.destination);
            self.placing.remove(&(file, order.destination));
            cx.calendar.schedule(cx.now, Event::Compute(ComputeEvent::Placed { request, done: true }));
        }
        let record = record(request, &self.requests[request], "done");
        cx.recorder.request(RequestRecord { transferred_at: Some(cx.now), moved: order.bytes, ..record }, cx.setup);
        self.start_waiting(fabric, cx);
    }

    fn fail(&mut self, request: RequestId, why: &'static str, cx: &mut Context<'_>) {
        self.requests[request].open = false;
        self.n_failed += 1;
        let order = self.requests[request].order;
        if let Some(file) = order.file {
            self.placing.remove(&(file, order.destination));
            cx.calendar.schedule(cx.now, Event::Compute(ComputeEvent::Placed { request, done: false }));
        }
        let record = record(request, &self.requests[request], "failed");
        cx.recorder.request(RequestRecord { error_class: Some(why), ..record }, cx.setup);
    }

    /// Starts what can start after slots were freed, in order of the requests.
    fn start_waiting(&mut self, fabric: &mut Fabric, cx: &mut Context<'_>) {
        let mut next = self.heads.first().copied();
        while let Some(head) = next {
            self.start_head(head, fabric, cx);
            next = self.heads.range((std::ops::Bound::Excluded(head), std::ops::Bound::Unbounded)).next().copied();
        }
    }
}

/// The DTNs that a transfer passes, each of them once.
fn dtns(source: RseId, destination: RseId, setup: &Setup) -> impl Iterator<Item = DtnId> + use<> {
    let first = setup.topology.rses()[source].dtn;
    let second = setup.topology.rses()[destination].dtn.filter(|dtn| Some(*dtn) != first);
    first.into_iter().chain(second)
}

/// The cap of a transfer: window x streams over the round trip.
fn window_cap(order: &Order, setup: &Setup) -> Rate {
    let latency = setup.topology.route_between(order.source, order.destination).map(|route| route.latency);
    match (setup.transfers.window, latency) {
        (Some(window), Some(latency)) if latency > SimSpan::ZERO => {
            let in_flight = window.as_f64() * f64::from(setup.transfers.streams);
            Rate::from_bytes_per_s(in_flight / (2.0 * latency.as_secs_f64()))
        }
        _ => Rate::INFINITE,
    }
}

fn record(id: RequestId, request: &Request, outcome: &'static str) -> RequestRecord {
    RequestRecord {
        request: id.index() as u64,
        workload: request.order.workload,
        file: request.order.file,
        trace_row: request.order.trace_row,
        source: request.order.source,
        destination: request.order.destination,
        bytes: request.order.bytes,
        created_at: request.created_at,
        started_at: request.started_at,
        flowing_at: request.flowing_at,
        transferred_at: None,
        moved: Bytes::ZERO,
        outcome,
        error_class: None,
    }
}
