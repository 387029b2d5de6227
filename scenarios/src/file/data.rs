//! The data that exist from the start, and the distributions from which quantities are drawn.

use super::Size;
use super::documented::documented;

documented! {
    /// The data that exist from the start.
    #[serde(default)]
    #[derive(Default)]
    pub struct Data {
        /// Named groups of files. Names are unique.
        pub datasets: Vec<Dataset>,
    }
}

documented! {
    /// A named group of files that exists from the start.
    pub struct Dataset {
        /// Name in scenarios and results.
        pub name: String,
        /// Number of files.
        pub files: u32,
        /// Size of each file.
        pub size: Distribution<Size>,
        /// RSEs that hold all of its files at the start; at least one.
        pub replicas: Vec<String>,
    }
}

documented! {
    /// A distribution of a quantity that is never negative.
    pub enum Distribution<Unit> {
        /// Always the same value.
        Constant(Unit),
        /// Any value from low to high, all equally likely.
        Uniform {
            /// Smallest value.
            low: Unit,
            /// Largest value.
            high: Unit,
        },
        /// Exponential.
        Exponential {
            /// Mean value.
            mean: Unit,
        },
        /// Log-normal.
        LogNormal {
            /// Median.
            median: Unit,
            /// Standard deviation of the natural logarithm.
            sigma: f64,
        },
    }
}
