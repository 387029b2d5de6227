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
//! | [`regression`] | what does a transfer cost; which load curve does a data transfer node follow |
//! | [`optimise`] | which constants make an objective small, where there are no derivatives |
//! | [`metrics`] | how far are predictions from what happened |
//! | [`statistics`] | is policy A better than policy B, and how many replications would tell |
//! | [`distributions`] | tails of Student's t and of F where the p-value itself underflows |
//!
//! Input is never trusted: a NaN, an empty table or two lengths that differ are a [`DataError`] or a [`FitError`], not a
//! panic. All results are functions of the arguments (and of the seed, where one is taken).
//!
//! ```
//! use dapple_models::{Features, LeastSquares};
//!
//! // Two threads of one process read 2 GB and 300 MB; what does a MB cost, alone and beside a sibling?
//! let x = Features::new([
//!     ("S", vec![2000.0, 300.0, 2000.0, 300.0]),
//!     ("ConTh", vec![300.0, 700.0, 0.0, 0.0]),
//! ])?;
//! let seconds = [60.3, 37.6, 47.2, 7.1];
//! let fit = LeastSquares::default().fit(&x, &seconds)?;
//! let own = fit.coefficient("S").expect("the column is estimable");
//! assert!(own.interval.low < 0.0236 && 0.0236 < own.interval.high);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod dataset;
pub mod distributions;
pub mod metrics;
pub mod optimise;
pub mod regression;
pub mod statistics;

pub use dataset::{DataError, Features};
pub use metrics::PredictionErrors;
pub use optimise::NelderMead;
pub use regression::{
    ExactProbe, FitError, LeastSquares, LeastSquaresFit, PaperProbe, ProbeEstimator, SaturatingCurve, WeibullCurve,
};
pub use statistics::PairedDifferences;
