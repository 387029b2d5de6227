//! The folder of an experiment: where each file stands, and how it is written and read.
//!
//! Everything is written under a temporary name in the same folder and renamed, so that a name that is there
//! is complete. Readers take Parquet where it is, CSV otherwise.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::csv::{read_csv, write_csv};
use crate::parquet::{read_parquet, write_parquet};
use crate::runs::{runs_schema, runs_table};
use crate::{Kpis, Manifest, ResultsError, SCHEMA_VERSION, Schema, TableData, dictionary, tables};

/// What was asked and what ran.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The data dictionary.
pub const DICTIONARY_FILE: &str = "dictionary.md";
/// The report.
pub const REPORT_FILE: &str = "report.html";
/// The picture of the topology.
pub const PICTURE_FILE: &str = "topology.svg";
/// Folder of the plots.
pub const PLOTS_DIR: &str = "plots";
/// What a picture that dapple drew says of itself.
const DRAWN: &str = "data-generator=\"dapple\"";
/// Stem of the file with one row per run.
pub const RUNS_STEM: &str = "runs";
/// In the names of files and folders that are not finished yet, before the number of the process.
pub const UNFINISHED: &str = ".tmp-";

/// How tables are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// zstd Parquet.
    #[default]
    Parquet,
    /// Text with commas.
    Csv,
}

impl Format {
    /// Both, in the order in which readers look for them.
    pub const ALL: [Self; 2] = [Self::Parquet, Self::Csv];

    /// The end of the file name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
        }
    }
}

/// The folder of one run.
pub fn run_dir(dir: &Path, id: &str) -> PathBuf {
    dir.join(format!("run-{id}"))
}

/// Writes a file under a temporary name beside it, syncs it and renames it.
///
/// # Errors
/// Where the file cannot be written; the old one is still there then.
pub fn write_atomically(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let temporary = temporary(path);
    let written = File::create(&temporary).and_then(|mut file| {
        write(&mut file)?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&temporary, path));
    if renamed.is_err() {
        // The first error is the one to tell; what is left over does no harm.
        let _ = fs::remove_file(&temporary);
    }
    renamed
}

/// Whether a file says that dapple drew it: others are not for us to remove.
///
/// # Errors
/// Where it cannot be read.
pub fn is_drawn(path: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    File::open(path)?.take(200).read_to_end(&mut head)?;
    Ok(String::from_utf8_lossy(&head).contains(DRAWN))
}

/// What a file or folder is called until it is finished.
pub fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!("{UNFINISHED}{}", std::process::id()));
    path.with_file_name(name)
}

/// Writes `manifest.json`.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_manifest(dir: &Path, manifest: &Manifest) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(manifest)?;
    text.push('\n');
    write_atomically(&dir.join(MANIFEST_FILE), |file| file.write_all(text.as_bytes()))
}

/// Reads `manifest.json`.
///
/// # Errors
/// Where it is missing, is no manifest, or has another schema version than [`SCHEMA_VERSION`].
pub fn read_manifest(dir: &Path) -> Result<Manifest, ResultsError> {
    let path = dir.join(MANIFEST_FILE);
    let text = fs::read_to_string(&path).map_err(|source| ResultsError::Read { path: path.clone(), source })?;
    let wrong = |source| ResultsError::Manifest { path: path.clone(), source };
    let version = serde_json::from_str::<VersionOnly>(&text).map_err(wrong)?.schema_version;
    if version != u64::from(SCHEMA_VERSION) {
        return Err(ResultsError::UnknownVersion { path, found: version });
    }
    serde_json::from_str(&text).map_err(wrong)
}

/// Read before the rest, which another version may have in another shape.
#[derive(serde::Deserialize)]
struct VersionOnly {
    schema_version: u64,
}

/// Writes `dictionary.md`.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_dictionary(dir: &Path) -> io::Result<()> {
    write_atomically(&dir.join(DICTIONARY_FILE), |file| file.write_all(dictionary().as_bytes()))
}

/// Writes the `runs` table and removes the one in the other format, which would be out of date.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_runs(dir: &Path, manifest: &Manifest, kpis: &BTreeMap<String, Kpis>, format: Format) -> io::Result<()> {
    let table = runs_table(manifest, kpis);
    let metadata = [
        ("dapple_version".to_owned(), manifest.dapple_version.clone()),
        ("scenario_hash".to_owned(), manifest.scenario_hash.clone()),
        ("schema_version".to_owned(), manifest.schema_version.to_string()),
        ("seed".to_owned(), manifest.seed.to_string()),
    ];
    let path = |format: Format| dir.join(RUNS_STEM).with_extension(format.extension());
    write_atomically(&path(format), |file| write_table(&table, &metadata, format, file))?;
    Format::ALL.into_iter().filter(|other| *other != format).try_for_each(|other| remove_file_if_there(&path(other)))
}

