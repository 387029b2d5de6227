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
            .built_in_access("AlwaysRemote", |_| Ok(Decider::policy(AlwaysRemote)))
            .built_in_access("StageIn", |_| Ok(Decider::policy(StageIn)))
            .built_in_access("Place", |params| params.read::<Place>().map(Decider::policy))
            .built_in_access("Random", |_| Ok(Decider::policy(Random)))
            .built_in_access("Estimate", |_| Ok(Decider::policy(Estimate::default())))
            .built_in_access("EstimateFromPhysics", |_| Ok(Decider::oracle(EstimateFromPhysics)))
            .built_in_source("LeastQueue", |_| Ok(Decider::policy(LeastQueue)))
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
        let (access, source) = registry.variants();
        assert_eq!(access, variants(AccessSpec::DOC));
        assert_eq!(source, variants(SourceSpec::DOC));
    }

    /// `Custom` finds no built-in policy, whose ranges it would get round, and nobody can put another one in its place.
    #[test]
    fn built_in_and_custom_policies_do_not_hide_each_other() {
        let set = |access: &str, registry: &Registry| {
            let file = crate::notation::ron_options()
                .from_str(&format!("(name: \"a\", access: {access})"))
                .expect("it is RON");
            registry.policy_set(&file).map(|_| ()).map_err(|error| error.message)
        };
        let standard = Registry::standard();
        let custom = "Custom(name: \"Random\")";
        assert_eq!(set("Random", &standard), Ok(()));
        assert_eq!(set(custom, &standard), Err("no access policy is registered as `Random`".to_owned()));
        let refusing = standard.access("Random", |_| Err("mine".to_owned()));
        assert_eq!((set("Random", &refusing), set(custom, &refusing)), (Ok(()), Err("mine".to_owned())));
    }
}
