//! The life of the files that FTS copies: from the queue to their copy process.
//!
//! ```text
//!   NOT_USED --> Queued <--> Held           without passes: Queued --> Copying --> ended
//!                  |  pass                  with passes:    Queued --> Ready --> Copying --> Ended --> ended
//!                  v
//!                Ready --accepted--> Copying --> Ended --its node reads so--> ended, or Held for its retry, or the next of its job
//! ```
//!
//! What follows the end of a file stands in [`ends`](super::ends).

use rustc_hash::FxHashMap;

use crate::context::Context;
use crate::copy::{Connection, Copies, CopyEnded, CopyEvent, CopyOrder, CopySettings, Moment};
use crate::fabric::Fabric;
use crate::facts::{Fact, FtsEnded, TransferError};
use crate::fts::backlog::{HostLink, NodeId};
use crate::fts::expiry::Expiry;
use crate::fts::files::{File, FtsJobId, Job, Queue, State};
use crate::fts::nodes::{Message, Nodes, Told};
use crate::fts::queues::{Head, Queues};
use crate::fts::tape::{TapeEvent, Tapes};
use crate::fts::tuning::Ending;
use crate::fts::{FtsFile, FtsJob, FtsSettings, JobKind, WhenFull};
use crate::ids::{CopyId, DtnId, FtsFileId, HostId, RequestId, RseId, WorkloadId};
use crate::live::Live;
use crate::names::Names;
use crate::storage::Storage;
use crate::topology::Map;
use crate::units::{Bytes, SimSpan, SimTime};

/// What can happen in FTS.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FtsEvent {
    /// A node passes, unless another pass was planned meanwhile.
    Pass { node: NodeId },
    /// The process of a file begins.
    Accepted { file: FtsFileId },
    /// A node reads what its processes have told.
    Read { node: NodeId },
    /// A file may be tried again, where there are no passes.
    Retry { file: FtsFileId },
    /// A node looks for cancelled files whose processes still run, and kills this one.
    Kill { file: FtsFileId },
    /// Jobs are looked at that may have been queued for too long.
    Sweep,
    /// Something happens to files on their way from tape or to it.
    Tape(TapeEvent),
    /// The optimiser runs.
    Tune,
    /// Something happens to a copy.
    Copy(CopyEvent),
    /// Space was freed at an RSE that files may wait for.
    SpaceFreed { rse: RseId },
}

/// What is on a link of storage hosts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkState {
    pub source: HostId,
    pub destination: HostId,
    /// Files that it may copy at once; `None`: no optimiser has seen it yet.
    pub limit: Option<u32>,
    /// ACTIVE files.
    pub active: u32,
    /// SUBMITTED files.
    pub queued: u32,
}

/// Who starts files, and when.
#[derive(Clone, Debug)]
pub(super) enum Starts {
    /// They start when they can.
    AtOnce(Box<Queues>),
    /// Nodes pass.
    Passes(Box<Nodes>),
}

/// All jobs and files of FTS.
#[derive(Clone, Debug)]
pub(crate) struct Fts {
    pub(super) settings: FtsSettings,
    pub(super) jobs: Live<FtsJobId, Job>,
    pub(super) files: Live<FtsFileId, File>,
    /// The file that is copied for a request now; for looking up only.
    pub(super) of_request: FxHashMap<RequestId, FtsFileId>,
    /// What has ended and is not collected yet.
    pub(super) ended: FxHashMap<RequestId, FtsEnded>,
    pub(super) starts: Starts,
    pub(super) copies: Copies,
    pub(super) tapes: Tapes,
    /// Files that are copied and on their way to tape; for looking up only.
    pub(super) archiving: FxHashMap<FtsFileId, CopyEnded>,
    pub(super) expiry: Expiry,
}

impl Fts {
    /// Idle services.
    pub fn new(map: &Map, (settings, copy): (&FtsSettings, &CopySettings), names: &Names, seed: u64) -> Self {
        let connection = Connection { start_up: settings.start_up, window: settings.window };
        let starts = match settings.has_passes() {
            true => Starts::Passes(Box::new(Nodes::new(map, settings, names, seed))),
            false => Starts::AtOnce(Box::new(Queues::new(map, settings))),
        };
        Self {
            settings: settings.clone(),
            jobs: Live::new(),
            files: Live::new(),
            of_request: FxHashMap::default(),
            ended: FxHashMap::default(),
            starts,
            copies: Copies::new(map, copy, connection, seed),
            tapes: Tapes::new(map, settings.staging, seed),
            archiving: FxHashMap::default(),
            expiry: Expiry::new(seed),
        }
    }

