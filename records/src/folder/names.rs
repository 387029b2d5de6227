//! Names in the folder of an experiment: which of them dapple gives, and what they stand for.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::FolderError;
use super::provenance::PROVENANCE_FILE;
use crate::Format;
use crate::experiment::{DICTIONARY_FILE, MANIFEST_FILE, PICTURE_FILE, REPORT_FILE, RUNS_STEM, UNFINISHED};

/// The record in the folder of a run.
pub(super) const RECORD_FILE: &str = "run.json";
/// Held while a process writes into the folder; the system lets go of it whatever ends the process.
pub(super) const LOCK_FILE: &str = ".lock";

/// In the unfinished folder of a run: the run as it will be, and the one that it replaces.
pub(super) const AFTER: &str = "after";
pub(super) const BEFORE: &str = "before";

/// The id in `run-<id>`.
pub(super) fn run_id(name: &str) -> Option<&str> {
    name.strip_prefix("run-").filter(|id| id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether dapple gives this name to a file of an experiment.
pub(super) fn is_file(name: &str) -> bool {
    let is_runs = Format::ALL.iter().any(|format| name == format!("{RUNS_STEM}.{}", format.extension()));
    is_runs || [MANIFEST_FILE, PROVENANCE_FILE, DICTIONARY_FILE, REPORT_FILE, PICTURE_FILE].contains(&name)
}

/// Sees to it that one process writes into the folder.
pub(super) fn lock(dir: &Path) -> Result<File, FolderError> {
    let path = dir.join(LOCK_FILE);
    let file = File::create(&path).map_err(write_error(&path))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(FolderError::Busy { path: dir.to_owned() }),
        // Some network file systems have no locks; there the user sees to it that one process writes.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// Whether dapple gives such names to what is not finished: `run-<id>.tmp-<process>`, `manifest.json.tmp-<process>`.
pub(super) fn is_unfinished(name: &str) -> bool {
    // Only names that dapple gives: the folder may hold what is not ours.
    let ours = |stem: &str| run_id(stem).is_some() || stem == RECORD_FILE || is_file(stem);
    name.rsplit_once(UNFINISHED).is_some_and(|(stem, process)| ours(stem) && process.parse::<u32>().is_ok())
}

/// What is in a folder.
pub(super) fn entries(dir: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let paths = fs::read_dir(dir).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    paths.map_err(read_error(dir))
}

/// The name of a file or folder.
pub(super) fn name(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap_or_default()
}

/// Removes what a killed process left unfinished. Where it was replacing a run, that run is put back as it was.
pub(super) fn sweep_up(path: &Path) -> io::Result<()> {
    if !path.is_dir() {
        return fs::remove_file(path);
    }
    let before = path.join(BEFORE);
    if let Some((stem, _)) = name(path).rsplit_once(UNFINISHED)
        && before.is_dir()
        && !path.with_file_name(stem).exists()
    {
        fs::rename(before, path.with_file_name(stem))?;
    }
    fs::remove_dir_all(path)
}

/// Names the file that cannot be read.
pub(super) fn read_error(path: &Path) -> impl Fn(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Read { path: path.clone(), source }
}

/// Names the file that cannot be written.
pub(super) fn write_error(path: &Path) -> impl Fn(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Write { path: path.clone(), source }
}
