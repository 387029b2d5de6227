//! How the books of a run are closed: counted, checked twice, and what deserves attention said in words.

use std::collections::BTreeSet;

use crate::context::Owner;
use crate::engine::{Counters, EngineError, LinkUse, Simulation};
use crate::ids::{LinkId, Table};

impl Simulation<'_> {
    pub(super) fn counters(&self, bytes_in_flight: u64) -> Counters {
        let network = &self.fabric.network;
        let (jobs_submitted, jobs_done, jobs_failed) = self.compute.counts();
        let (requests_created, requests_done, requests_failed) = self.conveyor.counts();
        let (rules_created, rules_refused, rules_deleted) = self.rules.counts();
        let (locks_made, locks_gone) = self.rules.lock_counts();
        let bytes_received = (self.fts.received() + self.compute.received()).get();
        let bytes_lost = self.fts.lost().get();
        let flows_in_flight = network.n_flows() as u64;
        Counters {
            bytes_sent: bytes_received.saturating_add(bytes_lost).saturating_add(bytes_in_flight),
            bytes_received,
            bytes_lost,
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
            requests_left: self.conveyor.n_left(),
            rules_created,
            rules_refused,
            rules_deleted,
            rules_left: self.rules.n_left(),
            locks_made,
            locks_gone,
            locks_left: self.rules.n_locks_left(),
            flows_stalled: network.n_stalled() as u64,
            replicas_deleted: self.reaper.n_deleted(),
            files_lost: self.rules.n_lost(),
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
        let rules = || self.rules.violation(&self.catalogue, &self.fabric);
        match self.fabric.storage.violation().or_else(rules) {
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
        let stalled: BTreeSet<_> =
            self.fabric.network.stalled().map(|(who, on, is_last)| (self.who(who), on, is_last)).collect();
        for (who, resource, is_last) in stalled {
            let name = self.fabric.wiring.name(resource).unwrap_or_else(|| "an access law".to_owned());
            let until =
                if is_last { "and its capacity is never to change: they wait for ever" } else { "at the horizon" };
            warnings.push(format!("{who} wait at rate zero on {name}, {until}"));
        }
        let full: BTreeSet<_> = self.fts.waiting_for_space(&self.fabric.storage).collect();
        for (workload, rse) in full {
            let (workload, rse) = (&self.setup.workloads[workload].name, &map.rses()[rse].name);
            let until = match self.reaper.is_off() {
                true => "and nothing frees any: they wait for ever",
                false => "at the horizon",
            };
            warnings.push(format!("placements of `{workload}` wait for space at RSE `{rse}`, {until}"));
        }
        warnings.sort();
        warnings.dedup();
        warnings
    }

    /// Whom a flow belongs to, in words.
    fn who(&self, owner: Owner) -> String {
        let (what, workload) = match owner {
            Owner::Read(read) => ("reads", self.compute.workload_of(read)),
            Owner::Copy(copy) => ("transfers", self.fts.workload_of(copy)),
        };
        workload.map_or_else(|| what.to_owned(), |id| format!("{what} of `{}`", self.setup.workloads[id].name))
    }

    /// What each link carried and could have carried.
    pub(super) fn link_uses(&self) -> Table<LinkId, LinkUse> {
        let (horizon, topology, fabric) = (self.setup.horizon, &self.setup.topology, &self.fabric);
        let link_use = |id| {
            let wire = fabric.wiring.wire(id);
            LinkUse {
                carried_bytes: fabric.network.carried(fabric.wiring.link(id)),
                wire_carried_bytes: wire.map_or(0.0, |wire| fabric.network.carried(wire)),
                could_carry_bytes: wire.map(|_| topology.physics.bandwidth(id).volume(horizon)),
            }
        };
        topology.map.links().ids().map(link_use).collect()
    }
}
