//! Stage-in for everything.

use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, Policy, View};
use dapple_simulator::rng::PolicyRng;

use super::nearby::nearest_source;

/// Copies every input, whole, from the nearest source to the worker node before the job computes.
///
/// A baseline, and what most sites do once data has been placed. It needs scratch space, and moves the whole
/// file however small the part is that the job reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageIn;

impl Policy<AccessMode> for StageIn {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
        Access::StageIn { source: nearest_source(question, view) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dapple_simulator::conformance;
    use dapple_simulator::decide::Policies;

    #[test]
    fn it_passes_the_conformance_kit() {
        assert_eq!(conformance::check(|| Policies::of_access("stage-in", StageIn)), Ok(()));
    }
}
