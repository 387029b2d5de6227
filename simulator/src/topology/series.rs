//! A quantity that is constant between known instants.

use crate::units::{Rate, SimTime};

/// A piecewise-constant function of time: the value of a step holds from its instant until the next one.
///
/// Never empty; the first step starts at zero and instants strictly increase.
#[derive(Clone, Debug, PartialEq)]
pub struct Series<T> {
    steps: Vec<(SimTime, T)>,
}

impl<T> Series<T> {
    /// The same value for ever.
    pub fn constant(value: T) -> Self {
        Self { steps: vec![(SimTime::ZERO, value)] }
    }

    /// A series from its steps, or `None` where they are empty, do not start at zero or do not increase.
    pub fn from_steps(steps: Vec<(SimTime, T)>) -> Option<Self> {
        let starts = steps.first().is_some_and(|(at, _)| *at == SimTime::ZERO);
        let increases = steps.windows(2).all(|pair| pair[0].0 < pair[1].0);
        (starts && increases).then_some(Self { steps })
    }

    /// The value at `now`.
    pub fn at(&self, now: SimTime) -> &T {
        let next = self.steps.partition_point(|(at, _)| *at <= now);
        &self.steps[next - 1].1
    }

    /// The first instant after `now` at which a new step begins.
    pub fn next_change(&self, now: SimTime) -> Option<SimTime> {
        let next = self.steps.partition_point(|(at, _)| *at <= now);
        self.steps.get(next).map(|(at, _)| *at)
    }

    /// All steps in order of time.
    pub fn steps(&self) -> &[(SimTime, T)] {
        &self.steps
    }
}

impl Series<Rate> {
    /// Mean between two instants in B/s; the value at `from` where no time lies between them.
    pub fn mean_rate(&self, from: SimTime, to: SimTime) -> f64 {
        let first = self.steps.partition_point(|(at, _)| *at <= from) - 1;
        let within = self.steps[first..].iter().take_while(|(at, _)| *at <= to.max(from));
        let ends = self.steps[first..].iter().skip(1).map(|(at, _)| (*at).min(to)).chain([to]);
        let part = |((at, rate), end): (&(SimTime, Rate), SimTime)| {
            rate.as_bytes_per_s() * end.since((*at).max(from)).as_secs_f64()
        };
        let span = to.since(from).as_secs_f64();
        if span > 0.0 { within.zip(ends).map(part).sum::<f64>() / span } else { self.at(from).as_bytes_per_s() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_hold_until_the_next() {
        let at = SimTime::from_nanos;
        let series = Series::from_steps(vec![(at(0), 'a'), (at(10), 'b')]).expect("increasing");
        assert_eq!((*series.at(at(0)), *series.at(at(9)), *series.at(at(10))), ('a', 'a', 'b'));
        assert_eq!((series.next_change(at(9)), series.next_change(at(10))), (Some(at(10)), None));
        assert!(Series::from_steps(vec![(at(1), 'a')]).is_none());
        assert!(Series::from_steps(vec![(at(0), 'a'), (at(0), 'b')]).is_none());
        assert!(Series::<char>::from_steps(vec![]).is_none());
    }

    #[test]
    fn means_are_integrals_over_their_span() {
        let at = SimTime::from_secs_f64;
        let rate = |mb| Rate::from_mb_per_s(mb);
        let series = Series::from_steps(vec![(at(0.0), rate(4.0)), (at(2.0), rate(0.0)), (at(4.0), rate(8.0))]);
        let series = series.expect("increasing");
        let means = [(0.0, 2.0), (1.0, 3.0), (1.0, 5.0), (4.0, 9.0), (2.0, 2.0), (5.0, 5.0), (0.0, 8.0)]
            .map(|(from, to)| series.mean_rate(at(from), at(to)) / 1e6);
        assert_eq!(means, [4.0, 2.0, 3.0, 8.0, 0.0, 8.0, 5.0]);
    }
}
