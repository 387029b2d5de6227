//! Whether anything is drawn: what a workload asks for may be the same under every seed.
//!
//! Says so where [`crate::workload::sources`] draws, one line each. Where in doubt it says that something is.

use crate::ids::{DatasetId, Table};
use crate::storage::Dataset;
use crate::units::SimTime;
use crate::workload::{Arrivals, Distribution, Inputs, Pick, Ties, WorkloadKind};

impl WorkloadKind {
    /// Whether what it asks for, or when, depends on the seed.
    pub fn has_chance(&self, datasets: &Table<DatasetId, Dataset>) -> bool {
        match self {
            Self::Jobs(stream) => {
                let inputs = match &stream.job.inputs {
                    Inputs::None | Inputs::Sized { .. } => false,
                    // Sizes of datasets fill RSEs whoever reads them: `Setup` asks for them.
                    Inputs::Dataset { dataset, pick, .. } => *pick != Pick::InOrder && datasets[*dataset].files > 1,
                    Inputs::Fresh { size, .. } => size.has_chance(),
                };
                inputs || stream.arrivals.has_chance() || stream.job.compute_fixed.has_chance()
            }
            Self::Campaign(campaign) => (campaign.shuffle && campaign.steps.len() > 1) || campaign.size.has_chance(),
            Self::Transfers(stream) => {
                stream.arrivals.has_chance() || stream.size.has_chance() || stream.destinations.len() > 1
            }
            // Where a rule puts copies is drawn.
            Self::Rules(_) => true,
            Self::Datasets(stream) => stream.arrivals.has_chance() || stream.size.has_chance(),
            Self::Steps(steps) => !steps.is_empty(),
            Self::JobTrace(trace) => has_chance(trace.ties, trace.jobs.iter().map(|job| job.submitted_at)),
            Self::TransferTrace(trace) => has_chance(trace.ties, trace.transfers.iter().map(|transfer| transfer.at)),
        }
    }

    /// Whether it asks for more as long as the run lasts, so that something is always under way at the horizon.
    pub fn is_endless(&self, horizon: SimTime) -> bool {
        match self {
            Self::Jobs(stream) => stream.arrivals.is_endless(horizon),
            Self::Transfers(stream) => stream.arrivals.is_endless(horizon),
            Self::Rules(stream) => stream.arrivals.is_endless(horizon),
            Self::Datasets(stream) => stream.arrivals.is_endless(horizon),
            Self::Campaign(_) | Self::JobTrace(_) | Self::TransferTrace(_) | Self::Steps(_) => false,
        }
    }
}

/// Whether the order of the rows of a log is drawn: they are in order of time, so rows of one instant stand together.
fn has_chance(ties: Ties, times: impl Iterator<Item = SimTime> + Clone) -> bool {
    ties == Ties::Shuffled && times.clone().zip(times.skip(1)).any(|(at, next)| at == next)
}

impl Arrivals {
    fn has_chance(&self) -> bool {
        matches!(self, Self::Poisson { .. } | Self::Varying { .. })
    }

    fn is_endless(&self, horizon: SimTime) -> bool {
        match self {
            Self::Poisson { until, .. } | Self::Varying { until, .. } => until.is_none_or(|until| until >= horizon),
            Self::Every { count, .. } => count.is_none(),
            Self::At(_) => false,
        }
    }
}

impl Distribution {
    pub(crate) fn has_chance(&self) -> bool {
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
    use crate::ids::{Id, RseId};
    use crate::units::Bytes;
    use crate::workload::{TracedTransfer, TransferTrace};

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
    fn rows_of_one_instant_are_drawn_where_they_are_shuffled() {
        let log = |ties: Ties, seconds: &[f64]| {
            let row = |(row, at): (u64, &f64)| TracedTransfer {
                at: SimTime::from_secs_f64(*at),
                source: RseId::from_index(0),
                destination: RseId::from_index(1),
                bytes: Bytes::new(1),
                took: None,
                row,
            };
            let transfers = (0..).zip(seconds).map(row).collect();
            WorkloadKind::TransferTrace(TransferTrace { transfers, ties, queues: true })
        };
        let drawn = |ties, seconds: &[f64]| log(ties, seconds).has_chance(&Table::default());
        assert!(drawn(Ties::Shuffled, &[1.0, 2.0, 2.0, 3.0]));
        assert!(!drawn(Ties::Shuffled, &[1.0, 2.0, 3.0]), "no two at one instant");
        assert!(!drawn(Ties::LogOrder, &[1.0, 2.0, 2.0, 3.0]));
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
