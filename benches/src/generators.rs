//! Inputs of the benches and races. The same arguments give the same input everywhere.

use dapple_simulator::ids::Id;
use dapple_simulator::network::{Capacity, ResourceId, Share};
use dapple_simulator::topology::{AccessCoefficients, LoadCurve, Series};
use dapple_simulator::units::{Bytes, Rate, SimTime};
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::{Flow, Input, Route};

/// 10 Gb/s in bytes per second: every uplink and downlink of the made-up grids.
pub const TEN_GBPS: f64 = 1.25e9;

/// Mean size of a file in bytes.
const MEAN_BYTES: f64 = 1e9;

/// Remote access from GRIF-LPNHE to CERN over WebDAV (Begy et al., eq. 4).
const ACCESS: AccessCoefficients = AccessCoefficients { a: 0.023_568, b: 0.043_705, c: 0.001_538 };

/// Sites with an uplink and a downlink of 10 Gb/s each. Transfers arrive as a Poisson process between random ordered pairs of
/// different sites; their sizes are exponential with a mean of 1 GB, and the mean load of an uplink is `load`.
///
/// The cost of a grid grows steeply with the load, because the number of concurrent flows does: at 97 % everything hangs together.
pub fn grid(sites: u32, load: f64, transfers: u32, seed: u64) -> Input {
    let mut draw = Draw::new(seed);
    let resources = (0..2 * sites).map(|_| wire(TEN_GBPS)).collect();
    let routes = all_pairs(sites).map(|(from, to)| Route { from, to, resources: vec![2 * from, 2 * to + 1] }).collect();
    let per_second = f64::from(sites) * load * TEN_GBPS / MEAN_BYTES;
    let flows = between_pairs(&mut draw, sites, per_second, transfers);
    Input { hosts: sites, resources, routes, flows }
}

/// All-to-all: every host sends one file to every other one at the same instant, over its uplink of 10 Gb/s and the downlink of the
/// other. Sizes are exponential with a mean of 1 GB.
pub fn star(hosts: u32, seed: u64) -> Input {
    let mut draw = Draw::new(seed);
    let resources = (0..2 * hosts).map(|_| wire(TEN_GBPS)).collect();
    let routes: Vec<Route> =
        all_pairs(hosts).map(|(from, to)| Route { from, to, resources: vec![2 * from, 2 * to + 1] }).collect();
    let flows = (0..).zip(&routes).map(|(route, _)| stream(SimTime::ZERO, route, draw.bytes(MEAN_BYTES))).collect();
    Input { hosts, resources, routes, flows }
}

/// Flows of 0.5 to 1.5 GB that share one link of 10 Gb/s. They start one microsecond apart, so that all of them are under way
/// before the first one ends.
pub fn one_link(flows: u32, seed: u64) -> Input {
    let mut draw = Draw::new(seed);
    let starts = (0..u64::from(flows)).map(|nth| SimTime::from_nanos(1000 * nth));
    let flows = starts.map(|start| stream(start, 0, Bytes::from_f64(MEAN_BYTES * (0.5 + draw.unit())))).collect();
    let routes = vec![Route { from: 0, to: 1, resources: vec![0] }];
    Input { hosts: 2, resources: vec![wire(TEN_GBPS)], routes, flows }
}

/// The grid with a data transfer node at both ends of each route: its load curve (Weibull, Liu et al., Fig. 1) depends on the flows
/// that cross it, so every start and end changes two capacities. The nodes run at 40 % of their peak rate of 320 MB/s.
pub fn dtn_heavy(sites: u32, transfers: u32, seed: u64) -> Input {
    const PEAK: f64 = 319.6e6;
    let curve = LoadCurve::Weibull { amplitude: Rate::from_mb_per_s(9000.0), shape: 1.7, scale: 22.0 };
    let mut draw = Draw::new(seed);
    let wires = (0..2 * sites).map(|_| wire(TEN_GBPS));
    let resources = wires.chain((0..sites).map(|_| Capacity::Curve(curve.clone()))).collect();
    let over = |from: u32, to: u32| vec![2 * sites + from, 2 * from, 2 * to + 1, 2 * sites + to];
    let routes = all_pairs(sites).map(|(from, to)| Route { from, to, resources: over(from, to) }).collect();
    // A node serves both directions.
    let per_second = f64::from(sites) * 0.4 * PEAK / (2.0 * MEAN_BYTES);
    let flows = between_pairs(&mut draw, sites, per_second, transfers);
    Input { hosts: sites, resources, routes, flows }
}

