//! Stage-in for everything.

use dapple_simulator::policy::{Access, AccessPolicy, AccessRequest, GridView};
use dapple_simulator::rng::PolicyRng;

use super::nearby::nearest_source;

/// Copies every input, whole, from the nearest source to the worker node before the job computes.
///
/// A baseline, and what most sites do once data has been placed. It needs scratch space, and moves the whole
/// file however small the part is that the job reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageIn {
    name: String,
}

impl StageIn {
    /// The policy under its name in results.
    pub fn new(name: String) -> Self {
        Self { name }
    }
}

impl AccessPolicy for StageIn {
    fn name(&self) -> &str {
        &self.name
    }

    fn decide(&mut self, request: &AccessRequest, grid: &GridView<'_>, _: &mut PolicyRng) -> Access {
        Access::StageIn { source: nearest_source(request, grid) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dapple_simulator::policy::conformance;

    #[test]
    fn it_passes_the_conformance_kit() {
        assert_eq!(conformance::check(|| Box::new(StageIn::new("stage-in".into()))), Ok(()));
    }
}
