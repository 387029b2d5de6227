//! Fits of the laws the simulator runs on, from logs of what transfers did.
//!
//! | law | from | fit |
//! |---|---|---|
//! | `T = a·S + b·ConTh + c·ConPr`, no intercept | a campaign of reads | [`LeastSquares`] |
//! | the same, `a` and `b` only | a probe of two files | [`PaperProbe`], [`ExactProbe`] |
//! | load curve of a data transfer node, rise and collapse | (concurrency, throughput) | [`WeibullFitter`] |
//! | load curve that saturates, `min(n r, C)` | the same | [`SaturatingFitter`] |
//!
//! Fits are deterministic: several starts are a fixed grid, not random draws.

mod design;
mod error;
pub mod least_squares;
pub mod probe;
pub mod saturating;
pub mod weibull;

pub use error::FitError;
pub use least_squares::{Coefficient, FTest, Interaction, LeastSquares, LeastSquaresFit, Prediction, Term, log_change};
pub use probe::{ExactProbe, PaperProbe, ProbeCoefficients, ProbeEstimator, ProbeTimes};
pub use saturating::{Loss, SaturatingCurve, SaturatingFit, SaturatingFitter};
pub use weibull::{WeibullCurve, WeibullErrors, WeibullFit, WeibullFitter};
