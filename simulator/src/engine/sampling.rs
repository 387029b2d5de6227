//! Samples of what links, RSEs, DTNs, pools and FTS links do.

use crate::engine::Simulation;
use crate::facts::{Entity, Fact, Observer, Sample, SampledQuantity};
use crate::fts::LinkState;
use crate::units::{Bytes, SimSpan, SimTime};

impl Simulation<'_> {
    /// Tells all quantities at `at`, when everything that happens in that instant has happened: counts and volumes as they are, rates
    /// as means since the sample before. It is no event and changes nothing of what is simulated.
    pub(super) fn sample(&mut self, at: SimTime, observer: &mut dyn Observer) {
        use SampledQuantity::{Active, Limit, Queued, Rate, SlotsTaken, Used};
        let Self { setup, fabric, fts, compute, counted, .. } = self;
        let map = &setup.topology.map;
        let mut tell = |entity, quantity, value, capacity| {
            observer.observe(at, &Fact::Sampled(Sample { entity, quantity, value, capacity }));
        };
        // There is no rate of an instant: the first sample, at the start, has none.
        let has_rates = at > counted.at;
        for id in map.links().ids().filter(|_| has_rates) {
            let rate = counted.mean_rate(&fabric.network, fabric.wiring.link(id), at);
            let capacity = setup.topology.physics.bandwidth(id).mean_rate(counted.at, at);
            let limits = fabric.wiring.wire(id).is_some() && capacity.is_finite();
            tell(Entity::Link(id), Rate, rate, limits.then_some(capacity));
        }
        for (id, rse) in map.rses().iter() {
            let capacity = rse.capacity.map(Bytes::as_f64);
            tell(Entity::Rse(id), Used, fabric.storage.taken(id).as_f64(), capacity);
            tell(Entity::Rse(id), Queued, f64::from(fts.queued_to(id)), None);
        }
        for (id, dtn) in map.dtns().iter() {
            tell(Entity::Dtn(id), Active, f64::from(fts.active_on_dtn(id)), dtn.slots.map(f64::from));
            if has_rates {
                let rate = counted.mean_rate(&fabric.network, fabric.wiring.dtn(id), at);
                tell(Entity::Dtn(id), Rate, rate, None);
            }
        }
        for (id, pool) in map.pools().iter() {
            let slots = pool.nodes.saturating_mul(pool.slots);
            let taken = slots.saturating_sub(compute.free_slots(id));
            tell(Entity::Pool(id), Queued, compute.n_waiting(id) as f64, None);
            tell(Entity::Pool(id), SlotsTaken, f64::from(taken), Some(f64::from(slots)));
        }
        for LinkState { source, destination, limit, active, queued } in fts.links() {
            let entity = Entity::FtsLink { source, destination };
            let limit = limit.map(f64::from);
            if let Some(limit) = limit {
                tell(entity, Limit, limit, None);
            }
            tell(entity, Active, f64::from(active), limit);
            tell(entity, Queued, f64::from(queued), None);
        }
        counted.at = at;
    }

    /// Takes the samples that are due before the next event, or up to the horizon.
    pub(super) fn sample_before_next(&mut self, every: SimSpan, observer: &mut dyn Observer) {
        let horizon = self.setup.horizon;
        let next_at = self.calendar.next_at().filter(|at| *at <= horizon);
        let is_due = |at: SimTime| next_at.map_or(at <= horizon, |next| at < next);
        // Who wants samples late gets those that are still to come.
        let missed = self.now.since(self.next_sample).as_nanos().div_ceil(every.as_nanos().max(1));
        let mut at = self.next_sample + every * missed;
        while is_due(at) {
            self.sample(at, observer);
            // An interval of nothing would never end.
            at = at + every.max(SimSpan::from_nanos(1));
        }
        self.next_sample = at;
        // What is left until the horizon has a mean of its own, so that the means tell of every byte.
        if next_at.is_none() && self.counted.at < horizon {
            self.sample(horizon, observer);
        }
    }
}
