//! What a run leaves behind: tables, KPIs, counters, and the files of an experiment.
//!
//! The engine tells typed facts; the recorder turns them into [`TableData`] under a [`Schema`] and into
//! [`Kpis`]. Engine types are not the schema: the conversion stands in one place, so a refactoring cannot change
//! files by accident. Adding a column is free, renaming one or giving it another meaning raises
//! [`SCHEMA_VERSION`], and readers refuse versions that they do not know.

mod kpi;
mod manifest;
mod recorder;
mod records;
pub mod schema;
mod table;

pub use kpi::{KPIS, Kpi, KpiInfo, Kpis};
pub use manifest::{Counters, FailedRun, Manifest, RunEntry, SweepPoint};
pub(crate) use recorder::Recorder;
pub(crate) use records::{DecisionRecord, JobRecord, ReadRecord, RequestRecord};
pub use table::{Column, ColumnData, ColumnKind, Schema, TableData, Value};

/// Version of everything that an experiment writes.
pub const SCHEMA_VERSION: u32 = 1;
