//! Flows, their classes and their clocks.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{Id, entity_id};
use crate::network::resource::{Resource, thread_weight};
use crate::network::solver::{Demand, fill};
use crate::network::{Capacity, ResourceId};
use crate::topology::AccessCoefficients;
use crate::units::{Bytes, NANOS_PER_SECOND, Rate, SimSpan, SimTime};

entity_id! {
    /// A list of resources that flows cross together.
    RouteId;
}

/// A flow under way; never used again after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowId {
    index: usize,
    sequence: u64,
}

/// How a flow shares what it crosses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Share {
    /// By the number of its parallel streams, at least one.
    Streams(u32),
    /// As a thread of a process that reads over the access law `pair`, which is on the flow's route.
    Thread {
        /// The access law of its worker node and RSE.
        pair: ResourceId,
        /// The process; threads with the same number are siblings.
        process: u64,
    },
}

/// What all flows of a class have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClassKey {
    route: RouteId,
    weight: WeightKey,
    /// Bits of the cap [B/s], which is never negative, so that they order like it.
    cap: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum WeightKey {
    Streams(u32),
    Thread { pair: ResourceId, siblings: u32 },
}

/// A flow to be started.
#[derive(Clone, Copy, Debug)]
pub struct FlowSpec<T> {
    /// What it crosses.
    pub route: RouteId,
    /// How it shares that.
    pub share: Share,
    /// Most that it takes; [`Rate::INFINITE`]: no cap.
    pub cap: Rate,
    /// What it moves.
    pub bytes: Bytes,
    /// Equal blocks whose arrival is told one by one, at least one.
    pub blocks: u32,
    /// Whom it belongs to.
    pub owner: T,
}

/// A block, or the last byte, has arrived.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival<T> {
    /// The flow.
    pub flow: FlowId,
    /// Whom it belongs to.
    pub owner: T,
    /// Blocks that have arrived with this one.
    pub blocks: u32,
    /// At the end of the flow: what it saw of the traffic around it.
    pub ended: Option<Carried>,
}

/// Concurrent traffic of a thread from its start to its end in bytes; zero for other flows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Carried {
    /// Moved by the other threads of its process over the same pair (ConTh).
    pub con_th: f64,
    /// Moved by other processes over the same pair (ConPr).
    pub con_pr: f64,
}

/// How far a flow is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progressed {
    /// Whole bytes that it has moved.
    pub moved: Bytes,
    /// Its rate as of the last solution.
    pub rate: Rate,
}

#[derive(Clone, Debug)]
struct Flow<T> {
    owner: T,
    sequence: u64,
    class: usize,
    share: Share,
    cap: Rate,
    bytes: f64,
    blocks: u32,
    blocks_done: u32,
    /// Clock of its class when the flow had moved nothing; shifts when the flow changes class.
    origin: f64,
    /// Traffic of its process and of its pair when it started.
    process_before: f64,
    pair_before: f64,
}

impl<T> Flow<T> {
    /// Bytes from the start of the flow to the end of its next block.
    fn next_stop(&self) -> f64 {
        self.bytes * (f64::from(self.blocks_done + 1) / f64::from(self.blocks))
    }

    /// Bits of its class's clock at the next stop; bits of doubles that are not negative order like the doubles.
    fn stop_key(&self) -> u64 {
        // Adding zero turns -0 into 0.
        ((self.origin + self.next_stop()).max(0.0) + 0.0).to_bits()
    }
}

#[derive(Clone, Debug)]
struct Class {
    key: ClassKey,
    clock: f64,
    rate: f64,
    /// (key of the next stop, flow), see [`Flow::stop_key`].
    stops: BTreeSet<(u64, usize)>,
}

/// A process reading over one pair.
#[derive(Clone, Debug, Default)]
struct Process {
    flows: Vec<usize>,
    /// Bytes moved by threads of this process that have left their class since (ended or migrated), and of the rest until then.
    settled: f64,
}

