//! The life of jobs.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use crate::compute::job::{Job, NewInput, NewJob, Read, Shown, State};
use crate::compute::pool::PoolState;
use crate::engine::context::{Context, Fabric, Owner};
use crate::engine::event::Event;
use crate::engine::{EngineError, Setup};
use crate::fts::{Fts, Order};
use crate::ids::{FileId, Id, JobId, PoolId, ReadId, RequestId, RseId, Table};
use crate::live::Live;
use crate::network::{Carried, FlowSpec, Share};
use crate::policy::{Access, AccessOutcome, AccessRequest, GridView};
use crate::results::ReadRecord;
use crate::rng::{Purpose, keyed};
use crate::units::{Bytes, Rate, SimSpan, SimTime};

/// What can happen to a job.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ComputeEvent {
    /// A placement that jobs may wait for has ended.
    Placed {
        /// The request.
        request: RequestId,
        /// Whether the replica is there.
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
    /// All data are there and computed.
    Computed {
        /// The job.
        job: JobId,
    },
}

/// All jobs and the pools they run in.
#[derive(Clone, Debug)]
pub(crate) struct Compute {
    jobs: Live<JobId, Job>,
    /// Reads of jobs that have not ended.
    reads: Live<ReadId, Read>,
    pools: Table<PoolId, PoolState>,
    /// Reads that wait for a placement.
    waiters: BTreeMap<RequestId, SmallVec<[ReadId; 4]>>,
    /// Threads that stream, per process.
    streaming: BTreeMap<(PoolId, RseId, JobId), u32>,
    n_done: u64,
    n_failed: u64,
}

impl Compute {
    /// Idle pools.
    pub fn new(setup: &Setup) -> Self {
        Self {
            jobs: Live::new(),
            reads: Live::new(),
            pools: setup.topology.pools().values().map(PoolState::new).collect(),
            waiters: BTreeMap::new(),
            streaming: BTreeMap::new(),
            n_done: 0,
            n_failed: 0,
        }
    }

    /// Takes a job: decides its inputs and orders its placements.
    pub fn submit(
        &mut self,
        new: &NewJob,
        fts: &mut Fts,
        fabric: &mut Fabric,
        cx: &mut Context<'_>,
    ) -> Result<(), EngineError> {
        let pool = &cx.setup.topology.pools()[new.pool];
        let id = self.jobs.push(Job {
            workload: new.workload,
            pool: new.pool,
            threads: new.threads.max(1),
            blocks: new.blocks.max(1),
            state: State::Placing,
            submitted_at: cx.now,
            ready_at: None,
            started_at: None,
            data_at: None,
            ended_at: None,
            node: None,
            scratch: Bytes::ZERO,
            error_class: None,
            compute_fixed: SimSpan::from_secs_f64(new.compute_fixed_s / pool.speed),
            placing: 0,
            staged: SmallVec::new(),
            streamed: SmallVec::new(),
            launched_staged: 0,
            launched_streamed: 0,
            reading: 0,
            busy_until: cx.now,
        });
        for (input, wanted) in (0..).zip(&new.inputs) {
            let request = request(id, input, new, *wanted, fabric, cx.setup);
            self.decide(&request, wanted.forced, fts, fabric, cx)?;
            fabric.storage.count_use(wanted.file);
        }
        if self.jobs[id].placing == 0 && self.jobs[id].state == State::Placing {
            self.enqueue(id, cx);
        }
        Ok(())
    }

