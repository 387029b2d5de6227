//! Distributions that a scenario can ask for.

use rand::{Rng, RngExt};
use rand_distr::{Distribution as _, Exp, LogNormal};

/// A distribution of a positive quantity, in the unit of the field that holds it.
///
/// Parameters are checked when the scenario is validated; [`Distribution::problem`] says what is wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same value; finite, not negative.
    Constant(f64),
    /// Any value from `low` to `high`, all equally likely; `0 <= low <= high`.
    Uniform {
        /// Smallest value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// Exponential with the given mean; finite, positive.
    Exponential {
        /// Mean value.
        mean: f64,
    },
    /// Log-normal.
    LogNormal {
        /// Median; finite, positive.
        median: f64,
        /// Standard deviation of the natural logarithm; finite, not negative.
        sigma: f64,
    },
}

impl Distribution {
    /// What is wrong with the parameters, if anything.
    pub fn problem(&self) -> Option<&'static str> {
        let finite = |x: f64| x.is_finite() && x >= 0.0;
        match *self {
            Self::Constant(value) if !finite(value) => Some("a constant must be finite and not negative"),
            Self::Uniform { low, high } if !(finite(low) && finite(high) && low <= high) => {
                Some("a uniform distribution needs 0 <= low <= high, both finite")
            }
            Self::Exponential { mean } if !(finite(mean) && mean > 0.0) => {
                Some("the mean of an exponential distribution must be finite and positive")
            }
            Self::LogNormal { median, sigma } if !(finite(median) && median > 0.0 && finite(sigma)) => Some(
                "a log-normal distribution needs a finite, positive median and a finite sigma that is not negative",
            ),
            _ => None,
        }
    }

    /// One value, never negative.
    pub fn draw(&self, rng: &mut impl Rng) -> f64 {
        let value = match *self {
            Self::Constant(value) => value,
            Self::Uniform { low, high } => low + (high - low) * rng.random::<f64>(),
            Self::Exponential { mean } => Exp::new(1.0 / mean).map_or(mean, |law| law.sample(rng)),
            Self::LogNormal { median, sigma } => {
                LogNormal::new(median.ln(), sigma).map_or(median, |law| law.sample(rng))
            }
        };
        value.max(0.0)
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        match *self {
            Self::Constant(value) => value,
            Self::Uniform { low, high } => f64::midpoint(low, high),
            Self::Exponential { mean } => mean,
            Self::LogNormal { median, sigma } => median * (sigma * sigma / 2.0).exp(),
        }
    }
}