/// Clocks start again before they pass this: doubles lose whole bytes at 2^53.
const REBASE_AT: f64 = (1_u64 << 40) as f64;

/// All flows, classes and resources of a run; `T` says whom a flow belongs to.
///
/// ```
/// use dapple_simulator::network::{Capacity, FlowSpec, Network, Share};
/// use dapple_simulator::topology::Series;
/// use dapple_simulator::units::{Bytes, Rate, SimTime};
/// let mut network = Network::new();
/// let wire = network.add_resource(Capacity::Wire(Series::constant(Rate::from_mb_per_s(100.0))));
/// let route = network.route(&[wire]);
/// let bytes = Bytes::from_megabytes(500.0);
/// network.start(SimTime::ZERO, FlowSpec { route, share: Share::Streams(1), cap: Rate::INFINITE, bytes, blocks: 1, owner: "me" });
/// let end = network.settle(SimTime::ZERO).expect("one flow");
/// assert_eq!(end, SimTime::from_secs_f64(5.0));
/// assert_eq!(network.arrivals(end)[0].owner, "me");
/// ```
#[derive(Clone, Debug)]
pub struct Network<T> {
    now: SimTime,
    resources: Vec<Resource>,
    routes: Vec<Vec<ResourceId>>,
    route_ids: BTreeMap<Vec<ResourceId>, RouteId>,
    flows: Vec<Option<Flow<T>>>,
    free: Vec<usize>,
    classes: Vec<Option<Class>>,
    free_classes: Vec<usize>,
    class_ids: BTreeMap<ClassKey, usize>,
    processes: BTreeMap<(ResourceId, u64), Process>,
    changes: BTreeSet<(SimTime, ResourceId)>,
    next_sequence: u64,
    n_ended: u64,
    /// Resources that somebody crosses, as of the last solution.
    crossed: Vec<ResourceId>,
    dirty: bool,
    moved: f64,
    n_solutions: u64,
}

impl<T> Default for Network<T> {
    fn default() -> Self {
        Self {
            now: SimTime::ZERO,
            resources: Vec::new(),
            routes: Vec::new(),
            route_ids: BTreeMap::new(),
            flows: Vec::new(),
            free: Vec::new(),
            classes: Vec::new(),
            free_classes: Vec::new(),
            class_ids: BTreeMap::new(),
            processes: BTreeMap::new(),
            changes: BTreeSet::new(),
            next_sequence: 0,
            n_ended: 0,
            crossed: Vec::new(),
            dirty: false,
            moved: 0.0,
            n_solutions: 0,
        }
    }
}

impl<T: Copy> Network<T> {
    /// A network without resources.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a resource. Access laws must be well-posed at every step.
    pub fn add_resource(&mut self, capacity: Capacity) -> ResourceId {
        let id = ResourceId::from_index(self.resources.len());
        let resource = Resource::new(capacity);
        self.changes.extend(resource.next_change(self.now).map(|at| (at, id)));
        self.resources.push(resource);
        self.dirty = true;
        id
    }

    /// The route over these resources, each of them once; the same list gives the same route.
    pub fn route(&mut self, resources: &[ResourceId]) -> RouteId {
        let mut list: Vec<ResourceId> = resources.to_vec();
        list.sort_unstable();
        list.dedup();
        let next = RouteId::from_index(self.routes.len());
        let routes = &mut self.routes;
        *self.route_ids.entry(list).or_insert_with_key(|list| {
            routes.push(list.clone());
            next
        })
    }

