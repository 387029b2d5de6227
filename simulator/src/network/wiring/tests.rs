//! Random grids of wires that are shared by one way, by both or by nobody, against a filling that is written from the map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::ids::Id;
use crate::network::{FlowId, FlowSpec, Share};
use crate::topology::{Link, Rse, Site, TopologyBuilder};
use crate::units::{Bytes, SimSpan, SimTime};

/// How a wire is built, forth and back.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Full,
    Half,
    PerFlow,
}

#[derive(Clone, Debug)]
struct Wire {
    ends: (usize, usize),
    kind: Kind,
    bandwidth: Series<Rate>,
}

const SITES: usize = 4;

fn grid(wires: &[Wire]) -> Topology {
    let mut builder = TopologyBuilder::default();
    let sites: Vec<SiteId> = (0..SITES)
        .map(|nth| {
            let site = builder.site(Site { name: format!("S{nth}"), position: None, lan: None });
            builder.rse(Rse::new(format!("R{nth}"), site));
            site
        })
        .collect();
    for (nth, wire) in wires.iter().enumerate() {
        let mut link = |from: usize, to: usize| {
            let (name, bandwidth) = (format!("{nth}: {from}-{to}"), *wire.bandwidth.at(SimTime::ZERO));
            let id = builder.link(Link { name, from: sites[from], to: sites[to], bandwidth, latency: SimSpan::ZERO });
            builder.bandwidth(id, wire.bandwidth.clone());
            id
        };
        let (forth, back) = (link(wire.ends.0, wire.ends.1), link(wire.ends.1, wire.ends.0));
        match wire.kind {
            Kind::Full => {}
            Kind::Half => builder.half_duplex(forth, back),
            Kind::PerFlow => [forth, back].into_iter().for_each(|link| builder.per_flow(link)),
        }
    }
    builder.build().expect("no overrides")
}

/// A flow between two sites, and its streams.
type Moved = (usize, usize, u32);

/// A run of flows without end that all start at once.
struct Run<'a> {
    topology: &'a Topology,
    network: Network<usize>,
    wiring: Wiring<'a>,
    flows: Vec<(Moved, FlowId)>,
    now: SimTime,
}

impl<'a> Run<'a> {
    fn new(topology: &'a Topology, moved: &[Moved]) -> Self {
        let mut network = Network::new();
        let mut wiring = Wiring::new(topology, &mut network);
        let mut flows = Vec::new();
        for &(from, to, streams) in moved {
            let ends = (RseId::from_index(from), RseId::from_index(to));
            let Some(route) = wiring.placement(ends, &mut network) else { continue };
            let (share, cap, bytes) = (Share::Streams(streams), Rate::INFINITE, Bytes::new(1 << 60));
            let spec = FlowSpec { route, share, cap, bytes, blocks: 1, owner: flows.len() };
            flows.push(((from, to, streams), network.start(SimTime::ZERO, spec)));
        }
        Self { topology, network, wiring, flows, now: SimTime::ZERO }
    }

    fn until(&mut self, until: SimTime) {
        while let Some(next) = self.network.settle(self.now).filter(|at| *at <= until) {
            self.now = next;
            self.network.arrivals(next, &mut Vec::new());
        }
        self.now = until;
        self.network.settle(until);
    }

    fn rates(&self) -> Vec<f64> {
        let rate = |(_, id): &(Moved, FlowId)| self.network.progressed(*id).expect("without end").rate.as_bytes_per_s();
        self.flows.iter().map(rate).collect()
    }

    /// What the flows get, written from the map: they grow together by their streams until a wire is full or one may have no
    /// more.
    fn filled(&self) -> Vec<f64> {
        let (map, physics) = (&self.topology.map, &self.topology.physics);
        let mut wires: BTreeMap<LinkId, (f64, Vec<usize>)> = BTreeMap::new();
        let mut caps = vec![f64::INFINITY; self.flows.len()];
        for (nth, ((from, to, _), _)) in self.flows.iter().enumerate() {
            let route = map.route(SiteId::from_index(*from), SiteId::from_index(*to)).expect("it started");
            for &link in &route.links {
                let carries = physics.bandwidth(link).at(self.now).as_bytes_per_s();
                let wire = match map.sharing(link) {
                    Sharing::Shared => link,
                    Sharing::WithBack(back) => link.min(back),
                    Sharing::PerFlow => {
                        caps[nth] = carries.min(caps[nth]);
                        continue;
                    }
                };
                wires.entry(wire).or_insert((carries, Vec::new())).1.push(nth);
            }
        }
        let streams = |nth: usize| f64::from(self.flows[nth].0.2);
        let mut rates: Vec<Option<f64>> = vec![None; self.flows.len()];
        while rates.iter().any(Option::is_none) {
            let level = |nth: usize| {
                let levels = wires.values().filter(|(_, on)| on.contains(&nth)).map(|(carries, on)| {
                    let taken: f64 = on.iter().filter_map(|&other| rates[other]).sum();
                    let open: f64 =
                        on.iter().filter(|&&other| rates[other].is_none()).map(|&other| streams(other)).sum();
                    (carries - taken).max(0.0) / open
                });
                levels.fold(caps[nth] / streams(nth), f64::min)
            };
            let open = (0..rates.len()).filter(|&nth| rates[nth].is_none());
            let (lowest, nth) =
                open.map(|nth| (level(nth), nth)).min_by(|x, y| x.0.total_cmp(&y.0)).expect("one is open");
            rates[nth] = Some(lowest * streams(nth));
        }
        rates.into_iter().flatten().collect()
    }
}

