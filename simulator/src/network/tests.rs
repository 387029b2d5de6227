//! Random networks against the criterion of max-min fairness and against a slow twin; edges one by one.

use proptest::prelude::*;

use super::*;
use crate::topology::{AccessCoefficients, LoadCurve, Series};
use crate::units::{Bytes, NANOS_PER_SECOND, Rate, SimSpan, SimTime};

/// Until when runs are compared [ns]: where a capacity repeats, there is no end to its changes.
const HORIZON: u64 = 1_000_000_000_000;

/// A network and what shall move over it.
#[derive(Clone, Debug)]
struct Plan {
    capacities: Vec<Capacity>,
    /// How many of the capacities, from the front, are wires and curves; the rest are access laws.
    shared: usize,
    flows: Vec<Planned>,
}

#[derive(Clone, Debug)]
struct Planned {
    start: u64,
    route: Vec<usize>,
    /// (access law, process) of a remote read.
    thread: Option<(usize, u64)>,
    streams: u32,
    cap: f64,
    bytes: u64,
    blocks: u32,
}

impl Plan {
    fn build(&self) -> (Network<usize>, Vec<ResourceId>) {
        let mut network = Network::new();
        let ids = self.capacities.iter().map(|capacity| network.add_resource(capacity.clone())).collect();
        (network, ids)
    }

    fn start(&self, network: &mut Network<usize>, ids: &[ResourceId], owner: usize) -> FlowId {
        let flow = &self.flows[owner];
        let route: Vec<ResourceId> = flow.route.iter().map(|&resource| ids[resource]).collect();
        let spec = FlowSpec {
            route: network.route(&route),
            share: match flow.thread {
                Some((pair, process)) => Share::Thread { pair: ids[pair], process },
                None => Share::Streams(flow.streams),
            },
            cap: Rate::from_bytes_per_s(flow.cap),
            bytes: Bytes::new(flow.bytes),
            blocks: flow.blocks,
            owner,
        };
        network.start(SimTime::from_nanos(flow.start), spec)
    }

    /// Until when all flows end that ever will.
    fn end(&self) -> SimTime {
        if self.repeats() { SimTime::from_nanos(HORIZON) } else { SimTime::MAX }
    }

    fn repeats(&self) -> bool {
        let bandwidths = self.capacities.iter().filter_map(|capacity| match capacity {
            Capacity::Wire(series) | Capacity::PerFlow(series) => series.period(),
            Capacity::Curve(_) | Capacity::Access(_) => None,
        });
        bandwidths.count() > 0
    }

    fn law(&self, pair: usize, now: u64) -> AccessCoefficients {
        match &self.capacities[pair] {
            Capacity::Access(series) => *series.at(SimTime::from_nanos(now)),
            other => panic!("{other:?} is no access law"),
        }
    }

    /// Threads of the same process over the same pair among the flows under way.
    fn siblings(&self, active: &[usize], thread: (usize, u64)) -> f64 {
        active.iter().filter(|&&flow| self.flows[flow].thread == Some(thread)).count() as f64
    }

    /// Weight of a flow as the equations of the module say.
    fn weight(&self, active: &[usize], flow: usize, now: u64) -> f64 {
        match self.flows[flow].thread {
            None => f64::from(self.flows[flow].streams),
            Some(thread) => {
                let (law, n) = (self.law(thread.0, now), self.siblings(active, thread));
                (law.a - law.c) / (law.a + (n - 1.0) * law.b - n * law.c)
            }
        }
    }

    /// The most that a flow may take now: its own cap, or what a wire without contention gives [B/s].
    fn cap(&self, flow: usize, now: u64) -> f64 {
        let caps = self.flows[flow].route.iter().filter_map(|&resource| match &self.capacities[resource] {
            Capacity::PerFlow(series) => Some(series.at(SimTime::from_nanos(now)).as_bytes_per_s()),
            _ => None,
        });
        caps.fold(self.flows[flow].cap, f64::min)
    }

    /// Capacity of a wire or a curve that flows share [B/s]; without end where they do not.
    fn capacity(&self, active: &[usize], resource: usize, now: u64) -> f64 {
        match &self.capacities[resource] {
            Capacity::Wire(series) => series.at(SimTime::from_nanos(now)).as_bytes_per_s(),
            Capacity::Curve(curve) => {
                let crossing =
                    active.iter().map(|&flow| &self.flows[flow]).filter(|flow| flow.route.contains(&resource));
                let streams =
                    crossing.map(|flow| if flow.thread.is_some() { 1 } else { u64::from(flow.streams) }).sum();
                curve.rate(streams).as_bytes_per_s()
            }
            Capacity::PerFlow(_) => f64::INFINITY,
            Capacity::Access(_) => panic!("{resource} is an access law"),
        }
    }

