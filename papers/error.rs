//! Why a paper cannot be made again.

use dapple_reports::ReportError;
use dapple_scenarios::Problems;
use dapple_simulator::engine::EngineError;
use dapple_simulator::topology::TopologyError;

use crate::hpss::{CalibrationError, HpssError, LogError};
use crate::remote_access::RemoteAccessError;

/// Why a paper cannot be made again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PaperError {
    /// Nobody said where the log is.
    #[error("the {name} log is not part of dapple: set DAPPLE_DATA to the folder that holds `{file}`")]
    NoLog {
        /// What it is called.
        name: &'static str,
        /// The file, below the folder of data.
        file: &'static str,
    },
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The log and its scenario do not fit.
    #[error(transparent)]
    Replay(HpssError),
    /// A scenario is refused.
    #[error(transparent)]
    Scenario(#[from] Problems),
    /// A topology is refused.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// A run stopped.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A run did not leave a table behind.
    #[error("the run has no table `{0}`")]
    NoTable(&'static str),
    /// Laws cannot be fitted.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// There is no law to choose from.
    #[error("no law was fitted")]
    NoLaw,
    /// The analysis is not possible.
    #[error(transparent)]
    RemoteAccess(#[from] RemoteAccessError),
    /// A plot cannot be drawn.
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// Whose fault it is that a paper cannot be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// A file that cannot be read, or holds nothing that is of use.
    Files,
    /// A scenario that is refused.
    Scenario,
    /// A run or its analysis.
    Analysis,
}

impl PaperError {
    /// Whose fault it is.
    pub const fn blame(&self) -> Blame {
        match self {
            Self::NoLog { .. } | Self::Log(_) | Self::Calibration(CalibrationError::NothingScored(_)) => Blame::Files,
            Self::Replay(_) | Self::Scenario(_) | Self::Topology(_) => Blame::Scenario,
            _ => Blame::Analysis,
        }
    }
}

impl From<HpssError> for PaperError {
    fn from(error: HpssError) -> Self {
        match error {
            HpssError::Log(error) => Self::Log(error),
            error => Self::Replay(error),
        }
    }
}
