//! The folder of an experiment: what is there already, and how a finished run gets into it.
//!
//! Plain data in, plain data out: it knows neither scenarios nor plans. [`Folder`] is the only owner of what is in the
//! folder while an experiment is executed.

mod error;
mod leftovers;
mod names;
mod provenance;
mod record;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::experiment::{
    MANIFEST_FILE, run_dir, temporary, write_atomically, write_dictionary, write_manifest, write_runs, write_tables,
};
use crate::{Format, Kpis, Manifest, TableData};
use names::{AFTER, BEFORE, RECORD_FILE, entries, is_unfinished, lock, name, sweep_up, write_error};

pub use error::FolderError;
pub use leftovers::{Leftover, Why, everything, leftovers, remove};
pub use provenance::{Clock, Session, SessionCounts, sessions};
pub use record::{Origin, RunRecord};

/// A folder that is ours to write into until this is dropped.
pub struct Folder {
    dir: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if need be, locks it, refuses the results of others and sweeps up what a killed process
    /// left unfinished.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn open(dir: &Path, origin: &Origin) -> Result<(Self, BTreeMap<String, RunRecord>), FolderError> {
        fs::create_dir_all(dir).map_err(write_error(dir))?;
        check_manifest(dir, origin)?;
        let folder = Self { dir: dir.to_owned(), _lock: lock(dir)? };
        for path in entries(dir)?.iter().filter(|path| is_unfinished(name(path))) {
            sweep_up(path).map_err(write_error(path))?;
        }
        let mut records = BTreeMap::new();
        // Looked at only now: sweeping up may have put one back.
        for path in entries(dir)? {
            if let Some(id) = name(&path).strip_prefix("run-")
                && let Some(record) = read_record(&path, origin)?
                && record.run.id == id
            {
                records.insert(id.to_owned(), record);
            }
        }
        Ok((folder, records))
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Puts a finished run into its folder: all of it appears at once, or nothing.
    pub fn add_run(&self, record: &RunRecord, tables: &[TableData], format: Format) -> Result<(), FolderError> {
        let id = &record.run.id;
        let metadata = [
            ("dapple_version".to_owned(), record.origin.dapple_version.clone()),
            ("run".to_owned(), id.clone()),
            ("schema_version".to_owned(), record.origin.schema_version.to_string()),
            ("seed".to_owned(), record.run.seed.to_string()),
        ];
        let target = run_dir(&self.dir, id);
        let staging = temporary(&target);
        let staged = || {
            let folder = staging.join(AFTER);
            fs::create_dir_all(&folder)?;
            write_tables(&folder, tables, format, &metadata)?;
            write_record(&folder, record)?;
            if target.exists() {
                // It has fewer tables or no valid record. Moved away first: half of it must never be there. A process that
                // is killed here leaves it to be put back.
                fs::rename(&target, staging.join(BEFORE))?;
            }
            fs::rename(folder, &target)?;
            fs::remove_dir_all(&staging)
        };
        staged().map_err(write_error(&target))
    }

    /// Writes the manifest.
    pub fn write_manifest(&self, manifest: &Manifest) -> Result<(), FolderError> {
        write_manifest(&self.dir, manifest).map_err(write_error(&self.dir))
    }

    /// Writes the files that tell about all runs: the manifest, the table of runs and the data dictionary.
    pub fn write_summary(
        &self,
        manifest: &Manifest,
        kpis: &BTreeMap<String, Kpis>,
        format: Format,
    ) -> Result<(), FolderError> {
        let written = write_runs(&self.dir, manifest, kpis, format).and_then(|()| write_dictionary(&self.dir));
        written.and_then(|()| write_manifest(&self.dir, manifest)).map_err(write_error(&self.dir))
    }

    /// Adds a session that ends now to the provenance.
    pub fn write_provenance(&self, clock: &Clock, counts: SessionCounts) -> Result<(), FolderError> {
        clock.write(&self.dir, counts).map_err(write_error(&self.dir))
    }

    /// Writes the record of a finished run anew.
    pub fn rewrite_record(&self, record: &RunRecord) -> Result<(), FolderError> {
        let folder = run_dir(&self.dir, &record.run.id);
        write_record(&folder, record).map_err(write_error(&folder))
    }
}

/// The record of a run that is finished, `None` where it is not or its record is damaged.
///
/// # Errors
/// Where it is there and cannot be read.
pub fn finished_run(dir: &Path, id: &str) -> Result<Option<RunRecord>, FolderError> {
    let path = run_dir(dir, id).join(RECORD_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(serde_json::from_str(&text).ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FolderError::Read { path, source }),
    }
}

fn write_record(folder: &Path, record: &RunRecord) -> io::Result<()> {
    let text = serde_json::to_string_pretty(record)?;
    write_atomically(&folder.join(RECORD_FILE), |file| writeln!(file, "{text}"))
}

/// The record of a run, `None` where there is none or it is damaged: such a run is done again.
fn read_record(folder: &Path, origin: &Origin) -> Result<Option<RunRecord>, FolderError> {
    let path = folder.join(RECORD_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(source) => return Err(FolderError::Read { path, source }),
    };
    // The origin first: the rest may have another shape in another version.
    let Ok(head) = serde_json::from_str::<RecordHead>(&text) else { return Ok(None) };
    refuse_others(path, head.origin, origin)?;
    Ok(serde_json::from_str(&text).ok())
}

