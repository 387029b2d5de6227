//! The life of jobs.

use std::collections::{BTreeMap, VecDeque};

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::compute::job::{Job, NewInput, NewJob, Read, State};
use crate::compute::pool::{Need, PoolState, Waiting};
use crate::context::{Context, Owner};
use crate::conveyor::{Conveyor, Events, Want};
use crate::fabric::Fabric;
use crate::facts::{Fact, JobEnded, JobError, JobOutcome, ReadEnded};
use crate::fts::Fts;
use crate::ids::{FileId, Id, JobId, PoolId, ReadId, RseId, Table, WorkloadId};
use crate::live::Live;
use crate::network::{Beside, Carried, FlowSpec, Share};
use crate::questions::{Access, AccessQuestion, Question, SourceQuestion};
use crate::storage::Unlocking;
use crate::topology::Map;
use crate::units::{Bytes, Rate, SimSpan, SimTime};

/// What can happen to a job.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ComputeEvent {
    /// A placement that jobs may wait for has ended.
    Placed {
        /// The file.
        file: FileId,
        /// Where it was to go.
        rse: RseId,
        /// Whether it is there.
        done: bool,
    },
    /// The start-up of a read is over.
    Flowing {
        /// The read.
        read: ReadId,
    },
    /// A block of a read has arrived.
    Arrived {
        /// The read.
        read: ReadId,
        /// Blocks that have arrived with it.
        blocks: u32,
        /// At its end: the traffic around it.
        ended: Option<Carried>,
    },
    /// Everything of an instant that frees slots is done: who starts?
    Schedule {
        /// The pool.
        pool: PoolId,
    },
    /// All data are there and computed.
    Computed {
        /// The job.
        job: JobId,
    },
}

/// What waits for an answer.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// How an input is reached.
    Access {
        question: AccessQuestion,
        /// What the workload itself says.
        given: Option<Access>,
    },
    /// From which replica it is copied.
    Source {
        question: SourceQuestion,
        /// The read that waits for the copy.
        read: ReadId,
    },
}

impl Asked {
    /// As it is put to whoever decides.
    pub fn question(&self) -> Question {
        match self {
            Self::Access { question, .. } => Question::Access(question.clone()),
            Self::Source { question, .. } => Question::Source(question.clone()),
        }
    }
}

/// All jobs and the pools they run in.
#[derive(Clone, Debug)]
pub(crate) struct Compute {
    /// What is to be decided, in order.
    asked: VecDeque<Asked>,
    jobs: Live<JobId, Job>,
    /// Reads of jobs that have not ended.
    reads: Live<ReadId, Read>,
    pools: Table<PoolId, PoolState>,
    /// Reads that wait for a placement.
    waiters: FxHashMap<(FileId, RseId), SmallVec<[ReadId; 4]>>,
    /// Threads that stream, per process.
    streaming: BTreeMap<(PoolId, RseId, JobId), u32>,
    n_done: u64,
    n_failed: u64,
    received: Bytes,
}

impl Compute {
    /// Idle pools.
    pub fn new(map: &Map) -> Self {
        Self {
            asked: VecDeque::new(),
            jobs: Live::new(),
            reads: Live::new(),
            pools: map.pools().values().map(PoolState::new).collect(),
            waiters: FxHashMap::default(),
            streaming: BTreeMap::new(),
            n_done: 0,
            n_failed: 0,
            received: Bytes::ZERO,
        }
    }