    /// Starts a flow. It moves from the next [`Network::settle`] on.
    pub fn start(&mut self, now: SimTime, spec: FlowSpec<T>) -> FlowId {
        self.advance(now);
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let index = self.free.pop().unwrap_or_else(|| {
            self.flows.push(None);
            self.flows.len() - 1
        });
        let siblings = match spec.share {
            Share::Streams(_) => 0,
            Share::Thread { pair, process } => self.join_process(pair, process, index),
        };
        let (process_before, pair_before) = self.traffic_around(spec.share);
        let class = self.class_of(key_of(spec.route, spec.share, spec.cap, siblings));
        let flow = Flow {
            owner: spec.owner,
            sequence,
            class,
            share: spec.share,
            cap: spec.cap,
            bytes: spec.bytes.as_f64(),
            blocks: spec.blocks.max(1),
            blocks_done: 0,
            origin: self.class(class).clock,
            process_before,
            pair_before,
        };
        self.flows[index] = Some(flow);
        self.enter_class(index, class);
        for &resource in &self.routes[spec.route.index()] {
            self.resources[resource.index()].streams += u64::from(streams(spec.share));
        }
        FlowId { index, sequence }
    }

    /// Ends a flow before its time and says how far it came; `None` where it has already ended.
    pub fn cancel(&mut self, now: SimTime, flow: FlowId) -> Option<Progressed> {
        self.advance(now);
        let progressed = self.progressed(flow)?;
        self.remove(flow.index);
        Some(progressed)
    }

    /// How far a flow is; `None` where it has ended.
    pub fn progressed(&self, flow: FlowId) -> Option<Progressed> {
        let found = self.flows.get(flow.index)?.as_ref().filter(|found| found.sequence == flow.sequence)?;
        let class = self.class(found.class);
        let moved = (class.clock - found.origin).clamp(0.0, found.bytes);
        Some(Progressed { moved: Bytes::new(moved as u64), rate: Rate::from_bytes_per_s(class.rate) })
    }

    /// Takes what has arrived by `now`, in order of the flows' starts.
    ///
    /// `now` must not pass an instant that [`Network::settle`] announced.
    pub fn arrivals(&mut self, now: SimTime) -> Vec<Arrival<T>> {
        self.advance(now);
        while let Some(&(at, resource)) = self.changes.first().filter(|(at, _)| *at <= now) {
            self.changes.pop_first();
            let next = self.resources[resource.index()].next_change(at);
            self.changes.extend(next.map(|at| (at, resource)));
            self.dirty = true;
        }
        let mut reached: Vec<(u64, usize)> = Vec::new();
        for class in self.classes.iter().flatten() {
            let due = class.stops.iter().take_while(|(stop, _)| is_due(class, f64::from_bits(*stop)));
            reached.extend(due.filter_map(|&(_, flow)| Some((self.flows[flow].as_ref()?.sequence, flow))));
        }
        reached.sort_unstable();
        reached.into_iter().map(|(_, flow)| self.arrive(flow)).collect()
    }

    /// Solves the rates if anything has changed, and tells when the next block or end arrives or the next capacity
    /// changes; `None`: never, as things are.
    pub fn settle(&mut self, now: SimTime) -> Option<SimTime> {
        self.advance(now);
        if std::mem::take(&mut self.dirty) {
            self.solve();
        }
        let finishes = self.classes.iter().flatten().filter_map(|class| self.next_stop_of(class));
        // A resource that was added late may have steps behind it.
        finishes.chain(self.changes.first().map(|(at, _)| (*at).max(self.now))).min()
    }

    /// Whether anything has changed since the last [`Network::settle`].
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Rate of everything that crosses a resource, as of the last solution.
    pub fn load(&self, resource: ResourceId) -> Rate {
        Rate::from_bytes_per_s(self.resources[resource.index()].load)
    }

    /// Bytes that have crossed a resource so far.
    pub fn carried(&self, resource: ResourceId) -> f64 {
        self.resources[resource.index()].carried
    }

    /// Streams of the flows that cross a resource.
    pub fn streams(&self, resource: ResourceId) -> u64 {
        self.resources[resource.index()].streams
    }

    /// Bytes moved by all flows so far: the integral of all rates.
    pub fn moved(&self) -> f64 {
        self.moved
    }

    /// Flows under way.
    pub fn n_flows(&self) -> usize {
        self.flows.len() - self.free.len()
    }

    /// Flows started so far.
    pub fn n_started(&self) -> u64 {
        self.next_sequence
    }

