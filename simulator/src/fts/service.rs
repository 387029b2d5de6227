//! The life of the files that FTS copies.

use rustc_hash::FxHashMap;

use crate::context::{Context, Owner};
use crate::fabric::Fabric;
use crate::facts::{Fact, FtsEnded, TransferError};
use crate::fts::queues::{FtsLinkId, Head, Queues};
use crate::fts::{FtsFile, FtsJob, FtsSettings, WhenFull};
use crate::ids::{DtnId, FtsFileId, RequestId, RseId, Table, WorkloadId};
use crate::live::Live;
use crate::network::{FlowId, FlowSpec, Share};
use crate::storage::Storage;
use crate::topology::Map;
use crate::units::{Bytes, Rate, SimSpan, SimTime};

/// What can happen to a file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FtsEvent {
    /// Its start-up is over: bytes begin to move.
    Flowing {
        /// The file.
        file: FtsFileId,
    },
    /// Its last byte has arrived.
    Transferred {
        /// The file.
        file: FtsFileId,
    },
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
    flowing_at: Option<SimTime>,
    flow: Option<FlowId>,
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
    /// Files of each DTN that are starting up.
    starting: Table<DtnId, u32>,
    received: Bytes,
}

impl Fts {
    /// Idle services.
    pub fn new(map: &Map, settings: &FtsSettings) -> Self {
        Self {
            settings: settings.clone(),
            files: Live::new(),
            of_request: FxHashMap::default(),
            ended: FxHashMap::default(),
            queues: Queues::new(map, settings),
            starting: map.dtns().ids().map(|_| 0).collect(),
            received: Bytes::ZERO,
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
                flowing_at: None,
                flow: None,
            });
            self.of_request.insert(spec.request, file);
            if cx.map.route_between(spec.source, spec.destination).is_none() {
                self.end(file, Err(TransferError::NoRoute), cx);
            } else if job.queues {
                self.files[file].link = Some(self.queues.push(file, spec.source, spec.destination));
                self.start_waiting(fabric, cx);
            } else {
                self.start(file, cx);
            }
        }
    }

    /// Handles what happens to a file.
    pub fn handle<E: From<FtsEvent>>(&mut self, event: FtsEvent, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        match event {
            FtsEvent::Flowing { file } => self.on_flowing(file, fabric, cx),
            FtsEvent::Transferred { file } => self.on_transferred(file, fabric, cx),
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
        let moved = file.flow.and_then(|flow| fabric.network.progressed(flow)).map(|p| p.moved);
        Some(FtsEnded { moved: moved.unwrap_or_default(), ..file.life(Ok(())) })
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

    /// The workload that has caused a file to be copied; `None`: it has ended.
    pub fn workload_of(&self, file: FtsFileId) -> Option<WorkloadId> {
        Some(self.files.get(file)?.workload)
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
        self.received
    }

    /// Bytes in flight, counted file by file.
    pub fn in_flight(&self, fabric: &Fabric<'_>) -> Bytes {
        let flows = self.files.iter().filter_map(|(_, file)| file.flow);
        flows.filter_map(|flow| fabric.network.progressed(flow)).map(|progressed| progressed.moved).sum()
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
            self.start(head.file, cx);
            self.queues.pop(head);
        } else if self.settings.when_full == WhenFull::Fail {
            self.queues.pop(head);
            self.end(head.file, Err(TransferError::NoSpace), cx);
        } else {
            self.queues.wait_for_space(head);
        }
    }

    fn start<E: From<FtsEvent>>(&mut self, id: FtsFileId, cx: &mut Context<'_, E>) {
        let file = &mut self.files[id];
        file.started_at = Some(cx.now);
        let spec = file.spec;
        self.queues.take(spec.source, spec.destination, file.link);
        let start_up = self.start_up(&spec, cx.map);
        for dtn in cx.map.dtns_between(spec.source, spec.destination) {
            self.starting[dtn] += 1;
        }
        cx.schedule(cx.now + start_up, FtsEvent::Flowing { file: id });
    }

    /// Start-up of a file that takes its slot now: the service's, two times of flight, and that of each DTN with
    /// what the files starting there add.
    fn start_up(&self, spec: &FtsFile, map: &Map) -> SimSpan {
        let route = map.route_between(spec.source, spec.destination);
        let round_trip = route.map_or(SimSpan::ZERO, |route| route.latency * 2);
        map.dtns_between(spec.source, spec.destination).fold(self.settings.start_up + round_trip, |sum, id| {
            let dtn = &map.dtns()[id];
            sum + dtn.start_up + dtn.start_up_each * u64::from(self.starting[id])
        })
    }

    fn on_flowing<E>(&mut self, id: FtsFileId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let spec = self.files[id].spec;
        for dtn in cx.map.dtns_between(spec.source, spec.destination) {
            self.starting[dtn] -= 1;
        }
        let ends = (spec.source, spec.destination);
        let route = fabric.wiring.placement(ends, &mut fabric.network);
        let flow = FlowSpec {
            route: route.expect("a file without a route fails when it is submitted"),
            share: Share::Streams(self.settings.streams),
            cap: self.window_cap(&spec, cx.map),
            bytes: spec.bytes,
            blocks: 1,
            owner: Owner::Transfer(id),
        };
        let file = &mut self.files[id];
        file.flowing_at = Some(cx.now);
        file.flow = Some(fabric.network.start(cx.now, flow));
    }

    fn on_transferred<E: From<FtsEvent>>(&mut self, id: FtsFileId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let file = &self.files[id];
        self.received += file.spec.bytes;
        self.queues.give_back(file.spec.source, file.spec.destination, file.link);
        self.end(id, Ok(()), cx);
        self.start_waiting(fabric, cx);
    }

    /// Ends a file, and keeps what became of it for whoever asked for it.
    fn end<E>(&mut self, id: FtsFileId, result: Result<(), TransferError>, cx: &mut Context<'_, E>) {
        let file = self.files.remove(id).expect("a file ends once");
        let request = file.spec.request;
        self.of_request.remove(&request);
        let arrived = result.is_ok().then_some((cx.now, file.spec.bytes));
        let ended = FtsEnded {
            transferred_at: arrived.map(|(at, _)| at),
            moved: arrived.map_or(Bytes::ZERO, |(_, bytes)| bytes),
            ..file.life(result)
        };
        cx.tell(&Fact::FtsEnded(ended.clone()));
        self.ended.insert(request, ended);
    }

    /// The cap of a file: window x streams over the round trip.
    fn window_cap(&self, spec: &FtsFile, map: &Map) -> Rate {
        let latency = map.route_between(spec.source, spec.destination).map(|route| route.latency);
        match (self.settings.window, latency) {
            (Some(window), Some(latency)) if latency > SimSpan::ZERO => {
                let in_flight = window.as_f64() * f64::from(self.settings.streams);
                Rate::from_bytes_per_s(in_flight / (2.0 * latency.as_secs_f64()))
            }
            _ => Rate::INFINITE,
        }
    }
}

impl Copying {
    /// Its life so far; nothing has arrived.
    fn life(&self, result: Result<(), TransferError>) -> FtsEnded {
        FtsEnded {
            request: self.spec.request,
            source: self.spec.source,
            submitted_at: self.submitted_at,
            started_at: self.started_at,
            flowing_at: self.flowing_at,
            transferred_at: None,
            moved: Bytes::ZERO,
            result,
        }
    }
}
