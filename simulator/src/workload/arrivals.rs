//! When things arrive.

use rand_distr::{Distribution as _, Exp};

use crate::rng::{Purpose, keyed};
use crate::units::{SimSpan, SimTime};

/// When the members of a workload arrive.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// Independent arrivals at a constant mean rate.
    Poisson {
        /// Mean arrivals per second; finite, positive.
        per_second: f64,
        /// First instant at which one can arrive.
        from: SimTime,
        /// No arrivals from here on.
        until: SimTime,
    },
    /// One arrival at the start and one after each interval.
    Every {
        /// Time between two arrivals, positive.
        interval: SimSpan,
        /// The first arrival.
        from: SimTime,
        /// How many arrive in all.
        count: u64,
    },
    /// Exactly at these instants, in order.
    At(Vec<SimTime>),
}

/// The arrivals of one workload, one after the other.
#[derive(Clone, Debug)]
pub struct ArrivalTimes {
    arrivals: Arrivals,
    seed: u64,
    workload: u64,
    nth: u64,
    last: SimTime,
}

impl ArrivalTimes {
    /// The arrivals of the workload numbered `workload` in a run with this seed.
    pub fn new(arrivals: &Arrivals, seed: u64, workload: u64) -> Self {
        let last = match arrivals {
            Arrivals::Poisson { from, .. } | Arrivals::Every { from, .. } => *from,
            Arrivals::At(_) => SimTime::ZERO,
        };
        Self { arrivals: arrivals.clone(), seed, workload, nth: 0, last }
    }
}

impl Iterator for ArrivalTimes {
    type Item = SimTime;

    fn next(&mut self) -> Option<SimTime> {
        let nth = self.nth;
        let at = match &self.arrivals {
            Arrivals::Poisson { per_second, until, .. } => {
                let mut rng = keyed(self.seed, Purpose::Arrival, [self.workload, nth]);
                let gap = Exp::new(*per_second).ok()?.sample(&mut rng);
                let at = self.last + SimSpan::from_secs_f64(gap);
                (at < *until).then_some(at)?
            }
            Arrivals::Every { interval, from, count } => (nth < *count).then(|| *from + *interval * nth)?,
            Arrivals::At(instants) => *instants.get(usize::try_from(nth).ok()?)?,
        };
        self.nth += 1;
        self.last = at;
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_arrivals_have_their_rate_and_end() {
        let until = SimTime::from_secs_f64(100_000.0);
        let arrivals = Arrivals::Poisson { per_second: 0.1, from: SimTime::ZERO, until };
        let times: Vec<SimTime> = ArrivalTimes::new(&arrivals, 1, 0).collect();
        // 10 000 expected, standard deviation 100: four of them either way.
        assert!((9_600..=10_400).contains(&times.len()), "{} arrivals", times.len());
        assert!(times.windows(2).all(|pair| pair[0] <= pair[1]) && *times.last().expect("some") < until);
    }

    #[test]
    fn fixed_arrivals_keep_their_count() {
        let interval = SimSpan::from_nanos(5);
        let arrivals = Arrivals::Every { interval, from: SimTime::from_nanos(3), count: 3 };
        let nanos: Vec<u64> = ArrivalTimes::new(&arrivals, 1, 0).map(SimTime::as_nanos).collect();
        assert_eq!(nanos, [3, 8, 13]);
    }
}
