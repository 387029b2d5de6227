//! Remote access for everything.

use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, Policy, View};
use dapple_simulator::rng::PolicyRng;

use super::nearby::nearest_source;

/// Streams every input from the nearest source: no queue, no copy, nothing kept.
///
/// A baseline. Its jobs need neither scratch space nor a local RSE, and all of them feel each other at the
/// source and on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlwaysRemote;

impl Policy<AccessMode> for AlwaysRemote {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
        Access::Remote { source: nearest_source(question, view) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dapple_simulator::conformance;
    use dapple_simulator::decide::Policies;

    #[test]
    fn it_passes_the_conformance_kit() {
        assert_eq!(conformance::check(|| Policies::of_access("remote", AlwaysRemote)), Ok(()));
    }
}