    /// Handles what happens to a job.
    pub fn handle(&mut self, event: ComputeEvent, fabric: &mut Fabric, cx: &mut Context<'_>) {
        match event {
            ComputeEvent::Placed { request, done } => self.on_placed(request, done, cx),
            ComputeEvent::Flowing { read } => self.on_flowing(read, fabric, cx),
            ComputeEvent::Arrived { read, blocks, ended } => self.on_arrived(read, blocks, ended, cx),
            ComputeEvent::Computed { job } => self.on_computed(job, cx),
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

    /// Jobs that wait for a slot or scratch space, and jobs that run.
    pub fn load(&self, pool: PoolId) -> (usize, u32) {
        (self.pools[pool].waiting.len(), self.pools[pool].running)
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

    /// Bytes in flight at the end of the run; records what is left.
    pub fn close(&self, fabric: &Fabric, cx: &mut Context<'_>) -> Bytes {
        let mut in_flight = Bytes::ZERO;
        for (id, read) in self.reads.iter().filter(|(_, read)| read.ended_at.is_none()) {
            let moved = read.flow.and_then(|flow| fabric.network.progressed(flow)).map(|p| p.moved).unwrap_or_default();
            in_flight += moved;
            cx.recorder.read(&ReadRecord { moved, ..read.record(id) }, cx.setup);
            record_decision(id, read, cx);
        }
        for (id, job) in self.jobs.iter() {
            self.record_job(id, job, cx);
        }
        in_flight
    }

    fn decide(
        &mut self,
        request: &AccessRequest,
        forced: Option<Access>,
        fts: &mut Fts,
        fabric: &mut Fabric,
        cx: &mut Context<'_>,
    ) -> Result<(), EngineError> {
        let view = GridView { now: cx.now, topology: &cx.setup.topology, storage: &fabric.storage, fts, compute: self };
        let sources = view.reachable(request).count();
        if sources == 0 {
            let pool = cx.setup.topology.pools()[request.pool].name.clone();
            return Err(EngineError::Unreachable { job: request.job.index() as u64, pool, at: cx.now });
        }
        let shown =
            Shown { sources, queued: view.queued_to_site(request.pool), waiting: view.waiting_jobs(request.pool) };
        let access = forced.unwrap_or_else(|| {
            let mut rng = keyed(cx.seed, Purpose::Policy, [0, request.job.index() as u64, u64::from(request.input)]);
            cx.policies.access.decide(request, &view, &mut rng)
        });
        check(access, request, forced.is_none(), fabric, cx)?;
        let streamed = matches!(access, Access::Remote { .. });
        let part =
            if streamed { Bytes::from_f64(request.bytes.as_f64() * request.read_fraction) } else { request.bytes };
        let read = self.reads.push(Read {
            request: request.clone(),
            shown,
            part,
            access,
            by_policy: forced.is_none(),
            decided_at: cx.now,
            started_at: None,
            ended_at: None,
            flow: None,
        });
        let job = &mut self.jobs[request.job];
        if streamed { &mut job.streamed } else { &mut job.staged }.push(read);
        if let Access::Place { source, target } = access {
            self.place(read, source, target, fts, fabric, cx);
        }
        Ok(())
    }

    fn place(
        &mut self,
        read: ReadId,
        source: RseId,
        target: RseId,
        fts: &mut Fts,
        fabric: &mut Fabric,
        cx: &mut Context<'_>,
    ) {
        let AccessRequest { file, job, .. } = self.reads[read].request;
        if fabric.storage.has_replica(file, target) {
            return;
        }
        self.jobs[job].placing += 1;
        let request = fts.placing(file, target).unwrap_or_else(|| {
            let bytes = fabric.storage.file(file).bytes;
            let workload = self.jobs[job].workload;
            let order =
                Order { workload, file: Some(file), bytes, source, destination: target, trace_row: None, queues: true };
            fts.submit(order, fabric, cx)
        });
        self.waiters.entry(request).or_default().push(read);
    }

    fn on_placed(&mut self, request: RequestId, done: bool, cx: &mut Context<'_>) {
        for read in self.waiters.remove(&request).unwrap_or_default() {
            // Another placement of its job may have failed, and the job with it.
            let Some(id) = self.reads.get(read).map(|read| read.request.job) else { continue };
            let job = &mut self.jobs[id];
            job.placing -= 1;
            if !done {
                self.fail(id, "placement-failed", cx);
            } else if job.placing == 0 {
                self.enqueue(id, cx);
            }
        }
    }

    fn enqueue(&mut self, id: JobId, cx: &mut Context<'_>) {
        let scratch = self.jobs[id].staged.iter().map(|&read| self.reads[read].part).sum();
        let job = &mut self.jobs[id];
        job.ready_at = Some(cx.now);
        job.scratch = scratch;
        let pool = job.pool;
        if cx.setup.topology.pools()[pool].scratch.is_some_and(|all| scratch > all) {
            self.fail(id, "scratch-too-small", cx);
            return;
        }
        self.jobs[id].state = State::Queued;
        self.pools[pool].waiting.push_back(id);
        self.start_waiting(pool, cx);
    }

    /// Starts, in order of arrival, every job for which there is a node.
    fn start_waiting(&mut self, pool: PoolId, cx: &mut Context<'_>) {
        let mut index = 0;
        while self.pools[pool].free_slots() > 0 && index < self.pools[pool].waiting.len() {
            let id = self.pools[pool].waiting[index];
            match self.pools[pool].take(self.jobs[id].scratch) {
                Some(node) => {
                    self.pools[pool].waiting.remove(index);
                    self.start(id, node, cx);
                }
                None => index += 1,
            }
        }
    }

    fn start(&mut self, id: JobId, node: u32, cx: &mut Context<'_>) {
        let job = &mut self.jobs[id];
        job.state = State::Running;
        job.started_at = Some(cx.now);
        job.node = Some(node);
        self.go_on(id, cx);
    }

    /// Launches what a running job can read next, and ends it where nothing is left to read.
    fn go_on(&mut self, id: JobId, cx: &mut Context<'_>) {
        loop {
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
            self.launch(read, cx);
        }
        let job = &mut self.jobs[id];
        if job.reading == 0 {
            job.data_at = Some(cx.now);
            cx.calendar.schedule(job.busy_until.max(cx.now), Event::Compute(ComputeEvent::Computed { job: id }));
        }
    }

    fn start_computing(&mut self, id: JobId, now: SimTime) {
        let staged: f64 = self.jobs[id].staged.iter().map(|&read| self.reads[read].request.compute_s).sum();
        let job = &mut self.jobs[id];
        job.busy_until = now + job.compute_fixed + SimSpan::from_secs_f64(staged);
    }

    fn launch(&self, id: ReadId, cx: &mut Context<'_>) {
        let read = &self.reads[id];
        let pool = read.request.pool;
        let has_law = read.is_streamed() && cx.setup.topology.law(pool, read.source()).is_some();
        let route = cx.setup.topology.route_to_pool(read.source(), pool);
        // The access law is fitted on whole reads, so their round trips are in it.
        let round_trip = route.filter(|_| !has_law).map_or(SimSpan::ZERO, |route| route.latency * 2);
        cx.calendar.schedule(cx.now + round_trip, Event::Compute(ComputeEvent::Flowing { read: id }));
    }

    fn on_flowing(&mut self, id: ReadId, fabric: &mut Fabric, cx: &mut Context<'_>) {
        let read = &self.reads[id];
        let job = &self.jobs[read.request.job];
        let (source, topology) = (read.source(), &cx.setup.topology);
        let node = job.node.expect("only running jobs read");
        let (route, share) = if read.is_streamed() {
            let way = fabric.wiring.remote((source, job.pool, node), topology, &mut fabric.network);
            let way = way.expect("decisions are checked for a route");
            let process = read.request.job.index() as u64;
            (way.route, way.pair.map_or(Share::Streams(1), |pair| Share::Thread { pair, process }))
        } else {
            let route = fabric.wiring.stage_in((source, job.pool), topology, &mut fabric.network);
            (route.expect("decisions are checked for a route"), Share::Streams(1))
        };
        let blocks = if read.is_streamed() { job.blocks } else { 1 };
        let spec = FlowSpec { route, share, cap: Rate::INFINITE, bytes: read.part, blocks, owner: Owner::Read(id) };
        if read.is_streamed() {
            *self.streaming.entry((job.pool, source, read.request.job)).or_default() += 1;
        }
        let read = &mut self.reads[id];
        read.started_at = Some(cx.now);
        read.flow = Some(fabric.network.start(cx.now, spec));
    }

    fn on_arrived(&mut self, id: ReadId, blocks: u32, ended: Option<Carried>, cx: &mut Context<'_>) {
        let read = &self.reads[id];
        let job = &mut self.jobs[read.request.job];
        if read.is_streamed() {
            // The time of the nth block is a difference of whole spans, so that they add up to the whole.
            let until = |block: u32| {
                SimSpan::from_secs_f64(read.request.compute_s * (f64::from(block) / f64::from(job.blocks))).as_nanos()
            };
            let block = SimSpan::from_nanos(until(blocks) - until(blocks - 1));
            job.busy_until = job.busy_until.max(cx.now) + block;
        }
        if let Some(carried) = ended {
            self.on_read(id, carried, cx);
        }
    }

    fn on_read(&mut self, id: ReadId, carried: Carried, cx: &mut Context<'_>) {
        self.reads[id].ended_at = Some(cx.now);
        let read = &self.reads[id];
        let (streamed, &AccessRequest { job, pool, .. }) = (read.is_streamed(), &read.request);
        let process = (pool, read.source(), job);
        let concurrent = streamed.then_some(carried);
        cx.recorder.read(&ReadRecord { moved: read.part, concurrent, ..read.record(id) }, cx.setup);
        record_decision(id, read, cx);
        tell_policy(read, cx);
        if streamed && let Some(threads) = self.streaming.get_mut(&process) {
            *threads -= 1;
            if *threads == 0 {
                self.streaming.remove(&process);
            }
        }
        self.jobs[job].reading -= 1;
        self.go_on(job, cx);
    }

    fn on_computed(&mut self, id: JobId, cx: &mut Context<'_>) {
        let job = &mut self.jobs[id];
        job.state = State::Done;
        job.ended_at = Some(cx.now);
        self.n_done += 1;
        let (pool, node, scratch) = (job.pool, job.node.expect("only running jobs end"), job.scratch);
        self.record_job(id, &self.jobs[id], cx);
        self.forget(id);
        self.pools[pool].give_back(node, scratch);
        self.start_waiting(pool, cx);
    }

    /// Ends a job that has not started, and with it its reads, of which none has.
    fn fail(&mut self, id: JobId, why: &'static str, cx: &mut Context<'_>) {
        let job = &mut self.jobs[id];
        job.state = State::Failed;
        job.ended_at = Some(cx.now);
        job.error_class = Some(why);
        self.n_failed += 1;
        for read in self.jobs[id].reads() {
            let state = &self.reads[read];
            tell_policy(state, cx);
            cx.recorder.read(&state.record(read), cx.setup);
            record_decision(read, state, cx);
        }
        self.record_job(id, &self.jobs[id], cx);
        self.forget(id);
    }

    /// Drops a job that has ended and its reads, which are summed up in its record.
    fn forget(&mut self, id: JobId) {
        for read in self.jobs.remove(id).iter().flat_map(Job::reads) {
            self.reads.remove(read);
        }
    }

    fn record_job(&self, id: JobId, job: &Job, cx: &mut Context<'_>) {
        let reads = job.reads().map(|read| &self.reads[read].request);
        cx.recorder.job(&job.record(id, reads.map(|read| (read.bytes, read.compute_s))), cx.setup);
    }
}

fn record_decision(id: ReadId, read: &Read, cx: &mut Context<'_>) {
    if read.by_policy {
        cx.recorder.decision(&read.decision(id), cx.setup);
    }
}

fn tell_policy(read: &Read, cx: &mut Context<'_>) {
    if read.by_policy {
        let outcome = AccessOutcome { request: read.request.clone(), access: read.access, took: read.took() };
        cx.policies.access.observe(&outcome);
    }
}

fn request(job: JobId, input: u32, new: &NewJob, wanted: NewInput, fabric: &Fabric, setup: &Setup) -> AccessRequest {
    let bytes = fabric.storage.file(wanted.file).bytes;
    let compute_s = new.compute_per_byte * bytes.as_f64() * new.read_fraction / setup.topology.pools()[new.pool].speed;
    AccessRequest {
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

/// Refuses what cannot be done.
fn check(
    access: Access,
    request: &AccessRequest,
    by_policy: bool,
    fabric: &Fabric,
    cx: &Context<'_>,
) -> Result<(), EngineError> {
    let topology = &cx.setup.topology;
    let policy = || if by_policy { cx.policies.access.name() } else { "(campaign)" }.to_owned();
    let name = |rse: RseId| topology.rses().get(rse).map_or_else(|| format!("{rse:?}"), |rse| rse.name.clone());
    let named = |rse: RseId| (name(rse), request.job.index() as u64, request.input, cx.now);
    let holds = |file: FileId, rse: RseId| fabric.storage.has_replica(file, rse);
    let (source, stops) = match access {
        Access::Remote { source } | Access::StageIn { source } => (source, None),
        Access::Place { source, target } => (source, Some(target)),
    };
    if !holds(request.file, source) {
        let (rse, job, input, at) = named(source);
        return Err(EngineError::NoReplicaThere { policy: policy(), rse, job, input, at });
    }
    if let Some(target) = stops {
        let home = topology.pools()[request.pool].site;
        if topology.rses().get(target).is_none_or(|rse| rse.site != home) {
            let (rse, job, input, at) = named(target);
            return Err(EngineError::TargetElsewhere { policy: policy(), rse, job, input, at });
        }
    }
    let reader = stops.unwrap_or(source);
    let reached = stops.is_none_or(|target| topology.route_between(source, target).is_some());
    if !reached || topology.route_to_pool(reader, request.pool).is_none() {
        let (rse, job, input, at) = named(if reached { reader } else { source });
        return Err(EngineError::NoRoute { policy: policy(), rse, job, input, at });
    }
    Ok(())
}
