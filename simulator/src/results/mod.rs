//! What a run leaves behind: tables, KPIs, counters, and the files of an experiment.
//!
//! The engine tells typed facts; the recorder turns them into [`TableData`] under a [`Schema`] and into
//! [`Kpis`]. Engine types are not the schema: the conversion stands in one place, so a refactoring cannot change
//! files by accident. Adding a column is free, renaming one or giving it another meaning raises
//! [`SCHEMA_VERSION`], and readers refuse versions that they do not know.
//!
//! ```text
//!   DIR/manifest.json              what was asked, what ran, the books        write_manifest, read_manifest
//!   DIR/runs.parquet               one row per run: policy, sweep, KPIs       write_runs, read_runs, KpiTable
//!   DIR/dictionary.md              every column in words                      write_dictionary
//!   DIR/run-<id>/<table>.parquet   the recorded tables of one run             write_run, read_run_table
//! ```
//!
//! Functions that touch files are for whoever drives runs and for readers; the engine calls none of them.

mod column;
pub mod csv;
mod dictionary;
mod error;
mod experiment;
mod kpi;
mod manifest;
pub mod parquet;
mod recorder;
mod records;
mod runs;
pub mod schema;
mod table;
mod times;

pub use column::{Cells, Names};
pub use dictionary::dictionary;
pub use error::ResultsError;
pub use experiment::{
    DICTIONARY_FILE, Format, MANIFEST_FILE, PLOTS_DIR, REPORT_FILE, RUNS_STEM, read_manifest, read_run_table,
    read_runs, run_dir, write_atomically, write_dictionary, write_manifest, write_run, write_runs,
};
pub use kpi::{KPIS, Kpi, KpiInfo, Kpis};
pub use manifest::{Counters, FailedRun, Manifest, RunEntry, SweepPoint};
pub(crate) use recorder::Recorder;
pub(crate) use records::{DecisionRecord, JobRecord, ReadRecord, RequestRecord};
pub use runs::{KpiRow, KpiTable, runs_schema, runs_table};
pub use table::{Column, ColumnData, ColumnKind, Schema, TableData, Value};

/// Version of everything that an experiment writes.
pub const SCHEMA_VERSION: u32 = 1;
