//! Flows, their classes and their clocks.

mod classes;
mod clocks;

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{Id, entity_id};
use crate::network::flows::classes::{key_of, streams};
use crate::network::heap::{Heap, Places};
use crate::network::levels::{Levels, Limiter};
use crate::network::resource::Resource;
use crate::network::{Capacity, ResourceId};
use crate::units::{Bytes, NANOS_PER_SECOND, Rate, SimTime};

entity_id! {
    /// A list of resources that flows cross together.
    RouteId;
}

/// A flow under way; never used again after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowId {
    index: u32,
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

impl WeightKey {
    fn pair(self) -> Option<ResourceId> {
        match self {
            Self::Streams(_) => None,
            Self::Thread { pair, .. } => Some(pair),
        }
    }
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
    class: u32,
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

    /// Key of its class's clock at the next stop.
    fn stop_key(&self) -> u64 {
        key(self.origin + self.next_stop())
    }
}

/// Bits of a double that is not negative order like the double; adding zero turns -0 into 0.
fn key(value: f64) -> u64 {
    (value.max(0.0) + 0.0).to_bits()
}

/// Flows with the same rate. Its clock [B per flow] was `marked` at `marked_at` and has moved with its limiter since:
/// `marked + weight·(clock of the limiter - limiter_marked)`.
#[derive(Clone, Debug)]
struct Class {
    key: ClassKey,
    weight: f64,
    marked: f64,
    marked_at: SimTime,
    /// Clock of the limiting resource at the mark [B per unit weight].
    limiter_marked: f64,
    /// Clock up to which its bytes are in the total.
    counted: f64,
    /// Next stops of its flows.
    stops: Heap,
}

/// What a resource has served to each unit of weight that it limits.
#[derive(Clone, Debug, Default)]
struct Clock {
    at: SimTime,
    /// Bytes per unit weight at that instant.
    served: f64,
    level: f64,
    /// Classes that it limits, by its clock at their next stop.
    classes: Heap,
    is_stale: bool,
}

impl Clock {
    fn read(&self, now: SimTime) -> f64 {
        self.served + self.level * seconds(now, self.at)
    }
}

/// A process reading over one pair.
#[derive(Clone, Debug, Default)]
struct Process {
    flows: Vec<u32>,
    /// Bytes moved by its threads that have ended.
    settled: f64,
}

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
    clocks: Vec<Clock>,
    levels: Levels,
    routes: Vec<Vec<ResourceId>>,
    route_ids: BTreeMap<Vec<ResourceId>, RouteId>,
    flows: Vec<Option<Flow<T>>>,
    free: Vec<u32>,
    flow_places: Places,
    classes: Vec<Option<Class>>,
    free_classes: Vec<u32>,
    class_ids: BTreeMap<ClassKey, u32>,
    /// Every class is in the heap of its limiter: a resource's, or one of these two.
    class_places: Places,
    /// Classes at their cap, by the instant of their next stop [ns].
    capped: Heap,
    /// Classes that nothing limits; all of their flows are due.
    unlimited: Heap,
    /// Resources that limit something, by the instant of the next stop [ns].
    next: Heap,
    next_places: Places,
    stale: Vec<u32>,
    processes: BTreeMap<(ResourceId, u64), Process>,
    changes: BTreeSet<(SimTime, ResourceId)>,
    next_sequence: u64,
    n_ended: u64,
    moved: f64,
    fastest: f64,
    n_solutions: u64,
    changed: Vec<(u32, f64, f64)>,
    migrated: Vec<(u32, Limiter)>,
}

