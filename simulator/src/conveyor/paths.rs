//! Over which RSEs a file goes: distances and hops.
//!
//! ```text
//!   A --3--> B --4--> C      A to C over B costs 3 + 4 + 10, the penalty of the hop B: more than a distance of 16, less than one of 18
//! ```
//!
//! A search from the destination backwards, along the distances (Dijkstra); each RSE between costs its hop penalty, and only
//! those that are there for it may be between. One hop wins ties.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use smallvec::SmallVec;

use crate::ids::{RseId, Table};

/// RSEs from a source to the destination, both included.
pub(crate) type Hops = SmallVec<[RseId; 3]>;

/// How a file gets from one RSE to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// Distance over all hops, with their penalties.
    pub cost: u32,
    /// Where it goes first.
    pub next: RseId,
}

/// An RSE as one end of distances.
#[derive(Clone, Debug, Default)]
struct Node {
    /// From where there is a distance to it.
    inbound: Vec<(RseId, u32)>,
    /// What it costs between two others; `None`: it may not be there.
    hop_penalty: Option<u32>,
}

/// The way from each RSE to a destination.
type Ways = Table<RseId, Option<Way>>;

/// The distances between RSEs, and what follows from them.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    nodes: Table<RseId, Node>,
    /// Of the destinations that were asked for.
    found: Table<RseId, Option<Box<Ways>>>,
}

impl Paths {
    /// Distances (from, to, distance) among so many RSEs, with the penalties of those that may be between.
    pub fn new(
        n_rses: usize,
        distances: impl IntoIterator<Item = (RseId, RseId, u32)>,
        hop_penalties: impl IntoIterator<Item = (RseId, u32)>,
    ) -> Self {
        let mut nodes: Table<RseId, Node> = (0..n_rses).map(|_| Node::default()).collect();
        for (from, to, distance) in distances {
            nodes[to].inbound.push((from, distance));
        }
        let mut paths = Self { nodes, found: (0..n_rses).map(|_| None).collect() };
        paths.set_hops(hop_penalties);
        paths
    }

    /// Which RSEs may be between two others from now on.
    pub fn set_hops(&mut self, hop_penalties: impl IntoIterator<Item = (RseId, u32)>) {
        self.nodes.values_mut().for_each(|node| node.hop_penalty = None);
        for (rse, penalty) in hop_penalties {
            self.nodes[rse].hop_penalty = Some(penalty);
        }
        self.found.values_mut().for_each(|found| *found = None);
    }

    /// The way from a source to a destination; `None`: there is none.
    pub fn way(&mut self, source: RseId, destination: RseId) -> Option<Way> {
        let Self { nodes, found } = self;
        found[destination].get_or_insert_with(|| Box::new(search(nodes, destination, |_| true)))[source]
    }

    /// The way, with only those between that are open now. Nothing of it is remembered.
    pub fn way_over(
        &mut self,
        source: RseId,
        destination: RseId,
        is_open: impl Fn(RseId) -> bool,
    ) -> Option<(u32, Hops)> {
        let known = self.way(source, destination)?;
        let hops = self.hops(source, destination, |_| false)?;
        if hops[1..hops.len() - 1].iter().all(|&rse| is_open(rse)) {
            return Some((known.cost, hops));
        }
        let ways = search(&self.nodes, destination, is_open);
        let cost = ways[source]?.cost;
        let mut hops = Hops::from_slice(&[source]);
        while let Some(way) = hops.last().filter(|&&at| at != destination).and_then(|&at| ways[at]) {
            hops.push(way.next);
        }
        Some((cost, hops))
    }

    /// The RSEs from a source to the destination. Where the file lies at one between, the path begins there: at the last of
    /// these. `None`: there is no way.
    pub fn hops(&mut self, source: RseId, destination: RseId, holds: impl Fn(RseId) -> bool) -> Option<Hops> {
        let (mut hops, mut at) = (Hops::from_slice(&[source]), source);
        while at != destination {
            at = self.way(at, destination)?.next;
            if at != destination && holds(at) {
                hops.clear();
            }
            hops.push(at);
        }
        Some(hops)
    }
}

