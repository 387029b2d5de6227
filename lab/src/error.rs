//! Why an experiment cannot be executed.

use std::path::{Path, PathBuf};

use dapple_records::folder::FolderError;
use dapple_records::read_manifest;
use dapple_scenarios::{Difference, differences};

use crate::{Plan, ThreadsError};

/// Why an experiment stopped. Runs that were finished before stay finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The folder belongs to this scenario before it was changed.
    #[error("{} belongs to another version of scenario `{name}`: {}", path.display(), in_words(differences))]
    OtherVersion {
        /// The file that says so.
        path: PathBuf,
        /// Name of the scenario.
        name: String,
        /// What decides about runs and is different now.
        differences: Vec<Difference>,
    },
    /// The scenario, one of its logs or one of its policies is not what was planned.
    #[error("scenario `{0}` is not the one that was planned: it, a log of it or a policy was changed")]
    NotPlanned(String),
    /// The system gives no threads.
    #[error("cannot start the threads that run the experiment: {0}")]
    Threads(#[from] ThreadsError),
}

impl ExperimentError {
    /// Whether the folder holds something else, so that another folder would do.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Folder(error) => error.is_refusal(),
            Self::OtherVersion { .. } => true,
            _ => false,
        }
    }

    /// Why a folder that cannot be used cannot be used by this plan; what it was made of stands in its manifest.
    pub(crate) fn of_folder(error: FolderError, dir: &Path, plan: &Plan) -> Self {
        match error {
            FolderError::OtherScenario { path, name, found } if name == found => {
                let before = read_manifest(dir).map(|manifest| manifest.resolved).unwrap_or_default();
                let decides = |found: &Difference| {
                    let part = found.path.split('.').next().unwrap_or_default();
                    !["name", "seed", "policies", "experiment", "record"].contains(&part)
                };
                let differences =
                    differences(&before, &plan.resolved).unwrap_or_default().into_iter().filter(decides).collect();
                Self::OtherVersion { path, name, differences }
            }
            error => Self::Folder(error),
        }
    }
}

/// Differences that are told one by one.
const TOLD: usize = 10;
/// Characters of a value that are told.
const SHOWN: usize = 60;

fn in_words(differences: &[Difference]) -> String {
    if differences.is_empty() {
        return "all its fields are the same, so a log that it names has changed".into();
    }
    let n = differences.len();
    let mut text = if n == 1 { "1 place differs".to_owned() } else { format!("{n} places differ") };
    if n > TOLD {
        text.push_str(&format!(": {TOLD} shown, {} more", n - TOLD));
    }
    for difference in differences.iter().take(TOLD) {
        let [was, is] = [&difference.first, &difference.second].map(|value| shortened(value.as_deref()));
        text.push_str(&format!("\n  {}: was {was}, is {is}", difference.path));
    }
    text
}

fn shortened(value: Option<&str>) -> String {
    let Some(text) = value else { return "not there".into() };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.to_owned(),
    }
}
