//! Whose turn it is, by lot: the VO that a link serves in a pass, and the activities that its slots go to.
//!
//! Both are lotteries over **starts**. An activity whose files take ten times as long has ten times as many running, whatever its
//! share.

use rand::{Rng, RngExt};
use smallvec::SmallVec;

use crate::ids::{ActivityId, Id, Table, VoId};

/// Weights of VOs on one link. Without them every VO weighs the same.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct VoWeights {
    pub listed: Vec<(VoId, f64)>,
    /// What those that are not listed have together.
    pub public: f64,
}

impl VoWeights {
    /// The weight of a VO of which `n_unlisted` others like it want the link too, itself included.
    pub fn weight(&self, vo: VoId, n_unlisted: usize) -> f64 {
        match self.listed.iter().find(|(listed, _)| *listed == vo) {
            Some((_, weight)) => *weight,
            None => self.public / n_unlisted.max(1) as f64,
        }
    }

    /// Whether files of a VO can ever start.
    pub fn serves(&self, vo: VoId) -> bool {
        self.weight(vo, 1) > 0.0
    }
}

/// The place of the VO that is drawn among those that have queued files, which are not none.
pub(super) fn draw_vo(weights: Option<&VoWeights>, queued: &[VoId], rng: &mut impl Rng) -> usize {
    let Some(weights) = weights else { return rng.random_range(0..queued.len()) };
    let is_listed = |vo: &VoId| weights.listed.iter().any(|(listed, _)| listed == vo);
    let n_unlisted = queued.iter().filter(|vo| !is_listed(vo)).count();
    let weight = |vo: &VoId| weights.weight(*vo, n_unlisted);
    let total: f64 = queued.iter().map(weight).sum();
    let mut left = rng.random::<f64>() * total;
    let drawn = queued.iter().position(|vo| {
        left -= weight(vo);
        left < 0.0
    });
    // Rounding may leave a trace at the end.
    drawn.unwrap_or(queued.len() - 1)
}

/// Shares of the activities of one VO.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ActivityShares {
    /// `None`: an activity without a share of its own, which has that of `default`.
    share: Table<ActivityId, Option<f64>>,
    default: f64,
    /// Place of each activity in the order of the names in lower case.
    place: Table<ActivityId, usize>,
}

