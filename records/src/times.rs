//! Means and quantiles of times, in memory that does not grow with their number.
//!
//! The sketch is our own because `hdrhistogram` 7 with 4 digits, which has the same ranges, the same error and the same size,
//! took 4.4 to 12 ns a time for 10^7 of them where this one takes 2.4 to 7.5 ns.

use dapple_simulator::units::SimSpan;

/// How much is kept of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Precision {
    /// So many times are kept one by one, and their quantiles are exact; of more, they come from [`Sketch`].
    pub exact: usize,
    /// Bits of a time that a sketch keeps.
    bits: u32,
}

/// Of the times of a whole run.
pub(super) const RUN: Precision = Precision { exact: 65_536, bits: 15 };

/// Of the times of one of many groups: a sketch takes 512 B for each doubling of the longest time, at most 29 kB.
pub(super) const GROUP: Precision = Precision { exact: 1024, bits: 8 };

impl Precision {
    /// The quantile of more than `exact` times is off by no more than this part of itself: half a range's width,
    /// `2^(shift - 1)`, of at least `2^(bits - 1 + shift)`.
    #[cfg(test)]
    fn relative_error(self) -> f64 {
        1.0 / f64::from(1 << self.bits)
    }

    /// The same in words: `0.4 % (2^-8)`.
    pub fn error(self) -> String {
        format!("{:.1} % (2^-{})", 100.0 / f64::from(1 << self.bits), self.bits)
    }
}

/// The mean of times in seconds: a running sum in the order in which they come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mean {
    n: u64,
    sum_s: f64,
}

impl Mean {
    pub fn push(&mut self, time: SimSpan) {
        self.n += 1;
        self.sum_s += time.as_secs_f64();
    }

    /// `None`: there were none.
    pub fn seconds(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum_s / self.n as f64)
    }
}

/// Times of one kind: their mean and their quantiles.
#[derive(Clone, Debug)]
pub(super) struct Times {
    pub mean: Mean,
    kept: Kept,
    precision: Precision,
}

#[derive(Clone, Debug)]
enum Kept {
    All(Vec<u64>),
    Sketch(Sketch),
}

impl Times {
    /// There are none yet.
    pub fn new(precision: Precision) -> Self {
        Self { mean: Mean::default(), kept: Kept::All(Vec::new()), precision }
    }

    pub fn push(&mut self, time: SimSpan) {
        self.mean.push(time);
        match &mut self.kept {
            Kept::All(times) if times.len() < self.precision.exact => times.push(time.as_nanos()),
            Kept::All(times) => {
                let mut sketch = Sketch::new(self.precision.bits);
                times.iter().chain([&time.as_nanos()]).for_each(|nanos| sketch.push(*nanos));
                self.kept = Kept::Sketch(sketch);
            }
            Kept::Sketch(sketch) => sketch.push(time.as_nanos()),
        }
    }

    /// Quantile by linear interpolation between order statistics in seconds; `None`: there were none.
    pub fn quantile(&mut self, q: f64) -> Option<f64> {
        let position = q * self.mean.n.checked_sub(1)? as f64;
        let part = position.fract();
        let (below, above) = match &mut self.kept {
            Kept::All(times) => {
                let (_, &mut below, rest) = times.select_nth_unstable(position.floor() as usize);
                (below, rest.iter().copied().min())
            }
            Kept::Sketch(sketch) => (sketch.nth(position as u64), Some(sketch.nth(position as u64 + 1))),
        };
        let seconds = |nanos| SimSpan::from_nanos(nanos).as_secs_f64();
        let (below, above) = (seconds(below), seconds(above.filter(|_| part > 0.0).unwrap_or(below)));
        Some(below + (above - below) * part)
    }
}

/// How many times fell into each of many narrow ranges.
///
/// A range holds the times whose length and first bits are the same (as in HdrHistogram): with 15 of them, times below 2^15 ns are
/// told apart exactly, and the middle of any other range is within 2^-15 (0.003 %) of all that it holds. There is no floating-point
/// arithmetic in it, so it is the same on every machine; with 15 bits it takes 64 kB for each doubling of the longest time, at
/// most 3.4 MB.
#[derive(Clone, Debug)]
struct Sketch {
    bits: u32,
    counts: Vec<u32>,
}

impl Sketch {
    const fn new(bits: u32) -> Self {
        Self { bits, counts: Vec::new() }
    }

