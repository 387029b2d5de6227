//! Any way that is possible.

use dapple_simulator::decide::{Access, AccessMode, AccessQuestion, Policy, View};
use dapple_simulator::ids::RseId;
use dapple_simulator::rng::PolicyRng;
use rand::RngExt;

use super::nearby::{fits_scratch, room_at_home, source_at_home};

/// Draws the way to each input: first one of the possible modes, then one of the sources, all equally likely.
///
/// The baseline that any rule has to beat. Stage-in is possible where the file fits into a node's scratch space,
/// placement where moreover the site has an RSE with room and no replica yet, remote access always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Random;

fn draw(sources: &[RseId], fits_scratch: bool, target: Option<RseId>, rng: &mut PolicyRng) -> Access {
    let target = target.filter(|_| fits_scratch);
    let n_modes = 1 + usize::from(fits_scratch) + usize::from(target.is_some());
    let mode = rng.random_range(0..n_modes);
    let source = sources[rng.random_range(0..sources.len())];
    match (mode, target) {
        (0, _) => Access::Remote { source },
        (2, Some(target)) => Access::Place { source, target },
        _ => Access::StageIn { source },
    }
}

impl Policy<AccessMode> for Random {
    fn decide(&mut self, question: &AccessQuestion, view: &View<'_>, rng: &mut PolicyRng) -> Access {
        let is_home = source_at_home(question, view).is_some();
        let target = room_at_home(question, view).filter(|_| !is_home);
        draw(&view.sources(question), fits_scratch(question, view), target, rng)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dapple_simulator::conformance;
    use dapple_simulator::decide::Policies;
    use dapple_simulator::ids::Id;
    use dapple_simulator::rng::{Purpose, keyed};

    fn drawn(fits_scratch: bool, target: Option<RseId>) -> Vec<Access> {
        let sources = [RseId::from_index(1), RseId::from_index(2)];
        let one = |nth| draw(&sources, fits_scratch, target, &mut keyed(7, Purpose::Policy, [0, nth]));
        (0..200).map(one).collect()
    }

    #[test]
    fn every_possible_way_occurs_and_no_other() {
        let target = Some(RseId::from_index(0));
        let distinct = |ways: Vec<Access>| {
            let mut texts: Vec<String> = ways.iter().map(|way| format!("{way:?}")).collect();
            texts.sort();
            texts.dedup();
            texts.len()
        };
        assert_eq!(distinct(drawn(true, target)), 6);
        assert_eq!(distinct(drawn(true, None)), 4);
        assert_eq!(distinct(drawn(false, target)), 2);
        assert!(drawn(false, target).iter().all(|way| matches!(way, Access::Remote { .. })));
    }

    #[test]
    fn the_key_decides_alone() {
        assert_eq!(drawn(true, None), drawn(true, None));
    }

    #[test]
    fn it_passes_the_conformance_kit() {
        assert_eq!(conformance::check(|| Policies::of_access("random", Random)), Ok(()));
    }
}
