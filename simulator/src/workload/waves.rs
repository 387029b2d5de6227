//! Arrivals at a rate that changes: the clock runs faster by day and in bursts.
//!
//! ```text
//!   rate(t) = mean x (1 + swing cos(2 pi (t - peak) / period)) x (in a burst: (on + off) / on, between bursts: 0)
//! ```
//!
//! The nth arrival comes once the integral of the rate has grown by an exponential draw of its own, so that no other draw moves it
//! against the rate. Lengths of bursts and of the gaps between them are exponential.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_distr::{Distribution as _, Exp1};

use crate::rng::{Purpose, keyed};
use crate::settings;
use crate::units::{SimSpan, SimTime};

settings! {
    /// How the rate of arrivals goes up and down over a day, as a cosine.
    #[derive(Copy)]
    pub struct Daily {
        /// How far, as a share of the mean: 0.3 is from 0.7 to 1.3 times the mean.
        #[range(Fraction)]
        pub swing: f64,
        /// When it is highest, from the start of the run.
        pub peak: SimSpan = SimSpan::from_nanos(14 * 3_600_000_000_000),
        /// The length of a day.
        #[range(AtLeast(1))]
        pub period: SimSpan = SimSpan::from_nanos(24 * 3_600_000_000_000),
    }
}

settings! {
    /// Bursts of arrivals with nothing between them. The mean rate over all stays what it is.
    #[derive(Copy)]
    pub struct Bursts {
        /// Mean length of a burst; lengths are exponential.
        #[range(AtLeast(1))]
        pub on: SimSpan,
        /// Mean length of the gap between two; likewise.
        #[range(AtLeast(1))]
        pub off: SimSpan,
    }
}

impl Daily {
    /// What a mean rate of one has brought from the start to `t_s`, but for a constant.
    fn integral(self, t_s: f64) -> f64 {
        let omega = TAU / self.period.as_secs_f64();
        t_s + self.swing / omega * (omega * (t_s - self.peak.as_secs_f64())).sin()
    }

    /// When it has brought so much.
    fn inverse(self, brought: f64) -> f64 {
        // The sine moves it by this much at most, either way.
        let off = self.swing * self.period.as_secs_f64() / TAU;
        let (mut low, mut high) = (brought - off, brought + off);
        // Down to the last bit of a time of years in nanoseconds.
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if self.integral(middle) < brought { low = middle } else { high = middle }
        }
        high
    }
}

/// What a mean rate of one brings between two times [s].
pub(super) fn brought(daily: Option<Daily>, from_s: f64, to_s: f64) -> f64 {
    match daily {
        // Of what never ends there is no cosine.
        Some(daily) if to_s.is_finite() => daily.integral(to_s) - daily.integral(from_s),
        _ => to_s - from_s,
    }
}

/// Where a rate that changes stands.
#[derive(Clone, Debug)]
pub(super) struct Waves {
    per_second: f64,
    daily: Option<Daily>,
    bursts: Option<Bursts>,
    seed: u64,
    workload: u64,
    /// Now [s].
    at_s: f64,
    /// Whether there are arrivals now, and until when that holds.
    is_on: bool,
    until_s: f64,
    /// Bursts and gaps so far.
    n_phases: u64,
}

impl Waves {
    /// Before the first arrival.
    pub fn new(
        per_second: f64,
        (daily, bursts): (Option<Daily>, Option<Bursts>),
        from: SimTime,
        (seed, workload): (u64, u64),
    ) -> Self {
        let (at_s, until_s) = (from.as_secs_f64(), f64::INFINITY);
        let mut waves = Self { per_second, daily, bursts, seed, workload, at_s, is_on: true, until_s, n_phases: 0 };
        if let Some(Bursts { on, off }) = bursts {
            // As it is at any time: in a burst as often as there are bursts.
            let on = on.as_secs_f64();
            let share = on / (on + off.as_secs_f64());
            waves.per_second /= share;
            waves.is_on = waves.phase_rng().random::<f64>() < share;
            waves.begin_phase();
        }
        waves
    }

