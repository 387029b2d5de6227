//! Worker nodes of a pool: slots and scratch space.

use std::collections::VecDeque;

use crate::ids::JobId;
use crate::topology::Pool;
use crate::units::Bytes;

/// What is free on one worker node.
#[derive(Clone, Debug)]
struct Node {
    slots: u32,
    /// `None`: never full.
    scratch: Option<Bytes>,
}

/// The nodes of a pool and the jobs that wait for them.
#[derive(Clone, Debug)]
pub(super) struct PoolState {
    nodes: Vec<Node>,
    free_slots: u32,
    pub waiting: VecDeque<JobId>,
    pub running: u32,
}

impl PoolState {
    pub fn new(pool: &Pool) -> Self {
        let node = Node { slots: pool.slots, scratch: pool.scratch };
        Self {
            nodes: vec![node; pool.nodes as usize],
            free_slots: pool.nodes.saturating_mul(pool.slots),
            waiting: VecDeque::new(),
            running: 0,
        }
    }

    pub fn free_slots(&self) -> u32 {
        self.free_slots
    }

    /// Scratch space of the node that has most of it left; `None`: never full.
    pub fn free_scratch(&self) -> Option<Bytes> {
        self.nodes.iter().map(|node| node.scratch).max_by_key(|free| free.map_or(u64::MAX, Bytes::get)).flatten()
    }

    /// Takes a slot and scratch space on the node with most free slots that has both.
    pub fn take(&mut self, scratch: Bytes) -> Option<u32> {
        let fits = |node: &Node| node.slots > 0 && node.scratch.is_none_or(|free| scratch <= free);
        let mut best: Option<usize> = None;
        for (index, node) in self.nodes.iter().enumerate().filter(|(_, node)| fits(node)) {
            if best.is_none_or(|best| node.slots > self.nodes[best].slots) {
                best = Some(index);
            }
        }
        let node = best?;
        self.nodes[node].slots -= 1;
        self.nodes[node].scratch = self.nodes[node].scratch.map(|free| free - scratch);
        self.free_slots -= 1;
        self.running += 1;
        u32::try_from(node).ok()
    }

    /// Gives a slot and scratch space back.
    pub fn give_back(&mut self, node: u32, scratch: Bytes) {
        let node = &mut self.nodes[node as usize];
        node.slots += 1;
        node.scratch = node.scratch.map(|free| free + scratch);
        self.free_slots += 1;
        self.running -= 1;
    }
}
