//! What came out: tables, plots, paired statistics and the report of dapple.
//!
//! ```text
//!   experiment folder --> Experiment --> comparisons --> report.html
//!   (manifest, runs,          |              |               ^
//!    run-<id>/ tables)        +--> plots <---+---------------+--> plots/*.svg
//! ```
//!
//! [`conclude`] says which policy is better, if any, in a few words; [`write_report`] builds the report of a finished experiment; it never runs a simulation, and the same folder
//! gives the same bytes. [`topology`] draws a grid, [`life::explain`] tells the life of one job, request or read.

pub mod across;
mod alike;
mod badge;
mod comparison;
mod conclusion;
mod crossing;
mod error;
#[cfg(test)]
mod error_rates;
mod experiment;
mod groups;
pub mod life;
pub mod page;
pub mod plots;
pub mod quantity;
pub mod replay;
mod report;
pub mod statistics;
mod survivors;
mod sweep;
#[cfg(test)]
mod synthetic;
pub mod topology;

pub use badge::Badge;
pub use conclusion::{Conclusion, Verdict, conclude};
pub use error::{DrawError, ReportError};
pub use report::write_report;
pub use sweep::sweep_order;