    /// The slow twin of the solver: filling flow by flow, where an access law is a plain link of capacity 1/c with
    /// one more flow on it, the background of weight (a - c) / c; without c it is a cap of 1 / D(n) on each thread.
    fn twin_rates(&self, active: &[usize], now: u64) -> Vec<f64> {
        struct Filling {
            route: Vec<usize>,
            weight: f64,
            cap: f64,
            rate: Option<f64>,
        }
        let mut capacities: Vec<f64> = Vec::new();
        let mut fillings: Vec<Filling> = Vec::new();
        for &flow in active {
            let Planned { route, thread, .. } = &self.flows[flow];
            let cap = self.cap(flow, now);
            let weight = self.weight(active, flow, now);
            let law = thread.map(|(pair, _)| self.law(pair, now));
            let granted = law.filter(|law| law.c == 0.0).map_or(f64::INFINITY, |law| 1e6 / law.a * weight);
            fillings.push(Filling { route: route.clone(), weight, cap: cap.min(granted), rate: None });
        }
        for resource in 0..self.capacities.len() {
            capacities.push(if resource < self.shared {
                self.capacity(active, resource, now)
            } else {
                let law = self.law(resource, now);
                let background = (law.a - law.c) / law.c;
                if law.c > 0.0 {
                    fillings.push(Filling {
                        route: vec![resource],
                        weight: background,
                        cap: f64::INFINITY,
                        rate: None,
                    });
                }
                1e6 / law.c
            });
        }
        loop {
            let left = |resource: usize| {
                let crossing = || fillings.iter().filter(move |filling| filling.route.contains(&resource));
                let taken: f64 = crossing().filter_map(|filling| filling.rate).sum();
                let open: f64 = crossing().filter(|filling| filling.rate.is_none()).map(|filling| filling.weight).sum();
                if open > 0.0 { (capacities[resource] - taken).max(0.0) / open } else { f64::INFINITY }
            };
            let levels: Vec<f64> = (0..capacities.len()).map(left).collect();
            let level_of = |filling: &Filling| {
                filling.route.iter().map(|&r| levels[r]).fold(filling.cap / filling.weight, f64::min)
            };
            let open = (0..fillings.len()).filter(|&at| fillings[at].rate.is_none());
            let Some(lowest) = open.min_by(|&x, &y| level_of(&fillings[x]).total_cmp(&level_of(&fillings[y]))) else {
                break;
            };
            fillings[lowest].rate = Some(level_of(&fillings[lowest]) * fillings[lowest].weight);
        }
        fillings.iter().take(active.len()).map(|filling| filling.rate.expect("filled")).collect()
    }

    /// Finish times [ns] and concurrent traffic of every flow by steps from event to event, flow by flow.
    fn twin_run(&self) -> Twin {
        let n = self.flows.len();
        let mut twin = Twin { ends: vec![None; n], carried: vec![Carried::default(); n], changes: vec![0; n] };
        let mut left: Vec<f64> = self.flows.iter().map(|flow| flow.bytes as f64).collect();
        let mut now = 0;
        loop {
            let active: Vec<usize> =
                (0..n).filter(|&flow| self.flows[flow].start <= now && twin.ends[flow].is_none()).collect();
            let rates = self.twin_rates(&active, now);
            let finish = |(&flow, &rate): (&usize, &f64)| {
                // A hundredth of a nanosecond is rounding noise, as in the network itself.
                let nanos = (left[flow] / rate * NANOS_PER_SECOND as f64 - 0.01).ceil();
                (left[flow] <= 0.0 || nanos < 1e18).then(|| now + if left[flow] <= 0.0 { 0 } else { nanos as u64 })
            };
            let finishes = active.iter().zip(&rates).filter_map(finish);
            let starts = self.flows.iter().map(|flow| flow.start).filter(|&start| start > now);
            let steps = self.capacities.iter().filter_map(|capacity| match capacity {
                Capacity::Wire(series) | Capacity::PerFlow(series) => series.next_change(SimTime::from_nanos(now)),
                Capacity::Access(series) => series.next_change(SimTime::from_nanos(now)),
                Capacity::Curve(_) => None,
            });
            let Some(next) = finishes.chain(starts).chain(steps.map(SimTime::as_nanos)).min() else { return twin };
            if next > self.end().as_nanos() {
                return twin;
            }
            let span = (next - now) as f64 / NANOS_PER_SECOND as f64;
            for (&flow, &rate) in active.iter().zip(&rates) {
                twin.changes[flow] += 1;
                left[flow] -= rate * span;
                if left[flow] <= rate / NANOS_PER_SECOND as f64 {
                    twin.ends[flow] = Some(next);
                }
                let Some((pair, process)) = self.flows[flow].thread else { continue };
                for (&other, &rate) in active.iter().zip(&rates).filter(|&(&other, _)| other != flow) {
                    match self.flows[other].thread {
                        Some((p, q)) if (p, q) == (pair, process) => twin.carried[flow].con_th += rate * span,
                        Some((p, _)) if p == pair => twin.carried[flow].con_pr += rate * span,
                        _ => {}
                    }
                }
            }
            now = next;
        }
    }

