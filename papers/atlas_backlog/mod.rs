//! The backlog of FTS at one moment: a grid that goes on as it was, against what its links had done.
//!
//! ```text
//!   links.csv.gz --read--> Snapshot --grid--> Setup: queues as they were, arrivals as in the last hour --run--> files done in 6 h per link
//!                              +--------------------------------------------- files done in the 6 h before -----> scores
//! ```
//!
//! A snapshot of the ATLAS site-to-site transfer metrics (8 August 2024, 12:35 UTC) tells for each ordered pair of sites how many files
//! were queued, and how many were done in the last hour and in the last six. The grid made from it has the queues of that moment and
//! serves and fills each of them at the rate of the last hour; it is run for six hours. What it is held against are the six hours
//! *before* the snapshot, of which the last hour is a part: this is a test of consistency for a grid that is taken to be stationary,
//! and no forecast.

mod grid;
mod paper;
mod score;
mod snapshot;

pub use grid::{HOURS, done_by_link, setup};
pub use paper::{PAPER, TITLE};
pub use score::{Scores, TAU, rank_correlation, scores};
pub use snapshot::{LINKS, Pair, Snapshot};
