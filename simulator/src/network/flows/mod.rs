//! Flows, their classes and their clocks.

mod classes;
mod clocks;
mod readers;

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::ids::{Id, entity_id};
use crate::network::flows::classes::{key_of, streams};
pub use crate::network::flows::readers::ReadersId;
use crate::network::flows::readers::{Readers, Seen};
use crate::network::heap::{Heap, Places};
use crate::network::instants::Instants;
use crate::network::levels::{Levels, Limiter, Path};
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
    /// As one stream of a process that reads without an access law: what moves around it is counted.
    Reader {
        /// Who reads from its RSE on its worker node.
        readers: ReadersId,
        /// The process.
        process: u64,
    },
}

/// What all flows of a class have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ClassKey {
    route: RouteId,
    weight: WeightKey,
    /// Bits of the cap [B/s], which is never negative, so that they order like it.
    cap: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// Concurrent traffic of a remote read from its start to its end in bytes; zero for other flows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Carried {
    /// Moved by the other threads of its process from the same RSE (ConTh).
    pub con_th: f64,
    /// Moved by other processes on its worker node from the same RSE (ConPr).
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
    /// The same of a read without a law.
    seen: Option<Seen>,
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
/// A class without flows is nobody's: its number is free.
#[derive(Clone, Debug)]
struct Class {
    key: ClassKey,
    weight: f64,
    /// Most that each of its flows may take now [B/s]: its own cap, or what a wire without contention gives.
    cap: f64,
    marked: f64,
    marked_at: SimTime,
    /// Clock of the limiting resource at the mark [B per unit weight].
    limiter_marked: f64,
    /// Bytes that its flows had moved together when its clock was at `counted`.
    carried: f64,
    counted: f64,
    /// Bytes by which its clock went back.
    rebased: f64,
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
        if now == self.at { self.served } else { self.served + self.level * seconds(now, self.at) }
    }
}

/// A list of resources that flows cross together.
#[derive(Clone, Debug)]
struct Route {
    resources: Vec<ResourceId>,
    /// Those that flows share.
    path: Path,
    /// Those that cap each flow.
    per_flow: Vec<ResourceId>,
}

/// A process reading over one pair.
#[derive(Clone, Debug, Default)]
struct Process {
    flows: SmallVec<[u32; 4]>,
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
/// let mut arrived = Vec::new();
/// network.arrivals(end, &mut arrived);
/// assert_eq!(arrived[0].owner, "me");
/// ```
#[derive(Clone, Debug)]
pub struct Network<T> {
    now: SimTime,
    resources: Vec<Resource>,
    clocks: Vec<Clock>,
    levels: Levels,
    routes: Vec<Route>,
    route_ids: BTreeMap<Vec<ResourceId>, RouteId>,
    flows: Vec<Option<Flow<T>>>,
    free: Vec<u32>,
    flow_places: Places,
    classes: Vec<Class>,
    free_classes: Vec<u32>,
    /// Never iterated.
    class_ids: FxHashMap<ClassKey, u32>,
    /// Every class is in the heap of its limiter: a resource's, or one of these two.
    class_places: Places,
    /// Classes at their cap, by the instant of their next stop [ns].
    capped: Heap,
    /// Classes that nothing limits; all of their flows are due.
    unlimited: Heap,
    /// When the next flow that a resource limits stops [ns].
    next: Instants,
    stale: Vec<u32>,
    /// Never iterated.
    processes: FxHashMap<(ResourceId, u64), Process>,
    /// Reads without a law.
    readers: Readers,
    changes: BTreeSet<(SimTime, ResourceId)>,
    next_sequence: u64,
    n_ended: u64,
    /// Bytes moved by classes that are gone.
    moved: f64,
    fastest: f64,
    n_solutions: u64,
    changed: Vec<u32>,
    migrated: Vec<(u32, Limiter)>,
    reached: Vec<(u64, u32)>,
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
            class_ids: FxHashMap::default(),
            class_places: Places::default(),
            capped: Heap::default(),
            unlimited: Heap::default(),
            next: Instants::default(),
            stale: Vec::new(),
            processes: FxHashMap::default(),
            readers: Readers::default(),
            changes: BTreeSet::new(),
            next_sequence: 0,
            n_ended: 0,
            moved: 0.0,
            fastest: 0.0,
            n_solutions: 0,
            changed: Vec::new(),
            migrated: Vec::new(),
            reached: Vec::new(),
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
        self.next.push();
        id
    }

