//! Remote access for everything.

use dapple_simulator::policy::{Access, AccessPolicy, AccessRequest, GridView};
use dapple_simulator::rng::PolicyRng;

use super::nearby::nearest_source;

/// Streams every input from the nearest source: no queue, no copy, nothing kept.
///
/// A baseline. Its jobs need neither scratch space nor a local RSE, and all of them feel each other at the
/// source and on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlwaysRemote {
    name: String,
}

impl AlwaysRemote {
    /// The policy under its name in results.
    pub fn new(name: String) -> Self {
        Self { name }
    }
}

impl AccessPolicy for AlwaysRemote {
    fn name(&self) -> &str {
        &self.name
    }

    fn decide(&mut self, request: &AccessRequest, grid: &GridView<'_>, _: &mut PolicyRng) -> Access {
        Access::Remote { source: nearest_source(request, grid) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dapple_simulator::policy::conformance;

    #[test]
    fn it_passes_the_conformance_kit() {
        assert_eq!(conformance::check(|| Box::new(AlwaysRemote::new("remote".into()))), Ok(()));
    }
}