    /// Feasible, and every flow is at its cap or crosses a saturated resource where its rate per weight is largest.
    /// On an access law the background takes what is left, at weight (a - c) / c: it is always saturated.
    fn assert_max_min(&self, active: &[usize], rates: &[f64], now: u64) {
        const TOLERANCE: f64 = 1e-9;
        let weights: Vec<f64> = active.iter().map(|&flow| self.weight(active, flow, now)).collect();
        let mut bottlenecked: Vec<bool> =
            active.iter().zip(rates).map(|(&flow, &rate)| rate >= self.cap(flow, now) * (1.0 - TOLERANCE)).collect();
        for resource in 0..self.capacities.len() {
            let crossing = |at: &usize| self.flows[active[*at]].route.contains(&resource);
            let members: Vec<usize> = (0..active.len()).filter(crossing).collect();
            let load: f64 = members.iter().map(|&at| rates[at]).sum();
            let levels = members.iter().map(|&at| rates[at] / weights[at]);
            let (highest, saturated) = if resource < self.shared {
                let capacity = self.capacity(active, resource, now);
                assert!(load <= capacity * (1.0 + TOLERANCE), "{resource} carries {load} of {capacity}");
                (levels.fold(0.0, f64::max), load >= capacity * (1.0 - TOLERANCE))
            } else {
                let law = self.law(resource, now);
                let left = 1.0 - law.c * load / 1e6;
                assert!(left > -TOLERANCE, "{resource} carries {load}");
                (levels.fold(left / (law.a - law.c) * 1e6, f64::max), true)
            };
            for &at in members.iter().filter(|_| saturated) {
                bottlenecked[at] |= rates[at] / weights[at] >= highest * (1.0 - TOLERANCE);
            }
        }
        for (at, &flow) in active.iter().enumerate() {
            assert!(rates[at] <= self.cap(flow, now), "flow {flow} passes its cap");
            assert!(bottlenecked[at], "flow {flow} at {} could have more", rates[at]);
        }
    }
}

/// What the slow twin finds.
struct Twin {
    ends: Vec<Option<u64>>,
    carried: Vec<Carried>,
    /// Constant-rate intervals that the flow lives through.
    changes: Vec<u64>,
}

fn arrived<T: Copy>(network: &mut Network<T>, now: SimTime) -> Vec<Arrival<T>> {
    let mut arrived = Vec::new();
    network.arrivals(now, &mut arrived);
    arrived
}

/// Drives a network through a plan.
struct Run<'a> {
    plan: &'a Plan,
    network: Network<usize>,
    ids: Vec<ResourceId>,
    now: SimTime,
    flows: Vec<Option<FlowId>>,
    ends: Vec<Option<(SimTime, Carried)>>,
    blocks: Vec<u32>,
}

impl<'a> Run<'a> {
    fn new(plan: &'a Plan) -> Self {
        let (network, ids) = plan.build();
        let n = plan.flows.len();
        Self { plan, network, ids, now: SimTime::ZERO, flows: vec![None; n], ends: vec![None; n], blocks: vec![0; n] }
    }

    /// Handles everything up to an instant, that included.
    fn until(&mut self, until: SimTime) {
        loop {
            let pending = (0..self.flows.len()).filter(|&flow| self.flows[flow].is_none());
            let starts = pending.map(|flow| SimTime::from_nanos(self.plan.flows[flow].start)).min();
            let next = self.network.settle(self.now).into_iter().chain(starts).min();
            let Some(now) = next.filter(|at| *at <= until) else { return };
            self.now = now;
            for arrival in arrived(&mut self.network, now) {
                self.blocks[arrival.owner] += 1;
                assert_eq!(self.blocks[arrival.owner], arrival.blocks);
                assert_eq!(arrival.ended.is_some(), arrival.blocks == self.plan.flows[arrival.owner].blocks);
                self.ends[arrival.owner] = arrival.ended.map(|carried| (now, carried));
            }
            for flow in 0..self.flows.len() {
                if self.flows[flow].is_none() && self.plan.flows[flow].start == now.as_nanos() {
                    self.flows[flow] = Some(self.plan.start(&mut self.network, &self.ids, flow));
                }
            }
        }
    }

    fn progressed(&self, flow: usize) -> Option<Progressed> {
        self.network.progressed(self.flows[flow]?)
    }

    fn rate(&self, flow: usize) -> f64 {
        self.progressed(flow).expect("under way").rate.as_bytes_per_s()
    }

    /// Finish times and traffic are those of the slow twin.
    fn assert_like_twin(mut self) {
        self.until(self.plan.end());
        let twin = self.plan.twin_run();
        for (flow, expected) in twin.ends.iter().enumerate() {
            let found = self.ends[flow].map(|(at, _)| at.as_nanos());
            let (Some(found), Some(expected)) = (found, *expected) else {
                assert_eq!(found, *expected, "flow {flow}");
                continue;
            };
            let allowed = 2 * twin.changes[flow];
            assert!(found.abs_diff(expected) <= allowed, "flow {flow} ends at {found} and not at {expected}");
            let (_, carried) = self.ends[flow].expect("has ended");
            for (found, expected) in
                [(carried.con_th, twin.carried[flow].con_th), (carried.con_pr, twin.carried[flow].con_pr)]
            {
                // Ticks at what the pair can carry at most, 1 / (a - c) per process, and a byte of rounding.
                let allowed = 1e-9 * expected + allowed as f64 * 1e-9 * 1e9 + 1.0;
                assert!((found - expected).abs() <= allowed, "flow {flow} saw {found} B and not {expected} B");
            }
        }
    }
}

/// From `low` to `high`, evenly in the logarithm.
fn log_uniform(low: f64, high: f64) -> impl Strategy<Value = f64> {
    (low.ln()..high.ln()).prop_map(f64::exp)
}