    /// Takes a job and asks how its inputs are to be reached.
    pub fn submit<E: From<ComputeEvent>>(&mut self, new: &NewJob, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let pool = &cx.map.pools()[new.pool];
        let id = self.jobs.push(Job {
            workload: new.workload,
            key: new.key,
            pool: new.pool,
            threads: new.threads.max(1),
            slots: new.slots.max(1),
            requested: new.requested,
            traced: new.traced,
            blocks: new.blocks.max(1),
            state: State::Placing,
            submitted_at: cx.now,
            ready_at: None,
            started_at: None,
            data_at: None,
            node: None,
            queued: None,
            compute_fixed: SimSpan::from_secs_f64(new.compute_fixed_s / pool.speed),
            undecided: new.inputs.len(),
            placing: 0,
            staged: SmallVec::new(),
            streamed: SmallVec::new(),
            launched_staged: 0,
            launched_streamed: 0,
            reading: 0,
            busy_until: cx.now,
            is_failing: false,
        });
        for input in &new.inputs {
            fabric.storage.hold(input.file);
        }
        if new.slots > pool.slots {
            for input in &new.inputs {
                fabric.storage.let_go(input.file);
            }
            self.fail(id, JobError::NodeTooSmall, fabric, cx);
            return;
        }
        for (input, wanted) in (0..).zip(&new.inputs) {
            let question = question(id, input, new, *wanted, fabric, pool.speed);
            self.asked.push_back(Asked::Access { question, given: wanted.forced });
        }
        if new.inputs.is_empty() {
            self.enqueue(id, fabric, cx);
        }
    }

    /// What is to be decided next.
    pub fn asked(&self) -> &VecDeque<Asked> {
        &self.asked
    }

    /// Takes the answer to the first question, which asks for an access and can be answered so.
    pub fn reach<E: From<ComputeEvent>>(
        &mut self,
        access: Access,
        conveyor: &Conveyor,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let Some(Asked::Access { question, .. }) = self.asked.pop_front() else { return };
        let (id, file) = (question.job, question.file);
        let needed = Bytes::from_f64(question.bytes.as_f64() * question.read_fraction);
        let read = self.reads.push(Read {
            round_trip: round_trip(access, question.pool, fabric, cx.map),
            part: if access.is_streamed() { needed } else { question.bytes },
            question,
            access,
            decided_at: cx.now,
            started_at: None,
            ended_at: None,
            flow: None,
        });
        let job = &mut self.jobs[id];
        job.undecided -= 1;
        if access.is_streamed() { &mut job.streamed } else { &mut job.staged }.push(read);
        if let Access::Place { source, target } = access {
            self.place(read, (source, target), conveyor, fabric, cx.now);
        }
        fabric.storage.count_use(file);
        if self.jobs[id].undecided == 0 && self.jobs[id].placing == 0 {
            self.enqueue(id, fabric, cx);
        }
    }

    /// Ends the job of the first question, of whose input nothing can be reached any more.
    pub fn give_up<E>(&mut self, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let Some(Asked::Access { question, .. }) = self.asked.front() else { return };
        let job = question.job;
        self.asked.retain(|asked| match asked {
            Asked::Access { question, .. } if question.job == job => {
                fabric.storage.let_go(question.file);
                false
            }
            _ => true,
        });
        self.fail(job, JobError::InputLost, fabric, cx);
    }

    /// Takes the answer to the first question, which asks for a source and can be answered so: orders the copy.
    pub fn copy<E: Events>(
        &mut self,
        source: RseId,
        (conveyor, fts): (&mut Conveyor, &mut Fts),
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let Some(Asked::Source { question, read }) = self.asked.pop_front() else { return };
        let SourceQuestion { job, file, bytes, destination, .. } = question;
        let plain = Want::plain(self.jobs[job].workload, (Some(file), bytes), (source, destination));
        let want = Want { for_job: true, ..plain };
        conveyor.request(want, fts, fabric, cx);
        fabric.storage.lock(file, destination, cx.now);
        self.waiters.entry((file, destination)).or_default().push(read);
    }

    /// Handles what happens to a job.
    pub fn handle<E: From<ComputeEvent>>(
        &mut self,
        event: ComputeEvent,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        match event {
            ComputeEvent::Placed { file, rse, done } => self.on_placed((file, rse), done, fabric, cx),
            ComputeEvent::Flowing { read } => self.on_flowing(read, fabric, cx),
            ComputeEvent::Arrived { read, blocks, ended } => self.on_arrived(read, blocks, ended, fabric, cx),
            ComputeEvent::Schedule { pool } => self.start_waiting(pool, fabric, cx),
            ComputeEvent::Computed { job } => self.on_computed(job, fabric, cx),
        }
    }

