//! What was measured.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use crate::rows::{LogError, rows};

/// The metrics, under the folder that the environment variable `DAPPLE_DATA` names.
pub const LINKS: &str = "atlas-links-2024/links.csv.gz";

/// A storage that is listed twice, under this name and under that of the Nordic Tier-1.
const LISTED_TWICE: &str = "SiGNET";

/// An ordered pair of sites at the moment of the snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The site that sends.
    pub source: String,
    /// The site that receives.
    pub destination: String,
    /// Files queued.
    pub queued_files: u64,
    /// Their size in bytes, where it is known.
    pub queued_bytes: Option<u64>,
    /// Files done in the hour before.
    pub done_1h: u64,
    /// Files done in the six hours before, that one included.
    pub done_6h: u64,
}

/// All pairs between different sites that had anything queued or done.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// In order of the file; never empty.
    pub pairs: Vec<Pair>,
}

#[derive(Deserialize)]
struct Row {
    src: String,
    dst: String,
    queued_files: Option<u64>,
    queued_bytes: Option<u64>,
    done_files_1h: Option<u64>,
    done_files_6h: Option<u64>,
}

impl Snapshot {
    /// Reads the metrics of site pairs: columns `src`, `dst`, `queued_files`, `queued_bytes`, `done_files_1h`, `done_files_6h`.
    ///
    /// # Errors
    /// [`LogError`]: there is no such file, or it is not as above.
    pub fn read(path: &Path) -> Result<Self, LogError> {
        let pair = |row: Row| {
            let (done_1h, done_6h) = (row.done_files_1h.unwrap_or(0), row.done_files_6h.unwrap_or(0));
            if done_1h > done_6h {
                return Err("more was done in one hour than in six");
            }
            let (source, destination, queued_bytes) = (row.src, row.dst, row.queued_bytes);
            let queued_files = row.queued_files.unwrap_or(0);
            Ok(Pair { source, destination, queued_files, queued_bytes, done_1h, done_6h })
        };
        let mut pairs: Vec<Pair> = rows(path, pair)?;
        pairs.retain(|pair| {
            let is_twice = [&pair.source, &pair.destination].contains(&&LISTED_TWICE.to_owned());
            pair.source != pair.destination && !is_twice && pair.queued_files + pair.done_6h > 0
        });
        if pairs.is_empty() { Err(LogError::Empty { path: path.to_owned() }) } else { Ok(Self { pairs }) }
    }

    /// The sites, in order of their names.
    pub fn sites(&self) -> BTreeSet<&str> {
        self.pairs.iter().flat_map(|pair| [pair.source.as_str(), pair.destination.as_str()]).collect()
    }

    /// Mean size of a file queued anywhere in bytes.
    pub fn mean_bytes(&self) -> f64 {
        let known = self.pairs.iter().filter_map(|pair| Some((pair.queued_bytes? as f64, pair.queued_files as f64)));
        let (bytes, files) = known.fold((0.0, 0.0), |sum, (bytes, files)| (sum.0 + bytes, sum.1 + files));
        if files > 0.0 { bytes / files } else { 1e9 }
    }
}

impl Pair {
    /// Mean size of its files in bytes, or that of all where it is not known.
    pub fn mean_bytes(&self, of_all: f64) -> f64 {
        match self.queued_bytes {
            Some(bytes) if bytes > 0 && self.queued_files > 0 => bytes as f64 / self.queued_files as f64,
            _ => of_all,
        }
    }
}