    /// Flows that have ended or were cancelled.
    pub fn n_ended(&self) -> u64 {
        self.n_ended
    }

    /// Flows under way at rate zero.
    pub fn n_stalled(&self) -> usize {
        self.classes.iter().flatten().filter(|class| class.rate <= 0.0).map(|class| class.stops.len()).sum()
    }

    /// How often the rates were solved.
    pub fn n_solutions(&self) -> u64 {
        self.n_solutions
    }

    /// Processes and threads that read over an access law.
    pub fn readers(&self, pair: ResourceId) -> (usize, usize) {
        let range = (pair, 0)..=(pair, u64::MAX);
        self.processes.range(range).fold((0, 0), |(n, threads), (_, process)| (n + 1, threads + process.flows.len()))
    }

    fn class(&self, class: usize) -> &Class {
        self.classes[class].as_ref().expect("flows belong to living classes")
    }

    fn class_mut(&mut self, class: usize) -> &mut Class {
        self.classes[class].as_mut().expect("flows belong to living classes")
    }

    fn flow(&self, flow: usize) -> &Flow<T> {
        self.flows[flow].as_ref().expect("classes and processes hold living flows")
    }

    fn flow_mut(&mut self, flow: usize) -> &mut Flow<T> {
        self.flows[flow].as_mut().expect("classes and processes hold living flows")
    }

    fn advance(&mut self, now: SimTime) {
        let span = now.since(self.now).as_nanos() as f64 / NANOS_PER_SECOND as f64;
        self.now = self.now.max(now);
        if span <= 0.0 {
            return;
        }
        for class in self.classes.iter_mut().flatten().filter(|class| class.rate > 0.0 && class.rate.is_finite()) {
            let served = class.rate * span;
            class.clock += served;
            self.moved += served * class.stops.len() as f64;
        }
        for &resource in &self.crossed {
            let resource = &mut self.resources[resource.index()];
            resource.carried += resource.load * span;
        }
        self.rebase();
    }

    fn rebase(&mut self) {
        for index in 0..self.classes.len() {
            let Some(class) = self.classes[index].as_mut().filter(|class| class.clock > REBASE_AT) else { continue };
            let clock = std::mem::take(&mut class.clock);
            let stops = std::mem::take(&mut class.stops);
            for (_, flow) in stops {
                let flow_state = self.flow_mut(flow);
                flow_state.origin -= clock;
                let stop = flow_state.stop_key();
                self.class_mut(index).stops.insert((stop, flow));
            }
        }
    }

    fn solve(&mut self) {
        self.n_solutions += 1;
        let laws = |pair: ResourceId| match &self.resources[pair.index()].capacity {
            Capacity::Access(series) => *series.at(self.now),
            // Not reached: a thread's pair is an access law. Sharing equally is the neutral answer.
            Capacity::Wire(_) | Capacity::Curve(_) => AccessCoefficients { a: 1.0, b: 0.0, c: 0.0 },
        };
        let living: Vec<usize> = (0..self.classes.len()).filter(|&class| self.classes[class].is_some()).collect();
        // Only the resources that somebody crosses are numbered, in order of their ids.
        let crossed: BTreeSet<ResourceId> =
            living.iter().flat_map(|&class| &self.routes[self.class(class).key.route.index()]).copied().collect();
        let crossed: Vec<ResourceId> = crossed.into_iter().collect();
        let position = |id: &ResourceId| crossed.binary_search(id).expect("collected above");
        let routes: Vec<Vec<usize>> = living
            .iter()
            .map(|&class| self.routes[self.class(class).key.route.index()].iter().map(position).collect())
            .collect();
        let equations: Vec<_> = crossed.iter().map(|id| self.resources[id.index()].equation(self.now)).collect();
        let demands: Vec<Demand<'_>> = living
            .iter()
            .zip(&routes)
            .map(|(&class, resources)| {
                let class = self.class(class);
                let weight = match class.key.weight {
                    WeightKey::Streams(n) => f64::from(n),
                    WeightKey::Thread { pair, siblings } => thread_weight(&laws(pair), siblings),
                };
                Demand { flows: class.stops.len() as f64, weight, cap: f64::from_bits(class.key.cap), resources }
            })
            .collect();
        let rates = fill(&equations, &demands);
        let loads: Vec<(usize, f64)> = demands
            .iter()
            .zip(&rates)
            .filter(|(_, rate)| rate.is_finite())
            .flat_map(|(demand, rate)| demand.resources.iter().map(move |&r| (r, demand.flows * rate)))
            .collect();
        for &resource in self.crossed.iter().chain(&crossed) {
            self.resources[resource.index()].load = 0.0;
        }
        for (resource, load) in loads {
            self.resources[crossed[resource].index()].load += load;
        }
        self.crossed = crossed;
        for (class, rate) in living.into_iter().zip(rates) {
            self.class_mut(class).rate = rate;
        }
    }