fn series<T: Clone + std::fmt::Debug>(
    first: impl Strategy<Value = T>,
    later: impl Strategy<Value = T>,
) -> impl Strategy<Value = Series<T>> {
    (first, prop::collection::vec((1..20_000_000_000_u64, later), 0..4)).prop_map(|(first, gaps)| {
        let mut at = SimTime::ZERO;
        let later = gaps.into_iter().map(|(gap, value)| {
            at = SimTime::from_nanos(at.as_nanos() + gap);
            (at, value)
        });
        let later: Vec<_> = later.collect();
        Series::from_steps([(SimTime::ZERO, first)].into_iter().chain(later).collect()).expect("increasing")
    })
}

/// Capacities over time, outages included; some of them repeat.
fn bandwidth() -> impl Strategy<Value = Series<Rate>> {
    let rate = || prop_oneof![1 => Just(Rate::ZERO), 9 => log_uniform(1e6, 1e9).prop_map(Rate::from_bytes_per_s)];
    (series(rate(), rate()), prop::option::of(1_000_000_000..20_000_000_000_u64)).prop_map(|(once, rest)| {
        let period = |rest| once.steps().last().map_or(0, |(at, _)| at.as_nanos()) + rest;
        let repeated = rest.and_then(|rest| once.clone().repeated(SimSpan::from_nanos(period(rest))));
        repeated.unwrap_or(once)
    })
}

fn wire() -> impl Strategy<Value = Capacity> {
    prop_oneof![3 => bandwidth().prop_map(Capacity::Wire), 1 => bandwidth().prop_map(Capacity::PerFlow)]
}

fn curve() -> impl Strategy<Value = Capacity> {
    let weibull = (log_uniform(1e9, 3e10).prop_map(Rate::from_bytes_per_s), 0.7..2.0, 20.0..60.0)
        .prop_map(|(amplitude, shape, scale)| LoadCurve::Weibull { amplitude, shape, scale });
    let rate = || log_uniform(1e6, 1e9).prop_map(Rate::from_bytes_per_s);
    let saturating = (rate(), rate()).prop_map(|(each, total)| LoadCurve::Saturating { each, total });
    let tabulated = prop::collection::vec(rate(), 1..8).prop_map(LoadCurve::Tabulated);
    prop_oneof![weibull, saturating, tabulated].prop_map(Capacity::Curve)
}

/// Well-posed coefficients, with the edges c = 0 and b = c.
fn law() -> impl Strategy<Value = AccessCoefficients> {
    let part = || prop_oneof![1 => Just(0.0), 4 => 0.0..0.9];
    (0.005..0.05, part(), part()).prop_map(|(a, c, b)| AccessCoefficients { a, b: a * c + 0.1 * b, c: a * c })
}

/// Up to six wires, shared or without contention, and curves, three access laws and fourteen flows.
fn plans() -> impl Strategy<Value = Plan> {
    let shared = prop::collection::vec(prop_oneof![3 => wire(), 1 => curve()], 1..6);
    let laws = prop::collection::vec(series(law(), law()).prop_map(Capacity::Access), 1..4);
    let cap = prop_oneof![2 => Just(f64::INFINITY), 1 => log_uniform(1e6, 3e8)];
    let bytes = prop_oneof![1 => Just(0.0), 12 => log_uniform(1e6, 1e10)];
    let start = prop_oneof![1 => Just(0), 2 => 0..30_000_000_000_u64];
    let kind = (any::<bool>(), 0..3_usize, 0..3_u64);
    let flow = (start, any::<u8>(), kind, 1..5_u32, cap, bytes, 1..4_u32);
    (shared, laws, prop::collection::vec(flow, 1..15)).prop_map(|(mut capacities, laws, drawn)| {
        let shared = capacities.len();
        capacities.extend(laws);
        let laws = capacities.len() - shared;
        let flow = |(start, mask, (reads, law, process), streams, cap, bytes, blocks): (
            _,
            u8,
            (_, usize, _),
            _,
            _,
            f64,
            _,
        )| {
            let thread = Some((shared + law % laws, process)).filter(|_| reads);
            let mut route: Vec<usize> = (0..shared).filter(|bit| mask & (1 << bit) != 0).collect();
            match thread {
                Some((pair, _)) => route.push(pair),
                None if route.is_empty() => route.push(usize::from(mask) % shared),
                None => {}
            }
            Planned { start, route, thread, streams, cap, bytes: bytes as u64, blocks }
        };
        let flows = drawn.into_iter().map(flow).collect();
        Plan { capacities, shared, flows }
    })
}

