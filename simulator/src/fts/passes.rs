//! The passes of FTS's nodes: every other second each node looks at all links and starts what may start.
//!
//! ```text
//!   begin(node): room for processes --> links with files of the node and free slots --> one VO each, by lottery
//!                --> highest priority that is queued --> activities, by lottery --> files, first in first out
//!   next():      the VOs take turns, the links of a VO too: a slot of both storages, then a last look at the link's limit --> start
//! ```
//!
//! Only ACTIVE files count against limits. What was started and is not ACTIVE yet is seen by nobody, so a pass that comes before the
//! processes have spoken starts as many again. Nodes know nothing of each other's starts either.
//!
//! A pass that could start nothing is not made. A node passes at its next grid point after something has changed, as long as it
//! has files on a link with free slots, and again as long as the last pass could have started more. Each draw belongs to
//! (node, grid point, link), so a pass or link that is left out moves no other draw; the real service shuffles the links
//! first, which decides nothing, because files are handed out in the order of their names.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use rand::seq::SliceRandom;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::backlog::{Backlog, ClassId, HostLink, HostLinkId, NodeId, Place, Side, VoQueue};
use super::lottery::{ActivityShares, VoWeights, draw_vo};
use crate::ids::{ActivityId, FtsFileId, HostId, Id, Table, VoId};
use crate::rng::{Purpose, SimRng, keyed};
use crate::ticker::Ticker;
use crate::units::SimTime;

/// Files that a pass takes for a link that has no limit yet.
const WITHOUT_LIMIT: u32 = 10;

/// What a pass goes by, besides limits.
#[derive(Clone, Debug)]
pub(super) struct PassRules {
    /// Processes that a node runs at once.
    pub max_processes: u32,
    /// Whether a node remembers from pass to pass which link of a VO comes next. The real one begins with the first by name.
    pub remembers_turns: bool,
    /// Weights of VOs, on the links that have any.
    pub vo_weights: FxHashMap<(HostId, HostId), VoWeights>,
    /// Shares of activities, for the VOs that have any.
    pub activity_shares: Table<VoId, Option<ActivityShares>>,
}

#[derive(Clone, Debug)]
struct Node {
    grid: Ticker,
    /// When its next pass is.
    next_at: Option<SimTime>,
    /// Links that may have something to start; in no order.
    links: Vec<HostLinkId>,
    /// Files that wait for their retry.
    retries: BinaryHeap<Reverse<(SimTime, FtsFileId, ClassId)>>,
    /// The link of each VO that started a file last, by its rank.
    last: FxHashMap<VoId, u64>,
}

/// The queues of FTS and what its nodes do with them.
#[derive(Clone, Debug)]
pub(super) struct Passes {
    pub backlog: Backlog,
    rules: PassRules,
    seed: u64,
    nodes: Table<NodeId, Node>,
    /// Which nodes have a link on their list, a bit each.
    listed: Table<HostLinkId, u64>,
    /// What hosts have left in the pass that goes on: its number, outbound or inbound.
    left: [Table<HostId, (u64, i64)>; 2],
    n_passes: u64,
}

/// What a pass hands out.
#[derive(Clone, Debug)]
pub(super) struct HandOut {
    node: NodeId,
    nth: u64,
    room: u32,
    /// Whether the pass has released or started anything; what it withdraws it has started first.
    has_changed: bool,
    /// One ring of links for each VO that has files; the next VO in front.
    rings: VecDeque<(VoId, VecDeque<Serving>)>,
}

/// Files of one link that a pass has taken.
#[derive(Clone, Debug)]
struct Serving {
    link: HostLinkId,
    rank: u64,
    /// How many are left.
    files: u32,
    buckets: SmallVec<[Bucket; 1]>,
}

/// So many of the first files of some classes.
#[derive(Clone, Debug)]
struct Bucket {
    classes: SmallVec<[ClassId; 2]>,
    files: u32,
}

impl Passes {
    /// Nodes that pass at these instants, with nothing to do.
    pub fn new(backlog: Backlog, rules: PassRules, grids: impl IntoIterator<Item = Ticker>, seed: u64) -> Self {
        let n_hosts = backlog.outbound.len();
        let node = |grid| Node {
            grid,
            next_at: None,
            links: Vec::new(),
            retries: BinaryHeap::new(),
            last: FxHashMap::default(),
        };
        let left = || (0..n_hosts).map(|_| (0, 0)).collect();
        Self {
            backlog,
            rules,
            seed,
            nodes: grids.into_iter().map(node).collect(),
            listed: Table::new(),
            left: [left(), left()],
            n_passes: 0,
        }
    }

    /// Whether files of a VO can ever start on a link.
    pub fn serves(&self, link: (HostId, HostId), vo: VoId) -> bool {
        self.rules.vo_weights.get(&link).is_none_or(|weights| weights.serves(vo))
    }

