use crate::dataset::DataError;

/// Why a model could not be fitted, or a fitted model not be asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The data cannot be used: empty, ragged, NaN, a missing column.
    #[error(transparent)]
    Data(#[from] DataError),
    /// There are not more rows than parameters.
    #[error("{rows} rows for {parameters} parameters; at least one more row than parameters is needed")]
    TooFewRows {
        /// Rows handed in.
        rows: usize,
        /// Parameters to estimate.
        parameters: usize,
    },
    /// No column has a value other than 0, or the table has no column at all.
    #[error("no column can explain anything: all are zero or there are none")]
    NoUsableColumn,
    /// A column that is asked about is a linear combination of the others.
    #[error("column `{column}` is a linear combination of the others")]
    Aliased {
        /// The column.
        column: String,
    },
    /// Values are so large or small that the result is not a finite number.
    #[error("the result is not finite: values too large or too small")]
    Overflow,
    /// No start of an iterative fit led to a curve.
    #[error("none of {starts} starts converged")]
    NoConvergence {
        /// Starts tried.
        starts: usize,
    },
    /// The equation that a probe estimator solves has no solution for these times.
    #[error("the probe equations have no solution for these times and sizes")]
    NoSolution,
}
