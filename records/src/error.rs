//! Why results cannot be read.

use std::io;
use std::path::PathBuf;

use crate::SCHEMA_VERSION;

/// Why results cannot be read. Every variant names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultsError {
    /// The file cannot be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The manifest is not JSON, or lacks a field.
    #[error("{} is not a manifest of dapple: {source}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// The files were written under another version of the schema.
    #[error("{} has schema version {found}, but this dapple knows version {known} only", path.display(), known = SCHEMA_VERSION)]
    UnknownVersion {
        /// The file.
        path: PathBuf,
        /// The version it says.
        found: u64,
    },
    /// The file is not Parquet, or is damaged.
    #[error("cannot read {} as Parquet: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ::parquet::errors::ParquetError,
    },
    /// The file is not CSV, or is damaged.
    #[error("cannot read {} as CSV: {source}", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        source: ::csv::Error,
    },
    /// A cell of a CSV file is not of its column's type.
    #[error("{}:{line}: column `{column}` holds `{text}`, which is not {expected}", path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// A column has a type that dapple does not write, or its pages do not hold as many rows as the file says.
    #[error("{}: column `{column}` is not as dapple writes it: {problem}", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// What is wrong.
        problem: String,
    },
}