    /// A file becomes SUBMITTED. `limit` is that of a link which is new.
    pub fn submit(&mut self, file: FtsFileId, place: Place, limit: impl FnOnce() -> Option<u32>) -> ClassId {
        let class = self.backlog.class(place, limit);
        self.backlog.push(file, class);
        self.list(self.backlog.classes[class].link);
        class
    }

    /// A file becomes SUBMITTED again and starts at `at` at the earliest.
    pub fn retry(&mut self, file: FtsFileId, class: ClassId, at: SimTime) {
        self.backlog.hold(class);
        self.nodes[self.backlog.classes[class].node].retries.push(Reverse((at, file, class)));
    }

    /// A file that was held ([`Backlog::hold`]) may start.
    pub fn release(&mut self, file: FtsFileId, class: ClassId) {
        self.backlog.release(file, class);
        self.list(self.backlog.classes[class].link);
    }

    /// Takes a file that is SUBMITTED out of the queues.
    pub fn withdraw(&mut self, file: FtsFileId, class: ClassId) {
        if !self.backlog.take(file, class) {
            self.nodes[self.backlog.classes[class].node].retries.retain(|Reverse((_, other, _))| *other != file);
            self.backlog.drop_held(class);
        }
    }

    /// A file that a pass has taken does not start after all: it is held until it is released.
    pub fn put_back(&mut self, class: ClassId) {
        self.backlog.processes[self.backlog.classes[class].node] -= 1;
        self.backlog.hold(class);
    }

    /// The process of a file has ended; `was_active`: it had said that it had begun.
    pub fn ended(&mut self, class: ClassId, was_active: bool) {
        let node = self.backlog.classes[class].node;
        self.backlog.processes[node] -= 1;
        if was_active {
            self.freed(class);
        }
    }

    /// A file of a class is no longer ACTIVE.
    pub fn freed(&mut self, class: ClassId) {
        self.backlog.change_active(class, -1);
        self.list(self.backlog.classes[class].link);
    }

    /// An optimiser has decided how many files of a link may be active.
    pub fn set_limit(&mut self, link: HostLinkId, limit: u32) {
        self.backlog.links[link].limit = Some(limit);
        self.list(link);
    }

    /// Passes that are due because something has changed and are not planned yet: to be called after each change.
    pub fn due(&mut self, now: SimTime) -> SmallVec<[(NodeId, SimTime); 2]> {
        self.plan(now, |passes, node| {
            !passes.nodes[node].links.is_empty() && passes.backlog.processes[node] < passes.rules.max_processes
        })
    }

    /// Begins a node's pass. `None`: this one is not planned, or no longer.
    pub fn begin(&mut self, node: NodeId, now: SimTime) -> Option<HandOut> {
        let Node { next_at, grid, retries, .. } = &mut self.nodes[node];
        next_at.take_if(|at| *at == now)?;
        let nth = grid.number_of(now);
        let mut released: SmallVec<[(FtsFileId, ClassId); 4]> = SmallVec::new();
        while let Some(Reverse((_, file, class))) = retries.peek().copied().filter(|next| next.0.0 <= now) {
            retries.pop();
            released.push((file, class));
        }
        let has_changed = !released.is_empty();
        for (file, class) in released {
            self.release(file, class);
        }
        self.n_passes += 1;
        let room = self.rules.max_processes.saturating_sub(self.backlog.processes[node]);
        let mut hand_out = HandOut { node, nth, room, has_changed, rings: VecDeque::new() };
        if room > 0 {
            let mut links = std::mem::take(&mut self.nodes[node].links);
            links.retain(|link| self.keeps(*link, node));
            let mut servings: Vec<_> = links.iter().filter_map(|link| self.serving(*link, node, nth)).collect();
            self.nodes[node].links = links;
            servings.sort_unstable_by_key(|(vo, serving)| (*vo, serving.rank));
            hand_out.rings = self.rings(servings, node);
        }
        Some(hand_out)
    }

    /// The next file that starts: it is READY.
    pub fn next(&mut self, out: &mut HandOut) -> Option<(FtsFileId, ClassId)> {
        while out.room > 0 {
            let is_alone = out.rings.len() == 1;
            let (vo, mut ring) = out.rings.pop_front()?;
            let mut serving = ring.pop_front()?;
            let started = if self.slots(&serving, out) <= 0 {
                // Nothing frees a slot within a pass. Where no other VO loses its turn by it, the rest need not be tried.
                serving.files = if is_alone { 0 } else { serving.files - 1 };
                None
            } else {
                serving.files -= 1;
                out.room -= 1;
                self.start(&mut serving, vo, out)
            };
            if serving.files > 0 {
                ring.push_back(serving);
            }
            if !ring.is_empty() {
                out.rings.push_back((vo, ring));
            }
            if started.is_some() {
                out.has_changed = true;
                return started;
            }
        }
        None
    }

