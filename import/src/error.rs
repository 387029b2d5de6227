//! Why nothing was imported.

use std::io;
use std::path::PathBuf;

/// Why a file cannot become a scenario. Rows that cannot be used are no error: they are left out and counted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A file cannot be opened or read to its end.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder or a file in it cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is a scenario in the folder already.
    #[error("{} is there already: choose another folder with --out", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file is not of its format.
    #[error("{}: {why}", place(file, *line))]
    Refused {
        /// The file, as it was named.
        file: String,
        /// The line, 1 for the first.
        line: Option<u64>,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// The file is like none of the formats.
    #[error("{file}: it is like none of the formats: say which it is, one of {formats}")]
    UnknownFormat {
        /// The file, as it was named.
        file: String,
        /// The names of all formats.
        formats: String,
    },
    /// More than one file of a format that describes a whole grid.
    #[error("one {format} file describes one grid: give one file, not {files}")]
    OneFile {
        /// The name of the format.
        format: &'static str,
        /// How many were given.
        files: usize,
    },
    /// No row can be used.
    #[error("{file}: none of its {rows} {noun} can be used\n{reasons}")]
    NothingLeft {
        /// The first file, as it was named.
        file: String,
        /// How many rows there are.
        rows: u64,
        /// What its rows are: rows or elements.
        noun: &'static str,
        /// The rows by reason, a line each.
        reasons: String,
    },
}

fn place(file: &str, line: Option<u64>) -> String {
    line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"))
}

impl ImportError {
    pub(crate) fn refused(file: &str, line: impl Into<Option<u64>>, why: impl Into<String>) -> Self {
        Self::Refused { file: file.to_owned(), line: line.into(), why: why.into() }
    }
}
