//! The logs of a scenario: each is read once, and what is taken from it is shared by all sweep points and runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use dapple_simulator::workload::{TracedJob, TracedTransfer};

use crate::check::Check;
use crate::digest::Digest;

/// What the sweep points of one scenario share.
///
/// Files are kept as they are, zipped where they are zipped, so that a file which changes while an experiment runs no
/// longer matters. Rows are kept as long as a scenario holds them: a sweep that leaves them alone has them once.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    files: Mutex<BTreeMap<PathBuf, Arc<LogFile>>>,
    pub transfers: TakenRows<TracedTransfer>,
    pub jobs: TakenRows<TracedJob>,
}

/// A file as it was found.
#[derive(Debug)]
pub(crate) struct LogFile {
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    pub digest: Digest,
}

impl Logs {
    /// A file, read unless it was before.
    pub fn file(&self, path: &Path) -> Result<Arc<LogFile>, String> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = files.get(path) {
            return Ok(Arc::clone(file));
        }
        if path.is_dir() {
            return Err("it is a folder, not a file".into());
        }
        let bytes = std::fs::read(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        })?;
        let file = Arc::new(LogFile { path: path.to_owned(), digest: Digest::of(&bytes), bytes });
        files.insert(path.to_owned(), Arc::clone(&file));
        Ok(file)
    }
}

/// Rows by the digest of all that decides which rows they are.
#[derive(Debug)]
pub(crate) struct TakenRows<T>(Mutex<BTreeMap<Digest, Kept<T>>>);

#[derive(Debug)]
struct Kept<T> {
    rows: Weak<[T]>,
    /// What there was to say when they were taken.
    warnings: Vec<String>,
}

impl<T> Default for TakenRows<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> TakenRows<T> {
    /// The rows of this key, taken unless somebody holds them. Warnings are given again; what goes wrong is not kept.
    pub fn get_or_take(
        &self,
        key: Digest,
        check: &mut Check,
        take: impl FnOnce(&mut Check) -> Option<Arc<[T]>>,
    ) -> Option<Arc<[T]>> {
        // Held while rows are taken, so that threads which want the same do not take it twice.
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = taken.get(&key)
            && let Some(rows) = known.rows.upgrade()
        {
            check.warnings.extend(known.warnings.iter().cloned());
            return Some(rows);
        }
        let before = check.warnings.len();
        let rows = take(check)?;
        taken.insert(key, Kept { rows: Arc::downgrade(&rows), warnings: check.warnings[before..].to_vec() });
        Some(rows)
    }
}
