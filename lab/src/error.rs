//! Why an experiment cannot be executed.

use dapple_records::folder::FolderError;

use crate::ThreadsError;

/// Why an experiment stopped. Runs that were finished before stay finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The scenario, one of its logs or one of its policies is not what was planned.
    #[error("scenario `{0}` is not the one that was planned: it, a log of it or a policy was changed")]
    NotPlanned(String),
    /// The system gives no threads.
    #[error("cannot start the threads that run the experiment: {0}")]
    Threads(#[from] ThreadsError),
}

impl ExperimentError {
    /// Whether the folder holds something else, so that another folder would do.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Folder(error) if error.is_refusal())
    }
}