impl ActivityShares {
    /// From the names of all activities and the shares by name; names count without regard to case.
    pub fn new<'a>(names: impl Iterator<Item = &'a str>, shares: &[(String, f64)]) -> Self {
        let names: Vec<String> = names.map(str::to_lowercase).collect();
        let of = |name: &str| shares.iter().find(|(of, _)| of.to_lowercase() == name).map(|(_, share)| *share);
        let place = |name: &String| names.iter().filter(|other| *other < name).count();
        Self {
            share: names.iter().map(|name| if name == "default" { None } else { of(name) }).collect(),
            default: of("default").unwrap_or(0.0),
            place: names.iter().map(place).collect(),
        }
    }

    /// Whether an activity has a share of its own.
    pub fn has_own(&self, activity: ActivityId) -> bool {
        self.share[activity].is_some()
    }

    /// Draws an activity for each of `slots`: how many of them each activity with a share of its own gets, and all others
    /// together (`None`), those that get any. `queued` are the activities that have files, and how many.
    ///
    /// As in FTS, the share of `default` is counted once in the sum and offered to each activity without a share; the
    /// first of them by name win, and when one of them runs out the share leaves the sum for all.
    pub fn draw(
        &self,
        slots: u32,
        queued: &[(ActivityId, u32)],
        rng: &mut impl Rng,
    ) -> SmallVec<[(Option<ActivityId>, u32); 4]> {
        let mut left: SmallVec<[(ActivityId, u32); 8]> = queued.iter().copied().filter(|(_, n)| *n > 0).collect();
        left.sort_unstable_by_key(|(activity, _)| (self.place[*activity], activity.index()));
        let share = |activity| self.share[activity].unwrap_or(self.default);
        let own: f64 = left.iter().filter_map(|(activity, _)| self.share[*activity]).sum();
        let has_others = left.iter().any(|(activity, _)| !self.has_own(*activity));
        let mut sum = own + if has_others { self.default } else { 0.0 };
        let mut drawn: SmallVec<[(Option<ActivityId>, u32); 4]> = SmallVec::new();
        for _ in 0..slots {
            // What subtractions leave of a sum that is used up is no share.
            if sum <= 1e-12 {
                break;
            }
            let mut place = rng.random::<f64>() * sum;
            let hit = left.iter_mut().filter(|(_, n)| *n > 0).find(|(activity, _)| {
                place -= share(*activity);
                place < 0.0
            });
            let Some((activity, n)) = hit else { continue };
            *n -= 1;
            if *n == 0 {
                sum -= share(*activity);
            }
            let bucket = self.has_own(*activity).then_some(*activity);
            match drawn.iter_mut().find(|(of, _)| *of == bucket) {
                Some((_, n)) => *n += 1,
                None => drawn.push((bucket, 1)),
            }
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, keyed};

    fn vo(index: usize) -> VoId {
        VoId::from_index(index)
    }

    #[test]
    fn vos_are_drawn_by_weight_and_the_unlisted_share_that_of_public() {
        let weights = VoWeights { listed: vec![(vo(0), 3.0)], public: 1.0 };
        let mut rng = keyed(1, Purpose::VoLottery, [0]);
        let mut n = [0_u32; 3];
        for _ in 0..40_000 {
            n[draw_vo(Some(&weights), &[vo(0), vo(1), vo(2)], &mut rng)] += 1;
        }
        // Binomial: three standard deviations are 260.
        for (n, expected) in n.into_iter().zip([30_000_u32, 5_000, 5_000]) {
            assert!(n.abs_diff(expected) < 260, "{n} against {expected}");
        }
        assert!(weights.serves(vo(7)));
        assert!(!VoWeights { listed: vec![(vo(0), 3.0), (vo(1), 0.0)], public: 0.0 }.serves(vo(1)));
    }

    #[test]
    fn slots_go_to_activities_by_share_until_they_run_out() {
        let shares = [("Default".to_owned(), 0.1), ("fast".to_owned(), 0.6), ("slow".to_owned(), 0.3)];
        let shares = ActivityShares::new(["default", "Fast", "SLOW", "odd"].into_iter(), &shares);
        let activity = ActivityId::from_index;
        let mut rng = keyed(1, Purpose::ActivityLottery, [0]);
        let drawn =
            shares.draw(10_000, &[(activity(1), 1_000_000), (activity(2), 1_000_000), (activity(3), 50)], &mut rng);
        let n = |bucket| drawn.iter().find(|(of, _)| *of == bucket).map_or(0, |(_, n)| *n);
        // The third one runs out after about 500 draws, and the others share what is left 2 to 1.
        assert_eq!(n(None), 50);
        assert_eq!(n(Some(activity(1))) + n(Some(activity(2))), 9_950);
        assert!(n(Some(activity(1))).abs_diff(6_633) < 150, "{drawn:?}");
    }

    #[test]
    fn of_several_activities_without_a_share_the_last_by_name_is_cut_off() {
        // Sum 0.5 + 0.5, but three intervals of 0.5: that of the last lies above 1, where no draw falls.
        let shares = ActivityShares::new(["b", "c", "a"].into_iter(), &[("default".into(), 0.5), ("a".into(), 0.5)]);
        let activity = ActivityId::from_index;
        let mut rng = keyed(1, Purpose::ActivityLottery, [0]);
        let mut run_out = [(activity(0), 10), (activity(1), 10), (activity(2), 1_000_000)];
        let drawn = shares.draw(10_000, &run_out, &mut rng);
        // `b` runs out, takes the share of default out of the sum, and all that is left goes to `a`; `c` gets none.
        assert_eq!(drawn.iter().find(|(of, _)| of.is_none()), Some(&(None, 10)));
        run_out[0].1 = 0;
        let drawn = shares.draw(10_000, &run_out, &mut rng);
        assert_eq!(drawn.iter().find(|(of, _)| of.is_none()), Some(&(None, 10)));
    }
}
