//! Distributions that a scenario can ask for.

use rand::{Rng, RngExt};
use rand_distr::{Distribution as _, Exp, LogNormal};

use crate::settings;
use crate::units::{Amount, Quantity};

settings! {
    /// A distribution of a quantity that is never negative.
    pub enum Distribution<Quantity = f64> {
        /// Always the same value.
        Constant(Quantity),
        /// Any value from low to high, all equally likely.
        Uniform {
            /// Smallest value.
            #[range(NotNegative)]
            low: Quantity,
            /// Largest value.
            high: Quantity,
        },
        /// Exponential.
        Exponential {
            /// Mean value.
            #[range(Positive)]
            mean: Quantity,
        },
        /// Log-normal.
        LogNormal {
            /// Median.
            #[range(Positive)]
            median: Quantity,
            /// Standard deviation of the natural logarithm.
            #[range(UpTo(10))]
            sigma: f64,
        },
    }
}

impl<Q: Quantity> Distribution<Amount<Q>> {
    /// The same in seconds, bytes or bytes per second.
    pub fn si(&self) -> Distribution {
        match *self {
            Self::Constant(value) => Distribution::Constant(value.si()),
            Self::Uniform { low, high } => Distribution::Uniform { low: low.si(), high: high.si() },
            Self::Exponential { mean } => Distribution::Exponential { mean: mean.si() },
            Self::LogNormal { median, sigma } => Distribution::LogNormal { median: median.si(), sigma },
        }
    }
}

impl Distribution {
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

    /// The probability of a value above a limit that is not negative; `None` where it has no closed form.
    pub fn share_above(&self, limit: f64) -> Option<f64> {
        match *self {
            Self::Constant(value) => Some(f64::from(value > limit)),
            Self::Uniform { low, high } if low < high => Some(((high - limit) / (high - low)).clamp(0.0, 1.0)),
            Self::Uniform { low, .. } => Some(f64::from(low > limit)),
            Self::Exponential { mean } => Some((-limit / mean).exp()),
            Self::LogNormal { .. } => None,
        }
    }
}
