//! What is learned: regressions, error measures and the statistics of comparisons.
//!
//! This crate knows feature tables and seeds only. There is no grid in it: no site, no link, no clock. A model is a
//! settings value with a `fit` that returns a fitted value, so nothing can be asked for a prediction before it has learned.
//!
//! ```text
//! Features (dataset) --> regression --> fitted coefficients, curves
//!                                            |
//! truth, predictions  --> metrics            v
//! outcomes of two policies --> statistics: does the difference stand?
//! ```
//!
//! | module | answers |
//! |---|---|
//! | [`dataset`] | which columns, how many rows, is anything missing |
//! | [`metrics`] | how far are predictions from what happened |
//! | [`statistics`] | is policy A better than policy B, and how many replications would tell |
//! | [`distributions`] | tails of Student's t and of F where the p-value itself underflows |
//!
//! Input is never trusted: a NaN, an empty table or two lengths that differ are a [`DataError`], not a
//! panic. All results are functions of the arguments (and of the seed, where one is taken).

pub mod dataset;
pub mod distributions;
pub mod metrics;
pub mod statistics;

pub use dataset::{DataError, Features};
pub use metrics::PredictionErrors;
pub use statistics::PairedDifferences;