proptest! {
    #[test]
    fn allocations_are_max_min(mut plan in plans()) {
        for flow in &mut plan.flows {
            flow.start = 0;
            flow.bytes = flow.bytes.max(1_000_000);
        }
        let mut run = Run::new(&plan);
        run.until(SimTime::ZERO);
        let active: Vec<usize> = (0..plan.flows.len()).collect();
        let rates: Vec<f64> = active.iter().map(|&flow| run.rate(flow)).collect();
        plan.assert_max_min(&active, &rates, 0);
        for (rate, twin) in rates.iter().zip(plan.twin_rates(&active, 0)) {
            prop_assert!((rate - twin).abs() <= 1e-9 * twin, "{} and not {}", rate, twin);
        }
    }

    #[test]
    fn allocations_stay_max_min_while_flows_come_and_go(plan in plans(), until in 0..60_000_000_000_u64) {
        let mut run = Run::new(&plan);
        run.until(SimTime::from_nanos(until));
        let active: Vec<usize> = (0..plan.flows.len()).filter(|&flow| run.progressed(flow).is_some()).collect();
        let rates: Vec<f64> = active.iter().map(|&flow| run.rate(flow)).collect();
        plan.assert_max_min(&active, &rates, run.now.as_nanos());
    }

    #[test]
    fn runs_end_like_those_of_the_slow_twin(plan in plans()) {
        Run::new(&plan).assert_like_twin();
    }

    #[test]
    fn order_of_simultaneous_starts_changes_no_rate(
        (plan, order) in plans().prop_flat_map(|plan| {
            let order = (0..plan.flows.len()).collect::<Vec<_>>();
            (Just(plan), Just(order).prop_shuffle())
        })
    ) {
        let rates_in = |order: &[usize]| {
            let (mut network, ids) = plan.build();
            let mut flows = vec![None; order.len()];
            for &flow in order {
                let mut plan = plan.clone();
                plan.flows[flow].start = 0;
                flows[flow] = Some(plan.start(&mut network, &ids, flow));
            }
            network.settle(SimTime::ZERO);
            let rate = |flow: Option<FlowId>| network.progressed(flow?).map(|progressed| progressed.rate);
            flows.into_iter().map(|flow| rate(flow).expect("under way").as_bytes_per_s()).collect::<Vec<f64>>()
        };
        let declared: Vec<usize> = (0..order.len()).collect();
        for (one, other) in rates_in(&declared).into_iter().zip(rates_in(&order)) {
            prop_assert!((one - other).abs() <= 1e-12 * one, "{} and {}", one, other);
        }
    }

    #[test]
    fn bytes_are_conserved(
        plan in plans(),
        until in 0..60_000_000_000_u64,
        cancelled in prop::collection::vec(any::<bool>(), 15),
    ) {
        let mut run = Run::new(&plan);
        run.until(SimTime::from_nanos(until / 2));
        let n = plan.flows.len();
        let mut moved = vec![0.0; n];
        for flow in (0..n).filter(|&flow| cancelled[flow]) {
            let cancel = |id: FlowId| run.network.cancel(run.now, id);
            moved[flow] = run.flows[flow].and_then(cancel).map_or(0.0, |progressed| progressed.moved.as_f64());
        }
        run.until(SimTime::from_nanos(until));
        run.network.settle(SimTime::from_nanos(until));
        for (flow, moved) in moved.iter_mut().enumerate() {
            match run.ends[flow] {
                Some(_) => *moved = plan.flows[flow].bytes as f64,
                None => *moved += run.progressed(flow).map_or(0.0, |progressed| progressed.moved.as_f64()),
            }
        }
        // An end rounds to the nanosecond at up to 1 GB/s, progress to the byte.
        let rounding = 2.0 * n as f64;
        let total: f64 = moved.iter().sum();
        let found = run.network.moved();
        prop_assert!((found - total).abs() <= 1e-9 * total + rounding, "{} B and not {} B", found, total);
        for (resource, &id) in run.ids.iter().enumerate() {
            let crossing = (0..n).filter(|&flow| plan.flows[flow].route.contains(&resource));
            let expected: f64 = crossing.map(|flow| moved[flow]).sum();
            let found = run.network.carried(id);
            prop_assert!((found - expected).abs() <= 1e-9 * expected + rounding, "{} B and not {} B", found, expected);
        }
    }

    #[test]
    fn nothing_is_left_behind(plan in plans()) {
        let mut run = Run::new(&plan);
        run.until(plan.end());
        let unfinished: Vec<usize> = (0..plan.flows.len()).filter(|&flow| run.ends[flow].is_none()).collect();
        prop_assert_eq!(run.network.n_flows(), unfinished.len());
        // Where a capacity repeats, a flow may be slow.
        prop_assert!(plan.repeats() || run.network.n_stalled() == unfinished.len());
        for flow in unfinished {
            run.network.cancel(run.now, run.flows[flow].expect("started"));
        }
        run.network.settle(run.now);
        prop_assert_eq!((run.network.n_flows(), run.network.n_processes()), (0, 0));
        for &id in &run.ids {
            prop_assert_eq!(run.network.streams(id), 0);
            prop_assert_eq!(run.network.load(id), Rate::ZERO);
        }
    }
}

fn seconds(at: f64) -> SimTime {
    SimTime::from_secs_f64(at)
}

fn wire_of(steps: &[(f64, f64)]) -> Capacity {
    let step = |&(at, mb): &(f64, f64)| (seconds(at), Rate::from_mb_per_s(mb));
    Capacity::Wire(Series::from_steps(steps.iter().map(step).collect()).expect("increasing"))
}

fn flow_of(start_s: f64, bytes: u64) -> Planned {
    let start = seconds(start_s).as_nanos();
    Planned { start, route: vec![0], thread: None, streams: 1, cap: f64::INFINITY, bytes, blocks: 1 }
}

fn over_wire(steps: &[(f64, f64)], flows: Vec<Planned>) -> Plan {
    Plan { capacities: vec![wire_of(steps)], shared: 1, flows }
}