    /// Passes that are due after this one: the same node's if it could start more now, and others' if it has changed anything.
    pub fn end(&mut self, out: &HandOut, now: SimTime) -> SmallVec<[(NodeId, SimTime); 2]> {
        self.plan(now, |passes, node| {
            let is_moved = node != out.node && out.has_changed;
            passes.backlog.processes[node] < passes.rules.max_processes
                && (node == out.node || is_moved)
                && passes.nodes[node].links.iter().any(|link| is_moved || passes.could_start(*link, node))
        })
    }

    /// Plans the next pass of the nodes that want one, and of those whose retries fall due.
    fn plan(&mut self, now: SimTime, wants: impl Fn(&Self, NodeId) -> bool) -> SmallVec<[(NodeId, SimTime); 2]> {
        let mut planned = SmallVec::new();
        for node in self.nodes.ids() {
            let next = self.nodes[node].grid.next_after(now);
            if self.nodes[node].next_at == Some(next) {
                continue;
            }
            let retry =
                self.nodes[node].retries.peek().map(|retry| self.nodes[node].grid.first_from(retry.0.0).max(next));
            let wanted = if wants(self, node) { Some(next) } else { retry };
            if let Some(at) = wanted.filter(|at| self.nodes[node].next_at.is_none_or(|planned| *at < planned)) {
                self.nodes[node].next_at = Some(at);
                planned.push((node, at));
            }
        }
        planned
    }

    /// Puts a link on the lists of the nodes that have files to start there.
    fn list(&mut self, id: HostLinkId) {
        while self.listed.len() <= id.index() {
            self.listed.push(0);
        }
        let link = &self.backlog.links[id];
        if !is_open(link) {
            return;
        }
        for (node, bit) in self.nodes.ids().map(|node| (node, 1 << node.index())) {
            if link.ready[node.index()] > 0 && self.listed[id] & bit == 0 {
                self.listed[id] |= bit;
                self.nodes[node].links.push(id);
            }
        }
    }

    /// Whether a link stays on a node's list.
    fn keeps(&mut self, id: HostLinkId, node: NodeId) -> bool {
        let link = &self.backlog.links[id];
        let keeps = link.ready[node.index()] > 0 && is_open(link);
        if !keeps {
            self.listed[id] &= !(1 << node.index());
        }
        keeps
    }

    /// Whether a pass with the luckiest draws could start something on a link.
    fn could_start(&self, id: HostLinkId, node: NodeId) -> bool {
        let link = &self.backlog.links[id];
        let has_slot = |side: &Side| !side.contested.is_empty() || Backlog::left(side, |_| 0) > 0;
        link.ready[node.index()] > 0
            && link.active < link.cap()
            && has_slot(&self.backlog.outbound[link.source])
            && has_slot(&self.backlog.inbound[link.destination])
    }