fn bandwidths() -> impl Strategy<Value = Series<Rate>> {
    let rate = || prop_oneof![1 => Just(0.0), 9 => 1e6..1e9].prop_map(Rate::from_bytes_per_s);
    let steps = (1e6..1e9, prop::collection::vec((1..5_000_000_000_u64, rate()), 0..3));
    (steps, prop::option::of(1_000_000_000..9_000_000_000_u64)).prop_map(|((first, later), rest)| {
        let mut steps = vec![(SimTime::ZERO, Rate::from_bytes_per_s(first))];
        let mut at = 0;
        for (gap, rate) in later {
            at += gap;
            steps.push((SimTime::from_nanos(at), rate));
        }
        let once = Series::from_steps(steps).expect("increasing");
        match rest {
            Some(rest) => once.repeated(SimSpan::from_nanos(at + rest)).expect("after the last step"),
            None => once,
        }
    })
}

fn wires() -> impl Strategy<Value = Vec<Wire>> {
    let kind = prop_oneof![2 => Just(Kind::Full), 2 => Just(Kind::Half), 1 => Just(Kind::PerFlow)];
    let wire = ((0..SITES, 1..SITES), kind, bandwidths()).prop_map(|((from, step), kind, bandwidth)| Wire {
        ends: (from, (from + step) % SITES),
        kind,
        bandwidth,
    });
    prop::collection::vec(wire, 2..8)
}

fn moved() -> impl Strategy<Value = Vec<Moved>> {
    let moved = (0..SITES, 1..SITES, 1..5_u32).prop_map(|(from, step, streams)| (from, (from + step) % SITES, streams));
    prop::collection::vec(moved, 1..12)
}

proptest! {
    #[test]
    fn flows_get_what_the_map_says(wires in wires(), moved in moved(), instants in prop::collection::vec(0..60_000_000_000_u64, 1..6)) {
        let topology = grid(&wires);
        let mut run = Run::new(&topology, &moved);
        let mut instants = instants;
        instants.sort_unstable();
        for at in instants {
            run.until(SimTime::from_nanos(at));
            for (found, expected) in run.rates().into_iter().zip(run.filled()) {
                prop_assert!((found - expected).abs() <= 1e-9 * expected, "{} and not {} at {}", found, expected, run.now);
            }
        }
    }

    /// What crosses a half-duplex wire is told by direction, and both together are what the wire carries.
    #[test]
    fn both_ways_are_counted_apart(bandwidth in bandwidths(), moved in moved()) {
        let topology = grid(&[Wire { ends: (0, 1), kind: Kind::Half, bandwidth }]);
        let (forth, back) = (LinkId::from_index(0), LinkId::from_index(1));
        let mut run = Run::new(&topology, &moved);
        run.until(SimTime::from_nanos(30_000_000_000));
        let (network, wiring) = (&run.network, &run.wiring);
        let wire = wiring.wire(forth).expect("shared");
        prop_assert_eq!(wiring.wire(back), Some(wire));
        let [one, other, both] = [wiring.link(forth), wiring.link(back), wire].map(|id| network.carried(id));
        prop_assert!((one + other - both).abs() <= 1e-9 * both);
        for (link, start) in [(forth, 0), (back, 1)] {
            let rates = run.rates();
            let crossing = run.flows.iter().zip(rates).filter(|(((from, _, _), _), _)| *from == start);
            let expected: f64 = crossing.map(|(_, rate)| rate).sum();
            let found = network.load(wiring.link(link)).as_bytes_per_s();
            prop_assert!((found - expected).abs() <= 1e-9 * expected);
        }
    }
}

/// Two streams forth and one back over 90 MB/s: half duplex 30 each, full duplex 45 each and 90, without contention 90 each.
#[test]
fn three_flows_over_three_kinds_of_wire() {
    let bandwidth = Series::constant(Rate::from_mb_per_s(90.0));
    for (kind, expected) in [(Kind::Half, [30.0; 3]), (Kind::Full, [45.0, 45.0, 90.0]), (Kind::PerFlow, [90.0; 3])] {
        let topology = grid(&[Wire { ends: (0, 1), kind, bandwidth: bandwidth.clone() }]);
        let mut run = Run::new(&topology, &[(0, 1, 1), (0, 1, 1), (1, 0, 1)]);
        run.until(SimTime::ZERO);
        let rates: Vec<f64> = run.rates().iter().map(|rate| rate / 1e6).collect();
        assert_eq!(rates, expected, "{kind:?}");
    }
}