    /// Jobs (submitted, done, failed) so far.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.jobs.n_created() as u64, self.n_done, self.n_failed)
    }

    /// Jobs that have not ended, counted one by one.
    pub fn n_left(&self) -> u64 {
        self.jobs.iter().count() as u64
    }

    /// Jobs that wait for slots or scratch space.
    pub fn n_waiting(&self, pool: PoolId) -> usize {
        self.pools[pool].n_waiting()
    }

    /// The workload whose job reads; `None`: it has ended.
    pub fn workload_of(&self, read: ReadId) -> Option<WorkloadId> {
        Some(self.jobs.get(self.reads.get(read)?.question.job)?.workload)
    }

    /// Key of what policies draw for a job: whatever other workloads there are. `None`: it has ended.
    pub fn key_of(&self, job: JobId) -> Option<u64> {
        self.jobs.get(job).map(|job| job.key)
    }

    /// Slots free at a pool.
    pub fn free_slots(&self, pool: PoolId) -> u32 {
        self.pools[pool].free_slots()
    }

    /// Scratch space free on the emptiest node; `None`: never full.
    pub fn free_scratch(&self, pool: PoolId) -> Option<Bytes> {
        self.pools[pool].free_scratch()
    }

    /// Remote reads under way: (processes, threads).
    pub fn streaming(&self, pool: PoolId, rse: RseId) -> (usize, usize) {
        let first = (pool, rse, JobId::from_index(0));
        let of_pair = self.streaming.range(first..).take_while(|((p, r, _), _)| (*p, *r) == (pool, rse));
        of_pair.fold((0, 0), |(processes, threads), (_, &n)| (processes + 1, threads + n as usize))
    }

    /// Bytes of accesses that were completed.
    pub fn received(&self) -> Bytes {
        self.received
    }

    /// Bytes in flight at the end of the run; tells what is left.
    pub fn close<E>(&self, fabric: &Fabric<'_>, cx: &mut Context<'_, E>) -> Bytes {
        let mut in_flight = Bytes::ZERO;
        for (id, read) in self.reads.iter().filter(|(_, read)| read.ended_at.is_none()) {
            let moved = read.flow.and_then(|flow| fabric.network.progressed(flow)).map(|p| p.moved).unwrap_or_default();
            in_flight += moved;
            cx.tell(&Fact::ReadEnded(ReadEnded { moved, ..self.life_of(id) }));
        }
        for (id, job) in self.jobs.iter() {
            cx.tell(&Fact::JobEnded(self.life(id, job)));
        }
        in_flight
    }

    /// Waits for the copy of an input that is under way, or asks from where it shall be made.
    ///
    /// A replica that a job asks for is pinned until the job ends; then it is cache.
    fn place(
        &mut self,
        read: ReadId,
        (suggested, destination): (RseId, RseId),
        conveyor: &Conveyor,
        fabric: &mut Fabric<'_>,
        now: SimTime,
    ) {
        let AccessQuestion { job, input, file, .. } = self.reads[read].question;
        if fabric.storage.has_replica(file, destination) {
            fabric.storage.lock(file, destination, now);
            return;
        }
        self.jobs[job].placing += 1;
        if conveyor.live(file, destination).is_some() {
            fabric.storage.lock(file, destination, now);
            self.waiters.entry((file, destination)).or_default().push(read);
            return;
        }
        let bytes = fabric.storage.file(file).bytes;
        let question = SourceQuestion { job, input, file, bytes, destination, suggested };
        self.asked.push_front(Asked::Source { question, read });
    }

    fn on_placed<E: From<ComputeEvent>>(
        &mut self,
        placed: (FileId, RseId),
        done: bool,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        for read in self.waiters.remove(&placed).unwrap_or_default() {
            // Another placement of its job may have failed, and the job with it.
            let Some(id) = self.reads.get(read).map(|read| read.question.job) else { continue };
            let job = &mut self.jobs[id];
            job.placing -= 1;
            if !done {
                self.fail(id, JobError::PlacementFailed, fabric, cx);
            } else if job.placing == 0 {
                self.enqueue(id, fabric, cx);
            }
        }
    }

    fn enqueue<E: From<ComputeEvent>>(&mut self, id: JobId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let scratch = self.jobs[id].staged.iter().map(|&read| self.reads[read].part).sum();
        let job = &self.jobs[id];
        let compute_s = || job.reads().map(|read| self.reads[read].question.compute_s).sum();
        let requested = job.requested.unwrap_or_else(|| job.compute_fixed + SimSpan::from_secs_f64(compute_s()));
        let queued = Waiting { job: id, need: Need { slots: job.slots, scratch }, requested };
        let pool = job.pool;
        let job = &mut self.jobs[id];
        job.ready_at = Some(cx.now);
        if cx.map.pools()[pool].scratch.is_some_and(|all| scratch > all) {
            self.fail(id, JobError::ScratchTooSmall, fabric, cx);
            return;
        }
        let job = &mut self.jobs[id];
        job.state = State::Queued;
        job.queued = Some(queued);
        self.pools[pool].queue(queued);
        self.look_at(pool, fabric, cx);
    }

    /// Something has queued or slots were freed. Where jobs pass each other, those that end in this instant come first.
    fn look_at<E: From<ComputeEvent>>(&mut self, pool: PoolId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        if !self.pools[pool].lets_pass() {
            self.start_waiting(pool, fabric, cx);
        } else if self.pools[pool].looks_later() {
            cx.schedule(cx.now, ComputeEvent::Schedule { pool });
        }
    }

    /// Starts what can start after something has queued or slots were freed.
    fn start_waiting<E: From<ComputeEvent>>(&mut self, pool: PoolId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        for (id, node) in self.pools[pool].start(cx.now) {
            self.start(id, node, fabric, cx);
        }
    }

    fn start<E: From<ComputeEvent>>(&mut self, id: JobId, node: u32, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let job = &mut self.jobs[id];
        job.state = State::Running;
        job.started_at = Some(cx.now);
        job.node = Some(node);
        self.go_on(id, fabric, cx);
    }

    /// Launches what a running job can read next, and ends it where nothing is left to read.
    fn go_on<E: From<ComputeEvent>>(&mut self, id: JobId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        while !self.jobs[id].is_failing {
            let job = &mut self.jobs[id];
            let staging = job.launched_staged < job.staged.len();
            if job.reading >= job.threads {
                return;
            }
            let read = if staging {
                job.launched_staged += 1;
                job.staged[job.launched_staged - 1]
            } else {
                if job.launched_streamed == 0 {
                    // Streaming starts only when everything is staged in.
                    if job.reading > 0 {
                        return;
                    }
                    self.start_computing(id, cx.now);
                }
                let job = &mut self.jobs[id];
                let Some(&read) = job.streamed.get(job.launched_streamed) else { break };
                job.launched_streamed += 1;
                read
            };
            self.jobs[id].reading += 1;
            cx.schedule(cx.now + self.reads[read].round_trip, ComputeEvent::Flowing { read });
        }
        let job = &mut self.jobs[id];
        if job.reading > 0 {
            return;
        }
        if job.is_failing {
            self.stop(id, fabric, cx);
        } else {
            job.data_at = Some(cx.now);
            cx.schedule(job.busy_until.max(cx.now), ComputeEvent::Computed { job: id });
        }
    }

    fn start_computing(&mut self, id: JobId, now: SimTime) {
        let staged: f64 = self.jobs[id].staged.iter().map(|&read| self.reads[read].question.compute_s).sum();
        let job = &mut self.jobs[id];
        job.busy_until = now + job.compute_fixed + SimSpan::from_secs_f64(staged);
    }

    fn on_flowing<E: From<ComputeEvent>>(&mut self, id: ReadId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let read = &self.reads[id];
        let (source, streamed) = (read.access.read_from(), read.access.is_streamed());
        if !fabric.storage.has_replica(read.question.file, source) {
            return self.read_elsewhere(id, fabric, cx);
        }
        fabric.storage.touch(read.question.file, source, cx.now);
        let job = &self.jobs[read.question.job];
        let node = job.node.expect("only running jobs read");
        let (route, share) = if streamed {
            let way = fabric.wiring.remote((source, job.pool, node), &mut fabric.network);
            let way = way.expect("answers are checked for a route");
            let process = read.question.job.index() as u64;
            let share = match way.beside {
                Beside::Law(pair) => Share::Thread { pair, process },
                Beside::Readers(readers) => Share::Reader { readers, process },
            };
            (way.route, share)
        } else {
            let route = fabric.wiring.stage_in((source, job.pool), &mut fabric.network);
            (route.expect("answers are checked for a route"), Share::Streams(1))
        };
        let blocks = if streamed { job.blocks } else { 1 };
        let spec = FlowSpec { route, share, cap: Rate::INFINITE, bytes: read.part, blocks, owner: Owner::Read(id) };
        if streamed {
            *self.streaming.entry((job.pool, source, read.question.job)).or_default() += 1;
        }
        let read = &mut self.reads[id];
        read.started_at = Some(cx.now);
        read.flow = Some(fabric.network.start(cx.now, spec));
    }

    /// What was to be read is not there any more: it is asked for where it is nearest by latency. Where nothing is left of it that can
    /// be reached, the job fails as soon as what it reads already has arrived.
    fn read_elsewhere<E: From<ComputeEvent>>(&mut self, id: ReadId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let AccessQuestion { job, pool, file, .. } = self.reads[id].question;
        let way = |&rse: &RseId| Some((cx.map.route_to_pool(rse, pool)?.latency, rse));
        let Some((_, source)) = fabric.storage.file(file).replicas.iter().filter_map(way).min() else {
            let job_state = &mut self.jobs[job];
            job_state.is_failing = true;
            job_state.reading -= 1;
            return self.go_on(job, fabric, cx);
        };
        let is_streamed = self.reads[id].access.is_streamed();
        let access = if is_streamed { Access::Remote { source } } else { Access::StageIn { source } };
        self.leave(id, fabric, cx.now);
        let round_trip = round_trip(access, pool, fabric, cx.map);
        let read = &mut self.reads[id];
        (read.access, read.round_trip) = (access, round_trip);
        cx.schedule(cx.now + round_trip, ComputeEvent::Flowing { read: id });
    }

    fn on_arrived<E: From<ComputeEvent>>(
        &mut self,
        id: ReadId,
        blocks: u32,
        ended: Option<Carried>,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        let read = &self.reads[id];
        let job = &mut self.jobs[read.question.job];
        if read.access.is_streamed() {
            // The time of the nth block is a difference of whole spans, so that they add up to the whole.
            let until = |block: u32| {
                SimSpan::from_secs_f64(read.question.compute_s * (f64::from(block) / f64::from(job.blocks))).as_nanos()
            };
            let block = SimSpan::from_nanos(until(blocks) - until(blocks - 1));
            job.busy_until = job.busy_until.max(cx.now) + block;
        }
        if let Some(carried) = ended {
            self.on_read(id, carried, fabric, cx);
        }
    }

    fn on_read<E: From<ComputeEvent>>(
        &mut self,
        id: ReadId,
        carried: Carried,
        fabric: &mut Fabric<'_>,
        cx: &mut Context<'_, E>,
    ) {
        self.reads[id].ended_at = Some(cx.now);
        let read = &self.reads[id];
        let &AccessQuestion { job, pool, .. } = &read.question;
        let (streamed, moved) = (read.access.is_streamed(), read.part);
        let process = (pool, read.access.read_from(), job);
        let concurrent = streamed.then_some(carried);
        cx.tell(&Fact::ReadEnded(ReadEnded { moved, concurrent, ..self.life_of(id) }));
        self.received += moved;
        if streamed && let Some(threads) = self.streaming.get_mut(&process) {
            *threads -= 1;
            if *threads == 0 {
                self.streaming.remove(&process);
            }
        }
        self.jobs[job].reading -= 1;
        self.go_on(job, fabric, cx);
    }

    fn on_computed<E: From<ComputeEvent>>(&mut self, id: JobId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        self.n_done += 1;
        self.free_node(id, fabric, cx, |compute, fabric, cx| compute.end(id, JobOutcome::Done, fabric, cx));
    }

    /// Ends a job that runs and cannot go on.
    fn stop<E: From<ComputeEvent>>(&mut self, id: JobId, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        self.free_node(id, fabric, cx, |compute, fabric, cx| compute.fail(id, JobError::InputLost, fabric, cx));
    }

    /// Ends a job that runs, and gives its slots to those that wait.
    fn free_node<'f, E: From<ComputeEvent>>(
        &mut self,
        id: JobId,
        fabric: &mut Fabric<'f>,
        cx: &mut Context<'_, E>,
        end: impl FnOnce(&mut Self, &mut Fabric<'f>, &mut Context<'_, E>),
    ) {
        let job = &self.jobs[id];
        let pool = job.pool;
        let held = job.queued.zip(job.node).zip(job.started_at);
        let ((held, node), started_at) = held.expect("only running jobs end");
        end(self, fabric, cx);
        self.pools[pool].give_back(held, node, started_at);
        self.look_at(pool, fabric, cx);
    }

    /// Ends a job, and with it its reads that have not ended, of which none is under way.
    fn fail<E>(&mut self, id: JobId, why: JobError, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        self.n_failed += 1;
        for read in self.jobs[id].reads().filter(|&read| self.reads[read].ended_at.is_none()) {
            cx.tell(&Fact::ReadEnded(self.life_of(read)));
        }
        self.end(id, JobOutcome::Failed(why), fabric, cx);
    }

    /// Tells the end of a job, and forgets it and its reads.
    fn end<E>(&mut self, id: JobId, outcome: JobOutcome, fabric: &mut Fabric<'_>, cx: &mut Context<'_, E>) {
        let life = self.life(id, &self.jobs[id]);
        cx.tell(&Fact::JobEnded(JobEnded { ended_at: Some(cx.now), outcome, ..life }));
        for read in self.jobs.remove(id).iter().flat_map(Job::reads) {
            self.leave(read, fabric, cx.now);
            let file = self.reads.remove(read).map(|read| read.question.file);
            file.into_iter().for_each(|file| fabric.storage.let_go(file));
        }
    }

    /// Takes the pin from the replica that was placed for a read.
    fn leave(&self, read: ReadId, fabric: &mut Fabric<'_>, now: SimTime) {
        let read = &self.reads[read];
        if let Access::Place { target, .. } = read.access {
            fabric.storage.unlock(read.question.file, target, Unlocking::default(), now);
        }
    }

    fn life_of(&self, id: ReadId) -> ReadEnded {
        let read = &self.reads[id];
        read.life(id, self.jobs[read.question.job].workload)
    }

    fn life(&self, id: JobId, job: &Job) -> JobEnded {
        let reads = job.reads().map(|read| &self.reads[read].question);
        job.life(id, reads.map(|question| (question.bytes, question.compute_s)))
    }
}

fn question(job: JobId, input: u32, new: &NewJob, wanted: NewInput, fabric: &Fabric<'_>, speed: f64) -> AccessQuestion {
    let bytes = fabric.storage.file(wanted.file).bytes;
    let compute_s = new.compute_per_byte * bytes.as_f64() * new.read_fraction / speed;
    AccessQuestion {
        job,
        input,
        file: wanted.file,
        bytes,
        read_fraction: new.read_fraction,
        threads: new.threads.max(1),
        pool: new.pool,
        compute_s,
    }
}

/// From asking for an input to its first byte. The access law is fitted on whole reads, so their round trips are in it.
fn round_trip(access: Access, pool: PoolId, fabric: &Fabric<'_>, map: &Map) -> SimSpan {
    let source = access.read_from();
    if access.is_streamed() && fabric.wiring.has_law(pool, source) {
        return SimSpan::ZERO;
    }
    map.route_to_pool(source, pool).map_or(SimSpan::ZERO, |route| route.latency * 2)
}