    /// Takes a job; what can start starts at once, where there are no passes.
    pub fn submit<E: From<FtsEvent>>(&mut self, job: &FtsJob, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let id = self.jobs.push(Job::new(job, (self.settings.retries, self.settings.retry_delay)));
        for &spec in &job.files {
            let file = self.files.push(File::new(spec, id, cx.now));
            self.jobs[id].files.push(file);
        }
        self.jobs[id].n_left = job.files.len() as u32;
        if let Some(span) = job.max_time_in_queue.or(self.settings.max_time_in_queue) {
            self.expire(id, cx.now + span, cx);
        }
        let files = self.jobs[id].files.clone();
        match job.kind {
            JobKind::Regular => {
                for file in files {
                    self.of_request.insert(self.files[file].spec.request, file);
                    self.enqueue(file, fabric, cx);
                }
            }
            JobKind::MultiReplica => {
                if let Some(first) = self.first_replica(&files, cx.map) {
                    self.of_request.insert(self.files[first].spec.request, first);
                    self.enqueue(first, fabric, cx);
                }
            }
            JobKind::MultiHop => {
                for &file in &files {
                    self.of_request.insert(self.files[file].spec.request, file);
                }
                if let Some(&first) = files.first() {
                    self.enqueue(first, fabric, cx);
                }
            }
        }
    }

    /// Handles what happens.
    pub fn handle<E: From<FtsEvent>>(&mut self, event: FtsEvent, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        match event {
            FtsEvent::Pass { node } => self.pass(node, fabric, cx),
            FtsEvent::Accepted { file } => {
                self.begin(file, fabric, cx);
                self.kill_if_cancelled(file, cx);
            }
            FtsEvent::Read { node } => self.read(node, fabric, cx),
            FtsEvent::Retry { file } => self.on_retry(file, fabric, cx),
            FtsEvent::Kill { file } => self.on_kill(file, fabric, cx),
            FtsEvent::Sweep => self.sweep(fabric, cx),
            FtsEvent::Tape(event) => self.on_tape(event, fabric, cx),
            FtsEvent::Tune => self.tune(fabric, cx),
            FtsEvent::Copy(event) => {
                if let Some(ended) = with_moment(cx, |at| self.copies.handle(event, fabric, at)) {
                    self.on_copied(ended, fabric, cx);
                }
            }
            FtsEvent::SpaceFreed { rse } => self.on_space_freed(rse, fabric, cx),
        }
    }

    /// What became of a request of which it was told that it has ended; once.
    pub fn collect(&mut self, request: RequestId) -> Option<FtsEnded> {
        self.ended.remove(&request)
    }

    /// Since when a request takes space at its destination: its copy is under way, or has ended well. `None`: it takes none yet.
    pub fn takes_space_since(&self, request: RequestId) -> Option<SimTime> {
        if let Some(ended) = self.ended.get(&request) {
            return ended.started_at.filter(|_| ended.result.is_ok());
        }
        let file = &self.files[*self.of_request.get(&request)?];
        file.started_at.filter(|_| matches!(file.state, State::Copying(_) | State::Archiving))
    }

    /// What it has done so far for a request that has not ended, and whether it is under way.
    pub fn progressed(&self, request: RequestId, fabric: &Fabric<'_>) -> Option<FtsEnded> {
        let file = &self.files[*self.of_request.get(&request)?];
        let archiving = self.of_request.get(&request).and_then(|file| self.archiving.get(file));
        let life = FtsEnded { transferred_at: None, ..file.life(Ok(()), archiving) };
        let State::Copying(copy) = file.state else { return Some(life) };
        let (flowing_at, moved) = self.copies.under_way(copy, fabric).unwrap_or_default();
        Some(FtsEnded { flowing_at, moved: life.moved + moved, ..life })
    }

    /// Files queued on an FTS link.
    pub fn queued(&self, source: RseId, destination: RseId, map: &Map) -> usize {
        match &self.starts {
            Starts::AtOnce(queues) => queues.queued(source, destination),
            Starts::Passes(nodes) => nodes.counts(map.host_of(source), map.host_of(destination)).0 as usize,
        }
    }

    /// Files active on an FTS link.
    pub fn active(&self, source: RseId, destination: RseId, map: &Map) -> usize {
        let active = match &self.starts {
            Starts::AtOnce(queues) => queues.active(source, destination),
            Starts::Passes(nodes) => nodes.counts(map.host_of(source), map.host_of(destination)).1,
        };
        active as usize
    }

