//! What may be removed from the folder of an experiment.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::FolderError;
use super::names::{LOCK_FILE, entries, is_file, is_unfinished, lock, name, read_error, run_id, sweep_up, write_error};
use crate::Manifest;
use crate::experiment::{MANIFEST_FILE, PLOTS_DIR, UNFINISHED, is_drawn};

/// One file or folder that may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Where it is.
    pub path: PathBuf,
    /// Why it is not needed.
    pub why: Why,
    /// What it takes on disk, files in it included.
    pub bytes: u64,
}

/// Why something in the folder of an experiment is not needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A process was killed while it wrote it.
    Unfinished,
    /// A finished run that the manifest does not ask for: of another seed, policy or sweep.
    LeftOut,
    /// A result of the experiment.
    Result,
}

/// What a folder holds that its experiment does not need: unfinished files, and finished runs that the manifest knows
/// nothing of. One that the manifest calls missing is a result: it was finished by a process that came no further.
///
/// # Errors
/// Where the folder cannot be read.
pub fn leftovers(dir: &Path, manifest: &Manifest) -> Result<Vec<Leftover>, FolderError> {
    let runs = manifest.runs.iter().map(|run| &run.id);
    let known: BTreeSet<&String> =
        runs.chain(manifest.failed.iter().map(|run| &run.id)).chain(&manifest.missing).collect();
    let why = |name: &str| match run_id(name) {
        _ if is_unfinished(name) => Some(Why::Unfinished),
        Some(id) if !known.contains(&id.to_owned()) => Some(Why::LeftOut),
        _ => None,
    };
    found(dir, why)
}

/// Everything in a folder that dapple wrote, whatever its version; what others have put there is not told.
///
/// # Errors
/// Where the folder cannot be read.
pub fn everything(dir: &Path) -> Result<Vec<Leftover>, FolderError> {
    let why = |name: &str| match run_id(name) {
        _ if is_unfinished(name) => Some(Why::Unfinished),
        Some(_) => Some(Why::Result),
        None if is_file(name) || name == LOCK_FILE => Some(Why::Result),
        None => None,
    };
    let mut everything = found(dir, why)?;
    everything.extend(plots(dir)?);
    everything.sort_by(|a, b| (a.why, &a.path).cmp(&(b.why, &b.path)));
    Ok(everything)
}

/// The plots that dapple drew. What others have put beside them is theirs.
fn plots(dir: &Path) -> Result<Vec<Leftover>, FolderError> {
    let folder = dir.join(PLOTS_DIR);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for path in entries(&folder)? {
        let stem = name(&path).rsplit_once(UNFINISHED).map_or(name(&path), |(stem, _)| stem);
        if stem.ends_with(".svg") && path.is_file() && is_drawn(&path).map_err(read_error(&path))? {
            let bytes = size(&path).map_err(read_error(&path))?;
            found.push(Leftover { path, why: Why::Result, bytes });
        }
    }
    Ok(found)
}

/// Removes what was found, unless a process is writing into the folder. A finished run that an unfinished folder was about
/// to replace is put back. The folder itself goes where nothing is left in it.
///
/// # Errors
/// Where a process is writing there, or something cannot be removed; what was removed before stays away.
pub fn remove(dir: &Path, leftovers: &[Leftover]) -> Result<(), FolderError> {
    let _lock = lock(dir)?;
    // The manifest goes last: until then the folder is known for what it is, and the rest can be removed another time.
    let (last, first): (Vec<_>, Vec<_>) = leftovers.iter().partition(|leftover| name(&leftover.path) == MANIFEST_FILE);
    let is_all = !last.is_empty();
    for Leftover { path, why, .. } in first.into_iter().chain(last) {
        let removed = match why {
            // A lock goes with the folder, below.
            _ if name(path) == LOCK_FILE => Ok(()),
            Why::Unfinished => sweep_up(path),
            _ if path.is_dir() => fs::remove_dir_all(path),
            _ => fs::remove_file(path),
        };
        removed.map_err(write_error(path))?;
    }
    if is_all {
        // The lock is there even where none was found. What others have put into the folder stays, and then so does it.
        let _ = fs::remove_dir(dir.join(PLOTS_DIR));
        let _ = fs::remove_file(dir.join(LOCK_FILE)).and_then(|()| fs::remove_dir(dir));
    }
    Ok(())
}

