//! The one loop that drives the bare network through an input.

use std::ops::Range;

use dapple_simulator::ids::Id;
use dapple_simulator::network::{FlowSpec, Network, ResourceId, RouteId};
use dapple_simulator::units::{Rate, SimTime};

use crate::Input;

/// A network with the resources and routes of an input, at its start.
#[derive(Clone, Debug)]
pub struct Prepared {
    network: Network<u32>,
    routes: Vec<RouteId>,
}

impl Prepared {
    /// Builds the network of an input; no flow has started.
    ///
    /// # Panics
    /// Where a route crosses a resource that is not there.
    pub fn new(input: &Input) -> Self {
        let mut network = Network::new();
        let ids: Vec<ResourceId> = input.resources.iter().map(|it| network.add_resource(it.clone())).collect();
        debug_assert!(ids.iter().enumerate().all(|(index, id)| id.index() == index), "shares name resources by number");
        let resources = |numbers: &[u32]| -> Vec<ResourceId> { numbers.iter().map(|&it| ids[it as usize]).collect() };
        let routes = input.routes.iter().map(|route| network.route(&resources(&route.resources))).collect();
        Self { network, routes }
    }
}

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Counts {
    /// Starts and ends of flows.
    pub events: u64,
    /// How often the rates were solved.
    pub solutions: u64,
    /// Levels of resources that were solved for that, and those of them that took more than one division.
    pub levels: u64,
    /// See `levels`.
    pub iterated: u64,
    /// How often a local solution went round in a circle.
    pub refills: u64,
    /// Flows that never ended: at the last event they did not move, and nothing was to change.
    pub stalled: u64,
    /// Most flows under way at once.
    pub most_flows: u64,
    /// Bytes that the network says it has moved.
    pub moved_bytes: f64,
    /// The same less the bytes of all flows.
    pub conservation_bytes: f64,
    /// Simulated time at the last event in seconds.
    pub ended_at_s: f64,
}

/// Runs all flows to their ends and tells each end to `on_end` as (number of the flow, instant).
///
/// The flows of one instant start in their order, and the network is settled once per instant, as the engine does it.
pub fn drive(prepared: Prepared, input: &Input, on_end: impl FnMut(u32, SimTime)) -> Counts {
    run(prepared, input, on_end, |_, _, _, _| {})
}

/// The same, and tells of each instant the flows that start, how many end, and when the network is next due.
pub(crate) fn drive_telling(
    prepared: Prepared,
    input: &Input,
    on_instant: impl FnMut(SimTime, Range<usize>, usize, Option<SimTime>),
) -> Counts {
    run(prepared, input, |_, _| {}, on_instant)
}

fn run(
    prepared: Prepared,
    input: &Input,
    mut on_end: impl FnMut(u32, SimTime),
    mut on_instant: impl FnMut(SimTime, Range<usize>, usize, Option<SimTime>),
) -> Counts {
    let Prepared { mut network, routes } = prepared;
    let mut outcome = Counts::default();
    let mut waiting = (0u32..).zip(&input.flows).peekable();
    let mut announced: Option<SimTime> = None;
    let mut now = SimTime::ZERO;
    let mut arrived = Vec::new();
    loop {
        let starts_at = waiting.peek().map(|(_, flow)| flow.start);
        let Some(next) = [starts_at, announced].into_iter().flatten().min() else { break };
        now = next;
        if announced == Some(now) {
            network.arrivals(now, &mut arrived);
        }
        let n_ends = arrived.len();
        for arrival in arrived.drain(..) {
            outcome.events += 1;
            on_end(arrival.owner, now);
        }
        let first = waiting.peek().map_or(input.flows.len(), |(number, _)| *number as usize);
        while let Some((number, flow)) = waiting.next_if(|(_, flow)| flow.start <= now) {
            outcome.events += 1;
            let route = routes[flow.route as usize];
            let (share, bytes) = (flow.share, flow.bytes);
            network.start(now, FlowSpec { route, share, cap: Rate::INFINITE, bytes, blocks: 1, owner: number });
        }
        let started = first..waiting.peek().map_or(input.flows.len(), |(number, _)| *number as usize);
        outcome.most_flows = outcome.most_flows.max(network.n_flows() as u64);
        announced = network.settle(now);
        on_instant(now, started, n_ends, announced);
    }
    outcome.solutions = network.n_solutions();
    (outcome.levels, outcome.iterated) = (network.n_levels_solved(), network.n_levels_iterated());
    outcome.refills = network.n_refills();
    outcome.stalled = network.n_flows() as u64;
    outcome.moved_bytes = network.moved();
    outcome.conservation_bytes = outcome.moved_bytes - input.bytes();
    outcome.ended_at_s = now.as_secs_f64();
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators;

    #[test]
    fn every_flow_of_every_generator_ends_once_and_moves_its_bytes() {
        let inputs = [
            generators::grid(10, 0.9, 500, 1),
            generators::star(8, 1),
            generators::one_link(200, 1),
            generators::dtn_heavy(6, 500, 1),
            generators::regression_heavy(500, 1),
        ];
        for input in &inputs {
            assert!(input.flows.is_sorted_by_key(|flow| flow.start));
            let mut ends = vec![0; input.flows.len()];
            let outcome = drive(Prepared::new(input), input, |flow, at| {
                assert!(at >= input.flows[flow as usize].start);
                ends[flow as usize] += 1;
            });
            assert!(ends.iter().all(|&n| n == 1), "{outcome:?}");
            assert_eq!(outcome.events, 2 * input.flows.len() as u64);
            // Each end may be off by a nanosecond of the flow's rate.
            assert!(outcome.conservation_bytes.abs() <= 2.0 * input.flows.len() as f64, "{outcome:?}");
        }
    }
}
