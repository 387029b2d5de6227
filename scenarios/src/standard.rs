//! The policies that dapple brings along.

use dapple_policies::access::{AlwaysRemote, Estimate, EstimateFromPhysics, Place, Random, StageIn};
use dapple_policies::source::LeastQueue;
use dapple_simulator::decide::Decider;

use crate::registry::Registry;

impl Registry {
    /// The policies that dapple brings along, under the names of the variants of [`crate::file::AccessSpec`] and
    /// [`crate::file::SourceSpec`].
    pub fn standard() -> Self {
        Self::new()
            .access("AlwaysRemote", |_| Ok(Decider::policy(AlwaysRemote)))
            .access("StageIn", |_| Ok(Decider::policy(StageIn)))
            .access("Place", |params| params.read::<Place>().map(Decider::policy))
            .access("Random", |_| Ok(Decider::policy(Random)))
            .access("Estimate", |_| Ok(Decider::policy(Estimate::default())))
            .access("EstimateFromPhysics", |_| Ok(Decider::oracle(EstimateFromPhysics)))
            .source("LeastQueue", |_| Ok(Decider::policy(LeastQueue)))
    }
}