    /// The VO that a link serves in a pass.
    fn drawn_vo<'a>(&self, link: &'a HostLink, node: NodeId, nth: u64) -> Option<&'a VoQueue> {
        let queued: SmallVec<[&VoQueue; 4]> = link.queued_vos().collect();
        if let [only] = queued[..] {
            return Some(only);
        }
        let vos: SmallVec<[VoId; 4]> = queued.iter().map(|queue| queue.vo).collect();
        let weights = self.rules.vo_weights.get(&(link.source, link.destination));
        let mut rng = self.rng(Purpose::VoLottery, link, node, nth);
        (!vos.is_empty()).then(|| queued[draw_vo(weights, &vos, &mut rng)])
    }

    fn rng(&self, purpose: Purpose, link: &HostLink, node: NodeId, nth: u64) -> SimRng {
        keyed(self.seed, purpose, [node.index() as u64, nth, link.key])
    }

    /// The files that a pass takes for a link, and the VO they belong to; `None`: none.
    fn serving(&self, id: HostLinkId, node: NodeId, nth: u64) -> Option<(VoId, Serving)> {
        let link = &self.backlog.links[id];
        let slots = if is_unset(link) { WITHOUT_LIMIT } else { link.cap().saturating_sub(link.active) };
        let queue = self.drawn_vo(link, node, nth)?;
        let classes = &self.backlog.classes;
        let own = || queue.classes.iter().copied().filter(|class| classes[*class].node == node);
        let is_queued = |class: &ClassId| classes[*class].ready.len() as u32 + classes[*class].held > 0;
        // Files that only wait for their retry count: they hold up what is less urgent.
        let priority = own().filter(is_queued).map(|class| classes[class].priority).max()?;
        let of = |wanted: &dyn Fn(ActivityId) -> bool, files| Bucket {
            classes: own()
                .filter(|class| classes[*class].priority == priority && wanted(classes[*class].activity))
                .filter(|class| !classes[*class].ready.is_empty())
                .collect(),
            files,
        };
        let mut buckets: SmallVec<[Bucket; 1]> = SmallVec::new();
        if let Some(shares) = &self.rules.activity_shares[queue.vo] {
            let mut queued: Vec<(ActivityId, u32)> = Vec::new();
            for class in own().map(|class| &classes[class]) {
                let files = class.ready.len() as u32 + class.held;
                match queued.iter_mut().find(|(activity, _)| *activity == class.activity) {
                    Some((_, n)) => *n += files,
                    None => queued.push((class.activity, files)),
                }
            }
            let mut rng = self.rng(Purpose::ActivityLottery, link, node, nth);
            let drawn = shares.draw(slots, &queued, &mut rng);
            buckets.extend(drawn.iter().map(|(activity, files)| match activity {
                Some(own) => of(&|activity| activity == *own, *files),
                None => of(&|activity| !shares.has_own(activity), *files),
            }));
            buckets.shuffle(&mut rng);
        }
        if buckets.is_empty() {
            buckets.push(of(&|_| true, slots));
        }
        for bucket in &mut buckets {
            let ready: usize = bucket.classes.iter().map(|class| classes[*class].ready.len()).sum();
            bucket.files = bucket.files.min(ready as u32);
        }
        let files = buckets.iter().map(|bucket| bucket.files).sum();
        (files > 0).then_some((queue.vo, Serving { link: id, rank: link.rank, files, buckets }))
    }

    /// One ring for each VO, each beginning where its turn is.
    fn rings(&self, servings: Vec<(VoId, Serving)>, node: NodeId) -> VecDeque<(VoId, VecDeque<Serving>)> {
        let mut rings: VecDeque<(VoId, VecDeque<Serving>)> = VecDeque::new();
        for (vo, serving) in servings {
            match rings.back_mut().filter(|(last, _)| *last == vo) {
                Some((_, ring)) => ring.push_back(serving),
                None => rings.push_back((vo, VecDeque::from([serving]))),
            }
        }
        if self.rules.remembers_turns {
            for (vo, ring) in &mut rings {
                let last = self.nodes[node].last.get(vo);
                let had_turn = ring.iter().take_while(|serving| last.is_some_and(|last| serving.rank <= *last)).count();
                ring.rotate_left(had_turn % ring.len());
            }
        }
        rings
    }

    /// Slots that both storages of a link have left in this pass.
    fn slots(&mut self, serving: &Serving, out: &HandOut) -> i64 {
        let link = &self.backlog.links[serving.link];
        let ends = [(0, link.source, &self.backlog.outbound), (1, link.destination, &self.backlog.inbound)];
        let mut least = i64::MAX;
        for (nth, host, sides) in ends {
            if self.left[nth][host].0 != self.n_passes {
                let drawn = |id: HostLinkId| {
                    let link = &self.backlog.links[id];
                    self.drawn_vo(link, out.node, out.nth).map_or(0, |queue| queue.active)
                };
                let left = Backlog::left(&sides[host], drawn);
                self.left[nth][host] = (self.n_passes, left);
            }
            least = least.min(self.left[nth][host].1);
        }
        least
    }

    /// Takes a slot of both storages, and a file unless the link has as many active as it may.
    fn start(&mut self, serving: &mut Serving, vo: VoId, out: &HandOut) -> Option<(FtsFileId, ClassId)> {
        let link = &self.backlog.links[serving.link];
        self.left[0][link.source].1 -= 1;
        self.left[1][link.destination].1 -= 1;
        if link.active >= link.cap() {
            return None;
        }
        let bucket = serving.buckets.iter_mut().find(|bucket| bucket.files > 0)?;
        bucket.files -= 1;
        let classes = &self.backlog.classes;
        let first = |class: &ClassId| classes[*class].ready.front().copied();
        let oldest = bucket.classes.iter().filter_map(|class| Some((first(class)?, *class))).min();
        let (file, class) = oldest?;
        self.backlog.take(file, class);
        self.backlog.processes[out.node] += 1;
        self.nodes[out.node].last.insert(vo, serving.rank);
        Some((file, class))
    }
}

/// Whether a pass looks at a link at all. One without a limit takes files to the storages that do not start in the end.
fn is_open(link: &HostLink) -> bool {
    is_unset(link) || link.active < link.cap()
}

fn is_unset(link: &HostLink) -> bool {
    link.limit.unwrap_or(0) == 0
}

#[cfg(test)]
mod tests;