fn remove_file_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Reads the `runs` table; [`crate::KpiTable`] gives its rows.
///
/// # Errors
/// Where there is none, or it is damaged.
pub fn read_runs(dir: &Path) -> Result<TableData, ResultsError> {
    let paths = match read_manifest(dir) {
        Ok(manifest) => manifest.sweep_paths,
        Err(ResultsError::Read { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    let path = dir.join(RUNS_STEM);
    read_table(&path, &runs_schema(&paths))?.ok_or_else(|| ResultsError::Read {
        path: path.with_extension(Format::Parquet.extension()),
        source: io::ErrorKind::NotFound.into(),
    })
}

/// Writes the tables of one run that have rows into its folder.
///
/// # Errors
/// Where a file cannot be written.
pub fn write_tables(
    folder: &Path,
    tables: &[TableData],
    format: Format,
    metadata: &[(String, String)],
) -> io::Result<()> {
    for table in tables.iter().filter(|table| table.rows() > 0) {
        let file = File::create(folder.join(&table.schema.name).with_extension(format.extension()))?;
        write_table(table, metadata, format, &file)?;
        file.sync_all()?;
    }
    Ok(())
}

/// Reads one table of one run, `None` where it was not recorded.
///
/// # Errors
/// Where it is damaged.
pub fn read_run_table(dir: &Path, id: &str, name: &str) -> Result<Option<TableData>, ResultsError> {
    let known = tables::schemas().into_iter().find(|schema| schema.name == name);
    let schema = known.unwrap_or_else(|| Schema::new(name, "", &[]));
    read_table(&run_dir(dir, id).join(name), &schema)
}

/// How many bytes the tables of a run take on disk, without writing them.
///
/// # Errors
/// Where they cannot be written in this format.
pub fn written_bytes(tables: &[TableData], format: Format) -> io::Result<u64> {
    let mut bytes = Counter(0);
    for table in tables.iter().filter(|table| table.rows() > 0) {
        write_table(table, &[], format, &mut bytes)?;
    }
    Ok(bytes.0)
}

/// Counts what is written to it.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_table(
    table: &TableData,
    metadata: &[(String, String)],
    format: Format,
    file: impl Write + Send,
) -> io::Result<()> {
    match format {
        Format::Parquet => write_parquet(table, metadata, file).map_err(io::Error::other),
        Format::Csv => write_csv(table, file).map_err(io::Error::from),
    }
}

fn read_table(stem: &Path, schema: &Schema) -> Result<Option<TableData>, ResultsError> {
    for format in Format::ALL {
        let mut path = stem.as_os_str().to_owned();
        path.push(format!(".{}", format.extension()));
        let path = PathBuf::from(path);
        if path.exists() {
            let table = match format {
                Format::Parquet => read_parquet(&path),
                Format::Csv => read_csv(&path, schema),
            };
            return table.map(Some);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counters, Kpi, KpiTable, RunEntry, SweepPoint};

    fn manifest() -> Manifest {
        let run = |id: &str, number: f64| RunEntry {
            id: id.into(),
            policy: "place".into(),
            replication: 1,
            seed: u64::MAX,
            sweep: vec![SweepPoint {
                path: "links.A-B.bandwidth".into(),
                text: format!("Gbps({number})"),
                number: Some(number),
            }],
            events: 12,
            counters: Counters::default(),
        };
        Manifest {
            schema_version: SCHEMA_VERSION,
            dapple_version: "0.1.0".into(),
            name: "two sites".into(),
            resolved: "()".into(),
            scenario: "()".into(),
            scenario_hash: "00ff".into(),
            seed: 7,
            policies: vec!["place".into()],
            baseline: "place".into(),
            primary_kpi: Kpi::JobTurnaround.info().column.into(),
            relevant_difference: 0.01,
            chance: true,
            endless: Vec::new(),
            replications: 2,
            sweep_paths: vec!["links.A-B.bandwidth".into()],
            runs: vec![run("0a", 5.0), run("0b", 10.0)],
            failed: Vec::new(),
            missing: vec!["0c".into()],
            in_words: vec![("Grid".into(), "2 sites".into())],
            warnings: Vec::new(),
        }
    }

    #[test]
    fn an_experiment_survives_in_both_formats() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let manifest = manifest();
        let mut kpis = BTreeMap::new();
        let mut figures = Kpis::default();
        figures.set(Kpi::JobTurnaround, Some(12.5));
        kpis.insert("0a".to_owned(), figures);
        write_manifest(dir.path(), &manifest).expect("writes");
        write_dictionary(dir.path()).expect("writes");
        assert_eq!(read_manifest(dir.path()).expect("reads"), manifest);
        for format in Format::ALL {
            write_runs(dir.path(), &manifest, &kpis, format).expect("writes");
            let table = read_runs(dir.path()).expect("reads");
            assert_eq!(table, runs_table(&manifest, &kpis));
            let rows = KpiTable::from_table(&table).expect("has all columns").rows;
            assert_eq!(rows[0].kpis, kpis["0a"]);
            assert_eq!(rows[1].kpis, Kpis::default());
            assert_eq!((&rows[1].sweep, rows[1].seed), (&manifest.runs[1].sweep, u64::MAX));
        }
        assert!(!dir.path().join("runs.parquet").exists(), "the table in the other format is out of date");
    }

    #[test]
    fn other_versions_and_broken_manifests_are_refused_by_name() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join(MANIFEST_FILE);
        assert!(matches!(read_manifest(dir.path()), Err(ResultsError::Read { .. })));
        fs::write(&path, "{\"schema_version\": 99, \"else\": []}").expect("writes");
        let error = read_manifest(dir.path()).expect_err("from the future").to_string();
        assert!(
            error.ends_with("manifest.json has schema version 99, but this dapple knows version 4 only"),
            "{error}"
        );
        write_manifest(dir.path(), &manifest()).expect("writes");
        let text = fs::read_to_string(&path).expect("reads");
        fs::write(&path, &text[..text.len() / 2]).expect("writes");
        let error = read_manifest(dir.path()).expect_err("cut off").to_string();
        assert!(error.contains("manifest.json is not a manifest of dapple: EOF"), "{error}");
    }
}
