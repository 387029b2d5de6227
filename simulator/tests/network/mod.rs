//! The network solver, through its public interface, against reference numbers.

mod fluid;
mod maxmin;
mod mixed;
mod weibull;

use std::collections::BTreeSet;

use dapple_simulator::network::{Carried, FlowId, FlowSpec, Network};
use dapple_simulator::units::SimTime;

/// Starts flows at their times and notes how they end. Owners are numbered from zero.
struct Drive {
    network: Network<usize>,
    now: SimTime,
    plan: Vec<(SimTime, FlowSpec<usize>)>,
    started: usize,
    flows: Vec<Option<FlowId>>,
    ends: Vec<Option<End>>,
}

/// The end of a flow.
#[derive(Clone, Copy, Debug)]
struct End {
    at: SimTime,
    carried: Carried,
}

impl Drive {
    /// Flows of one instant start in the order of the plan.
    fn new(network: Network<usize>, mut plan: Vec<(SimTime, FlowSpec<usize>)>) -> Self {
        plan.sort_by_key(|(at, _)| *at);
        let owners = plan.iter().map(|(_, spec)| spec.owner + 1).max().unwrap_or(0);
        Self { network, now: SimTime::ZERO, plan, started: 0, flows: vec![None; owners], ends: vec![None; owners] }
    }

    /// Handles everything that happens until an instant, that included.
    fn run_until(&mut self, until: SimTime) {
        loop {
            let starts = self.plan.get(self.started).map(|(at, _)| *at);
            let next = self.network.settle(self.now).into_iter().chain(starts).min();
            let Some(now) = next.filter(|at| *at <= until) else { return };
            self.now = now;
            let mut arrived = Vec::new();
            self.network.arrivals(now, &mut arrived);
            for arrival in arrived {
                if let Some(carried) = arrival.ended {
                    self.ends[arrival.owner] = Some(End { at: now, carried });
                }
            }
            while let Some(&(_, spec)) = self.plan.get(self.started).filter(|(at, _)| *at == now) {
                self.flows[spec.owner] = Some(self.network.start(now, spec));
                self.started += 1;
            }
        }
    }

    /// Runs until nothing more can happen.
    fn finish(mut self) -> Vec<End> {
        self.run_until(SimTime::MAX);
        self.ends
            .into_iter()
            .enumerate()
            .map(|(flow, end)| end.unwrap_or_else(|| panic!("{flow} never ends")))
            .collect()
    }

    /// Rate of a flow under way [MB/s].
    fn rate(&self, owner: usize) -> f64 {
        let flow = self.flows[owner].expect("has started");
        self.network.progressed(flow).expect("has not ended").rate.as_bytes_per_s() / 1e6
    }
}

/// Instants at which rates change, in nanoseconds; those a nanosecond apart are one.
struct Changes(BTreeSet<u64>);

impl Changes {
    fn at(instants: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<u64> = instants.into_iter().map(|at| SimTime::from_secs_f64(at).as_nanos()).collect();
        sorted.sort_unstable();
        sorted.dedup_by(|later, kept| *later <= *kept + 1);
        Self(sorted.into_iter().collect())
    }

    /// What a finish time may be off [s]: two ticks per constant-rate interval from the start to the end.
    fn tolerance(&self, start_s: f64, finish_s: f64) -> f64 {
        let [start, finish] = [start_s, finish_s].map(|at| SimTime::from_secs_f64(at).as_nanos());
        let intervals = self.0.range(start + 1..=finish).count().max(1);
        2e-9 * intervals as f64
    }
}
