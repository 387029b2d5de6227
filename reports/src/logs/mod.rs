//! Logs of real systems, replayed: what was simulated against what was measured.
//!
//! Pure functions from figures to tables and plots, as in [`crate::papers`]: nothing here reads a log or runs a simulation.

pub mod hpss;