    fn next_stop_of(&self, class: &Class) -> Option<SimTime> {
        let stop = f64::from_bits(class.stops.first()?.0);
        if is_due(class, stop) {
            return Some(self.now);
        }
        // Up to the next nanosecond, but not for a hundredth of one: that is rounding noise, which `is_due` forgives.
        let nanos = ((stop - class.clock) / class.rate * NANOS_PER_SECOND as f64 - 0.01).ceil();
        let span = SimSpan::from_nanos(nanos as u64);
        (class.rate > 0.0 && span < SimSpan::MAX).then(|| self.now + span.max(SimSpan::from_nanos(1)))
    }

    fn arrive(&mut self, index: usize) -> Arrival<T> {
        let flow = self.flow_mut(index);
        let id = FlowId { index, sequence: flow.sequence };
        let (owner, class, before) = (flow.owner, flow.class, flow.stop_key());
        flow.blocks_done += 1;
        let (blocks, last) = (flow.blocks_done, flow.blocks_done >= flow.blocks);
        if last {
            let ended = Some(self.carried_since(index));
            self.count_unlimited(index);
            self.remove(index);
            return Arrival { flow: id, owner, blocks, ended };
        }
        let after = flow.stop_key();
        let stops = &mut self.class_mut(class).stops;
        stops.remove(&(before, index));
        stops.insert((after, index));
        Arrival { flow: id, owner, blocks, ended: None }
    }

    /// Books the bytes of a flow that nothing limited: its class's clock stood still.
    fn count_unlimited(&mut self, index: usize) {
        let flow = self.flow(index);
        let class = self.class(flow.class);
        if class.rate.is_infinite() {
            let (route, moved) = (class.key.route, (flow.bytes - (class.clock - flow.origin)).max(0.0));
            self.moved += moved;
            for &resource in &self.routes[route.index()] {
                self.resources[resource.index()].carried += moved;
            }
        }
    }

    fn carried_since(&self, index: usize) -> Carried {
        let flow = self.flow(index);
        if let Share::Streams(_) = flow.share {
            return Carried::default();
        }
        let (process, pair) = self.traffic_around(flow.share);
        let of_process = process - flow.process_before;
        Carried { con_th: (of_process - flow.bytes).max(0.0), con_pr: (pair - flow.pair_before - of_process).max(0.0) }
    }

    /// Bytes moved so far by the process of a thread, and by all processes over its pair.
    fn traffic_around(&self, share: Share) -> (f64, f64) {
        let Share::Thread { pair, process } = share else { return (0.0, 0.0) };
        let state = &self.processes[&(pair, process)];
        // Threads that have not entered a class yet have moved nothing.
        let moving = state.flows.iter().filter_map(|&flow| self.flows[flow].as_ref());
        let moved: f64 = moving.map(|flow| self.class(flow.class).clock - flow.origin).sum();
        (state.settled + moved, self.resources[pair.index()].carried)
    }

