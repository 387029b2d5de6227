//! The data that exist from the start.

use crate::distribution::Distribution;
use crate::ids::RseId;

/// A named group of files that exists from the start.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Name in scenarios and reports.
    pub name: String,
    /// Number of files.
    pub files: u32,
    /// Their sizes in bytes, drawn per file.
    pub size: Distribution,
    /// RSEs that hold all of its files at the start; never empty.
    pub replicas: Vec<RseId>,
    /// Whether no rule holds these: the reaper may delete them.
    pub is_cache: bool,
}
