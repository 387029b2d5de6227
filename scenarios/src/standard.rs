//! The policies that dapple brings along.

use dapple_policies::access::{AlwaysRemote, Estimate, Place, Random, StageIn};
use dapple_simulator::policy::AccessPolicy;

use crate::file::AccessSpec;
use crate::registry::Registry;

impl Registry {
    /// The policies that dapple brings along: each variant of [`AccessSpec`] but `Custom`.
    pub fn standard() -> Self {
        Self::new().with_built_in(built_in)
    }
}

fn built_in(spec: &AccessSpec, name: String) -> Option<Box<dyn AccessPolicy>> {
    Some(match spec {
        AccessSpec::AlwaysRemote => Box::new(AlwaysRemote::new(name)),
        AccessSpec::StageIn => Box::new(StageIn::new(name)),
        AccessSpec::Place { min_reuse } => Box::new(Place::new(name, *min_reuse)),
        AccessSpec::Random => Box::new(Random::new(name)),
        AccessSpec::Estimate => Box::new(Estimate::new(name)),
        AccessSpec::Custom { .. } => return None,
    })
}
