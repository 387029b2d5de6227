//! How many files a rule asks for.

use rand::{Rng, RngExt};

use crate::settings;

settings! {
    /// How many files a rule asks for: round numbers that tasks are made of, a bulk, and a long tail. Weights are relative to
    /// their sum.
    ///
    /// The shape is that of 1.8 million rules of ATLAS in June and July 2019 (Begy et al. 2020): peaks at the numbers below,
    /// the bulk below 210, and 205 951 at most. How high the peaks are is not published: the default weights are a guess, with
    /// a mean of 56 files.
    pub struct RuleSize {
        /// Numbers that are far more frequent than those beside them.
        pub peaks: Vec<Peak> = default_peaks(),
        /// Weight of the bulk: from 1 to `bulk_to` files, n with a probability proportional to 1/n.
        #[range(NotNegative)]
        pub bulk: f64 = 37.0,
        /// Most files of the bulk.
        #[range(Within(1, 10_000_000))]
        pub bulk_to: u32 = 210,
        /// Weight of the tail: from `bulk_to` to `tail_to` files, n with a probability proportional to `1/n^2`.
        #[range(NotNegative)]
        pub tail: f64 = 2.0,
        /// Most files of the tail; at least `bulk_to`.
        #[range(Within(1, 10_000_000))]
        pub tail_to: u32 = 205_951,
    }
}

settings! {
    /// A number of files that is far more frequent than those beside it.
    #[derive(Copy)]
    pub struct Peak {
        /// So many files.
        #[range(Within(1, 10_000_000))]
        pub files: u32,
        /// Its weight.
        #[range(NotNegative)]
        pub weight: f64,
    }
}

fn default_peaks() -> Vec<Peak> {
    let peaks = [
        (1, 25.0),
        (2, 6.0),
        (4, 5.0),
        (6, 4.0),
        (20, 5.0),
        (25, 3.0),
        (30, 3.0),
        (40, 2.0),
        (50, 3.0),
        (100, 3.0),
        (200, 2.0),
    ];
    peaks.into_iter().map(|(files, weight)| Peak { files, weight }).collect()
}

impl RuleSize {
    /// Always so many.
    pub fn constant(files: u32) -> Self {
        Self { peaks: vec![Peak { files, weight: 1.0 }], bulk: 0.0, tail: 0.0, ..Self::default() }
    }

    /// The sum of all weights: where it is zero there is nothing to draw.
    pub fn total(&self) -> f64 {
        self.peaks.iter().map(|peak| peak.weight).sum::<f64>() + self.bulk + self.tail
    }

    /// A number of files, at least one.
    pub fn draw(&self, rng: &mut impl Rng) -> u32 {
        let mut at = rng.random::<f64>() * self.total();
        let within = rng.random::<f64>();
        for peak in &self.peaks {
            if at < peak.weight {
                return peak.files;
            }
            at -= peak.weight;
        }
        let (bulk_to, tail_to) = (f64::from(self.bulk_to), f64::from(self.tail_to.max(self.bulk_to)));
        // A continuous law on [n, n + 1) rounded down: log(1 + 1/n) is 1/n to a share of 1/2n.
        if at < self.bulk || self.tail == 0.0 {
            ((bulk_to + 1.0).powf(within) as u32).clamp(1, self.bulk_to)
        } else {
            let (low, high) = (1.0 / bulk_to, 1.0 / (tail_to + 1.0));
            ((1.0 / (low + within * (high - low))) as u32).clamp(self.bulk_to, self.tail_to.max(self.bulk_to))
        }
    }

    /// The mean number of files.
    pub fn mean(&self) -> f64 {
        let (bulk_to, tail_to) = (self.bulk_to, self.tail_to.max(self.bulk_to));
        // The sums over whole numbers of what `draw` rounds down; both are quick enough to be done once.
        let bulk = (1..=bulk_to).map(|n| f64::from(n) * (1.0 + 1.0 / f64::from(n)).ln()).sum::<f64>();
        let bulk = bulk / (f64::from(bulk_to) + 1.0).ln();
        let tail = (bulk_to..=tail_to).map(|n| 1.0 / (f64::from(n) + 1.0)).sum::<f64>();
        let tail = tail / (1.0 / f64::from(bulk_to) - 1.0 / (f64::from(tail_to) + 1.0));
        let peaks: f64 = self.peaks.iter().map(|peak| f64::from(peak.files) * peak.weight).sum();
        (peaks + self.bulk * bulk + self.tail * tail) / self.total()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, keyed};

    fn drawn(size: &RuleSize, n: u64) -> Vec<u32> {
        (0..n).map(|nth| size.draw(&mut keyed(3, Purpose::FileSize, [nth]))).collect()
    }

    #[test]
    fn the_default_has_the_peaks_the_bulk_and_the_tail_of_the_published_rules() {
        let size = RuleSize::default();
        let drawn = drawn(&size, 200_000);
        let share = |is: &dyn Fn(u32) -> bool| drawn.iter().filter(|n| is(**n)).count() as f64 / drawn.len() as f64;
        for peak in [1, 2, 4, 6, 20, 25, 30, 40, 50, 100, 200] {
            assert!(share(&|n| n == peak) > 2.0 * share(&|n| n == peak + 1), "{peak} stands out");
        }
        // Weights 25, 5 and 2 of 100; the bulk adds ln(1 + 1/n) / ln 211 of 37.
        let bulk = |n: f64| 0.37 * (1.0 + 1.0 / n).ln() / 211f64.ln();
        assert!((share(&|n| n == 1) - 0.25 - bulk(1.0)).abs() < 0.005);
        assert!((share(&|n| n == 20) - 0.05 - bulk(20.0)).abs() < 0.003);
        let tail = share(&|n| n > 210);
        assert!((tail - 0.02 * 210.0 / 211.0).abs() < 0.002, "{tail}");
        let far = share(&|n| n > 2100);
        assert!((far - 0.002).abs() < 0.0006, "the tail falls as 1/n: {far}");
        assert!(drawn.iter().all(|n| (1..=205_951).contains(n)));
    }

    #[test]
    fn the_mean_is_that_of_what_is_drawn() {
        // Without the tail, whose mean hangs on very few: standard deviation of the mean 0.1.
        let size = RuleSize { tail: 0.0, ..RuleSize::default() };
        let n = 200_000;
        let mean = drawn(&size, n).iter().map(|n| f64::from(*n)).sum::<f64>() / n as f64;
        assert!((mean - size.mean()).abs() < 0.5, "{mean} drawn, {} expected", size.mean());
        let short = RuleSize { tail_to: 1000, bulk: 0.0, peaks: Vec::new(), ..RuleSize::default() };
        let mean = drawn(&short, n).iter().map(|n| f64::from(*n)).sum::<f64>() / n as f64;
        assert!((mean - short.mean()).abs() < 2.5, "{mean} drawn, {} expected", short.mean());
        let default = RuleSize::default().mean();
        assert!((default - 56.0).abs() < 1.0, "the words say 56: {default}");
    }

    #[test]
    fn a_constant_is_constant() {
        assert!(drawn(&RuleSize::constant(7), 100).iter().all(|n| *n == 7));
        assert_eq!(RuleSize::constant(7).mean(), 7.0);
    }
}
