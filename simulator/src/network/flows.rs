//! Flows, their classes and their clocks.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{Id, entity_id};
use crate::network::heap::{Heap, Places};
use crate::network::levels::{Levels, Limiter, Member};
use crate::network::resource::{Resource, thread_weight};
use crate::network::{Capacity, ResourceId};
use crate::units::{Bytes, NANOS_PER_SECOND, Rate, SimSpan, SimTime};

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

/// Clocks start again before they pass this, so that they keep millionths of a byte.
const REBASE_AT: f64 = (1_u64 << 33) as f64;

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

    /// Levels solved in all solutions together.
    pub fn n_levels_solved(&self) -> u64 {
        self.levels.n_solved()
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

    /// Bytes that a class has served to each of its flows.
    fn clock_of(&self, id: u32) -> f64 {
        let class = self.class(id);
        if class.stops.is_empty() {
            return class.marked;
        }
        class.marked + class.weight * self.served_since_mark(id, self.levels.member(id).limiter)
    }

    /// Bytes per unit weight that a limiter has served to a class since its mark.
    fn served_since_mark(&self, id: u32, limiter: Limiter) -> f64 {
        let class = self.class(id);
        match limiter {
            Limiter::Unsolved | Limiter::Nothing => 0.0,
            Limiter::Cap => self.levels.member(id).cap_level * seconds(self.now, class.marked_at),
            Limiter::Resource(resource) => self.clocks[resource as usize].read(self.now) - class.limiter_marked,
        }
    }

    /// The flows of a class that is due: those that stop first, within a nanosecond.
    fn due_flows(&self, id: u32, reached: &mut Vec<(u64, u32)>) {
        let class = self.class(id);
        let Some((first, _)) = class.stops.first() else { return };
        let rate = self.levels.level_of(id) * class.weight;
        let last = f64::from_bits(first) + rate / NANOS_PER_SECOND as f64;
        class.stops.for_each_until(key(last), &mut |flow| reached.push((self.flow(flow).sequence, flow)));
    }

    fn change_capacities(&mut self) {
        while let Some(&(at, id)) = self.changes.first().filter(|(at, _)| *at <= self.now) {
            self.changes.pop_first();
            let resource = &self.resources[id.index()];
            self.changes.extend(resource.next_change(at).map(|at| (at, id)));
            self.levels.set_equation(number(id.index()), resource.equation(self.now));
            if let Capacity::Access(_) = resource.capacity {
                for class in self.levels.classes_on(number(id.index())) {
                    if self.class(class).key.weight.pair() == Some(id) {
                        self.weigh(class);
                    }
                }
            }
        }
    }

    fn solve(&mut self) {
        self.n_solutions += 1;
        let (mut changed, mut migrated) = (std::mem::take(&mut self.changed), std::mem::take(&mut self.migrated));
        // Classes move by the clocks of the last solution up to now; all clocks are brought here before any level changes.
        self.levels.relax(&mut changed, &mut migrated);
        for &(id, level, load) in &changed {
            let resource = &mut self.resources[id as usize];
            let load = if load.is_finite() { load } else { 0.0 };
            resource.carried += load * seconds(self.now, resource.carried_at);
            resource.carried_at = self.now;
            let clock = &mut self.clocks[id as usize];
            debug_assert!(level.is_infinite() || clock.level == level);
            clock.served = clock.read(self.now);
            clock.at = self.now;
            let level = self.levels.level(id);
            clock.level = if level.is_finite() { level } else { 0.0 };
            self.mark_stale(id);
        }
        for &(class, before) in &migrated {
            self.migrate(class, before);
        }
        (self.changed, self.migrated) = (changed, migrated);
    }

    /// Hands a class over from one limiter to another.
    fn migrate(&mut self, id: u32, before: Limiter) {
        let served = self.served_since_mark(id, before);
        let (now, clock) = (self.now, self.limiting_clock(id));
        let class = self.class_mut(id);
        class.marked += class.weight * served;
        (class.marked_at, class.limiter_marked) = (now, clock);
        self.leave_heap(id, before);
        self.refresh_class(id);
    }

    /// Clock of the resource that limits a class now; zero for other limiters.
    fn limiting_clock(&self, id: u32) -> f64 {
        match self.levels.member(id).limiter {
            Limiter::Resource(resource) => self.clocks[resource as usize].read(self.now),
            Limiter::Unsolved | Limiter::Nothing | Limiter::Cap => 0.0,
        }
    }

    fn leave_heap(&mut self, class: u32, limiter: Limiter) {
        match limiter {
            Limiter::Unsolved => {}
            Limiter::Nothing => self.unlimited.remove(class, &mut self.class_places),
            Limiter::Cap => self.capped.remove(class, &mut self.class_places),
            Limiter::Resource(resource) => {
                self.clocks[resource as usize].classes.remove(class, &mut self.class_places);
                self.mark_stale(resource);
            }
        }
    }

    /// Puts a class where its next stop belongs among those of its limiter.
    fn refresh_class(&mut self, id: u32) {
        let class = self.classes[id as usize].as_ref().expect("members are living classes");
        let Some((stop, _)) = class.stops.first() else { return };
        let ahead = (f64::from_bits(stop) - class.marked) / class.weight;
        let member = self.levels.member(id);
        match member.limiter {
            Limiter::Unsolved => {}
            Limiter::Nothing => self.unlimited.set(id, 0, &mut self.class_places),
            Limiter::Cap => {
                let left = ahead - member.cap_level * seconds(self.now, class.marked_at);
                let at = if is_due(key(left), 0.0, member.cap_level) {
                    self.now.as_nanos()
                } else {
                    self.instant_after(left, member.cap_level)
                };
                self.capped.set(id, at, &mut self.class_places);
            }
            Limiter::Resource(resource) => {
                let stop = key(class.limiter_marked + ahead);
                self.clocks[resource as usize].classes.set(id, stop, &mut self.class_places);
                self.mark_stale(resource);
            }
        }
    }

    /// When `left` bytes per unit weight are served at `level` [ns]; the end of time: never.
    fn instant_after(&self, left: f64, level: f64) -> u64 {
        // Up to the next nanosecond, but not for a hundredth of one: that is rounding noise, which `is_due` forgives.
        let nanos = (left / level * NANOS_PER_SECOND as f64 - 0.01).ceil();
        (self.now + SimSpan::from_nanos(nanos as u64).max(SimSpan::from_nanos(1))).as_nanos()
    }

    fn mark_stale(&mut self, resource: u32) {
        if !std::mem::replace(&mut self.clocks[resource as usize].is_stale, true) {
            self.stale.push(resource);
        }
    }

    fn refresh_next(&mut self, resource: u32) {
        self.rebase(resource);
        let clock = &mut self.clocks[resource as usize];
        clock.is_stale = false;
        let clock = &self.clocks[resource as usize];
        let served = clock.read(self.now);
        let at = match clock.classes.first() {
            None => u64::MAX,
            Some((stop, _)) if is_due(stop, served, clock.level) => self.now.as_nanos(),
            Some((stop, _)) if clock.level > 0.0 => self.instant_after(f64::from_bits(stop) - served, clock.level),
            Some(_) => u64::MAX,
        };
        if at == u64::MAX {
            self.next.remove(resource, &mut self.next_places);
        } else {
            self.next.set(resource, at, &mut self.next_places);
        }
    }

    /// Starts the clock of a resource again where it has run far.
    fn rebase(&mut self, resource: u32) {
        let clock = &mut self.clocks[resource as usize];
        let run = clock.read(self.now);
        if run <= REBASE_AT {
            return;
        }
        (clock.served, clock.at) = (0.0, self.now);
        let mut classes = std::mem::take(&mut clock.classes);
        for &(_, id) in classes.entries() {
            self.class_mut(id).limiter_marked -= run;
        }
        let stop_of = |id: u32| {
            let class = self.class(id);
            let (stop, _) = class.stops.first().expect("classes in heaps have flows");
            key(class.limiter_marked + (f64::from_bits(stop) - class.marked) / class.weight)
        };
        let keys: Vec<u64> = classes.entries().iter().map(|&(_, id)| stop_of(id)).collect();
        classes.rekey(&keys, &mut self.class_places);
        self.clocks[resource as usize].classes = classes;
    }

    /// Brings the mark of a class to now, and its clock back to zero where it has run far; gives the bytes by which it
    /// went back.
    fn mark(&mut self, id: u32) -> f64 {
        let (now, clock, limiting) = (self.now, self.clock_of(id), self.limiting_clock(id));
        let class = self.classes[id as usize].as_mut().expect("members are living classes");
        self.moved += class.stops.len() as f64 * (clock - class.counted);
        (class.marked, class.counted) = (clock, clock);
        (class.marked_at, class.limiter_marked) = (now, limiting);
        if clock <= REBASE_AT {
            return 0.0;
        }
        (class.marked, class.counted) = (0.0, 0.0);
        let mut stops = std::mem::take(&mut class.stops);
        for &(_, flow) in stops.entries() {
            self.flow_mut(flow).origin -= clock;
        }
        let keys: Vec<u64> = stops.entries().iter().map(|&(_, flow)| self.flow(flow).stop_key()).collect();
        stops.rekey(&keys, &mut self.flow_places);
        self.class_mut(id).stops = stops;
        clock
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

    /// Bytes moved so far by the process of a thread, and by all processes over its pair.
    fn traffic_around(&self, share: Share) -> (f64, f64) {
        let Share::Thread { pair, process } = share else { return (0.0, 0.0) };
        let state = &self.processes[&(pair, process)];
        // A thread that has not entered a class yet has moved nothing.
        let moving = state.flows.iter().filter_map(|&flow| self.flows[flow as usize].as_ref());
        let moved: f64 = moving.map(|flow| self.clock_of(flow.class) - flow.origin).sum();
        (state.settled + moved, self.carried(pair))
    }

    /// Adds a thread to its process and moves its siblings to the class of one more.
    fn join_process(&mut self, pair: ResourceId, process: u64, flow: u32) -> u32 {
        let flows = &mut self.processes.entry((pair, process)).or_default().flows;
        flows.push(flow);
        self.regroup(pair, process)
    }

    /// Moves all threads of a process to the class of their number, which is returned.
    fn regroup(&mut self, pair: ResourceId, process: u64) -> u32 {
        let flows = self.processes[&(pair, process)].flows.clone();
        let siblings = u32::try_from(flows.len()).unwrap_or(u32::MAX);
        for index in flows {
            let Some(flow) = self.flows[index as usize].as_ref() else { continue };
            let (old, moved) = (flow.class, self.clock_of(flow.class) - flow.origin);
            let key = key_of(self.class(old).key.route, flow.share, flow.cap, siblings);
            if key != self.class(old).key {
                self.leave_class(index);
                let class = self.class_of(key);
                let origin = self.clock_of(class) - moved;
                let flow = self.flow_mut(index);
                (flow.class, flow.origin) = (class, origin);
                self.enter_class(index, class);
            }
        }
        siblings
    }

    fn class_of(&mut self, key: ClassKey) -> u32 {
        if let Some(&class) = self.class_ids.get(&key) {
            return class;
        }
        let index = self.free_classes.pop().unwrap_or_else(|| {
            self.classes.push(None);
            self.class_places.cover(number(self.classes.len() - 1));
            number(self.classes.len() - 1)
        });
        let weight = self.weight_of(key.weight);
        let class = Class {
            key,
            weight,
            marked: 0.0,
            marked_at: self.now,
            limiter_marked: 0.0,
            counted: 0.0,
            stops: Heap::default(),
        };
        self.classes[index as usize] = Some(class);
        self.class_ids.insert(key, index);
        index
    }

    fn weight_of(&self, weight: WeightKey) -> f64 {
        match weight {
            WeightKey::Streams(n) => f64::from(n),
            WeightKey::Thread { pair, siblings } => match &self.resources[pair.index()].capacity {
                Capacity::Access(law) => thread_weight(law.at(self.now), siblings),
                // A pair is an access law; should it not be one, its threads share equally.
                Capacity::Wire(_) | Capacity::Curve(_) => 1.0,
            },
        }
    }

    /// Gives a class the weight that its law has now.
    fn weigh(&mut self, id: u32) {
        self.mark(id);
        let weight = self.weight_of(self.class(id).key.weight);
        let class = self.class_mut(id);
        class.weight = weight;
        let (flows, cap) = (class.stops.len() as f64, f64::from_bits(class.key.cap));
        self.levels.set_flows(id, flows, weight, cap / weight);
        self.refresh_class(id);
    }

    fn enter_class(&mut self, flow: u32, id: u32) {
        let is_new = self.class(id).stops.is_empty();
        if !is_new {
            // This flow is not among those whose origins the mark moves.
            let back = self.mark(id);
            self.flow_mut(flow).origin -= back;
        }
        let stop = self.flow(flow).stop_key();
        let class = self.classes[id as usize].as_mut().expect("just made");
        class.stops.set(flow, stop, &mut self.flow_places);
        let (flows, weight, cap) = (class.stops.len() as f64, class.weight, f64::from_bits(class.key.cap));
        if is_new {
            let resources = self.routes[class.key.route.index()].iter().map(|id| number(id.index())).collect();
            let cap_level = cap / weight;
            let member = Member { flows, weight, cap_level, resources, limiter: Limiter::Unsolved };
            self.levels.add_class(id, member);
        } else {
            self.levels.set_flows(id, flows, weight, cap / weight);
            self.refresh_class(id);
        }
    }

    fn leave_class(&mut self, flow: u32) {
        let id = self.flow(flow).class;
        self.mark(id);
        let class = self.classes[id as usize].as_mut().expect("flows belong to living classes");
        class.stops.remove(flow, &mut self.flow_places);
        let (flows, weight, cap) = (class.stops.len() as f64, class.weight, f64::from_bits(class.key.cap));
        if class.stops.is_empty() {
            let limiter = self.levels.member(id).limiter;
            self.leave_heap(id, limiter);
            self.levels.remove_class(id);
            let gone = self.classes[id as usize].take().expect("just changed");
            self.class_ids.remove(&gone.key);
            self.free_classes.push(id);
        } else {
            self.levels.set_flows(id, flows, weight, cap / weight);
            self.refresh_class(id);
        }
    }

    fn remove(&mut self, index: u32) {
        let flow = self.flow(index);
        let (share, route) = (flow.share, self.class(flow.class).key.route);
        let moved = (self.clock_of(flow.class) - flow.origin).clamp(0.0, flow.bytes);
        self.leave_class(index);
        self.flows[index as usize] = None;
        self.n_ended += 1;
        self.free.push(index);
        self.count_streams(route, |count| *count -= u64::from(streams(share)));
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

    fn count_streams(&mut self, route: RouteId, count: impl Fn(&mut u64)) {
        for id in &self.routes[route.index()] {
            let resource = &mut self.resources[id.index()];
            count(&mut resource.streams);
            if let Capacity::Curve(_) = resource.capacity {
                self.levels.set_equation(number(id.index()), resource.equation(self.now));
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
