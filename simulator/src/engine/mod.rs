//! One run: the event loop and everything it needs.
//!
//! ```text
//!   calendar --pop--> event --dispatch--> fts | compute --calls--> network, storage --schedule--> calendar
//!                                              |
//!                                              v at the end of each instant, once
//!                                       network.settle: all rates
//! ```
//!
//! Read `setup`, then `calendar`, then `event`, then `run`. Orders go down by call
//! (compute -> fts -> network), news comes up as an event of the same instant.

mod calendar;
pub(crate) mod context;
mod error;
pub(crate) mod event;
mod output;
mod run;
mod setup;

pub use crate::fts::{LinkLimit, TransferSettings, WhenFull};
pub use crate::storage::Dataset;
pub use calendar::{Calendar, Due};
pub use error::EngineError;
pub use output::{NoProgress, Progress, RunOutput};
pub use run::run;
pub use setup::{Policies, RecordLevel, RecordPlan, Setup};
