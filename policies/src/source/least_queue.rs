//! The replica whose FTS link has least to do.

use dapple_simulator::decide::{Policy, SourceChoice, SourceQuestion, View};
use dapple_simulator::ids::RseId;
use dapple_simulator::rng::PolicyRng;

/// Copies the replica from which the FTS link to the destination has the fewest requests queued and active; of equals the one of
/// least latency, then the first.
///
/// It counts files, not bytes, and looks at the link alone: what leaves the source for elsewhere, and what its storage can
/// give, does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeastQueue;

impl Policy<SourceChoice> for LeastQueue {
    fn decide(&mut self, question: &SourceQuestion, view: &View<'_>, _: &mut PolicyRng) -> RseId {
        let destination = question.destination;
        let to_do = |source: &RseId| {
            let latency = view.map().route_between(*source, destination).map(|route| route.latency);
            (view.queued(*source, destination) + view.active(*source, destination), latency, *source)
        };
        view.copy_sources(question.file, destination).min_by_key(to_do).unwrap_or(question.suggested)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Place;
    use dapple_simulator::conformance;
    use dapple_simulator::decide::{Decider, Policies};

    #[test]
    fn it_passes_the_conformance_kit() {
        let policies = || Policies {
            source: Some(Decider::policy(LeastQueue)),
            ..Policies::of_access("place", Place { min_reuse: 1 })
        };
        assert_eq!(conformance::check(policies), Ok(()));
    }
}
