//! A quantity that is constant between known instants.

use crate::units::{Rate, SimSpan, SimTime};

/// A piecewise-constant function of time: the value of a step holds from its instant until the next one. It may repeat: a period
/// after its start it is what it was at its start. Then there is no end to its changes, and each is found by arithmetic.
///
/// ```text
///   steps (0 s, a), (8 h, b)             a a b b b b b b b ..
///   the same, repeated after 24 h        a a b b b b a a b b b b a a ..
/// ```
///
/// Never empty; the first step starts at zero, instants strictly increase and lie within the period.
#[derive(Clone, Debug, PartialEq)]
pub struct Series<T> {
    steps: Vec<(SimTime, T)>,
    period: Option<SimSpan>,
}

impl<T> Series<T> {
    /// The same value for ever.
    pub fn constant(value: T) -> Self {
        Self { steps: vec![(SimTime::ZERO, value)], period: None }
    }

    /// A series from its steps, or `None` where they are empty, do not start at zero or do not increase.
    pub fn from_steps(steps: Vec<(SimTime, T)>) -> Option<Self> {
        let starts = steps.first().is_some_and(|(at, _)| *at == SimTime::ZERO);
        let increases = steps.windows(2).all(|pair| pair[0].0 < pair[1].0);
        (starts && increases).then_some(Self { steps, period: None })
    }

    /// The same steps again after each `period`, or `None` where the last of them does not come before its end.
    #[must_use]
    pub fn repeated(self, period: SimSpan) -> Option<Self> {
        let fits = self.steps.last().is_some_and(|(at, _)| at.since(SimTime::ZERO) < period);
        fits.then_some(Self { period: Some(period), ..self })
    }

    /// The value at `now`.
    pub fn at(&self, now: SimTime) -> &T {
        let (_, within) = self.folded(now);
        let next = self.steps.partition_point(|(at, _)| *at <= within);
        &self.steps[next - 1].1
    }

    /// The first instant after `now` at which a new step begins.
    pub fn next_change(&self, now: SimTime) -> Option<SimTime> {
        let (start, within) = self.folded(now);
        let next = self.steps.partition_point(|(at, _)| *at <= within);
        let after = match self.steps.get(next) {
            Some((at, _)) => at.since(SimTime::ZERO),
            None => self.period?,
        };
        let at = start + after;
        // At the end of time sums saturate, and nothing comes after it.
        (at > now).then_some(at)
    }

    /// All steps in order of time; of a series that repeats, those of one period.
    pub fn steps(&self) -> &[(SimTime, T)] {
        &self.steps
    }

    /// After how long it repeats.
    pub fn period(&self) -> Option<SimSpan> {
        self.period
    }

    /// The start of the period in which an instant lies, and where in it.
    fn folded(&self, now: SimTime) -> (SimTime, SimTime) {
        let Some(period) = self.period else { return (SimTime::ZERO, now) };
        let within = now.as_nanos() % period.as_nanos();
        (SimTime::from_nanos(now.as_nanos() - within), SimTime::from_nanos(within))
    }
}

impl Series<Rate> {
    /// What it can carry from the start to an instant: its integral in bytes.
    pub fn volume(&self, until: SimTime) -> f64 {
        let (start, within) = self.folded(until);
        let whole = self.period.map_or(0.0, |period| {
            (start.as_nanos() / period.as_nanos()) as f64 * self.volume_within(SimTime::ZERO + period)
        });
        whole + self.volume_within(within)
    }

    /// Mean between two instants in B/s; the value at `from` where no time lies between them. Infinite where it has been up to `to`.
    pub fn mean_rate(&self, from: SimTime, to: SimTime) -> f64 {
        let (span, volume) = (to.since(from).as_secs_f64(), self.volume(to));
        match span > 0.0 {
            true if volume.is_infinite() => f64::INFINITY,
            true => (volume - self.volume(from)) / span,
            false => self.at(from).as_bytes_per_s(),
        }
    }

