//! Rows of files of measured data.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::de::DeserializeOwned;

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file cannot be opened or read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A row is not what it should be.
    #[error("{}, row {row}: {what}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The row; 1 is the first row of data, 0 the header.
        row: usize,
        /// What is wrong with it.
        what: String,
    },
    /// The file has no rows.
    #[error("{} has no rows", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// Reads a CSV file, gzip if its name ends in `.gz`, and checks each row; it has at least one.
///
/// # Errors
/// [`LogError::Read`], [`LogError::Row`] where a row is not what `R` is or is not let through, [`LogError::Empty`].
pub(crate) fn rows<R: DeserializeOwned, T>(
    path: &Path,
    checked: impl Fn(R) -> Result<T, &'static str>,
) -> Result<Vec<T>, LogError> {
    let cannot = |source| LogError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(cannot)?;
    let text: Box<dyn Read> = match path.extension() {
        Some(extension) if extension == "gz" => Box::new(MultiGzDecoder::new(file)),
        _ => Box::new(file),
    };
    let mut found = Vec::new();
    for (index, row) in csv::Reader::from_reader(text).deserialize().enumerate() {
        let wrong = |what: String| LogError::Row { path: path.to_owned(), row: index + 1, what };
        let row: R = row.map_err(|error: csv::Error| match error.into_kind() {
            csv::ErrorKind::Io(source) => cannot(source),
            kind => wrong(format!("{kind:?}")),
        })?;
        found.push(checked(row).map_err(|what| wrong(what.to_owned()))?);
    }
    if found.is_empty() { Err(LogError::Empty { path: path.to_owned() }) } else { Ok(found) }
}
