//! What is kept of runs: tables, KPIs, counters, and the files of an experiment.
//!
//! The engine tells typed facts; the [`Recorder`] observes them and turns them into [`TableData`] and [`Kpis`]. A table is declared
//! once, in [`tables`], and so is a KPI, in [`KPIS`]; [`record`] runs a simulation and records it. Adding a column is free, renaming one or giving it another meaning raises
//! [`SCHEMA_VERSION`], and readers refuse versions that they do not know.
//!
//! ```text
//!   DIR/manifest.json              what was asked, what ran, the books        read_manifest
//!   DIR/runs.parquet               one row per run: policy, sweep, KPIs       read_runs, KpiTable
//!   DIR/dictionary.md              every column in words                      dictionary
//!   DIR/run-<id>/groups.parquet    its KPIs by workload, origin, site, link   read_run_table, group_rows
//!   DIR/run-<id>/<table>.parquet   the recorded tables of one run             read_run_table
//! ```
//!
//! All of them are written through [`folder::Folder`].

mod column;
mod csv;
mod dictionary;
mod error;
mod experiment;
mod figures;
pub mod folder;
mod groups;
mod kpi;
mod manifest;
mod parquet;
mod plan;
mod recorder;
mod runs;
mod table;
pub mod tables;
mod times;

pub use column::{Cells, Names};
pub use dapple_simulator::engine::Counters;
pub use dictionary::dictionary;
pub use error::ResultsError;
pub use experiment::{
    Format, MANIFEST_FILE, PICTURE_FILE, PLOTS_DIR, REPORT_FILE, is_drawn, read_manifest, read_run_table, read_runs,
    run_dir, write_atomically, written_bytes,
};
pub use groups::{GROUPS, GroupBy, GroupRow, group_rows};
pub use kpi::{KPIS, Kpi, KpiInfo, Kpis, Population};
pub use manifest::{FailedRun, Manifest, RunEntry, SweepPoint};
pub use plan::{RecordLevel, RecordPlan};
pub use recorder::{Recorder, RunOutput, record};
pub use runs::{KpiRow, KpiTable};
pub use table::{Column, ColumnData, ColumnKind, Schema, TableData, Value};

/// Version of everything that an experiment writes.
pub const SCHEMA_VERSION: u32 = 4;
