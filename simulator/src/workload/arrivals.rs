//! When things arrive.

use rand_distr::{Distribution as _, Exp};

use crate::rng::{Purpose, keyed};
use crate::settings;
use crate::units::{SimSpan, SimTime};

settings! {
    /// When things arrive.
    pub enum Arrivals {
        /// Independent arrivals at a constant mean rate.
        Poisson {
            /// Mean number in an hour.
            #[range(Positive)]
            per_hour: f64,
            /// First instant at which one can arrive.
            from: SimTime = SimTime::ZERO,
            /// No arrivals from here on. None: the horizon.
            until: Option<SimTime> = None,
        },
        /// One at the start and one after each interval.
        Every {
            /// Time between two.
            #[range(Positive)]
            interval: SimSpan,
            /// The first one.
            from: SimTime = SimTime::ZERO,
            /// How many in all. None: as many as come before the horizon.
            #[range(AtLeast(1))]
            count: Option<u64> = None,
        },
        /// At exactly these instants, in order.
        At(Vec<SimTime>),
    }
}

impl Arrivals {
    /// How many arrive before the horizon, on average.
    pub fn expected(&self, horizon: SimTime) -> f64 {
        match self {
            Self::Poisson { per_hour, from, until } => {
                per_hour / 3600.0 * until.unwrap_or(horizon).min(horizon).since(*from).as_secs_f64()
            }
            Self::Every { interval, from, count } => {
                let fit = horizon.since(*from).as_nanos().div_ceil(interval.as_nanos().max(1));
                count.map_or(fit, |count| fit.min(count)) as f64
            }
            Self::At(instants) => instants.iter().filter(|instant| **instant < horizon).count() as f64,
        }
    }
}

/// The arrivals of one workload, one after the other.
#[derive(Clone, Debug)]
pub struct ArrivalTimes {
    arrivals: Arrivals,
    horizon: SimTime,
    seed: u64,
    workload: u64,
    nth: u64,
    last: SimTime,
}

impl ArrivalTimes {
    /// The arrivals of the workload with the key `workload` ([`crate::rng::keys_of`]) in a run with this horizon and seed.
    pub fn new(arrivals: &Arrivals, horizon: SimTime, seed: u64, workload: u64) -> Self {
        let last = match arrivals {
            Arrivals::Poisson { from, .. } | Arrivals::Every { from, .. } => *from,
            Arrivals::At(_) => SimTime::ZERO,
        };
        Self { arrivals: arrivals.clone(), horizon, seed, workload, nth: 0, last }
    }
}

impl Iterator for ArrivalTimes {
    type Item = SimTime;

    fn next(&mut self) -> Option<SimTime> {
        let nth = self.nth;
        let at = match &self.arrivals {
            Arrivals::Poisson { per_hour, until, .. } => {
                let mut rng = keyed(self.seed, Purpose::Arrival, [self.workload, nth]);
                let gap = Exp::new(per_hour / 3600.0).ok()?.sample(&mut rng);
                let at = self.last + SimSpan::from_secs_f64(gap);
                (at < until.unwrap_or(self.horizon)).then_some(at)?
            }
            Arrivals::Every { interval, from, count } => {
                let at = *from + *interval * nth;
                let arrives = count.map_or(at < self.horizon, |count| nth < count);
                arrives.then_some(at)?
            }
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
        let arrivals = Arrivals::Poisson { per_hour: 360.0, from: SimTime::ZERO, until: None };
        let times: Vec<SimTime> = ArrivalTimes::new(&arrivals, until, 1, 0).collect();
        // 10 000 expected, standard deviation 100: four of them either way.
        assert!((9_600..=10_400).contains(&times.len()), "{} arrivals", times.len());
        assert!(times.windows(2).all(|pair| pair[0] <= pair[1]) && *times.last().expect("some") < until);
    }

    #[test]
    fn fixed_arrivals_keep_their_count() {
        let interval = SimSpan::from_nanos(5);
        let arrivals = Arrivals::Every { interval, from: SimTime::from_nanos(3), count: Some(3) };
        let nanos: Vec<u64> = ArrivalTimes::new(&arrivals, SimTime::MAX, 1, 0).map(SimTime::as_nanos).collect();
        assert_eq!(nanos, [3, 8, 13]);
    }
}