    /// The integral over the steps as they are written.
    fn volume_within(&self, until: SimTime) -> f64 {
        let ends = self.steps.iter().skip(1).map(|(at, _)| (*at).min(until)).chain([until]);
        let spans = self.steps.iter().zip(ends).map(|((at, rate), end)| (rate.as_bytes_per_s(), end.since(*at)));
        spans.filter(|(_, span)| *span > SimSpan::ZERO).map(|(rate, span)| rate * span.as_secs_f64()).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::units::NANOS_PER_SECOND;

    fn at(nanos: u64) -> SimTime {
        SimTime::from_nanos(nanos)
    }

    #[test]
    fn steps_hold_until_the_next() {
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

    #[test]
    fn a_series_repeats_after_its_period() {
        let once = Series::from_steps(vec![(at(0), 'a'), (at(10), 'b')]).expect("increasing");
        let series = once.clone().repeated(SimSpan::from_nanos(24)).expect("10 comes before 24");
        let read: String = (0..60).map(|now| *series.at(at(now))).collect();
        assert_eq!(read, "aaaaaaaaaabbbbbbbbbbbbbbaaaaaaaaaabbbbbbbbbbbbbbaaaaaaaaaabb");
        let next: Vec<u64> = [0, 9, 10, 23, 24, 33, 34, 47]
            .iter()
            .filter_map(|&now| Some(series.next_change(at(now))?.as_nanos()))
            .collect();
        assert_eq!(next, [10, 10, 24, 24, 34, 34, 48, 48]);
        assert!(once.repeated(SimSpan::from_nanos(10)).is_none(), "a step would never be reached");
    }

    #[test]
    fn the_end_of_time_has_no_change_after_it() {
        let series = Series::from_steps(vec![(at(0), 'a'), (at(10), 'b')]).expect("increasing");
        let series = series.repeated(SimSpan::from_nanos(24)).expect("fits");
        assert_eq!(series.next_change(SimTime::MAX), None);
        let just_before = at(u64::MAX - 1);
        assert!(series.next_change(just_before).is_none_or(|next| next > just_before));
    }

    /// 8 h at 100 MB/s and 16 h at 10 MB/s: 3.456 TB a day.
    #[test]
    fn a_day_carries_its_integral_every_day() {
        let [fast, slow] = [100.0, 10.0].map(Rate::from_mb_per_s);
        let hours = |hours: u64| hours * 3600 * NANOS_PER_SECOND;
        let once = Series::from_steps(vec![(at(0), fast), (at(hours(8)), slow)]).expect("increasing");
        let daily = once.clone().repeated(SimSpan::from_nanos(hours(24))).expect("fits");
        let terabytes = |series: &Series<Rate>, after: u64| series.volume(at(hours(after))) / 1e12;
        for (after, daily_tb, once_tb) in
            [(0, 0.0, 0.0), (4, 1.44, 1.44), (24, 3.456, 3.456), (28, 4.896, 3.6), (72, 10.368, 5.184)]
        {
            assert!((terabytes(&daily, after) - daily_tb).abs() < 1e-9, "after {after} h");
            assert!((terabytes(&once, after) - once_tb).abs() < 1e-9, "after {after} h");
        }
    }

    proptest! {
        /// A repeated series is the same as one that is written out.
        #[test]
        fn repeating_is_writing_out(gaps in prop::collection::vec(1..50_u64, 1..6), now in 0..2000_u64) {
            let mut start = 0;
            let mut steps = Vec::new();
            for (nth, gap) in (0_u64..).zip(&gaps) {
                steps.push((start, nth));
                start += gap;
            }
            let written = |period: u64| steps.iter().map(move |&(at, value)| (SimTime::from_nanos(period * start + at), value));
            let long = Series::from_steps((0..2100 / start + 2).flat_map(written).collect()).expect("increasing");
            let short = Series::from_steps(written(0).collect()).and_then(|it| it.repeated(SimSpan::from_nanos(start)));
            let short = short.expect("fits");
            prop_assert_eq!(short.at(at(now)), long.at(at(now)));
            prop_assert_eq!(short.next_change(at(now)), long.next_change(at(now)));
        }
    }
}
