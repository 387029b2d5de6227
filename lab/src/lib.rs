//! Running an experiment: every policy × replication × sweep point, in parallel, safe to interrupt.
//!
//! ```text
//!   Scenario --plan--> Plan: runs with ids and seeds --execute--> DIR/run-<id>/ each, as soon as it is finished
//!                       |                                    \--> DIR/manifest.json, runs.parquet, dictionary.md
//!                       +-- as JSON, see Plan::from_json          DIR/provenance.json (host, times, threads)
//! ```
//!
//! One run is one task of a thread pool, on a thread of its own ([`PATIENCE`]); nothing inside a run is parallel. A finished run is put into its folder
//! as a whole, with a record of its own (`run.json`), before it counts: whatever kills the process, only runs in
//! flight are lost, and executing the plan again runs what is not there yet. All files but `provenance.json`
//! (and `report.html`, which tells what that says) end up the same, byte for byte, however often the experiment was interrupted and
//! whatever the number of threads. The exception is a policy that never answers: whether and where a run is given up after
//! [`PATIENCE`], and what `manifest.json` says of it, hangs on the clock of the machine.

mod alone;
mod error;
mod execute;
mod listing;
mod manifest;
mod observer;
mod panics;
mod parallel;
mod plan;
mod probe;
mod refine;
pub mod run_id;
mod sweep;

pub use error::ExperimentError;
pub use execute::{Execution, Options, PATIENCE, execute};
pub use listing::{ListedRun, ListingError, RunState, listing};
pub use observer::{NoObserver, RunEnd, RunObserver};
pub use parallel::{ThreadsError, in_parallel};
pub use plan::{Plan, PlanError, PlannedPoint, PlannedRun, plan};
pub use probe::{Work, probe};
pub use refine::{Added, Refined, refine};

#[cfg(test)]
mod tests;