    /// Adds a thread to its process and moves its siblings to the class of one more.
    fn join_process(&mut self, pair: ResourceId, process: u64, flow: usize) -> u32 {
        let flows = &mut self.processes.entry((pair, process)).or_default().flows;
        flows.push(flow);
        self.regroup(pair, process)
    }

    /// Moves all threads of a process to the class of their number, which is returned.
    fn regroup(&mut self, pair: ResourceId, process: u64) -> u32 {
        let flows = self.processes[&(pair, process)].flows.clone();
        let siblings = u32::try_from(flows.len()).unwrap_or(u32::MAX);
        for index in flows {
            let Some(flow) = self.flows[index].as_ref() else { continue };
            let (old, moved) = (flow.class, self.class(flow.class).clock - flow.origin);
            let key = key_of(self.class(old).key.route, flow.share, flow.cap, siblings);
            if key != self.class(old).key {
                self.leave_class(index);
                let class = self.class_of(key);
                let origin = self.class(class).clock - moved;
                let flow = self.flow_mut(index);
                (flow.class, flow.origin) = (class, origin);
                self.enter_class(index, class);
            }
        }
        siblings
    }

    fn class_of(&mut self, key: ClassKey) -> usize {
        if let Some(&class) = self.class_ids.get(&key) {
            return class;
        }
        let class = Class { key, clock: 0.0, rate: 0.0, stops: BTreeSet::new() };
        let index = self.free_classes.pop().unwrap_or_else(|| {
            self.classes.push(None);
            self.classes.len() - 1
        });
        self.classes[index] = Some(class);
        self.class_ids.insert(key, index);
        index
    }

    fn enter_class(&mut self, flow: usize, class: usize) {
        let stop = self.flow(flow).stop_key();
        self.class_mut(class).stops.insert((stop, flow));
        self.dirty = true;
    }

    fn leave_class(&mut self, flow: usize) {
        let state = self.flow(flow);
        let (class, stop) = (state.class, state.stop_key());
        let stops = &mut self.class_mut(class).stops;
        stops.remove(&(stop, flow));
        if stops.is_empty() {
            let gone = self.classes[class].take().expect("just changed");
            self.class_ids.remove(&gone.key);
            self.free_classes.push(class);
        }
        self.dirty = true;
    }

    fn remove(&mut self, index: usize) {
        let flow = self.flow(index);
        let (share, route) = (flow.share, self.class(flow.class).key.route);
        let moved = (self.class(flow.class).clock - flow.origin).clamp(0.0, flow.bytes);
        // After the last block the stop is that of the last block again.
        let flow = self.flow_mut(index);
        flow.blocks_done = flow.blocks_done.min(flow.blocks - 1);
        self.leave_class(index);
        self.flows[index] = None;
        self.n_ended += 1;
        self.free.push(index);
        for &resource in &self.routes[route.index()] {
            self.resources[resource.index()].streams -= u64::from(streams(share));
        }
        if let Share::Thread { pair, process } = share {
            let state = self.processes.get_mut(&(pair, process)).expect("its thread was in it");
            state.flows.retain(|&flow| flow != index);
            state.settled += moved;
            if state.flows.is_empty() {
                self.processes.remove(&(pair, process));
            } else {
                self.regroup(pair, process);
            }
        }
    }
}

fn key_of(route: RouteId, share: Share, cap: Rate, siblings: u32) -> ClassKey {
    let weight = match share {
        Share::Streams(n) => WeightKey::Streams(n.max(1)),
        Share::Thread { pair, .. } => WeightKey::Thread { pair, siblings },
    };
    ClassKey { route, weight, cap: cap.as_bytes_per_s().to_bits() }
}

fn streams(share: Share) -> u32 {
    match share {
        Share::Streams(n) => n.max(1),
        Share::Thread { .. } => 1,
    }
}

/// Whether a stop has been reached: less than the bytes of one nanosecond are left, or nothing limits the class.
fn is_due(class: &Class, stop: f64) -> bool {
    class.rate.is_infinite() || stop - class.clock <= class.rate / NANOS_PER_SECOND as f64 + 1e-6
}
