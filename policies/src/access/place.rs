//! Dynamic placement: the production heuristic.

use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, Policy, View};
use dapple_simulator::ids::RseId;
use dapple_simulator::rng::PolicyRng;

use super::nearby::{fits_scratch, nearest_source, placement_under_way, room_at_home, source_at_home};

/// Places a file at the job's own site once it has been asked for often enough, after the model of dynamic
/// placement in production: popularity in the past stands for reuse in the future.
///
/// A file that does not fit into the scratch space of a node is read remotely. Otherwise, in this order:
/// 1. a replica at the pool's own site is staged in from there;
/// 2. a site without an RSE stages in from the nearest source;
/// 3. a placement to the site that is under way is joined;
/// 4. a file with `past uses + 1 >= min_reuse` is placed, from the nearest source to the RSE with the most free
///    space, if it has room for the file;
/// 5. anything else is read remotely from the nearest source.
///
/// Room is what was published of the RSE last. Requests that are still queued take no space yet, so
/// a burst can place more than fits; the scenario says what happens then (`when_full`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Number of uses, the present one counted, from which on a file is placed: 1 places everything at its first use, 0 likewise.
    pub min_reuse: u64,
}

/// What the rule looks at.
#[derive(Clone, Copy, Debug)]
struct Situation {
    nearest: RseId,
    at_home: Option<RseId>,
    site_has_rse: bool,
    under_way: Option<RseId>,
    room: Option<RseId>,
    past_uses: u64,
    fits_scratch: bool,
}

impl Situation {
    fn access(self, min_reuse: u64) -> Access {
        let often_enough = self.past_uses.saturating_add(1) >= min_reuse;
        let source = self.nearest;
        if !self.fits_scratch {
            return Access::Remote { source: self.at_home.unwrap_or(source) };
        }
        if let Some(source) = self.at_home {
            return Access::StageIn { source };
        }
        if !self.site_has_rse {
            return Access::StageIn { source };
        }
        match self.under_way.or(self.room.filter(|_| often_enough)) {
            Some(target) => Access::Place { source, target },
            None => Access::Remote { source },
        }
    }
}

impl Policy<AccessMode> for Place {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, _: &mut PolicyRng) -> Access {
        let situation = Situation {
            nearest: nearest_source(question, view),
            at_home: source_at_home(question, view),
            site_has_rse: view.local_rse(question.pool).is_some(),
            under_way: placement_under_way(question, view),
            room: room_at_home(question, view),
            past_uses: view.past_uses(question.file),
            fits_scratch: fits_scratch(question, view),
        };
        situation.access(self.min_reuse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dapple_simulator::conformance;
    use dapple_simulator::decide::Policies;
    use dapple_simulator::ids::Id;

    fn rse(index: usize) -> RseId {
        RseId::from_index(index)
    }

    fn first_use() -> Situation {
        Situation {
            nearest: rse(1),
            at_home: None,
            site_has_rse: true,
            under_way: None,
            room: Some(rse(0)),
            past_uses: 0,
            fits_scratch: true,
        }
    }

    #[test]
    fn a_file_is_placed_at_its_nth_use() {
        let placed = Access::Place { source: rse(1), target: rse(0) };
        let remote = Access::Remote { source: rse(1) };
        assert_eq!(first_use().access(1), placed);
        assert_eq!(first_use().access(0), placed);
        assert_eq!(first_use().access(3), remote);
        assert_eq!(Situation { past_uses: 1, ..first_use() }.access(3), remote);
        assert_eq!(Situation { past_uses: 2, ..first_use() }.access(3), placed);
        assert_eq!(Situation { past_uses: u64::MAX, ..first_use() }.access(u64::MAX), placed);
    }

    #[test]
    fn a_placement_under_way_is_joined_whatever_the_reuse_and_the_room() {
        let joined = Situation { under_way: Some(rse(2)), room: None, ..first_use() };
        assert_eq!(joined.access(100), Access::Place { source: rse(1), target: rse(2) });
    }

    #[test]
    fn a_replica_at_home_is_staged_in_and_a_full_rse_means_remote_access() {
        let at_home = Situation { at_home: Some(rse(0)), under_way: Some(rse(2)), ..first_use() };
        assert_eq!(at_home.access(1), Access::StageIn { source: rse(0) });
        let diskless = Situation { site_has_rse: false, room: None, ..first_use() };
        assert_eq!(diskless.access(1), Access::StageIn { source: rse(1) });
        let full = Situation { room: None, ..first_use() };
        assert_eq!(full.access(1), Access::Remote { source: rse(1) });
    }

    #[test]
    fn it_passes_the_conformance_kit() {
        for min_reuse in 0..4 {
            assert_eq!(conformance::check(|| Policies::of_access("place", Place { min_reuse })), Ok(()));
        }
    }
}
