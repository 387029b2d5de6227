//! Search for the constants of a law without derivatives, where a value of the objective is a whole simulation.
//!
//! | module | how |
//! |---|---|
//! | [`nelder_mead`] | a simplex that crawls downhill; a few constants, noise-free objective |
//!
//! Searches are deterministic: same objective, start and settings give the same bits.

pub mod nelder_mead;

pub use nelder_mead::{Minimum, NelderMead, Parameter, Range};

/// Why a search could not be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OptimiseError {
    /// There is nothing to vary.
    #[error("there are no parameters to vary")]
    NoParameters,
    /// A start is not a finite number inside its range.
    #[error("parameter {index} starts at {start}, which must be finite and {range}")]
    BadStart {
        /// Zero-based position of the parameter.
        index: usize,
        /// Its start.
        start: f64,
        /// Its range in words.
        range: String,
    },
    /// A range has no inside.
    #[error("parameter {index} has the empty range from {low} to {high}")]
    EmptyRange {
        /// Zero-based position of the parameter.
        index: usize,
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// A setting is outside what it can be.
    #[error("{what} is {value}, must be finite and positive")]
    BadSetting {
        /// The setting.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// The objective was nowhere a finite number.
    #[error("the objective was not finite at any of {evaluations} points")]
    NeverFinite {
        /// Points tried.
        evaluations: usize,
    },
}