/// The part of a record that says whose it is.
#[derive(Deserialize)]
struct RecordHead {
    origin: Origin,
}

fn refuse_others(path: PathBuf, found: Origin, origin: &Origin) -> Result<(), FolderError> {
    if found.schema_version != origin.schema_version {
        return Err(FolderError::OtherSchema { path, found: found.schema_version });
    }
    if found.scenario != origin.scenario || found.physics != origin.physics {
        return Err(FolderError::OtherScenario { path, name: origin.scenario.clone(), found: found.scenario });
    }
    if found.dapple_version != origin.dapple_version {
        return Err(FolderError::OtherRelease { path, found: found.dapple_version });
    }
    Ok(())
}

/// The part of a manifest that says whose it is.
#[derive(Deserialize)]
struct ManifestHead {
    schema_version: u64,
    #[serde(default)]
    name: String,
}

/// Refuses a folder by its manifest; the records of runs are looked at one by one.
fn check_manifest(dir: &Path, origin: &Origin) -> Result<(), FolderError> {
    let path = dir.join(MANIFEST_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(FolderError::Read { path, source }),
    };
    let head: ManifestHead = match serde_json::from_str(&text) {
        Ok(head) => head,
        Err(source) => return Err(FolderError::NotOurs { path, source }),
    };
    if head.schema_version != origin.schema_version {
        return Err(FolderError::OtherSchema { path, found: head.schema_version });
    }
    if head.name != origin.scenario {
        return Err(FolderError::OtherScenario { path, name: origin.scenario.clone(), found: head.name });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counters, RecordLevel, RecordPlan, RunEntry, SCHEMA_VERSION, Value, read_run_table, tables};
    use names::LOCK_FILE;

    fn run(id: &str) -> (Origin, RunRecord) {
        let origin = Origin {
            schema_version: u64::from(SCHEMA_VERSION),
            dapple_version: "0.1.0".into(),
            scenario: "two sites".into(),
            physics: "00ff".into(),
        };
        let record = RunRecord {
            origin: origin.clone(),
            run: RunEntry {
                id: id.into(),
                policy: "place".into(),
                replication: 0,
                seed: 7,
                sweep: Vec::new(),
                events: 12,
                counters: Counters::default(),
            },
            tables: RecordPlan::all(RecordLevel::Rows),
            kpis: BTreeMap::new(),
            warnings: Vec::new(),
        };
        (origin, record)
    }

    #[test]
    fn a_run_is_there_as_a_whole_or_not_at_all() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let mut series = TableData::new(tables::series::schema());
        series.push(&[
            Value::Text("CERN-GRIF"),
            Value::Text("rate_bytes_per_s"),
            Value::Int(5),
            Value::Float(0.5),
            Value::Empty,
        ]);
        let tables = [TableData::new(tables::jobs::schema()), series.clone()];
        let (origin, record) = run("0a");
        let (folder, records) = Folder::open(dir.path(), &origin).expect("empty");
        assert!(records.is_empty());
        for format in Format::ALL {
            folder.add_run(&record, &tables, format).expect("writes, and replaces");
            assert_eq!(read_run_table(dir.path(), "0a", "series").expect("reads"), Some(series.clone()));
            assert_eq!(read_run_table(dir.path(), "0a", "jobs").expect("reads"), None);
        }
        let mut names: Vec<_> =
            fs::read_dir(dir.path()).expect("there").flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        assert_eq!(names, [LOCK_FILE, "run-0a"]);
        let run = fs::read_dir(run_dir(dir.path(), "0a")).expect("there").count();
        assert_eq!(run, 2, "the record and the table in the format asked for last");
        drop(folder);
        let (_, records) = Folder::open(dir.path(), &origin).expect("ours");
        assert_eq!(records["0a"], record);
    }

    #[test]
    fn a_run_that_was_being_replaced_is_put_back() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let (origin, record) = run("00000000000000aa");
        let (folder, _) = Folder::open(dir.path(), &origin).expect("empty");
        folder.add_run(&record, &[], Format::Csv).expect("writes");
        drop(folder);
        let target = run_dir(dir.path(), &record.run.id);
        let staging = target.with_file_name("run-00000000000000aa.tmp-1");
        let reopened = || {
            let (_, records) = Folder::open(dir.path(), &origin).expect("ours");
            assert!(!staging.exists());
            records
        };
        // Killed between the two renames.
        fs::create_dir_all(staging.join(AFTER)).expect("writable");
        fs::rename(&target, staging.join(BEFORE)).expect("writable");
        assert_eq!(reopened()[&record.run.id], record);
        // Killed after them.
        fs::create_dir_all(staging.join(BEFORE)).expect("writable");
        assert_eq!(reopened()[&record.run.id], record, "the new one stays");
        // Killed before them, and nothing was there.
        fs::remove_dir_all(&target).expect("writable");
        fs::create_dir_all(staging.join(AFTER)).expect("writable");
        assert!(reopened().is_empty());
    }
}
