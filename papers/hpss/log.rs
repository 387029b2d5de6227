//! The log of one mover: what was measured.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::Deserialize;

/// Transfers of one mover, in order of the rows of their file.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferLog {
    /// The transfers; the first row of data comes first. Never empty.
    pub transfers: Vec<LoggedTransfer>,
}

/// One transfer as it was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedTransfer {
    /// When it took its slot [s since 1970].
    pub started_at_s: f64,
    /// When it ended [s since 1970].
    pub ended_at_s: f64,
    /// Its size in bytes.
    pub bytes: u64,
    /// From slot to end in seconds; 0: below the resolution of the log.
    pub duration_s: f64,
    /// Where it went.
    pub direction: Direction,
}

/// Where a transfer between disk and tape archive went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From disk to the archive.
    Migrate,
    /// From the archive to disk, after the tape was mounted.
    Restore,
    /// The log does not say.
    Unknown,
}

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

#[derive(Deserialize)]
struct Row {
    t_start_s: f64,
    t_end_s: f64,
    bytes: u64,
    duration_s: f64,
    kind: Direction,
}

impl TransferLog {
    /// Reads a CSV file with columns `t_start_s`, `t_end_s`, `bytes`, `duration_s` and `kind`; gzip if it ends in `.gz`.
    ///
    /// # Errors
    /// [`LogError::Read`], [`LogError::Row`] for a row that is not as above or not in order, [`LogError::Empty`].
    pub fn read(path: &Path) -> Result<Self, LogError> {
        let cannot = |source| LogError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(cannot)?;
        let text: Box<dyn Read> = match path.extension() {
            Some(extension) if extension == "gz" => Box::new(MultiGzDecoder::new(file)),
            _ => Box::new(file),
        };
        let mut reader = csv::Reader::from_reader(text);
        let mut transfers = Vec::new();
        for (index, row) in reader.deserialize().enumerate() {
            let wrong = |what: String| LogError::Row { path: path.to_owned(), row: index + 1, what };
            let row: Row = row.map_err(|error| match error.into_kind() {
                csv::ErrorKind::Io(source) => cannot(source),
                kind => wrong(format!("{kind:?}")),
            })?;
            transfers.push(row.checked().map_err(|what| wrong(what.to_owned()))?);
        }
        if transfers.is_empty() {
            return Err(LogError::Empty { path: path.to_owned() });
        }
        Ok(Self { transfers })
    }

    /// The earliest start [s since 1970]: the start of a replay.
    pub fn origin_s(&self) -> f64 {
        self.transfers.iter().map(|transfer| transfer.started_at_s).fold(f64::INFINITY, f64::min)
    }

    /// The latest end [s since 1970].
    pub fn end_s(&self) -> f64 {
        self.transfers.iter().map(|transfer| transfer.ended_at_s).fold(f64::NEG_INFINITY, f64::max)
    }
}

impl Row {
    fn checked(self) -> Result<LoggedTransfer, &'static str> {
        let finite = [self.t_start_s, self.t_end_s, self.duration_s].iter().all(|x| x.is_finite() && *x >= 0.0);
        if !finite {
            return Err("times must be finite and not negative");
        }
        if self.t_end_s < self.t_start_s {
            return Err("it ends before it starts");
        }
        Ok(LoggedTransfer {
            started_at_s: self.t_start_s,
            ended_at_s: self.t_end_s,
            bytes: self.bytes,
            duration_s: self.duration_s,
            direction: self.kind,
        })
    }
}
