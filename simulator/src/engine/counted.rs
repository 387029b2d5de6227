//! Counters as they were at the sample before, for means over the time between.

use crate::ids::Id;
use crate::network::{Network, ResourceId};
use crate::units::SimTime;

/// Differences of counters below this part of the counter are rounding.
const ROUNDING: f64 = 1e-12;

/// What was counted at the sample before, from which rates are means.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    /// When that was; the start as long as there was none.
    pub at: SimTime,
    /// Bytes that had crossed each resource of the network by then.
    carried: Vec<f64>,
}

impl Counted {
    /// Mean rate of a resource since the sample before, which takes its place.
    pub fn mean_rate<T: Copy>(&mut self, network: &Network<T>, resource: ResourceId, at: SimTime) -> f64 {
        if resource.index() >= self.carried.len() {
            self.carried.resize(resource.index() + 1, 0.0);
        }
        let carried = network.carried_by_then(resource, at);
        let before = std::mem::replace(&mut self.carried[resource.index()], carried);
        let moved = carried - before;
        if moved > ROUNDING * carried { moved / at.since(self.at).as_secs_f64() } else { 0.0 }
    }
}
