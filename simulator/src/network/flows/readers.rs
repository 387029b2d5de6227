//! What moved around a read that follows no access law: the same question as under one (ConTh, ConPr), answered in constant time.
//!
//! All such reads from one RSE to one pool are in one class, so each has moved as much as any other since both were there. A group
//! of `n` that started at `s` on the class's clock has moved `n·clock - Σ s`, and what its former members moved.

use std::collections::hash_map::Entry;
use std::hash::Hash;

use rustc_hash::FxHashMap;

use crate::ids::{Id, entity_id};
use crate::network::flows::Carried;

entity_id! {
    /// Who reads from one RSE on one worker node.
    ReadersId;
}

/// Reads that are counted together.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    n: u32,
    /// Sum of the clocks at their starts.
    starts: f64,
    /// Bytes moved by those that have ended.
    settled: f64,
}

impl Group {
    /// Bytes that all of them have moved when the clock is at `clock`.
    fn moved(self, clock: f64) -> f64 {
        self.settled + (f64::from(self.n) * clock - self.starts)
    }

    fn join(&mut self, clock: f64) {
        self.n += 1;
        self.starts += clock;
    }

    /// Takes one out that started at `start`; what it has moved is settled later.
    fn leave(&mut self, start: f64) {
        self.n -= 1;
        // The last one leaves no rounding behind.
        self.starts = if self.n == 0 { 0.0 } else { self.starts - start };
    }
}

/// What a read saw when it started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    clock: f64,
    /// Bytes that the others of its process and of its node had moved.
    of_process: f64,
    of_node: f64,
}

/// All groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Readers {
    n_nodes: u32,
    /// Never iterated; a group is gone with its last read.
    nodes: FxHashMap<ReadersId, Group>,
    processes: FxHashMap<(ReadersId, u64), Group>,
}

impl Readers {
    pub fn add(&mut self) -> ReadersId {
        self.n_nodes += 1;
        Id::from_index(self.n_nodes as usize - 1)
    }

    /// A read starts at this clock of its class.
    pub fn join(&mut self, (readers, process): (ReadersId, u64), clock: f64) -> Seen {
        let node = self.nodes.entry(readers).or_default();
        let of_node = node.moved(clock);
        node.join(clock);
        let process = self.processes.entry((readers, process)).or_default();
        let of_process = process.moved(clock);
        process.join(clock);
        Seen { clock, of_process, of_node }
    }

    /// It has moved `bytes` and leaves: what moved around it.
    pub fn leave(&mut self, (readers, process): (ReadersId, u64), seen: Seen, (clock, bytes): (f64, f64)) -> Carried {
        let of_node = left(&mut self.nodes, readers, seen, (clock, bytes)) - seen.of_node;
        let con_th = (left(&mut self.processes, (readers, process), seen, (clock, bytes)) - seen.of_process).max(0.0);
        Carried { con_th, con_pr: (of_node - con_th).max(0.0) }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.nodes.len() + self.processes.len()
    }
}

/// What the others of a group have moved when one leaves it.
fn left<K: Eq + Hash>(groups: &mut FxHashMap<K, Group>, key: K, seen: Seen, (clock, bytes): (f64, f64)) -> f64 {
    let Entry::Occupied(mut entry) = groups.entry(key) else { return 0.0 };
    let group = entry.get_mut();
    group.leave(seen.clock);
    let others = group.moved(clock);
    group.settled += bytes;
    if group.n == 0 {
        entry.remove();
    }
    others
}