#[test]
fn a_flow_waits_while_its_wire_carries_nothing() {
    let plan = over_wire(&[(0.0, 100.0), (2.0, 0.0), (7.0, 50.0)], vec![flow_of(0.0, 500_000_000)]);
    let mut run = Run::new(&plan);
    run.until(seconds(5.0));
    run.network.settle(seconds(5.0));
    assert_eq!((run.network.n_stalled(), run.rate(0)), (1, 0.0));
    assert_eq!(run.progressed(0).map(|progressed| progressed.moved), Some(Bytes::new(200_000_000)));
    run.until(SimTime::MAX);
    // 200 MB in 2 s, 5 s of nothing, 300 MB at 50 MB/s.
    assert_eq!(run.ends[0].map(|(at, _)| at), Some(seconds(13.0)));
}

#[test]
fn a_flow_over_a_dead_wire_never_ends() {
    let plan = over_wire(&[(0.0, 100.0), (2.0, 0.0)], vec![flow_of(0.0, 500_000_000)]);
    let mut run = Run::new(&plan);
    run.until(SimTime::MAX);
    assert_eq!((run.ends[0], run.network.settle(run.now), run.network.n_stalled()), (None, None, 1));
}

fn moves(route: &[usize], megabytes: u64) -> Planned {
    Planned { route: route.to_vec(), ..flow_of(0.0, megabytes * 1_000_000) }
}

fn ends_s(plan: &Plan, until_s: f64) -> Vec<Option<f64>> {
    let mut run = Run::new(plan);
    run.until(seconds(until_s));
    run.ends.iter().map(|end| end.map(|(at, _)| at.as_secs_f64())).collect()
}

/// Three flows of 100, 200 and 300 MB, each at the whole 100 MB/s; a fourth of 50 MB held to 25 MB/s by itself.
#[test]
fn each_flow_has_a_wire_without_contention_to_itself() {
    let mut held = moves(&[0], 50);
    held.cap = 25e6;
    let wire = Capacity::PerFlow(Series::constant(Rate::from_mb_per_s(100.0)));
    let flows = vec![moves(&[0], 100), moves(&[0], 200), moves(&[0], 300), held];
    let plan = Plan { capacities: vec![wire], shared: 1, flows };
    assert_eq!(ends_s(&plan, 10.0), [Some(1.0), Some(2.0), Some(3.0), Some(2.0)]);
    let mut run = Run::new(&plan);
    run.until(SimTime::ZERO);
    run.network.settle(SimTime::ZERO);
    assert_eq!(run.network.load(run.ids[0]), Rate::from_mb_per_s(325.0), "it carries more than its capacity");
    run.until(seconds(2.5));
    run.network.settle(seconds(2.5));
    // At 2.5 s: 100 + 200 + 250 + 50 MB.
    assert!((run.network.carried(run.ids[0]) - 600e6).abs() < 2.0);
}

/// Two flows over a backbone of 30 MB/s each and, together with a third, over a shared link.
#[test]
fn what_a_flow_cannot_take_is_left_to_the_others() {
    let backbone = Capacity::PerFlow(Series::constant(Rate::from_mb_per_s(30.0)));
    let flows = vec![moves(&[0, 1], 300), moves(&[0, 1], 300), moves(&[1], 600)];
    let plan = Plan { capacities: vec![backbone, wire_of(&[(0.0, 80.0)])], shared: 2, flows };
    // 80 / 3 = 26.67 is below 30: the link binds all three until the two are done at 300 / 26.67 = 11.25 s.
    assert_eq!(ends_s(&plan, 100.0), [Some(11.25), Some(11.25), Some(11.25 + 300.0 / 80.0)]);
    let flows = vec![moves(&[0, 1], 300), moves(&[0, 1], 300), moves(&[1], 900)];
    let plan = Plan { capacities: plan.capacities, shared: 2, flows };
    let wide = Plan { capacities: vec![plan.capacities[0].clone(), wire_of(&[(0.0, 120.0)])], ..plan };
    // 120 / 3 = 40 is more than the 30 of the backbone: the third has 60 for 10 s, then 120 for 300 MB.
    assert_eq!(ends_s(&wide, 100.0), [Some(10.0), Some(10.0), Some(12.5)]);
}

/// An outage from 2 s to 7 s stops every flow over a wire without contention, and is told.
#[test]
fn an_outage_stops_a_wire_without_contention() {
    let steps = [(0.0, 100.0), (2.0, 0.0), (7.0, 50.0)];
    let Capacity::Wire(series) = wire_of(&steps) else { panic!("a wire") };
    let plan = Plan {
        capacities: vec![Capacity::PerFlow(series)],
        shared: 1,
        flows: vec![moves(&[0], 500), moves(&[0], 200), moves(&[0], 250)],
    };
    assert_eq!(ends_s(&plan, 100.0), [Some(13.0), Some(2.0), Some(8.0)]);
    let mut run = Run::new(&plan);
    run.until(seconds(5.0));
    run.network.settle(seconds(5.0));
    let stalled: Vec<_> = run.network.stalled().map(|(_, on, is_last)| (on, is_last)).collect();
    assert_eq!((run.network.n_stalled(), stalled), (2, vec![(run.ids[0], false); 2]));
}