fn found(dir: &Path, why: impl Fn(&str) -> Option<Why>) -> Result<Vec<Leftover>, FolderError> {
    let mut found = Vec::new();
    for path in entries(dir)? {
        if let Some(why) = why(name(&path)) {
            let bytes = size(&path).map_err(read_error(&path))?;
            found.push(Leftover { path, why, bytes });
        }
    }
    found.sort_by(|a, b| (a.why, &a.path).cmp(&(b.why, &b.path)));
    Ok(found)
}

/// Bytes of a file, or of all files below a folder. Links are not followed.
fn size(path: &Path) -> io::Result<u64> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        return Ok(metadata.len());
    }
    fs::read_dir(path)?.map(|entry| size(&entry?.path())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FailedRun, SCHEMA_VERSION};

    fn manifest(failed: &str, missing: &str) -> Manifest {
        let failed = FailedRun {
            id: failed.into(),
            policy: "place".into(),
            replication: 0,
            seed: 7,
            sweep: Vec::new(),
            error: "out of luck".into(),
        };
        Manifest {
            schema_version: SCHEMA_VERSION,
            dapple_version: "0.1.0".into(),
            name: "trial".into(),
            resolved: "()".into(),
            scenario: "()".into(),
            in_words: Vec::new(),
            scenario_hash: "00ff".into(),
            seed: 7,
            policies: vec!["place".into()],
            baseline: "place".into(),
            primary_kpi: "job_turnaround_mean_s".into(),
            relevant_difference: 0.01,
            chance: true,
            endless: Vec::new(),
            replications: 2,
            sweep_paths: Vec::new(),
            runs: Vec::new(),
            failed: vec![failed],
            missing: vec![missing.into()],
            warnings: Vec::new(),
        }
    }

    #[test]
    fn what_is_known_stays_and_what_others_put_there_is_not_touched() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let inside = |name: &str| dir.path().join(name);
        for run in
            ["run-00000000000000aa", "run-00000000000000bb", "run-00000000000000cc", "run-00000000000000dd.tmp-12"]
        {
            fs::create_dir(inside(run)).expect("writable");
            fs::write(inside(run).join("run.json"), "12345").expect("writable");
        }
        for file in ["manifest.json", "report.html", "run-notes", "mine.tmp-12", "runs.csv.tmp-3"] {
            fs::write(inside(file), "1234567").expect("writable");
        }
        let plots = inside(PLOTS_DIR);
        fs::create_dir(&plots).expect("writable");
        for (file, text) in [("mine.svg", "<svg>"), ("primary.svg", "<svg data-generator=\"dapple\">"), ("notes", "1")]
        {
            fs::write(plots.join(file), text).expect("writable");
        }
        let manifest = manifest("00000000000000aa", "00000000000000bb");
        let told = |found: &[Leftover]| -> Vec<(String, Why, u64)> {
            found.iter().map(|it| (name(&it.path).to_owned(), it.why, it.bytes)).collect()
        };
        let found = leftovers(dir.path(), &manifest).expect("readable");
        assert_eq!(
            told(&found),
            [
                ("run-00000000000000dd.tmp-12".to_owned(), Why::Unfinished, 5),
                ("runs.csv.tmp-3".to_owned(), Why::Unfinished, 7),
                ("run-00000000000000cc".to_owned(), Why::LeftOut, 5),
            ]
        );
        remove(dir.path(), &found).expect("nobody writes there");
        assert_eq!(leftovers(dir.path(), &manifest).expect("readable"), []);

        let busy = lock(dir.path()).expect("nobody writes there");
        let all = everything(dir.path()).expect("readable");
        assert!(matches!(remove(dir.path(), &all), Err(FolderError::Busy { .. })));
        drop(busy);
        remove(dir.path(), &all).expect("nobody writes there");
        let mut left: Vec<_> =
            entries(dir.path()).expect("readable").iter().map(|path| name(path).to_owned()).collect();
        left.sort();
        assert_eq!(left, ["mine.tmp-12", "plots", "run-notes"], "they are not ours");
        let mut left: Vec<_> = entries(&plots).expect("readable").iter().map(|path| name(path).to_owned()).collect();
        left.sort();
        assert_eq!(left, ["mine.svg", "notes"], "nor are they");
        left.iter().for_each(|file| fs::remove_file(plots.join(file)).expect("writable"));
        fs::write(inside(MANIFEST_FILE), "{}").expect("writable");
        remove(dir.path(), &everything(dir.path()).expect("readable")).expect("nobody writes there");
        assert!(!plots.exists(), "an empty folder of plots goes");
    }
}
