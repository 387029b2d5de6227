//! Why the paper's analysis may not be possible.

use dapple_models::FitError;

use super::Equation;

/// Why the paper's analysis cannot be repeated on a table.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteAccessError {
    /// The table lacks a column, or it is of another type.
    #[error("table `{table}` has no column `{column}` of the type that is needed")]
    Column {
        /// The table.
        table: String,
        /// The column.
        column: &'static str,
    },
    /// Reads from several RSEs: the law holds for one pair of worker nodes and RSE.
    #[error("reads from `{first}` and from `{other}`: the law is that of one RSE")]
    ManySources {
        /// An RSE.
        first: String,
        /// Another.
        other: String,
    },
    /// A probe is two remote reads of different sizes.
    #[error("a probe is two remote reads of different sizes that ended; there are {reads} reads of {sizes} sizes")]
    NoProbe {
        /// Remote reads that ended.
        reads: usize,
        /// Different sizes among them.
        sizes: usize,
    },
    /// An equation cannot be fitted.
    #[error("cannot fit eq. {equation}: {source}")]
    Fit {
        /// Its number in the paper.
        equation: u8,
        /// Why.
        source: FitError,
    },
    /// A probe's times have no coefficients.
    #[error("cannot estimate coefficients from a probe: {source}")]
    Estimate {
        /// Why.
        source: FitError,
    },
    /// No size of noise gives the F-statistic.
    #[error("no {noise} noise makes F of eq. {equation} equal to {wanted}")]
    NoSuchNoise {
        /// The kind of noise.
        noise: String,
        /// The equation.
        equation: u8,
        /// The F-statistic that is wanted.
        wanted: f64,
    },
}

impl RemoteAccessError {
    /// An equation cannot be fitted.
    pub(super) fn cannot_fit(equation: Equation, source: FitError) -> Self {
        Self::Fit { equation: equation.number(), source }
    }
}