/// 100 MB/s for 8 s, 10 MB/s for 2 s, again and again: 820 MB in 10 s. 2 GB take 20 s for 1640 MB and 3.6 s for the rest; and
/// after a million periods a file of 100 MB still takes a second.
#[test]
fn a_profile_begins_again() {
    let Capacity::Wire(once) = wire_of(&[(0.0, 100.0), (8.0, 10.0)]) else { panic!("a wire") };
    let series = once.repeated(SimSpan::from_secs_f64(10.0)).expect("8 s come before 10 s");
    for capacity in [Capacity::Wire(series.clone()), Capacity::PerFlow(series)] {
        let mut late = moves(&[0], 100);
        late.start = 10_000_000_000_000_000;
        let plan = Plan { capacities: vec![capacity.clone()], shared: 1, flows: vec![moves(&[0], 2000)] };
        assert_eq!(ends_s(&plan, 100.0), [Some(23.6)]);
        let mut network = Network::new();
        let wire = network.add_resource(capacity);
        let route = network.route(&[wire]);
        let now = SimTime::from_nanos(late.start);
        network.arrivals(SimTime::ZERO, &mut Vec::new());
        let bytes = Bytes::new(late.bytes);
        network
            .start(now, FlowSpec { route, share: Share::Streams(1), cap: Rate::INFINITE, bytes, blocks: 1, owner: () });
        let mut end = network.settle(now).expect("it moves");
        while arrived(&mut network, end).is_empty() {
            end = network.settle(end).expect("it moves");
        }
        assert_eq!(end.since(now), SimSpan::from_secs_f64(1.0));
    }
}

#[test]
fn nothing_to_move_takes_no_time() {
    let plan = over_wire(&[(0.0, 0.0)], vec![flow_of(3.0, 0), flow_of(4.0, 0)]);
    let mut run = Run::new(&plan);
    run.until(SimTime::MAX);
    assert_eq!([0, 1].map(|flow| run.ends[flow].map(|(at, _)| at)), [Some(seconds(3.0)), Some(seconds(4.0))]);
}

#[test]
fn what_nothing_limits_takes_no_time() {
    let mut network = Network::new();
    let infinite = network.add_resource(Capacity::Wire(Series::constant(Rate::INFINITE)));
    let route = network.route(&[infinite]);
    let now = seconds(1.0);
    let bytes = Bytes::from_megabytes(1e9);
    let spec = FlowSpec { route, share: Share::Streams(1), cap: Rate::INFINITE, bytes, blocks: 3, owner: () };
    network.start(now, spec);
    let mut blocks = Vec::new();
    while let Some(at) = network.settle(now) {
        assert_eq!(at, now);
        blocks.extend(arrived(&mut network, now).iter().map(|arrival| (arrival.blocks, arrival.ended.is_some())));
    }
    assert_eq!(blocks, [(1, false), (2, false), (3, true)]);
    assert_eq!((network.moved(), network.carried(infinite)), (1e15, 1e15));
}

#[test]
fn cancelling_tells_what_has_moved() {
    let plan = over_wire(&[(0.0, 100.0)], vec![flow_of(0.0, 500_000_000), flow_of(1.0, 500_000_000)]);
    let mut run = Run::new(&plan);
    run.until(seconds(2.0));
    let [one, other] = [run.flows[0], run.flows[1]].map(|flow| flow.expect("started"));
    // Alone for a second, then half of the wire.
    let cancelled = run.network.cancel(seconds(3.0), one).map(|progressed| progressed.moved);
    assert_eq!(cancelled, Some(Bytes::new(200_000_000)));
    assert_eq!(run.network.cancel(seconds(3.0), one), None);
    assert_eq!(run.network.settle(seconds(3.0)), Some(seconds(7.0)));
    assert!(
        arrived(&mut run.network, seconds(7.0)).iter().all(|arrival| arrival.flow == other && arrival.ended.is_some())
    );
    assert_eq!(run.network.cancel(seconds(7.0), other), None);
}

#[test]
fn an_id_is_not_used_again() {
    let plan = over_wire(&[(0.0, 100.0)], vec![flow_of(0.0, 1_000_000), flow_of(1.0, 500_000_000)]);
    let mut run = Run::new(&plan);
    run.until(seconds(1.0));
    assert_ne!(run.flows[0], run.flows[1]);
    assert!(run.progressed(0).is_none() && run.progressed(1).is_some());
}

#[test]
fn a_resource_that_is_added_late_announces_nothing_of_the_past() {
    let mut network = Network::new();
    network.settle(seconds(0.0));
    let late = network.add_resource(wire_of(&[(0.0, 1.0), (50.0, 100.0), (200.0, 10.0)]));
    let route = network.route(&[late]);
    let bytes = Bytes::from_megabytes(20_000.0);
    let spec = FlowSpec { route, share: Share::Streams(1), cap: Rate::INFINITE, bytes, blocks: 1, owner: () };
    network.start(seconds(100.0), spec);
    let mut announced = Vec::new();
    let mut now = seconds(100.0);
    while let Some(next) = network.settle(now) {
        assert!(next >= now, "at {now} the network announces {next}");
        now = next;
        arrived(&mut network, now);
        announced.push(now.as_secs_f64());
    }
    // 10 000 MB until 200 s, the other half at 10 MB/s.
    announced.dedup();
    assert!(announced.ends_with(&[200.0, 1200.0]), "{announced:?}");
}

#[test]
fn a_wire_that_becomes_infinite_lets_its_flows_go_and_limits_them_again() {
    let early = flow_of(0.0, 500_000_000);
    let plan = over_wire(
        &[(0.0, 100.0), (2.0, f64::INFINITY), (3.0, 50.0)],
        vec![early, flow_of(2.5, 1 << 50), flow_of(3.0, 100_000_000)],
    );
    let mut run = Run::new(&plan);
    run.until(seconds(10.0));
    let ends: Vec<_> = run.ends.iter().map(|end| end.map(|(at, _)| at.as_secs_f64())).collect();
    assert_eq!(ends, [Some(2.0), Some(2.5), Some(5.0)]);
}

