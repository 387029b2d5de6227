//! The books of a run: what entered has left exactly once or is still there.

use serde::{Deserialize, Serialize};

use crate::engine::{EngineError, Simulation};

/// What is left of a run apart from what was told of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Books {
    /// The counters, checked.
    pub counters: Counters,
    /// Events that were handled.
    pub events: u64,
    /// Mean use of the busiest link, bytes over capacity; `None`: no link can carry anything.
    pub busiest_link: Option<f64>,
    /// Counts that deserve attention, in words; sorted.
    pub warnings: Vec<String>,
}

/// Conservation counters (physics: what enters leaves exactly once or is still there at the horizon).
///
/// `bytes_sent = bytes_received + bytes_lost + bytes_in_flight` by definition; the engine checks that sum against the
/// integral of all rates, and the other laws against counts made one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Bytes that left sources.
    pub bytes_sent: u64,
    /// Bytes of accesses and transfers that were completed.
    pub bytes_received: u64,
    /// Bytes moved by accesses and transfers that failed or were cancelled.
    pub bytes_lost: u64,
    /// Bytes moved by accesses and transfers still under way at the horizon.
    pub bytes_in_flight: u64,
    /// Flows that were started.
    pub flows_started: u64,
    /// Flows that ended, by moving all their bytes or by being cancelled.
    pub flows_done: u64,
    /// Flows still under way at the horizon.
    pub flows_in_flight: u64,
    /// Jobs submitted.
    pub jobs_submitted: u64,
    /// Jobs that ended well.
    pub jobs_done: u64,
    /// Jobs that failed.
    pub jobs_failed: u64,
    /// Jobs still there at the horizon.
    pub jobs_left: u64,
    /// Transfer requests created.
    pub requests_created: u64,
    /// Transfer requests done.
    pub requests_done: u64,
    /// Transfer requests that failed.
    pub requests_failed: u64,
    /// Transfer requests still queued or active at the horizon.
    pub requests_left: u64,
    /// Flows waiting at rate zero at the horizon.
    pub flows_stalled: u64,
    /// Sum over RSEs of the space that replicas and reservations take at the horizon, without the initial fill.
    pub space_used_bytes: u64,
}

impl Counters {
    /// The first law of the books that does not hold, in words.
    pub fn violation(&self) -> Option<String> {
        let laws = [
            (
                "bytes sent = received + lost + in flight",
                self.bytes_sent,
                self.bytes_received.saturating_add(self.bytes_lost).saturating_add(self.bytes_in_flight),
            ),
            (
                "jobs submitted = done + failed + left",
                self.jobs_submitted,
                self.jobs_done + self.jobs_failed + self.jobs_left,
            ),
            (
                "requests created = done + failed + left",
                self.requests_created,
                self.requests_done + self.requests_failed + self.requests_left,
            ),
            ("flows started = done + in flight", self.flows_started, self.flows_done + self.flows_in_flight),
        ];
        laws.into_iter()
            .find(|(_, left, right)| left != right)
            .map(|(law, left, right)| format!("{law}: {left} is not {right}"))
    }
}

impl Simulation<'_> {
    pub(super) fn counters(&self, bytes_in_flight: u64) -> Counters {
        let network = &self.fabric.network;
        let (jobs_submitted, jobs_done, jobs_failed) = self.compute.counts();
        let (requests_created, requests_done, requests_failed) = self.fts.counts();
        let bytes_received = (self.fts.received() + self.compute.received()).get();
        let flows_in_flight = network.n_flows() as u64;
        Counters {
            bytes_sent: bytes_received.saturating_add(bytes_in_flight),
            bytes_received,
            bytes_lost: 0,
            bytes_in_flight,
            flows_started: network.n_started(),
            flows_done: network.n_ended(),
            flows_in_flight,
            jobs_submitted,
            jobs_done,
            jobs_failed,
            jobs_left: self.compute.n_left(),
            requests_created,
            requests_done,
            requests_failed,
            requests_left: self.fts.n_left(),
            flows_stalled: network.n_stalled() as u64,
            space_used_bytes: self.fabric.storage.total_taken().get(),
        }
    }

    /// The books are kept twice: by what was given to whom, and by the integral of all rates.
    pub(super) fn audit(&self, counters: &Counters) -> Result<(), EngineError> {
        if let Some(violation) = counters.violation() {
            return Err(EngineError::Books(violation));
        }
        let (booked, integral) = (counters.bytes_sent as f64, self.fabric.network.moved());
        // Ends are rounded up to a nanosecond, and bytes in flight down to a byte.
        let per_flow = (2e-9 * self.fabric.network.fastest()).max(1e3);
        let rounding = counters.flows_started as f64 * per_flow + booked * 1e-9 + 1.0;
        if (booked - integral).abs() > rounding {
            return Err(EngineError::Books(format!("{booked} bytes were given out and {integral} moved")));
        }
        match self.fabric.storage.violation() {
            Some(violation) => Err(EngineError::Books(violation)),
            None => Ok(()),
        }
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        let map = &self.setup.topology.map;
        let mut warnings: Vec<String> = self
            .fabric
            .storage
            .overfull(map)
            .map(|rse| format!("RSE `{rse}` holds more at the start than its capacity"))
            .collect();
        for (resource, is_last) in self.fabric.network.stalled_on() {
            let name = self.fabric.wiring.name(resource).unwrap_or_else(|| "an access law".to_owned());
            let until =
                if is_last { "and its capacity is never to change: they wait for ever" } else { "at the horizon" };
            warnings.push(format!("flows wait at rate zero on {name}, {until}"));
        }
        warnings.sort();
        warnings.dedup();
        warnings
    }

    /// Mean use of the busiest link: bytes over capacity.
    pub(super) fn busiest_link(&self) -> Option<f64> {
        let horizon = self.setup.horizon;
        let topology = &self.setup.topology;
        let uses = topology.map.links().ids().filter_map(|id| {
            let steps = topology.physics.bandwidth(id).steps();
            let ends = steps.iter().skip(1).map(|(at, _)| (*at).min(horizon)).chain([horizon]);
            let capacity: f64 = steps
                .iter()
                .zip(ends)
                .map(|((at, rate), end)| rate.as_bytes_per_s() * end.since(*at).as_secs_f64())
                .sum();
            let carried = self.fabric.network.carried(self.fabric.wiring.link(id));
            (capacity > 0.0).then(|| carried / capacity)
        });
        uses.max_by(f64::total_cmp)
    }
}
