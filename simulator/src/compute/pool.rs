//! Worker nodes of a pool: slots, scratch space, and who is next when some are free.

use std::collections::{BTreeMap, VecDeque};

use smallvec::SmallVec;

use crate::ids::JobId;
use crate::topology::{Pool, Scheduling};
use crate::units::{Bytes, SimSpan, SimTime};

/// What is free on one worker node.
#[derive(Clone, Debug)]
struct Node {
    slots: u32,
    /// `None`: never full.
    scratch: Option<Bytes>,
}

/// What a job takes of one node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    pub slots: u32,
    pub scratch: Bytes,
}

/// A job that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub job: JobId,
    pub need: Need,
    /// How long it says that it will run.
    pub requested: SimSpan,
}

/// Where and when the job at the head of a queue will start if all that runs ends as requested.
#[derive(Debug)]
struct Reservation {
    node: usize,
    at: SimTime,
    /// What is free there then, beside the head.
    beside: Node,
}

/// The nodes of a pool and the jobs that wait for them.
#[derive(Clone, Debug)]
pub(super) struct PoolState {
    scheduling: Scheduling,
    nodes: Vec<Node>,
    free_slots: u32,
    waiting: VecDeque<Waiting>,
    /// What runs, by its requested end; kept for reservations only.
    ends: BTreeMap<(SimTime, JobId), (usize, Need)>,
    /// Whether it is to be looked at in this instant.
    is_due: bool,
}

impl Node {
    fn has(&self, need: Need) -> bool {
        need.slots <= self.slots && self.scratch.is_none_or(|free| need.scratch <= free)
    }

    fn take(&mut self, need: Need) {
        self.slots -= need.slots;
        self.scratch = self.scratch.map(|free| free - need.scratch);
    }

    fn give_back(&mut self, need: Need) {
        self.slots += need.slots;
        self.scratch = self.scratch.map(|free| free + need.scratch);
    }
}

impl PoolState {
    pub fn new(pool: &Pool) -> Self {
        let node = Node { slots: pool.slots, scratch: pool.scratch };
        Self {
            scheduling: pool.scheduling,
            nodes: vec![node; pool.nodes as usize],
            free_slots: pool.nodes.saturating_mul(pool.slots),
            waiting: VecDeque::new(),
            ends: BTreeMap::new(),
            is_due: false,
        }
    }

    pub fn free_slots(&self) -> u32 {
        self.free_slots
    }

    pub fn n_waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Scratch space of the node that has most of it left; `None`: never full.
    pub fn free_scratch(&self) -> Option<Bytes> {
        self.nodes.iter().map(|node| node.scratch).max_by_key(|free| free.map_or(u64::MAX, Bytes::get)).flatten()
    }

    /// Whether jobs may start before others that came first.
    pub fn lets_pass(&self) -> bool {
        self.scheduling != Scheduling::FirstComeFirstServed
    }

    /// Whether it is to be looked at later in this instant and was not so before.
    pub fn looks_later(&mut self) -> bool {
        !std::mem::replace(&mut self.is_due, true)
    }

    /// Puts a job at the end of the queue; [`PoolState::start`] says whether it starts at once.
    pub fn queue(&mut self, job: Waiting) {
        self.waiting.push_back(job);
    }

    /// The jobs that start now, with their nodes, in the order of the queue; they have left it and hold what they need.
    pub fn start(&mut self, now: SimTime) -> SmallVec<[(JobId, u32); 2]> {
        self.is_due = false;
        let mut started = SmallVec::new();
        while let Some(&head) = self.waiting.front() {
            let Some(node) = self.best_node(head.need, |_| true) else { break };
            self.waiting.pop_front();
            started.push(self.take(head, node, now));
        }
        match self.scheduling {
            Scheduling::FirstComeFirstServed => {}
            Scheduling::FirstFit => self.start_behind(now, None, &mut started),
            Scheduling::Backfilling if self.free_slots == 0 || self.waiting.len() < 2 => {}
            Scheduling::Backfilling => {
                let reservation = self.reservation(now);
                self.start_behind(now, reservation, &mut started);
            }
        }
        started
    }

    /// Gives back what a job held that started at `started_at` on a node.
    pub fn give_back(&mut self, job: Waiting, node: u32, started_at: SimTime) {
        self.nodes[node as usize].give_back(job.need);
        self.free_slots += job.need.slots;
        self.ends.remove(&(started_at + job.requested, job.job));
    }

    /// Starts those behind the head that fit and do not delay what is reserved for it.
    fn start_behind(
        &mut self,
        now: SimTime,
        mut reservation: Option<Reservation>,
        started: &mut SmallVec<[(JobId, u32); 2]>,
    ) {
        let mut index = 1;
        while self.free_slots > 0 && index < self.waiting.len() {
            let job = self.waiting[index];
            let ends_by = |at| now + job.requested <= at;
            let reserved = reservation.as_ref();
            let spares =
                |node| reserved.is_none_or(|head| head.node != node || ends_by(head.at) || head.beside.has(job.need));
            let Some(node) = self.best_node(job.need, spares) else {
                index += 1;
                continue;
            };
            if let Some(head) = reservation.as_mut().filter(|head| head.node == node && !ends_by(head.at)) {
                head.beside.take(job.need);
            }
            self.waiting.remove(index);
            started.push(self.take(job, node, now));
        }
    }

    /// The node that a job takes now, if it may.
    fn best_node(&self, need: Need, is_allowed: impl Fn(usize) -> bool) -> Option<usize> {
        if need.slots > self.free_slots { None } else { best_of(&self.nodes, need, is_allowed) }
    }

    fn take(&mut self, job: Waiting, node: usize, now: SimTime) -> (JobId, u32) {
        self.nodes[node].take(job.need);
        self.free_slots -= job.need.slots;
        if self.scheduling == Scheduling::Backfilling {
            self.ends.insert((now + job.requested, job.job), (node, job.need));
        }
        // There are no more nodes than `Pool::nodes`, which is 32 bits.
        (job.job, node as u32)
    }

    /// What is reserved for the head, which fits no node now. `None`: nobody waits, or it never fits, which is refused
    /// before it queues.
    fn reservation(&self, now: SimTime) -> Option<Reservation> {
        let head = self.waiting.front()?.need;
        let mut nodes = self.nodes.clone();
        let mut ends = self.ends.iter().map(|((end, _), held)| ((*end).max(now), *held)).peekable();
        while let Some((at, (node, need))) = ends.next() {
            nodes[node].give_back(need);
            // All that ends in one instant is free in it.
            if ends.peek().is_some_and(|next| next.0 == at) {
                continue;
            }
            if let Some(node) = best_of(&nodes, head, |_| true) {
                let mut beside = nodes.swap_remove(node);
                beside.take(head);
                return Some(Reservation { node, at, beside });
            }
        }
        None
    }
}

/// The node with most free slots that has what a job needs, the first of equals.
fn best_of(nodes: &[Node], need: Need, is_allowed: impl Fn(usize) -> bool) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (index, node) in nodes.iter().enumerate() {
        let is_better = best.is_none_or(|best| node.slots > nodes[best].slots);
        if is_better && node.has(need) && is_allowed(index) {
            best = Some(index);
        }
    }
    best
}
