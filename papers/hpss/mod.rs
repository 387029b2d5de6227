//! The log of the HPSS mover: laws of a data transfer node fitted to a transfer log, with the engine in the loop.
//!
//! ```text
//!   log --read--> TransferLog --Replay--> simulated durations --objective--> Nelder-Mead --> constants of a Law
//!                                 ^                                               |
//!                                 +----------------- next constants --------------+
//! ```
//!
//! [`TransferLog`] is what was measured, [`Replay`] runs its starts again under a [`Mover`], [`Law`] is a family of movers
//! with named constants, and [`calibrate`] fits a law to one part of the log and scores it on others. A replay is
//! given starts and sizes. It never sees an end or a duration: those serve to fit and to score, on
//! different parts of the log.

mod calibrate;
mod halves;
mod law;
mod load;
mod log;
mod paper;
mod plots;
mod replay;
mod score;
mod sections;

pub use crate::rows::LogError;
pub use calibrate::{
    Calibrated, CalibrationError, LawScores, ReplayScore, Settings, calibrate, replay_score, selected,
};
pub use halves::{Cut, Halves, LeftOut, NothingScored, Scope};
pub use law::{CurveShape, Law, LawConstant, StartUp};
pub use load::{HPSS_LOG, HPSS_SCENARIO, Hpss, HpssError};
pub use log::{Direction, LoggedTransfer, TransferLog};
pub use paper::PAPER;
pub use replay::{Mover, Replay, ReplayError};
pub use score::{BAR, FirstHalf, LawResult, Prediction, TAU};
pub use sections::{TITLE, sections};
