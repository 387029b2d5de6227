//! Why a paper cannot be made again.

use std::error::Error;

use dapple_reports::ReportError;
use dapple_scenarios::Problems;
use dapple_simulator::engine::EngineError;
use dapple_simulator::topology::TopologyError;

/// Why a paper cannot be made again, and whose fault it is. Papers have errors of their own, which become this one.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct PaperError {
    source: Box<dyn Error + Send + Sync>,
    blame: Blame,
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
    /// An error of a paper's own, or one in words.
    pub(crate) fn new(blame: Blame, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: error.into(), blame }
    }

    /// Whose fault it is.
    pub const fn blame(&self) -> Blame {
        self.blame
    }
}

impl From<Problems> for PaperError {
    fn from(error: Problems) -> Self {
        Self::new(Blame::Scenario, error)
    }
}

impl From<TopologyError> for PaperError {
    fn from(error: TopologyError) -> Self {
        Self::new(Blame::Scenario, error)
    }
}

impl From<EngineError> for PaperError {
    fn from(error: EngineError) -> Self {
        Self::new(Blame::Analysis, error)
    }
}

impl From<ReportError> for PaperError {
    fn from(error: ReportError) -> Self {
        Self::new(Blame::Analysis, error)
    }
}
