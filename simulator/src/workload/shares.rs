//! Things drawn by weight.

use rand::{Rng, RngExt};

/// Things with weights, one of which is drawn with a probability proportional to its weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Shares<T> {
    things: Vec<T>,
    /// Running sums of the weights.
    sums: Vec<f64>,
}

impl<T: Copy + PartialEq> Shares<T> {
    /// Things with their weights, which are finite and not negative; `None` where they sum up to nothing.
    pub fn new(weighted: impl IntoIterator<Item = (T, f64)>) -> Option<Self> {
        let mut sum = 0.0;
        let running = weighted.into_iter().map(|(thing, weight)| {
            sum += weight;
            (thing, sum)
        });
        let (things, sums): (Vec<T>, Vec<f64>) = running.unzip();
        (sum.is_finite() && sum > 0.0).then_some(Self { things, sums })
    }

    /// One of them.
    pub fn draw(&self, rng: &mut impl Rng) -> T {
        self.things[self.at(rng.random::<f64>() * self.total())]
    }

    /// One of the others; `None` where there are none with a weight.
    pub fn draw_other(&self, than: T, rng: &mut impl Rng) -> Option<T> {
        let Some(left_out) = self.things.iter().position(|thing| *thing == than) else { return Some(self.draw(rng)) };
        let before = left_out.checked_sub(1).map_or(0.0, |index| self.sums[index]);
        let weight = self.sums[left_out] - before;
        // What is left of the line, with a step over the one that is out.
        let at = rng.random::<f64>() * (self.total() - weight);
        let index = self.at(if at < before { at } else { at + weight });
        (index != left_out && self.total() > weight).then(|| self.things[index])
    }

    /// The things in order, with the probability of each.
    pub fn iter(&self) -> impl Iterator<Item = (T, f64)> {
        let before = std::iter::once(0.0).chain(self.sums.iter().copied());
        let of = self.things.iter().copied().zip(self.sums.iter().zip(before));
        of.map(|(thing, (sum, before))| (thing, (sum - before) / self.total()))
    }

    /// How many things there are.
    pub fn len(&self) -> usize {
        self.things.len()
    }

    /// Whether there is none; there always is.
    pub fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    fn total(&self) -> f64 {
        self.sums.last().copied().unwrap_or(0.0)
    }

    fn at(&self, sum: f64) -> usize {
        self.sums.partition_point(|&end| end <= sum).min(self.sums.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, keyed};

    fn counts(draw: impl Fn(u64) -> Option<usize>) -> [u32; 4] {
        let mut counts = [0; 4];
        (0..60_000).filter_map(draw).for_each(|index| counts[index] += 1);
        counts
    }

    #[test]
    fn each_is_drawn_as_often_as_its_weight_says() {
        let shares = Shares::new([(0, 1.0), (1, 0.0), (2, 3.0), (3, 2.0)]).expect("there is weight");
        let rng = |nth| keyed(1, Purpose::InputChoice, [nth]);
        // 10 000, 0, 30 000, 20 000 expected; five standard deviations are at most 600.
        let drawn = counts(|nth| Some(shares.draw(&mut rng(nth))));
        assert!(drawn[1] == 0 && drawn[0].abs_diff(10_000) < 600 && drawn[2].abs_diff(30_000) < 600, "{drawn:?}");
        let others = counts(|nth| shares.draw_other(2, &mut rng(nth)));
        assert!(others[2] == 0 && others[0].abs_diff(20_000) < 600 && others[3].abs_diff(40_000) < 600, "{others:?}");
        let first = counts(|nth| shares.draw_other(0, &mut rng(nth)));
        assert!(first[0] == 0 && first[2].abs_diff(36_000) < 600, "{first:?}");
        let probabilities: Vec<f64> = shares.iter().map(|(_, share)| share).collect();
        assert_eq!(probabilities, [1.0 / 6.0, 0.0, 0.5, 1.0 / 3.0]);
    }

    #[test]
    fn nothing_is_drawn_where_nothing_else_is() {
        let mut rng = keyed(1, Purpose::InputChoice, [1]);
        assert_eq!(Shares::new([(0, 0.0)]), None);
        assert_eq!(Shares::<u8>::new([]), None);
        let one = Shares::new([(0, 2.0), (1, 0.0)]).expect("there is weight");
        assert_eq!(one.draw_other(0, &mut rng), None);
        assert_eq!(one.draw_other(7, &mut rng), Some(0));
    }
}
