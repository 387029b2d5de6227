//! Samples of what links, RSEs, DTNs and pools do.

use crate::engine::Simulation;
use crate::facts::{Entity, Fact, Observer, Sample, SampledQuantity};
use crate::units::SimTime;

impl Simulation<'_> {
    /// Tells all quantities as they are at `at`, when everything that happens in that instant has happened. It is no event and
    /// changes nothing.
    pub(super) fn sample(&self, at: SimTime, observer: &mut dyn Observer) {
        use SampledQuantity::{Active, Queued, Rate, Running, Used};
        let (map, fabric) = (&self.setup.topology.map, &self.fabric);
        let mut tell = |entity, quantity, value| {
            observer.observe(at, &Fact::Sampled(Sample { entity, quantity, value }));
        };
        for id in map.links().ids() {
            let rate = fabric.network.load(fabric.wiring.link(id)).as_bytes_per_s();
            tell(Entity::Link(id), Rate, rate);
        }
        for id in map.rses().ids() {
            tell(Entity::Rse(id), Used, fabric.storage.taken(id).as_f64());
            tell(Entity::Rse(id), Queued, f64::from(self.fts.queued_to(id)));
        }
        for id in map.dtns().ids() {
            tell(Entity::Dtn(id), Active, f64::from(self.fts.active_on_dtn(id)));
            tell(Entity::Dtn(id), Rate, fabric.network.load(fabric.wiring.dtn(id)).as_bytes_per_s());
        }
        for id in map.pools().ids() {
            let (waiting, running) = self.compute.load(id);
            tell(Entity::Pool(id), Queued, waiting as f64);
            tell(Entity::Pool(id), Running, f64::from(running));
        }
    }
}