    fn push(&mut self, nanos: u64) {
        let range = range_of(nanos, self.bits);
        if range >= self.counts.len() {
            // Room to the end of this doubling and no more: a list left to itself would take up to twice as much.
            let room = (range + 1).next_multiple_of(1 << (self.bits - 1));
            self.counts.reserve_exact(room - self.counts.len());
            self.counts.resize(range + 1, 0);
        }
        self.counts[range] = self.counts[range].saturating_add(1);
    }

    /// About the nth smallest from 0, or the largest where there are fewer.
    fn nth(&self, nth: u64) -> u64 {
        let mut before = 0;
        let reaches = |count: &u32| {
            before += u64::from(*count);
            before > nth
        };
        middle_of(self.counts.iter().position(reaches).unwrap_or(self.counts.len() - 1), self.bits)
    }
}

fn range_of(nanos: u64, bits: u32) -> usize {
    let shift = (u64::BITS - nanos.leading_zeros()).saturating_sub(bits);
    ((shift as usize) << (bits - 1)) + (nanos >> shift) as usize
}

fn middle_of(range: usize, bits: u32) -> u64 {
    let shift = (range >> (bits - 1)).saturating_sub(1);
    let first = (range - (shift << (bits - 1))) as u64;
    (first << shift) + ((1 << shift) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exact(times: &mut [u64], q: f64) -> f64 {
        times.sort_unstable();
        let position = q * (times.len() - 1) as f64;
        let at = |index: usize| SimSpan::from_nanos(times[index.min(times.len() - 1)]).as_secs_f64();
        let (below, above) = (at(position as usize), at(position as usize + 1));
        below + (above - below) * position.fract()
    }

    /// Spans of all lengths: the exponent is drawn before the digits.
    fn spans(least: usize, most: usize) -> impl Strategy<Value = Vec<u64>> {
        let span = (0_u32..64, any::<u64>()).prop_map(|(shift, digits)| digits >> shift);
        proptest::collection::vec(span, least..most)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn a_sketch_keeps_within_its_error(mut spans in spans(1, 300), q in 0.0_f64..=1.0, of_run in any::<bool>()) {
            let precision = Precision { exact: 0, ..if of_run { RUN } else { GROUP } };
            let mut times = Times::new(precision);
            spans.iter().for_each(|nanos| times.push(SimSpan::from_nanos(*nanos)));
            let (found, exact) = (times.quantile(q).expect("some"), exact(&mut spans, q));
            // Besides, doubles and the middle of a range are rounded.
            prop_assert!((found - exact).abs() <= exact * (precision.relative_error() + 1e-12) + 1e-9, "{found} for {exact}");
        }

        #[test]
        fn few_times_have_exact_quantiles(mut spans in spans(1, 300), q in 0.0_f64..=1.0) {
            let mut times = Times::new(RUN);
            spans.iter().for_each(|nanos| times.push(SimSpan::from_nanos(*nanos)));
            prop_assert_eq!(times.quantile(q), Some(exact(&mut spans, q)));
        }

        #[test]
        fn ranges_follow_each_other(nanos in 1_u64.., shift in 0_u32..64, bits in 2_u32..16) {
            let nanos = (nanos >> shift).max(1);
            let (before, range) = (range_of(nanos - 1, bits), range_of(nanos, bits));
            prop_assert!(range == before || range == before + 1);
            prop_assert_eq!(range_of(middle_of(range, bits), bits), range);
        }
    }

    #[test]
    fn the_sketch_takes_over_with_the_first_time_that_is_too_many() {
        let mut times = Times::new(RUN);
        let mut all: Vec<u64> = (0..RUN.exact as u64).map(|nth| 1_000_000_000 + nth * 77_777).collect();
        all.iter().for_each(|nanos| times.push(SimSpan::from_nanos(*nanos)));
        assert_eq!(times.quantile(0.95), Some(exact(&mut all, 0.95)));
        assert!(matches!(times.kept, Kept::All(_)));
        times.push(SimSpan::from_nanos(5));
        all.push(5);
        assert!(matches!(times.kept, Kept::Sketch(_)));
        let (found, exact) = (times.quantile(0.95).expect("some"), exact(&mut all, 0.95));
        assert!(found != exact && (found - exact).abs() <= exact * RUN.relative_error(), "{found} for {exact}");
        let mean = all.iter().map(|nanos| SimSpan::from_nanos(*nanos).as_secs_f64()).sum::<f64>() / all.len() as f64;
        assert!((times.mean.seconds().expect("some") - mean).abs() <= 1e-9 * mean);
    }
}
