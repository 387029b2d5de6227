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

pub use calendar::Calendar;
pub use error::EngineError;
pub use output::{NoProgress, Progress, RunOutput};
pub use run::run;
pub use setup::{Dataset, Policies, RecordLevel, RecordPlan, Setup, TransferSettings, WhenFull};