/// Processes of one to four threads on 5 worker nodes that read from 10 RSEs by the law of remote access (coefficients of
/// Begy et al.), each RSE behind a wire of 300 MB/s that runs at 60 %. Files are of 200 MB on average, one per thread; the threads
/// of a process start together.
pub fn regression_heavy(reads: u32, seed: u64) -> Input {
    const NODES: u32 = 5;
    const RSES: u32 = 10;
    const WIRE: f64 = 300e6;
    const BYTES: f64 = 200e6;
    let mut draw = Draw::new(seed);
    let laws = (0..NODES * RSES).map(|_| Capacity::Access(Series::constant(ACCESS)));
    let wires = (0..NODES + RSES).map(|_| wire(WIRE));
    let resources = laws.chain(wires).collect();
    // Hosts are the RSEs and then the nodes, and so are the wires behind the laws.
    let pairs = (0..NODES).flat_map(|node| (0..RSES).map(move |rse| (node, rse)));
    let over = |node: u32, rse: u32| vec![node * RSES + rse, NODES * RSES + rse, NODES * RSES + RSES + node];
    let routes = pairs.map(|(node, rse)| Route { from: rse, to: RSES + node, resources: over(node, rse) }).collect();
    let mean_threads = 2.5;
    let processes_per_second = 0.6 * WIRE * f64::from(RSES) / (BYTES * mean_threads);
    let mut flows = Vec::with_capacity(reads as usize);
    let mut process = 0;
    while flows.len() < reads as usize {
        let start = draw.next_arrival(processes_per_second);
        let pair = draw.below(NODES * RSES);
        let threads = (1 + draw.below(4)).min(reads - flows.len() as u32);
        let share = Share::Thread { pair: ResourceId::from_index(pair as usize), process };
        flows.extend((0..threads).map(|_| Flow { start, route: pair, share, bytes: draw.bytes(BYTES) }));
        process += 1;
    }
    Input { hosts: RSES + NODES, resources, routes, flows }
}

/// A capacity that never changes [B/s].
pub(crate) fn wire(bytes_per_s: f64) -> Capacity {
    Capacity::Wire(Series::constant(Rate::from_bytes_per_s(bytes_per_s)))
}

/// A flow of one stream.
pub(crate) fn stream(start: SimTime, route: u32, bytes: Bytes) -> Flow {
    Flow { start, route, share: Share::Streams(1), bytes }
}

/// Ordered pairs of different hosts; the pair (i, j) stands at `i (n - 1) + j`, less one for j > i.
pub(crate) fn all_pairs(hosts: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..hosts).flat_map(move |from| (0..hosts).filter(move |to| *to != from).map(move |to| (from, to)))
}

fn between_pairs(draw: &mut Draw, hosts: u32, per_second: f64, transfers: u32) -> Vec<Flow> {
    let next = |_| {
        let start = draw.next_arrival(per_second);
        let route = draw.below(hosts * (hosts - 1));
        stream(start, route, draw.bytes(MEAN_BYTES))
    };
    (0..transfers).map(next).collect()
}

/// The draws of one input, in the order in which they are asked for.
pub(crate) struct Draw {
    rng: Xoshiro256PlusPlus,
    /// Seconds from the start to the last arrival.
    arrived: f64,
}

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self { rng: Xoshiro256PlusPlus::seed_from_u64(seed), arrived: 0.0 }
    }

    /// The next instant of a Poisson process.
    pub fn next_arrival(&mut self, per_second: f64) -> SimTime {
        self.arrived += self.exponential() / per_second;
        SimTime::from_secs_f64(self.arrived)
    }

    /// An exponential size, at least one byte.
    pub fn bytes(&mut self, mean: f64) -> Bytes {
        Bytes::from_f64((mean * self.exponential()).max(1.0))
    }

    /// An exponential number of mean 1.
    pub fn exponential(&mut self) -> f64 {
        Exp1.sample(&mut self.rng)
    }

    /// A standard normal number.
    pub fn normal(&mut self) -> f64 {
        rand_distr::StandardNormal.sample(&mut self.rng)
    }

    /// A number in [0, 1).
    pub fn unit(&mut self) -> f64 {
        self.rng.random()
    }

    /// A whole number below `end`.
    pub fn below(&mut self, end: u32) -> u32 {
        self.rng.random_range(0..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_has_the_load_that_was_asked_for() {
        let input = grid(100, 0.9, 20_000, 1);
        let span = input.flows.last().expect("flows").start.as_secs_f64();
        let load = input.bytes() / (100.0 * TEN_GBPS * span);
        // The standard deviation of 20 000 exponential sizes over as many exponential gaps is 1 %.
        assert!((load - 0.9).abs() < 0.04, "{load}");
        assert!(input.flows.iter().all(|flow| (flow.route as usize) < input.routes.len()));
        assert!(input.routes.iter().all(|route| route.from != route.to));
    }

    #[test]
    fn the_same_seed_gives_the_same_input_and_another_one_does_not() {
        assert_eq!(grid(10, 0.5, 50, 7), grid(10, 0.5, 50, 7));
        assert_ne!(grid(10, 0.5, 50, 7), grid(10, 0.5, 50, 8));
        assert_eq!(star(16, 1).flows.len(), 240);
    }
}
