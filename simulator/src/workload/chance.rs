//! Whether anything is drawn: what a workload asks for may be the same under every seed.
//!
//! Says so where [`crate::workload::sources`] draws, one line each. Where in doubt it says that something is.

use crate::ids::{DatasetId, Table};
use crate::storage::Dataset;
use crate::units::SimTime;
use crate::workload::{Arrivals, Distribution, Inputs, Pick, WorkloadKind};

impl WorkloadKind {
    /// Whether what it asks for, or when, depends on the seed.
    pub fn has_chance(&self, datasets: &Table<DatasetId, Dataset>) -> bool {
        match self {
            Self::Jobs(stream) => {
                let inputs = match &stream.job.inputs {
                    Inputs::None | Inputs::Sized { .. } => false,
                    Inputs::Dataset { dataset, pick, .. } => {
                        let of = &datasets[*dataset];
                        of.size.has_chance() || (*pick != Pick::InOrder && of.files > 1)
                    }
                    Inputs::Fresh { size, .. } => size.has_chance(),
                };
                inputs || stream.arrivals.has_chance() || stream.job.compute_fixed.has_chance()
            }
            Self::Campaign(campaign) => (campaign.shuffle && campaign.steps.len() > 1) || campaign.size.has_chance(),
            Self::Transfers(stream) => {
                stream.arrivals.has_chance() || stream.size.has_chance() || stream.destinations.len() > 1
            }
            Self::JobTrace(_) | Self::TransferTrace(_) => false,
        }
    }

    /// Whether it asks for more as long as the run lasts, so that something is always under way at the horizon.
    pub fn is_endless(&self, horizon: SimTime) -> bool {
        match self {
            Self::Jobs(stream) => stream.arrivals.is_endless(horizon),
            Self::Transfers(stream) => stream.arrivals.is_endless(horizon),
            Self::Campaign(_) | Self::JobTrace(_) | Self::TransferTrace(_) => false,
        }
    }
}

impl Arrivals {
    fn has_chance(&self) -> bool {
        matches!(self, Self::Poisson { .. })
    }

    fn is_endless(&self, horizon: SimTime) -> bool {
        match self {
            Self::Poisson { until, .. } => until.is_none_or(|until| until >= horizon),
            Self::Every { count, .. } => count.is_none(),
            Self::At(_) => false,
        }
    }
}

impl Distribution {
    fn has_chance(&self) -> bool {
        match *self {
            Self::Constant(_) => false,
            Self::Uniform { low, high } => low < high,
            Self::Exponential { .. } => true,
            Self::LogNormal { sigma, .. } => sigma > 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_without_width_draw_nothing() {
        let fixed = [
            Distribution::Constant(3.0),
            Distribution::Uniform { low: 2.0, high: 2.0 },
            Distribution::LogNormal { median: 2.0, sigma: 0.0 },
        ];
        assert!(fixed.iter().all(|law| !law.has_chance()));
        assert!(Distribution::Uniform { low: 2.0, high: 3.0 }.has_chance());
    }

    #[test]
    fn arrivals_without_an_end_are_endless() {
        let horizon = SimTime::from_secs_f64(100.0);
        let poisson = |until| Arrivals::Poisson { per_hour: 1.0, from: SimTime::ZERO, until };
        let endless =
            [None, Some(horizon), Some(SimTime::from_secs_f64(99.0))].map(|until| poisson(until).is_endless(horizon));
        assert_eq!(endless, [true, true, false]);
    }
}
