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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{AccessSpec, SourceSpec};
    use dapple_simulator::settings::{Documented, Shape, TypeDoc};

    fn variants(of: TypeDoc) -> Vec<&'static str> {
        let Shape::Enum(variants) = of.shape else { panic!("{} is a choice", of.name) };
        let names = variants.iter().map(|variant| variant.name).filter(|name| *name != "Custom");
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        names
    }

    /// The compiler does not tell a variant without its line here.
    #[test]
    fn every_policy_of_the_language_is_registered() {
        let registry = Registry::standard();
        let (access, source) = registry.names();
        assert_eq!(access, variants(AccessSpec::DOC));
        assert_eq!(source, variants(SourceSpec::DOC));
    }
}