impl<T> Default for Network<T> {
    fn default() -> Self {
        Self {
            now: SimTime::ZERO,
            resources: Vec::new(),
            clocks: Vec::new(),
            levels: Levels::default(),
            routes: Vec::new(),
            route_ids: BTreeMap::new(),
            flows: Vec::new(),
            free: Vec::new(),
            flow_places: Places::default(),
            classes: Vec::new(),
            free_classes: Vec::new(),
            class_ids: BTreeMap::new(),
            class_places: Places::default(),
            capped: Heap::default(),
            unlimited: Heap::default(),
            next: Heap::default(),
            next_places: Places::default(),
            stale: Vec::new(),
            processes: BTreeMap::new(),
            changes: BTreeSet::new(),
            next_sequence: 0,
            n_ended: 0,
            moved: 0.0,
            fastest: 0.0,
            n_solutions: 0,
            changed: Vec::new(),
            migrated: Vec::new(),
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
        self.levels.add_resource(resource.equation(self.now));
        self.resources.push(resource);
        self.clocks.push(Clock::default());
        self.next_places.cover(number(id.index()));
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
            self.flow_places.cover(number(self.flows.len() - 1));
            number(self.flows.len() - 1)
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
            origin: self.clock_of(class),
            process_before,
            pair_before,
        };
        self.flows[index as usize] = Some(flow);
        self.enter_class(index, class);
        self.count_streams(spec.route, |count| *count += u64::from(streams(spec.share)));
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
        let found = self.flows.get(flow.index as usize)?.as_ref().filter(|found| found.sequence == flow.sequence)?;
        let moved = (self.clock_of(found.class) - found.origin).clamp(0.0, found.bytes);
        // A cap may differ from its level times the weight in the last bit, and nothing may pass it.
        let rate = (self.levels.level_of(found.class) * self.class(found.class).weight).min(found.cap.as_bytes_per_s());
        Some(Progressed { moved: Bytes::new(moved as u64), rate: Rate::from_bytes_per_s(rate) })
    }

    /// Takes what has arrived by `now`, in order of the flows' starts.
    ///
    /// `now` must not pass an instant that [`Network::settle`] announced.
    pub fn arrivals(&mut self, now: SimTime) -> Vec<Arrival<T>> {
        self.advance(now);
        self.change_capacities();
        let mut reached: Vec<(u64, u32)> = Vec::new();
        let nanos = now.as_nanos();
        self.next.for_each_until(nanos, &mut |resource| {
            let clock = &self.clocks[resource as usize];
            let served = clock.read(now);
            // The announcement may be out of date: flows may have come and gone in this very instant.
            if let Some((stop, _)) = clock.classes.first().filter(|(stop, _)| is_due(*stop, served, clock.level)) {
                let last = key(f64::from_bits(stop).max(served) + clock.level / NANOS_PER_SECOND as f64);
                clock.classes.for_each_until(last, &mut |class| self.due_flows(class, &mut reached));
            }
        });
        self.capped.for_each_until(nanos, &mut |class| self.due_flows(class, &mut reached));
        self.unlimited.for_each_until(u64::MAX, &mut |class| self.due_flows(class, &mut reached));
        reached.sort_unstable();
        for &(_, flow) in &reached {
            let class = self.flow(flow).class;
            let rate = self.levels.level_of(class) * self.class(class).weight;
            self.fastest = if rate.is_finite() { self.fastest.max(rate) } else { self.fastest };
        }
        reached.into_iter().map(|(_, flow)| self.arrive(flow)).collect()
    }

    /// Solves the rates if anything has changed, and tells when the next block or end arrives or the next capacity
    /// changes; `None`: never, as things are.
    pub fn settle(&mut self, now: SimTime) -> Option<SimTime> {
        self.advance(now);
        if self.levels.is_dirty() {
            self.solve();
        }
        for resource in std::mem::take(&mut self.stale) {
            self.refresh_next(resource);
        }
        if !self.unlimited.is_empty() {
            return Some(now);
        }
        let stops =
            [self.next.first(), self.capped.first()].into_iter().flatten().map(|(at, _)| SimTime::from_nanos(at));
        // A resource that was added late may have steps behind it.
        stops.chain(self.changes.first().map(|(at, _)| (*at).max(self.now))).min()
    }

    /// Whether anything has changed since the last [`Network::settle`].
    pub fn is_dirty(&self) -> bool {
        self.levels.is_dirty() || !self.stale.is_empty()
    }

    /// Rate of everything that crosses a resource, as of the last solution.
    pub fn load(&self, resource: ResourceId) -> Rate {
        Rate::from_bytes_per_s(self.levels.load(number(resource.index())))
    }

    /// Bytes that have crossed a resource so far.
    pub fn carried(&self, resource: ResourceId) -> f64 {
        let state = &self.resources[resource.index()];
        state.carried + self.finite_load(resource) * seconds(self.now, state.carried_at)
    }

    /// Streams of the flows that cross a resource.
    pub fn streams(&self, resource: ResourceId) -> u64 {
        self.resources[resource.index()].streams
    }

