//! The log of one mover: what was measured.

use std::path::Path;

use serde::Deserialize;

use crate::rows::{LogError, rows};

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
        let transfers = rows(path, Row::checked)?;
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
