//! How fast dapple is: inputs that are the same everywhere, the loop that drives them, and what it costs.
//!
//! ```text
//!   generators, day --> Input --race_file--> text --> race | peers/simgrid    two simulators, one input
//!                         |
//!                         v drive
//!                       Network --> ends of flows, Counts                     benches, growth, kernels
//! ```
//!
//! [`Input`] is a grid of resources with flows over it; [`generators`] and [`day`] make them, [`drive()`] runs one on the bare
//! network, and [`day::Day::setup`] makes the same day for the whole engine. Nothing of this is part of the `dapple` program.

pub mod day;
pub mod drive;
pub mod generators;
pub mod hold;
pub mod input;
pub mod pattern;
pub mod race_file;
pub mod usage;

pub(crate) use drive::drive_telling;
pub use drive::{Counts, Prepared, drive};
pub use input::{Flow, Input, Route};