    /// The links that nodes have had files for, in the order of their first files; none where there are no passes.
    pub fn links(&self) -> impl Iterator<Item = LinkState> {
        let links = match &self.starts {
            Starts::AtOnce(_) => None,
            Starts::Passes(nodes) => Some(nodes.passes.backlog.links.values()),
        };
        links.into_iter().flatten().map(|link| {
            let &HostLink { source, destination, limit, active, .. } = link;
            LinkState { source, destination, limit, active, queued: link.queued() }
        })
    }

    /// Files queued towards an RSE.
    pub fn queued_to(&self, destination: RseId) -> u32 {
        match &self.starts {
            Starts::AtOnce(queues) => queues.queued_to(destination),
            Starts::Passes(nodes) => nodes.queued_to(destination),
        }
    }

    /// Files on a DTN, start-up included.
    pub fn active_on_dtn(&self, dtn: DtnId) -> u32 {
        match &self.starts {
            Starts::AtOnce(queues) => queues.active_on_dtn(dtn),
            Starts::Passes(nodes) => nodes.active_on_dtn(dtn),
        }
    }

    /// The workload that has caused a copy; `None`: it has ended.
    pub fn workload_of(&self, copy: CopyId) -> Option<WorkloadId> {
        let file = self.files.get(self.copies.owner(copy)?)?;
        Some(self.jobs[file.job].workload)
    }