    /// The route over these resources, each of them once; the same list gives the same route.
    pub fn route(&mut self, resources: &[ResourceId]) -> RouteId {
        let mut list: Vec<ResourceId> = resources.to_vec();
        list.sort_unstable();
        list.dedup();
        let next = RouteId::from_index(self.routes.len());
        let Self { routes, levels, resources: known, .. } = self;
        *self.route_ids.entry(list).or_insert_with_key(|list| {
            let is_per_flow = |id: &ResourceId| matches!(known[id.index()].capacity, Capacity::PerFlow(_));
            let (per_flow, shared): (Vec<ResourceId>, Vec<ResourceId>) = list.iter().partition(|id| is_per_flow(id));
            let path = levels.add_path(shared.iter().map(|id| number(id.index())));
            routes.push(Route { resources: list.clone(), path, per_flow });
            next
        })
    }

    /// Who reads from one RSE on one worker node without a law: counted together.
    pub fn add_readers(&mut self) -> ReadersId {
        self.readers.add()
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
            Share::Streams(_) | Share::Reader { .. } => 0,
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
            seen: self.joined(spec.share, class),
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
        let class = self.class(found.class);
        let rate = (self.levels.level_of(found.class) * class.weight).min(class.cap);
        Some(Progressed { moved: Bytes::new(moved as u64), rate: Rate::from_bytes_per_s(rate) })
    }

    /// Takes what has arrived by `now`, in order of the flows' starts, to the end of `arrived`.
    ///
    /// `now` must not pass an instant that [`Network::settle`] announced.
    pub fn arrivals(&mut self, now: SimTime, arrived: &mut Vec<Arrival<T>>) {
        self.advance(now);
        self.change_capacities();
        let mut reached = std::mem::take(&mut self.reached);
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
        for (_, flow) in reached.drain(..) {
            let arrival = self.arrive(flow);
            arrived.push(arrival);
        }
        self.reached = reached;
    }

    /// Solves the rates if anything has changed, and tells when the next block or end arrives or the next capacity
    /// changes; `None`: never, as things are.
    pub fn settle(&mut self, now: SimTime) -> Option<SimTime> {
        self.advance(now);
        if self.levels.is_dirty() {
            self.solve();
        }
        while let Some(resource) = self.stale.pop() {
            self.refresh_next(resource);
        }
        if !self.unlimited.is_empty() {
            return Some(now);
        }
        // A class with a cap of zero stops at the end of time.
        let capped = self.capped.first().map(|(at, _)| at).filter(|&at| at != u64::MAX);
        let stops = [self.next.first(), capped];
        let stops = stops.into_iter().flatten().map(SimTime::from_nanos);
        // A resource that was added late may have steps behind it.
        stops.chain(self.changes.first().map(|(at, _)| (*at).max(self.now))).min()
    }

    /// Whether anything has changed since the last [`Network::settle`].
    pub fn is_dirty(&self) -> bool {
        self.levels.is_dirty() || !self.stale.is_empty()
    }

    /// Rate of everything that crosses a resource, as of the last solution. Takes a look at every class that crosses it.
    pub fn load(&self, resource: ResourceId) -> Rate {
        let rate = |&class: &u32| {
            let member = self.levels.member(class);
            member.flows * member.weight * self.levels.level_of(class)
        };
        let shared = self.levels.load(number(resource.index()));
        Rate::from_bytes_per_s(shared + self.resources[resource.index()].classes.iter().map(rate).sum::<f64>())
    }

    /// Bytes that have crossed a resource so far. Takes a look at every class that crosses it.
    pub fn carried(&self, resource: ResourceId) -> f64 {
        self.resources[resource.index()].carried
            + self.classes_on(resource).map(|class| self.carried_by(class)).sum::<f64>()
    }