#[test]
fn a_cap_of_zero_announces_nothing() {
    let mut flow = flow_of(0.0, 1000);
    flow.cap = 0.0;
    let plan = over_wire(&[(0.0, 100.0)], vec![flow]);
    let mut run = Run::new(&plan);
    run.until(SimTime::MAX);
    assert_eq!((run.ends[0], run.network.settle(run.now), run.network.n_stalled()), (None, None, 1));
}

#[test]
fn blocks_arrive_evenly() {
    let mut flow = flow_of(0.0, 400_000_000);
    flow.blocks = 4;
    let plan = over_wire(&[(0.0, 100.0), (2.0, 50.0)], vec![flow]);
    let mut run = Run::new(&plan);
    run.until(SimTime::ZERO);
    let mut seen = Vec::new();
    while let Some(at) = run.network.settle(run.now) {
        run.until(at);
        seen.push((at.as_secs_f64(), run.blocks[0]));
    }
    assert_eq!(seen, [(1.0, 1), (2.0, 2), (4.0, 3), (6.0, 4)]);
}

/// Flows of 2 to 6 TB on a wire of 10 GB/s, where always at least one is under way.
#[test]
fn large_flows_end_like_those_of_the_slow_twin() {
    let bytes = |nth: u64| (1 << 41) + nth * 517_171_717_171 % (1 << 42);
    let flows = (0..25).map(|nth| flow_of(0.1 + 290.123_456_789 * nth as f64, bytes(nth))).collect();
    Run::new(&over_wire(&[(0.0, 10_000.0)], flows)).assert_like_twin();
}

/// A flow that is not over keeps the clock of its class going: at 10^16 B, after 10^6 s at 10 GB/s, doubles are 2 B
/// apart, which at the 0.5 MB/s that follow would be 4 us. Clocks start again long before.
#[test]
fn clocks_keep_their_nanoseconds() {
    let small = |nth: u64| flow_of(1e6 + 10.0 * nth as f64, 3_333_333 + nth);
    let flows = [flow_of(0.0, 1 << 60)].into_iter().chain((0..9).map(small)).collect();
    let plan = over_wire(&[(0.0, 10_000.0), (1e6, 1.0)], flows);
    let mut run = Run::new(&plan);
    run.until(seconds(1.1e6));
    for nth in 0..9 {
        let expected = 1_000_006_666_666_000 + nth * (10_000_000_000 + 2000);
        let found = run.ends[1 + nth as usize].map(|(at, _)| at.as_nanos());
        assert!(found.is_some_and(|found| found.abs_diff(expected) <= 2), "{nth} ends at {found:?} and not {expected}");
    }
}

#[test]
fn a_single_large_flow_ends_to_the_nanosecond() {
    let plan = over_wire(&[(0.0, 1000.0)], vec![flow_of(0.0, 1 << 45)]);
    let mut run = Run::new(&plan);
    run.until(SimTime::MAX);
    // 2^45 B at 1 B/ns.
    assert_eq!(run.ends[0].map(|(at, _)| at.as_nanos()), Some(1 << 45));
}

/// A year on one wire of 1 GB/s that a flow without end shares with others which come every 5 minutes and of every size:
/// alone beside it each takes twice its bytes in nanoseconds, in the last week as in the first.
#[test]
fn a_year_does_not_wear_the_clocks() {
    const EVERY: u64 = 300_000_000_000;
    let mut network = Network::new();
    let wire = network.add_resource(wire_of(&[(0.0, 1000.0)]));
    let route = network.route(&[wire]);
    let spec =
        |bytes, owner| FlowSpec { route, share: Share::Streams(1), cap: Rate::INFINITE, bytes, blocks: 1, owner };
    network.start(SimTime::ZERO, spec(Bytes::new(1 << 60), u64::MAX));
    let (mut arrivals, mut moved, mut now) = (Vec::new(), 0u64, 0u64);
    for nth in 0..365 * 24 * 12 {
        let start = SimTime::from_nanos(nth * EVERY);
        network.settle(start);
        let bytes = 1 + nth * 7_919_777 % 140_000_000_000;
        network.start(start, spec(Bytes::new(bytes), nth));
        let end = network.settle(start).expect("it ends");
        assert!(end.as_nanos().abs_diff(start.as_nanos() + 2 * bytes) <= 2, "flow {nth} of {bytes} B ends at {end}");
        network.arrivals(end, &mut arrivals);
        assert_eq!(arrivals.pop().map(|arrival| arrival.owner), Some(nth));
        network.settle(end);
        moved += bytes;
        now = end.as_nanos();
    }
    // What the wire carried in a year, and what of it is the endless flow's: to a few roundings of 10^16 B and 2 B an end.
    assert!((network.carried(wire) - now as f64).abs() <= 1e-15 * 2.0 * now as f64 + 2.0 * 105_120.0);
    let endless = network.moved() - moved as f64;
    assert!((endless - (now - moved) as f64).abs() <= 1e-15 * 4.0 * now as f64 + 2.0 * 105_120.0, "{endless}");
}
