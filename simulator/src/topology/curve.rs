//! Load curves of data transfer nodes.

use crate::settings;
use crate::units::Rate;

settings! {
    /// Aggregate rate C(x) of a data transfer node at concurrency x (streams past their start-up).
    pub enum LoadCurve as "Curve" {
        /// `C(x) = A (k/l) (x/l)^(k-1) exp(-(x/l)^k)`: for k > 1 it peaks at `l ((k-1)/k)^(1/k)` and collapses behind.
        Weibull {
            /// A.
            #[range(Positive)]
            amplitude: Rate,
            /// k.
            #[range(PositiveUpTo(100))]
            shape: f64,
            /// l, in units of concurrency.
            #[range(PositiveUpTo(1_000_000_000))]
            scale: f64,
        },
        /// `C(x) = min(x * each, total)`: rises to a plateau and stays there.
        Saturating {
            /// What one stream can move.
            #[range(Positive)]
            each: Rate,
            /// What all can move together.
            #[range(Positive)]
            total: Rate,
        },
        /// `C(x) = total (1 - exp(-x/scale))`: each stream adds less than the one before; no knee, no collapse. Empirical, see
        /// `scenarios/logs/hpss.ron`.
        Approach {
            /// What all can move together; approached, never reached.
            #[range(Positive)]
            total: Rate,
            /// Concurrency at which 63 % of it is reached.
            #[range(PositiveUpTo(1_000_000_000))]
            scale: f64,
        },
        /// C(1), C(2), C(3) ...; the last value holds beyond.
        #[range(Positive)]
        Tabulated(Vec<Rate>),
    }
}

impl LoadCurve {
    /// Aggregate rate at concurrency `x` [B/s]; zero at x = 0.
    pub fn rate(&self, x: u64) -> Rate {
        self.at(x as f64)
    }

    /// The most that it gives at any whole concurrency [B/s]; where it approaches a plateau, the plateau.
    pub fn peak(&self) -> Rate {
        let larger = |one: Rate, other: Rate| if other > one { other } else { one };
        match self {
            Self::Weibull { shape, scale, .. } => {
                // The curve rises up to this load and falls behind it.
                let top = if *shape > 1.0 { scale * ((shape - 1.0) / shape).powf(1.0 / shape) } else { 0.0 };
                larger(self.at(top.floor().max(1.0)), self.at(top.ceil().max(1.0)))
            }
            Self::Saturating { total, .. } | Self::Approach { total, .. } => *total,
            Self::Tabulated(rates) => rates.iter().copied().fold(Rate::ZERO, larger),
        }
    }

    /// The curve at any point `x >= 0` [B/s], for plots and comparisons; zero at x = 0, a table is read linearly
    /// between its points.
    pub fn at(&self, x: f64) -> Rate {
        if x <= 0.0 {
            return Rate::ZERO;
        }
        match self {
            Self::Weibull { amplitude, shape, scale } => {
                let load = x / scale;
                Rate::from_bytes_per_s(
                    amplitude.as_bytes_per_s() * (shape / scale) * load.powf(shape - 1.0) * (-load.powf(*shape)).exp(),
                )
            }
            Self::Saturating { each, total } => {
                Rate::from_bytes_per_s((x * each.as_bytes_per_s()).min(total.as_bytes_per_s()))
            }
            Self::Approach { total, scale } => Rate::from_bytes_per_s(-total.as_bytes_per_s() * (-x / scale).exp_m1()),
            Self::Tabulated(rates) => {
                let point = |n: f64| match n as usize {
                    0 => 0.0,
                    n => rates.get(n - 1).or(rates.last()).map_or(0.0, |rate| rate.as_bytes_per_s()),
                };
                let (below, above) = (point(x.floor()), point(x.ceil()));
                let between = if below == above { 0.0 } else { (above - below) * x.fract() };
                Rate::from_bytes_per_s(below + between)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_approaching_curve_rises_ever_less() {
        let curve = LoadCurve::Approach { total: Rate::from_mb_per_s(1000.0), scale: 2.0 };
        // 1 - e^-0.5, 1 - e^-1, 1 - e^-2, 1 - e^-8
        let by_hand = [(1, 393.469_340), (2, 632.120_559), (4, 864.664_717), (16, 999.664_537)];
        for (x, mb_per_s) in by_hand {
            assert!((curve.rate(x).as_bytes_per_s() / 1e6 - mb_per_s).abs() < 1e-6, "at {x}");
        }
        assert_eq!(curve.rate(0), Rate::ZERO);
        assert_eq!(curve.peak(), Rate::from_mb_per_s(1000.0));
        assert_eq!(curve.rate(10_000), Rate::from_mb_per_s(1000.0));
    }

    #[test]
    fn no_concurrency_gives_more_than_the_peak() {
        let amplitude = Rate::from_mb_per_s(5000.0);
        for (shape, scale) in [(0.7, 3.0), (1.0, 4.0), (1.8, 11.3), (3.0, 0.4)] {
            let curve = LoadCurve::Weibull { amplitude, shape, scale };
            let most =
                (1..200).map(|x| curve.rate(x)).fold(Rate::ZERO, |most, rate| if rate > most { rate } else { most });
            assert_eq!(curve.peak(), most, "k {shape}, l {scale}");
        }
    }
}
