//! The formats, by name, and how one is told from another.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::error::ImportError;
use crate::imported::{Imported, Log};
use crate::records::{Record, Records};
use crate::text::Source;
use crate::{fts, globus, graphml, panda, rucio, simgrid, swf, xrootd};

/// What can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Format {
    /// Standard Workload Format.
    Swf,
    /// Rucio's requests.
    Rucio,
    /// FTS's transfers.
    Fts,
    /// PanDA's jobs.
    Panda,
    /// Globus's transfers.
    Globus,
    /// XRootD's monitoring.
    Xrootd,
    /// GraphML.
    Graphml,
    /// SimGrid's platforms.
    Simgrid,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Swf, Self::Rucio, Self::Fts, Self::Panda, Self::Globus, Self::Xrootd, Self::Graphml, Self::Simgrid];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Swf => "swf",
            Self::Rucio => "rucio",
            Self::Fts => "fts",
            Self::Panda => "panda",
            Self::Globus => "globus",
            Self::Xrootd => "xrootd",
            Self::Graphml => "graphml",
            Self::Simgrid => "simgrid",
        }
    }

    /// What it is, in a line.
    pub fn about(self) -> &'static str {
        match self {
            Self::Swf => "jobs of one machine in the Standard Workload Format of the Parallel Workloads Archive",
            Self::Rucio => "dumps of Rucio's tables requests and requests_history (CSV or JSON)",
            Self::Fts => "transfers of FTS3: messages of its monitoring or rows of t_file (JSON or CSV)",
            Self::Panda => "jobs of PanDA, as its monitor exports them (JSON or CSV)",
            Self::Globus => "logs of GridFTP servers, or task records of Globus (CSV or JSON)",
            Self::Xrootd => "monitoring of XRootD: a record for each file that was closed (JSON or CSV)",
            Self::Graphml => "a topology in GraphML, with the keys of the Internet Topology Zoo",
            Self::Simgrid => "a platform of SimGrid (XML, version 4)",
        }
    }

    /// Whether a file describes a grid, rather than what was done on one.
    fn is_topology(self) -> bool {
        matches!(self, Self::Graphml | Self::Simgrid)
    }

    /// The format of a file, by how it starts.
    fn of(source: &Source) -> Option<Self> {
        let text = source.text.as_str();
        if text.trim_start().starts_with('<') {
            let is = |tag: &str| text.contains(tag);
            return [(Self::Graphml, "<graphml"), (Self::Simgrid, "<platform")]
                .into_iter()
                .find(|(_, tag)| is(tag))
                .map(|it| it.0);
        }
        if swf::is_like(text) {
            return Some(Self::Swf);
        }
        if globus::is_like(text) {
            return Some(Self::Globus);
        }
        const OF_RECORDS: [Known; 5] = [
            (Format::Rucio, rucio::is_like),
            (Format::Fts, fts::is_like),
            (Format::Globus, globus::is_like_tasks),
            (Format::Xrootd, xrootd::is_like),
            (Format::Panda, panda::is_like),
        ];
        let records = Records::of(source, |record| OF_RECORDS.iter().any(|(_, is_like)| is_like(record))).ok()?;
        let first: Vec<_> = records.rows().take(100).filter_map(|(_, record)| record.ok()).collect();
        OF_RECORDS.iter().find(|(_, is_like)| first.iter().any(is_like)).map(|(format, _)| *format)
    }
}

/// A format of records, and how one of its records is known.
type Known = (Format, fn(&Record) -> bool);

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no format: it is one of {1}")]
pub struct NoFormat(String, String);

impl FromStr for Format {
    type Err = NoFormat;

    fn from_str(text: &str) -> Result<Self, NoFormat> {
        let found = Self::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| NoFormat(text.to_owned(), names()))
    }
}

fn names() -> String {
    Format::ALL.map(Format::name).join(", ")
}

/// Reads files of one format; `None` tells it from how the first one starts.
///
/// # Errors
/// Where a file cannot be read, is not of the format, or has no row that can be used.
pub fn import(format: Option<Format>, files: &[PathBuf]) -> Result<Imported, ImportError> {
    let sources = files.iter().map(|file| Source::open(file)).collect::<Result<Vec<_>, _>>()?;
    imported(format, &sources)
}

fn imported(format: Option<Format>, sources: &[Source]) -> Result<Imported, ImportError> {
    let Some(first) = sources.first() else {
        return Err(ImportError::UnknownFormat { file: "no file".into(), formats: names() });
    };
    let unknown = || ImportError::UnknownFormat { file: first.name.clone(), formats: names() };
    let format = format.or_else(|| Format::of(first)).ok_or_else(unknown)?;
    if format.is_topology() && sources.len() > 1 {
        return Err(ImportError::OneFile { format: format.name(), files: sources.len() });
    }
    let mut imported = match format {
        Format::Swf => swf::read(sources),
        Format::Rucio => rucio::read(sources),
        Format::Fts => fts::read(sources),
        Format::Panda => panda::read(sources),
        Format::Globus => globus::read(sources),
        Format::Xrootd => xrootd::read(sources),
        Format::Graphml => graphml::read(first),
        Format::Simgrid => simgrid::read(first),
    }?;
    imported.note_defaults();
    let is_empty = imported.log.as_ref().is_some_and(Log::is_empty) || imported.grid.sites.is_empty();
    if is_empty {
        let (account, file) = (&imported.account, first.name.clone());
        let reasons = account.reasons(crate::account::Treatment::Dropped);
        return Err(ImportError::NothingLeft { file, rows: account.rows(), noun: account.noun(), reasons });
    }
    Ok(imported)
}
