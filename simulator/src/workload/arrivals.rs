//! When things arrive.
//!
//! One rule holds for all of them, logs too: what is asked for from the start on and before the horizon arrives, and what
//! is asked for at the horizon or later never does. (What has begun may still end at exactly the horizon.)

use rand_distr::{Distribution as _, Exp};

use crate::rng::{Purpose, keyed};
use crate::settings;
use crate::units::{SimSpan, SimTime};
use crate::workload::waves::{self, Bursts, Daily, Waves};

settings! {
    /// When things arrive. What is asked for at the horizon or later never does, and is told in a warning.
    pub enum Arrivals {
        /// Independent arrivals at a constant mean rate.
        Poisson {
            /// Mean number in an hour.
            #[range(PositiveUpTo(1_000_000_000_000))]
            per_hour: f64,
            /// First instant at which one can arrive.
            from: SimTime = SimTime::ZERO,
            /// No arrivals from here on, nor from the horizon on. None: the horizon.
            until: Option<SimTime> = None,
        },
        /// Independent arrivals at a rate that changes: over the day, in bursts, or both.
        Varying {
            /// Mean number in an hour.
            #[range(PositiveUpTo(1_000_000_000_000))]
            per_hour: f64,
            /// How the rate goes up and down over a day. None: it does not.
            daily: Option<Daily> = None,
            /// Bursts with nothing between them. None: none.
            bursts: Option<Bursts> = None,
            /// First instant at which one can arrive.
            from: SimTime = SimTime::ZERO,
            /// No arrivals from here on, nor from the horizon on. None: the horizon.
            until: Option<SimTime> = None,
        },
        /// One at the start and one after each interval.
        Every {
            /// Time between two.
            #[range(Positive)]
            interval: SimSpan,
            /// The first one.
            from: SimTime = SimTime::ZERO,
            /// How many in all, those from the horizon on included. None: as many as come before the horizon.
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
            Self::Varying { per_hour, daily, from, until, .. } => {
                let until = until.unwrap_or(horizon).min(horizon).max(*from);
                per_hour / 3600.0 * waves::brought(*daily, from.as_secs_f64(), until.as_secs_f64())
            }
            Self::Every { interval, from, count } => {
                let fit = horizon.since(*from).as_nanos().div_ceil(interval.as_nanos().max(1));
                count.map_or(fit, |count| fit.min(count)) as f64
            }
            Self::At(instants) => instants.iter().filter(|instant| **instant < horizon).count() as f64,
        }
    }

    /// How many are asked for at the horizon or later, where they can never arrive, of a horizon of zero all; those of
    /// `Poisson` on average. What has no end of its own ends at the horizon.
    pub fn beyond(&self, horizon: SimTime) -> f64 {
        match self {
            Self::Poisson { until, .. } | Self::Varying { until, .. } => {
                self.expected(until.unwrap_or(horizon).max(horizon)) - self.expected(horizon)
            }
            Self::Every { count: None, .. } => 0.0,
            Self::Every { count: Some(count), .. } => *count as f64 - self.expected(horizon),
            Self::At(instants) => instants.iter().filter(|instant| **instant >= horizon).count() as f64,
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
    waves: Option<Waves>,
}

impl ArrivalTimes {
    /// The arrivals of the workload with the key `workload` ([`crate::rng::keys_of`]) in a run with this horizon and seed.
    pub fn new(arrivals: &Arrivals, horizon: SimTime, seed: u64, workload: u64) -> Self {
        let last = match arrivals {
            Arrivals::Poisson { from, .. } | Arrivals::Varying { from, .. } | Arrivals::Every { from, .. } => *from,
            Arrivals::At(_) => SimTime::ZERO,
        };
        let waves = match *arrivals {
            Arrivals::Varying { per_hour, daily, bursts, from, .. } => {
                Some(Waves::new(per_hour / 3600.0, (daily, bursts), from, (seed, workload)))
            }
            _ => None,
        };
        Self { arrivals: arrivals.clone(), horizon, seed, workload, nth: 0, last, waves }
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
                until.is_none_or(|until| at < until).then_some(at)
            }
            Arrivals::Varying { until, .. } => {
                self.waves.as_mut()?.next(nth, until.unwrap_or(self.horizon).min(self.horizon))
            }
            Arrivals::Every { interval, from, count } => {
                count.is_none_or(|count| nth < count).then(|| *from + *interval * nth)
            }
            Arrivals::At(instants) => instants.get(usize::try_from(nth).ok()?).copied(),
        };
        let at = at.filter(|at| *at < self.horizon)?;
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

    #[test]
    fn nothing_arrives_at_the_horizon_or_later() {
        let horizon = SimTime::from_nanos(100);
        let at = |nanos: &[u64]| Arrivals::At(nanos.iter().copied().map(SimTime::from_nanos).collect());
        let every = |count| Arrivals::Every { interval: SimSpan::from_nanos(50), from: SimTime::ZERO, count };
        let poisson = |until: u64| Arrivals::Poisson {
            per_hour: 3.6e12,
            from: SimTime::ZERO,
            until: Some(SimTime::from_nanos(until)),
        };
        for (arrivals, beyond) in [
            (at(&[0, 99, 100, 100, 101]), 3.0),
            (every(None), 0.0),
            (every(Some(2)), 0.0),
            (every(Some(5)), 3.0),
            (poisson(100), 0.0),
            (poisson(300), 200.0),
        ] {
            let times: Vec<SimTime> = ArrivalTimes::new(&arrivals, horizon, 1, 0).collect();
            assert!(times.iter().all(|at| *at < horizon), "{arrivals:?}: {times:?}");
            assert!(matches!(arrivals, Arrivals::Poisson { .. }) || times.len() == 2, "{arrivals:?}: {times:?}");
            assert!((arrivals.beyond(horizon) - beyond).abs() < 1e-9, "{arrivals:?}: {}", arrivals.beyond(horizon));
        }
        // An end behind the horizon moves no draw before it.
        let [near, far] =
            [poisson(100), poisson(300)].map(|arrivals| ArrivalTimes::new(&arrivals, horizon, 1, 0).collect());
        let _: (&Vec<SimTime>, &Vec<SimTime>) = (&near, &far);
        assert_eq!(near, far);
    }
}