    /// When the nth arrives; `None`: not before `end`.
    pub fn next(&mut self, nth: u64, end: SimTime) -> Option<SimTime> {
        let mut rng = keyed(self.seed, Purpose::Arrival, [self.workload, nth]);
        let exponential: f64 = Exp1.sample(&mut rng);
        let mut wanted = exponential / self.per_second;
        let end_s = end.as_secs_f64();
        loop {
            if self.is_on {
                let here = brought(self.daily, self.at_s, self.until_s);
                if wanted < here {
                    let at = self.daily.map_or(self.at_s + wanted, |daily| {
                        daily.inverse(daily.integral(self.at_s) + wanted).max(self.at_s)
                    });
                    self.at_s = at;
                    return Some(SimTime::from_secs_f64(at)).filter(|at| *at < end);
                }
                wanted -= here;
            }
            self.at_s = self.until_s;
            if self.at_s >= end_s {
                return None;
            }
            self.is_on = !self.is_on;
            self.begin_phase();
        }
    }

    fn phase_rng(&self) -> crate::rng::SimRng {
        keyed(self.seed, Purpose::Burst, [self.workload, self.n_phases])
    }

    fn begin_phase(&mut self) {
        let Some(Bursts { on, off }) = self.bursts else { return };
        self.n_phases += 1;
        let length: f64 = Exp1.sample(&mut self.phase_rng());
        self.until_s = self.at_s + length * if self.is_on { on } else { off }.as_secs_f64();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: f64 = 3600.0;

    fn times(daily: Option<Daily>, bursts: Option<Bursts>, seed: u64, hours: f64) -> Vec<f64> {
        let mut waves = Waves::new(600.0 / HOUR, (daily, bursts), SimTime::ZERO, (seed, 5));
        let end = SimTime::from_secs_f64(hours * HOUR);
        let times = (0..).map_while(|nth| waves.next(nth, end));
        times.map(crate::units::SimTime::as_secs_f64).collect()
    }

    #[test]
    fn the_rate_follows_the_day() {
        let day = Daily { swing: 0.5, peak: SimSpan::from_secs_f64(14.0 * HOUR), ..daily() };
        let times = times(Some(day), None, 1, 240.0);
        // 144 000 expected, standard deviation 380.
        assert!((times.len() as f64 - 144_000.0).abs() < 1600.0, "{}", times.len());
        assert!(times.windows(2).all(|pair| pair[0] <= pair[1]));
        let in_hours = |from: f64, to: f64| {
            let hour = |at: f64| at / HOUR % 24.0;
            times.iter().filter(|at| (from..to).contains(&hour(**at))).count() as f64
        };
        // Two hours around the peak and around the trough: 12 000 x (1 +- 0.5 sin(x)/x, x = pi/12), deviation 110 at most.
        let mean = 0.5 * (TAU / 24.0).sin() / (TAU / 24.0);
        assert!((in_hours(13.0, 15.0) - 12_000.0 * (1.0 + mean)).abs() < 550.0);
        assert!((in_hours(1.0, 3.0) - 12_000.0 * (1.0 - mean)).abs() < 400.0);
    }

    fn daily() -> Daily {
        Daily { swing: 0.5, peak: SimSpan::ZERO, period: SimSpan::from_secs_f64(24.0 * HOUR) }
    }

    #[test]
    fn bursts_keep_the_mean_and_come_in_crowds() {
        let bursts = Bursts { on: SimSpan::from_secs_f64(600.0), off: SimSpan::from_secs_f64(1800.0) };
        let runs: Vec<Vec<f64>> = (0..40).map(|seed| times(None, Some(bursts), seed, 100.0)).collect();
        let mean = runs.iter().map(Vec::len).sum::<usize>() as f64 / runs.len() as f64;
        // Variance of one run: (rate in bursts)^2 x share x (1 - share) x 2 T / (1/on + 1/off) + mean, deviation 5200; of 40: 820.
        assert!((mean - 60_000.0).abs() < 3_500.0, "{mean}");
        let gaps = runs[0].windows(2).map(|pair| pair[1] - pair[0]);
        let (long, all) = (gaps.clone().filter(|gap| *gap > 300.0).count(), gaps.count());
        // Poisson would have exp(-50) of them; here one for each longer gap between bursts: exp(-1/6) of 150.
        assert!((90..220).contains(&long), "{long} of {all}");
    }

    #[test]
    fn a_later_end_moves_no_arrival() {
        let bursts = Some(Bursts { on: SimSpan::from_secs_f64(60.0), off: SimSpan::from_secs_f64(60.0) });
        let (near, far) = (times(Some(daily()), bursts, 1, 10.0), times(Some(daily()), bursts, 1, 20.0));
        assert!(near.len() > 1000 && far[..near.len()] == near[..]);
    }
}
