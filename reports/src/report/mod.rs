//! The report of an experiment.

mod books;
mod groups;
mod page;
mod replay;
mod scenario;
mod tables;
#[cfg(test)]
pub(crate) mod tests;
mod verdict;
mod words;

pub(crate) use words::{badge_words, share};

use std::path::{Path, PathBuf};

use crate::ReportError;
use crate::comparison::confirmatory;
use crate::experiment::Experiment;
use crate::groups::Groups;
use crate::plots;
use crate::replay::replays;
use crate::report::page::Findings;

/// Writes `report.html` and `plots/*.svg` of an experiment from its results, and returns where the report is.
///
/// An experiment without finished runs gets a report that says so. Plots that an earlier report left are removed.
///
/// # Errors
/// Where the manifest or the table of runs cannot be read, or a file cannot be written. Recorded tables of single
/// runs that cannot be read are named in the report instead.
pub fn write_report(dir: &Path) -> Result<PathBuf, ReportError> {
    let experiment = Experiment::read(dir)?;
    let comparisons = confirmatory(&experiment);
    let mut notes = Vec::new();
    let replays = replays(&experiment, &mut notes);
    let mut plots = plots::all(&experiment, &comparisons, &replays)?;
    let groups = Groups::read(&experiment, tables::POINTS);
    plots.notes.append(&mut notes);
    plots.notes.extend_from_slice(&groups.notes);
    let findings = Findings { comparisons: &comparisons, groups: &groups, replays: &replays, plots: &plots };
    let origins = scenario::Origins::read(dir);
    let page = page::page(&experiment, &findings, &origins);
    crate::page::write(dir, page, plots.iter())
}
