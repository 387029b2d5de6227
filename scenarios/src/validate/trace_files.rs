//! Where the logs of a scenario are found.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use crate::check::Check;
use crate::digest::Digest;
use crate::logs::{LogFile, Logs};
use crate::read::path::At;

/// The environment variable that names the folder of logs.
pub(crate) const DATA_VARIABLE: &str = "DAPPLE_DATA";

/// Finds logs.
pub(crate) struct TraceFiles<'a> {
    /// Folder that relative paths start from.
    pub base: &'a FilePath,
    /// Folder of `$DAPPLE_DATA`.
    pub data: Option<&'a FilePath>,
    /// What was read before.
    pub logs: &'a Logs,
    /// A digest of each log that is replayed, by its name in the scenario.
    pub digests: BTreeMap<String, Digest>,
}

impl TraceFiles<'_> {
    /// The log of this name.
    pub fn open(&mut self, name: &str, at: &At<'_>, check: &mut Check) -> Option<Arc<LogFile>> {
        let path = match self.locate(name) {
            Ok(path) => path,
            Err(why) => {
                check.fault(&at.field("file"), why);
                return None;
            }
        };
        match self.logs.file(&path) {
            Ok(file) => {
                self.digests.insert(name.to_owned(), file.digest);
                Some(file)
            }
            Err(why) => {
                cannot_read(&path, &why, at, check);
                None
            }
        }
    }

    fn locate(&self, name: &str) -> Result<PathBuf, String> {
        let prefix = format!("${DATA_VARIABLE}");
        match name.strip_prefix(&prefix).and_then(|rest| rest.strip_prefix(['/', '\\'])) {
            None => Ok(self.base.join(name)),
            Some(rest) => self.data.map(|data| data.join(rest)).ok_or_else(|| {
                format!("the log `{name}` cannot be found: set {DATA_VARIABLE} to the folder that holds `{rest}`")
            }),
        }
    }
}

/// The log at this path cannot be read.
pub(super) fn cannot_read(path: &FilePath, why: &str, at: &At<'_>, check: &mut Check) {
    let help = format!("`${DATA_VARIABLE}/..` is found in the folder that {DATA_VARIABLE} names");
    check.fault_help(&at.field("file"), format!("cannot read the log {}: {why}", path.display()), help);
}
