//! The report of an experiment.

mod books;
mod page;
mod scenario;
mod tables;
#[cfg(test)]
pub(crate) mod tests;
mod verdict;
mod words;

use std::path::{Path, PathBuf};

use crate::ReportError;
use crate::comparison::confirmatory;
use crate::experiment::Experiment;
use crate::plots;

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
    let plots = plots::all(&experiment, &comparisons)?;
    let page = page::page(&experiment, &comparisons, &plots, &scenario::Origins::read(dir));
    crate::page::write(dir, page, plots.iter())
}
