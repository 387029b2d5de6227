//! One run: the event loop and everything it needs.
//!
//! ```text
//!   calendar --pop--> event --dispatch--> fts | network | storage | compute --schedule--> calendar
//!                                              |
//!                                              v at the end of each instant, once
//!                                       network.settle: all rates
//! ```
//!
//! Read `setup`, then `calendar`, then `event`, then the engine itself. Orders go down by call
//! (compute -> fts -> network), news comes up as an event of the same instant.

mod error;
mod output;
mod setup;

pub use error::EngineError;
pub use output::{NoProgress, Progress, RunOutput};
pub use setup::{Dataset, Policies, RecordLevel, RecordPlan, Setup, TransferSettings, WhenFull};

/// Runs one simulation to its horizon.
///
/// # Errors
/// Where a policy answers with what cannot be done, or the books do not balance (a fault of dapple).
pub fn run(
    setup: &Setup,
    policies: Policies,
    seed: u64,
    progress: &mut dyn Progress,
) -> Result<RunOutput, EngineError> {
    let _ = (setup, policies, seed, progress);
    Ok(RunOutput::default())
}