    /// The classes that cross a resource: the levels know those of one that is shared.
    fn classes_on(&self, resource: ResourceId) -> impl Iterator<Item = u32> + use<'_, T> {
        let shared = number(resource.index());
        let sharing = (0..self.levels.n_classes_on(shared)).map(move |nth| self.levels.class_on(shared, nth));
        sharing.chain(self.resources[resource.index()].classes.iter().copied())
    }

    /// Bytes that will have crossed a resource by `at`, if nothing happens until then that changes a rate.
    pub(crate) fn carried_by_then(&self, resource: ResourceId, at: SimTime) -> f64 {
        self.carried(resource) + self.load(resource).as_bytes_per_s() * seconds(at, self.now)
    }

    /// Streams of the flows that cross a resource.
    pub fn streams(&self, resource: ResourceId) -> u64 {
        self.resources[resource.index()].streams
    }

    /// Bytes moved by all flows so far: the integral of all rates.
    pub fn moved(&self) -> f64 {
        self.moved + self.living().map(|class| self.carried_by(class)).sum::<f64>()
    }

    /// Highest finite rate at which a flow arrived [B/s]: its end may be off by a nanosecond of it.
    pub(crate) fn fastest(&self) -> f64 {
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
        let stalled = self.living().filter(|class| self.levels.level_of(*class) <= 0.0);
        stalled.map(|class| self.class(class).stops.len()).sum()
    }

    /// Whose flows are under way at rate zero, on which resource, and whether no step of its capacity is still to come: then
    /// they wait for ever, as far as it is up to that resource. In no order.
    pub(crate) fn stalled(&self) -> impl Iterator<Item = (T, ResourceId, bool)> {
        let stalled = self.living().filter(|class| self.levels.level_of(*class) <= 0.0);
        let on = |class| {
            let per_flow = &self.routes[self.class(class).key.route.index()].per_flow;
            let closed = |id: &&ResourceId| self.resources[id.index()].cap(self.now) == Some(Rate::ZERO);
            let (limiter, caps) = match self.levels.member(class).limiter {
                Limiter::Resource(resource) => (Some(ResourceId::from_index(resource as usize)), [].as_slice()),
                Limiter::Cap => (None, per_flow.as_slice()),
                Limiter::Unsolved | Limiter::Nothing => (None, [].as_slice()),
            };
            limiter.into_iter().chain(caps.iter().filter(closed).copied())
        };
        let owners = |class| self.class(class).stops.entries().iter().map(|&(_, flow)| self.flow(flow).owner);
        stalled.flat_map(move |class| {
            on(class)
                .flat_map(move |resource| owners(class).map(move |owner| (owner, resource, self.is_last(resource))))
        })
    }

    /// Whether the capacity of a resource is never to change.
    fn is_last(&self, resource: ResourceId) -> bool {
        let resource = &self.resources[resource.index()];
        // A load curve changes with what crosses it.
        !matches!(resource.capacity, Capacity::Curve(_)) && resource.next_change(self.now).is_none()
    }

    /// How often the rates were solved.
    pub fn n_solutions(&self) -> u64 {
        self.n_solutions
    }

    /// How many levels were solved for that: what the solutions cost.
    pub fn n_levels_solved(&self) -> u64 {
        self.levels.n_solved()
    }

    /// How many of those levels took more than one division.
    pub fn n_levels_iterated(&self) -> u64 {
        self.levels.n_iterated()
    }

    /// How often a local solution went round in a circle and everything was solved anew; hardly ever.
    pub fn n_refills(&self) -> u64 {
        self.levels.n_refills()
    }

    /// Processes and nodes that read.
    #[cfg(test)]
    pub(super) fn n_processes(&self) -> usize {
        self.processes.len() + self.readers.len()
    }

    /// Classes that have flows.
    fn living(&self) -> impl Iterator<Item = u32> + use<'_, T> {
        (0..number(self.classes.len())).filter(|class| !self.class(*class).stops.is_empty())
    }

    fn class(&self, class: u32) -> &Class {
        &self.classes[class as usize]
    }

    fn class_mut(&mut self, class: u32) -> &mut Class {
        &mut self.classes[class as usize]
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

    /// Bytes that the flows of a class have moved together.
    fn carried_by(&self, id: u32) -> f64 {
        let class = self.class(id);
        class.carried + class.stops.len() as f64 * (self.clock_of(id) - class.counted)
    }

    fn arrive(&mut self, index: u32) -> Arrival<T> {
        let flow = self.flow_mut(index);
        let id = FlowId { index, sequence: flow.sequence };
        let (owner, class) = (flow.owner, flow.class);
        flow.blocks_done += 1;
        let blocks = flow.blocks_done;
        if blocks >= flow.blocks {
            let of_law = self.carried_since(index);
            self.count_unlimited(index);
            let ended = Some(self.remove(index).unwrap_or(of_law));
            return Arrival { flow: id, owner, blocks, ended };
        }
        let stop = flow.stop_key();
        self.classes[class as usize].stops.set(index, stop, &mut self.flow_places);
        self.refresh_class(class);
        Arrival { flow: id, owner, blocks, ended: None }
    }

    /// Books the bytes of a flow that nothing limited: its class's clock stood still.
    fn count_unlimited(&mut self, index: u32) {
        let flow = self.flow(index);
        let class = flow.class;
        if self.levels.member(class).limiter == Limiter::Nothing {
            let moved = (flow.bytes - (self.clock_of(class) - flow.origin)).max(0.0);
            self.class_mut(class).carried += moved;
        }
    }

    fn carried_since(&self, index: u32) -> Carried {
        let flow = self.flow(index);
        if !matches!(flow.share, Share::Thread { .. }) {
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
    stop - served <= level * 1e-9 + 1e-6 + stop * 1e-15
}