    /// Bytes moved by all flows so far: the integral of all rates.
    pub fn moved(&self) -> f64 {
        let living = (0..).zip(&self.classes).filter_map(|(id, class)| Some((id, class.as_ref()?)));
        let open = living.map(|(id, class)| class.stops.len() as f64 * (self.clock_of(id) - class.counted));
        self.moved + open.sum::<f64>()
    }

    /// Highest finite rate at which a flow arrived [B/s]: its end may be off by a nanosecond of it.
    pub fn fastest(&self) -> f64 {
        self.fastest
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
        let living = (0..).zip(&self.classes).filter_map(|(id, class)| Some((id, class.as_ref()?)));
        living.filter(|(id, _)| self.levels.level_of(*id) <= 0.0).map(|(_, class)| class.stops.len()).sum()
    }

    /// How often the rates were solved.
    pub fn n_solutions(&self) -> u64 {
        self.n_solutions
    }

    /// How often a local solution went round in a circle and everything was solved anew; hardly ever.
    pub fn n_refills(&self) -> u64 {
        self.levels.n_refills()
    }

    /// Processes and threads that read over an access law.
    pub fn readers(&self, pair: ResourceId) -> (usize, usize) {
        let range = (pair, 0)..=(pair, u64::MAX);
        self.processes.range(range).fold((0, 0), |(n, threads), (_, process)| (n + 1, threads + process.flows.len()))
    }

    fn class(&self, class: u32) -> &Class {
        self.classes[class as usize].as_ref().expect("flows belong to living classes")
    }

    fn class_mut(&mut self, class: u32) -> &mut Class {
        self.classes[class as usize].as_mut().expect("flows belong to living classes")
    }

    fn flow(&self, flow: u32) -> &Flow<T> {
        self.flows[flow as usize].as_ref().expect("classes and processes hold living flows")
    }

    fn flow_mut(&mut self, flow: u32) -> &mut Flow<T> {
        self.flows[flow as usize].as_mut().expect("classes and processes hold living flows")
    }

    fn advance(&mut self, now: SimTime) {
        self.now = self.now.max(now);
    }

    fn finite_load(&self, resource: ResourceId) -> f64 {
        let load = self.levels.load(number(resource.index()));
        if load.is_finite() { load } else { 0.0 }
    }

    fn arrive(&mut self, index: u32) -> Arrival<T> {
        let flow = self.flow_mut(index);
        let id = FlowId { index, sequence: flow.sequence };
        let (owner, class) = (flow.owner, flow.class);
        flow.blocks_done += 1;
        let blocks = flow.blocks_done;
        if blocks >= flow.blocks {
            let ended = Some(self.carried_since(index));
            self.count_unlimited(index);
            self.remove(index);
            return Arrival { flow: id, owner, blocks, ended };
        }
        let stop = flow.stop_key();
        let stops = &mut self.classes[class as usize].as_mut().expect("flows belong to living classes").stops;
        stops.set(index, stop, &mut self.flow_places);
        self.refresh_class(class);
        Arrival { flow: id, owner, blocks, ended: None }
    }

    /// Books the bytes of a flow that nothing limited: its class's clock stood still.
    fn count_unlimited(&mut self, index: u32) {
        let flow = self.flow(index);
        if self.levels.member(flow.class).limiter == Limiter::Nothing {
            let route = self.class(flow.class).key.route;
            let moved = (flow.bytes - (self.clock_of(flow.class) - flow.origin)).max(0.0);
            self.moved += moved;
            for id in &self.routes[route.index()] {
                self.resources[id.index()].carried += moved;
            }
        }
    }

    fn carried_since(&self, index: u32) -> Carried {
        let flow = self.flow(index);
        if let Share::Streams(_) = flow.share {
            return Carried::default();
        }
        let (process, pair) = self.traffic_around(flow.share);
        let of_process = process - flow.process_before;
        Carried { con_th: (of_process - flow.bytes).max(0.0), con_pr: (pair - flow.pair_before - of_process).max(0.0) }
    }
}

fn seconds(now: SimTime, since: SimTime) -> f64 {
    now.since(since).as_nanos() as f64 / NANOS_PER_SECOND as f64
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2^32 things of one kind")
}

/// Whether a clock at `served` has reached a stop: less than a nanosecond, or than what doubles tell apart, is left.
fn is_due(stop: u64, served: f64, level: f64) -> bool {
    let stop = f64::from_bits(stop);
    stop - served <= level / NANOS_PER_SECOND as f64 + 1e-6 + stop * 1e-15
}
