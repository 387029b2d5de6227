//! Why the folder of an experiment cannot be used.

use std::io;
use std::path::PathBuf;

use crate::SCHEMA_VERSION;

/// Why the folder of an experiment cannot be used. Runs that are in it stay in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The folder was written under another version of the schema.
    #[error("{} holds results of schema version {found}, this dapple writes version {SCHEMA_VERSION}", path.display())]
    OtherSchema {
        /// The file that says so.
        path: PathBuf,
        /// The version it says.
        found: u64,
    },
    /// The folder holds runs of another release, which need not agree with those of this one.
    #[error("{} holds runs of dapple {found}, this is dapple {}", path.display(), env!("CARGO_PKG_VERSION"))]
    OtherRelease {
        /// The file that says so.
        path: PathBuf,
        /// The release it says.
        found: String,
    },
    /// The folder belongs to another scenario, or to this one before it was changed.
    #[error("{} belongs to {}", path.display(), if name == found { format!("another version of scenario `{found}`") } else { format!("scenario `{found}`") })]
    OtherScenario {
        /// The file that says so.
        path: PathBuf,
        /// Name of the scenario that should run.
        name: String,
        /// Name of the scenario whose results are there.
        found: String,
    },
    /// There is a file of this name that dapple did not write.
    #[error("{} was not written by dapple ({source})", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// Another process writes into the folder.
    #[error("another dapple is writing into {}", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// Something in the folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// What cannot be read.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something in the folder cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// What cannot be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl FolderError {
    /// Whether the folder holds something else, so that another folder would do.
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::OtherSchema { .. } | Self::OtherRelease { .. } | Self::OtherScenario { .. } | Self::NotOurs { .. }
        )
    }
}