    /// Whose placements queue for an RSE that has no space for them.
    pub fn waiting_for_space(&self, storage: &Storage) -> impl Iterator<Item = (WorkloadId, RseId)> {
        let waits = self.settings.when_full == WhenFull::Wait;
        let is_queued = |file: &File| matches!(file.state, State::Queued | State::Held);
        let queued = self.files.iter().filter(move |(_, file)| waits && is_queued(file));
        let placements = queued.map(|(_, file)| file).filter(|file| file.spec.file.is_some());
        let full = placements.filter(move |file| !storage.has_space(file.spec.destination, file.spec.bytes));
        full.map(|file| (self.jobs[file.job].workload, file.spec.destination))
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

    /// A file becomes SUBMITTED.
    pub(super) fn enqueue<E: From<FtsEvent>>(
        &mut self,
        id: FtsFileId,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let FtsFile { source, destination, .. } = self.files[id].spec;
        if cx.map.route_between(source, destination).is_none() {
            return self.finish(id, Err(TransferError::NoRoute), None, fabric, cx);
        }
        if self.stage(id, cx) {
            return;
        }
        let file = &mut self.files[id];
        let job = &mut self.jobs[file.job];
        if !job.queues {
            match &mut self.starts {
                Starts::AtOnce(queues) => queues.take(source, destination, None),
                Starts::Passes(nodes) => nodes.take_dtns((source, destination), cx.map),
            }
            return self.begin(id, fabric, cx);
        }
        match &mut self.starts {
            Starts::AtOnce(queues) => {
                file.queue = Some(Queue::Pair(queues.push(id, source, destination)));
                file.state = State::Queued;
            }
            Starts::Passes(nodes) => {
                let link = (cx.map.host_of(source), cx.map.host_of(destination));
                if job.kind != JobKind::Regular && job.node.is_none() {
                    job.node = Some(nodes.draw_node(link));
                }
                let Some(class) = nodes.submit(id, job, link, destination) else {
                    return self.finish(id, Err(TransferError::NoShare), None, fabric, cx);
                };
                file.queue = Some(Queue::Class(class));
                file.state = State::Queued;
                schedule_tuning(nodes.tuning_due(cx.now), cx);
            }
        }
        self.start_waiting(fabric, cx);
    }

    /// Starts what can start after something has queued or slots were freed: at once, in the order of the queues, or in the next pass.
    pub(super) fn start_waiting<E: From<FtsEvent>>(&mut self, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        while let Starts::AtOnce(queues) = &mut self.starts {
            let Some(head) = queues.next_to_start() else { return };
            self.start_head(head, fabric, cx);
        }
        if let Starts::Passes(nodes) = &mut self.starts {
            for (node, at) in nodes.passes.due(cx.now) {
                cx.schedule(at, FtsEvent::Pass { node });
            }
        }
    }

    /// Starts the head of a queue that has its slots, if it has space.
    fn start_head<E: From<FtsEvent>>(&mut self, head: Head, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let spec = self.files[head.file].spec;
        let fits = self.reserve(&spec, fabric, cx.now);
        let Starts::AtOnce(queues) = &mut self.starts else { return };
        if fits {
            queues.take(spec.source, spec.destination, Some(head.link));
            queues.pop(head);
            self.begin(head.file, fabric, cx);
        } else if self.settings.when_full == WhenFull::Fail {
            queues.pop(head);
            self.finish(head.file, Err(TransferError::NoSpace), None, fabric, cx);
        } else {
            queues.wait_for_space(head);
        }
    }

    /// One pass of a node.
    fn pass<E: From<FtsEvent>>(&mut self, node: NodeId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let Starts::Passes(nodes) = &mut self.starts else { return };
        let Some(mut out) = nodes.passes.begin(node, cx.now) else { return };
        while let Starts::Passes(nodes) = &mut self.starts {
            let Some((id, class)) = nodes.passes.next(&mut out) else { break };
            let file = &mut self.files[id];
            let spec = file.spec;
            let ends = (spec.source, spec.destination);
            file.state = State::Held;
            if !nodes.take(id, class, ends, cx.map) {
                continue;
            }
            if spec.file.is_some() && !fabric.storage.reserve(spec.destination, spec.bytes, cx.now) {
                let released = nodes.give_back_dtns(ends, cx.map);
                debug_assert!(released.is_empty(), "nobody waits for a slot that was free");
                match self.settings.when_full {
                    WhenFull::Wait => nodes.wait_for_space(id, class, spec.destination),
                    WhenFull::Fail => {
                        nodes.passes.ended(class, false);
                        self.finish(id, Err(TransferError::NoSpace), None, fabric, cx);
                    }
                }
                continue;
            }
            file.state = State::Ready;
            match nodes.process_start(class, spec.key, file.tries) {
                SimSpan::ZERO => self.begin(id, fabric, cx),
                later => cx.schedule(cx.now + later, FtsEvent::Accepted { file: id }),
            }
        }
        if let Starts::Passes(nodes) = &mut self.starts {
            for (node, at) in nodes.passes.end(&out, cx.now) {
                cx.schedule(at, FtsEvent::Pass { node });
            }
        }
    }

    /// The process of a file, whose slots and space are taken, begins.
    fn begin<E: From<FtsEvent>>(&mut self, id: FtsFileId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let file = &mut self.files[id];
        file.started_at = Some(cx.now);
        file.tries += 1;
        let FtsFile { file: copied, source, destination, bytes, key, .. } = file.spec;
        let tuned = match (&self.starts, file.queue) {
            (Starts::Passes(nodes), Some(Queue::Class(class))) => nodes.streams(class),
            _ => None,
        };
        let streams = tuned.unwrap_or(self.settings.streams);
        let order = CopyOrder { owner: id, key, file: copied, source, destination, bytes, streams };
        file.state = State::Copying(with_moment(cx, |at| self.copies.start(order, fabric, at)));
        self.tell_node(id, Message::Active(id), fabric, cx);
    }

    /// A process has ended: its node is told.
    pub(super) fn on_copied<E: From<FtsEvent>>(
        &mut self,
        copied: CopyEnded,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let file = &mut self.files[copied.owner];
        let comes = copied.result.is_ok() && !file.is_cancelled;
        file.state = State::Ended { keeps_space: comes && file.spec.file.is_some() };
        if !comes && file.spec.file.is_some() {
            let rse = file.spec.destination;
            fabric.storage.give_back(rse, file.spec.bytes, cx.now);
            cx.tell(&Fact::SpaceFreed { rse });
        }
        self.tell_node(copied.owner, Message::Ended(copied), fabric, cx);
    }

    fn tell_node<E: From<FtsEvent>>(
        &mut self,
        id: FtsFileId,
        message: Message,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let told = match (&mut self.starts, self.files[id].queue) {
            (Starts::Passes(nodes), Some(Queue::Class(class))) => nodes.tell(class, message, cx.now),
            _ => Told::Read(message),
        };
        match told {
            // That a process has begun lets nothing else start.
            Told::Read(active @ Message::Active(_)) => self.on_message(&active, fabric, cx),
            Told::Read(ended) => {
                self.on_message(&ended, fabric, cx);
                self.start_waiting(fabric, cx);
            }
            Told::ReadAt(node, at) => cx.schedule(at, FtsEvent::Read { node }),
            Told::Later => {}
        }
    }

    /// A node reads what its processes have told.
    fn read<E: From<FtsEvent>>(&mut self, node: NodeId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let Starts::Passes(nodes) = &mut self.starts else { return };
        for message in nodes.read(node) {
            self.on_message(&message, fabric, cx);
        }
        self.start_waiting(fabric, cx);
    }

    fn on_message<E: From<FtsEvent>>(&mut self, message: &Message, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        match *message {
            Message::Active(id) => {
                let Some(file) = self.files.get(id) else { return };
                // What was cancelled meanwhile never counts.
                if let (Starts::Passes(nodes), Some(Queue::Class(class)), false) =
                    (&mut self.starts, file.queue, file.is_cancelled)
                {
                    nodes.active(class, id, file.spec.bytes, cx.now);
                    schedule_tuning(nodes.tuning_due(cx.now), cx);
                    self.files[id].is_active = true;
                }
            }
            Message::Ended(ref copied) => {
                self.note_end(copied, cx.now);
                self.give_back(copied.owner, cx.map);
                self.on_tried(copied, fabric, cx);
            }
        }
    }

    /// What the optimiser makes of the end of a process.
    fn note_end(&mut self, copied: &CopyEnded, now: SimTime) {
        let file = &self.files[copied.owner];
        let (Starts::Passes(nodes), Some(Queue::Class(class))) = (&mut self.starts, file.queue) else { return };
        let ending = match (copied.result, copied.flowing_at.zip(copied.copied_at)) {
            _ if file.is_cancelled => Ending::Uncounted,
            (Ok(()), Some((from, to))) => Ending::Copied(to.since(from)),
            (Err(why), _) if why.is_recoverable() && file.tries > self.jobs[file.job].retries => Ending::Failed,
            _ => Ending::Uncounted,
        };
        nodes.note_end(class, copied.owner, now, ending);
    }

    /// A run of the optimiser.
    fn tune<E: From<FtsEvent>>(&mut self, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let Self { files, copies, starts: Starts::Passes(nodes), .. } = self else { return };
        let moved = |id: FtsFileId| {
            let State::Copying(copy) = files[id].state else { return Bytes::ZERO };
            copies.under_way(copy, fabric).map_or(Bytes::ZERO, |(_, moved)| moved)
        };
        schedule_tuning(nodes.tune(cx.now, moved), cx);
        self.start_waiting(fabric, cx);
    }

    /// The slots of a file are free again.
    fn give_back(&mut self, id: FtsFileId, map: &Map) {
        let file = &mut self.files[id];
        let ends = (file.spec.source, file.spec.destination);
        match (&mut self.starts, file.queue) {
            (Starts::AtOnce(queues), queue) => {
                let link = queue.and_then(|queue| if let Queue::Pair(link) = queue { Some(link) } else { None });
                queues.give_back(ends.0, ends.1, link);
            }
            (Starts::Passes(nodes), queue) => {
                if let Some(Queue::Class(class)) = queue {
                    nodes.passes.ended(class, std::mem::take(&mut file.is_active));
                }
                for waiting in nodes.give_back_dtns(ends, map) {
                    release(nodes, &mut self.files[waiting], waiting);
                }
            }
        }
    }

    /// Those that wait for space at an RSE are tried again.
    fn on_space_freed<E: From<FtsEvent>>(&mut self, rse: RseId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        match &mut self.starts {
            Starts::AtOnce(queues) => queues.space_freed(rse),
            Starts::Passes(nodes) => {
                for waiting in nodes.space_freed(rse) {
                    release(nodes, &mut self.files[waiting], waiting);
                }
            }
        }
        self.start_waiting(fabric, cx);
    }

    fn reserve(&self, spec: &FtsFile, fabric: &mut Fabric<'_>, now: SimTime) -> bool {
        spec.file.is_none() || fabric.storage.reserve(spec.destination, spec.bytes, now)
    }
}

fn schedule_tuning<E: From<FtsEvent>>(at: Option<SimTime>, cx: &mut Context<'_, E>) {
    if let Some(at) = at {
        cx.schedule(at, FtsEvent::Tune);
    }
}

/// A file that waited for space or for a slot may start.
fn release(nodes: &mut Nodes, file: &mut File, id: FtsFileId) {
    if let Some(Queue::Class(class)) = file.queue {
        file.state = State::Queued;
        nodes.passes.release(id, class);
    }
}

/// Lets copies see the moment and schedule their own events.
pub(super) fn with_moment<E: From<FtsEvent>, T>(cx: &mut Context<'_, E>, act: impl FnOnce(&mut Moment<'_>) -> T) -> T {
    let Context { now, map, calendar, .. } = cx;
    let schedule = &mut |at, event| calendar.schedule(at, FtsEvent::Copy(event).into());
    act(&mut Moment { now: *now, map, schedule })
}

#[cfg(test)]
mod tests;