/// The ways from all RSEs to a destination, over those that are open.
fn search(nodes: &Table<RseId, Node>, destination: RseId, is_open: impl Fn(RseId) -> bool) -> Ways {
    let mut ways: Ways = nodes.ids().map(|_| None).collect();
    // By cost, then by hops, so that of equal paths the one with fewer comes first.
    let mut open = BinaryHeap::from([Reverse((0, 0_u32, destination))]);
    let mut n_hops: Table<RseId, u32> = nodes.ids().map(|_| u32::MAX).collect();
    while let Some(Reverse((cost, hops, at))) = open.pop() {
        if ways[at].is_some_and(|way| (way.cost, n_hops[at]) < (cost, hops)) {
            continue;
        }
        let between = nodes[at].hop_penalty.filter(|_| is_open(at));
        let penalty = if at == destination { Some(0) } else { between };
        let Some(penalty) = penalty else { continue };
        for &(from, distance) in &nodes[at].inbound {
            let over = (cost.saturating_add(distance).saturating_add(penalty), hops + 1);
            if from == destination || ways[from].is_some_and(|way| (way.cost, n_hops[from]) <= over) {
                continue;
            }
            ways[from] = Some(Way { cost: over.0, next: at });
            n_hops[from] = over.1;
            open.push(Reverse((over.0, over.1, from)));
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;
    use proptest::prelude::*;

    const PENALTY: u32 = 10;

    fn rse(index: usize) -> RseId {
        RseId::from_index(index)
    }

    /// A = 0, B = 1, C = 2: A to B 3, B to C 4, and perhaps A to C.
    fn abc(direct: Option<u32>, between: bool) -> Paths {
        let direct = direct.map(|distance| (rse(0), rse(2), distance));
        let distances = [(rse(0), rse(1), 3), (rse(1), rse(2), 4)].into_iter().chain(direct);
        Paths::new(3, distances, between.then_some((rse(1), PENALTY)))
    }

    #[test]
    fn statement_07_path_cost() {
        let over = |direct, between| {
            let mut paths = abc(direct, between);
            let cost = paths.way(rse(0), rse(2))?.cost;
            let hops = paths.hops(rse(0), rse(2), |_| false)?;
            Some((cost, hops.iter().map(|rse| rse.index()).collect::<Vec<_>>()))
        };
        assert_eq!(over(None, true), Some((17, vec![0, 1, 2])));
        assert_eq!(over(Some(18), true), Some((17, vec![0, 1, 2])));
        assert_eq!(over(Some(17), true), Some((17, vec![0, 2])), "one hop wins ties");
        assert_eq!(over(Some(3), true), Some((3, vec![0, 2])));
        assert_eq!(over(Some(18), false), Some((18, vec![0, 2])));
        assert_eq!(over(None, false), None, "no row, no link");
    }

    #[test]
    fn a_path_begins_at_the_last_hop_that_holds_the_file() {
        let distances = (0..4).map(|nth| (rse(nth), rse(nth + 1), 1));
        let mut paths = Paths::new(5, distances, (1..4).map(|nth| (rse(nth), 2)));
        let from = |paths: &mut Paths, holds: &[usize]| {
            let hops = paths.hops(rse(0), rse(4), |rse| holds.contains(&rse.index())).expect("there is a way");
            hops.iter().map(|rse| rse.index()).collect::<Vec<_>>()
        };
        assert_eq!(from(&mut paths, &[0]), [0, 1, 2, 3, 4]);
        assert_eq!(from(&mut paths, &[0, 1, 3]), [3, 4]);
        assert_eq!(paths.way(rse(0), rse(4)).map(|way| way.cost), Some(4 + 3 * 2));
        paths.set_hops([(rse(1), 2), (rse(3), 2)]);
        assert_eq!(paths.way(rse(0), rse(4)), None, "one of them was taken out");
        assert_eq!(paths.way(rse(2), rse(4)).map(|way| way.cost), Some(4));
    }

    #[test]
    fn one_between_that_is_shut_is_gone_around() {
        let distances = [(0, 1, 1), (1, 3, 1), (0, 2, 2), (2, 3, 2)].map(|(from, to, far)| (rse(from), rse(to), far));
        let mut paths = Paths::new(4, distances, [(rse(1), PENALTY), (rse(2), PENALTY)]);
        let mut over = |shut: &[usize]| {
            let (cost, hops) = paths.way_over(rse(0), rse(3), |rse| !shut.contains(&rse.index()))?;
            Some((cost, hops.iter().map(|rse| rse.index()).collect::<Vec<_>>()))
        };
        assert_eq!(over(&[]), Some((12, vec![0, 1, 3])));
        assert_eq!(over(&[1]), Some((14, vec![0, 2, 3])));
        assert_eq!(over(&[1, 2]), None);
        assert_eq!(over(&[]), Some((12, vec![0, 1, 3])), "it is open again");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
        /// Against relaxing all edges until nothing gets cheaper.
        #[test]
        fn the_slow_way_finds_the_same(
            edges in proptest::collection::btree_map((0_usize..7, 0_usize..7), 0_u32..12, 0..30),
            between in proptest::collection::vec(proptest::option::of(0_u32..5), 7),
            destination in 0_usize..7,
        ) {
            let edges: Vec<_> = edges.into_iter().filter(|((from, to), _)| from != to).collect();
            let distances = edges.iter().map(|&((from, to), distance)| (rse(from), rse(to), distance));
            let hops = between.iter().enumerate().filter_map(|(nth, penalty)| Some((rse(nth), (*penalty)?)));
            let mut paths = Paths::new(7, distances, hops);
            let mut slow = [None; 7];
            slow[destination] = Some((0, 0));
            for _ in 0..7 {
                for &((from, to), distance) in edges.iter().filter(|((from, _), _)| *from != destination) {
                    let penalty = if to == destination { Some(0) } else { between[to] };
                    if let (Some((cost, hops)), Some(penalty)) = (slow[to], penalty) {
                        let over = (cost + distance + penalty, hops + 1);
                        slow[from] = Some(slow[from].map_or(over, |known: (u32, u32)| known.min(over)));
                    }
                }
            }
            for source in (0..7).filter(|&source| source != destination) {
                let way = paths.way(rse(source), rse(destination));
                prop_assert_eq!(way.map(|way| way.cost), slow[source].map(|(cost, _)| cost));
                let hops = paths.hops(rse(source), rse(destination), |_| false);
                prop_assert_eq!(hops.map(|hops| hops.len() as u32 - 1), slow[source].map(|(_, hops)| hops));
            }
        }
    }
}
